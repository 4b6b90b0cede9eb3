package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// CellOptions steer Gap.RunCell; none of them changes a number.
type CellOptions struct {
	Workers int // 0: one per processor

	// Before is a state that Save was given, to go on from; nil: from the start.
	Before []byte
	// Save, if set, gets the whole state after a step, at most every Interval (0: after every step),
	// and once more when the context is cancelled. It must not keep the slice. An error ends the run.
	Save     func(state []byte) error
	Interval time.Duration

	// Progress, if set, is called with the share of the horizon that is done, not too often.
	Progress func(share float64)
}

// RunCell runs one network of the study, observing it at every time beside its infinite-width twins.
// The width and seed need not be among the study's own. A run that goes on from a saved state gives
// the same bits as one that was not interrupted, with another number of workers too. Errors name
// width and seed: ErrCellState for a state that is not of this cell, the context's error, a
// *particles.NonFiniteError, Save's own.
func (g *Gap) RunCell(ctx context.Context, width int, seed uint64, o CellOptions) (Cell, error) {
	c, err := newGapCell(ctx, g, width, seed, o)
	if err == nil {
		err = c.run(ctx)
	}
	if err != nil {
		return Cell{}, fmt.Errorf("width %d, seed %d: %w", width, seed, err)
	}
	return Cell{Width: width, Seed: seed, Rows: c.observer.rows}, nil
}

// gapCell is one finite network on its way.
type gapCell struct {
	gap      *Gap
	options  CellOptions
	width    int
	seed     uint64
	ensemble *particles.Ensemble
	observer *gapObserver
	field    particles.Field // the observer's
	saved    time.Time
	told     time.Time
}

func newGapCell(ctx context.Context, g *Gap, width int, seed uint64, o CellOptions) (*gapCell, error) {
	p := &g.Parameters
	if err := CheckWhole("widths", width, 1, MaxWidth, "neurons"); err != nil {
		return nil, err
	}
	form, err := particles.ParseForm(p.Form)
	if err != nil {
		return nil, err
	}
	if err := CheckAvailable(p.Precision); err != nil {
		return nil, err
	}
	precision, err := particles.ParsePrecision(cmp.Or(p.Precision, Float64))
	if err != nil {
		return nil, err
	}
	c := &gapCell{gap: g, options: o, width: width, seed: seed, saved: time.Now()}
	c.ensemble = particles.NewUniform(width, p.Dim, seed)
	c.observer, err = newGapObserver(ctx, g, particles.NewPopulationIn(precision, g.Problem, form, o.Workers), c.ensemble)
	if err != nil {
		return nil, err
	}
	c.observer.field.StopWith(ctx)
	c.field = c.observer.field
	if g.faults != nil {
		c.field = g.faults(c.field)
	}
	if o.Before != nil {
		if err := c.restore(o.Before); err != nil {
			return nil, err
		}
	}
	c.ensemble.AfterStep = c.stepped
	return c, nil
}

// run goes from where the cell stands to the horizon.
func (c *gapCell) run(ctx context.Context) error {
	p := &c.gap.Parameters
	left := c.gap.times[len(c.observer.rows):]
	observe := func(t float64, w []float64) error {
		err := c.observer.observe(t, w)
		if err == nil && c.gap.watch != nil {
			err = c.gap.watch(c.observer, c.width, c.seed, t, w)
		}
		if err == nil && c.options.Progress != nil {
			c.options.Progress(t / p.Horizon)
		}
		return err
	}
	var err error
	if p.Dynamics == DynamicsDescent {
		_, err = particles.Descend(ctx, c.ensemble, c.field, p.Eta, left, observe)
	} else {
		tol := particles.Tolerances{Relative: p.FlowTolerance, Absolute: p.FlowTolerance}
		_, err = particles.Flow(ctx, c.ensemble, c.field, tol, left, observe)
	}
	if err == nil || c.options.Save == nil {
		return err
	}
	// Whatever a cancelled context stopped, a step or an observation, left a state to go on from.
	if stop := ctx.Err(); stop != nil && errors.Is(err, stop) {
		err = errors.Join(err, c.save())
	}
	return err
}

// Between two reports of progress within the time from one observation to the next.
const progressInterval = 100 * time.Millisecond

// stepped follows every step.
func (c *gapCell) stepped() error {
	now := time.Now()
	if c.options.Progress != nil && now.Sub(c.told) >= progressInterval {
		c.told = now
		c.options.Progress(c.ensemble.Time / c.gap.Parameters.Horizon)
	}
	if c.options.Save == nil || now.Sub(c.saved) < c.options.Interval {
		return nil
	}
	return c.save()
}

func (c *gapCell) save() error {
	state, err := c.state()
	if err != nil {
		return err
	}
	if err := c.options.Save(state); err != nil {
		return fmt.Errorf("saving the state at time %s: %w", number(c.ensemble.Time), err)
	}
	c.saved = time.Now()
	return nil
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
