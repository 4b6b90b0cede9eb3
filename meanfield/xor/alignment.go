package xor

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"

	"kac/internal/portable"
)

// Alignment is the law of |<u, mu>| over neurons u = w/|w| of the infinite network (spherical rest) at one clock, mu a
// neuron's own diagonal: in bins of equal width over [0, 1], the part of the neurons and their share of E|w|^2. Error
// estimates how wrong any of these is: twice the greatest difference to a coarser rule.
type Alignment struct {
	Counted, Weighted []float64
	Error             float64
}

// Rules of alignments: along q Gauss' of so many points, along v cells of a length.
const (
	alignQ, alignCell         = 16, .02
	alignFewerQ, alignCoarser = 12, .04
	alignLow                  = -16 // e^-16 of the neurons' signal at the start: none of them is aligned by the last clock
)

// Alignments returns the laws at increasing clocks. Results do not depend on workers.
func Alignments(ctx context.Context, dim, bins int, clocks []float64, workers int) ([]Alignment, error) {
	if dim < MinDim || dim > MaxDim || bins < 1 || len(clocks) == 0 || !(clocks[0] >= 0) || !(clocks[len(clocks)-1] <= maxTau) {
		return nil, fmt.Errorf("alignments in dimension %d, %d bins, clocks %v", dim, bins, clocks)
	}
	r := newRest(dim)
	fine, err := aligned(ctx, r, dim, bins, clocks, alignQ, alignCell, workers)
	if err != nil {
		return nil, err
	}
	rough, err := aligned(ctx, r, dim, bins, clocks, alignFewerQ, alignCoarser, workers)
	if err != nil {
		return nil, err
	}
	for k := range fine {
		for b := range bins {
			for _, off := range []float64{fine[k].Counted[b] - rough[k].Counted[b], fine[k].Weighted[b] - rough[k].Weighted[b]} {
				fine[k].Error = math.Max(fine[k].Error, 2*math.Abs(off))
			}
		}
	}
	return fine, nil
}

// aligned sums over the neurons of points of q.
func aligned(ctx context.Context, r *rest, dim, bins int, clocks []float64, points int, cell float64, workers int) ([]Alignment, error) {
	q, wq := halfRule(dim, points)
	part := make([][]Alignment, len(q))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(workersOr(workers))
	for i := range q {
		group.Go(func() error {
			var err error
			part[i], err = alignedAlong(inner, r, dim, bins, clocks, q[i], cell)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	out := newAlignments(len(clocks), bins)
	for k := range out {
		count, mass := 0.0, 0.0
		for i, p := range part {
			// Neurons of one q are counted as the law of q has them.
			all := 0.0
			for _, x := range p[k].Counted {
				all += x
			}
			for b := range bins {
				c, w := wq[i]*p[k].Counted[b]/all, wq[i]*p[k].Weighted[b]/all
				out[k].Counted[b] += c
				out[k].Weighted[b] += w
				count += c
				mass += w
			}
		}
		for b := range bins {
			out[k].Counted[b] /= count
			out[k].Weighted[b] /= mass
		}
	}
	return out, nil
}

func newAlignments(clocks, bins int) []Alignment {
	out := make([]Alignment, clocks)
	for k := range out {
		out[k] = Alignment{Counted: make([]float64, bins), Weighted: make([]float64, bins)}
	}
	return out
}

// alignedAlong follows the neurons of one q at the ends of cells in v; a cell's neurons are put into bins as if their
// alignment rose evenly from end to end.
func alignedAlong(ctx context.Context, r *rest, dim, bins int, clocks []float64, q, cell float64) ([]Alignment, error) {
	out := newAlignments(len(clocks), bins)
	m := &mover{rest: r, tol: 1e-8}
	high := reach(dim)
	cells := int(math.Ceil((high - alignLow) / cell))
	type edge struct{ at, count, mass float64 }
	before := make([]edge, len(clocks))
	for i := range cells + 1 {
		if i%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v := alignLow + (high-alignLow)*float64(i)/float64(cells)
		density := portable.Exp(v - (float64(dim)-1)/2*math.Log1p(portable.Exp(2*v)))
		y, now := start(v, q), 0.0
		m.begin()
		for k, tau := range clocks {
			m.advance(&y, now, tau, nil)
			now = tau
			end := edge{math.Min(y[0], 1), density, density * portable.Exp(2*y[3])}
			if i > 0 {
				a, b := before[k], end
				spread(out[k].Counted, a.at, b.at, a.count, b.count)
				spread(out[k].Weighted, a.at, b.at, a.mass, b.mass)
			}
			before[k] = end
		}
	}
	return out, nil
}

// spread adds a cell, over which the place goes evenly from p0 to p1 and the density from w0 to w1, to bins of [0, 1].
func spread(bins []float64, p0, p1, w0, w1 float64) {
	n := float64(len(bins))
	if p0 > p1 {
		p0, p1, w0, w1 = p1, p0, w1, w0
	}
	first, last := min(int(p0*n), len(bins)-1), min(int(p1*n), len(bins)-1)
	from := 0.0
	for b := first; b <= last; b++ {
		to := 1.0
		if b < last {
			to = (float64(b+1)/n - p0) / (p1 - p0)
		}
		bins[b] += (to - from) * (w0 + (w1-w0)*(from+to)/2)
		from = to
	}
}
