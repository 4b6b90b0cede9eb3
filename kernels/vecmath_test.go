package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
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

// ulps is |got - want| in units of the last place of want, at T's precision and down to its smallest subnormal.
func ulps[T Float](got T, want *big.Float) float64 {
	digits, least := 53, -1074
	if epsOf[T]() > 0x1p-30 {
		digits, least = 24, -149
	}
	e := least
	if want.Sign() != 0 {
		e = max(least, want.MantExp(nil)-digits)
	}
	diff := new(big.Float).Sub(refFloat(float64(got)), want)
	diff.SetMantExp(diff.Abs(diff), -e)
	u, _ := diff.Float64()
	return u
}

type vectorCase[T Float] struct {
	name     string
	apply    func(dst, x []T, ws *Workspace[T])
	ref      func(x float64) *big.Float
	lo, hi   float64
	specials map[float64]float64
}

func vectorCases[T Float]() []vectorCase[T] {
	inf, nan := math.Inf(1), math.NaN()
	low, high := -745.2, 709.78
	if epsOf[T]() > 0x1p-30 {
		low, high = -103.9, 88.72
	}
	exp := func(x float64) *big.Float { return refExp(refFloat(x)) }
	return []vectorCase[T]{
		{"exp", ApplyExp[T], exp, low, high, map[float64]float64{0: 1, inf: inf, -inf: 0, 1e4: inf, -1e4: 0, nan: nan}},
		{"tanh", ApplyTanh[T], refTanh, -25, 25, map[float64]float64{0: 0, inf: 1, -inf: -1, 1e10: 1, -1e10: -1, nan: nan}},
		{"erf", ApplyErf[T], refErf, -6.5, 6.5, map[float64]float64{0: 0, inf: 1, -inf: -1, 1e10: 1, -1e10: -1, nan: nan}},
	}
}

func TestVectorFunctions(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testVectorFunctions[float64](t, level, 2)
		testVectorFunctions[float32](t, level, 3)
	})
}

func testVectorFunctions[T Float](t *testing.T, level string, bound float64) {
	ws := workspaceAt[T](t, 1, level)
	r := rand.New(rand.NewPCG(9, 9))
	for _, c := range vectorCases[T]() {
		var x []T
		for range 700 {
			x = append(x, T(c.lo+(c.hi-c.lo)*r.Float64()), T((c.hi-c.lo)/2*math.Exp(-60*r.Float64())*float64(1-2*r.IntN(2))), T(2*r.Float64()-1))
		}
		for i := range x {
			x[i] = T(math.Max(c.lo, math.Min(c.hi, float64(x[i]))))
		}
		for k := 2; k < 140; k++ { // around powers of two, and into the subnormal range
			x = append(x, T(math.Ldexp(1, -k)), T(-math.Ldexp(1.0000001, -k)))
		}
		got := make([]T, len(x))
		c.apply(got, x, ws)
		worst, where := 0.0, T(0)
		for i := range x {
			if u := ulps(got[i], c.ref(float64(x[i]))); !(u <= worst) {
				worst, where = u, x[i]
			}
		}
		t.Logf("%s %T: %.2f ULP at %v", c.name, where, worst, where)
		if !(worst <= bound) {
			t.Errorf("%s: %g ULP at %v", c.name, worst, where)
		}
		for x, want := range c.specials {
			one := []T{T(x)}
			c.apply(one, one, ws)
			if float64(one[0]) != want && !(math.IsNaN(want) && math.IsNaN(float64(one[0]))) {
				t.Errorf("%s(%v) = %v, want %v", c.name, x, one[0], want)
			}
		}
		if c.name != "exp" {
			zero := []T{T(math.Copysign(0, -1))}
			c.apply(zero, zero, ws)
			if zero[0] != 0 || !math.Signbit(float64(zero[0])) {
				t.Errorf("%s(-0) = %v", c.name, zero[0])
			}
		}
	}
}
