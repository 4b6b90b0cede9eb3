package meanfield

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// panelNodes is the number of Gauss-Legendre nodes of a panel.
const panelNodes = 12

// Panel is an interval of initial positions that was bisected because the
// solution was not smooth enough on it.
type Panel struct {
	Lo, Hi float64 // a_0 = sin(theta_0) at the ends
	Depth  int     // bisections since the first grid
	// Tail is the largest of the last three Legendre coefficients on the panel,
	// of density times basis function, over the functions, at Time, when the
	// panel was bisected. The panel's rule is exact to twice their degree, so
	// its error is far below.
	Tail, Time float64
}

func (p Panel) String() string {
	return fmt.Sprintf("a_0 in [%.6g, %.6g] (depth %d, tail %.1e at t = %.4g)", p.Lo, p.Hi, p.Depth, p.Tail, p.Time)
}

// panel is an interval of theta_0 with its nodes.
//
// Where tau_t is a polynomial on the panel to within the tolerance ("clean"),
// its nodes determine it everywhere on the panel, and new nodes can start from
// there. The last such state is kept: a panel that the front reaches is halved
// after its own nodes have ceased to say where the halves' nodes are.
type panel struct {
	key
	lo, hi float64 // theta_0
	weight [panelNodes]float64

	tail    float64 // of the basis functions, now
	smooth  bool    // clean now
	cleanAt float64
	clean   [panelNodes]float64
}

// key says which panel it is: of the 2^depth parts of a root, the one numbered
// index.
type key struct{ root, depth, index int }

// newPanel is the panel at time 0, when every panel is clean: its nodes are
// known from their formula.
func newPanel(l law, root, depth, index int, lo, hi float64) *panel {
	p := &panel{key: key{root, depth, index}, lo: lo, hi: hi}
	for n := range panelNodes {
		theta := p.theta(n)
		p.weight[n] = (hi - lo) / 2 * gauss.w[n] * l.density(theta)
		p.clean[n] = math.Asinh(math.Tan(theta)) // artanh(sin theta)
	}
	return p
}

func (p *panel) theta(n int) float64 { return (p.lo+p.hi)/2 + (p.hi-p.lo)/2*gauss.x[n] }

// halves returns the two halves, clean at the time at which p was.
func (p *panel) halves(l law) [2]*panel {
	mid := (p.lo + p.hi) / 2
	h := [2]*panel{
		newPanel(l, p.root, p.depth+1, 2*p.index, p.lo, mid),
		newPanel(l, p.root, p.depth+1, 2*p.index+1, mid, p.hi),
	}
	if p.cleanAt > 0 {
		for i, q := range h {
			q.cleanAt = p.cleanAt
			for n := range panelNodes {
				q.clean[n] = dot(&gauss.half[i][n], p.clean[:])
			}
		}
	}
	return h
}

// union returns the parent of two clean siblings with nodes at tau; it is clean
// now if their values are those of one polynomial.
func union(l law, p, q *panel, tauP, tauQ []float64, now float64) *panel {
	u := newPanel(l, p.root, p.depth-1, p.index/2, p.lo, q.hi)
	u.cleanAt = now
	for n := range panelNodes {
		if gauss.x[n] < 0 {
			u.clean[n] = dot(&gauss.parent[n], tauP)
		} else {
			u.clean[n] = dot(&gauss.parent[n], tauQ)
		}
	}
	return u
}

func siblings(p, q *panel) bool {
	return p.root == q.root && p.depth == q.depth && p.depth > 0 && p.index%2 == 0 && q.index == p.index+1
}

func (p *panel) public(t float64) Panel {
	return Panel{math.Sin(p.lo), math.Sin(p.hi), p.depth, p.tail, t}
}

// lastTerms is how many Legendre coefficients make a tail: one alone can be
// small by accident.
const lastTerms = 3

// rule is the Gauss-Legendre rule on [-1, 1], with what panels need on its nodes.
type rule struct {
	x, w [panelNodes]float64
	// last are the rows that give the last Legendre coefficients of a function
	// from weight * values; coef the same from values alone.
	last, coef [lastTerms][panelNodes]float64
	// half[i][n] evaluates the interpolant at node n of half i; parent[n]
	// evaluates a half's interpolant at the parent's node n, which lies in it.
	half   [2][panelNodes][panelNodes]float64
	parent [panelNodes][panelNodes]float64
}

var gauss = newRule()

func newRule() *rule {
	var r rule
	quad.Legendre{}.FixedLocations(r.x[:], r.w[:], -1, 1)
	for n, x := range r.x {
		p0, p1 := 1.0, x
		for l := 2; l < panelNodes; l++ {
			p0, p1 = p1, (float64(2*l-1)*x*p1-float64(l-1)*p0)/float64(l)
			if i := l - (panelNodes - lastTerms); i >= 0 {
				r.last[i][n] = float64(2*l+1) * p1
				r.coef[i][n] = r.last[i][n] / 2 * r.w[n]
			}
		}
	}
	for n, x := range r.x {
		r.half[0][n] = r.lagrange((x - 1) / 2)
		r.half[1][n] = r.lagrange((x + 1) / 2)
		if x < 0 {
			r.parent[n] = r.lagrange(2*x + 1)
		} else {
			r.parent[n] = r.lagrange(2*x - 1)
		}
	}
	return &r
}

// lagrange returns the weights of the values at the nodes in the interpolant at x.
func (r *rule) lagrange(x float64) (row [panelNodes]float64) {
	for n := range row {
		row[n] = 1
		for m := range row {
			if m != n {
				row[n] *= (x - r.x[m]) / (r.x[n] - r.x[m])
			}
		}
	}
	return row
}

func dot(a *[panelNodes]float64, b []float64) float64 {
	s := 0.0
	for n, x := range a {
		s += x * b[n]
	}
	return s
}

// roughness is the largest of the last Legendre coefficients of tau, times the
// largest da/d tau = e on the panel: what tau's own error does to a. Behind the
// front, where a has settled at 1, tau need not be known well.
func roughness(tau, e []float64) float64 {
	c, most := 0.0, 0.0
	for i := range gauss.coef {
		c = math.Max(c, math.Abs(dot(&gauss.coef[i], tau)))
	}
	for _, x := range e {
		most = math.Max(most, x)
	}
	return c * most
}

func firstPanels(l law) []*panel {
	b := l.breaks()
	panels := make([]*panel, 0, len(b)-1)
	for i := 1; i < len(b); i++ {
		panels = append(panels, newPanel(l, i-1, 0, 0, b[i-1], b[i]))
	}
	return panels
}
