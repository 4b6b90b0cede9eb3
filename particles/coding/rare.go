package coding

import (
	"context"
	"fmt"
	"math"

	"kac/internal/rng"
)

// Estimate is a mean with its standard error.
type Estimate struct{ Value, SE float64 }

// RareError estimates the mean error of the optimal decoder where it is too small for plain draws. The mean error is
// the mean over vertices v of E((a-b)/(a+b))² over v's component, and 0 where that has an odd cycle. So a random
// vertex's component is explored from the vertex on, edge by edge, with a smaller chance to survive, 1-p' (such that
// components stay small), and counted with the likelihood ratio (p/p')^lost ((1-p)/(1-p'))^kept of its edges:
// importance sampling, without bias for every graph. Section 6 of docs/mathematics.md.
func RareError(ctx context.Context, g *Graph, p float64, samples int, seed uint64) (Estimate, error) {
	if !(p >= 0 && p < 1) {
		return Estimate{}, fmt.Errorf("a straggler probability of %v; it is at least 0 and below 1", p)
	}
	if p == 0 {
		return Estimate{}, nil
	}
	kept := 1 - p
	if d := g.Replication(); d > 1 {
		kept = math.Min(kept, .4/(d-1))
	}
	e := &explorer{near: g.neighbours(), kept: kept, colour: make([]int8, g.vertices), seen: make([]int32, len(g.edges))}
	e.keep, e.lose = (1-p)/kept, p/(1-kept)
	mean, squares := 0.0, 0.0
	for k := range samples {
		if k%1024 == 0 && ctx.Err() != nil {
			return Estimate{}, ctx.Err()
		}
		s := rng.New(seed, rng.Straggler, 1<<62+uint64(k))
		x := e.sample(int32(s.Below(uint64(g.vertices))), int32(k+1), &s)
		delta := x - mean
		mean += delta / float64(k+1)
		squares += delta * (x - mean)
	}
	return Estimate{mean, math.Sqrt(squares / float64(samples) / float64(max(samples-1, 1)))}, nil
}

type explorer struct {
	near             *neighbours
	kept, keep, lose float64
	colour           []int8  // 0: not in the component
	seen             []int32 // the sample that looked at the edge last
	queue            []int32
}

func (e *explorer) sample(v, sample int32, s *rng.Stream) float64 {
	defer func() {
		for _, u := range e.queue {
			e.colour[u] = 0
		}
		e.queue = e.queue[:0]
	}()
	e.queue = append(e.queue, v)
	e.colour[v] = 1
	lead, weight := 1, 1.0
	for i := 0; i < len(e.queue); i++ {
		u := e.queue[i]
		to, edges := e.near.of(u)
		for k, w := range to {
			if e.seen[edges[k]] == sample {
				continue
			}
			e.seen[edges[k]] = sample
			if s.Float64() >= e.kept {
				weight *= e.lose
				continue
			}
			weight *= e.keep
			switch e.colour[w] {
			case 0:
				e.colour[w] = -e.colour[u]
				lead += int(e.colour[w])
				e.queue = append(e.queue, w)
			case e.colour[u]:
				return 0 // an odd cycle
			}
		}
	}
	x := float64(lead) / float64(len(e.queue))
	return weight * x * x
}
