package coding

import (
	"context"
	"fmt"
	"math"

	"kac/internal/portable"
)

// Limit is the decoding error of the optimal decoder on the infinite random d-regular graph whose edges (machines) are
// lost independently with probability p.
type Limit struct {
	Error float64 // lim (1/n) E|alpha - 1|²
	Wrong float64 // estimate of how wrong Error is: the sum's tail and rounding
	// Finite is the probability that a block's component is finite; blocks of the infinite component decode exactly.
	Finite float64
	Summed float64 // the part of Finite that the summed trees have
	Size   int     // trees of up to so many blocks were summed
}

// MaxDegree bounds the degree of Solve.
const MaxDegree = 10_000

// maxSize bounds the trees; the sum's cost grows like its power 3/2.
const maxSize = 1 << 15

// ToleranceError says that the tolerance cannot be met, and what can.
type ToleranceError struct{ Tolerance, Reached float64 }

func (e *ToleranceError) Error() string {
	return fmt.Sprintf("the limit's error cannot be brought below %.3g; %.2g can be reached", e.Tolerance, e.Reached)
}

// Solve sums the limit to the given absolute tolerance.
//
// With q = 1-p, a block's component is a given tree of a blocks on its own side (the block itself among them) and b on
// the other with probability q^(a+b-1) p^((d-2)(a+b)+2): every block has d edges, a+b-1 of them are kept, and the
// others lost. By Lagrange's inversion of T(x,y) = x (p + q T(y,x))^(d-1) there are
//
//	t(1,b) = C(d,b),    t(a,b) = d (d-1)/(a-1) C((d-1) a, b-1) C((d-1) b - 1, a-2)   (a >= 2)
//
// such trees, and the error is sum over a, b of P(a,b) ((a-b)/(a+b))². Components that are not finite have odd cycles
// and no error. Derived in docs/mathematics.md (6.2), (6.3); iterating T gives the same numbers.
//
// The terms of trees of n blocks fall like n^(-5/2) rho^n, rho = q p^(d-2) (d-1)^(d-1)/(d-2)^(d-2) <= 1, and rho = 1
// where the infinite component appears, q (d-1) = 1. What follows the last term is added by that law, and half the
// sum's length with its own tail gives the estimate of the error.
func Solve(ctx context.Context, degree int, p, tolerance float64) (Limit, error) {
	if degree < 1 || degree > MaxDegree {
		return Limit{}, fmt.Errorf("a graph of degree %d; allowed are 1 to %d", degree, MaxDegree)
	}
	if !(p >= 0 && p < 1) {
		return Limit{}, fmt.Errorf("a straggler probability of %v; it is at least 0 and below 1", p)
	}
	switch {
	case p == 0:
		return Limit{}, nil
	case degree == 1: // pairs of blocks: lost, both get 0
		return Limit{Error: p, Finite: 1, Summed: 1, Size: 2}, nil
	case degree == 2: // paths; those of an even number of blocks have no error: sum of p² q^(n-1)/n over odd n
		return Limit{Error: p * p * math.Atanh(1-p) / (1 - p), Finite: 1, Summed: 1, Wrong: 1e-15}, nil
	}
	t := newTrees(degree, p)
	l := Limit{Finite: finite(degree, p)}
	half := math.NaN() // the value at half the length
	next := 64
	last := 0.0
	for n := 1; ; n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return l, ctx.Err()
		}
		mass, term := t.size(n)
		l.Summed += mass
		l.Error += term
		before := last
		last = term
		if n < next {
			continue
		}
		tail := (term + before) / 2 * t.after(n) // trees of odd and even numbers of blocks may differ
		value := l.Error + tail
		// Rounding: logarithms of factorials of up to d n are rounded to 1e-16 of themselves.
		rounding := 4e-16 * (1 + t.largest(16)) * value
		wrong := tail + rounding
		if !math.IsNaN(half) {
			wrong = math.Min(wrong, math.Abs(value-half)) + rounding
		}
		half = value
		if wrong <= tolerance || 2*n > maxSize {
			l.Error, l.Wrong, l.Size = value, wrong, n
			if wrong > tolerance {
				return l, &ToleranceError{tolerance, wrong}
			}
			return l, nil
		}
		next = 2 * n
	}
}

