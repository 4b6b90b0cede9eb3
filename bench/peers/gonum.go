package main

import (
	"math"
	"unsafe"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"kac/kernels"
)

// gonumBlock is the number of samples in a block, as in the Python libraries.
func gonumBlock[T kernels.Float](m int) int {
	var element T
	return min(max(2<<20/(m*int(unsafe.Sizeof(element))), 64), 512)
}

// newGonum is the work on gonum's products, in blocks of samples, with the element operations as Go loops.
func newGonum() *inProcess {
	return &inProcess{
		title: "gonum", release: moduleVersion("gonum.org/v1/gonum"),
		prepare: func(w work, d data) (func(), func() []float64) {
			if w.operation == "ridge" {
				out := make([]float64, w.m)
				return func() { gonumRidge(out, d.x, d.w, d.y, w) }, func() []float64 { return out }
			}
			if w.typ == "f32" {
				return prepareGonum[float32](w, d)
			}
			return prepareGonum[float64](w, d)
		},
		closing: func() {},
	}
}

func prepareGonum[T kernels.Float](w work, d data) (func(), func() []float64) {
	x, p, y := convert[T](d.x), convert[T](d.w), convert[T](d.y)
	out := make([]T, w.size())
	compute := map[string]func(){
		"velocity": func() { gonumVelocity(out, x, p, y, w.n, w.m, w.d) },
		"hessian":  func() { gonumHessian(out, x, p, y, w.n, w.m, w.d) },
		"pairwise": func() { gonumPairwise(out, p, w.m, w.d) },
		"xor":      func() { gonumXor(out, x, p, y, w.n, w.m, w.d) },
		"step":     func() { gonumStep(out, x, p, y, w.n, w.m, w.d) },
	}[w.operation]
	return compute, func() []float64 { return widen(out) }
}

// product is c = a b + beta c, or with transposed a (k x m) or b (n x k), for row-major c (m x n).
func product[T kernels.Float](ta, tb blas.Transpose, m, n, k int, a, b []T, beta T, c []T) {
	lda, ldb := k, n
	if ta == blas.Trans {
		lda = m
	}
	if tb == blas.Trans {
		ldb = k
	}
	switch a := any(a).(type) {
	case []float64:
		gonum.Implementation{}.Dgemm(ta, tb, m, n, k, 1, a, lda, any(b).([]float64), ldb, float64(beta), any(c).([]float64), n)
	case []float32:
		gonum.Implementation{}.Sgemm(ta, tb, m, n, k, 1, a, lda, any(b).([]float32), ldb, float32(beta), any(c).([]float32), n)
	}
}

var (
	rootSixth = 1 / math.Sqrt(6)  // h_3(z) = (z^3 - 3z)/sqrt(6)
	root24th  = 1 / math.Sqrt(24) // h_4(z) = (z^4 - 6z^2 + 3)/sqrt(24)
)

func gonumVelocity[T kernels.Float](v, x, w, y []T, n, m, d int) {
	clear(v)
	most := gonumBlock[T](m)
	z := make([]T, most*m)
	c := T(rootSixth)
	for i := 0; i < n; i += most {
		rows := min(most, n-i)
		b := x[i*d : (i+rows)*d]
		product(blas.NoTrans, blas.Trans, rows, m, d, b, w, 0, z)
		for k := range rows {
			row := z[k*m : (k+1)*m]
			var f T
			for _, s := range row {
				f += s * (s*s - 3)
			}
			r := 3 * c * (y[i+k] - f*c/T(m)) / T(n)
			for j, s := range row {
				row[j] = r * (s*s - 1)
			}
		}
		product(blas.Trans, blas.NoTrans, m, d, rows, z, b, 1, v)
	}
}

func gonumHessian[T kernels.Float](D, x, w, r []T, n, m, d int) {
	clear(D)
	q := kernels.PackedLen(d)
	most := gonumBlock[T](m)
	z, pairs, trace := make([]T, most*m), make([]T, most*q), make([]T, m)
	c := T(rootSixth)
	for i := 0; i < n; i += most {
		rows := min(most, n-i)
		b := x[i*d : (i+rows)*d]
		product(blas.NoTrans, blas.Trans, rows, m, d, b, w, 0, z)
		for k := range rows {
			scale := 3 * c * r[i+k] / T(n)
			for j, s := range z[k*m : (k+1)*m] {
				trace[j] += scale * (s*s - 1) * s
				z[k*m+j] = 2 * scale * s
			}
			at := pairs[k*q : (k+1)*q]
			row := b[k*d : (k+1)*d]
			for a, xa := range row {
				for _, xb := range row[a:] {
					at[0] = xa * xb
					at = at[1:]
				}
			}
		}
		product(blas.Trans, blas.NoTrans, m, q, rows, z, pairs, 1, D)
	}
	for j := range m {
		project(D[j*q:(j+1)*q], w[j*d:(j+1)*d], trace[j])
	}
}

// project sets D = P D P - c P, P = I - w w^T.
func project[T kernels.Float](D, w []T, c T) {
	d := len(w)
	u := make([]T, d)
	for a := range d {
		for b := range d {
			u[a] += D[kernels.PackedIndex(d, a, b)] * w[b]
		}
	}
	var s T
	for a := range d {
		s += u[a] * w[a]
	}
	for a := range d {
		for b := a; b < d; b++ {
			k := kernels.PackedIndex(d, a, b)
			D[k] += (s+c)*w[a]*w[b] - w[a]*u[b] - u[a]*w[b]
			if a == b {
				D[k] -= c
			}
		}
	}
}

func gonumPairwise[T kernels.Float](g, w []T, m, d int) {
	most := gonumBlock[T](m)
	s := make([]T, most*m)
	for i := 0; i < m; i += most {
		rows := min(most, m-i)
		product(blas.NoTrans, blas.Trans, rows, m, d, w[i*d:(i+rows)*d], w, 0, s)
		scale := 4 / T(m)
		for k, v := range s[:rows*m] {
			s[k] = scale * v * v * v
		}
		product(blas.NoTrans, blas.NoTrans, rows, d, m, s, w, 0, g[i*d:(i+rows)*d])
	}
}
