package meanfield

import (
	"context"
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
)

// AverageOptions discretise Average. Zeros mean the defaults, which leave 2 %
// or so, most of it from the times.
type AverageOptions struct {
	Times     int // s and t among so many of the Times, evenly by index; default 25
	Positions int // of w', equally spaced in angle; default 9
	Angles    int // of v, equally spaced in [0, pi/2]; default 5
	Points    int // of the quadrature over <u, u'>, and half as many over the other coordinate; default 12
}

func (o AverageOptions) withDefaults() AverageOptions {
	or := func(x *int, otherwise int) {
		if *x <= 0 {
			*x = otherwise
		}
	}
	or(&o.Times, 25)
	or(&o.Positions, 9)
	or(&o.Angles, 5)
	or(&o.Points, 12)
	return o
}

// Average returns, for each of Times, J_avg(tau) up to that time ([PoC]
// Assumption Stability),
//
//	J_avg(tau) = sup_{s <= t, w', v} E_w ||J_{t,s}(w) H_s(w, w') v|| 1(xi_t(w) not in B_tau),
//
// H(w, w') = P_w [q'(<w,w'>) I + q”(<w,w'>) w' w^T] P_w', for single-index
// problems. B_tau is |xi -+ e_1| <= tau (+ only, if the overlap has odd degrees).
//
// With w = a e_1 + c u the mean over u uniform on S^{d-2} depends on w' by its
// own a', and on v, tangent at w', by its angle to the direction in which a'
// grows: the supremum is over s <= t among opt.Times of the Times, a' on a
// grid, the angle on a grid; the mean is over the nodes and over <u,u'> and
// <u,z>, z the direction of v across u', by Gauss-Gegenbauer rules. Between the
// times of the grid the last value holds.
//
// Errors: ErrNoReduction (wrapped) for r > 1, chosen positions, tau out of
// (0, sqrt 2), a cancelled context.
func (s *Stability) Average(ctx context.Context, tau float64, opt AverageOptions) ([]float64, error) {
	r := s.reference
	if r.problem.Rank() > 1 {
		return nil, fmt.Errorf("meanfield: J_avg of problem %s (rank %d) is not available, it is %w", r.problem.Name(), r.problem.Rank(), ErrNoReduction)
	}
	if s.weight == nil {
		return nil, fmt.Errorf("meanfield: J_avg of chosen positions: it needs the particles' law")
	}
	if !(tau > 0 && tau < math.Sqrt2) {
		return nil, fmt.Errorf("meanfield: J_avg: tau = %g is outside (0, sqrt 2)", tau)
	}
	opt = opt.withDefaults()
	av := newAverager(s, tau, opt)
	out := make([]float64, len(s.Times))
	for _, from := range av.times {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("meanfield: J_avg: %w", err)
		}
		av.from(from, out)
	}
	for t := 1; t < len(out); t++ {
		out[t] = math.Max(out[t], out[t-1])
	}
	return out, nil
}

// averager computes the means behind J_avg.
type averager struct {
	s         *Stability
	edge      float64 // a beyond which a particle is in B_tau
	bothSides bool
	times     []int
	positions []float64 // of w', as angles
	angles    []float64
	x, wx     []float64
	y, wy     []float64 // coordinate across, on the sphere of radius sqrt(1-x^2)
	nodes     []int     // those that carry weight

	// Scratch of one source: squared components of H v along par and across.
	along, across []float64
}

func newAverager(s *Stability, tau float64, opt AverageOptions) *averager {
	p := s.reference.problem
	av := &averager{s: s, edge: 1 - tau*tau/2, bothSides: symmetric(p)}
	last := len(s.Times) - 1
	seen := map[int]bool{}
	for i := range opt.Times {
		t := int(math.Round(float64(last) * float64(i) / float64(max(opt.Times-1, 1))))
		if !seen[t] {
			seen[t] = true
			av.times = append(av.times, t)
		}
	}
	low := -math.Pi / 2
	if av.bothSides && p.Activation().Even() {
		low = 0
	}
	for i := range opt.Positions {
		av.positions = append(av.positions, low+(math.Pi/2-low)*float64(i)/float64(max(opt.Positions-1, 1)))
	}
	for i := range opt.Angles {
		av.angles = append(av.angles, math.Pi/2*float64(i)/float64(max(opt.Angles-1, 1)))
	}
	av.x, av.wx = sphereRule(p.Dim()-1, opt.Points)
	av.y, av.wy = sphereRule(p.Dim()-2, max(opt.Points/2, 1))
	for i, w := range s.weight {
		if w > 1e-14 {
			av.nodes = append(av.nodes, i)
		}
	}
	n := len(av.x) * len(av.y)
	av.along, av.across = make([]float64, n), make([]float64, n)
	return av
}

