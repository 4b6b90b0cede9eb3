package localsgd

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
	"kac/internal/rng"
)

// dense is how many products the matrix of a dense method may take: a tenth of a second.
const dense = 1e8

// curvatures are products with the matrix sum_i w_i a_i a_i' of samples i.
type curvatures struct {
	f       *Logistic
	samples []int
	weights []float64 // one a sample
}

// times adds the product with v to dst.
func (c *curvatures) times(ctx context.Context, dst, v []float64) error {
	every := 1<<20/len(v) + 1
	for k, i := range c.samples {
		if k%every == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		a := c.f.inputs[i*c.f.dim : (i+1)*c.f.dim]
		addScaled(dst, c.weights[k]*inner(a, v), a)
	}
	return nil
}

// matrix is the matrix itself, d x d.
func (c *curvatures) matrix(ctx context.Context) (*mat.SymDense, error) {
	d := c.f.dim
	h := mat.NewSymDense(d, nil)
	for k, i := range c.samples {
		if k%256 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		h.SymRankOne(h, c.weights[k], mat.NewVecDense(d, c.f.inputs[i*d:(i+1)*d]))
	}
	return h, nil
}

// inner is a'v in four sums: one sum alone waits for its additions.
func inner(a, v []float64) float64 {
	var s0, s1, s2, s3 float64
	v = v[:len(a)]
	j := 0
	for ; j+4 <= len(a); j += 4 {
		s0 += float64(a[j] * v[j])
		s1 += float64(a[j+1] * v[j+1])
		s2 += float64(a[j+2] * v[j+2])
		s3 += float64(a[j+3] * v[j+3])
	}
	for ; j < len(a); j++ {
		s0 += float64(a[j] * v[j])
	}
	return (s0 + s1) + (s2 + s3)
}

func addScaled(dst []float64, by float64, a []float64) {
	dst = dst[:len(a)]
	for j, x := range a {
		dst[j] += float64(by * x)
	}
}

// measure finds H.
func (f *Logistic) measure(ctx context.Context) error {
	for _, share := range f.shares {
		c := curvatures{f, share, make([]float64, len(share))}
		for k := range c.weights {
			c.weights[k] = .25 / float64(len(share))
		}
		largest, err := c.largest(ctx)
		if err != nil {
			return err
		}
		f.smooth = math.Max(f.smooth, largest+f.mu)
	}
	return nil
}

// largest is the largest eigenvalue. Beyond what dense methods can do it is the largest Ritz value of Lanczos' method
// with full orthogonalisation plus its residual, once that is below 1e-8 of it: not less than an eigenvalue nearby.
func (c *curvatures) largest(ctx context.Context) (float64, error) {
	d := c.f.dim
	if float64(d)*float64(d)*float64(max(d, len(c.samples))) <= dense {
		h, err := c.matrix(ctx)
		if err != nil {
			return 0, err
		}
		var e mat.EigenSym
		if !e.Factorize(h, false) {
			return 0, errors.New("the eigenvalues of a client's samples were not found")
		}
		return e.Values(nil)[d-1], nil
	}
	const most = 1000
	v := make([]float64, d)
	rng.Normal(0, rng.Probe, 0, v)
	scale(v, 1/math.Sqrt(inner(v, v)))
	var basis [][]float64
	var diagonal, beside []float64
	for {
		basis = append(basis, v)
		w := make([]float64, d)
		if err := c.times(ctx, w, v); err != nil {
			return 0, err
		}
		diagonal = append(diagonal, inner(w, v))
		for range 2 {
			for _, u := range basis {
				addScaled(w, -inner(w, u), u)
			}
		}
		length := math.Sqrt(inner(w, w))
		n := len(basis)
		if last := n == d || n == most || length <= 1e-14*diagonal[0]; last || n%16 == 0 {
			value, residual, err := ritz(diagonal, beside, length)
			if err != nil || last || residual <= 1e-8*value {
				return value + residual, err
			}
		}
		beside = append(beside, length)
		scale(w, 1/length)
		v = w
	}
}

// ritz is the largest eigenvalue of a tridiagonal matrix, and what is left of its vector outside: length times the last
// component.
func ritz(diagonal, beside []float64, length float64) (value, residual float64, err error) {
	n := len(diagonal)
	t := mat.NewSymDense(n, nil)
	for k, x := range diagonal {
		t.SetSym(k, k, x)
		if k < n-1 {
			t.SetSym(k, k+1, beside[k])
		}
	}
	var e mat.EigenSym
	if !e.Factorize(t, true) {
		return 0, 0, errors.New("the eigenvalues of a tridiagonal matrix were not found")
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	return e.Values(nil)[n-1], length * math.Abs(vectors.At(n-1, n-1)), nil
}

func scale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}

