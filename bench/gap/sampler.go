package gap

import (
	"context"
	"errors"
	"sync"
	"time"

	"kac/bench"
	"kac/particles"
)

// clock adds up calls.
type clock struct{ seconds, calls float64 }

func (c *clock) mean() float64 { return c.seconds / c.calls }

// sampler times velocities and energies with as many networks at once as the run will have.
type sampler struct {
	fields           []*particles.Population
	networks         []*particles.Ensemble[float64]
	v                [][]float64
	velocity, energy clock
}

func (c *calibration) sampler(ctx context.Context, g *plannedGroup, w *plannedWidth) (*sampler, error) {
	p := &g.Group.Parameters
	if err := bench.CheckAvailable(p.Precision); err != nil {
		return nil, err
	}
	precision, err := particles.ParsePrecision(p.Precision)
	if err != nil {
		return nil, err
	}
	s := &sampler{}
	for i := range max(1, min(c.workers/w.Workers, w.Cells)) {
		s.fields = append(s.fields, particles.NewPopulationIn(precision, g.Group.Problem, c.form(g.Group, w.Size), w.Workers))
		s.networks = append(s.networks, particles.NewUniform(w.Size, p.Dim, p.Seed+uint64(i)))
		s.v = append(s.v, make([]float64, w.Size*p.Dim))
	}
	return s, s.each(func(i int) error { // workspaces are made, and caches filled
		return s.fields[i].Velocity(ctx, s.v[i], s.networks[i].W, s.networks[i].M)
	})
}

// each calls f for all networks at once.
func (s *sampler) each(f func(i int) error) error {
	errs := make([]error, len(s.fields))
	var group sync.WaitGroup
	for i := range s.fields {
		group.Go(func() { errs[i] = f(i) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// sample adds calls that take at least that long, one at least.
func (s *sampler) sample(ctx context.Context, least time.Duration) error {
	velocities, energies := make([]clock, len(s.fields)), make([]clock, len(s.fields))
	err := s.each(func(i int) error {
		e := s.networks[i]
		err := velocities[i].time(ctx, least, func() error { return s.fields[i].Velocity(ctx, s.v[i], e.W, e.M) })
		if err != nil {
			return err
		}
		return energies[i].time(ctx, 0, func() error {
			_, err := s.fields[i].SelfEnergy(ctx, e.W, e.M)
			return err
		})
	})
	for i := range velocities {
		s.velocity.seconds += velocities[i].seconds
		s.velocity.calls += velocities[i].calls
		s.energy.seconds += energies[i].seconds
		s.energy.calls += energies[i].calls
	}
	return err
}

// time adds calls that together take at least that long.
func (c *clock) time(ctx context.Context, least time.Duration, call func() error) error {
	for began := time.Now(); ; {
		if err := call(); err != nil {
			return err
		}
		c.calls++
		if c.seconds = time.Since(began).Seconds(); c.seconds >= least.Seconds() || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
