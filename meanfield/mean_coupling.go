package meanfield

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// meanCoupling computes the limit of m E (mean_i |Delta_i|)^2, in which one Gaussian field Z is common to all
// particles, Delta_i = Z(w_i)/sqrt(m):
//
//	I = E (int |Z| dmu_0)^2 = (int E|Z| dmu_0)^2 + V_2 + R
//
// with V_2 the variance of the second chaos of int |Z| dmu_0, a sum over sectors of squared norms of matrices
// between sources b, and R of what is left, between 0 and (int sqrt(Var_4 |Z|) dmu_0)^2, Var_4 the variance at one
// particle without its second chaos (docs/mathematics.md (4.11) to (4.15)). R is taken in the middle.
type meanCoupling struct {
	by        multiplier
	near, far grid // nodes of x, and of y and the sources
	across    int  // directions across, d-2
	slot      map[int]*meanSlot
}

// grid is nodes and the panels whose they are; where nodes are mirrored, their second half is that of all panels
// again.
type grid struct {
	panels []*panel
	weight []float64
}

// meanSlot is what one time needs.
type meanSlot struct {
	along  []float64 // variance of Z where a grows, by node of near
	across []float64 // of all directions across together, by node of far
	parts  []meanPart
}

// meanPart is the field of one sector, from sources (columns, thinned nodes of far) to the thinned nodes of near and
// of far.
type meanPart struct {
	count         float64
	along, across *mat.Dense
}

func newMeanCoupling(by multiplier, dim int, near, far grid, wanted []int) *meanCoupling {
	mc := &meanCoupling{by: by, near: near, far: far, across: dim - 2, slot: map[int]*meanSlot{}}
	for _, i := range wanted {
		mc.slot[i] = &meanSlot{along: make([]float64, len(near.weight)), across: make([]float64, len(far.weight))}
	}
	return mc
}

// begin makes room for a sector's part.
func (mc *meanCoupling) begin(s *sector) {
	rows, cols := len(mc.near.weight)/panelNodes*len(thinNodes), len(mc.far.weight)/panelNodes*len(thinNodes)
	for _, slot := range mc.slot {
		part := meanPart{count: s.count, along: mat.NewDense(rows, cols, nil)}
		if s.lambda > 0 {
			part.across = mat.NewDense(cols, cols, nil)
		}
		slot.parts = append(slot.parts, part)
	}
}

// add takes x over all sources at a node, centred if that is due, scaled to the length of Z, with its variance.
func (mc *meanCoupling) add(time, node int, across bool, x []float64, centre, scale, variance float64) {
	slot := mc.slot[time]
	if slot == nil {
		return
	}
	part := &slot.parts[len(slot.parts)-1]
	to, into := slot.along, part.along
	if across {
		to, into = slot.across, part.across
	}
	to[node] += variance
	for k, n := range thinNodes {
		if node%panelNodes == n {
			row := into.RawRowView(node/panelNodes*len(thinNodes) + k)
			for j := range row {
				row[j] = scale * (x[j/len(thinNodes)*panelNodes+thinNodes[j%len(thinNodes)]] - centre)
			}
		}
	}
}

// result returns I at a time with the half of what R can be.
func (mc *meanCoupling) result(time int) (value, half float64) {
	slot := mc.slot[time]
	acrossNear, alongFar := mc.far.carry(mc.near, slot.across), mc.near.carry(mc.far, slot.along)
	first, rest := 0.0, 0.0
	bend := make([]float64, len(mc.near.weight))
	for i, w := range mc.near.weight {
		a, b := slot.along[i], acrossNear[i]/math.Max(float64(mc.across), 1)
		mean, along, across := meanNorm(a, b, mc.across)
		n := float64(mc.across)
		second := (along*along*a*a + n*across*across*b*b) / 2
		first += w * mean
		rest += w * math.Sqrt(math.Max(0, a+n*b-mean*mean-second))
		bend[i] = along
	}
	bendFar := make([]float64, len(mc.far.weight))
	for i, y := range slot.across {
		_, _, bendFar[i] = meanNorm(alongFar[i], y/math.Max(float64(mc.across), 1), mc.across)
	}
	second := 0.0
	source := thinWeights(mc.far.weight, nil)
	for _, part := range slot.parts {
		m := mc.product(part.along, thinWeights(mc.near.weight, bend))
		if part.across != nil {
			m.Add(m, mc.product(part.across, thinWeights(mc.far.weight, bendFar)))
		}
		sum := 0.0
		for i, v := range source {
			row := m.RawRowView(i)
			for j, w := range source {
				sum += v * w * row[j] * row[j]
			}
		}
		second += part.count * sum / 2
	}
	return first*first + second + rest*rest/2, rest * rest / 2
}

// product is x^T diag(w) x.
func (mc *meanCoupling) product(x *mat.Dense, w []float64) *mat.Dense {
	scaled := mat.DenseCopyOf(x)
	for i, v := range w {
		row := scaled.RawRowView(i)
		for j := range row {
			row[j] *= v
		}
	}
	return mc.by.of(x.T(), scaled)
}

// thinWeights are the weights of thinNodes, for what is a cubic on each panel, times factor at these nodes; nil is 1.
func thinWeights(weight, factor []float64) []float64 {
	var out []float64
	for first := 0; first < len(weight); first += panelNodes {
		for k, n := range thinNodes {
			w := dot(&thinRule[k], weight[first:first+panelNodes])
			if factor != nil {
				w *= factor[first+n]
			}
			out = append(out, w)
		}
	}
	return out
}

// carry interpolates values at g's nodes to those of another grid, whose panels are g's, or parts or unions of them.
func (g grid) carry(to grid, value []float64) []float64 {
	var out []float64
	for copies := range len(to.weight) / (len(to.panels) * panelNodes) {
		own := value[copies*len(g.panels)*panelNodes:]
		at := 0
		for _, p := range to.panels {
			for n := range panelNodes {
				theta := p.theta(n)
				for at+1 < len(g.panels) && theta > g.panels[at].hi {
					at++
				}
				q := g.panels[at]
				row := gauss.lagrange((2*theta - q.lo - q.hi) / (q.hi - q.lo))
				out = append(out, math.Max(0, dot(&row, own[at*panelNodes:(at+1)*panelNodes])))
			}
		}
	}
	return out
}
