package rng

import "math/bits"

// Philox4x64: multipliers and Weyl increments of the key schedule, from table
// 2 and section 4.3 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers:
// as easy as 1, 2, 3", SC11, doi:10.1145/2063384.2063405.
const (
	philoxM0     = 0xD2E7470EE14C6C93
	philoxM1     = 0xCA5A826395121157
	philoxW0     = 0x9E3779B97F4A7C15 // golden ratio
	philoxW1     = 0xBB67AE8584CAA73B // sqrt(3) - 1
	philoxRounds = 10
)

// philox is the Philox4x64-10 bijection: it maps a 256-bit counter to 256
// random bits, a different way for each 128-bit key.
func philox(ctr [4]uint64, key [2]uint64) [4]uint64 {
	c0, c1, c2, c3 := ctr[0], ctr[1], ctr[2], ctr[3]
	k0, k1 := key[0], key[1]
	for range philoxRounds {
		hi0, lo0 := bits.Mul64(philoxM0, c0)
		hi1, lo1 := bits.Mul64(philoxM1, c2)
		c0, c1, c2, c3 = hi1^c1^k0, lo1, hi0^c3^k1, lo0
		k0 += philoxW0
		k1 += philoxW1
	}
	return [4]uint64{c0, c1, c2, c3}
}
