package gap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"kac/bench"
	"kac/particles"
)

// CellOptions steer Study.RunCell; none of them changes a number.
type CellOptions = bench.CellOptions

// RunCell runs one network of the study, observing it at every time beside its infinite-width twins.
// The width and seed need not be among the study's own. A run that goes on from a saved state gives
// the same bits as one that was not interrupted, with another number of workers too. Errors name
// width and seed: ErrCellState for a state that is not of this cell, the context's error, a
// *particles.NonFiniteError, Save's own.
func (g *Study) RunCell(ctx context.Context, width int, seed uint64, o CellOptions) (Cell, error) {
	c, err := newRunningCell(ctx, g, width, seed, o)
	if err != nil {
		return Cell{}, inCell(width, seed, err)
	}
	return c.cell(ctx)
}

func inCell(width int, seed uint64, err error) error {
	return fmt.Errorf("width %d, seed %d: %w", width, seed, err)
}

// cell runs to the horizon and returns what was seen.
func (c *runningCell) cell(ctx context.Context) (Cell, error) {
	if err := c.run(ctx); err != nil {
		return Cell{}, inCell(c.width, c.seed, err)
	}
	if err := c.final(); err != nil {
		return Cell{}, inCell(c.width, c.seed, fmt.Errorf("keeping the state at the last time: %w", err))
	}
	return Cell{Width: c.width, Seed: c.seed, Rows: c.observer.rows}, nil
}

// runningCell is one finite network on its way.
type runningCell struct {
	gap      *Study
	options  CellOptions
	width    int
	seed     uint64
	ensemble *particles.Ensemble[float64]
	observer *Observer
	field    particles.Field // the observer's
	keeper   *bench.Keeper
	told     time.Time
}

func newRunningCell(ctx context.Context, g *Study, width int, seed uint64, o CellOptions) (*runningCell, error) {
	p := &g.Parameters
	if err := bench.CheckWhole("widths", width, 1, bench.MaxWidth, "neurons"); err != nil {
		return nil, err
	}
	form, err := particles.ParseForm(p.Form)
	if err != nil {
		return nil, err
	}
	if err := bench.CheckAvailable(p.Precision); err != nil {
		return nil, err
	}
	precision, err := particles.ParsePrecision(cmp.Or(p.Precision, bench.Float64))
	if err != nil {
		return nil, err
	}
	c := &runningCell{gap: g, options: o, width: width, seed: seed, keeper: o.Keeper()}
	if c.ensemble, err = p.start(width, seed); err != nil {
		return nil, err
	}
	c.observer, err = NewObserver(g, particles.NewPopulationIn(precision, g.Problem, form, o.Workers), c.ensemble)
	if err != nil {
		return nil, err
	}
	c.field = c.observer.Field
	if o.Before != nil {
		if err := c.restore(o.Before); err != nil {
			return nil, err
		}
	}
	c.ensemble.AfterStep = c.stepped
	return c, nil
}

// run goes from where the cell stands to the horizon.
func (c *runningCell) run(ctx context.Context) error {
	p := &c.gap.Parameters
	left := c.gap.stops(len(c.observer.rows))
	observe := func(t float64, w []float64) error {
		err := c.stop(ctx, t, w)
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
func (c *runningCell) stepped() error {
	now := time.Now()
	if c.options.Progress != nil && now.Sub(c.told) >= progressInterval {
		c.told = now
		c.options.Progress(c.ensemble.Time / c.gap.Parameters.Horizon)
	}
	if c.options.Save == nil || !c.keeper.Due() {
		return nil
	}
	return c.save()
}

func (c *runningCell) save() error {
	if err := c.keeper.Keep(c.state); err != nil {
		return fmt.Errorf("saving the state at time %s: %w", bench.Number(c.ensemble.Time), err)
	}
	return nil
}
