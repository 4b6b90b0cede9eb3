package xor

import (
	"context"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"kac/internal/portable"
)

// Limits of dimensions: below MinDim there is no u_perp that turns, and above MaxDim the law of the rest is that of 1/d
// = 0 to five digits. Up to 7 coordinates the density of the rest has corners, and errors are larger: 2e-4 of G at
// d = 4, 4e-5 at 5, 1e-5 at 6.
const (
	MinDim = 4
	MaxDim = 1 << 16
)

// Table is Gamma_d(tau) = E eps e^(2L) Psi, M_d(tau) = E e^(2L) = 1 + 2 int Gamma and their like, on a grid of tau.
type Table struct {
	dim   int
	zeta  float64
	fine  *sums
	rough *sums       // the same by a coarser rule: their difference estimates the error
	half  *sums       // sums that are not even in q; nil without zeta
	cube  *correction // nil: the law of the spherical rest
}

// Options of Solve.
type Options struct {
	// Zeta is what the heavy neurons, |w_perp| + |w_opp| <= Zeta |w_sig|, are counted with; 0: they are not.
	Zeta float64
	// Cube, of SolveRun: so many neurons are drawn, with Seed, for the cube's own law; 0: the spherical rest.
	Cube     int
	Seed     uint64
	Workers  int // 0: one per processor; results do not depend on it
	Progress func(share float64)
}

// What is summed over neurons.
const (
	sumM        = iota // e^(2L)
	sumGamma           // e^(2L) Psi
	sumP               // e^(2L) p^2
	sumQ               // e^(2L) q^2
	sumM4              // e^(4L)
	sumClean           // e^(2L) (p-q) sqrt2/4
	smoothKinds        // those above are known with their derivatives in tau
)

const (
	sumCount = smoothKinds + iota // heavy neurons
	sumHeavy                      // e^(2L) of them
	sumKinds
)

// sums are means over neurons at tau = k grid, divided by growth, and their derivatives in tau.
type sums struct {
	grid  float64 // spacing of the points in tau
	at    [][sumKinds]float64
	slope [][smoothKinds]float64
}

func newSums(points int, grid float64) *sums {
	return &sums{grid, make([][sumKinds]float64, points), make([][smoothKinds]float64, points)}
}

// tableGrid is the spacing of the table.
const tableGrid = .5

// rate is that of the exponential which a sum is divided by before it is interpolated.
func rate(kind int) float64 {
	switch kind {
	case sumM4:
		return math.Sqrt2
	case sumCount:
		return 0
	}
	return 1 / math.Sqrt2
}

func growth(kind int, tau float64) float64 { return portable.Exp(rate(kind) * tau) }

// rule is a quadrature: points in q, points of a panel in v, its greatest length, and the tolerance of neurons.
type rule struct {
	nodes func(n, points int) (q, w []float64)
	q, v  int
	panel float64
	tol   float64
	grid  float64
}

var (
	fineRule  = rule{nodes: sphereRule, q: 10, v: 6, panel: .6, tol: 1e-12, grid: tableGrid}
	roughRule = rule{nodes: sphereRule, q: 8, v: 5, panel: .6, tol: 1e-10, grid: tableGrid}
	halfFine  = rule{nodes: halfRule, q: 12, v: 5, panel: .6, tol: 1e-10, grid: tableGrid}
)

// Solve makes the table up to the clock tau, for inputs of dim coordinates. Cost: about 0.1 s for tau = 10, growing
// like tau^2. Errors: the context's, and dimensions that are not allowed.
func Solve(ctx context.Context, dim int, tau float64, o Options) (*Table, error) {
	if dim < MinDim || dim > MaxDim {
		return nil, fmt.Errorf("dimension %d; allowed are %d to %d", dim, MinDim, MaxDim)
	}
	if !(tau >= 0 && tau <= maxTau) || !(o.Zeta >= 0) || math.IsInf(o.Zeta, 0) {
		return nil, fmt.Errorf("a table to tau = %v with zeta = %v", tau, o.Zeta)
	}
	t := &Table{dim: dim, zeta: o.Zeta}
	points := max(int(math.Ceil(tau/tableGrid))+1+beyond, interpolants)
	r := newRest(dim)
	done := 0.0
	progress := func(share float64) {
		if o.Progress != nil {
			done += share
			o.Progress(math.Min(done, 1))
		}
	}
	first, rest := .6, .4
	if o.Zeta > 0 {
		first, rest = .35, .25
	}
	plain := o
	plain.Zeta = 0
	var err error
	if t.fine, err = integrate(ctx, r, dim, points, plain, fineRule, func(share float64) { progress(first * share) }); err != nil {
		return nil, err
	}
	if t.rough, err = integrate(ctx, r, dim, points, plain, roughRule, func(share float64) { progress(rest * share) }); err != nil || o.Zeta == 0 {
		return t, err
	}
	t.half, err = integrate(ctx, r, dim, points, o, halfFine, func(share float64) { progress(.4 * share) })
	return t, err
}

// maxTau: e^(tau/sqrt2) of it is 1e9, far beyond what a clock reaches.
const maxTau = 60

