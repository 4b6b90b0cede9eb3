package sweep

import (
	"cmp"
	"slices"
	"time"

	"kac/kernels"
)

// Cells whose particles have more coordinates than this run one after another, each on all workers;
// smaller ones run side by side, each on one.
const largeCell = 1 << 20

// job is a cell to run.
type job struct {
	cell
	cost          float64 // nominal flops, up to the number of steps per time
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
func (j *job) large() bool { return j.width*j.group.Parameters.Dim > largeCell }

// dealt lists all cells by falling cost, so that shards are alike: shard 1 of N gets the first, the
// (N+1)th and so on.
func (s *Study) dealt() []*job {
	var all []*job
	for _, g := range s.Groups {
		p := &g.Parameters
		q := g.Problem.Dual()
		for _, m := range p.Widths {
			cost := min(kernels.PairwiseFlops(m, p.Dim, q), kernels.MomentFlops(m, p.Dim, q)) * p.Horizon
			if p.Eta > 0 {
				cost /= p.Eta
			}
			for i := range p.Seeds {
				all = append(all, &job{cell: cell{g, m, p.Seed + uint64(i)}, cost: cost})
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
