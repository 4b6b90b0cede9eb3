package gap

import (
	"context"
	"fmt"
	"slices"

	"kac/bench"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// Observer sees a network of M particles in R^D beside its infinite-width twins: particles that start at the same
// points and move in the infinite-width field.
type Observer struct {
	Field *particles.Population // of the network
	Limit *meanfield.Exact      // the network of infinite width, with the twins
	M, D  int

	problem particles.Expectations
	frame   *meanfield.Frame
	points  []float64 // m x (r+1), of the network
	scratch []float64 // m
	rows    []Row
}

// NewObserver prepares for a network that is at its start; field is its velocity field.
func NewObserver(g *Study, field *particles.Population, e *particles.Ensemble[float64]) (*Observer, error) {
	r := g.Problem.Rank()
	o := &Observer{
		problem: g.Problem, Field: field, M: e.M, D: e.D,
		points: make([]float64, e.M*(r+1)), scratch: make([]float64, e.M), rows: make([]Row, 0, len(g.Times)),
	}
	meanfield.Reduce(o.points, e.W, e.M, e.D, r)
	var err error
	if o.frame, err = meanfield.NewFrame(e.W, o.points, e.M, e.D, r); err != nil {
		return nil, err
	}
	o.Limit, err = g.Reference.NewLimit(o.points)
	return o, err
}

// advance moves the limit and the twins to time t.
func (o *Observer) advance(ctx context.Context, t float64) error {
	if err := o.Limit.Advance(ctx, t); err != nil {
		return fmt.Errorf("the reference at time %s: %w", bench.Number(t), err)
	}
	return nil
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
	if err := o.advance(ctx, t); err != nil {
		return err
	}
	meanfield.Reduce(o.points, w, o.M, o.D, o.Limit.Rank())
	if err := o.Limit.Potential(o.scratch, o.points, o.M); err != nil {
		return err
	}
	potential := kernels.Sum(o.scratch) / float64(o.M)
	risk, err := o.Limit.Risk()
	if err != nil {
		return err
	}
	limitSelf, err := o.Limit.SelfEnergy()
	if err != nil {
		return err
	}
	mean, largest, square := o.coupling(w)
	o.rows = append(o.rows, Row{
		Time:           t,
		Risk:           bench.NotNegative(o.problem.TargetNorm2() - 2*overlap + self),
		ReferenceRisk:  risk.Value,
		FunctionError:  bench.NotNegative(self - 2*potential + limitSelf),
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

// coupling returns mean and maximum of |Delta_i|, and the mean of |Delta_i|^2, at the limit's time.
func (o *Observer) coupling(w []float64) (mean, largest, square float64) {
	o.frame.Displacements(o.scratch, w, o.Limit.Twins())
	mean, largest = kernels.Sum(o.scratch)/float64(o.M), slices.Max(o.scratch)
	for i, x := range o.scratch {
		o.scratch[i] = float64(x * x)
	}
	return mean, largest, kernels.Sum(o.scratch) / float64(o.M)
}

// Displacements writes Delta_i = w_i(t) - xi_t(w_i) and xi_t(w_i), both m x d.
func (o *Observer) Displacements(ctx context.Context, t float64, w, delta, at []float64) error {
	if err := o.advance(ctx, t); err != nil {
		return err
	}
	z, n := o.Limit.Twins(), o.Limit.Rank()+1
	for i := range o.M {
		o.frame.Lift(at[i*o.D:(i+1)*o.D], z[i*n:(i+1)*n], i)
	}
	for k, x := range w {
		delta[k] = x - at[k]
	}
	return nil
}

// Drift writes dDelta_i/dt = nu(w_i, rho_m) - nu(xi_t(w_i), rho_t) (m x d), for r = 1.
func (o *Observer) Drift(ctx context.Context, t float64, w, rate []float64) error {
	if err := o.Field.Velocity(ctx, rate, w, o.M); err != nil {
		return err
	}
	particles.UnitSphere.Tangent(rate, w, o.M, o.D)
	if err := o.advance(ctx, t); err != nil {
		return err
	}
	a, c := o.Limit.Moving().Positions()
	for i := range o.M {
		speed := o.Limit.Field().Velocity(a[i])
		row := rate[i*o.D : (i+1)*o.D]
		row[0] -= speed // d/dt (a e_1 + c u) = v e_1 - (a v/c) u
		for k, u := range o.frame.Direction(i) {
			row[1+k] += a[i] * speed / c[i] * u
		}
	}
	return nil
}

// Row is what was seen last: in Study.Watch the row of the present time.
func (o *Observer) Row() Row { return o.rows[len(o.rows)-1] }
