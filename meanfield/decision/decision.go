// Package decision is the decision-estimation coefficient: the ideal regret a round. For a class of mean functions F on
// a set of decisions, a reference fb and a radius eps,
//
//	dec(F, fb) = min over p of max over f in F and fb, with E_p (f - fb)² <= eps², of E_p [gamma max f - f]
//
// p a law on the decisions: one explores so that every mean function which cannot be told from the reference has small
// gamma-regret. Sources: Foster, Golowich, Han, "Tight guarantees for interactive decision making with the
// decision-estimation coefficient", COLT 2023; Glasgow, Rakhlin, arXiv:2303.03327. The one-armed bandit's closed form
// and the algorithms are derived in docs/decision.md.
package decision

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"kac/internal/lp"
	"kac/internal/portable"
)

// Limits of the exact constrained value, which branches over the functions that are excluded.
const (
	MaxFunctions = 20
	MaxDecisions = 200
)

// Class is a finite class: F[f][pi] in [0, 1].
type Class [][]float64

// Check says what is wrong with the class.
func (c Class) Check() error {
	if len(c) == 0 || len(c[0]) == 0 {
		return errors.New("the class is empty")
	}
	if len(c) > MaxFunctions || len(c[0]) > MaxDecisions {
		return fmt.Errorf("%d functions of %d decisions; the exact value is for up to %d and %d", len(c), len(c[0]), MaxFunctions, MaxDecisions)
	}
	for i, row := range c {
		if len(row) != len(c[0]) {
			return fmt.Errorf("row %d has %d numbers, row 1 has %d", i+1, len(row), len(c[0]))
		}
		for j, x := range row {
			if !(x >= 0 && x <= 1) {
				return fmt.Errorf("row %d, column %d is %v; means are from 0 to 1", i+1, j+1, x)
			}
		}
	}
	return nil
}

// Mean is the mean of the class's functions, a reference in its convex hull.
func (c Class) Mean() []float64 {
	m := make([]float64, len(c[0]))
	for _, row := range c {
		for j, x := range row {
			m[j] += x / float64(len(c))
		}
	}
	return m
}

// Value is a coefficient with what attains it.
type Value struct {
	Value    float64
	P        []float64 // law on the decisions
	Active   []int     // functions that attain the maximum; len(F) is the reference
	Excluded []int     // functions told from the reference by P
	Lagrange float64   // an upper bound: the least offset value plus lambda eps²
	Programs int       // linear programs solved
}

// regrets are gamma max f - f for the class and the reference, and distances (f - fb)².
func (c Class) regrets(fb []float64, gamma float64) (g, d [][]float64) {
	for _, f := range append(slices.Clone(c), fb) {
		most := slices.Max(f)
		row, far := make([]float64, len(f)), make([]float64, len(f))
		for j, x := range f {
			row[j] = gamma*most - x
			far[j] = (x - fb[j]) * (x - fb[j])
		}
		g, d = append(g, row), append(d, far)
	}
	return g, d
}

// Offset is min over p of max over f of E_p [gamma max f - f - lambda (f - fb)²]: one linear program.
func (c Class) Offset(fb []float64, gamma, lambda float64) (Value, error) {
	g, d := c.regrets(fb, gamma)
	for i := range g {
		for j := range g[i] {
			g[i][j] -= lambda * d[i][j]
		}
	}
	all := make([]int, len(g))
	for i := range all {
		all[i] = i
	}
	v, err := minimise(g, nil, all, nil, 0)
	if err != nil {
		return v, err
	}
	v.active(g, all)
	return v, nil
}

