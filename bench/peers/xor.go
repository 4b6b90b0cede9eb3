package main

import (
	"gonum.org/v1/gonum/blas"

	"kac/internal/portable"
	"kac/kernels"
)

// prepareXor is what particles/xor.Trainer does with a fresh batch that is there.
func prepareXor[T kernels.Float](w work, d data, ws *kernels.Workspace[T]) (func(), func() []float64) {
	x, start, y := convert[T](d.x), convert[T](d.w), convert[T](d.y)
	out, v, f, a := make([]T, w.size()), make([]T, w.m*w.d), make([]T, w.n), make([]T, w.m)
	for j := range a {
		a[j] = T(second(j))
	}
	stages := [][]T{v}
	var batch kernels.PackedSamples[T]
	compute := func() {
		batch.Pack(x, w.n, w.d, ws)
		kernels.LossVelocityPacked(v, f, &batch, y, start, a, w.m, kernels.ReLU(), kernels.LogisticLoss(2), ws)
		for j := range w.m {
			dot := kernels.Dot(start[j*w.d:(j+1)*w.d], v[j*w.d:(j+1)*w.d])
			out[w.m*w.d+j] = a[j] + T(eta*dot/float64(a[j]))
		}
		kernels.Combine(out[:w.m*w.d], start, eta, []T{1}, stages, ws)
	}
	return compute, func() []float64 { return widen(out) }
}

// gonumXor writes to out where the step takes w, then a.
func gonumXor[T kernels.Float](out, x, w, y []T, n, m, d int) {
	v, gain := out[:m*d], out[m*d:]
	clear(out)
	most := gonumBlock[T](m)
	z := make([]T, most*m)
	for i := 0; i < n; i += most {
		rows := min(most, n-i)
		b := x[i*d : (i+rows)*d]
		product(blas.NoTrans, blas.Trans, rows, m, d, b, w, 0, z)
		for k := range rows {
			row := z[k*m : (k+1)*m]
			var f T
			for j, s := range row {
				if s > 0 {
					f += s * T(second(j))
				}
			}
			u := y[i+k]
			r := T(2*float64(u)/(1+portable.Exp(float64(u*f/T(m))))) / T(n)
			for j, s := range row {
				row[j] = 0
				if s > 0 {
					gain[j] += r * s
					row[j] = r
				}
			}
		}
		product(blas.Trans, blas.NoTrans, m, d, rows, z, b, 1, v)
	}
	for j := range m {
		a := T(second(j))
		for c, u := range w[j*d : (j+1)*d] {
			v[j*d+c] = u + eta*a*v[j*d+c]
		}
		gain[j] = a + eta*gain[j]
	}
}
