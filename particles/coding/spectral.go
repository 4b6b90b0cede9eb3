package coding

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"

	"kac/internal/rng"
)

// Spectrum is what the theorems ask of a graph's adjacency matrix: its largest eigenvalue (the degree, if it is
// regular), the second largest, and the smallest (minus the largest, if the graph is bipartite).
type Spectrum struct {
	First, Second, Last float64
	// Residual bounds the error of Second and Last: an eigenvalue lies within it of each.
	Residual float64
	Steps    int // products with the adjacency matrix
}

// Gap is First - Second, the lambda of the paper's theorems.
func (s Spectrum) Gap() float64 { return s.First - s.Second }

// Eigenvalues finds the ends of the spectrum by the Lanczos method: only products with the sparse matrix, 6 vectors of
// n numbers. The first eigenvector is known if the graph is regular (all ones) and found by a run of its own otherwise;
// the vectors of the method are kept orthogonal to it, so that the largest eigenvalue which is left is the second. A
// graph that is not connected has Second = First, and the method sees it: the ones of one component are orthogonal to
// no start. Rounding lets the method find eigenvalues more than once, which does no harm to the ends. It stops when the
// residuals are below tolerance, or with an error after steps products.
func (g *Graph) Eigenvalues(ctx context.Context, tolerance float64, steps int) (Spectrum, error) {
	adjacent := g.neighbours()
	first := make([]float64, g.vertices)
	var s Spectrum
	if d := g.Degree(); d > 0 {
		s.First = float64(d)
		for i := range first {
			first[i] = 1 / math.Sqrt(float64(g.vertices))
		}
	} else {
		run, err := lanczos(ctx, adjacent, nil, tolerance*.01, steps, false)
		if err != nil {
			return s, err
		}
		s.First, s.Steps = run.high, run.steps
		if err := run.vector(ctx, adjacent, first); err != nil {
			return s, err
		}
	}
	run, err := lanczos(ctx, adjacent, first, tolerance, steps, true)
	s.Second, s.Last, s.Residual = run.high, run.low, run.residual
	s.Steps += run.steps
	return s, err
}

// lanczosRun is what a run of the method leaves.
type lanczosRun struct {
	high, low, residual float64
	steps               int
	alpha, beta         []float64
	top                 []float64 // the tridiagonal matrix's eigenvector of high
}

// start fills v with random numbers, orthogonal to out, of unit length.
func start(v, out []float64) {
	s := rng.New(1, rng.Probe, 0)
	s.FillNormal(v)
	project(v, out)
	scale(v, 1/norm(v))
}

func lanczos(ctx context.Context, a *neighbours, out []float64, tolerance float64, steps int, both bool) (lanczosRun, error) {
	n := len(a.start) - 1
	v, w, before := make([]float64, n), make([]float64, n), make([]float64, n)
	start(v, out)
	var r lanczosRun
	beta, next := 0.0, 1
	for r.steps < steps {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		a.times(w, v)
		r.steps++
		alpha := dot(w, v)
		for i := range w {
			w[i] -= alpha*v[i] + beta*before[i]
		}
		project(w, out)
		beta = norm(w)
		r.alpha = append(r.alpha, alpha)
		ended := beta < 1e-13*math.Max(1, math.Abs(alpha)) || len(r.alpha) == n
		// The tridiagonal matrix takes the cube of its size: it is looked at now and then.
		if k := len(r.alpha); ended || k >= next || r.steps == steps {
			next = k + 1 + k/4
			r.ends(beta, both)
			if ended {
				r.residual = math.Min(r.residual, beta)
			}
			if ended || r.residual < tolerance {
				return r, nil
			}
		}
		r.beta = append(r.beta, beta)
		before, v, w = v, w, before
		scale(v, 1/beta)
	}
	return r, fmt.Errorf("the spectrum is not known to %.2g after %d products: residual %.2g", tolerance, r.steps, r.residual)
}

// ends finds the extreme eigenvalues of the tridiagonal matrix made so far; |beta times the last entry of its
// eigenvector| is the residual of each.
func (r *lanczosRun) ends(beta float64, both bool) {
	k := len(r.alpha)
	d, e := append([]float64(nil), r.alpha...), make([]float64, k)
	copy(e, r.beta)
	z := make([]float64, k*k)
	for i := range k {
		z[i*k+i] = 1
	}
	if k > 1 {
		lapackgonum.Implementation{}.Dsteqr(lapack.EVTridiag, k, d, e[:k-1], z, k, make([]float64, 2*k-2))
	}
	r.low, r.high = d[0], d[k-1]
	r.residual = math.Abs(beta * z[(k-1)*k+k-1])
	if both {
		r.residual = math.Max(r.residual, math.Abs(beta*z[(k-1)*k]))
	}
	r.top = r.top[:0]
	for i := range k {
		r.top = append(r.top, z[i*k+k-1])
	}
}

// vector runs the same method again and adds its vectors up to the eigenvector of high.
func (r *lanczosRun) vector(ctx context.Context, a *neighbours, sum []float64) error {
	n := len(sum)
	v, w, before := make([]float64, n), make([]float64, n), make([]float64, n)
	start(v, nil)
	beta := 0.0
	for k, c := range r.top {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range sum {
			sum[i] += c * v[i]
		}
		if k == len(r.top)-1 {
			break
		}
		a.times(w, v)
		for i := range w {
			w[i] -= r.alpha[k]*v[i] + beta*before[i]
		}
		beta = r.beta[k]
		before, v, w = v, w, before
		scale(v, 1/beta)
	}
	scale(sum, 1/norm(sum))
	return nil
}

// times makes y = A x.
func (n *neighbours) times(y, x []float64) {
	for v := range y {
		sum := 0.0
		for _, u := range n.to[n.start[v]:n.start[v+1]] {
			sum += x[u]
		}
		y[v] = sum
	}
}

func project(v, out []float64) {
	if out == nil {
		return
	}
	c := dot(v, out)
	for i := range v {
		v[i] -= c * out[i]
	}
}

func dot(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

func scale(x []float64, c float64) {
	for i := range x {
		x[i] *= c
	}
}
