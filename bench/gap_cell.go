package bench

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// gapCell is one finite network on its way.
type gapCell struct {
	gap   *Gap
	run   *gapRun
	width int
	seed  uint64
	cost  float64
}

// measure runs the network once, observing it at every time beside its infinite-width twins.
func (c *gapCell) measure(ctx context.Context, workers int) ([]GapRow, error) {
	g, p := c.gap, &c.gap.Parameters
	form, err := particles.ParseForm(p.Form)
	if err != nil {
		return nil, err
	}
	ensemble := particles.NewUniform(c.width, p.Dim, c.seed)
	o, err := newGapObserver(ctx, g, particles.NewPopulation(g.Problem, form, workers), ensemble)
	if err != nil {
		return nil, err
	}
	share := c.cost / float64(len(g.times))
	observe := func(t float64, w []float64) error {
		err := o.observe(t, w)
		if c.run != nil {
			c.run.progress(share)
		}
		return err
	}
	if p.Dynamics == DynamicsDescent {
		_, err = particles.Descend(ctx, ensemble, o.field, p.Eta, g.times, observe)
	} else {
		tol := particles.Tolerances{Relative: p.FlowTolerance, Absolute: p.FlowTolerance}
		_, err = particles.Flow(ctx, ensemble, o.field, tol, g.times, observe)
	}
	return o.rows, err
}

// gapObserver turns positions into rows.
type gapObserver struct {
	ctx       context.Context
	problem   *particles.Problem
	reference *meanfield.Reference
	limit     *meanfield.Field
	field     *particles.Population
	twins     *meanfield.Twins

	m, d, r int
	frame   []float64 // m x d: the unit directions v_i (first r coordinates) and u_i (the others) of w_i(0)
	scratch []float64 // m
	rows    []GapRow
}

func newGapObserver(ctx context.Context, g *Gap, field *particles.Population, e *particles.Ensemble) (*gapObserver, error) {
	o := &gapObserver{
		ctx: ctx, problem: g.Problem, reference: g.Reference, field: field,
		m: e.M, d: e.D, r: g.Problem.Rank(),
		frame: make([]float64, len(e.W)), scratch: make([]float64, e.M), rows: make([]GapRow, 0, len(g.times)),
	}
	a0 := make([]float64, o.m)
	for i := range a0 {
		w, frame := e.Row(i), o.frame[i*o.d:(i+1)*o.d]
		a0[i] = o.position(w)
		scaleTo(frame[:o.r], w[:o.r], a0[i]) // for r = 1 the sign stays with a, and v = 1
		scaleTo(frame[o.r:], w[o.r:], norm(w[o.r:]))
	}
	var err error
	if o.limit, err = g.Reference.At(0); err != nil {
		return nil, err
	}
	o.twins, err = g.Reference.NewTwins(a0)
	return o, err
}

// position is a: <w, e_1> for r = 1, |(w_1, ..., w_r)| for r >= 2.
func (o *gapObserver) position(w []float64) float64 {
	if o.r == 1 {
		return w[0]
	}
	return norm(w[:o.r])
}

// observe adds the row of time t:
//
//	||f_m - f_MF||^2 = mean_ij q(<w_i,w_j>) - 2 mean_i U_t(a_i) + int int K d mu_t d mu_t
//	Delta_i          = w_i(t) - (a_t(i) v_i, c_t(i) u_i)
//
// exact, without samples.
func (o *gapObserver) observe(t float64, w []float64) error {
	self, err := o.field.SelfEnergy(w, o.m)
	if err != nil {
		return err
	}
	overlap, err := o.field.MeanOverlap(w, o.m)
	if err != nil {
		return err
	}
	if err := o.limit.Set(t); err != nil {
		return fmt.Errorf("the reference at time %s: %w", number(t), err)
	}
	for i := range o.scratch {
		o.scratch[i] = o.limit.Potential(o.position(w[i*o.d : (i+1)*o.d]))
	}
	potential := kernels.Sum(o.scratch) / float64(o.m)
	mean, largest, err := o.coupling(t, w)
	if err != nil {
		return err
	}
	o.rows = append(o.rows, GapRow{
		Time:          t,
		Risk:          o.problem.TargetNorm2() - 2*overlap + self,
		ReferenceRisk: o.reference.Risk(t),
		FunctionError: self - 2*potential + o.reference.SelfEnergy(t),
		CouplingMean:  mean,
		CouplingMax:   largest,
	})
	return nil
}

// coupling returns mean and maximum of |Delta_i| at time t.
func (o *gapObserver) coupling(t float64, w []float64) (mean, largest float64, err error) {
	if err := o.twins.Advance(o.ctx, t); err != nil {
		return 0, 0, err
	}
	a, c := o.twins.Positions()
	for i := range o.scratch {
		row, frame := w[i*o.d:(i+1)*o.d], o.frame[i*o.d:(i+1)*o.d]
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
	return kernels.Sum(o.scratch) / float64(o.m), largest, nil
}

// scaleTo writes x/length to dst; a vector of length 0 keeps no direction.
func scaleTo(dst, x []float64, length float64) {
	if length == 0 {
		return
	}
	for i := range x {
		dst[i] = x[i] / length
	}
}

func norm(x []float64) float64 { return math.Sqrt(kernels.Dot(x, x)) }
