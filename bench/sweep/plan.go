package sweep

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"kac/kernels"
	"kac/particles"
)

// Plan is what a study is and what it will cost on this machine, as busy as it is now.
type Plan struct {
	Study   *Study
	Workers int
	Groups  []GroupPlan
	Cells   int
	Rows    int     // of table.csv
	Flops   float64 // nominal, of all cells
	// Seconds is the predicted time from the first cell to the tables; WorkerSeconds adds up the cells.
	Seconds, WorkerSeconds float64
	Memory                 float64 // bytes, of the cells that run at once
	Disk, Temporary        float64 // bytes: of the finished study; of checkpoints while it runs
	Calibration            time.Duration
}

// GroupPlan is a group in a Plan.
type GroupPlan struct {
	Group       *Group
	Reference   float64 // seconds of solving the infinite-width network
	Constant    float64 // seconds of C(t), when the tables are made
	PilotWidth  int     // of the network whose steps were counted; 0: taken over from the group before
	Evaluations float64 // right-hand sides of a cell
	Widths      []WidthPlan
	overhead    float64 // seconds per particle of observations and twins
}

// WidthPlan is a class of equal cells.
type WidthPlan struct {
	Width, Cells, Workers int
	Form                  string
	Flops                 float64 // of one cell
	Seconds               float64 // of one cell
	Memory                float64 // bytes, of one cell
	Measured              bool    // its right-hand side was timed, not scaled
	velocity, energy      float64 // seconds of one call
}

// Plan solves the references and measures for about two seconds: right-hand sides of the study's own
// widths and dimensions on all workers at once, as in the run, and the number of steps from networks
// that are narrow enough.
func (s *Study) Plan(ctx context.Context, o Options) (*Plan, error) {
	o = o.filled()
	if err := s.Resolve(ctx, func(group string) { o.Progress(0, "the horizon of "+group) }); err != nil {
		return nil, err
	}
	p := &Plan{Study: s, Workers: o.Workers}
	c := &calibration{plan: p, workers: o.Workers}
	if err := c.references(ctx, o); err != nil {
		return nil, err
	}
	began := time.Now()
	c.classes()
	if err := c.velocities(ctx, o); err != nil {
		return nil, err
	}
	if err := c.pilots(ctx, o); err != nil {
		return nil, err
	}
	p.Calibration = time.Since(began)
	p.add()
	return p, nil
}

// classes lists the widths of all groups.
func (c *calibration) classes() {
	for _, g := range c.plan.Study.Groups {
		p := &g.Parameters
		q := g.Problem.Dual()
		out := GroupPlan{Group: g, Reference: c.solved[g.referenceKey()].seconds}
		if c.first[g.referenceKey()] == g {
			out.Constant = c.constant(g)
		}
		for _, m := range p.Widths {
			w := WidthPlan{Width: m, Cells: p.Seeds, Workers: 1, Form: particles.PairwiseForm.String()}
			if m*p.Dim > largeCell {
				w.Workers = c.workers
			}
			w.Flops = kernels.PairwiseFlops(m, p.Dim, q)
			if c.form(g, m) == particles.MomentForm {
				w.Form, w.Flops = particles.MomentForm.String(), kernels.MomentFlops(m, p.Dim, q)
			}
			w.Memory = cellMemory(g, m)
			out.Widths = append(out.Widths, w)
		}
		c.plan.Groups = append(c.plan.Groups, out)
	}
}

// Bytes of a file of a cell without its rows, and of a row in the cell, the tables and the arrays.
const (
	cellBytes = 1500
	rowBytes  = 8*rowNumbers + 190 + 40 + 24
)

// add sums the classes up.
func (p *Plan) add() {
	checkpoint, memory := 0.0, 0.0
	for i := range p.Groups {
		g := &p.Groups[i]
		params := &g.Group.Parameters
		for k := range g.Widths {
			w := &g.Widths[k]
			w.Flops *= g.Evaluations
			w.Seconds = g.Evaluations*w.velocity + float64(params.Points)*w.energy + g.overhead*float64(w.Width)
			n := float64(w.Cells)
			p.Cells += w.Cells
			p.Rows += w.Cells * params.Points
			p.Flops += n * w.Flops
			p.WorkerSeconds += n * w.Seconds * float64(w.Workers)
			at := float64(min(w.Cells, p.Workers/w.Workers)) // at once
			memory = math.Max(memory, at*w.Memory)
			checkpoint = math.Max(checkpoint, at*3*8*float64(w.Width)*float64(params.Dim+4))
		}
	}
	p.Memory, p.Temporary = memory, checkpoint
	p.Disk = cellBytes*float64(p.Cells) + rowBytes*float64(p.Rows)
	p.Seconds = p.schedule()
}

// schedule is the time of Run and Merge.
func (p *Plan) schedule() float64 {
	longest, merge := 0.0, 0.0
	for _, g := range p.Groups {
		longest = math.Max(longest, g.Reference+g.Constant)
		merge += g.Reference + g.Constant
	}
	return p.seconds(p.Study.jobs(1, 1), p.Workers) + math.Max(longest, merge/float64(p.Workers))
}

// seconds follows the order of Run over jobs with the predicted times.
func (p *Plan) seconds(jobs []*job, workers int) float64 {
	widths := p.widths()
	ready := map[*Group]float64{} // what the first cell of a group waits for
	for i := range p.Groups {
		ready[p.Groups[i].Group] = p.Groups[i].Reference
	}
	now := 0.0
	busy := make([]float64, max(1, min(workers, len(jobs))))
	for _, j := range jobs {
		w := widths[place{j.group, j.width}]
		reference := ready[j.group]
		ready[j.group] = 0
		if j.large() {
			now += w.Seconds*float64(w.Workers)/float64(workers) + reference
			continue
		}
		first := 0
		for i := range busy {
			if busy[i] < busy[first] {
				first = i
			}
		}
		busy[first] += w.Seconds + reference
	}
	return now + slices.Max(busy)
}

// place is where in the grid equal cells are.
type place struct {
	group *Group
	width int
}

func (p *Plan) widths() map[place]*WidthPlan {
	out := map[place]*WidthPlan{}
	for i := range p.Groups {
		g := &p.Groups[i]
		for k := range g.Widths {
			out[place{g.Group, g.Widths[k].Width}] = &g.Widths[k]
		}
	}
	return out
}

// progressLine names what is being measured.
func progressLine(g *Group, m int) string { return fmt.Sprintf("measuring %s m=%d", g.Name, m) }
