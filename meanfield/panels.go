package meanfield

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// panelNodes is the number of Gauss-Legendre nodes of a panel.
const panelNodes = 12

// Panel is an interval of initial positions, with the smoothness that the
// solution showed on it.
type Panel struct {
	Lo, Hi float64 // a_0 = sin(theta_0) at the ends
	Depth  int     // bisections since the first grid
	// Tail is the largest of the last two Legendre coefficients on the panel of
	// density times basis function, over functions and times. The panel's rule
	// is exact to twice their degree, so its error is about Tail squared.
	Tail, TailTime float64
}

func (p Panel) String() string {
	return fmt.Sprintf("a_0 in [%.6g, %.6g] (depth %d, tail %.1e at t = %.4g)", p.Lo, p.Hi, p.Depth, p.Tail, p.TailTime)
}

// panel is a Panel in the variable of integration.
type panel struct {
	lo, hi float64 // theta_0
	depth  int
	tail   float64
	tailAt float64
}

func (p panel) public() Panel {
	return Panel{math.Sin(p.lo), math.Sin(p.hi), p.depth, p.tail, p.tailAt}
}

// rule is the Gauss-Legendre rule on [-1, 1] with the last two Legendre
// polynomials on its nodes, each times (2l+1).
type rule struct {
	x, w [panelNodes]float64
	last [2][panelNodes]float64
}

var gauss = newRule()

func newRule() *rule {
	var r rule
	quad.Legendre{}.FixedLocations(r.x[:], r.w[:], -1, 1)
	for n, x := range r.x {
		p0, p1 := 1.0, x
		for l := 2; l < panelNodes; l++ {
			p0, p1 = p1, (float64(2*l-1)*x*p1-float64(l-1)*p0)/float64(l)
		}
		r.last[0][n] = float64(2*panelNodes-3) * p0
		r.last[1][n] = float64(2*panelNodes-1) * p1
	}
	return &r
}

// grid is a set of panels with their nodes laid end to end.
type grid struct {
	panels []panel
	tau0   []float64 // artanh(a_0) = asinh(tan theta_0)
	weight []float64 // of the law: sums to 1
}

func newGrid(l law, panels []panel) *grid {
	g := &grid{panels: panels}
	for _, p := range panels {
		mid, half := (p.lo+p.hi)/2, (p.hi-p.lo)/2
		for n, x := range gauss.x {
			theta := mid + half*x
			g.tau0 = append(g.tau0, math.Asinh(math.Tan(theta)))
			g.weight = append(g.weight, half*gauss.w[n]*l.density(theta))
		}
	}
	return g
}

func firstPanels(l law) []panel {
	b := l.breaks()
	panels := make([]panel, 0, len(b)-1)
	for i := 1; i < len(b); i++ {
		panels = append(panels, panel{lo: b[i-1], hi: b[i]})
	}
	return panels
}

// bisect splits the panels that choose picks.
func bisect(panels []panel, choose func(panel) bool) []panel {
	out := make([]panel, 0, 2*len(panels))
	for _, p := range panels {
		if !choose(p) {
			out = append(out, p)
			continue
		}
		mid := (p.lo + p.hi) / 2
		out = append(out, panel{lo: p.lo, hi: mid, depth: p.depth + 1}, panel{lo: mid, hi: p.hi, depth: p.depth + 1})
	}
	return out
}
