package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"

	"kac/internal/ode"
	"kac/kernels"
)

// run integrates the flow to the horizon on panels that follow the front, and
// records the moments.
//
// After every step each panel's tail is compared with limit. A panel above is
// halved there and then: its halves' nodes start from the panel's last clean
// state and are traced to the present in the recorded field. If the tail has
// come to alarm times the limit within the step, the step is taken back first.
// Siblings whose union would be smooth are merged.
type run struct {
	kernel  *kernel
	law     law
	tol     float64 // of the time integration
	limit   float64 // on tails
	clean   float64 // on the roughness of tau
	most    int     // panels
	maxStep float64
	keep    float64 // if positive: stops with errMoreTerms where the kernel's last terms contribute more
	report  func(t float64)

	ws      *kernels.Workspace[float64]
	flow    *flow
	in      *ode.Integrator
	before  []float64 // the state before the present step
	path    *path
	stats   ode.Stats
	refined []Panel
	halved  map[key]bool // panels that were halved at some time
	peak    int          // panels at one time
}

const (
	alarm      = 10   // tails above alarm*limit undo the step
	mergeShare = 0.01 // a union's tail against limit
	mergeEvery = 8    // steps
	stepGrowth = 1.5  // from step to step: the interpolant of the path spans seven of them
	maxDepth   = 45   // halvings: panels near the resolution of theta_0 itself
)

// The steps do not know the horizon, and some more follow it: a solution up to a later time is, bit for bit, the same
// up to this one.
func (r *run) integrate(ctx context.Context, horizon float64) error {
	if err := r.begin(); err != nil {
		return err
	}
	if horizon == 0 {
		return nil
	}
	for step := 1; !r.path.covers(horizon); step++ {
		err := r.step(ctx, step, horizon)
		if err != nil && (ctx.Err() != nil || r.path.last() < horizon) {
			return err
		}
		if err != nil { // behind the horizon, which nobody asked for
			break
		}
	}
	r.path.horizon = horizon
	r.count()
	return nil
}

// step makes step number n, or takes it back for finer panels.
func (r *run) step(ctx context.Context, n int, horizon float64) error {
	before := r.in.Control()
	r.before = append(r.before[:0], r.in.Y()...)
	if err := r.in.Step(ctx, math.Inf(1)); err != nil {
		return r.explain(err)
	}
	r.flow.moments(r.in.Y())
	worst := r.flow.watch()
	if !(worst <= alarm*r.limit) {
		before.Y = r.before
		return r.refine(ctx, before)
	}
	r.path.record(r.in.Time(), r.flow.m, r.flow.rates(r.in.Derivative()))
	if r.keep > 0 && before.Time < horizon && !(r.kernel.leftOut(r.flow.m) <= r.keep) {
		return errMoreTerms
	}
	keepClean(r.flow.panels, r.in.Time(), r.in.Y(), r.flow.e, r.clean)
	if r.report != nil {
		r.report(math.Min(r.in.Time(), horizon))
	}
	switch {
	case worst > r.limit:
		return r.refine(ctx, r.in.State())
	case n%mergeEvery == 0 && !r.young():
		return r.merge()
	}
	return nil
}

// begin sets up the first panels.
func (r *run) begin() error {
	r.halved = map[key]bool{}
	r.ws = oneWorker()
	return r.beginOn(firstPanels(r.law))
}

// beginOn sets up panels at time 0, where halving costs nothing.
func (r *run) beginOn(panels []*panel) error {
	for {
		tau := make([]float64, 0, len(panels)*panelNodes)
		for _, p := range panels {
			tau = append(tau, p.clean[:]...)
		}
		r.flow = newFlow(r.kernel, panels, r.ws)
		r.flow.moments(tau)
		if r.flow.watch() <= r.limit {
			rate := make([]float64, len(tau))
			if err := r.flow.velocity(0, tau, rate); err != nil {
				return err
			}
			r.path = newPath(r.kernel)
			r.path.record(0, r.flow.m, r.flow.rates(rate))
			return r.restart(ode.State{Y: tau})
		}
		if err := r.room(0); err != nil {
			return err
		}
		panels = r.split(0)
	}
}

// young says that the path has not enough ends yet for its interpolants to be of full order: new nodes that were traced
// in it would lose digits that no finer panels bring back.
func (r *run) young() bool { return r.path.steps() < stencil-1 }

func (r *run) open(p *panel) bool { return !(p.tail <= r.limit) }

// split returns the panels with the open ones halved.
func (r *run) split(now float64) []*panel {
	var out []*panel
	for _, p := range r.flow.panels {
		if !r.open(p) {
			out = append(out, p)
			continue
		}
		r.refined = append(r.refined, p.public(now))
		r.halved[p.key] = true
		h := p.halves(r.law)
		out = append(out, h[0], h[1])
	}
	return out
}

// room says whether the open panels may be halved.
func (r *run) room(now float64) error {
	open := 0
	for _, p := range r.flow.panels {
		if r.open(p) {
			open++
		}
	}
	worst := r.worst()
	if len(r.flow.panels)+open <= r.most && worst.depth < maxDepth {
		return nil
	}
	pub := worst.public(now)
	return &UnresolvedError{Panel: &pub, Time: now, Estimate: math.NaN(),
		Limit: fmt.Sprintf("%d of %d panels are unresolved, %d panels of depth %d are allowed", open, len(r.flow.panels), r.most, maxDepth)}
}

// worst is the present panel with the largest tail.
func (r *run) worst() *panel {
	worst := r.flow.panels[0]
	for _, p := range r.flow.panels {
		if !(p.tail <= worst.tail) {
			worst = p
		}
	}
	return worst
}

