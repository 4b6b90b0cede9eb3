package gap

import (
	"context"
	"fmt"
	"math"

	"kac/bench"
	"kac/internal/sphere"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// Observer sees a network of M particles in R^D beside its infinite-width twins: particles that start at the same points and
// move in the infinite-width field.
type Observer struct {
	Field *particles.Population // of the network
	Limit *meanfield.Field      // of infinite width, at the time last Set
	Twins *meanfield.Twins
	M, D  int

	problem   particles.Expectations
	reference *meanfield.Reference

	r       int       // rank of the target
	frame   []float64 // m x d: the unit directions v_i (first r coordinates) and u_i (the others) of w_i(0)
	scratch []float64 // m
	rows    []Row
}

// NewObserver prepares for a network that is at its start; field is its velocity field.
func NewObserver(g *Study, field *particles.Population, e *particles.Ensemble[float64]) (*Observer, error) {
	o := &Observer{
		problem: g.Problem, reference: g.Reference, Field: field,
		M: e.M, D: e.D, r: g.Problem.Rank(),
		frame: make([]float64, len(e.W)), scratch: make([]float64, e.M), rows: make([]Row, 0, len(g.Times)),
	}
	a0 := make([]float64, o.M)
	for i := range a0 {
		w, frame := e.Row(i), o.frame[i*o.D:(i+1)*o.D]
		a0[i] = o.position(w)
		sphere.Scale(frame[:o.r], w[:o.r], a0[i]) // for r = 1 the sign stays with a, and v = 1
		sphere.Scale(frame[o.r:], w[o.r:], sphere.Norm(w[o.r:]))
	}
	var err error
	if o.Limit, err = g.Reference.At(0); err != nil {
		return nil, err
	}
	o.Twins, err = g.Reference.NewTwins(a0)
	return o, err
}

// position is a: <w, e_1> for r = 1, |(w_1, ..., w_r)| for r >= 2.
func (o *Observer) position(w []float64) float64 {
	if o.r == 1 {
		return w[0]
	}
	return sphere.Norm(w[:o.r])
}

// observe adds the row of time t:
//
//	||f_m - f_MF||^2 = mean_ij q(<w_i,w_j>) - 2 mean_i U_t(a_i) + int int K d mu_t d mu_t
//	Delta_i          = w_i(t) - (a_t(i) v_i, c_t(i) u_i)
//
// exact, without samples.
func (o *Observer) observe(ctx context.Context, t float64, w []float64) error {
	self, err := o.Field.SelfEnergy(ctx, w, o.M)
	if err != nil {
		return err
	}
	overlap, err := o.Field.MeanOverlap(w, o.M)
	if err != nil {
		return err
	}
	if err := o.Limit.Set(t); err != nil {
		return fmt.Errorf("the reference at time %s: %w", bench.Number(t), err)
	}
	for i := range o.scratch {
		o.scratch[i] = o.Limit.Potential(o.position(w[i*o.D : (i+1)*o.D]))
	}
	potential := kernels.Sum(o.scratch) / float64(o.M)
	mean, largest, square, err := o.coupling(ctx, t, w)
	if err != nil {
		return err
	}
	o.rows = append(o.rows, Row{
		Time:           t,
		Risk:           bench.NotNegative(o.problem.TargetNorm2() - 2*overlap + self),
		ReferenceRisk:  o.reference.Risk(t),
		FunctionError:  bench.NotNegative(self - 2*potential + o.reference.SelfEnergy(t)),
		CouplingMean:   mean,
		CouplingMax:    largest,
		CouplingSquare: square,
	})
	return o.rows[len(o.rows)-1].check(o.M)
}

// check returns a *bench.NonFiniteError if the row has a number that a table cannot hold.
func (r *Row) check(m int) error {
	return bench.CheckTable(fmt.Sprintf("width %d", m), r.Time,
		[]string{"the risk", "the reference's risk", "the function error", "the mean coupling error", "the largest coupling error", "the mean square coupling error"},
		r.Risk, r.ReferenceRisk, r.FunctionError, r.CouplingMean, r.CouplingMax, r.CouplingSquare)
}

// coupling returns mean and maximum of |Delta_i|, and the mean of |Delta_i|^2, at time t.
func (o *Observer) coupling(ctx context.Context, t float64, w []float64) (mean, largest, square float64, err error) {
	if err := o.Twins.Advance(ctx, t); err != nil {
		return 0, 0, 0, err
	}
	a, c := o.Twins.Positions()
	for i := range o.scratch {
		row, frame := w[i*o.D:(i+1)*o.D], o.frame[i*o.D:(i+1)*o.D]
		sum := 0.0
		for k, x := range row {
			scale := c[i]
			if k < o.r {
				scale = a[i]
			}
			delta := x - float64(scale*frame[k])
			sum += float64(delta * delta)
		}
		o.scratch[i] = math.Sqrt(sum)
		largest = max(largest, o.scratch[i])
	}
	mean = kernels.Sum(o.scratch) / float64(o.M)
	for i, x := range o.scratch {
		o.scratch[i] = float64(x * x)
	}
	return mean, largest, kernels.Sum(o.scratch) / float64(o.M), nil
}

// Displacements writes Delta_i = w_i(t) - xi_t(w_i) and xi_t(w_i), both m x d.
func (o *Observer) Displacements(ctx context.Context, t float64, w, delta, at []float64) error {
	if err := o.Twins.Advance(ctx, t); err != nil {
		return err
	}
	a, c := o.Twins.Positions()
	for i := range o.M {
		for k := range o.D {
			scale := c[i]
			if k < o.r {
				scale = a[i]
			}
			at[i*o.D+k] = scale * o.frame[i*o.D+k]
			delta[i*o.D+k] = w[i*o.D+k] - at[i*o.D+k]
		}
	}
	return nil
}

// Drift writes dDelta_i/dt = nu(w_i, rho_m) - nu(xi_t(w_i), rho_t) (m x d), for r = 1, the twins
// being at time t.
func (o *Observer) Drift(ctx context.Context, t float64, w, rate []float64) error {
	if err := o.Field.Velocity(ctx, rate, w, o.M); err != nil {
		return err
	}
	particles.UnitSphere.Tangent(rate, w, o.M, o.D)
	if err := o.Limit.Set(t); err != nil {
		return fmt.Errorf("the reference at time %s: %w", bench.Number(t), err)
	}
	a, c := o.Twins.Positions()
	for i := range o.M {
		speed := o.Limit.Velocity(a[i])
		row, frame := rate[i*o.D:(i+1)*o.D], o.frame[i*o.D:(i+1)*o.D]
		row[0] -= speed // d/dt (a e_1 + c u) = v e_1 - (a v/c) u
		for k := 1; k < o.D; k++ {
			row[k] += a[i] * speed / c[i] * frame[k]
		}
	}
	return nil
}