// from raises out[t] to the suprema over w' and v of the means with s the time
// of index from.
func (av *averager) from(from int, out []float64) {
	later := av.times[sort.SearchInts(av.times, from):]
	sums := make([]float64, len(later))
	for _, position := range av.positions {
		for _, angle := range av.angles {
			clear(sums)
			for _, node := range av.nodes {
				if !av.outside(later[0], node) {
					// Particles do not leave B_tau while it attracts; those that do count later.
					if !av.outsideLater(later, node) {
						continue
					}
				}
				av.source(from, node, position, angle)
				for k, t := range later {
					if av.outside(t, node) {
						sums[k] += av.s.weight[node] * av.mean(t, from, node)
					}
				}
			}
			for k, t := range later {
				out[t] = math.Max(out[t], sums[k])
			}
		}
	}
}

func (av *averager) outside(t, node int) bool {
	a := av.s.a[t][node]
	if av.bothSides {
		a = math.Abs(a)
	}
	return a < av.edge
}

func (av *averager) outsideLater(later []int, node int) bool {
	for _, t := range later {
		if av.outside(t, node) {
			return true
		}
	}
	return false
}

// source sets along and across for all u: H v in w's frame, w = a e_1 + c u
// and w' = a' e_1 + c' u', v = cos(angle) (c' e_1 - a' u') + sin(angle) z.
func (av *averager) source(from, node int, position, angle float64) {
	q := av.s.reference.problem.Dual()
	a := av.s.a[from][node]
	c := math.Sqrt((1 - a) * (1 + a))
	ap, cp := math.Sincos(position)
	sin, cos := math.Sincos(angle)
	i := 0
	for _, x := range av.x {
		_, d1, d2 := q.Eval(a*ap + c*cp*x)
		rest := math.Sqrt(math.Max(0, 1-x*x))
		for _, unit := range av.y {
			y := rest * unit
			wv := cos*(cp*a-ap*c*x) + sin*c*y // <w, v>
			pv := cos*(c*cp+a*ap*x) - sin*a*y // <p, v>, p = c e_1 - a u
			pw := c*ap - a*cp*x               // <p, w'>
			along := d1*pv + d2*wv*pw         // <p, H v>
			beta := d2*wv*cp - d1*cos*ap      // H v across e_1: beta u' + gamma z
			gamma := d1 * sin                 //
			radial := beta*x + gamma*y        // its part along u
			across := beta*beta + gamma*gamma - radial*radial
			av.along[i], av.across[i] = along*along, math.Max(0, across)
			i++
		}
	}
}

// mean is the mean over u of ||J_{t,s} H v||.
func (av *averager) mean(t, from, node int) float64 {
	s := av.s
	jPar := portable.Exp(2 * (s.log[t][par][node] - s.log[from][par][node]))
	jPerp := portable.Exp(2 * (s.log[t][perp][node] - s.log[from][perp][node]))
	sum, i := 0.0, 0
	for _, wx := range av.wx {
		row := 0.0
		for _, wy := range av.wy {
			row += wy * math.Sqrt(jPar*av.along[i]+jPerp*av.across[i])
			i++
		}
		sum += wx * row
	}
	return sum
}

// sphereRule is the Gauss rule for the law of the first coordinate of a uniform
// point of S^{n-1}, density proportional to (1-x^2)^{(n-3)/2}: Gegenbauer, by
// the eigenvalues of its Jacobi matrix (Golub and Welsch, Math. Comp. 23 (1969)
// 221). For n = 1, the points -1 and 1.
func sphereRule(n, points int) (x, w []float64) {
	if n == 1 {
		return []float64{-1, 1}, []float64{.5, .5}
	}
	jacobi := mat.NewSymDense(points, nil)
	for k := 1; k < points; k++ {
		// k (k+n-3) / ((2k+n-2)(2k+n-4)), of which the limit for k = 1 is 1/n.
		b := 1 / float64(n)
		if k > 1 {
			b = float64(k*(k+n-3)) / float64((2*k+n-2)*(2*k+n-4))
		}
		jacobi.SetSym(k-1, k, math.Sqrt(b))
	}
	var eigen mat.EigenSym
	eigen.Factorize(jacobi, true)
	x = eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	w = make([]float64, points)
	for i := range w {
		w[i] = vectors.At(0, i) * vectors.At(0, i)
	}
	return x, w
}
