package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"kac/kernels/internal/scalar"
)

// References for the vector functions in twice the precision: good to some 1e-28, a few microseconds each, themselves
// checked against power series in 400 bits.

// precise is value 2^exponent.
type precise struct {
	value    dd
	exponent int
}

var (
	ln2DD          = ddOf(0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56)
	ln2Rest        = 0x1.7b57a079a1934p-111 // ln 2 beyond the first two parts
	twoOverRootPi  = ddOf(2, 0).div(ddOf(1.7724538509055161, -7.6665864998258049e-17))
	factorialParts = reciprocals(12, func(k int) float64 { return float64(k) })
	erfParts       = reciprocals(400, func(k int) float64 { return float64(2*k + 1) })
)

func ddOf(hi, lo float64) dd { return dd{hi, lo} }

func reciprocals(n int, of func(k int) float64) []dd {
	r := make([]dd, n)
	for k := 1; k < n; k++ {
		r[k] = dd{1, 0}.div(dd{of(k), 0})
	}
	return r
}

// expm1Precise returns k and e^x 2^-k - 1, with k = 0 for |x| < 0.34. The series at x/256 is doubled eight times as
// (1+e)^2 - 1 = e (2 + e), which keeps the relative precision of small results.
func expm1Precise(x dd) (dd, int) {
	k := math.RoundToEven(x.hi / ln2DD.hi)
	r := x.add(ln2DD.times(k).neg()).add(dd{-k * ln2Rest, 0}).scale(-8)
	sum := dd{1, 0}
	for i := len(factorialParts) - 1; i > 1; i-- {
		sum = sum.mul(r).mul(factorialParts[i]).add(dd{1, 0})
	}
	sum = sum.mul(r)
	for range 8 {
		sum = sum.mul(sum.add(dd{2, 0}))
	}
	return sum, int(k)
}

func expPrecise(x float64) precise {
	e, k := expm1Precise(dd{x, 0})
	return precise{e.add(dd{1, 0}), k}
}

func tanhPrecise(x float64) precise {
	y := math.Abs(x)
	switch {
	case y < 0x1p-200: // x to 400 bits
		return precise{dd{x, 0}, 0}
	case y > 100:
		return precise{dd{math.Copysign(1, x), 0}, 0}
	}
	e, k := expm1Precise(dd{2 * y, 0})
	if k != 0 {
		e = e.add(dd{1, 0}).scale(k).add(dd{-1, 0})
	}
	return precise{e.div(e.add(dd{2, 0})).times(math.Copysign(1, x)), 0}
}

// erfPrecise is 2/sqrt(pi) e^(-x^2) sum_k 2^k x^(2k+1)/(2k+1)!!, whose terms all have one sign.
func erfPrecise(x float64) precise {
	if math.Abs(x) > 8 {
		return precise{dd{math.Copysign(1, x), 0}, 0}
	}
	if math.Abs(x) < 0x1p-200 { // scaled, as products of the smallest would underflow
		scale := 600
		return precise{twoOverRootPi.times(math.Ldexp(x, scale)), -scale}
	}
	hi, lo := twoProduct(x, x)
	square := dd{hi, lo}
	term, sum := dd{x, 0}, dd{x, 0}
	for k := 1; math.Abs(term.hi) > 0x1p-112*math.Abs(sum.hi); k++ {
		term = term.mul(square).times(2).mul(erfParts[k])
		sum = sum.add(term)
	}
	e, k := expm1Precise(square.neg())
	return precise{sum.mul(e.add(dd{1, 0})).mul(twoOverRootPi).scale(k), 0}
}

// ulpsFrom is |got - want| in units of the last place of want in float64, down to the smallest subnormal.
func (want precise) ulpsFrom(got float64) float64 {
	f, e := math.Frexp(want.value.hi)
	if math.Abs(f) == .5 && want.value.lo*f < 0 {
		e-- // just below a power of two
	}
	unit := max(e+want.exponent-53, -1074)
	diff := (math.Ldexp(got, -want.exponent) - want.value.hi) - want.value.lo
	return math.Ldexp(math.Abs(diff), want.exponent-unit)
}

// functionUnderTest is a vector function with both references, and arguments where something changes.
type functionUnderTest struct {
	name    string
	precise func(x float64) precise
	series  bigFunction
	plain   func(x float64) float64
	apply   func(dst, x []float64, ws *Workspace[float64])
	apply32 func(dst, x []float32, ws *Workspace[float32])
	lo, hi  float64
	turns   []float64
}

