// Package lp solves small dense linear programs and returns their dual solutions, which gonum's optimize/convex/lp does
// not.
package lp

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Relation is that of a constraint.
type Relation int

// Relations.
const (
	AtMost Relation = iota
	Equal
	AtLeast
)

// Problem is: minimise C x over x >= 0 with A x (relation) B, row by row. A has len(B) rows of len(C) numbers.
type Problem struct {
	C    []float64
	A    []float64
	Rel  []Relation
	B    []float64
	Free []int // variables without sign
}

// Solution is a vertex that minimises, and a price Y for each constraint: Y B = C X, Y A <= C (equal for free
// variables), and Y is at most 0 for AtMost, at least 0 for AtLeast.
type Solution struct {
	X, Y  []float64
	Value float64
}

// Errors.
var (
	ErrInfeasible = errors.New("no point satisfies the constraints")
	ErrUnbounded  = errors.New("the objective has no lower bound")
)

// tiny is what counts as 0 in a tableau whose entries are near 1.
const tiny = 1e-11

// Solve uses the two-phase simplex method on a dense tableau. It enters the most negative reduced cost, and after a run
// of steps without progress the first negative one (Bland's rule), under which no basis comes back. At the end the
// basis is factorised afresh, so that solution and prices have the error of one linear system and not that of all
// steps.
func Solve(p Problem) (Solution, error) {
	m, n := len(p.B), len(p.C)
	if len(p.A) != m*n || len(p.Rel) != m {
		return Solution{}, fmt.Errorf("%d coefficients and %d relations for %d constraints of %d variables", len(p.A), len(p.Rel), m, n)
	}
	for _, list := range [][]float64{p.C, p.A, p.B} {
		for _, x := range list {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return Solution{}, fmt.Errorf("a coefficient is %v", x)
			}
		}
	}
	t := newTableau(p)
	if err := t.run(t.phase1); err != nil {
		return Solution{}, err
	}
	if t.artificials() > 1e-9*t.scale {
		return Solution{}, ErrInfeasible
	}
	t.closed = t.first // artificial columns may not come back
	if err := t.run(t.cost); err != nil {
		return Solution{}, err
	}
	return t.solution()
}

// tableau has columns: variables, second halves of free ones, slacks, artificials.
type tableau struct {
	p      Problem
	m, n   int // rows, variables of the problem
	cols   int
	first  int // first artificial column
	closed int // columns from here on may not enter
	a      []float64
	b      []float64
	full   []float64 // the columns as they were
	rhs    []float64
	sign   []float64 // of each row: rows are turned so that rhs >= 0
	basis  []int
	cost   []float64
	phase1 []float64
	scale  float64
	halves map[int]int // second half of a free variable
}

func newTableau(p Problem) *tableau {
	t := &tableau{p: p, m: len(p.B), n: len(p.C), halves: map[int]int{}, scale: 1}
	t.cols = t.n
	for _, j := range p.Free {
		t.halves[j] = t.cols
		t.cols++
	}
	slack := make([]int, t.m)
	for i, r := range p.Rel {
		slack[i] = -1
		if r != Equal {
			slack[i] = t.cols
			t.cols++
		}
	}
	t.first = t.cols
	t.cols += t.m
	t.closed = t.cols
	t.full, t.rhs, t.sign, t.basis = make([]float64, t.m*t.cols), make([]float64, t.m), make([]float64, t.m), make([]int, t.m)
	t.cost, t.phase1 = make([]float64, t.cols), make([]float64, t.cols)
	copy(t.cost, p.C)
	for j, h := range t.halves {
		t.cost[h] = -p.C[j]
	}
	for i := range t.m {
		row := t.full[i*t.cols : (i+1)*t.cols]
		copy(row, p.A[i*t.n:(i+1)*t.n])
		for j, h := range t.halves {
			row[h] = -row[j]
		}
		switch p.Rel[i] {
		case AtMost:
			row[slack[i]] = 1
		case AtLeast:
			row[slack[i]] = -1
		}
		t.rhs[i], t.sign[i] = p.B[i], 1
		t.scale = math.Max(t.scale, math.Abs(p.B[i]))
		if t.rhs[i] < 0 {
			t.sign[i] = -1
			t.rhs[i] = -t.rhs[i]
			for j := range row {
				row[j] = -row[j]
			}
		}
		row[t.first+i] = 1
		t.phase1[t.first+i] = 1
		t.basis[i] = t.first + i
		// A slack of the right sign is a basis by itself.
		if slack[i] >= 0 && row[slack[i]] == 1 {
			t.basis[i] = slack[i]
		}
	}
	t.a, t.b = append([]float64(nil), t.full...), append([]float64(nil), t.rhs...)
	return t
}

