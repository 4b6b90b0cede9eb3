package particles

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/internal/rng"
	"kac/kernels"
)

// A Target is a function f*(x) of the first Rank coordinates of an input.
// Immutable and safe for concurrent use.
type Target interface {
	// Value returns f*(x) for x of length at least Rank.
	Value(x []float64) float64
	Rank() int
	// String writes the target as a formula.
	String() string
}

// Teachers is the multi-index Hermite target
//
//	f*(x) = sum_j p_j link(<v_j, x>),   link = sum_k a_k h_k,
//
// with unit directions v_j in the first Rank coordinates. It is a ClosedTarget.
type Teachers struct {
	link       Series
	directions [][]float64 // unit, length rank
	weights    []float64
	rank       int
}

// NewTeachers returns sum_j weights[j] link(<directions[j], x>). Directions
// are vectors of one length, the rank, and are scaled to norm 1; weights nil
// means 1/len(directions) each. It refuses directions that are zero or not
// finite, weights that are not finite, and a link that is zero.
func NewTeachers(link Series, directions [][]float64, weights []float64) (*Teachers, error) {
	if link.Norm2() == 0 {
		return nil, errors.New("teachers: the link is zero")
	}
	if len(directions) == 0 || len(directions[0]) == 0 {
		return nil, errors.New("teachers: no direction is given")
	}
	if weights != nil && len(weights) != len(directions) {
		return nil, fmt.Errorf("teachers: %d weights for %d directions", len(weights), len(directions))
	}
	t := &Teachers{link: link, rank: len(directions[0]), weights: slices.Clone(weights)}
	if weights == nil {
		t.weights = slices.Repeat([]float64{1 / float64(len(directions))}, len(directions))
	}
	for j, v := range directions {
		if len(v) != t.rank {
			return nil, fmt.Errorf("teachers: direction %d has %d coordinates, the first one %d", j+1, len(v), t.rank)
		}
		v = slices.Clone(v)
		if n := normalize(v); !(n > 0) || math.IsInf(n, 1) {
			return nil, fmt.Errorf("teachers: direction %d has norm %v; it must be positive and finite", j+1, n)
		}
		if w := t.weights[j]; math.IsNaN(w) || math.IsInf(w, 0) {
			return nil, fmt.Errorf("teachers: weight %d is %v; it must be finite", j+1, w)
		}
		t.directions = append(t.directions, v)
	}
	return t, nil
}

// RandomTeachers returns count independent directions uniform on S^{rank-1},
// each of weight 1/count; direction j is a function of (seed, j).
func RandomTeachers(link Series, count, rank int, seed uint64) (*Teachers, error) {
	if count < 1 || rank < 1 {
		return nil, fmt.Errorf("teachers: %d random directions in %d coordinates: both must be positive", count, rank)
	}
	directions := make([][]float64, count)
	for j := range directions {
		directions[j] = make([]float64, rank)
		rng.Normal(seed, rng.Teacher, uint64(j), directions[j])
	}
	return NewTeachers(link, directions, nil)
}

// Value returns f*(x).
func (t *Teachers) Value(x []float64) float64 {
	sum := 0.0
	for j, v := range t.directions {
		y, _, _ := t.link.Eval(kernels.Dot(v, x[:t.rank]))
		sum += float64(t.weights[j] * y)
	}
	return sum
}

// Directions returns the unit directions v_j.
func (t *Teachers) Directions() [][]float64 {
	list := make([][]float64, len(t.directions))
	for j, v := range t.directions {
		list[j] = slices.Clone(v)
	}
	return list
}

// Rank returns r.
func (t *Teachers) Rank() int { return t.rank }

// String writes the target as a formula.
func (t *Teachers) String() string {
	n := len(t.directions)
	sum := fmt.Sprintf("(1/%d) sum_{j<=%d}", n, n)
	for _, w := range t.weights {
		if w != 1/float64(n) {
			sum = fmt.Sprintf("sum_{j<=%d} p_j", n)
		}
	}
	return fmt.Sprintf("%s %s, v_j in R^%d", sum, bracketed(t.link.formula("<v_j, x>")), t.rank)
}

// Norm2 returns E f*(x)^2 = sum_jk p_j p_k sum_l a_l^2 <v_j, v_k>^l for Gaussian x.
func (t *Teachers) Norm2() float64 {
	sum := 0.0
	for j, v := range t.directions {
		for k, u := range t.directions {
			s, power, inner := 0.0, 1.0, kernels.Dot(v, u)
			for _, a := range t.link.coef {
				s += float64(a * a * power)
				power *= inner
			}
			sum += float64(t.weights[j] * t.weights[k] * s)
		}
	}
	return sum
}

