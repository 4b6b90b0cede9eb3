package meanfield

import (
	"context"
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
)

// AverageOptions discretise Average. Zeros mean the defaults.
type AverageOptions struct {
	At        []float64 // of the Times, besides those of the grid
	Times     int       // s and t among so many of the Times, evenly by index; default 13
	Positions int       // of w', equally spaced in angle; default 9
	Angles    int       // of v, equally spaced in [0, pi/2]; default 3
	Points    int       // of the quadrature over <u, u'>, and half as many over the other coordinate; default 8; the result is of three times as many
}

func (o AverageOptions) withDefaults() AverageOptions {
	or := func(x *int, otherwise int) {
		if *x <= 0 {
			*x = otherwise
		}
	}
	or(&o.Times, 13)
	or(&o.Positions, 9)
	or(&o.Angles, 3)
	or(&o.Points, 8)
	return o
}

// Average returns, for each of Times, J_avg(tau) up to that time ([PoC]
// Assumption Stability),
//
//	J_avg(tau) = sup_{s <= t, w', v} E_w ||J_{t,s}(w) H_s(w, w') v|| 1(xi_t(w) not in B_tau),
//
// H(w, w') = P_w [q'(<w,w'>) I + q”(<w,w'>) w' w^T] P_w', for single-index
// problems, and an estimate of its error. B_tau is |xi -+ e_1| <= tau (+ only,
// if the overlap has odd degrees).
//
// With w = a e_1 + c u the mean over u uniform on S^{d-2} depends on w' by its
// own a', and on v, tangent at w', by its angle to the direction in which a'
// grows: the supremum is over s <= t, a' and the angle, first on a grid, then
// by a search around its best, in which s and t are any of the Times. The mean
// is over the panels, of which the edge of B_tau cuts off a part, and over
// <u,u'> and <u,z>, z the direction of v across u', by Gauss-Gegenbauer rules.
// Between the times of the grid the value is interpolated, with its growth for
// an error; AverageOptions.At names times that must be of the grid.
//
// The error is what the rules with twice and with three times the points differ by, with half of what the
// neighbouring Times fall short.
//
// Errors: ErrNoReduction (wrapped) for r > 1, chosen positions, tau out of
// (0, sqrt 2), a cancelled context.
func (s *Stability) Average(ctx context.Context, tau float64, opt AverageOptions) (value, error []float64, err error) {
	r := s.reference
	if r.problem.Rank() > 1 {
		return nil, nil, fmt.Errorf("meanfield: J_avg of problem %s (rank %d) is not available, it is %w", r.problem.Name(), r.problem.Rank(), ErrNoReduction)
	}
	if s.weight == nil {
		return nil, nil, fmt.Errorf("meanfield: J_avg of chosen positions: it needs the particles' law")
	}
	if !(tau > 0 && tau < math.Sqrt2) {
		return nil, nil, fmt.Errorf("meanfield: J_avg: tau = %g is outside (0, sqrt 2)", tau)
	}
	opt = opt.withDefaults()
	av := newAverager(s, tau, opt)
	best := make([]place, len(s.Times))
	for _, from := range av.times {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("meanfield: J_avg: %w", err)
		}
		av.from(from, best)
	}
	value, error = make([]float64, len(s.Times)), make([]float64, len(s.Times))
	var top place
	wrong, before := 0.0, -1
	double := newAverager(s, tau, AverageOptions{Times: 1, Positions: 1, Angles: 1, Points: 2 * opt.Points})
	triple := newAverager(s, tau, AverageOptions{Times: 1, Positions: 1, Angles: 1, Points: 3 * opt.Points})
	for _, t := range av.times {
		if best[t].value > worthClimbing*top.value { // another hill may be the higher one
			found := av.climb(best[t], t)
			fine := triple.at(found)
			if off := math.Abs(fine-double.at(found)) + av.short(found, t)/2; fine > top.value {
				top, wrong = found, off
				top.value = fine
			}
		}
		value[t], error[t] = top.value, wrong
		for k := before + 1; k < t && before >= 0; k++ {
			share := (s.Times[k] - s.Times[before]) / (s.Times[t] - s.Times[before])
			grown := value[t] - value[before]
			value[k], error[k] = value[before]+share*grown, math.Max(error[before], error[t])+grown
		}
		before = t
	}
	return value, error, nil
}

// worthClimbing is the share of the highest top at which a place of the grid is a start too.
const worthClimbing = 0.85

// place is where a mean is taken, and the mean.
type place struct {
	t, from         int
	position, angle float64
	value           float64
}

// at is the mean at a place.
func (av *averager) at(p place) float64 {
	w, sum := av.outside(p.t), 0.0
	for _, node := range av.nodes {
		if w[node] != 0 {
			av.source(p.from, node, p.position, p.angle)
			sum += w[node] * av.mean(p.t, p.from, node)
		}
	}
	return sum
}

// climb goes from a place to better ones around it, t <= last, with ever smaller steps.
func (av *averager) climb(p place, last int) place {
	stride := max(1, len(av.s.Times)/max(len(av.times), 1))
	dp := math.Pi / 2 / float64(max(len(av.positions)-1, 1))
	da := math.Pi / 2 / float64(max(len(av.angles)-1, 1))
	p.value = av.at(p)
	for round := 0; round < 9 || stride > 1; round++ {
		for moved := true; moved; {
			moved = false
			for _, step := range []place{{t: stride, from: stride}, {t: -stride, from: -stride}, {t: stride}, {t: -stride}, {from: stride}, {from: -stride}, {position: dp}, {position: -dp}, {angle: da}, {angle: -da}} {
				q := place{t: p.t + step.t, from: p.from + step.from, position: p.position + step.position, angle: p.angle + step.angle}
				if q.t > last || q.from < 0 || q.from > q.t || math.Abs(q.position) > math.Pi/2 || q.angle < 0 || q.angle > math.Pi/2 {
					continue
				}
				if q.value = av.at(q); q.value > p.value*(1+1e-12) {
					p, moved = q, true
				}
			}
		}
		stride, dp, da = max(1, stride/2), dp/2, da/2
	}
	return p
}

