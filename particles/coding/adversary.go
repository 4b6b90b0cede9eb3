package coding

import (
	"context"
	"fmt"
	"math/big"

	"kac/internal/portable"
	"kac/internal/rng"
)

// Attack is a set of machines that an adversary takes, and the error that it leaves.
type Attack struct {
	Lost  []bool
	Error float64
	Exact bool // no set of that size does more harm
}

// Sets is the number of sets of count among m machines, capped at the largest whole number.
func Sets(m, count int) float64 {
	x, _ := new(big.Float).SetInt(new(big.Int).Binomial(int64(m), int64(count))).Float64()
	return x
}

// WorstOfAll tries every set of count machines: Sets(m, count) decodings. The first of equals is kept.
func WorstOfAll(ctx context.Context, decoder Decoder, blocks, machines, count int) (Attack, error) {
	if count < 0 || count > machines {
		return Attack{}, fmt.Errorf("an adversary that takes %d of %d machines", count, machines)
	}
	best := Attack{Error: -1, Exact: true}
	lost, alpha := make([]bool, machines), make([]float64, blocks)
	chosen := make([]int, count)
	for i := range chosen {
		chosen[i] = i
		lost[i] = true
	}
	for tried := 0; ; tried++ {
		if tried%1024 == 0 && ctx.Err() != nil {
			return best, ctx.Err()
		}
		e, err := decoder.Alpha(alpha, lost)
		if err != nil {
			return best, err
		}
		if e > best.Error+1e-13 {
			best.Error, best.Lost = e, append(best.Lost[:0], lost...)
		}
		// The next set in lexicographic order.
		i := count - 1
		for i >= 0 && chosen[i] == machines-count+i {
			i--
		}
		if i < 0 {
			return best, nil
		}
		lost[chosen[i]] = false
		chosen[i]++
		lost[chosen[i]] = true
		for k := i + 1; k < count; k++ {
			lost[chosen[k]] = false
			chosen[k] = chosen[k-1] + 1
		}
		for k := i + 1; k < count; k++ {
			lost[chosen[k]] = true
		}
	}
}

// holders are the machines of every block.
type holders struct {
	start   []int32
	machine []int32
}

func (a *Assignment) holders() *holders {
	h := &holders{start: make([]int32, a.blocks+1), machine: make([]int32, len(a.block))}
	for _, b := range a.block {
		h.start[b+1]++
	}
	for b := range a.blocks {
		h.start[b+1] += h.start[b]
	}
	next := append([]int32(nil), h.start[:a.blocks]...)
	for j := range a.Machines() {
		blocks, _ := a.Column(j)
		for _, b := range blocks {
			h.machine[next[b]] = int32(j)
			next[b]++
		}
	}
	return h
}

func (h *holders) of(b int) []int32 { return h.machine[h.start[b]:h.start[b+1]] }

// Independent takes whole blocks that share no machine, in a random order, while the count lasts: the attack of which
// every d-regular graph code suffers about p/2, p the share of machines taken.
func Independent(a *Assignment, decoder Decoder, count int, seed uint64) (Attack, error) {
	s := rng.New(seed, rng.Search, 0)
	h := a.holders()
	lost := make([]bool, a.Machines())
	touched := make([]bool, a.blocks)
	left := count
	for _, b := range permutation(a.blocks, &s) {
		machines := h.of(b)
		if touched[b] || len(machines) > left {
			continue
		}
		left -= len(machines)
		for _, j := range machines {
			lost[j] = true
			blocks, _ := a.Column(int(j))
			for _, c := range blocks {
				touched[c] = true
			}
		}
	}
	spend(lost, left)
	e, err := decoder.Alpha(make([]float64, a.blocks), lost)
	return Attack{Lost: lost, Error: e}, err
}

// spend takes the first machines that still answer, so that the number taken is the one asked for.
func spend(lost []bool, left int) {
	for j := range lost {
		if left == 0 {
			return
		}
		if !lost[j] {
			lost[j] = true
			left--
		}
	}
}