// newton finds x*, with halved steps where F does not fall.
func (f *Logistic) newton(ctx context.Context) error {
	d := f.dim
	h := curvatures{f: f}
	for _, share := range f.shares {
		h.samples = append(h.samples, share...)
	}
	h.weights = make([]float64, len(h.samples))
	x, g := make([]float64, d), make([]float64, d)
	value, err := f.pass(ctx, x, g, h.weights)
	if err != nil {
		return err
	}
	first := math.Sqrt(inner(g, g))
	for range 200 {
		size := math.Sqrt(inner(g, g))
		if !(size > 1e-12*first) {
			f.optimum, f.least = x, f.Value(x)
			return nil
		}
		var step []float64
		if float64(len(h.samples))*float64(d)*float64(d) <= dense {
			step, err = h.solve(ctx, g)
		} else {
			step, err = h.iterate(ctx, g, math.Min(.1, size/first))
		}
		if err != nil {
			return err
		}
		before, length := value, 1.0
		next := make([]float64, d)
		for range 50 {
			for j := range next {
				next[j] = x[j] - float64(length*step[j])
			}
			if value, err = f.pass(ctx, next, g, h.weights); err != nil {
				return err
			}
			if value <= before+1e-15*math.Abs(before) {
				break
			}
			length /= 2
		}
		x = next
		if inner(x, x) > 1e12 {
			return ErrNewton
		}
	}
	return ErrNewton
}

// pass goes once through all samples: F(x), its gradient, and the weights of its Hessian less mu I.
func (f *Logistic) pass(ctx context.Context, x, gradient, weights []float64) (value float64, err error) {
	clear(gradient)
	every := 1<<20/f.dim + 1
	k := 0
	for _, share := range f.shares {
		part := 1 / float64(len(share)) / float64(len(f.shares))
		for _, i := range share {
			if k%every == 0 {
				if err := ctx.Err(); err != nil {
					return 0, err
				}
			}
			a := f.inputs[i*f.dim : (i+1)*f.dim]
			z := f.labels[i] * inner(a, x)
			down := sigmoid(-z)
			value += part * (math.Max(-z, 0) + math.Log1p(portable.Exp(-math.Abs(z))))
			addScaled(gradient, -part*f.labels[i]*down, a)
			weights[k] = part * down * sigmoid(z)
			k++
		}
	}
	addScaled(gradient, f.mu, x)
	return value + f.mu/2*inner(x, x), nil
}

// solve is (matrix + mu I)^{-1} g, by Cholesky factors.
func (c *curvatures) solve(ctx context.Context, g []float64) ([]float64, error) {
	d := c.f.dim
	h, err := c.matrix(ctx)
	if err != nil {
		return nil, err
	}
	for j := range d {
		h.SetSym(j, j, h.At(j, j)+c.f.mu)
	}
	var factors mat.Cholesky
	if !factors.Factorize(h) {
		return nil, ErrNewton
	}
	step := make([]float64, d)
	if err := factors.SolveVecTo(mat.NewVecDense(d, step), mat.NewVecDense(d, g)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNewton, err)
	}
	return step, nil
}

// iterate is solve by conjugate gradients, scaled by the diagonal, until the residual is the given share of g. What it
// has when it takes too long still leads down.
func (c *curvatures) iterate(ctx context.Context, g []float64, share float64) ([]float64, error) {
	d, mu := c.f.dim, c.f.mu
	diagonal := make([]float64, d)
	for k, i := range c.samples {
		for j, x := range c.f.inputs[i*d : (i+1)*d] {
			diagonal[j] += float64(c.weights[k] * x * x)
		}
	}
	x, r, z, p, q := make([]float64, d), make([]float64, d), make([]float64, d), make([]float64, d), make([]float64, d)
	copy(r, g)
	goal := share * math.Sqrt(inner(g, g))
	last := 0.0
	for k := range 10*min(d, len(c.samples)) + 100 {
		for j, v := range r {
			z[j] = v / (diagonal[j] + mu)
		}
		now := inner(r, z)
		for j, v := range z {
			if k > 0 {
				v += float64(now / last * p[j])
			}
			p[j] = v
		}
		last = now
		clear(q)
		if err := c.times(ctx, q, p); err != nil {
			return nil, err
		}
		addScaled(q, mu, p)
		length := now / inner(p, q)
		addScaled(x, length, p)
		addScaled(r, -length, q)
		if !(inner(r, r) > goal*goal) {
			break
		}
	}
	return x, nil
}
