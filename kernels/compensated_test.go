package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The oracles' arithmetic: sums that keep what rounding drops, and numbers of twice the precision. Error-free
// transformations as in Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26 (2005); products use the explicit fused operation,
// never an implicit one.

// twoSum returns s = fl(a+b) and e with s + e = a + b exactly (Knuth).
func twoSum(a, b float64) (s, e float64) {
	s = a + b
	t := s - a
	return s, (a - (s - t)) + (b - t)
}

// twoProduct returns p = fl(a b) and e with p + e = a b exactly, if nothing underflows.
func twoProduct(a, b float64) (p, e float64) {
	p = a * b
	return p, math.FMA(a, b, -p)
}

// dd is hi + lo with |lo| at most half a unit of hi: some 106 bits.
type dd struct{ hi, lo float64 }

func quickDD(hi, lo float64) dd {
	s := hi + lo
	return dd{s, lo - (s - hi)}
}

func (a dd) add(b dd) dd {
	s, e := twoSum(a.hi, b.hi)
	t, f := twoSum(a.lo, b.lo)
	r := quickDD(s, e+t)
	return quickDD(r.hi, r.lo+f)
}

func (a dd) neg() dd { return dd{-a.hi, -a.lo} }

func (a dd) mul(b dd) dd {
	p, e := twoProduct(a.hi, b.hi)
	return quickDD(p, e+(float64(a.hi*b.lo)+float64(a.lo*b.hi)))
}

func (a dd) times(b float64) dd {
	p, e := twoProduct(a.hi, b)
	return quickDD(p, e+float64(a.lo*b))
}

func (a dd) div(b dd) dd {
	q := a.hi / b.hi
	r := a.add(b.times(q).neg())
	q2 := r.hi / b.hi
	r = r.add(b.times(q2).neg())
	return quickDD(q, q2).add(dd{r.hi / b.hi, 0})
}

// scale multiplies by 2^k, which must not underflow.
func (a dd) scale(k int) dd { return dd{math.Ldexp(a.hi, k), math.Ldexp(a.lo, k)} }

// compensated is a running sum with the sum of its rounding errors beside it: as good as twice the precision, rounded
// once.
type compensated struct{ sum, errors float64 }

func (k *compensated) add(x float64) {
	s, e := twoSum(k.sum, x)
	k.sum = s
	k.errors += e
}

func (k *compensated) addDD(x dd) {
	k.add(x.hi)
	k.errors += x.lo
}

func (k *compensated) addProduct(x, y float64) {
	p, e := twoProduct(x, y)
	k.add(p)
	k.errors += e
}

func (k *compensated) value() float64 { return k.sum + k.errors }

// rest is what value leaves out.
func (k *compensated) rest() float64 { return (k.sum - k.value()) + k.errors }

func TestCompensatedArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 5))
	for range 50 {
		// Terms of sizes 1 to 1e12 that cancel to about 1e-3: a plain sum has four digits left, the compensated one
		// all.
		var k compensated
		exact := new(big.Float).SetPrec(refBits)
		push := func(x, y float64) {
			k.addProduct(x, y)
			exact.Add(exact, new(big.Float).SetPrec(refBits).Mul(refFloat(x), refFloat(y)))
		}
		for range 200 {
			x, y := r.NormFloat64()*math.Exp(27*r.Float64()), r.NormFloat64()
			push(x, y)
			push(-x, y*(1+0x1p-40))
		}
		if want, _ := exact.Float64(); math.Abs(k.value()-want) > 0x1p-51*math.Abs(want) {
			t.Errorf("compensated sum %g, want %g", k.value(), want)
		}
		a, b := dd{r.NormFloat64(), 0}, dd{2 + r.Float64(), 0}
		a, b = a.add(dd{a.hi * 0x1p-55, 0}), b.add(dd{b.hi * 0x1p-54, 0})
		bigA, bigB := bigOf(a), bigOf(b)
		for _, c := range []struct {
			name string
			got  dd
			want *big.Float
		}{
			{"sum", a.add(b), new(big.Float).SetPrec(refBits).Add(bigA, bigB)},
			{"product", a.mul(b), new(big.Float).SetPrec(refBits).Mul(bigA, bigB)},
			{"quotient", a.div(b), new(big.Float).SetPrec(refBits).Quo(bigA, bigB)},
		} {
			t.Run(c.name, func(t *testing.T) {
				if e := relativeBig(c.got, c.want); !(e < 0x1p-98) {
					t.Errorf("%s: relative error %g", c.name, e)
				}
			})
		}
	}
}

func bigOf(a dd) *big.Float {
	return new(big.Float).SetPrec(refBits).Add(refFloat(a.hi), refFloat(a.lo))
}

// relativeBig is |got - want| / |want|.
func relativeBig(got dd, want *big.Float) float64 {
	diff := new(big.Float).Sub(bigOf(got), want)
	if diff.Sign() == 0 {
		return 0
	}
	e, _ := diff.Quo(diff.Abs(diff), new(big.Float).Abs(want)).Float64()
	return e
}
