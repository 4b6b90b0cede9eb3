package sweep

import (
	"context"
	"math"
	"slices"
	"time"

	"kac/bench"
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
	Group *Group
	bench.GroupPlan
}

// Plan finds what is not known yet, and measures what the groups will cost.
func (s *Study) Plan(ctx context.Context, o Options) (*Plan, error) {
	o = o.filled()
	if err := s.Resolve(ctx, func(group string) { o.Progress(0, "the horizon of "+group) }); err != nil {
		return nil, err
	}
	var groups []bench.Group
	for _, g := range s.Groups {
		groups = append(groups, bench.Group{Name: g.Name, Study: g.Study})
	}
	measure := s.Measure.Plan
	if measure == nil {
		measure = measurePlan
	}
	measured, err := measure(ctx, groups, o.Workers, o.Progress)
	if err != nil {
		return nil, err
	}
	p := &Plan{Study: s, Workers: o.Workers, Calibration: measured.Took}
	for i, g := range s.Groups {
		p.Groups = append(p.Groups, GroupPlan{g, measured.Groups[i]})
	}
	p.add()
	return p, nil
}

// Bytes of a file of a cell without its rows, and of a row in the cell, the tables and the arrays.
const cellBytes = 1500

func rowBytes(s *bench.Schema) float64 {
	return 8*float64(len(s.Columns)) + 190 + 40 + 24
}

// add sums the classes up.
func (p *Plan) add() {
	checkpoint, memory := 0.0, 0.0
	for i := range p.Groups {
		g := &p.Groups[i]
		for _, w := range g.Sizes {
			n := float64(w.Cells)
			p.Cells += w.Cells
			p.Flops += n * w.Flops
			p.WorkerSeconds += n * w.Seconds * float64(w.Workers)
			at := float64(max(1, min(w.Cells, p.Workers/w.Workers))) // at once
			memory = math.Max(memory, at*w.Memory)
			cost := g.Group.Study.Cost(w.Size)
			checkpoint = math.Max(checkpoint, at*cost.State)
			p.Disk += n * cost.Final
		}
		p.Rows += int(g.Group.Facts.Rows())
	}
	p.Memory, p.Temporary = memory, checkpoint
	p.Disk += cellBytes*float64(p.Cells) + rowBytes(p.Study.schema())*float64(p.Rows)
	p.Seconds = p.schedule()
}

// schedule is the time of Run and Merge.
func (p *Plan) schedule() float64 {
	longest, merge := 0.0, 0.0
	if len(p.Study.schema().Limit) > 0 { // which is solved again for the tables
		for _, g := range p.Groups {
			longest = math.Max(longest, g.Prepare+g.Limit)
			merge += g.Prepare + g.Limit
		}
	}
	return p.seconds(p.Study.jobs(1, 1), p.Workers) + math.Max(longest, merge/float64(p.Workers))
}

// seconds follows the order of Run over jobs with the predicted times.
func (p *Plan) seconds(jobs []*job, workers int) float64 {
	sizes := p.sizes()
	ready := map[*Group]float64{} // what the first cell of a group waits for
	for i := range p.Groups {
		ready[p.Groups[i].Group] = p.Groups[i].Prepare
	}
	now := 0.0
	busy := make([]float64, max(1, min(workers, len(jobs))))
	for _, j := range jobs {
		w := sizes[place{j.group, j.size}]
		before := ready[j.group]
		ready[j.group] = 0
		if j.large() {
			now += w.Seconds*float64(w.Workers)/float64(workers) + before
			continue
		}
		first := 0
		for i := range busy {
			if busy[i] < busy[first] {
				first = i
			}
		}
		busy[first] += w.Seconds + before
	}
	return now + slices.Max(busy)
}

// place is where in the grid equal cells are.
type place struct {
	group *Group
	size  int
}

func (p *Plan) sizes() map[place]*bench.SizePlan {
	out := map[place]*bench.SizePlan{}
	for i := range p.Groups {
		g := &p.Groups[i]
		for k := range g.Sizes {
			out[place{g.Group, g.Sizes[k].Size}] = &g.Sizes[k]
		}
	}
	return out
}
