package contrast

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

// MaxFeatures bounds the number of features of a loss at finite m: its cost is a power of it.
const MaxFeatures = 3

// MaxNorm2 bounds r² where the loss is evaluated.
const MaxNorm2 = 4

// Rates are a loss and its derivatives.
type Rates struct {
	Loss float64 // l, the mean over anchors
	// Coupling is R_k = -dl/dc_k, the speed of the angle: d/dt log tan phi_k = -2 alpha_k R_k. It is 1 as m goes to
	// infinity.
	Coupling []float64
	Norm     []float64 // dl/d(r_k⁴)
}

func newRates(k int) Rates { return Rates{Coupling: make([]float64, k), Norm: make([]float64, k)} }

// lossRule evaluates the loss by the trapezoid of one step in every x_k. Its error falls like exp(-constant/step).
type lossRule struct {
	x2, weight []float64 // points x K of x_k², points
	grid       []*grid   // points: the smaller the weight, the coarser the sums under it
	k          int
	sum        *logSum
}

// digitsFor is the accuracy exp(-digits) of the sums inside a loss of some tolerance: 1e-5 of it, if doubles allow.
func digitsFor(tolerance float64) float64 { return math.Min(35, 11.5-math.Log(tolerance)) }

// steps of the trapezoid in x, from coarse to fine; a loss is told with the first one that agrees with the one before.
var steps = []float64{.6, .42, .3, .21, .15}

func newLossRule(k int, step, digits float64, ws *kernels.Workspace[float64]) *lossRule {
	l := &lossRule{k: k, sum: newLogSum(ws)}
	reach := math.Sqrt(2 * digits)
	n := int(reach/step) + 1 // x >= 0: the integrand is even in every x_k
	index := make([]int, k)
	for {
		square, weight := 0.0, 1.0
		for _, i := range index {
			x := float64(i) * step
			square += x * x
			if i > 0 {
				weight *= 2
			}
		}
		if square <= reach*reach {
			for _, i := range index {
				x := float64(i) * step
				l.x2 = append(l.x2, x*x)
			}
			l.weight = append(l.weight, weight*exp(-square/2))
			l.grid = append(l.grid, gridFor(digits-square/2))
		}
		at := k - 1
		for ; at >= 0; at-- {
			if index[at]++; index[at] < n {
				break
			}
			index[at] = 0
		}
		if at < 0 {
			break
		}
	}
	total := 0.0
	for _, w := range l.weight {
		total += w
	}
	for i := range l.weight {
		l.weight[i] /= total
	}
	return l
}

// eval fills r. g is r⁴.
func (l *lossRule) eval(ctx context.Context, r *Rates, c, g []float64, m float64) error {
	r.Loss = 0
	clear(r.Coupling)
	clear(r.Norm)
	for i, weight := range l.weight {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		x2 := l.x2[i*l.k : (i+1)*l.k]
		e, s, v := 0.0, 0.0, 0.0
		for k, x := range x2 {
			e += c[k] * x
			s += g[k] * x
			v += math.Max(g[k]-c[k]*c[k], 0) * x
		}
		f, fe, fv, fs := l.sum.eval(l.grid[i], e, v, s, m)
		r.Loss += weight * (f - e)
		for k, x := range x2 {
			r.Coupling[k] += weight * x * (1 - fe + 2*c[k]*fv)
			r.Norm[k] += weight * x * (fs + fv)
		}
	}
	return nil
}

// Loss is the mean over anchors of -log p_ii, averaged over all batches of m pairs, with its derivatives, and an
// estimate of how wrong the worst of these numbers is. norm2 is r_k². With x_k of N(0, 1), e = sum_k c_k x_k²,
// s = sum_k r_k⁴ x_k² and w = sum_k (r_k⁴ - c_k²) x_k²,
//
//	l = E[F - e],  F = E log(exp(N(e, w)) + sum of m-1 exp(N(0, s))).
//
// Derived in docs/mathematics.md (C.1), (C.2).
func Loss(ctx context.Context, coupling, norm2 []float64, m, tolerance float64) (Rates, float64, error) {
	k := len(coupling)
	if err := check(coupling, norm2, m); err != nil {
		return Rates{}, 0, err
	}
	g := make([]float64, k)
	for i, r2 := range norm2 {
		g[i] = r2 * r2
	}
	ws := kernels.NewWorkspace[float64](1)
	before, now := newRates(k), newRates(k)
	wrong := math.Inf(1)
	for i, step := range steps {
		if err := newLossRule(k, step, digitsFor(tolerance), ws).eval(ctx, &now, coupling, g, m); err != nil {
			return now, wrong, err
		}
		if i > 0 {
			if wrong = now.from(&before); wrong <= tolerance {
				break
			}
		}
		before, now = now, before
	}
	if !(wrong <= tolerance) {
		return before, wrong, &ToleranceError{tolerance, wrong}
	}
	return now, wrong, nil
}

// from is the largest difference of two.
func (r *Rates) from(other *Rates) float64 {
	d := math.Abs(r.Loss - other.Loss)
	for k := range r.Coupling {
		d = math.Max(d, math.Max(math.Abs(r.Coupling[k]-other.Coupling[k]), math.Abs(r.Norm[k]-other.Norm[k])))
	}
	return d
}

// ToleranceError says that the tolerance cannot be met, and what can.
type ToleranceError struct{ Tolerance, Reached float64 }

func (e *ToleranceError) Error() string {
	return fmt.Sprintf("the error cannot be brought below %.3g; %.2g can be reached", e.Tolerance, e.Reached)
}

func check(coupling, norm2 []float64, m float64) error {
	k := len(coupling)
	switch {
	case k < 1 || k > MaxFeatures:
		return fmt.Errorf("%d features; the exact loss takes 1 to %d", k, MaxFeatures)
	case len(norm2) != k:
		return fmt.Errorf("%d couplings and %d norms", k, len(norm2))
	case !(m >= 2) || math.IsInf(m, 0):
		return fmt.Errorf("batches of %v pairs; they have at least 2", m)
	}
	for i, c := range coupling {
		if !(norm2[i] >= 0 && norm2[i] <= MaxNorm2) {
			return fmt.Errorf("feature %d: r² = %v; it is from 0 to %d", i+1, norm2[i], MaxNorm2)
		}
		if !(math.Abs(c) <= norm2[i]) {
			return fmt.Errorf("feature %d: c = %v; it is at most r² = %v", i+1, c, norm2[i])
		}
	}
	return nil
}