// finite is the probability that a component is finite: (p + q u)^d, u the least root of u = (p + q u)^(d-1). Newton's
// steps from 0 rise to it, since the function is convex.
func finite(d int, p float64) float64 {
	q, e := 1-p, float64(d)
	if q*(e-1) <= 1 {
		return 1
	}
	u := 0.0
	for range 200 {
		f := p + q*u
		g := portable.Pow(f, e-1)
		step := (g - u) / (1 - q*(e-1)*g/f)
		if !(step > 0) {
			break
		}
		u += step
	}
	return portable.Pow(p+q*u, e)
}

// trees are the laws of finite components.
type trees struct {
	d          int
	logP, logQ float64
	logRho     float64
	factorial  []float64 // logarithms
}

func newTrees(d int, p float64) *trees {
	t := &trees{d: d, logP: math.Log(p), logQ: math.Log1p(-p)}
	e := float64(d)
	t.logRho = t.logQ + (e-2)*t.logP + (e-1)*math.Log(e-1)
	if d > 2 {
		t.logRho -= (e - 2) * math.Log(e-2)
	}
	t.logRho = math.Min(t.logRho, 0)
	return t
}

// choose is log C(n, k), and whether it is above 0.
func (t *trees) choose(n, k int) (float64, bool) {
	if k < 0 || k > n {
		return 0, false
	}
	for len(t.factorial) <= n {
		x, _ := math.Lgamma(float64(len(t.factorial) + 1))
		t.factorial = append(t.factorial, x)
	}
	return t.factorial[n] - t.factorial[k] - t.factorial[n-k], true
}

func (t *trees) largest(n int) float64 {
	x, _ := math.Lgamma(float64(t.d*n + 1))
	return x
}

// size returns the probability of components of n blocks, and their part of the error. The law of a is near a normal
// one around n/2; it is summed from there to both sides, until its terms are lost against what is summed.
func (t *trees) size(n int) (mass, term float64) {
	for _, side := range [2]struct{ from, step int }{{(n + 1) / 2, 1}, {(n+1)/2 - 1, -1}} {
		for a := side.from; a >= 1 && a <= n; a += side.step {
			p := t.probability(a, n-a)
			mass += p
			x := float64(2*a-n) / float64(n)
			term += p * x * x
			if far := max(a-side.from, side.from-a); n > 64 && far > 8 && p < 1e-18*mass {
				break
			}
		}
	}
	return mass, term
}

// probability of a component of a blocks on the block's side and b on the other.
func (t *trees) probability(a, b int) float64 {
	log := float64(a+b-1)*t.logQ + float64((t.d-2)*(a+b)+2)*t.logP
	if b == 0 {
		if a > 1 {
			return 0
		}
		return portable.Exp(float64(t.d) * t.logP)
	}
	if a == 1 {
		c, ok := t.choose(t.d, b)
		if !ok {
			return 0
		}
		return portable.Exp(log + c)
	}
	c, ok := t.choose((t.d-1)*a, b-1)
	if !ok {
		return 0
	}
	e, ok := t.choose((t.d-1)*b-1, a-2)
	if !ok {
		return 0
	}
	return float64(t.d) * float64(t.d-1) / float64(a-1) * portable.Exp(log+c+e)
}

// after is the sum of the terms after n over the term n, by n^(-5/2) rho^n.
func (t *trees) after(n int) float64 {
	sum := 0.0
	// The terms are summed one by one, then in blocks that double, by the midpoint.
	x, width := float64(n)+1, 1.0
	for {
		mid := x + (width-1)/2
		add := width * portable.Pow(float64(n)/mid, 2.5) * portable.Exp((mid-float64(n))*t.logRho)
		sum += add
		if add < 1e-6*sum || x > 1e12 {
			return sum
		}
		x += width
		if x > float64(n)+64 {
			width = math.Max(1, math.Floor((x-float64(n))/32))
		}
	}
}

// Fixed is the exact mean error of decoding a d-regular code with the weight 1/(d (1-p)), p/(d (1-p)), for any number
// of blocks.
func Fixed(degree, p float64) float64 { return p / (degree * (1 - p)) }

// Uncoded is that of one block a machine, made unbiased by the weight 1/(1-p): p/(1-p).
func Uncoded(p float64) float64 { return p / (1 - p) }

// Fractional is that of d machines that share the same blocks, decoded optimally: a block is lost with all its
// machines, p^d.
func Fractional(degree int, p float64) float64 { return portable.Pow(p, float64(degree)) }
