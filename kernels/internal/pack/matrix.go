package pack

import "kac/kernels/internal/abi"

// Len is the number of elements of a packed symmetric d x d matrix: its upper triangle, row by row.
func Len(d int) int { return d * (d + 1) / 2 }

// Project sets D = P D P - c P with P = I - w w^T; u is scratch of length d.
func Project[T abi.Float](D, w []T, c float64, u []float64) {
	d := len(w)
	Times(u, D, w, 1)
	s := 0.0
	for a, x := range w {
		s += float64(float64(x) * u[a])
	}
	k := 0
	for a := range d {
		wa := float64(w[a])
		for b := a; b < d; b++ {
			wb := float64(w[b])
			v := float64(D[k]) - float64(wa*u[b]) - float64(u[a]*wb) + float64((s+c)*float64(wa*wb))
			if a == b {
				v -= c
			}
			D[k] = T(v)
			k++
		}
	}
}

// Times sets u = scale D x.
func Times[T, E abi.Float](u []float64, D []T, x []E, scale float64) {
	d := len(x)
	clear(u)
	k := 0
	for a := range d {
		xa := float64(x[a])
		sum := float64(scale * float64(D[k]) * xa)
		row := D[k+1 : k+d-a]
		ub, xb := u[a+1:][:len(row)], x[a+1:][:len(row)]
		for i, v := range row {
			h := scale * float64(v)
			sum += float64(h * float64(xb[i]))
			ub[i] += float64(h * xa)
		}
		u[a] += sum
		k += d - a
	}
}

// FormProducts writes width of the products r x_a x_b (packed order, from row first of the triangle, skip into it; 0
// beyond the last) for every row of x.
func FormProducts[T abi.Float](out, x, r []T, d, width, first, skip int) {
	for i := 0; i*d < len(x); i++ {
		dst := out[i*width:][:width]
		row := x[i*d:][:d]
		from := skip
		for a := first; a < d && len(dst) > 0; a++ {
			f := r[i] * row[a]
			src := row[a+from:]
			src = src[:min(len(src), len(dst))]
			for b, v := range src {
				dst[b] = f * v
			}
			dst = dst[len(src):]
			from = 0
		}
		clear(dst)
	}
}