// Overlap returns the *DirectionsOverlap
//
//	G(w) = sum_j p_j sum_k a_k c_k <v_j, P w>^k
//
// of an activation sum_k c_k h_k. It refuses none: what several teachers leave
// to learn is not told by degrees alone.
func (t *Teachers) Overlap(sigma Series) (Overlap, error) {
	g := make([]float64, min(sigma.Degree(), t.link.Degree())+1)
	for k := range g {
		g[k] = t.link.Coefficient(k) * sigma.Coefficient(k)
	}
	return &DirectionsOverlap{
		Directions: t.directions, Weights: t.weights, Link: t.link, Activation: sigma, g: kernels.PolynomialDual(g),
	}, nil
}

// Monomials is sum_j c_j prod_{a in A_j} x_a, a sum of parities on the Boolean
// cube.
type Monomials struct {
	terms []Monomial
	rank  int
}

// Monomial is Coefficient times the product of x_1, ..., x_Degree.
type Monomial struct {
	Coefficient float64
	Degree      int
}

// NewMonomials returns sum_j c_j x_1 x_2 ... x_{k_j}: {{1, 4}} is the parity
// xor_4 of the Boolean cube, {{.25, 1}, {.75, 4}} the staircase of the paper.
func NewMonomials(terms ...Monomial) (*Monomials, error) {
	if len(terms) == 0 {
		return nil, errors.New("monomials: no term is given")
	}
	m := &Monomials{terms: slices.Clone(terms)}
	for _, t := range terms {
		if t.Degree < 1 || t.Coefficient == 0 || math.IsNaN(t.Coefficient) || math.IsInf(t.Coefficient, 0) {
			return nil, fmt.Errorf("monomials: term %v x_1...x_%d: degree and coefficient must be positive and finite, nonzero", t.Coefficient, t.Degree)
		}
		m.rank = max(m.rank, t.Degree)
	}
	return m, nil
}

// Value returns f*(x).
func (m *Monomials) Value(x []float64) float64 {
	sum := 0.0
	for _, t := range m.terms {
		product := t.Coefficient
		for _, z := range x[:t.Degree] {
			product *= z
		}
		sum += product
	}
	return sum
}

// Rank returns the largest degree.
func (m *Monomials) Rank() int { return m.rank }

// String writes the target as a formula.
func (m *Monomials) String() string {
	var b strings.Builder
	for i, t := range m.terms {
		c := strconv.FormatFloat(math.Abs(t.Coefficient), 'g', -1, 64) + " "
		switch {
		case i == 0 && t.Coefficient < 0:
			c = "-" + c
		case i > 0 && t.Coefficient < 0:
			c = " - " + c
		case i > 0:
			c = " + " + c
		}
		b.WriteString(strings.TrimSuffix(c, "1 "))
		for a := range t.Degree {
			if a > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "x_%d", a+1)
		}
	}
	return b.String()
}

// TeacherNetwork is f*(x) = (1/m) sum_i a_i sigma(<v_i, x>), m neurons v_i.
type TeacherNetwork struct {
	activation Activation
	neurons    [][]float64
	outer      []float64
}

// NewTeacherNetwork returns the network of the given neurons, vectors of one
// length, and second-layer weights (nil: ones).
func NewTeacherNetwork(activation Activation, neurons [][]float64, outer []float64) (*TeacherNetwork, error) {
	if len(neurons) == 0 || len(neurons[0]) == 0 {
		return nil, errors.New("teacher network: no neuron is given")
	}
	if outer != nil && len(outer) != len(neurons) {
		return nil, fmt.Errorf("teacher network: %d second-layer weights for %d neurons", len(outer), len(neurons))
	}
	t := &TeacherNetwork{activation: activation, outer: slices.Clone(outer)}
	if outer == nil {
		t.outer = slices.Repeat([]float64{1}, len(neurons))
	}
	for i, v := range neurons {
		if len(v) != len(neurons[0]) {
			return nil, fmt.Errorf("teacher network: neuron %d has %d coordinates, the first one %d", i+1, len(v), len(neurons[0]))
		}
		if err := checkFinite(append(slices.Clone(v), t.outer[i]), len(v)+1, 0, "weight"); err != nil {
			return nil, fmt.Errorf("teacher network: neuron %d and its second-layer weight must be finite", i+1)
		}
		t.neurons = append(t.neurons, slices.Clone(v))
	}
	return t, nil
}

// Value returns f*(x).
func (t *TeacherNetwork) Value(x []float64) float64 {
	sum := 0.0
	for i, v := range t.neurons {
		y, _, _ := t.activation.kernel.Eval(kernels.Dot(v, x[:len(v)]))
		sum += float64(t.outer[i] * y)
	}
	return sum / float64(len(t.neurons))
}

// Rank returns the length of the neurons.
func (t *TeacherNetwork) Rank() int { return len(t.neurons[0]) }

// String writes the target as a formula.
func (t *TeacherNetwork) String() string {
	return fmt.Sprintf("(1/%d) sum_i a_i %s, v_i in R^%d", len(t.neurons), t.activation.Formula("<v_i, x>"), t.Rank())
}
