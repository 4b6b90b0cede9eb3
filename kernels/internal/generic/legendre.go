package generic

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/scalar"
)

// activateLegendre replaces z in s by the series C1, if it has terms, and adds the series C0 times a to f.
func activateLegendre[T abi.Float](c *abi.Call, rows, lanes int) {
	value, slope := abi.Slice[T](c.C0, c.N0*scalar.ClenshawStride), abi.Slice[T](c.C1, c.N1*scalar.ClenshawStride)
	eachRowOfTiles(c, rows, lanes, func(s, f []T, a T) {
		for l, z := range s {
			if c.N0 > 0 {
				f[l] += T(a * scalar.Clenshaw(value, z))
			}
			if c.N1 > 0 {
				s[l] = scalar.Clenshaw(slope, z)
			}
		}
	})
}

func derivativesLegendre[T abi.Float](c *abi.Call) {
	z, d1, d2 := abi.Slice[T](c.Z, c.N), abi.Slice[T](c.D1, c.N), abi.Slice[T](c.D2, c.N)
	first, second := abi.Slice[T](c.C1, c.N1*scalar.ClenshawStride), abi.Slice[T](c.C2, c.N2*scalar.ClenshawStride)
	for i, x := range z {
		d1[i], d2[i] = scalar.Clenshaw(first, x), scalar.Clenshaw(second, x)
	}
}