func functionsUnderTest() []functionUnderTest {
	var steps []float64 // where exp's power of two changes: odd multiples of ln 2 / 2
	for k := -1075; k <= 1024; k++ {
		steps = append(steps, (float64(k)+.5)*math.Ln2, float64(k)*math.Ln2)
	}
	exp := []float64{709.782712893384, 709.0895657128241, 709.44, 710, -708.3964185322641, -708.396, -745.1332191019411, -745.1332191019412, -744.4400719213812, 0x1p-53, 0x1p-54, -0x1p-54}
	tanh := []float64{.3, .5, .5493061443340549, .55, .625, 1, 9.01, 18.714973875118524, 19, 19.0615, 20, 22, 40, 0x1p-27, 0x1p-28}
	erf := []float64{.25, .46875, .5, .84375, 1, 1.25, 2.5, 2.8571414947509766, 4, 5.8635847487551676, 5.9, 5.92158719165, 6, 6.5, 0x1p-28, 0x1p-29}
	return []functionUnderTest{
		{"exp", expPrecise, seriesExp, scalar.Exp, ApplyExp[float64], ApplyExp[float32], -745.14, 709.782712893384, append(steps, exp...)},
		{"tanh", tanhPrecise, refTanh, math.Tanh, ApplyTanh[float64], ApplyTanh[float32], -25, 25, append(tanh, steps[2*1070:2*1105]...)},
		{"erf", erfPrecise, refErf, math.Erf, ApplyErf[float64], ApplyErf[float32], -6.5, 6.5, erf},
	}
}

// arguments returns at least count of them: even over the range, even in the exponent down to subnormals, around every
// turn, and the ends.
func (f functionUnderTest) arguments(count int) []float64 {
	r := rand.New(rand.NewPCG(12, 7))
	var x []float64
	for _, v := range append(f.turns, f.lo, f.hi, 0x1p-1022, 0x1p-1074, 0x1.fffffffffffffp-1023) {
		x = append(x, v, -v)
		for up, down, i := v, v, 0; i < 3; i++ {
			up, down = math.Nextafter(up, math.Inf(1)), math.Nextafter(down, math.Inf(-1))
			x = append(x, up, down, -up, -down)
		}
	}
	for k := -1074; k < 10; k++ {
		x = append(x, math.Ldexp(1, k), -math.Ldexp(1, k), math.Ldexp(1.9999999999999998, k), math.Ldexp(-1-r.Float64(), k))
	}
	for len(x) < 2*count {
		x = append(x, f.lo+(f.hi-f.lo)*r.Float64(), 2*r.Float64()-1)
		x = append(x, f.hi*math.Exp2(-40*r.Float64()), f.lo*math.Exp2(-40*r.Float64()))
	}
	return slices.DeleteFunc(x, func(v float64) bool { return !(v >= f.lo && v <= f.hi) })
}

func TestPreciseReferences(t *testing.T) {
	count := 400
	if testing.Short() {
		count = 60
	}
	for _, f := range functionsUnderTest() {
		all := f.arguments(20000)
		worst := 0.0
		for i := range count {
			x := all[len(all)*i/count]
			if math.Abs(x) < 0x1p-300 { // 400 bits of e^(2x) say nothing of so small a tanh
				continue
			}
			p := f.precise(x)
			want := f.series(x)
			want.SetMantExp(want, -p.exponent)
			worst = math.Max(worst, relativeBig(p.value, want))
		}
		t.Logf("%s: relative error 2^%.1f", f.name, math.Log2(worst))
		if !(worst < 0x1p-85) {
			t.Errorf("%s: relative error %g, want below 2^-85", f.name, worst)
		}
	}
}

// TestVectorFunctionsWithinTwoULP compares every level with the precise references at more than 1e5 arguments per
// function, documented range, turns of the algorithms and subnormals included.
func TestVectorFunctionsWithinTwoULP(t *testing.T) {
	count := 120000
	if testing.Short() {
		count = 10000
	}
	for _, f := range functionsUnderTest() {
		x := f.arguments(count)
		if len(x) < count {
			t.Fatalf("%s: only %d arguments", f.name, len(x))
		}
		want := make([]precise, len(x))
		for i, v := range x {
			want[i] = f.precise(v)
		}
		got := make([]float64, len(x))
		for _, level := range testedLevels() {
			ws := workspaceAt[float64](t, 1, level)
			f.apply(got, x, ws)
			worst, where := 0.0, 0.0
			for i, p := range want {
				if u := p.ulpsFrom(got[i]); !(u <= worst) {
					worst, where = u, x[i]
				}
			}
			t.Logf("%s %s float64: %.3f ULP at %v, of %d arguments", level, f.name, worst, where, len(x))
			if !(worst <= 2) {
				t.Errorf("%s %s float64: %g ULP at %v", level, f.name, worst, where)
			}
			checkEnds(t, fmt.Sprintf("%s %s", level, f.name), f, ws)
		}
	}
}