// short is by how much the means at the neighbouring times fall short of p's.
func (av *averager) short(p place, last int) float64 {
	most := 0.0
	for _, step := range []place{{t: 1, from: 1}, {t: 1}, {from: 1}} {
		before, after := p, p
		before.t, before.from = p.t-step.t, p.from-step.from
		after.t, after.from = p.t+step.t, p.from+step.from
		if before.from < 0 || after.t > last || before.from > before.t || after.from > after.t {
			continue // at an end of the range no neighbour stands on the other side
		}
		most = math.Max(most, math.Max(p.value-av.at(before), p.value-av.at(after)))
	}
	return most
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
	outer     map[int][]float64

	// Scratch of one source: squared components of H v along par and across.
	along, across []float64
}

func newAverager(s *Stability, tau float64, opt AverageOptions) *averager {
	p := s.reference.problem
	av := &averager{outer: map[int][]float64{}, s: s, edge: 1 - tau*tau/2, bothSides: symmetric(p)}
	last := len(s.Times) - 1
	seen := map[int]bool{}
	for i := range opt.Times {
		t := int(math.Round(float64(last) * float64(i) / float64(max(opt.Times-1, 1))))
		if !seen[t] {
			seen[t] = true
			av.times = append(av.times, t)
		}
	}
	for _, t := range opt.At {
		if i := sort.SearchFloat64s(s.Times, t); i <= last && s.Times[i] == t && !seen[i] {
			seen[i] = true
			av.times = append(av.times, i)
		}
	}
	sort.Ints(av.times)
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

// from raises best[t] to the suprema over w' and v of the means with s the time
// of index from.
func (av *averager) from(from int, best []place) {
	later := av.times[sort.SearchInts(av.times, from):]
	weights := make([][]float64, len(later))
	for k, t := range later {
		weights[k] = av.outside(t)
	}
	sums := make([]float64, len(later))
	for _, position := range av.positions {
		for _, angle := range av.angles {
			clear(sums)
			for _, node := range av.nodes {
				known := false // particles do not leave B_tau while it attracts
				for k, t := range later {
					w := weights[k][node]
					if w == 0 {
						continue
					}
					if !known {
						av.source(from, node, position, angle)
						known = true
					}
					sums[k] += w * av.mean(t, from, node)
				}
			}
			for k, t := range later {
				if sums[k] > best[t].value {
					best[t] = place{t, from, position, angle, sums[k]}
				}
			}
		}
	}
}

// outside returns the nodes' weights in integrals over the particles that are
// not in B_tau at time t: on a panel that its edge crosses, of the interpolant
// on the part outside.
func (av *averager) outside(t int) []float64 {
	if w := av.outer[t]; w != nil {
		return w
	}
	s := av.s
	w := make([]float64, len(s.weight))
	if s.panels == nil {
		for i, a := range s.a[t] {
			if a < av.edge && (!av.bothSides || a > -av.edge) {
				w[i] = s.weight[i]
			}
		}
		av.outer[t] = w
		return w
	}
	law := s.reference.law
	high := math.Atanh(av.edge)
	low := math.Inf(-1)
	if av.bothSides {
		low = -high
	}
	for i, p := range s.panels {
		tau := s.tau[t][i*panelNodes : (i+1)*panelNodes]
		own := w[i*panelNodes : (i+1)*panelNodes]
		from, to := crossing(tau, low), crossing(tau, high)
		switch {
		case from == -1 && to == 1:
			copy(own, p.weight[:])
		case from < to:
			for n, x := range gauss.x {
				at := (from+to)/2 + (to-from)/2*x
				theta := (p.lo+p.hi)/2 + (p.hi-p.lo)/2*at
				mass := (p.hi - p.lo) / 2 * (to - from) / 2 * gauss.w[n] * law.density(theta)
				for k, l := range gauss.lagrange(at) {
					own[k] += mass * l
				}
			}
		}
	}
	if n := len(s.panels) * panelNodes; n < len(w) { // the mirrored nodes
		for i := range n {
			w[i] /= 2
			w[n+i] = w[i]
		}
	}
	av.outer[t] = w
	return w
}

// crossing is the x in [-1, 1] at which the ascending interpolant of tau at the
// nodes passes the level.
func crossing(tau []float64, level float64) float64 {
	at := func(x float64) float64 { row := gauss.lagrange(x); return dot(&row, tau) }
	lo, hi := -1.0, 1.0
	switch {
	case math.IsInf(level, -1) || tau[0] > level && at(lo) >= level:
		return lo
	case tau[panelNodes-1] < level && at(hi) <= level:
		return hi
	}
	for range 60 {
		if mid := (lo + hi) / 2; at(mid) < level {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// source sets along and across for all u: H v in w's frame, w = a e_1 + c u
// and w' = a' e_1 + c' u', v = cos(angle) (c' e_1 - a' u') + sin(angle) z.
func (av *averager) source(from, node int, position, angle float64) {
	q := av.s.reference.problem.Dual()
	a := av.s.a[from][node]
	c := av.s.c[from][node] // sech(tau): 1 - a^2 has lost its digits at the poles
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
