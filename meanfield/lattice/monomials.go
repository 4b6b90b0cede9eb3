package lattice

import (
	"math"

	"kac/internal/sphere"
	"kac/particles"
)

// monomials is the list of all a^alpha, |alpha| <= degree, in r variables, the
// constant first; each but that is its parent times one variable.
type monomials struct {
	variables   int
	degree      []int
	parent      []int
	variable    []int
	multinomial []float64 // |alpha|! / alpha!
	exponent    [][]int
}

func newMonomials(r, degree int) monomials {
	t := monomials{variables: r, degree: []int{0}, parent: []int{-1}, variable: []int{-1}, multinomial: []float64{1}, exponent: [][]int{make([]int, r)}}
	first, end := 0, 1
	for d := 1; d <= degree; d++ {
		for p := first; p < end; p++ {
			for v := max(t.variable[p], 0); v < r; v++ { // variables ascend, so each monomial has one parent
				e := append([]int(nil), t.exponent[p]...)
				e[v]++
				t.degree = append(t.degree, d)
				t.parent = append(t.parent, p)
				t.variable = append(t.variable, v)
				t.exponent = append(t.exponent, e)
				t.multinomial = append(t.multinomial, math.Round(t.multinomial[p]*float64(d)/float64(e[v])))
			}
		}
		first, end = end, len(t.degree)
	}
	return t
}

// eval sets value[i] = a^alpha_i.
func (t *monomials) eval(value, a []float64) {
	value[0] = 1
	for i := 1; i < len(value); i++ {
		value[i] = value[t.parent[i]] * a[t.variable[i]]
	}
}

// gradient sets g to the gradient of sum_i bar_i a^alpha_i at a, where value
// is eval's: reverse differentiation, which overwrites bar.
func (t *monomials) gradient(g, bar, value, a []float64) {
	clear(g)
	for i := len(bar) - 1; i > 0; i-- {
		p, v := t.parent[i], t.variable[i]
		g[v] += bar[i] * value[p]
		bar[p] += bar[i] * a[v]
	}
}

// directions returns the coefficients of G(a) = sum_j p_j sum_k a_k c_k <v_j, a>^k.
func (t *monomials) directions(o *particles.DirectionsOverlap) []float64 {
	g := make([]float64, len(t.degree))
	value := make([]float64, len(t.degree))
	for j, v := range o.Directions {
		t.eval(value, v)
		for i, k := range t.degree {
			g[i] += o.Weights[j] * o.Link.Coefficient(k) * o.Activation.Coefficient(k) * t.multinomial[i] * value[i]
		}
	}
	return g
}

// radial returns the coefficients of G(a) = sum_k g_k |a|^k; signed powers for
// one variable.
func (t *monomials) radial(g []float64) []float64 {
	out := make([]float64, len(t.degree))
	for i, k := range t.degree {
		if k >= len(g) {
			continue
		}
		if t.variables == 1 {
			out[i] = g[k]
			continue
		}
		// |a|^k = (sum_v a_v^2)^{k/2} = sum (k/2)!/beta! a^{2 beta}
		c, left := 1.0, 0
		for _, e := range t.exponent[i] {
			if e%2 == 1 {
				c = 0
			}
			left += e / 2
			c *= sphere.Binomial(left, e/2)
		}
		out[i] = g[k] * c
	}
	return out
}