// integrate sums over neurons: over q by the Gauss rule of its law, and over v by panels whose edges lie where neurons
// turn extinct, and heavy, at the points of the grid: there the integrands have kinks and jumps.
func integrate(ctx context.Context, r *rest, dim, points int, o Options, rule rule, progress func(share float64)) (*sums, error) {
	q, wq := rule.nodes(dim, rule.q)
	part := make([]*sums, len(q))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(workersOr(o.Workers))
	done := make(chan struct{}, len(q))
	for i := range q {
		group.Go(func() error {
			var err error
			part[i], err = alongV(inner, &mover{rest: r, tol: rule.tol}, dim, points, q[i], o.Zeta, rule)
			done <- struct{}{}
			return err
		})
	}
	go func() {
		_ = group.Wait()
		close(done)
	}()
	for range done {
		progress(1 / float64(len(q)))
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := newSums(points, rule.grid)
	for i, p := range part {
		all.add(wq[i], p)
	}
	for k := range all.at {
		for c := range all.at[k] {
			g := growth(c, float64(k)*rule.grid)
			all.at[k][c] /= g
			if c < smoothKinds {
				all.slope[k][c] = all.slope[k][c]/g - rate(c)*all.at[k][c]
			}
		}
	}
	return all, nil
}

// add adds w times p.
func (s *sums) add(w float64, p *sums) {
	for k := range p.at {
		for c := range p.at[k] {
			s.at[k][c] += w * p.at[k][c]
		}
		for c := range p.slope[k] {
			s.slope[k][c] += w * p.slope[k][c]
		}
	}
}

// take adds a neuron of that weight to the means at point k, and to their derivatives, which are
//
//	M' = 2 Gamma,   Gamma' = E e^(2L) (Psi^2 + |grad Psi|^2),   (E e^(2L) p^2)' = 2 E e^(2L) p Psi_p   (q alike).
func (s *sums) take(k int, weight float64, y *neuron, r *rest) {
	gp, gq, gc, psi := quarter, 0., 0., quarter
	if y[2] > 0 {
		gp, gq, gc, psi = r.gradient(y[0], y[1], y[2])
	}
	square := portable.Exp(2 * y[3])
	mass := weight * square
	a, b := &s.at[k], &s.slope[k]
	a[sumM] += mass
	a[sumGamma] += mass * psi
	a[sumP] += mass * y[0] * y[0]
	a[sumQ] += mass * y[1] * y[1]
	a[sumM4] += mass * square
	a[sumClean] += mass * (y[0] - y[1]) * quarter
	b[sumM] += 2 * mass * psi
	b[sumGamma] += mass * (psi*psi + gp*gp + gq*gq + gc*gc)
	b[sumP] += 2 * mass * y[0] * gp
	b[sumQ] += 2 * mass * y[1] * gq
	b[sumM4] += 4 * mass * square * psi
	b[sumClean] += mass * (psi*(y[0]-y[1]) + gp - gq) * quarter
}

// panel is an interval of v, or of x where x is small.
type panel struct {
	low, high float64
	small     bool
}

// alongV sums over the neurons of one q.
func alongV(ctx context.Context, m *mover, dim, points int, q, zeta float64, rule rule) (*sums, error) {
	horizon := float64(points-1) * rule.grid
	high := reach(dim)
	// Neurons below small do not leave the middle before the horizon: there the sums are smooth in x itself.
	small := .02 * portable.Exp(-m.rest.slope*horizon) * math.Sqrt((1-q)*(1+q))
	low := math.Log(small) - math.Log1p(-small*small)/2
	l := lineOf(m, q, high, low, zeta, horizon+rule.grid) // so that there are neighbours beyond the last point
	edges := []float64{high, low}
	heavyFrom := make([]float64, points) // the least v that is heavy
	for k := range points {
		t := float64(k) * rule.grid
		if v, ok := l.at(l.extinct, t); ok && k > 0 {
			edges = append(edges, v)
		}
		heavyFrom[k] = math.Inf(1)
		if zeta > 0 {
			v, ok := l.at(l.heavy, t)
			if k == 0 {
				v, ok = heavyStart(q, zeta, low, high)
			}
			if ok {
				edges = append(edges, v)
				heavyFrom[k] = v
			}
		}
	}
	slices.Sort(edges)
	panels := []panel{{0, small / 2, true}, {small / 2, small, true}}
	for i := range edges[1:] {
		a, b := edges[i], edges[i+1]
		if b-a < 1e-13 {
			continue
		}
		cuts := int(math.Ceil((b - a) / rule.panel))
		for c := range cuts {
			panels = append(panels, panel{a + (b-a)*float64(c)/float64(cuts), a + (b-a)*float64(c+1)/float64(cuts), false})
		}
	}
	out := newSums(points, rule.grid)
	total := 0.0
	long, longW := gaussLegendre(rule.v)
	short, shortW := gaussLegendre(rule.v - 1)
	e := float64(dim)
	for i, p := range panels {
		if i%16 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		x, w := long, longW
		if p.high-p.low < rule.panel/2 {
			x, w = short, shortW
		}
		for j := range x {
			at := (p.low+p.high)/2 + (p.high-p.low)/2*x[j]
			weight := (p.high - p.low) / 2 * w[j]
			v := at
			if p.small {
				v = math.Log(at) - math.Log1p(-at*at)/2
				weight *= portable.Exp((e - 4) / 2 * math.Log1p(-at*at))
			} else {
				weight *= portable.Exp(v - (e-1)/2*math.Log1p(portable.Exp(2*v)))
			}
			total += weight
			y := start(v, q)
			m.begin()
			for k := range points {
				if k > 0 {
					m.advance(&y, float64(k-1)*rule.grid, float64(k)*rule.grid, nil)
				}
				out.take(k, weight, &y, m.rest)
				if v >= heavyFrom[k] {
					out.at[k][sumCount] += weight
					out.at[k][sumHeavy] += weight * portable.Exp(2*y[3])
				}
			}
		}
	}
	mean := newSums(points, rule.grid)
	mean.add(1/total, out)
	return mean, nil
}
