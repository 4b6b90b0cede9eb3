package gap

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"kac/bench"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// How the two seconds of calibration are divided.
const (
	velocityBudget = 1200 * time.Millisecond
	pilotBudget    = 800 * time.Millisecond
	constantBudget = 3 * time.Second // of one C(t), beside the calibration
)

// A C(t) that takes more memory than this is not tried, but taken for so many seconds per step^2 x node: on two
// workers he4 took 4.4e-8 to 5.5e-8 at d = 16 and 32 up to t = 120, he3 4.3e-8, misspecified 1.1e-7.
const (
	constantMemory  = 256 << 20
	constantPerUnit = 5e-8
)

// What a network that is measured may take: more, and a smaller one stands for it.
const (
	sampledNumbers = 1 << 22 // coordinates
	sampledFlops   = 4e9     // of the first right-hand side, before anything is known of the machine
)

// calibration measures for a plan.
type calibration struct {
	groups   []*plannedGroup
	workers  int
	progress func(share float64, what string)
	solved   map[any]*timedReference
	first    map[any]*plannedGroup // which C(t) is computed for
	// perUnit is the time of C(t) for the smallest reference, per step^2 x node of it: the Volterra
	// equation couples all pairs of times, and is solved for all nodes at once.
	perUnit float64
}

type timedReference struct {
	study   *Study
	seconds float64
}

func (t *timedReference) units() float64 {
	s := t.study.Reference.Stats()
	return float64(s.Steps) * float64(s.Steps) * float64(s.Nodes)
}

func (c *calibration) form(g *Group, m int) particles.Form {
	form, err := particles.ParseForm(g.Parameters.Form)
	if err != nil {
		return particles.Auto // checked before
	}
	precision, _ := particles.ParsePrecision(g.Parameters.Precision)
	return particles.PopulationForm(form, precision, m, g.Problem.Dim(), g.Problem.Dual())
}

