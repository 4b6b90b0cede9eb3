package gap

import (
	"context"
	"fmt"
	"time"

	"kac/bench"
	"kac/kernels"
	"kac/particles"
)

// plannedGroup is a group under measurement.
type plannedGroup struct {
	bench.GroupPlan
	Name     string
	Group    *Group
	overhead float64 // seconds per particle of observations and twins
	widths   []plannedWidth
}

type plannedWidth struct {
	bench.SizePlan
	velocity, energy float64 // seconds of one call
}

// plan solves the references and measures for about two seconds: right-hand sides of the groups' own
// widths and dimensions on all workers at once, as in the run, and the number of steps from networks
// that are narrow enough.
func plan(ctx context.Context, groups []bench.Group, workers int, progress func(share float64, what string)) (*bench.Plan, error) {
	c := &calibration{workers: workers, progress: progress}
	for _, g := range groups {
		c.groups = append(c.groups, &plannedGroup{Name: g.Name, Group: g.Study.(*Group)})
	}
	if err := c.references(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	c.classes()
	if err := c.velocities(ctx); err != nil {
		return nil, err
	}
	if err := c.pilots(ctx); err != nil {
		return nil, err
	}
	out := &bench.Plan{Took: time.Since(began)}
	for _, g := range c.groups {
		for k := range g.widths {
			w := &g.widths[k]
			w.Flops *= g.Evaluations
			w.Seconds = g.Evaluations*w.velocity + float64(g.Group.Parameters.Points)*w.energy + g.overhead*float64(w.Size)
			g.Sizes = append(g.Sizes, w.SizePlan)
		}
		out.Groups = append(out.Groups, g.GroupPlan)
	}
	return out, nil
}

// classes lists the widths of all groups.
func (c *calibration) classes() {
	for _, g := range c.groups {
		p := &g.Group.Parameters
		q := g.Group.Problem.Dual()
		g.Prepare = c.solved[g.Group.LimitKey()].seconds
		if c.first[g.Group.LimitKey()] == g {
			g.Limit = c.constant(g.Group)
		}
		for _, m := range p.Widths {
			cost := g.Group.Cost(m)
			w := plannedWidth{SizePlan: bench.SizePlan{Size: m, Cells: p.Seeds, Workers: 1, Form: particles.PairwiseForm.String(), Memory: cost.Memory}}
			if cost.Alone {
				w.Workers = c.workers
			}
			w.Flops = kernels.PairwiseFlops(m, p.Dim, q)
			if c.form(g.Group, m) == particles.MomentForm {
				w.Form, w.Flops = particles.MomentForm.String(), kernels.MomentFlops(m, p.Dim, q)
			}
			g.widths = append(g.widths, w)
		}
	}
}

// progressLine names what is being measured.
func progressLine(g *plannedGroup, m int) string { return fmt.Sprintf("measuring %s m=%d", g.Name, m) }
