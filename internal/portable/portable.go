// Package portable has those functions of package math whose bits depend on the processor: math.Exp fuses
// multiplications and additions on an amd64 processor that can and rounds twice on one that cannot, and Tanh, Erf, Erfc
// and Pow call it. Tables must not tell one machine from another, so the program takes these functions from here. They
// give, on every processor, what package math (go1.26) gives on an amd64 one with fused multiply-adds: the same
// formulas, written with math.FMA, which without the instruction is slower and not different. TanhSech is its own.
package portable

import (
	"math"
	"runtime"

	"golang.org/x/sys/cpu"
)

// mathFuses says that math.Exp has the bits of fusedExp, in half the time; a test compares them.
var mathFuses = runtime.GOARCH == "amd64" && cpu.X86.HasAVX && cpu.X86.HasFMA

const (
	log2E = 1.4426950408889634073599246810018920
	// ln 2 in two parts: a multiple of the first by a whole exponent is exact.
	ln2Upper = 0.69314718055966295651160180568695068359375
	ln2Lower = 0.28235290563031577122588448175013436025525412068e-12
	overflow = 7.09782712893384e+02
)

// Exp returns e^x: x = k ln 2 + 16 r, the Taylor series of e^r - 1 to degree 9, and four doublings of the argument by
// e^2r - 1 = (e^r - 1)(e^r - 1 + 2) (Shibata, ISC 2010, doi:10.1007/s00450-010-0108-2). Infinite from 709.44 on, 0
// below -745.48; Exp(NaN) = NaN.
func Exp(x float64) float64 {
	if mathFuses {
		return math.Exp(x)
	}
	return fusedExp(x)
}

func fusedExp(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return x
	case x > overflow:
		return math.Inf(1)
	case x < -800:
		return 0
	}
	k := math.RoundToEven(x * log2E)
	r := math.FMA(-k, ln2Lower, math.FMA(-k, ln2Upper, x)) * 0.0625
	p := 2.4801587301587301587e-5
	p = math.FMA(p, r, 1.9841269841269841270e-4)
	p = math.FMA(p, r, 1.3888888888888888889e-3)
	p = math.FMA(p, r, 8.3333333333333333333e-3)
	p = math.FMA(p, r, 4.1666666666666666667e-2)
	p = math.FMA(p, r, 1.6666666666666666667e-1)
	p = math.FMA(p, r, 0.5)
	p = math.FMA(p, r, 1)
	y := r * p
	y *= float64(y + 2)
	y *= float64(y + 2)
	y *= float64(y + 2)
	y = math.FMA(y+2, y, 1)
	switch e := int(k); {
	case e >= 1024:
		return math.Inf(1)
	case e < -1075:
		return 0
	case e <= -1023: // a subnormal result: rounded once, by the last product
		return y * powerOf2(e+1022) * 0x1p-1022
	default:
		return y * powerOf2(e)
	}
}

// powerOf2 returns 2^e for -1022 <= e <= 1023.
func powerOf2(e int) float64 { return math.Float64frombits(uint64(e+1023) << 52) }

// Tanh returns the hyperbolic tangent, like math.Tanh.
func Tanh(x float64) float64 {
	const largest = 8.8029691931113054295988e+01 / 2 // beyond it, the result is 1
	z := math.Abs(x)
	if !(z >= 0.625 && z <= largest) {
		return math.Tanh(x) // a rational function, or 1: no Exp
	}
	return math.Copysign(1-2/(Exp(2*z)+1), x)
}

// Pow returns x^y, like math.Pow: e^(y' log x) for the part y' of y between -1/2 and 1/2 that is not whole, times x as
// often as is left, by squaring.
func Pow(x, y float64) float64 {
	whole, part := math.Modf(math.Abs(y))
	if part == 0 || math.Abs(y) == 0.5 || !(x > 0) || x == 1 || math.IsInf(x, 1) || math.IsNaN(y) || math.IsInf(y, 0) {
		return math.Pow(x, y) // no Exp
	}
	if part > 0.5 {
		part--
		whole++
	}
	product, exponent := Exp(part*math.Log(x)), 0
	square, e := math.Frexp(x)
	for i := int64(whole); i != 0; i >>= 1 {
		if e < -1<<12 || 1<<12 < e { // the result is 0 or infinite
			exponent += e
			break
		}
		if i&1 == 1 {
			product *= square
			exponent += e
		}
		square *= square
		e <<= 1
		if square < .5 {
			square += square
			e--
		}
	}
	if y < 0 {
		product, exponent = 1/product, -exponent
	}
	return math.Ldexp(product, exponent)
}
