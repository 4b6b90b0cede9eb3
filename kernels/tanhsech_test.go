package kernels

import (
	"fmt"
	"math"
	"testing"

	"kac/internal/portable"
)

// sechPrecise is 1 - tanh(x)² = 4y/(1+y)², y = e^-2|x|.
func sechPrecise(x float64) precise {
	e, k := expm1Precise(dd{-2 * math.Abs(x), 0})
	y := e.add(dd{1, 0})
	one := dd{1, 0}.add(y.scale(max(k, -1000)))
	return precise{y.times(4).div(one.mul(one)), k}
}

// TanhSech against twice the precision, on every level, and every level's bits against the loop's.
func TestTanhSech(t *testing.T) {
	f := functionsUnderTest()[1]
	f.lo, f.hi = -354, 354
	for k := -1000; k < 0; k++ { // where the power of two of e^-2x changes
		f.turns = append(f.turns, -(float64(k)+.5)*math.Ln2/2)
	}
	x := f.arguments(20000)
	a, e := make([]float64, len(x)), make([]float64, len(x))
	for _, level := range testedLevels() {
		TanhSech(a, e, x, workspaceAt[float64](t, 1, level))
		worst, worstSech := 0.0, 0.0
		for i, z := range x {
			ta, se := portable.TanhSech(z)
			if math.Float64bits(ta) != math.Float64bits(a[i]) || math.Float64bits(se) != math.Float64bits(e[i]) {
				t.Fatalf("%s: at %v: %v, %v, want %v, %v", level, z, a[i], e[i], ta, se)
			}
			worst = math.Max(worst, tanhPrecise(z).ulpsFrom(a[i]))
			worstSech = math.Max(worstSech, sechPrecise(z).ulpsFrom(e[i]))
		}
		t.Logf("%s: %.2f ULP of tanh, %.2f of sech², of %d arguments", level, worst, worstSech, len(x))
		if !(worst <= 4 && worstSech <= 4) {
			t.Errorf("%s: %.2f ULP of tanh, %.2f of sech²", level, worst, worstSech)
		}
	}
	for _, c := range []struct{ x, a, e float64 }{{0, 0, 1}, {355, 1, 0}, {-1e300, -1, 0}, {math.Inf(1), 1, 0}, {math.Inf(-1), -1, 0}} {
		t.Run(fmt.Sprint(c.x, c.a, c.e), func(t *testing.T) {
			if a, e := portable.TanhSech(c.x); a != c.a || e != c.e {
				t.Errorf("TanhSech(%v) = %v, %v", c.x, a, e)
			}
		})
	}
	if a, _ := portable.TanhSech(math.Copysign(0, -1)); a != 0 || !math.Signbit(a) {
		t.Errorf("tanh(-0) = %v", a)
	}
	if a, e := portable.TanhSech(math.NaN()); !math.IsNaN(a) || !math.IsNaN(e) {
		t.Errorf("TanhSech(NaN) = %v, %v", a, e)
	}
}

func BenchmarkTanhSech(b *testing.B) {
	x := benchNormal[float64](400, 1)
	a, e := make([]float64, len(x)), make([]float64, len(x))
	for _, level := range Levels() {
		b.Run("level="+level, func(b *testing.B) {
			ws := workspaceAt[float64](b, 1, level)
			for b.Loop() {
				TanhSech(a, e, x, ws)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/value")
		})
	}
}
