package contrast

import (
	"context"
	"fmt"
	"math"

	"kac/internal/ode"
	"kac/kernels"
)

// FlowPoint is the flow at a time.
type FlowPoint struct {
	Time     float64
	Features []Feature
	Errors   []float64 // of the features; without correlation they stay as they were to the last digit
	Rate     []float64 // R_k
	Wrong    []float64 // estimates of how wrong the features' errors are
}

// Flow follows the gradient flow of the loss at batches of m pairs:
//
//	a_k' = -dl/da_k - decay a_k,  b_k' = -dl/db_k - decay b_k,  t = m eta steps of gradient descent
//	dl/da_k = -2 alpha_k a_k R_k + 4 r_k² a_k dl/dr_k⁴,  dl/db_k = 4 r_k² b_k dl/dr_k⁴
//
// which is gradient descent on fresh batches as eta goes to 0. The flow is solved with ever finer rules for the loss
// until two agree to the tolerance in the errors of all features; their difference is the estimate. (C.7)
func Flow(ctx context.Context, features []Feature, m, decay float64, times []float64, tolerance float64) ([]FlowPoint, error) {
	c, r2 := make([]float64, len(features)), make([]float64, len(features))
	for k, f := range features {
		c[k], r2[k] = f.Coupling(), f.Norm2()
	}
	if err := check(c, r2, m); err != nil {
		return nil, err
	}
	ws := kernels.NewWorkspace[float64](1)
	var before []FlowPoint
	worst := math.Inf(1)
	for i, step := range steps {
		now, err := flowBy(ctx, newLossRule(len(features), step, digitsFor(tolerance), ws), features, m, decay, times, tolerance)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			worst = 0
			for j := range now {
				for k := range features {
					d := math.Abs(now[j].Errors[k] - before[j].Errors[k])
					now[j].Wrong[k] = d + tolerance/4
					worst = math.Max(worst, d)
				}
			}
			if worst <= tolerance {
				return now, nil
			}
		}
		before = now
	}
	return before, &ToleranceError{tolerance, worst}
}

// flowBy solves the flow with one rule. The unknowns are the logarithms of b and of a/b, both over their start: signs
// are kept, and small angles are as good as large ones.
func flowBy(ctx context.Context, rule *lossRule, features []Feature, m, decay float64, times []float64, tolerance float64) ([]FlowPoint, error) {
	n := len(features)
	rates := newRates(n)
	c, g := make([]float64, n), make([]float64, n)
	now := make([]Feature, n)
	read := func(y []float64) {
		for k, f := range features {
			now[k] = Feature{f.Alpha, f.A * exp(y[k]+y[n+k]), f.B * exp(y[k])}
			r2 := now[k].Norm2()
			c[k], g[k] = now[k].Coupling(), r2*r2
		}
	}
	slope := func(_ float64, y, dy []float64) error {
		read(y)
		for k := range now {
			if r2 := now[k].Norm2(); !(r2 <= MaxNorm2) {
				return fmt.Errorf("feature %d: r² = %.3g grew above %d", k+1, r2, MaxNorm2)
			}
		}
		if err := rule.eval(ctx, &rates, c, g, m); err != nil {
			return err
		}
		for k, f := range now {
			dy[k], dy[n+k] = -4*f.Norm2()*rates.Norm[k]-decay, 2*f.Alpha*rates.Coupling[k]
		}
		return nil
	}
	in, err := ode.New(ode.DOP853, slope, 2*n, ode.Options{RelTol: 0, AbsTol: tolerance / 4})
	if err != nil {
		return nil, err
	}
	if err := in.Start(0, make([]float64, 2*n)); err != nil {
		return nil, err
	}
	out := make([]FlowPoint, 0, len(times))
	at := make([]float64, 2*n)
	for _, t := range times {
		// Times between steps come from the interpolant, so that asking for more of them changes nothing.
		for in.Time() < t {
			if err := in.Step(ctx, times[len(times)-1]); err != nil {
				return nil, err
			}
		}
		y := in.Y()
		if in.Time() > t {
			if err := in.Dense(t, at); err != nil {
				return nil, err
			}
			y = at
		}
		read(y)
		if err := rule.eval(ctx, &rates, c, g, m); err != nil {
			return nil, err
		}
		point := FlowPoint{t, append([]Feature(nil), now...), make([]float64, n), append([]float64(nil), rates.Coupling...), make([]float64, n)}
		for k, f := range features {
			point.Errors[k] = f.turned(y[n+k])
		}
		out = append(out, point)
	}
	return out, nil
}
