package lattice

import (
	"context"
	"fmt"

	"kac/internal/average"
	"kac/meanfield"
	"kac/particles"
)

// Limit is the infinitely wide network by lattice points, as a meanfield.Limit:
// several replicas of the points, each with an independent shift, and twins that
// follow the first of them. Means over the replicas are its answers and their
// spread the error; SelfEnergy, Potential and MeanPotential are the first
// replica's.
type Limit struct {
	field    *Reduction
	replicas []*particles.Ensemble[float64] // the first one's last points are the twins
	options  LimitOptions
}

var _ meanfield.Limit = (*Limit)(nil)

// LimitOptions choose a Limit. No number depends on Workers.
type LimitOptions struct {
	Points   int       // of each replica, a power of two up to MaxPoints
	Replicas int       // at least 2
	Seed     uint64    // of the shifts
	Step     float64   // > 0: descent of this step, seen at its multiples; 0: the flow
	Start    []float64 // of the twins (n x (r+1)); nil: none
	Workers  int       // 0: one per processor
}

// tolerance of the flow of the points, relative and absolute.
const tolerance = 1e-9

// NewLimit makes the Limit of a task at time 0. Errors wrap particles.ErrNoClosedForm for a task without one, and say
// which option cannot be.
func NewLimit(task *particles.Task, o LimitOptions) (*Limit, error) {
	f, err := New(task, o.Workers)
	if err != nil {
		return nil, err
	}
	switch {
	case o.Replicas < 2:
		return nil, fmt.Errorf("lattice: %d replicas tell no error; at least 2 are needed", o.Replicas)
	case !(o.Step >= 0):
		return nil, fmt.Errorf("lattice: a step of %g; allowed are positive ones, and 0 for the flow", o.Step)
	case len(o.Start)%f.Dim() != 0:
		return nil, fmt.Errorf("lattice: %d coordinates are no points of R^%d", len(o.Start), f.Dim())
	}
	f.SetActive(o.Points)
	l := &Limit{field: f, options: o}
	for i := range o.Replicas {
		e, err := f.Points(o.Points, o.Seed, i)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			e.W = append(e.W, o.Start...)
			e.M = len(e.W) / e.D
		}
		l.replicas = append(l.replicas, e)
	}
	l.options.Start = nil
	return l, nil
}

// Rank is r.
func (l *Limit) Rank() int { return l.field.Rank() }

// Time is the present time.
func (l *Limit) Time() float64 { return l.replicas[0].Time }

// Advance moves every replica, and the twins, to time t; what is there already stays. Errors: a time before the
// present one, a cancelled context, and those of particles.Flow and Descend.
func (l *Limit) Advance(ctx context.Context, t float64) error {
	last := l.replicas[len(l.replicas)-1] // the first moves first: an interrupted Advance leaves it ahead
	if !(t >= last.Time) {
		return fmt.Errorf("lattice: a limit at time %g cannot move to %g", last.Time, t)
	}
	times := []float64{t}
	for _, e := range l.replicas {
		if t <= e.Time {
			continue
		}
		var err error
		if l.options.Step > 0 {
			_, err = particles.Descend(ctx, e, l.field, l.options.Step, times, nil)
		} else {
			_, err = particles.Flow(ctx, e, l.field, particles.Tolerances{Relative: tolerance, Absolute: tolerance}, times, nil)
		}
		if err != nil {
			return fmt.Errorf("the reduced reference: %w", err)
		}
	}
	return nil
}

// over is the mean over the replicas.
func (l *Limit) over(value func(e *particles.Ensemble[float64]) (float64, error)) (meanfield.Estimate, error) {
	values := make([]float64, len(l.replicas))
	for i, e := range l.replicas {
		var err error
		if values[i], err = value(e); err != nil {
			return meanfield.Estimate{}, err
		}
	}
	mean, se := average.Of(values)
	return meanfield.Estimate{Value: mean, Error: se, N: len(values)}, nil
}

// Risk is the mean of Reduction.Risk over the replicas.
func (l *Limit) Risk() (meanfield.Estimate, error) {
	return l.over(func(e *particles.Ensemble[float64]) (float64, error) { return l.field.Risk(e.W, e.M) })
}

// SelfEnergy is that of the first replica.
func (l *Limit) SelfEnergy() (float64, error) {
	e := l.replicas[0]
	return l.field.SelfEnergy(e.W, e.M)
}

// Potential is that of the first replica.
func (l *Limit) Potential(u, z []float64, m int) error {
	e := l.replicas[0]
	return l.field.Potential(u, e.W, e.M, z, m)
}

// MeanPotential is that of the first replica.
func (l *Limit) MeanPotential(z []float64, m int) (float64, error) {
	e := l.replicas[0]
	return l.field.MeanPotential(e.W, e.M, z, m)
}

// Gap is the mean over the replicas, each a network of its own.
func (l *Limit) Gap(self float64, z []float64, m int) (meanfield.Estimate, error) {
	return l.over(func(e *particles.Ensemble[float64]) (float64, error) {
		return meanfield.Apart(self, z, m, &Limit{field: l.field, replicas: []*particles.Ensemble[float64]{e}})
	})
}

// Points are those of the first replica, with mass 1/n each (n x (r+1)): the network itself, for Apart of another
// limit.
func (l *Limit) Points() []float64 {
	e := l.replicas[0]
	return e.W[:l.options.Points*e.D]
}

// Twins are the points of the twins.
func (l *Limit) Twins() []float64 {
	e := l.replicas[0]
	return e.W[l.options.Points*e.D:]
}
