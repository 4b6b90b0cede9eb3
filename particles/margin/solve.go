package margin

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/kernels"
)

// ErrSingular says that noise vectors are linearly dependent to rounding.
var ErrSingular = errors.New("the noise vectors are linearly dependent to rounding")

// Solution is the solution of
//
//	min over c >= 0 of  c'Nc/2 - 1'c
//
// whose points with c > 0 are the support vectors: v = sum_i c_i xi_i, scaled, has the largest least value of v'xi_i.
type Solution struct {
	C       []float64
	Q       float64 // 1'c
	Support int     // positive c
	Rounds  int     // factorisations
	// Residual is the largest violation of the conditions of optimality (Karush, Kuhn, Tucker) of the classifier, whose
	// value on a point is to be 1 where c > 0 and at least 1 elsewhere.
	Residual float64
}

// Solve is exact to rounding: it guesses the support, all points at first, solves for it by Cholesky's factorisation
// (gonum's), and corrects the guess where c < 0 or a value is below 1: all such points at once while that makes them
// fewer, else the last one alone, which ends (Júdice and Pires, doi:10.1016/0305-0548(94)90106-6). A step of iterative
// refinement brings the residual to rounding. N is n x n and not changed.
func Solve(ctx context.Context, gram []float64, n int) (*Solution, error) {
	in := make([]bool, n)
	for i := range in {
		in[i] = true
	}
	s := &Solution{C: make([]float64, n)}
	values := make([]float64, n) // N c
	least, patience := n+1, 3
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.Rounds++
		if err := s.on(ctx, gram, n, in); err != nil {
			return nil, err
		}
		times(values, gram, s.C)
		var wrong []int
		for i := range n {
			if in[i] && s.C[i] <= 0 || !in[i] && values[i] < 1-tiny {
				wrong = append(wrong, i)
			}
		}
		switch {
		case len(wrong) == 0:
			return s, s.finish(values, in)
		case len(wrong) < least:
			least, patience = len(wrong), 3
		case patience > 0:
			patience--
		default:
			wrong = wrong[len(wrong)-1:]
		}
		if s.Rounds > 100*n+100 {
			return nil, fmt.Errorf("no support was found in %d rounds", s.Rounds)
		}
		for _, i := range wrong {
			in[i] = !in[i]
		}
	}
}

// tiny is what rounding may take from a value of 1.
const tiny = 1e-13

// on solves for the points of a support; elsewhere c is 0.
func (s *Solution) on(ctx context.Context, gram []float64, n int, in []bool) error {
	var index []int
	for i, yes := range in {
		if yes {
			index = append(index, i)
		}
	}
	k := len(index)
	clear(s.C)
	if k == 0 {
		return nil
	}
	part := gram
	if k < n {
		part = make([]float64, k*k)
		for a, i := range index {
			for b, j := range index {
				part[a*k+b] = gram[i*n+j]
			}
		}
	}
	factor, err := factorise(ctx, part, k)
	if err != nil {
		return err
	}
	c, r, step := make([]float64, k), make([]float64, k), make([]float64, k)
	for i := range r {
		r[i] = 1
	}
	for range 3 { // the first solves, the others refine
		if err := factor.SolveVecTo(mat.NewVecDense(k, step), mat.NewVecDense(k, r)); err != nil && !wellEnough(err) {
			return fmt.Errorf("%w: %w", ErrSingular, err)
		}
		for i := range c {
			c[i] += step[i]
		}
		times(r, part, c)
		for i := range r {
			r[i] = 1 - r[i]
		}
	}
	for a, i := range index {
		s.C[i] = c[a]
	}
	return nil
}

// factorise is Cholesky's factorisation, of which 5000 points take many seconds: when the context ends it is left to
// itself.
func factorise(ctx context.Context, gram []float64, n int) (*mat.Cholesky, error) {
	var factor mat.Cholesky
	done := make(chan bool, 1)
	go func() { done <- factor.Factorize(mat.NewSymDense(n, gram)) }()
	select {
	case ok := <-done:
		if !ok {
			return nil, ErrSingular
		}
		return &factor, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// wellEnough: gonum calls matrices badly conditioned from 1e16 on; the residual says what came of it.
func wellEnough(err error) bool {
	var condition mat.Condition
	return errors.As(err, &condition)
}

func (s *Solution) finish(values []float64, in []bool) error {
	s.Q = kernels.Sum(s.C)
	// The classifier's c is c/(1+q), its value on point i is ((N c)_i + q)/(1 + q).
	for i, v := range values {
		off := (v - 1) / (1 + s.Q)
		if in[i] {
			s.Support++
			off = math.Abs(off)
		} else {
			off = math.Max(-off, 0)
		}
		s.Residual = math.Max(s.Residual, off)
	}
	if !(s.Residual < MaxResidual) {
		return fmt.Errorf("%w: the conditions of optimality are violated by %.2g, allowed is %.0g", ErrSingular, s.Residual, MaxResidual)
	}
	return nil
}

// MaxResidual is the largest residual of a solution that Solve returns.
const MaxResidual = 1e-12

// times sets y = N c.
func times(y, gram, c []float64) {
	n := len(c)
	for i := range y {
		y[i] = kernels.Dot(gram[i*n:(i+1)*n], c)
	}
}
