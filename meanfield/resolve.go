package meanfield

import (
	"context"
	"fmt"
	"math"
	"sort"

	"kac/internal/portable"
)

// resolution makes panels on which not only the risk is resolved but what else
// is integrated over the particles: stability matrices, which next to a
// separatrix are as large as the part of the particles there is small, so that
// the risk knows nothing of them.
//
// Panels are halved where, at any of times,
//
//   - a_t jumps, within a panel or to the next one: characteristics keep their
//     order, so that a separatrix cannot hide where it does not;
//   - the Legendre coefficients of density times square have not decayed,
//     compared with its integral;
//
// unless the particles of the panel are too few to matter even with the stability
// matrices that the rays show there: next to a pole that particles leave, these
// are large without end and the particles fewer still.
type resolution struct {
	reference *Reference
	path      *path
	times     []float64
	limit     float64
	rays      *rays
	square    square
}

// square is what is integrated.
type square struct {
	value func(tau0, tau, log float64) float64 // log is that of d tau_t/d tau_0
	lead  func(tau0 float64) float64           // log of the most that value/||J||^2 can be
}

const (
	panelJump  = 0.06 // last Legendre coefficients of a_t on a panel
	edgeJump   = 0.4  // of a_t from panel to panel
	negligible = 1e-3 // of limit
)

// seen is what a panel has shown at each of the times.
type seen struct {
	panel          *panel
	first, last    []float64 // a_t at the outer nodes
	rough          bool
	tail, integral []float64 // of density times square
	share          float64   // log of the most that the integral over it can be
}

func (rs *resolution) panels(ctx context.Context, grid int) ([]*panel, error) {
	r := rs.reference
	fresh := r.leaves(grid)
	var list []*seen
	for {
		added, err := rs.look(ctx, fresh)
		if err != nil {
			return nil, err
		}
		list = append(list, added...)
		sort.Slice(list, func(i, j int) bool { return list[i].panel.lo < list[j].panel.lo })
		open := rs.open(list)
		fresh = fresh[:0:0]
		kept := list[:0:0]
		for i, s := range list {
			if !open[i] {
				kept = append(kept, s)
				continue
			}
			if s.panel.depth >= maxDepth || len(list)+len(fresh) > mostResolved {
				return nil, rs.unresolved(s)
			}
			h := s.panel.halves(r.law)
			fresh = append(fresh, h[0], h[1])
		}
		if len(fresh) == 0 {
			out := make([]*panel, len(list))
			for i, s := range list {
				out[i] = s.panel
			}
			return out, nil
		}
		list = kept
	}
}

const mostResolved = 4096 // panels

func (rs *resolution) unresolved(s *seen) error {
	pub := s.panel.public(rs.times[len(rs.times)-1])
	for _, x := range s.tail {
		pub.Tail = math.Max(pub.Tail, x)
	}
	return &UnresolvedError{Panel: &pub, Time: pub.Time, Estimate: math.NaN(), Tolerance: rs.reference.tolerance,
		Limit: fmt.Sprintf("the means of stability matrices, which are up to %.2g, need more than %d panels or depth %d", portable.Exp(rs.rays.most()), mostResolved, maxDepth)}
}

// leaves are the smallest panels that a solve used at any time.
func (r *Reference) leaves(grid int) []*panel {
	var list []*panel
	var visit func(p *panel)
	visit = func(p *panel) {
		if r.halved[grid][p.key] {
			for _, h := range p.halves(r.law) {
				visit(h)
			}
			return
		}
		list = append(list, p)
	}
	for _, p := range firstPanels(r.law) {
		visit(p)
	}
	return list
}

// look follows the nodes of panels.
func (rs *resolution) look(ctx context.Context, panels []*panel) ([]*seen, error) {
	tau0 := make([]float64, 0, len(panels)*panelNodes)
	list := make([]*seen, len(panels))
	for i, p := range panels {
		tau0 = append(tau0, p.clean[:]...)
		list[i] = &seen{panel: p}
		list[i].share = rs.share(p)
	}
	// An error grows like ||J||; in a jump it matters by what of panelJump it is.
	tolerance := math.Min(1e-10, math.Max(traceTolerance, 1e-4*portable.Exp(-rs.rays.most())))
	tr, err := newVariationalTo(tolerance, rs.path, tau0)
	if err != nil {
		return nil, err
	}
	var a, square [panelNodes]float64
	for _, t := range rs.times {
		if err := tr.in.Advance(ctx, t); err != nil {
			return nil, fmt.Errorf("meanfield: resolving stability matrices on the way to time %g: %w", t, err)
		}
		y := tr.in.Y()
		for i, s := range list {
			total := 0.0
			for n := range panelNodes {
				j := i*panelNodes + n
				a[n], _ = position(y[j])
				square[n] = s.panel.weight[n] * rs.square.value(tau0[j], y[j], y[len(tau0)+j])
				total += square[n]
			}
			tail := 0.0
			for k := range gauss.coef {
				s.rough = s.rough || math.Abs(dot(&gauss.coef[k], a[:])) > panelJump
				tail = math.Max(tail, math.Abs(dot(&gauss.last[k], square[:])))
			}
			s.first, s.last = append(s.first, a[0]), append(s.last, a[panelNodes-1])
			s.tail, s.integral = append(s.tail, tail), append(s.integral, total)
		}
	}
	return list, nil
}

