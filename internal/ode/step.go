package ode

import (
	"context"
	"fmt"
	"math"

	"kac/internal/portable"
)

// Controller constants of Hairer, Norsett, Wanner II.4 (DOPRI5, DOP853).
const (
	safety    = 0.9
	minFactor = 0.2
)

// Step makes one accepted step that does not pass end, trying shorter ones
// until the error is within tolerance. A step that would end just short of end
// is stretched or halved, so that no sliver is left. An infinite end asks for the step that the error allows.
func (in *Integrator) Step(ctx context.Context, end float64) error {
	if !(end > in.t) {
		return fmt.Errorf("ode: cannot step from t = %g to %g", in.t, end)
	}
	if err := in.firstStage(end); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ode: stopped at t = %g: %w", in.t, err)
		}
		if in.Stats.Accepted+in.Stats.Rejected >= in.opt.MaxSteps {
			return fmt.Errorf("ode: %d steps up to t = %g of %g (step now %g): %w", in.opt.MaxSteps, in.t, end, in.h, ErrStepLimit)
		}
		h, last := in.fit(end)
		accepted, err := in.attempt(h, last, end)
		if err != nil {
			return err
		}
		if accepted {
			return nil
		}
		if in.h < 16*eps*math.Max(math.Abs(in.t), math.Abs(bounded(end, in.t))) {
			return fmt.Errorf("ode: step %g at t = %g: %w", in.h, in.t, ErrStepSize)
		}
	}
}

const eps = 0x1p-52

// bounded is end, or t where there is no end.
func bounded(end, t float64) float64 {
	if math.IsInf(end, 1) {
		return t
	}
	return end
}

// fit returns the step to try now and whether it lands on end.
func (in *Integrator) fit(end float64) (h float64, last bool) {
	left := end - in.t
	h = math.Min(in.h, in.opt.MaxStep)
	switch {
	case !in.method.Adaptive():
		// A fixed step is kept but for rounding at the end.
		if left <= h*(1+1e-6) {
			return left, true
		}
		return h, false
	case left <= h:
		return left, true
	case left < 2*h:
		return left / 2, false
	}
	return h, false
}

// firstStage makes k_0 = f(t, y), and the first step size.
func (in *Integrator) firstStage(end float64) error {
	if !in.haveFirst {
		if err := in.eval(in.t, in.y, in.first); err != nil {
			return err
		}
		in.haveFirst = true
	}
	if in.h == 0 {
		in.h = in.opt.Step
		if in.h <= 0 {
			h, err := in.initialStep(end)
			if err != nil {
				return err
			}
			in.h = h
		}
	}
	return nil
}

func (in *Integrator) eval(t float64, y, dy []float64) error {
	in.Stats.Evaluations++
	if err := in.f(t, y, dy); err != nil {
		return fmt.Errorf("ode: at t = %g: %w", t, err)
	}
	return checkFinite(dy, t, "derivative")
}

// attempt tries one step of length h. On rejection it only shortens in.h.
func (in *Integrator) attempt(h float64, last bool, end float64) (bool, error) {
	m, s := in.method, in.method.Stages()
	// The stages of the last accepted step are overwritten from here on.
	in.haveDense, in.hOld = false, 0
	copy(in.k[0], in.first) // the same one under Project
	for i := 1; i < s; i++ {
		in.combine(h, m.A[i])
		if err := in.eval(in.t+m.C[i]*h, in.tmp, in.k[i]); err != nil {
			return false, err
		}
	}
	if !m.FirstSameAsLast {
		in.combine(h, m.B)
	} // else tmp already is y_new: the last row of A is B
	if err := checkFinite(in.tmp, in.t+h, "state"); err != nil {
		return false, err
	}
	factor := 1.0
	if m.Adaptive() {
		e := in.errorNorm(h)
		ok := e <= 1
		factor = in.control(e, ok)
		if !ok {
			in.Stats.Rejected++
			in.h, in.after = h*factor, true
			return false, nil
		}
	}
	in.Stats.Accepted++
	in.tOld, in.hOld = in.t, h
	if in.t += h; last {
		in.t = end
	}
	// A step that was shortened to land on end says nothing against its
	// predecessor's length.
	if m.Adaptive() && !(last && h*factor < in.h) {
		in.h = h * factor
	}
	in.after = false
	if in.opt.Project != nil { // no dense output, so nobody asks for the state before
		in.y, in.tmp = in.tmp, in.y
	} else {
		in.y, in.yOld, in.tmp = in.tmp, in.y, in.yOld
	}
	return true, in.lastStage(s)
}

// lastStage makes f(t+h, y_new), which dense output needs, and k_0 of the next step. A projected
// state has neither: its k_0 is f at the projected state, made when the next step begins.
func (in *Integrator) lastStage(s int) error {
	in.projected = in.opt.Project != nil
	if in.projected {
		in.opt.Project(in.y)
		in.haveFirst = false
		return checkFinite(in.y, in.t, "state")
	}
	if !in.method.FirstSameAsLast {
		if err := in.eval(in.t, in.y, in.k[s]); err != nil {
			return err
		}
	}
	copy(in.first, in.k[in.baseStages()-1])
	return nil
}

