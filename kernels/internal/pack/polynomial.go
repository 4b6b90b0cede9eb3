package pack

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/scalar"
)

// oddEven is a polynomial in the form its evaluation wants: p(s) = s^shift * sum_k coef[k] u^k, with u = s^2 if all its
// degrees have one parity, else u = s. Half the multiplications for the duals of even and odd activations.
type oddEven[T abi.Float] struct {
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
	if len(e.coef) == 0 {
		e.coef = append(e.coef, 0)
	}
}

// setPlain stores all powers, constant term first.
func (e *oddEven[T]) setPlain(p []float64) {
	e.square, e.shift = false, false
	e.coef = e.coef[:0]
	for _, c := range p {
		e.coef = append(e.coef, T(c))
	}
	if len(e.coef) == 0 {
		e.coef = append(e.coef, 0)
	}
}

func (e *oddEven[T]) pointer() (coef unsafe.Pointer, n, shift int) {
	return unsafe.Pointer(unsafe.SliceData(e.coef)), len(e.coef), abi.B2i(e.shift)
}

// clenshawSeries is a Legendre series as the micro-kernels take it.
type clenshawSeries[T abi.Float] struct{ rows []T }

func (s *clenshawSeries[T]) set(rows []float64) {
	s.rows = s.rows[:0]
	for _, x := range rows {
		s.rows = append(s.rows, T(x))
	}
}

func (s *clenshawSeries[T]) pointer() (rows unsafe.Pointer, terms int) {
	return unsafe.Pointer(unsafe.SliceData(s.rows)), len(s.rows) / scalar.ClenshawStride
}