// open says which panels are to be halved.
func (rs *resolution) open(list []*seen) []bool {
	total := make([]float64, len(rs.times))
	for _, s := range list {
		for t, x := range s.integral {
			total[t] += x
		}
	}
	least := math.Inf(1)
	for _, x := range total {
		least = math.Min(least, x)
	}
	matters := make([]bool, len(list))
	for i, s := range list {
		matters[i] = s.share > math.Log(negligible*rs.limit*least)
	}
	open := make([]bool, len(list))
	for i, s := range list {
		open[i] = matters[i] && s.rough
		for t, x := range s.tail {
			open[i] = open[i] || matters[i] && !(x <= rs.limit*total[t])
			if i > 0 && math.Abs(s.first[t]-list[i-1].last[t]) > edgeJump {
				open[i], open[i-1] = open[i] || matters[i], open[i-1] || matters[i-1]
			}
		}
	}
	return open
}

// share is the sum over the rays that start on the panel, each for the particles
// around it, and what its own particles would have with the rays next to it.
func (rs *resolution) share(p *panel) float64 {
	list, l := rs.rays.list, rs.reference.law
	last := len(rs.rays.grid) - 1
	lo, hi := math.Asinh(math.Tan(p.lo)), math.Inf(1)
	if p.hi < math.Pi/2 {
		hi = math.Asinh(math.Tan(p.hi))
	}
	if p.lo <= -math.Pi/2 {
		lo = math.Inf(-1)
	}
	first := sort.Search(len(list), func(i int) bool { return list[i].tau0 >= lo })
	sum := math.Inf(-1)
	i := first
	for ; i < len(list) && list[i].tau0 <= hi; i++ {
		width := list[min(i+1, len(list)-1)].tau0 - list[max(i-1, 0)].tau0
		tau := list[i].tau0
		density := float64(l.dim-1)*logSech(tau) - l.logNorm
		sum = logSum(sum, density+math.Log(width)+2*list[i].rise[last]+rs.square.lead(tau))
	}
	mass := 0.0
	for _, w := range p.weight {
		mass += w
	}
	for _, k := range []int{first - 1, i} {
		if k >= 0 && k < len(list) {
			near := math.Max(lo, math.Min(hi, list[k].tau0))
			sum = logSum(sum, math.Log(mass)+2*list[k].rise[last]+rs.square.lead(near))
		}
	}
	return sum
}

// resolved returns panels that resolve the stability matrices at times besides
// the risk: of the reference's coarser solve for grid 0, of its finer one for
// grid 1, to a limit on the tails that follows its tolerance.
func (r *Reference) resolved(ctx context.Context, grid int, times []float64, rays *rays, square square) ([]*panel, error) {
	rs := &resolution{reference: r, path: r.pathOf(grid), times: times, rays: rays, square: square,
		limit: []float64{3, .1}[grid] * math.Sqrt(math.Min(r.tolerance, loosest))}
	return rs.panels(ctx, grid)
}

func (r *Reference) pathOf(grid int) *path {
	if grid == 0 {
		return r.coarse
	}
	return r.path
}

// moved is the square of how far a displacement in tau_0 carries: what the
// coupling integrates. c_t^2 (d tau_t/d tau_0)^2 = J_par^2 c_0^2.
var moved = square{
	value: func(_, tau, log float64) float64 { return portable.Exp(2 * (log + logSech(tau))) },
	lead:  func(tau0 float64) float64 { return 2 * logSech(tau0) },
}

// stretched is J_par^2 + J_perp^2.
var stretched = square{
	value: func(tau0, tau, log float64) float64 {
		across := 2 * (logSech(tau) - logSech(tau0))
		return portable.Exp(across) + portable.Exp(across+2*log)
	},
	lead: func(float64) float64 { return math.Ln2 },
}
