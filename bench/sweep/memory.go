package sweep

import (
	"cmp"
	"slices"

	"kac/bench"
	"kac/bench/gap"
	"kac/particles"
)

// OfGap is the study that a single gap study is: one group.
func OfGap(p gap.Parameters, problem particles.Expectations) *Study {
	return &Study{Groups: []*Group{{Name: problem.Name(), Parameters: p, Problem: problem}}}
}

// stateCopies of a cell's particles and twins are made while its checkpoint is written.
const stateCopies = 3

// cellMemory is what a cell holds.
func cellMemory(g *Group, width int) float64 {
	p := &g.Parameters
	return gap.CellMemory(p, g.Problem, width) + 8*stateCopies*float64(width)*float64(p.Dim+4)
}

// tableBytes is what a row takes while the tables are made, in its cell, the columns and the summaries.
const tableBytes = 240

// Memory estimates what Run (of all shards or one) and Merge hold at once: the cells that run side by side,
// and the rows of all of them.
func (s *Study) Memory(workers int) bench.Memory {
	type class struct {
		group  *Group
		width  int
		memory float64
	}
	var all []class
	rows := 0.0
	for _, g := range s.Groups {
		for _, m := range g.Parameters.Widths {
			all = append(all, class{g, m, cellMemory(g, m)})
		}
		rows += float64(len(g.Parameters.Widths)) * float64(g.Parameters.Seeds) * float64(g.Parameters.Points)
	}
	slices.SortFunc(all, func(a, b class) int { return cmp.Compare(b.memory, a.memory) })
	most, side, left := 0.0, 0.0, workers
	for _, c := range all {
		if c.width*c.group.Parameters.Dim > largeCell {
			most = max(most, c.memory)
			continue
		}
		n := min(left, c.group.Parameters.Seeds)
		side += float64(n) * c.memory
		if left -= n; left == 0 {
			break
		}
	}
	widest := all[0]
	return bench.Memory{
		{Key: "widths", Value: widest.width, Bytes: max(most, side), Lower: "widths or dim (here " + widest.group.Name + ")"},
		{Key: "points", Value: s.Groups[0].Parameters.Points, Bytes: tableBytes * rows, Lower: "points, seeds, or the number of widths"},
	}
}
