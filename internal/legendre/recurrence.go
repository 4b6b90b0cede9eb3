package legendre

// Recurrence holds the factors of P_{l+1} = Up[l] s P_l - Down[l] P_{l-1}, l < Terms, of one dimension, so that sums
// over many points need no divisions. Immutable.
type Recurrence struct {
	Dim      int
	Up, Down []float64
}

// NewRecurrence returns the factors for degrees up to terms.
func NewRecurrence(d, terms int) *Recurrence {
	r := &Recurrence{Dim: d, Up: make([]float64, terms+1), Down: make([]float64, terms+1)}
	for l := range r.Up {
		r.Up[l], r.Down[l] = step(d, l)
	}
	return r
}

// Sums adds to m[l] the sums over i of w[i] P_l(x[i]), l < len(m).
func (r *Recurrence) Sums(m, x, w []float64) {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		r.sums4(m, (*[4]float64)(x[i:]), (*[4]float64)(w[i:]))
	}
	for ; i < len(x); i++ {
		p, before := w[i], 0.0
		for l := range m {
			m[l] += p
			p, before = float64(float64(r.Up[l]*x[i])*p)-float64(r.Down[l]*before), p
		}
	}
}

// sums4 is Sums of four points, whose chains of operations run side by side.
func (r *Recurrence) sums4(m []float64, x, w *[4]float64) {
	up, down := r.Up[:len(m)], r.Down[:len(m)]
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	p0, p1, p2, p3 := w[0], w[1], w[2], w[3]
	var q0, q1, q2, q3 float64
	for l := range m {
		m[l] += (p0 + p1) + (p2 + p3)
		u, d := up[l], down[l]
		p0, q0 = float64(float64(u*x0)*p0)-float64(d*q0), p0
		p1, q1 = float64(float64(u*x1)*p1)-float64(d*q1), p1
		p2, q2 = float64(float64(u*x2)*p2)-float64(d*q2), p2
		p3, q3 = float64(float64(u*x3)*p3)-float64(d*q3), p3
	}
}

// Eval writes to y[i] the series with coefficients c at x[i], by Clenshaw's recurrence. len(c) must not exceed Terms.
func (r *Recurrence) Eval(y, c, x []float64) {
	i := 0
	for ; i+4 <= len(x); i += 4 {
		r.eval4((*[4]float64)(y[i:]), c, (*[4]float64)(x[i:]))
	}
	for ; i < len(x); i++ {
		y[i] = r.At(c, x[i])
	}
}

// At returns the series with coefficients c at x, the same number as Eval's.
func (r *Recurrence) At(c []float64, x float64) float64 {
	b, before := 0.0, 0.0
	for l := len(c) - 1; l >= 0; l-- {
		b, before = c[l]+(float64(float64(r.Up[l]*x)*b)-float64(r.Down[l+1]*before)), b
	}
	return b
}

func (r *Recurrence) eval4(y *[4]float64, c []float64, x *[4]float64) {
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	var b0, b1, b2, b3, a0, a1, a2, a3 float64
	n := len(c)
	up, down := r.Up[:n], r.Down[1:n+1]
	for l := n - 1; l >= 0; l-- {
		u, d, k := up[l], down[l], c[l]
		b0, a0 = k+(float64(float64(u*x0)*b0)-float64(d*a0)), b0
		b1, a1 = k+(float64(float64(u*x1)*b1)-float64(d*a1)), b1
		b2, a2 = k+(float64(float64(u*x2)*b2)-float64(d*a2)), b2
		b3, a3 = k+(float64(float64(u*x3)*b3)-float64(d*a3)), b3
	}
	y[0], y[1], y[2], y[3] = b0, b1, b2, b3
}
