package kernels

// oddEven is a polynomial in the form its evaluation wants: p(s) = s^shift * sum_k coef[k] u^k, with u = s^2 if all its
// degrees have one parity, else u = s. Half the multiplications for the duals of even and odd activations.
type oddEven[T Float] struct {
	coef   []T
	square bool // u = s^2
	shift  bool // one factor s in front
}

// set converts p (constant term first), reusing the receiver's storage.
func (e *oddEven[T]) set(p []float64) {
	odd, even := false, false
	for k, c := range p {
		if c != 0 {
			odd, even = odd || k%2 == 1, even || k%2 == 0
		}
	}
	e.square = !(odd && even)
	e.shift = e.square && odd
	first, step := 0, 1
	if e.square {
		step = 2
	}
	if e.shift {
		first = 1
	}
	e.coef = e.coef[:0]
	for k := first; k < len(p); k += step {
		e.coef = append(e.coef, T(p[k]))
	}
}

// apply replaces each element by the polynomial's value there.
func (e *oddEven[T]) apply(z []T) {
	if len(e.coef) == 0 {
		clear(z)
		return
	}
	top := len(e.coef) - 1
	for i, s := range z {
		u := s
		if e.square {
			u = s * s
		}
		v := e.coef[top]
		for k := top - 1; k >= 0; k-- {
			v = T(v*u) + e.coef[k]
		}
		if e.shift {
			v *= s
		}
		z[i] = v
	}
}