// restart makes an integrator for the present panels in the state s.
func (r *run) restart(s ode.State) error {
	r.count()
	in, err := ode.New(ode.DOP853, r.flow.velocity, len(s.Y),
		combineOn(r.ws, ode.Options{RelTol: r.tol, AbsTol: r.tol, MaxGrowth: stepGrowth, MaxStep: r.maxStep}))
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
	r.peak = max(r.peak, len(r.flow.panels))
	return err
}

// count adds the work of the present integrator to the run's.
func (r *run) count() {
	if r.in != nil {
		r.stats.Accepted += r.in.Stats.Accepted
		r.stats.Rejected += r.in.Stats.Rejected
		r.stats.Evaluations += r.in.Stats.Evaluations
	}
}

// keepClean remembers the states of the panels on which tau is smooth: its roughness is at most limit.
func keepClean(panels []*panel, now float64, tau, e []float64, limit float64) {
	for i, p := range panels {
		t := tau[i*panelNodes : (i+1)*panelNodes]
		if p.smooth = roughness(t, e[i*panelNodes:(i+1)*panelNodes]) <= limit; p.smooth {
			p.cleanAt = now
			copy(p.clean[:], t)
		}
	}
}

// refine halves open panels until none is open at the time of s, and restarts there; at time 0 while the path is young.
func (r *run) refine(ctx context.Context, s ode.State) error {
	for {
		if err := r.room(s.Time); err != nil {
			return err
		}
		old := r.flow.panels
		panels := r.split(s.Time)
		if r.young() {
			for i, p := range panels {
				panels[i] = newPanel(r.law, p.root, p.depth, p.index, p.lo, p.hi)
			}
			return r.beginOn(panels)
		}
		y, err := r.carry(ctx, old, panels, s)
		if err != nil {
			return err
		}
		s.Y = y
		r.flow = newFlow(r.kernel, panels, r.ws)
		r.flow.moments(y)
		if r.flow.watch() <= r.limit {
			return r.restart(s)
		}
	}
}

// carry returns the state on panels at the time of s: copied where they are
// old, traced from their clean state where they are new.
func (r *run) carry(ctx context.Context, old, panels []*panel, s ode.State) ([]float64, error) {
	y := make([]float64, len(panels)*panelNodes)
	i := 0
	for j := 0; j < len(panels); {
		for i < len(old) && old[i] != panels[j] && old[i].hi <= panels[j].lo {
			i++
		}
		if i < len(old) && old[i] == panels[j] {
			copy(y[j*panelNodes:(j+1)*panelNodes], s.Y[i*panelNodes:])
			j++
			continue
		}
		// New panels come as pairs, clean at the same time.
		if err := r.trace(ctx, panels[j:j+2], s.Time, y[j*panelNodes:(j+2)*panelNodes]); err != nil {
			return nil, err
		}
		j += 2
	}
	return y, nil
}

// trace moves the nodes of panels that were clean at one time from there to time t. On the way each panel keeps the
// last state in which it is clean: halves are clean for longer than the whole, and their own halves start there.
func (r *run) trace(ctx context.Context, panels []*panel, t float64, tau []float64) error {
	for j, p := range panels {
		copy(tau[j*panelNodes:], p.clean[:])
	}
	from := panels[0].cleanAt
	if from >= t {
		return nil
	}
	tr, err := newTracer(r.path, from, tau, r.ws)
	if err != nil {
		return err
	}
	for tr.in.Time() < t {
		if err := tr.in.Step(ctx, t); err != nil {
			return fmt.Errorf("meanfield: new nodes on %v: %w", panels[0].public(t), err)
		}
		keepClean(panels, tr.in.Time(), tr.in.Y(), tr.e, r.clean)
	}
	copy(tau, tr.in.Y())
	return nil
}

// merge joins siblings on which both tau and the basis functions would be
// smooth as one panel.
func (r *run) merge() error {
	s := r.in.State()
	var panels []*panel
	var y []float64
	old := r.flow.panels
	for i := 0; i < len(old); i++ {
		lo := i * panelNodes
		if i+1 < len(old) && siblings(old[i], old[i+1]) && old[i].smooth && old[i+1].smooth {
			u := union(r.law, old[i], old[i+1], s.Y[lo:lo+panelNodes], s.Y[lo+panelNodes:lo+2*panelNodes], s.Time)
			if r.wouldBeSmooth(u) {
				panels, y = append(panels, u), append(y, u.clean[:]...)
				i++
				continue
			}
		}
		panels, y = append(panels, old[i]), append(y, s.Y[lo:lo+panelNodes]...)
	}
	if len(panels) == len(old) {
		return nil
	}
	r.flow = newFlow(r.kernel, panels, r.ws)
	s.Y = y
	return r.restart(s)
}

func (r *run) wouldBeSmooth(u *panel) bool {
	var a, e [panelNodes]float64
	for n, tau := range u.clean {
		a[n], e[n] = position(tau)
	}
	if roughness(u.clean[:], e[:]) > r.clean {
		return false
	}
	u.tail = r.kernel.tail(u, a[:], e[:])
	return u.tail <= mergeShare*r.limit
}

// explain names the panel in which the integration broke down.
func (r *run) explain(err error) error {
	var nf *ode.NonFiniteError
	if errors.As(err, &nf) {
		p := r.flow.panels[nf.Index/panelNodes]
		return fmt.Errorf("meanfield: characteristic from a_0 = %.6g: %w", math.Sin(p.theta(nf.Index%panelNodes)), err)
	}
	return fmt.Errorf("meanfield: characteristics: %w", err)
}