// checkEnds looks beyond the documented range.
func checkEnds(t *testing.T, name string, f functionUnderTest, ws *Workspace[float64]) {
	at := func(x float64) float64 {
		one := []float64{x}
		f.apply(one, one, ws)
		return one[0]
	}
	if f.name == "exp" {
		for _, x := range []float64{math.Nextafter(f.hi, 1e3), 709.79, 710, 720, 1e300, math.Inf(1)} {
			if got := at(x); !math.IsInf(got, 1) {
				t.Errorf("%s(%v) = %v, want +Inf", name, x, got)
			}
		}
		for _, x := range []float64{-745.2, -746, -800, -1e300, math.Inf(-1)} {
			if got := at(x); got != 0 || math.Signbit(got) {
				t.Errorf("%s(%v) = %v, want 0", name, x, got)
			}
		}
	} else {
		for _, x := range []float64{f.hi, 26, 1e10, math.MaxFloat64, math.Inf(1)} {
			if up, down := at(x), at(-x); up != 1 || down != -1 {
				t.Errorf("%s(+-%v) = %v, %v", name, x, up, down)
			}
		}
		if got := at(math.Copysign(0, -1)); got != 0 || !math.Signbit(got) {
			t.Errorf("%s(-0) = %v", name, got)
		}
	}
	if got := at(math.NaN()); !math.IsNaN(got) {
		t.Errorf("%s(NaN) = %v", name, got)
	}
}

// TestVectorFunctionsFloat32 goes through all bit patterns of float32 by a stride, against float64.
func TestVectorFunctionsFloat32(t *testing.T) {
	stride := uint64(8191) // prime, so that every low bit pattern is met: 524352 arguments
	if testing.Short() {
		stride = 131071
	}
	var x []float32
	for b := uint64(0); b < 1<<32; b += stride {
		x = append(x, math.Float32frombits(uint32(b)))
	}
	for e := -104.; e <= 89; e += .001 { // where the functions vary; most patterns are elsewhere
		x = append(x, float32(e), float32(e/16))
	}
	want, got := make([]float64, len(x)), make([]float32, len(x))
	for _, f := range functionsUnderTest() {
		for i, v := range x {
			want[i] = f.plain(float64(v))
		}
		for _, level := range testedLevels() {
			ws := workspaceAt[float32](t, 1, level)
			f.apply32(got, x, ws)
			worst, where := 0.0, float32(0)
			for i, w := range want {
				g := float64(got[i])
				if math.IsNaN(w) && math.IsNaN(g) || float32(w) == got[i] && math.Signbit(w) == math.Signbit(g) && math.Abs(w) > math.MaxFloat32 {
					continue
				}
				_, e := math.Frexp(w)
				if u := math.Abs(g-w) / math.Ldexp(1, max(e-24, -149)); !(u <= worst) {
					worst, where = u, x[i]
				}
			}
			t.Logf("%s %s float32: %.3f ULP at %v, of %d arguments", level, f.name, worst, where, len(x))
			if !(worst <= 2) {
				t.Errorf("%s %s float32: %g ULP at %v", level, f.name, worst, where)
			}
		}
	}
}

// TestVectorFunctionsAtEveryLength: an element's result does not depend on where it stands or how many there are.
func TestVectorFunctionsAtEveryLength(t *testing.T) {
	for _, f := range functionsUnderTest() {
		for _, level := range testedLevels() {
			x, x32 := benchNormal[float64](2*vecBlock+67, 4), benchNormal[float32](2*vecBlock+67, 4)
			all, all32 := make([]float64, len(x)), make([]float32, len(x32))
			ws, ws32 := workspaceAt[float64](t, 2, level), workspaceAt[float32](t, 2, level)
			f.apply(all, x, ws)
			f.apply32(all32, x32, ws32)
			for n := range 68 {
				first, first32 := all[n:2*n], all32[n:2*n]
				one, one32 := make([]float64, n), make([]float32, n)
				f.apply(one, x[n:2*n], ws)
				f.apply32(one32, x32[n:2*n], ws32)
				same(t, fmt.Sprintf("%s %s of %d", level, f.name, n), &first, one)
				same(t, fmt.Sprintf("%s %s of %d in float32", level, f.name, n), &first32, one32)
			}
		}
	}
}
