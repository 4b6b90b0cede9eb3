package kernels

import (
	"math"
	"math/big"
)

// References in 400-bit arithmetic, from power series alone.
const refBits = 400

func refFloat(x float64) *big.Float { return new(big.Float).SetPrec(refBits).SetFloat64(x) }

func refExp(x *big.Float) *big.Float {
	if x.MantExp(nil) > 0 {
		h := refExp(new(big.Float).Quo(x, refFloat(2)))
		return h.Mul(h, h)
	}
	sum, term := refFloat(1), refFloat(1)
	for k := 1; k < 120; k++ {
		term.Mul(term, x)
		term.Quo(term, refFloat(float64(k)))
		sum.Add(sum, term)
	}
	return sum
}

func refTanh(x float64) *big.Float {
	if math.Abs(x) > 60 {
		return refFloat(math.Copysign(1, x))
	}
	e := refExp(refFloat(2 * x))
	if x > -1e-3 && x < 1e-3 { // e - 1 by its own series, as 400 bits of e say little of it for tiny x
		sum, term := refFloat(2*x), refFloat(2*x)
		for k := 2; k < 40; k++ {
			term.Mul(term, refFloat(2*x))
			term.Quo(term, refFloat(float64(k)))
			sum.Add(sum, term)
		}
		return sum.Quo(sum, new(big.Float).Add(e, refFloat(1)))
	}
	num := new(big.Float).Sub(e, refFloat(1))
	return num.Quo(num, new(big.Float).Add(e, refFloat(1)))
}

var refRootPi = func() *big.Float {
	pi, _ := new(big.Float).SetPrec(refBits).SetString("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651328230664709384460955058223172535940812848111745")
	return pi.Sqrt(pi)
}()

func refErf(x float64) *big.Float {
	if math.Abs(x) > 7 {
		return refFloat(math.Copysign(1, x))
	}
	b := refFloat(x)
	x2 := new(big.Float).Mul(b, b)
	sum, term := refFloat(x), refFloat(x)
	for k := 1; k < 500 && term.Sign() != 0 && term.MantExp(nil) > sum.MantExp(nil)-refBits; k++ {
		term.Mul(term, x2)
		term.Mul(term, refFloat(2))
		term.Quo(term, refFloat(float64(2*k+1)))
		sum.Add(sum, term)
	}
	sum.Mul(sum, refExp(new(big.Float).Neg(x2)))
	sum.Mul(sum, refFloat(2))
	return sum.Quo(sum, refRootPi)
}

type bigFunction func(x float64) *big.Float

func seriesExp(x float64) *big.Float { return refExp(refFloat(x)) }