// run makes pivots until no reduced cost is negative.
func (t *tableau) run(cost []float64) error {
	reduced := make([]float64, t.cols)
	still, limit := 0, 200*(t.m+t.cols)+10_000
	for step := 0; ; step++ {
		copy(reduced, cost)
		for i, k := range t.basis {
			if c := cost[k]; c != 0 {
				for j, x := range t.a[i*t.cols : (i+1)*t.cols] {
					reduced[j] -= c * x
				}
			}
		}
		enter, least := -1, -1e-10
		for j := range t.closed {
			if reduced[j] < least {
				enter = j
				if still > 2*t.m+20 {
					break // Bland
				}
				least = reduced[j]
			}
		}
		if enter < 0 {
			return nil
		}
		leave, ratio := -1, math.Inf(1)
		for i := range t.m {
			x := t.a[i*t.cols+enter]
			if t.basis[i] >= t.first && t.closed == t.first && math.Abs(x) > tiny && t.b[i] <= tiny {
				leave, ratio = i, 0 // an artificial that stayed at 0 must not grow
				break
			}
			if x <= tiny {
				continue
			}
			if r := t.b[i] / x; r < ratio-1e-14 || r < ratio+1e-14 && leave >= 0 && t.basis[i] < t.basis[leave] {
				leave, ratio = i, r
			}
		}
		if leave < 0 {
			return ErrUnbounded
		}
		if still++; ratio > 1e-13 {
			still = 0
		}
		if step > limit {
			return fmt.Errorf("the simplex method has not ended after %d steps", step)
		}
		t.pivot(leave, enter)
	}
}

func (t *tableau) pivot(leave, enter int) {
	row := t.a[leave*t.cols : (leave+1)*t.cols]
	p := row[enter]
	for j := range row {
		row[j] /= p
	}
	t.b[leave] /= p
	for i := range t.m {
		other := t.a[i*t.cols : (i+1)*t.cols]
		f := other[enter]
		if i == leave || f == 0 {
			continue
		}
		for j := range other {
			other[j] -= f * row[j]
		}
		other[enter] = 0
		if t.b[i] -= f * t.b[leave]; t.b[i] < 0 && t.b[i] > -tiny {
			t.b[i] = 0
		}
	}
	t.basis[leave] = enter
}

// artificials is how much of them is left.
func (t *tableau) artificials() float64 {
	sum := 0.0
	for i, k := range t.basis {
		if k >= t.first {
			sum += t.b[i]
		}
	}
	return sum
}

// solution solves B x = b and B^T y = c for the basis columns B.
func (t *tableau) solution() (Solution, error) {
	s := Solution{X: make([]float64, t.n), Y: make([]float64, t.m)}
	b, c := mat.NewDense(t.m, t.m, nil), mat.NewVecDense(t.m, nil)
	for k, j := range t.basis {
		for i := range t.m {
			b.Set(i, k, t.full[i*t.cols+j])
		}
		c.SetVec(k, t.cost[j])
	}
	var lu mat.LU
	lu.Factorize(b)
	x, y := mat.NewVecDense(t.m, nil), mat.NewVecDense(t.m, nil)
	var condition mat.Condition
	if err := lu.SolveVecTo(x, false, mat.NewVecDense(t.m, t.rhs)); err != nil && !errors.As(err, &condition) {
		return s, fmt.Errorf("solving for the basis: %w", err)
	}
	if err := lu.SolveVecTo(y, true, c); err != nil && !errors.As(err, &condition) {
		return s, fmt.Errorf("solving for the prices: %w", err)
	}
	values := make([]float64, t.cols)
	for k, j := range t.basis {
		values[j] = x.AtVec(k)
	}
	for j := range t.n {
		s.X[j] = values[j]
		if h, free := t.halves[j]; free {
			s.X[j] -= values[h]
		} else if s.X[j] < 0 {
			s.X[j] = 0 // rounding
		}
		s.Value += t.p.C[j] * s.X[j]
	}
	for i := range t.m {
		s.Y[i] = t.sign[i] * y.AtVec(i)
	}
	return s, nil
}