// references solves every reference and times it, and C(t) for the cheapest.
func (c *calibration) references(ctx context.Context) error {
	c.solved, c.first = map[any]*timedReference{}, map[any]*plannedGroup{}
	var cheapest *timedReference
	var of *Group
	for i, g := range c.groups {
		key := g.Group.LimitKey()
		if c.solved[key] != nil {
			continue
		}
		c.progress(float64(i)/float64(len(c.groups)), "reference of "+g.Name)
		began := time.Now()
		study, err := Solve(ctx, g.Group.Parameters, nil)
		if err != nil {
			return err
		}
		t := &timedReference{study, time.Since(began).Seconds()}
		c.solved[key], c.first[key] = t, g
		if g.Group.Problem.Rank() == 1 && (cheapest == nil || t.units() < cheapest.units()) {
			cheapest, of = t, g.Group
		}
	}
	if cheapest == nil {
		return nil
	}
	if cheapest.study.Reference.FluctuationMemory(of.Parameters.Times()) > constantMemory {
		c.perUnit = constantPerUnit
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, constantBudget)
	defer cancel()
	began := time.Now()
	share, told := 0.0, 0.0 // of the work, and when
	_, err := meanfield.Fluctuations(limited, cheapest.study.Reference, of.Parameters.Times(), meanfield.FluctuationOptions{
		Progress: func(s float64) { share, told = s, time.Since(began).Seconds() },
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil // there will be none in the tables either
	}
	took := time.Since(began).Seconds()
	if err != nil && share > 0 { // the time was over
		took = told / share
	}
	c.perUnit = took / cheapest.units()
	return nil
}

func (c *calibration) constant(g *Group) float64 {
	if g.Problem.Rank() > 1 {
		return 0
	}
	return c.perUnit * c.solved[g.LimitKey()].units()
}

// class is a width of a group.
type class struct{ group, width int }

func (c *calibration) at(k class) (*plannedGroup, *plannedWidth) {
	g := c.groups[k.group]
	return g, &g.widths[k.width]
}

// velocities times right-hand sides and energies, the cheap ones first; what does not fit into the
// budget is scaled by its flops from the nearest of the same form.
func (c *calibration) velocities(ctx context.Context) error {
	var list []class
	for i := range c.groups {
		for k := range c.groups[i].widths {
			list = append(list, class{i, k})
		}
	}
	slices.SortStableFunc(list, func(a, b class) int {
		_, x := c.at(a)
		_, y := c.at(b)
		return cmp.Compare(x.Flops, y.Flops)
	})
	began := time.Now()
	perFlop, fastest := map[string]float64{}, 0.0
	samplers := map[class]*sampler{}
	for i, k := range list {
		g, w := c.at(k)
		left := velocityBudget - time.Since(began)
		guess := time.Duration(3 * fastest * w.Flops / float64(w.Workers) * float64(time.Second)) // two velocities and an energy
		if fastest == 0 && w.Flops > sampledFlops || w.Size*g.Group.Parameters.Dim > sampledNumbers {
			guess = velocityBudget
		}
		if left > 0 && guess < left {
			c.progress(float64(i)/float64(len(list)), progressLine(g, w.Size))
			s, err := c.sampler(ctx, g, w)
			if err == nil {
				err = s.sample(ctx, 0)
			}
			if err != nil {
				return err
			}
			samplers[k], w.Measured = s, true
			rate := s.velocity.mean() / w.Flops * float64(w.Workers)
			if perFlop[w.Form] = rate; fastest == 0 || rate < fastest {
				fastest = rate
			}
			continue
		}
		if fastest == 0 {
			var err error
			if fastest, err = c.substitute(ctx, g, w); err != nil {
				return err
			}
		}
		rate := perFlop[w.Form]
		if rate == 0 {
			rate = fastest
		}
		w.velocity = rate * w.Flops / float64(w.Workers)
		w.energy = w.velocity / 2
	}
	// One call says little on a busy machine. The rest of the time goes to the classes that take most
	// of the study's and have been looked at least.
	for time.Since(began) < velocityBudget {
		var best *sampler
		worth := 0.0
		for k, s := range samplers {
			g, w := c.at(k)
			score := g.Group.Parameters.Horizon * float64(w.Cells) * s.velocity.mean() / s.velocity.seconds
			if score > worth && (s.velocity.seconds < velocityBudget.Seconds()/2) {
				best, worth = s, score
			}
		}
		if best == nil {
			break
		}
		if err := best.sample(ctx, velocityBudget/40); err != nil {
			return err
		}
	}
	for k, s := range samplers {
		_, w := c.at(k)
		w.velocity, w.energy = s.velocity.mean(), s.energy.mean()
	}
	return ctx.Err()
}

// substitute times a right-hand side of a small network in place of one that is too large, and returns its
// seconds per flop on one worker.
func (c *calibration) substitute(ctx context.Context, g *plannedGroup, w *plannedWidth) (float64, error) {
	p := &g.Group.Parameters
	q := g.Group.Problem.Dual()
	m := 1 << 12
	for m > 16 && (m*p.Dim > sampledNumbers/4 || kernels.PairwiseFlops(m, p.Dim, q) > sampledFlops/4) {
		m /= 2
	}
	small := &plannedWidth{SizePlan: bench.SizePlan{Size: min(m, w.Size), Cells: c.workers, Workers: 1}}
	s, err := c.sampler(ctx, g, small)
	if err == nil {
		err = s.sample(ctx, velocityBudget/8)
	}
	if err != nil {
		return 0, err
	}
	flops := kernels.PairwiseFlops(small.Size, p.Dim, q)
	if c.form(g.Group, small.Size) == particles.MomentForm {
		flops = kernels.MomentFlops(small.Size, p.Dim, q)
	}
	return s.velocity.mean() / flops, nil
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// pilotWidth is wide enough: from 256 neurons to 1024 the steps of he4 change by 1 % in dimensions 8 and
// 16, from 64 to 256 by 5 to 15 %.
const pilotWidth = 256

// pilotLimit ends a pilot on a horizon that even the narrowest network takes long to reach.
const pilotLimit = 3 * time.Second

// pilots counts right-hand sides, and times observations and twins.
func (c *calibration) pilots(ctx context.Context) error {
	left := pilotBudget
	slice := pilotBudget / time.Duration(len(c.groups))
	perTime := 0.0 // right-hand sides per unit of time, of the last pilot
	for i := range c.groups {
		g := c.groups[i]
		p := &g.Group.Parameters
		m := c.pilotFor(g, min(slice, left))
		if m == 0 && perTime == 0 {
			m = 16 // something must be counted
		}
		if m > 0 {
			c.progress(float64(i)/float64(len(c.groups)), progressLine(g, m))
			began := time.Now()
			if err := c.pilot(ctx, g, m); err != nil {
				return err
			}
			left -= time.Since(began)
			perTime = g.Evaluations / p.Horizon
		} else {
			g.Evaluations, g.overhead = perTime*p.Horizon, c.groups[i-1].overhead
		}
		if p.Dynamics == DynamicsDescent {
			g.Evaluations = math.Round(p.Horizon / p.Eta)
		}
	}
	return nil
}

// pilotFor is the widest pilot that fits into the time; 0 if none does.
func (c *calibration) pilotFor(g *plannedGroup, within time.Duration) int {
	p := &g.Group.Parameters
	evaluations := 40 * p.Horizon // he4 in dimension 32 takes 50 a unit of time, in dimension 8 80
	if p.Dynamics == DynamicsDescent {
		evaluations = p.Horizon / p.Eta
	}
	w := &g.widths[0]
	perFlop := w.velocity * float64(w.Workers) / w.Flops
	for m := pilotWidth; m >= 16; m /= 2 {
		pair := 4*float64(m)*float64(m)*float64(p.Dim) + 10*float64(m)*float64(m)
		if seconds := 2 * evaluations * perFlop * pair; seconds < within.Seconds() {
			return m
		}
	}
	return 0
}

// pilot runs a narrow network on each worker.
func (c *calibration) pilot(ctx context.Context, g *plannedGroup, m int) error {
	p := &g.Group.Parameters
	study := c.solved[g.Group.LimitKey()].study
	counts, overheads, errs := make([]float64, c.workers), make([]float64, c.workers), make([]error, c.workers)
	var group sync.WaitGroup
	for i := range c.workers {
		group.Go(func() { counts[i], overheads[i], errs[i] = c.count(ctx, g, study, m, p.Seed+uint64(i)) })
	}
	group.Wait()
	g.Evaluations, g.overhead, _ = mean(counts), mean(overheads), m
	return errors.Join(errs...)
}

func (c *calibration) count(ctx context.Context, g *plannedGroup, study *Study, m int, seed uint64) (evaluations, overhead float64, err error) {
	p := &g.Group.Parameters
	limited, cancel := context.WithTimeout(ctx, pilotLimit)
	defer cancel()
	field := particles.NewPopulation(g.Group.Problem, c.form(g.Group, m), 1)
	e := particles.NewUniform(m, p.Dim, seed)
	stats := particles.Stats{}
	began := time.Now()
	if p.Dynamics == DynamicsDescent {
		stats, err = particles.Descend(limited, e, field, p.Eta, p.Times(), nil)
	} else {
		stats, err = particles.Flow(limited, e, field, particles.Tolerances{Relative: p.FlowTolerance, Absolute: p.FlowTolerance}, p.Times(), nil)
	}
	bare := time.Since(began)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && e.Time > 0 {
		return float64(stats.Evaluations) * p.Horizon / e.Time, 0, nil // as many in the time that is left
	}
	if err != nil {
		return 0, 0, err
	}
	// The twins start at the network's own points and go along the reference: what a cell takes more
	// than its flow.
	solved := *study
	solved.Parameters = *p
	began = time.Now()
	if _, err = solved.RunCell(ctx, m, seed, CellOptions{Workers: 1}); err != nil {
		return 0, 0, err
	}
	more := (time.Since(began) - bare).Seconds()
	return float64(stats.Evaluations), math.Max(0, more) / float64(m), nil
}
