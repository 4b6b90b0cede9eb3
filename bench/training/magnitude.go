package training

import (
	"fmt"
	"math"
	"strings"

	"kac/bench"
	"kac/particles"
)

// Where one sample alone makes the products of a training overflow, the study is refused before it starts.
// For inputs x and labels y, with s = |x|/sqrt(d), what <w, x> is of for a unit vector w of no special
// direction, and f = C sigma(+-s) for a second layer of size C:
//
//	y, x_a, f, sigma'(s) s C max(|y|, |f|)   are numbers of the study's precision
//	y^4 and f^4                              are float64: standard errors of (y - f)^2
//
// What is worse only in special directions, or of many samples together, is left to the run, which ends
// with the place and time if a number is not finite.

// overflow says why a sample's products are not finite: "" if they are. own: the label alone is at fault.
func overflow(task *particles.Task, precision string, x []float64, y float64) (why string, label bool) {
	most := math.MaxFloat64
	if precision != bench.Float64 {
		most = math.MaxFloat32
	}
	if y4 := y * y * y * y; !(math.Abs(y) <= most) || math.IsInf(y4, 0) || math.IsNaN(y4) {
		return fmt.Sprintf("%.3g is too large: its square, or the spread of such squares, is not finite", y), true
	}
	square := 0.0
	for _, v := range x {
		square = math.Hypot(square, v)
	}
	s, c := square/math.Sqrt(float64(len(x))), task.Halves()
	if c == 0 {
		c = 1
	}
	for _, z := range []float64{s, -s} {
		v, dv, _ := task.Activation().Kernel().Eval(z)
		f := c * v
		force := math.Abs(c*dv*s) * math.Max(math.Abs(y), math.Abs(f))
		if f4 := f * f * f * f; !(math.Abs(f) <= most) || !(force <= most) || !(square <= most) || math.IsInf(f4, 0) || math.IsNaN(f4) {
			return fmt.Sprintf("inputs of this size give outputs of about %.3g (%s), whose products are not finite", f, task.Activation()), false
		}
	}
	return "", false
}

// checkOwnData refuses data whose products cannot be finite, by row and column.
func (p *Parameters) checkOwnData(task *particles.Task, s *particles.Samples, inputs, labels [2]string) error {
	for i, y := range s.Y {
		x := s.X[i*s.D : (i+1)*s.D]
		why, label := overflow(task, p.Precision, x, y)
		switch {
		case why == "":
			continue
		case label:
			return bench.Refuse(labels[0], labels[1], "%s: %s", s.LabelPlace(i), why)
		}
		top := 0
		for k, v := range x {
			if math.Abs(v) > math.Abs(x[top]) {
				top = k
			}
		}
		if math.Abs(x[top]) < 100 { // any input would do it
			return p.blameActivation(why)
		}
		return bench.Refuse(inputs[0], inputs[1], "%s is %.3g: %s", s.InputPlace(i*s.D+top), x[top], why)
	}
	return nil
}

// drawnForCheck samples of a task are looked at before a study starts.
const drawnForCheck = 64

// checkDrawn refuses tasks whose first samples give products that are not finite.
func (p *Parameters) checkDrawn(task *particles.Task) error {
	s := task.Samples(drawnForCheck, p.Seed, p.Noise)
	for i, y := range s.Y {
		why, label := overflow(task, p.Precision, s.X[i*s.D:(i+1)*s.D], y)
		switch {
		case why == "":
			continue
		case label:
			key, value := p.TargetKey()
			return bench.Refuse(key, value, "it gives labels of which %s", why)
		}
		return p.blameActivation(why)
	}
	return nil
}

func (p *Parameters) blameActivation(why string) error {
	_, after, _ := strings.Cut(why, " give ")
	switch {
	case p.Activation != "":
		return bench.Refuse("activation", p.Activation, "it gives %s", after)
	case p.SecondLayer != "":
		return bench.Refuse("second-layer", p.SecondLayer, "it gives %s", after)
	}
	return bench.Refuse("precision", p.Precision, "this problem gives %s", after)
}
