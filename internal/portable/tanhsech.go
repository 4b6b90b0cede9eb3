package portable

import "math"

// TanhSech returns tanh(x) and sech²(x) = 1 - tanh²(x), each to 4 units in its own last place; sech² is 0 beyond
// |x| = 354.5. With y = e^-2|x| = s + s p, s a power of two, and N = 1 - y = (1 - s) - s p,
//
//	|tanh x| = N/(1 + y),   sech² x = y (1 + |tanh x|)²,
//
// neither with a cancellation. The operations are those of kernels.TanhSech's assembly, one by one.
func TanhSech(x float64) (tanh, sech2 float64) {
	const (
		log2E   = 0x1.71547652b82fep+00
		upper   = 0x1.62e42fecp-01      // ln 2 in two parts: a multiple of the first by a whole exponent is exact
		lower   = 0x1.d1cf79abc9e3bp-32 //
		least   = -709.089              // its exponent is the one below those of normal numbers: s is 0
		shifter = 0x1.8p52              // added and taken away again, it rounds to a whole number
		one     = uint64(1023) << 52
	)
	z := -2 * math.Abs(x)
	if z < least {
		z = least
	}
	rounded := math.FMA(z, log2E, shifter)
	k := rounded - shifter
	r := math.FMA(-k, lower, math.FMA(-k, upper, z))
	s := math.Float64frombits(math.Float64bits(rounded)<<52 + one)
	p := 0x1.af3924be99a57p-26 // (e^r - 1 - r)/r² on |r| <= ln 2/2, by interpolation at Chebyshev's points
	p = math.FMA(p, r, 0x1.2891e963ab1f9p-22)
	p = math.FMA(p, r, 0x1.71de0d7a972efp-19)
	p = math.FMA(p, r, 0x1.a019b8b8f8697p-16)
	p = math.FMA(p, r, 0x1.a01a01a7d176dp-13)
	p = math.FMA(p, r, 0x1.6c16c178a18c1p-10)
	p = math.FMA(p, r, 0x1.11111111109a2p-07)
	p = math.FMA(p, r, 0x1.5555555553d2bp-05)
	p = math.FMA(p, r, 0x1.5555555555556p-03)
	p = math.FMA(p, r, 0x1.0000000000001p-01)
	p *= r
	p = math.FMA(p, r, r)
	y := math.FMA(s, p, s)
	tanh = math.FMA(-s, p, 1-s) / (1 + y)
	sech2 = 1 + tanh
	sech2 *= sech2
	sech2 *= y
	return math.Copysign(tanh, x), sech2
}
