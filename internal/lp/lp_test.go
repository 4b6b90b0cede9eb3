package lp

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	peer "gonum.org/v1/gonum/optimize/convex/lp"
)

// check holds a solution to its certificate: it is feasible, its prices are, and both have one value. No other program
// is needed to know that it is right.
func check(t *testing.T, p Problem, s Solution) {
	t.Helper()
	n := len(p.C)
	free := map[int]bool{}
	for _, j := range p.Free {
		free[j] = true
	}
	worst, dual, scale := 0.0, 0.0, 1.0
	for _, x := range s.X {
		scale = math.Max(scale, math.Abs(x))
	}
	for _, y := range s.Y {
		scale = math.Max(scale, math.Abs(y))
	}
	for i, b := range p.B {
		sum := 0.0
		for j, x := range s.X {
			sum += p.A[i*n+j] * x
		}
		y := s.Y[i]
		switch p.Rel[i] {
		case AtMost:
			worst = max(worst, sum-b, y)
		case AtLeast:
			worst = max(worst, b-sum, -y)
		case Equal:
			worst = max(worst, math.Abs(sum-b))
		}
		dual += y * b
	}
	for j, c := range p.C {
		sum := 0.0
		for i := range p.B {
			sum += s.Y[i] * p.A[i*n+j]
		}
		if free[j] {
			worst = max(worst, math.Abs(sum-c))
		} else {
			worst = max(worst, sum-c, -s.X[j])
		}
	}
	if worst > 1e-8*scale || math.Abs(dual-s.Value) > 1e-8*scale*(1+math.Abs(s.Value)) {
		t.Errorf("violated by %.2g, values %v and %v", worst, s.Value, dual)
	}
}

// 10 000 random feasible programs in standard form against gonum's solver, where that finds an answer.
func TestAgainstGonum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	agreed := 0
	for k := range 10_000 {
		m := 1 + r.IntN(6)
		n := m + 1 + r.IntN(8)
		p := Problem{C: make([]float64, n), A: make([]float64, m*n), B: make([]float64, m), Rel: make([]Relation, m)}
		for i := range p.A {
			p.A[i] = math.Round(10*r.NormFloat64()) / 4
		}
		x := make([]float64, n)
		for j := range x {
			p.C[j] = r.Float64() // bounded below by 0
			if r.IntN(2) == 0 {
				x[j] = r.Float64()
			}
		}
		for i := range m {
			p.Rel[i] = Equal
			for j := range n {
				p.B[i] += p.A[i*n+j] * x[j]
			}
		}
		s, err := Solve(p)
		if err != nil {
			t.Fatalf("program %d: %v", k, err)
		}
		check(t, p, s)
		value, _, err := peer.Simplex(p.C, mat.NewDense(m, n, p.A), p.B, 1e-10, nil)
		if err != nil {
			continue // it calls some of them infeasible or singular
		}
		agreed++
		if math.Abs(value-s.Value) > 1e-7*(1+math.Abs(value)) {
			t.Errorf("program %d: %v, gonum %v", k, s.Value, value)
		}
	}
	if agreed < 8000 {
		t.Errorf("gonum solved only %d", agreed)
	}
}

// Inequalities, free variables, degenerate and empty programs, by their certificates.
func TestCertificates(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		m, n := 1+r.IntN(9), 1+r.IntN(9)
		p := Problem{C: make([]float64, n), A: make([]float64, m*n), B: make([]float64, m), Rel: make([]Relation, m)}
		x := make([]float64, n)
		for j := range x {
			x[j] = float64(r.IntN(3))
			if r.IntN(4) == 0 {
				p.Free = append(p.Free, j)
				x[j] -= 1
			}
		}
		for i := range p.A {
			p.A[i] = float64(r.IntN(7) - 3)
		}
		y := make([]float64, m) // prices that are feasible: the program is bounded
		for i := range m {
			p.Rel[i] = Relation(r.IntN(3))
			for j := range n {
				p.B[i] += p.A[i*n+j] * x[j]
			}
			switch p.Rel[i] {
			case AtMost:
				p.B[i] += float64(r.IntN(2))
				y[i] = -float64(r.IntN(3))
			case AtLeast:
				p.B[i] -= float64(r.IntN(2))
				y[i] = float64(r.IntN(3))
			case Equal:
				y[i] = float64(r.IntN(5) - 2)
			}
		}
		free := map[int]bool{}
		for _, j := range p.Free {
			free[j] = true
		}
		for j := range n {
			for i := range m {
				p.C[j] += y[i] * p.A[i*n+j]
			}
			if !free[j] {
				p.C[j] += float64(r.IntN(2))
			}
		}
		s, err := Solve(p)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		check(t, p, s)
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		p    Problem
		want error
	}{
		"infeasible":       {Problem{C: []float64{1}, A: []float64{1, 1}, Rel: []Relation{AtLeast, AtMost}, B: []float64{2, 1}}, ErrInfeasible},
		"equations differ": {Problem{C: []float64{0, 0}, A: []float64{1, 1, 1, 1}, Rel: []Relation{Equal, Equal}, B: []float64{1, 2}}, ErrInfeasible},
		"unbounded":        {Problem{C: []float64{-1, 0}, A: []float64{1, -1}, Rel: []Relation{AtMost}, B: []float64{1}}, ErrUnbounded},
		"free":             {Problem{C: []float64{1}, A: []float64{1}, Rel: []Relation{AtMost}, B: []float64{1}, Free: []int{0}}, ErrUnbounded},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Solve(c.p); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	if _, err := Solve(Problem{C: []float64{1}, A: []float64{math.NaN()}, Rel: []Relation{Equal}, B: []float64{1}}); err == nil {
		t.Error("NaN is taken")
	}
	if _, err := Solve(Problem{C: []float64{1}, A: []float64{1, 2}, Rel: []Relation{Equal}, B: []float64{1}}); err == nil {
		t.Error("a wrong shape is taken")
	}
	// Redundant equations are no error.
	s, err := Solve(Problem{C: []float64{1, 2}, A: []float64{1, 1, 2, 2}, Rel: []Relation{Equal, Equal}, B: []float64{1, 2}})
	if err != nil || math.Abs(s.Value-1) > 1e-12 {
		t.Error(s, err)
	}
}
