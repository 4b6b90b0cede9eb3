package sweep

import (
	"cmp"
	"slices"

	"kac/bench"
)

// tableBytes is what a row takes while the tables are made, in its cell, the columns and the summaries.
const tableBytes = 240

// Memory estimates what Run (of all shards or one) and Merge hold at once: the cells that run side by side,
// and the rows of all of them.
func (s *Study) Memory(workers int) bench.Memory {
	type class struct {
		group *Group
		size  int
		cost  bench.Cost
	}
	var all []class
	rows := 0.0
	for _, g := range s.Groups {
		for _, m := range g.cellSizes() {
			all = append(all, class{g, m, g.Study.Cost(m)})
		}
		rows += g.Facts.Rows()
	}
	slices.SortFunc(all, func(a, b class) int { return cmp.Compare(b.cost.Memory, a.cost.Memory) })
	most, side, left := 0.0, 0.0, workers
	for _, c := range all {
		if c.cost.Alone {
			most = max(most, c.cost.Memory)
			continue
		}
		n := min(left, c.group.Facts.Seeds)
		side += float64(n) * c.cost.Memory
		if left -= n; left == 0 {
			break
		}
	}
	largest := all[0]
	f := &largest.group.Facts
	size := largest.size
	if size == 0 {
		size = f.Sizes[len(f.Sizes)-1]
	}
	return bench.Memory{
		{Key: f.Schema.Sizes, Value: size, Bytes: max(most, side), Lower: f.Schema.Sizes + " or dim (here " + largest.group.Name + ")"},
		{Key: "points", Value: s.Groups[0].Facts.Points, Bytes: tableBytes * rows, Lower: "points, " + f.Schema.Seeds + ", or the number of " + f.Schema.Sizes},
	}
}
