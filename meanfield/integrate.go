package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"kac/internal/ode"
)

// run integrates the flow on a grid to the horizon and records the moments.
//
// With a limit, it bisects panels as it goes: a step after which a panel's tail
// exceeds the limit is taken back, the panel is halved, its new nodes are
// brought from time 0 to the present in the field recorded so far (which was
// made by resolved panels only), and the step is taken anew.
type run struct {
	ctx    context.Context
	kernel *kernel
	law    law
	tol    float64 // of the time integration
	limit  float64 // on tails; 0: the grid stays
	most   int     // panels
	report func(t float64)

	flow  *flow
	in    *ode.Integrator
	path  *path
	stats ode.Stats
	buf   []float64
}

// errTooManyPanels ends a run that would need more panels than allowed.
var errTooManyPanels = errors.New("too many panels")

func (r *run) integrate(panels []panel, horizon float64) error {
	if err := r.begin(panels); err != nil {
		return err
	}
	for r.in.Time() < horizon {
		before := r.in.State()
		if err := r.in.Step(r.ctx, horizon); err != nil {
			return r.explain(err)
		}
		r.flow.moments(r.in.Y())
		if r.limit > 0 && !(r.flow.watch(r.in.Time()) <= r.limit) {
			r.stats = add(r.stats, r.in.Stats, before.Stats)
			if err := r.refine(before); err != nil {
				return err
			}
			continue
		}
		if err := r.path.record(r.flow, r.in, r.buf); err != nil {
			return err
		}
		if r.report != nil {
			r.report(r.in.Time())
		}
	}
	r.stats = add(r.stats, r.in.Stats, ode.Stats{})
	return nil
}

// add counts the work since before.
func add(sum, now, before ode.Stats) ode.Stats {
	sum.Accepted += now.Accepted - before.Accepted
	sum.Rejected += now.Rejected - before.Rejected
	sum.Evaluations += now.Evaluations - before.Evaluations
	return sum
}

// begin sets up the grid at time 0, where panels can be bisected at no cost.
func (r *run) begin(panels []panel) error {
	for {
		r.flow = newFlow(r.kernel, newGrid(r.law, panels))
		r.flow.moments(r.flow.grid.tau0)
		worst := r.flow.watch(0)
		if r.limit == 0 || worst <= r.limit {
			break
		}
		if err := r.room(); err != nil {
			return err
		}
		panels = bisect(r.flow.grid.panels, r.open)
	}
	r.path = newPath(r.flow.m)
	return r.restart(ode.State{Y: r.flow.grid.tau0})
}

func (r *run) open(p panel) bool { return !(p.tail <= r.limit) }

func (r *run) room() error {
	open := 0
	worst := r.flow.grid.panels[0]
	for _, p := range r.flow.grid.panels {
		if r.open(p) {
			open++
		}
		if !(p.tail <= worst.tail) {
			worst = p
		}
	}
	if len(r.flow.grid.panels)+open > r.most || worst.depth > 48 {
		pub := worst.public()
		return &UnresolvedError{Panel: &pub, Time: worst.tailAt, Estimate: math.NaN(),
			Limit: fmt.Sprintf("%d of %d panels are unresolved, %d panels are allowed", open, len(r.flow.grid.panels), r.most), cause: errTooManyPanels}
	}
	return nil
}

// restart makes an integrator for the present grid in the given state.
func (r *run) restart(s ode.State) error {
	in, err := ode.New(ode.DOP853, r.flow.velocity, len(s.Y), ode.Options{RelTol: r.tol, AbsTol: r.tol})
	if err != nil {
		return err
	}
	s.Stats = ode.Stats{}
	if s.NextStep == 0 {
		err = in.Start(s.Time, s.Y)
	} else {
		err = in.Restore(s)
	}
	r.in = in
	r.buf = make([]float64, len(s.Y))
	return err
}

// refine halves the open panels until, at the time of s, none is open, and
// restarts there.
func (r *run) refine(s ode.State) error {
	for {
		if err := r.room(); err != nil {
			return err
		}
		old := r.flow.grid
		g := newGrid(r.law, bisect(old.panels, r.open))
		y, err := r.carry(old, g, s)
		if err != nil {
			return err
		}
		r.flow = newFlow(r.kernel, g)
		r.flow.moments(y)
		s.Y = y
		if r.flow.watch(s.Time) <= r.limit {
			return r.restart(s)
		}
	}
}

// carry returns the state of the nodes of g at the time of s: copied from the
// old grid where panels are the same, traced from time 0 where they are new.
func (r *run) carry(old, g *grid, s ode.State) ([]float64, error) {
	y := make([]float64, len(g.tau0))
	var fresh []int
	i := 0
	for j, p := range g.panels {
		for i < len(old.panels) && old.panels[i].lo < p.lo {
			i++
		}
		if i < len(old.panels) && old.panels[i].lo == p.lo && old.panels[i].depth == p.depth {
			copy(y[j*panelNodes:(j+1)*panelNodes], s.Y[i*panelNodes:])
			continue
		}
		for n := range panelNodes {
			fresh = append(fresh, j*panelNodes+n)
		}
	}
	tau0 := make([]float64, len(fresh))
	for n, j := range fresh {
		tau0[n] = g.tau0[j]
	}
	if s.Time > 0 {
		in, err := ode.New(ode.DOP853, newTraced(r.kernel, r.path).velocity, len(tau0), ode.Options{RelTol: r.tol, AbsTol: r.tol})
		if err != nil {
			return nil, err
		}
		if err := in.Start(0, tau0); err != nil {
			return nil, err
		}
		if err := in.Advance(r.ctx, s.Time); err != nil {
			return nil, fmt.Errorf("meanfield: new nodes: %w", err)
		}
		tau0 = slices.Clone(in.Y())
	}
	for n, j := range fresh {
		y[j] = tau0[n]
	}
	return y, nil
}

// explain names the node at which the integration broke down.
func (r *run) explain(err error) error {
	var nf *ode.NonFiniteError
	if errors.As(err, &nf) {
		a, _ := position(r.flow.grid.tau0[nf.Index])
		return fmt.Errorf("meanfield: characteristic from a_0 = %.6g: %w", a, err)
	}
	return fmt.Errorf("meanfield: characteristics: %w", err)
}