// minimise is min over p of the largest of E_p g_f over included f, with E_p d_f >= eps² for the excluded ones.
func minimise(g, d [][]float64, included, excluded []int, eps2 float64) (Value, error) {
	n := len(g[0])
	p := lp.Problem{C: make([]float64, n+1), Free: []int{n}}
	p.C[n] = 1
	add := func(row []float64, last float64, r lp.Relation, b float64) {
		p.A = append(append(p.A, row...), last)
		p.Rel, p.B = append(p.Rel, r), append(p.B, b)
	}
	for _, i := range included {
		add(g[i], -1, lp.AtMost, 0)
	}
	for _, i := range excluded {
		add(d[i], 0, lp.AtLeast, eps2)
	}
	ones := make([]float64, n)
	for j := range ones {
		ones[j] = 1
	}
	add(ones, 0, lp.Equal, 1)
	s, err := lp.Solve(p)
	if err != nil {
		return Value{}, err
	}
	return Value{Value: s.Value, P: s.X[:n], Programs: 1}, nil
}

// active are the included functions that attain the value.
func (v *Value) active(g [][]float64, included []int) {
	for _, i := range included {
		if math.Abs(mean(g[i], v.P)-v.Value) < 1e-9 {
			v.Active = append(v.Active, i)
		}
	}
}

func mean(x, p []float64) float64 {
	s := 0.0
	for j := range x {
		s += x[j] * p[j]
	}
	return s
}

// Constrained is the exact coefficient. It is a minimum over sets of excluded functions of linear programs, found by
// branching: a program in which some functions are undecided bounds all its continuations from below; if its solution
// violates an undecided one, which is neither excluded nor below the value, that one is branched on. A function at
// exactly eps counts as excluded, which makes the value the limit from below where it jumps.
func (c Class) Constrained(ctx context.Context, fb []float64, gamma, eps float64) (Value, error) {
	g, d := c.regrets(fb, gamma)
	best := Value{Value: math.Inf(1)}
	programs := 0
	var branch func(included, excluded []int) error
	branch = func(included, excluded []int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		v, err := minimise(g, d, included, excluded, eps*eps)
		programs++
		if errors.Is(err, lp.ErrInfeasible) {
			return nil
		}
		if err != nil {
			return err
		}
		if v.Value >= best.Value-1e-13 {
			return nil
		}
		worst, at := 1e-11, -1
		for i := range c {
			if slices.Contains(included, i) || slices.Contains(excluded, i) {
				continue
			}
			if x := mean(g[i], v.P) - v.Value; x > worst && mean(d[i], v.P) < eps*eps-1e-13 {
				worst, at = x, i
			}
		}
		if at < 0 {
			best = v
			best.Excluded = nil
			var within []int
			for i := range g {
				if i < len(c) && (slices.Contains(excluded, i) || !slices.Contains(included, i) && mean(g[i], v.P) > v.Value+1e-11) {
					best.Excluded = append(best.Excluded, i)
				} else {
					within = append(within, i)
				}
			}
			best.active(g, within)
			return nil
		}
		if err := branch(append(slices.Clone(included), at), excluded); err != nil {
			return err
		}
		return branch(included, append(slices.Clone(excluded), at))
	}
	// The reference is at distance 0: it is never excluded, but where eps is 0.
	if err := branch([]int{len(c)}, nil); err != nil {
		return best, err
	}
	best.Programs = programs
	return best, c.lagrange(ctx, &best, fb, gamma, eps)
}

// lagrange bounds the value by offsets on a grid of lambda from 1e-4 to 1e4, refined around the least, and at 0.
func (c Class) lagrange(ctx context.Context, v *Value, fb []float64, gamma, eps float64) error {
	v.Lagrange = math.Inf(1)
	at := 0.0
	try := func(log float64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		lambda := portable.Exp(log) // 0 at -Inf
		o, err := c.Offset(fb, gamma, lambda)
		if err != nil {
			return err
		}
		if x := o.Value + lambda*eps*eps; x < v.Lagrange {
			v.Lagrange, at = x, log
		}
		return nil
	}
	low, high := math.Log(1e-4), math.Log(1e4)
	step := (high - low) / 64
	for k := range 65 {
		if err := try(low + float64(k)*step); err != nil {
			return err
		}
	}
	for range 12 {
		step /= 2
		for _, log := range [2]float64{at - step, at + step} {
			if err := try(log); err != nil {
				return err
			}
		}
	}
	return try(math.Inf(-1))
}