func permutation(n int, s *rng.Stream) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := int(s.Below(uint64(i) + 1))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// Search looks for the set of count machines that does most harm: it takes blocks whole, always one with the fewest
// machines left (so that the next block shares machines with those already taken: a block more costs d-1 or fewer), and
// then, rounds times, gives a random part of the blocks back and takes others, keeping what is not worse. The best is
// at most as harmful as the worst set. Machines that are left over when no further block can be taken whole are the
// first that still answer.
func Search(ctx context.Context, a *Assignment, decoder Decoder, count, rounds int, seed uint64) (Attack, error) {
	if count < 0 || count > a.Machines() {
		return Attack{}, fmt.Errorf("an adversary that takes %d of %d machines", count, a.Machines())
	}
	best, err := Independent(a, decoder, count, seed)
	if err != nil {
		return best, err
	}
	r := &raid{a: a, h: a.holders(), alpha: make([]float64, a.blocks)}
	current := Attack{Error: -1}
	for k := range max(rounds, 1) {
		if err := ctx.Err(); err != nil {
			return best, err
		}
		s := rng.New(seed, rng.Search, 1+uint64(k))
		r.begin(count)
		if k > 0 {
			// Keep all but a share of the blocks that were taken; every fourth round starts afresh.
			share := portable.Pow(.5, 1+float64(s.Below(6)))
			if k%4 != 0 {
				for _, b := range current.taken(r.h) {
					if s.Float64() >= share {
						r.take(b)
					}
				}
			}
		}
		r.fill(&s)
		e, err := decoder.Alpha(r.alpha, r.lost)
		if err != nil {
			return best, err
		}
		if k%4 == 0 || e >= current.Error {
			current = Attack{Lost: append([]bool(nil), r.lost...), Error: e}
		}
		if e > best.Error {
			best = Attack{Lost: append([]bool(nil), r.lost...), Error: e}
		}
		if best.Error > current.Error && k%4 == 3 {
			current = best
		}
	}
	return best, nil
}

// taken are the blocks all of whose machines are lost.
func (t *Attack) taken(h *holders) []int {
	var list []int
	for b := range len(h.start) - 1 {
		whole := true
		for _, j := range h.of(b) {
			whole = whole && t.Lost[j]
		}
		if whole {
			list = append(list, b)
		}
	}
	return list
}

// raid is a set in the making: buckets hold the blocks by the machines they have left.
type raid struct {
	a       *Assignment
	h       *holders
	alpha   []float64
	lost    []bool
	left    int
	have    []int32
	buckets [][]int32
}

func (r *raid) begin(count int) {
	r.lost, r.left = make([]bool, r.a.Machines()), count
	r.have = make([]int32, r.a.blocks)
	r.buckets = nil
	for b := range r.have {
		r.have[b] = int32(len(r.h.of(b)))
		r.put(int32(b))
	}
}

func (r *raid) put(b int32) {
	for int(r.have[b]) >= len(r.buckets) {
		r.buckets = append(r.buckets, nil)
	}
	r.buckets[r.have[b]] = append(r.buckets[r.have[b]], b)
}

func (r *raid) take(b int) {
	if int(r.have[b]) > r.left {
		return
	}
	for _, j := range r.h.of(b) {
		if r.lost[j] {
			continue
		}
		r.lost[j] = true
		r.left--
		blocks, _ := r.a.Column(int(j))
		for _, c := range blocks {
			r.have[c]--
			r.put(c)
		}
	}
}

// fill takes blocks with the fewest machines left, at random among equals.
func (r *raid) fill(s *rng.Stream) {
	for cost := 1; cost <= r.left && cost < len(r.buckets); {
		bucket := r.buckets[cost]
		if len(bucket) == 0 {
			cost++
			continue
		}
		i := int(s.Below(uint64(len(bucket))))
		b := bucket[i]
		bucket[i] = bucket[len(bucket)-1]
		r.buckets[cost] = bucket[:len(bucket)-1]
		if int(r.have[b]) != cost {
			continue // it has fewer by now, and stands in that bucket
		}
		r.take(int(b))
		cost = 1
	}
	// What is left over harms nobody whole.
	spend(r.lost, r.left)
	r.left = 0
}

// AdversaryBound is the paper's upper bound on the error that losing the share p of the machines of a d-regular graph
// code can leave, (2d - lambda)/(2d) p/(1-p), lambda the spectral gap.
func AdversaryBound(d int, lambda, p float64) float64 {
	return (2*float64(d) - lambda) / (2 * float64(d)) * p / (1 - p)
}
