package main

import (
	"math"

	"gonum.org/v1/gonum/blas"

	"kac/kernels"
)

// prepareStep is what particles.Trainer does with a batch that is there, in the form that it takes or in pairs.
func prepareStep[T kernels.Float](w work, d data, pairs bool, ws *kernels.Workspace[T]) (func(), func() []float64) {
	x, start, y := convert[T](d.x), convert[T](d.w), convert[T](d.y)
	next, v, f := make([]T, w.size()), make([]T, w.size()), make([]T, w.n)
	var batch kernels.PackedSamples[T]
	compute := func() {
		batch.Pack(x, w.n, w.d, ws)
		if w.byMoments() && !pairs {
			kernels.MomentForwardVelocity(v, f, &batch, y, start, nil, w.m, he4, ws)
		} else {
			kernels.ForwardVelocityPacked(v, f, &batch, y, start, nil, w.m, he4, ws)
		}
		kernels.ProjectTangent(v, start, w.m, w.d, ws)
		kernels.Combine(next, start, eta, []T{1}, [][]T{v}, ws)
		kernels.NormalizeRows(next, w.m, w.d, ws)
	}
	return compute, func() []float64 { return widen(next) }
}

// gonumStep writes to next where the step takes w.
func gonumStep[T kernels.Float](next, x, w, y []T, n, m, d int) {
	clear(next)
	most := gonumBlock[T](m)
	z := make([]T, most*m)
	c := T(root24th)
	for i := 0; i < n; i += most {
		rows := min(most, n-i)
		b := x[i*d : (i+rows)*d]
		product(blas.NoTrans, blas.Trans, rows, m, d, b, w, 0, z)
		for k := range rows {
			row := z[k*m : (k+1)*m]
			var f T
			for _, v := range row {
				s := v * v
				f += s*(s-6) + 3
			}
			r := 4 * c * (y[i+k] - f*c/T(m)) / T(n)
			for j, v := range row {
				row[j] = r * v * (v*v - 3)
			}
		}
		product(blas.Trans, blas.NoTrans, m, d, rows, z, b, 1, next)
	}
	for j := range m {
		from, v := w[j*d:(j+1)*d], next[j*d:(j+1)*d]
		var along, square T
		for a, u := range from {
			along += u * v[a]
		}
		for a, u := range from {
			v[a] = u + eta*(v[a]-along*u)
			square += v[a] * v[a]
		}
		norm := T(math.Sqrt(float64(square)))
		for a := range v {
			v[a] /= norm
		}
	}
}
