package pack

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/scalar"
)

// Residuals writes the factors r_i of a few samples: the step of n that ForwardVelocity makes between its two products.
// kappa is that of the logistic loss, 0 for the square. r has room, beyond its length, up to a multiple of the set's
// lanes.
func Residuals[T abi.Float](kappa float64, r, f, y []T, set *abi.Set, c *abi.Call) {
	if kappa == 0 {
		for i, v := range y {
			r[i] = v - f[i]
		}
		return
	}
	for i, v := range y {
		r[i] = v * f[i]
	}
	if set.Exp == nil {
		for i, u := range r {
			r[i] = T(scalar.Exp(float64(u)))
		}
	} else {
		n := abi.RoundUp(len(r), set.Lanes)
		clear(r[len(r):n])
		c.Z, c.D1, c.N = abi.At(r, 0), abi.At(r, 0), n
		set.Exp(c)
	}
	k := T(kappa)
	for i, e := range r { // an infinite e makes the 0 that it should
		r[i] = k * y[i] / (1 + e)
	}
}
