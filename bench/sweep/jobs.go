package sweep

import (
	"cmp"
	"slices"
	"time"
)

// job is a cell to run.
type job struct {
	cell
	cost          float64 // bench.Cost.Work
	alone         bool    // large: on all workers
	state         jobState
	share, before float64   // of it that is done, and that was before this process
	retry         time.Time // when it is elsewhere
}

type jobState int

const (
	todo jobState = iota
	taken
	elsewhere // another process has it
	done
)

// large says whether the cell runs alone, on all workers.
func (j *job) large() bool { return j.alone }

// dealt lists all cells by falling cost, so that shards are alike: shard 1 of N gets the first, the
// (N+1)th and so on.
func (s *Study) dealt() []*job {
	var all []*job
	for _, g := range s.Groups {
		for _, size := range g.cellSizes() {
			cost := g.Study.Cost(size)
			for _, c := range g.cellsOf(size) {
				all = append(all, &job{cell: c, cost: cost.Work, alone: cost.Alone})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *job) int { return cmp.Compare(b.cost, a.cost) })
	return all
}

// jobs lists the cells of a shard: large ones first, then group by group, the dearest first.
func (s *Study) jobs(shard, of int) []*job {
	var mine []*job
	total := map[*Group]float64{}
	for i, j := range s.dealt() {
		total[j.group] += j.cost
		if i%of == shard-1 {
			mine = append(mine, j)
		}
	}
	order := map[*Group]int{}
	for i, g := range s.Groups {
		order[g] = i
	}
	small := func(j *job) int {
		if j.large() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(mine, func(a, b *job) int {
		return cmp.Or(cmp.Compare(small(a), small(b)), cmp.Compare(total[b.group], total[a.group]),
			cmp.Compare(order[a.group], order[b.group]), cmp.Compare(b.cost, a.cost))
	})
	return mine
}
