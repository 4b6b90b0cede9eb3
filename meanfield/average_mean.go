package meanfield

import (
	"math"
	"slices"

	"kac/internal/portable"
	"kac/kernels"
)

// averager computes the means behind J_avg.
type averager struct {
	s         *Stability
	dual      kernels.Dual
	edge      float64 // a beyond which a particle is in B_tau
	bothSides bool
	across    bool    // is there a direction across w' and e_1
	nodes     []int   // those that carry weight
	dropped   float64 // what the others may add to a mean
	blocks    []int   // of panelNodes nodes, those that the search looks at
	outer     map[int][]float64
	rules     map[ruleSize]*angleRule
	// Scratch of one source: squared components of H v along par and across.
	along, over []float64
}

// place is where a mean is taken, and the mean: t and from are indices of Times.
type place struct {
	t, from         int
	position, angle float64
	value           float64
}

// What the nodes that are left out may add to E ||J||, of 1 or more, and each of the panels that the search leaves out.
const (
	negligibleMean  = 1e-6
	negligiblePanel = 1e-5
)

func newAverager(s *Stability, tau float64) *averager {
	p := s.reference.problem
	av := &averager{s: s, dual: p.Dual(), edge: 1 - tau*tau/2, bothSides: symmetric(p), across: p.Dim() > 2, outer: map[int][]float64{}, rules: map[ruleSize]*angleRule{}}
	most := make([]float64, len(s.weight))
	for i, w := range s.weight {
		av.nodes = append(av.nodes, i)
		for _, k := range []int{par, perp} {
			low, rise := s.log[0][k][i], 0.0
			for t := range s.Times {
				low = math.Min(low, s.log[t][k][i])
				rise = math.Max(rise, s.log[t][k][i]-low)
			}
			most[i] = math.Max(most[i], w*portable.Exp(rise))
		}
	}
	for block := range len(most) / panelNodes {
		sum := 0.0
		for _, x := range most[block*panelNodes : (block+1)*panelNodes] {
			sum += x
		}
		if sum > negligiblePanel {
			av.blocks = append(av.blocks, block)
		}
	}
	slices.SortFunc(av.nodes, func(i, j int) int {
		if d := most[i] - most[j]; d != 0 {
			return int(math.Copysign(1, d))
		}
		return i - j
	})
	for sum := 0.0; len(av.nodes) > 1; av.nodes = av.nodes[1:] {
		if sum += most[av.nodes[0]]; sum > negligibleMean {
			break
		}
		av.dropped = sum * interactionNorm(s.reference)
	}
	slices.Sort(av.nodes)
	return av
}

// ruleSize says which rule: of so many points in <u, u'> and so many across.
type ruleSize struct {
	along, across int
	half          bool
}

// angleRule is a rule over u: x = <u, u'>, y = <u, z>.
type angleRule struct{ x, y, w []float64 }

// rule is the product of Gauss rules for x and for y/sqrt(1-x^2). Where v has no part across (angle 0)
// the integrand does not know y; where it has no other, it is even in y, and one y does for half.
func (av *averager) rule(size ruleSize) *angleRule {
	if r := av.rules[size]; r != nil {
		return r
	}
	dim := av.s.reference.problem.Dim()
	x, wx := sphereRule(dim-1, size.along)
	y, wy := []float64{0}, []float64{1}
	switch {
	case size.half:
		y[0] = 1 / math.Sqrt(float64(dim-2)) // the Gauss rule of two points, which are +-y
	case size.across > 0:
		y, wy = sphereRule(dim-2, size.across)
	}
	r := &angleRule{}
	for i := range x {
		rest := math.Sqrt(math.Max(0, 1-x[i]*x[i]))
		for k := range y {
			r.x, r.y, r.w = append(r.x, x[i]), append(r.y, rest*y[k]), append(r.w, wx[i]*wy[k])
		}
	}
	av.rules[size] = r
	return r
}

// fine is the rule of so many points for a place.
func (av *averager) fine(p place, points int) *angleRule {
	if p.angle == 0 {
		return av.rule(ruleSize{along: 2 * points}) // it is cheap
	}
	return av.rule(ruleSize{along: points, across: max(points/2, 1)})
}

// at is the mean at a place, by a rule of so many points.
func (av *averager) at(p place, points int) float64 {
	rule := av.fine(p, points)
	if n := len(rule.w); n > len(av.along) {
		av.along, av.over = make([]float64, n), make([]float64, n)
	}
	w, sum := av.outside(p.t), 0.0
	for _, node := range av.nodes {
		if w[node] != 0 {
			av.source(rule, p.from, node, p.position, p.angle, av.along, av.over)
			sum += w[node] * av.mean(rule, p.t, p.from, node, av.along, av.over)
		}
	}
	return sum
}

// source sets along and over for all u of a rule: the squared components of H v along par and across
// it, w = a e_1 + c u and w' = a' e_1 + c' u', v = cos(angle) (c' e_1 - a' u') + sin(angle) z.
func (av *averager) source(rule *angleRule, from, node int, position, angle float64, along, over []float64) {
	a := av.s.a[from][node]
	c := av.s.c[from][node] // sech(tau): 1 - a^2 has lost its digits at the poles
	ap, cp := math.Sincos(position)
	sin, cos := math.Sincos(angle)
	for i, x := range rule.x {
		y := rule.y[i]
		_, d1, d2 := av.dual.Eval(a*ap + c*cp*x)
		wv := cos*(cp*a-ap*c*x) + sin*c*y // <w, v>
		pv := cos*(c*cp+a*ap*x) - sin*a*y // <p, v>, p = c e_1 - a u
		pw := c*ap - a*cp*x               // <p, w'>
		part := d1*pv + d2*wv*pw          // <p, H v>
		beta := d2*wv*cp - d1*cos*ap      // H v across e_1: beta u' + gamma z
		gamma := d1 * sin                 //
		radial := beta*x + gamma*y        // its part along u
		rest := beta*beta + gamma*gamma - radial*radial
		along[i], over[i] = part*part, math.Max(0, rest)
	}
}

// mean is the mean over u of ||J_{t,s} H v||.
func (av *averager) mean(rule *angleRule, t, from, node int, along, over []float64) float64 {
	jPar, jPerp := av.squares(t, from, node)
	sum := 0.0
	for i, w := range rule.w {
		sum += w * math.Sqrt(jPar*along[i]+jPerp*over[i])
	}
	return sum
}

// squares are those of the diagonal of J_{t,s}.
func (av *averager) squares(t, from, node int) (jPar, jPerp float64) {
	log := av.s.log
	return portable.Exp(2 * (log[t][par][node] - log[from][par][node])), portable.Exp(2 * (log[t][perp][node] - log[from][perp][node]))
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