// combine makes the state tmp of a stage, or at the end of the step, from the stages so far.
func (in *Integrator) combine(h float64, coef []float64) {
	in.opt.Combine(in.tmp, in.y, h, coef, in.k[:len(coef)])
}

// combine sets dst = y + h sum_i c[i] k[i] in blocks that stay in cache.
func combine(dst, y []float64, h float64, c []float64, k [][]float64) {
	const block = 512
	for lo := 0; lo < len(dst); lo += block {
		hi := min(lo+block, len(dst))
		d := dst[lo:hi]
		weighted(d, c, k, lo)
		yb := y[lo:hi]
		for i := range d {
			d[i] = yb[i] + float64(h*d[i])
		}
	}
}

// add4 adds the sum of four products to d, each in its turn.
func add4(d []float64, k [4][]float64, c [4]float64) {
	k0, k1, k2, k3 := k[0][:len(d)], k[1][:len(d)], k[2][:len(d)], k[3][:len(d)]
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	for i, x := range d {
		x += float64(c0 * k0[i])
		x += float64(c1 * k1[i])
		x += float64(c2 * k2[i])
		d[i] = x + float64(c3*k3[i])
	}
}

// errorNorm is the root mean square over the components of error / tolerance
// (HNW eq. II.4.11); with ErrorLow, DOP853's combination of both estimates
// (HNW II.10).
func (in *Integrator) errorNorm(h float64) float64 {
	const block = 512
	var high, low [block]float64
	sum, sumLow := 0.0, 0.0
	for lo := 0; lo < in.n; lo += block {
		hi := min(lo+block, in.n)
		weighted(high[:hi-lo], in.method.Error, in.k, lo)
		b, bLow := 0.0, 0.0
		if in.method.ErrorLow != nil {
			weighted(low[:hi-lo], in.method.ErrorLow, in.k, lo)
		}
		for i := lo; i < hi; i++ {
			w := 1 / (in.opt.AbsTol + in.opt.RelTol*math.Max(math.Abs(in.y[i]), math.Abs(in.tmp[i])))
			e := high[i-lo] * w
			b += e * e
			e = low[i-lo] * w
			bLow += e * e
		}
		sum += b
		sumLow += bLow
	}
	n := float64(max(in.n, 1))
	if in.method.ErrorLow == nil {
		return math.Abs(h) * math.Sqrt(sum/n)
	}
	if sum == 0 {
		return 0
	}
	return math.Abs(h) * sum / math.Sqrt(n*(sum+0.01*sumLow))
}

// weighted sets dst = sum_s c[s] k[s], from element lo of k on; four stages in one pass, in their order.
func weighted(dst []float64, c []float64, k [][]float64, lo int) {
	for i := range dst {
		dst[i] = 0
	}
	var four [4][]float64
	var with [4]float64
	n := 0
	for s, cs := range c {
		if cs == 0 {
			continue
		}
		four[n], with[n] = k[s][lo:lo+len(dst)], cs
		if n++; n == len(four) {
			add4(dst, four, with)
			n = 0
		}
	}
	for j := range n {
		for i, x := range four[j] {
			dst[i] += float64(with[j] * x)
		}
	}
}

// control returns the factor from this step to the next and remembers the error.
func (in *Integrator) control(e float64, accepted bool) float64 {
	if math.IsNaN(e) {
		return minFactor
	}
	beta := in.method.Beta
	alpha := 1/float64(in.method.ErrorOrder+1) - 0.75*beta
	if !accepted {
		return math.Max(minFactor, safety*portable.Pow(e, -alpha))
	}
	e = math.Max(e, 1e-10)
	f := safety * portable.Pow(e, -alpha) * portable.Pow(in.errOld, beta)
	in.errOld = math.Max(e, 1e-4)
	limit := in.opt.MaxGrowth
	if in.after {
		limit = 1
	}
	return math.Min(limit, math.Max(minFactor, f))
}

// initialStep follows HNW II.4: a step on which an Euler step's second-order
// change stays small against the tolerance.
func (in *Integrator) initialStep(end float64) (float64, error) {
	scaled := func(v []float64, w []float64) float64 {
		s := 0.0
		for i, x := range v {
			x /= in.opt.AbsTol + in.opt.RelTol*math.Abs(w[i])
			s += x * x
		}
		return math.Sqrt(s / float64(max(in.n, 1)))
	}
	limit := math.Min(end-in.t, in.opt.MaxStep)
	d0, d1 := scaled(in.y, in.y), scaled(in.first, in.y)
	h0 := 1e-6
	if d0 >= 1e-5 && d1 >= 1e-5 {
		h0 = 0.01 * d0 / d1
	}
	h0 = math.Min(h0, limit)
	combine(in.tmp, in.y, h0, []float64{1}, [][]float64{in.first})
	f1 := in.k[1]
	if err := in.eval(in.t+h0, in.tmp, f1); err != nil {
		return 0, err
	}
	for i := range in.tmp {
		in.tmp[i] = f1[i] - in.first[i]
	}
	d2 := scaled(in.tmp, in.y) / h0
	d := math.Max(d1, d2)
	h1 := math.Max(1e-6, h0*1e-3)
	if d > 1e-15 {
		h1 = portable.Pow(0.01/d, 1/float64(in.method.ErrorOrder+1))
	}
	return math.Min(math.Min(100*h0, h1), limit), nil
}
