package kernels

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"kac/kernels/internal/dispatch"
	"kac/kernels/internal/sums"
)

func TestSumAndDot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	lengths := []int{127, 128, 129, 255, 256, 257, 1000, 4096, 40001}
	for n := range 68 {
		lengths = append(lengths, n, sums.Block*sums.SumBlocks+n)
	}
	for _, n := range lengths {
		x, y := make([]float64, n), make([]float64, n)
		exact, exactDot := new(big.Float).SetPrec(400), new(big.Float).SetPrec(400)
		abs, absDot := 0.0, 0.0
		for i := range x {
			x[i] = r.NormFloat64() * math.Exp(5*r.NormFloat64())
			y[i] = r.NormFloat64()
			bx, by := new(big.Float).SetPrec(400).SetFloat64(x[i]), new(big.Float).SetFloat64(y[i])
			exact.Add(exact, bx)
			exactDot.Add(exactDot, new(big.Float).SetPrec(400).Mul(bx, by))
			abs += math.Abs(x[i])
			absDot += math.Abs(x[i] * y[i])
		}
		depth := 24 + math.Log2(float64(n)+1) // the bound in the documentation
		want, _ := exact.Float64()
		if got := Sum(x); !(math.Abs(got-want) <= depth*0x1p-53*abs) {
			t.Errorf("n=%d: Sum %g, exact %g", n, got, want)
		}
		want, _ = exactDot.Float64()
		if got := Dot(x, y); !(math.Abs(got-want) <= (depth+1)*0x1p-53*absDot) {
			t.Errorf("n=%d: Dot %g, exact %g", n, got, want)
		}
	}
}

func TestSumPairsUp(t *testing.T) {
	// 2^-53 added n times to 1 vanishes in a running sum; a tree keeps all but the first block's share.
	n := 1 << 16
	x := make([]float64, n)
	for i := range x {
		x[i] = 0x1p-53
	}
	x[0] = 1
	if got, want := Sum(x), 1+float64(n)*0x1p-53; !(math.Abs(got-want) <= 40*0x1p-52) {
		t.Errorf("Sum lost small terms: 1 + %g, want 1 + %g", got-1, want-1)
	}
}

func TestSumFloat32AccumulatesInFloat64(t *testing.T) {
	x := make([]float32, 1<<20)
	for i := range x {
		x[i] = 0.1
	}
	if got, want := Sum(x), float64(float32(0.1))*(1<<20); !(math.Abs(got-want) <= 1e-9*want) {
		t.Errorf("Sum %g, want %g", got, want)
	}
}

func TestNormalizeRows(t *testing.T) {
	ws := NewWorkspace[float64](2)
	for _, d := range []int{1, 2, 3, 8, 17, 200} {
		const m = 300
		w := make([]float64, m*d)
		r := rand.New(rand.NewPCG(3, uint64(d)))
		for i := range w {
			w[i] = r.NormFloat64()
		}
		scale := []float64{1, 1e-300, 1e300, 1e-308, 3e-320, 1e154}
		before := append([]float64{}, w...)
		for j := range m {
			for a := range d {
				w[j*d+a] *= scale[j%len(scale)]
			}
		}
		NormalizeRows(w, m, d, ws)
		for j := range m {
			row := w[j*d : (j+1)*d]
			if n := math.Sqrt(Dot(row, row)); !(math.Abs(n-1) <= 1e-15) {
				t.Errorf("d=%d row %d scale %g: norm 1%+g", d, j, scale[j%len(scale)], n-1)
			}
			if s := Dot(row, before[j*d:(j+1)*d]); scale[j%len(scale)] > 1e-310 && math.Abs(s*s-Dot(before[j*d:(j+1)*d], before[j*d:(j+1)*d])) > 1e-12*s*s {
				t.Errorf("d=%d row %d changed direction", d, j)
			}
		}
	}
	w := []float64{0, 0, math.NaN(), 1, math.Inf(1), 1}
	NormalizeRows(w, 3, 2, ws)
	for _, i := range []int{0, 1, 2, 3, 4} {
		if !math.IsNaN(w[i]) {
			t.Errorf("element %d of zero, NaN and infinite rows is %g, want NaN", i, w[i])
		}
	}
	NormalizeRows(nil, 0, 2, ws)
	NormalizeRows(nil, 2, 0, ws)
}

func TestProjectTangent(t *testing.T) {
	ws := NewWorkspace[float64](3)
	const m, d = 600, 11
	w, v := unitRows[float64](m, d, 1), unitRows[float64](m, d, 2)
	before := append([]float64{}, v...)
	ProjectTangent(v, w, m, d, ws)
	for j := range m {
		vj, wj, bj := v[j*d:(j+1)*d], w[j*d:(j+1)*d], before[j*d:(j+1)*d]
		if s := Dot(vj, wj); !(math.Abs(s) <= 1e-15) {
			t.Errorf("row %d: component %g is left", j, s)
		}
		s := Dot(bj, wj)
		for a := range d {
			if !(math.Abs(vj[a]+s*wj[a]-bj[a]) <= 1e-15) {
				t.Errorf("row %d changed along the tangent", j)
			}
		}
	}
}

func TestCombine(t *testing.T) {
	ws := NewWorkspace[float64](3)
	for _, n := range []int{0, 1, 5, 1023, 1024, 1025, 5000} {
		y, a, c := unitRows[float64](n, 1, 1), unitRows[float64](n, 1, 2), unitRows[float64](n, 1, 3)
		dst := make([]float64, n)
		Combine(dst, y, .5, []float64{2, 0, -3}, [][]float64{a, nil, c}, ws)
		for i := range dst {
			if want := y[i] + .5*(2*a[i]-3*c[i]); dst[i] != want {
				t.Fatalf("n=%d element %d: %g, want %g", n, i, dst[i], want)
			}
		}
		Combine(y, y, .5, []float64{2, 0, -3}, [][]float64{a, nil, c}, ws)
		for i := range dst {
			if dst[i] != y[i] {
				t.Fatalf("n=%d element %d: %g in place, %g apart", n, i, y[i], dst[i])
			}
		}
		Combine(dst, a, 1, nil, nil, ws)
		for i := range dst {
			if dst[i] != a[i] {
				t.Fatalf("no stages: element %d is %g, want %g", i, dst[i], a[i])
			}
		}
	}
}

func TestDualDerivatives(t *testing.T) {
	for _, c := range dualsUnderTest {
		for _, s := range []float64{-.9, -.3, 0, .2, .7} {
			const h = 1e-4
			v, dv, d2v := c.q.Eval(s)
			up, dup, _ := c.q.Eval(s + h)
			down, ddown, _ := c.q.Eval(s - h)
			if math.Abs((up-down)/(2*h)-dv) > 1e-6 || math.Abs((dup-ddown)/(2*h)-d2v) > 1e-6 {
				t.Errorf("%s at %g: derivatives %g %g, differences %g %g", c.name, s, dv, d2v, (up-down)/(2*h), (dup-ddown)/(2*h))
			}
			_ = v
		}
	}
}

func TestDualIsTheGaussianExpectation(t *testing.T) {
	// E sigma(x) sigma(s x + sqrt(1-s^2) y) by the trapezoidal rule, which converges geometrically for erf and
	// algebraically at the kink.
	for name, c := range map[string]struct {
		sigma func(float64) float64
		q     Dual
		tol   float64
	}{"relu": {func(z float64) float64 { return math.Max(z, 0) }, ReLUDual(), 1e-4}, "erf": {math.Erf, ErfDual(), 1e-12}} {
		t.Run(name, func(t *testing.T) {
			for _, s := range []float64{-.8, 0, .5, .99} {
				const h = 1.0 / 32
				sum := 0.0
				for x := -9.0; x <= 9; x += h {
					for y := -9.0; y <= 9; y += h {
						sum += c.sigma(x) * c.sigma(s*x+math.Sqrt(1-s*s)*y) * math.Exp(-(x*x+y*y)/2)
					}
				}
				sum *= h * h / (2 * math.Pi)
				if got, _, _ := c.q.Eval(s); !(math.Abs(got-sum) <= c.tol) {
					t.Errorf("%s at %g: %g, quadrature %g", name, s, got, sum)
				}
			}
		})
	}
}

func TestChooseLevel(t *testing.T) {
	for _, c := range []struct{ forced, want, err string }{
		{"", "avx2", ""}, {"generic", "generic", ""}, {"avx2", "avx2", ""},
		{"avx512", "avx2", "KAC_LEVEL=avx512: this processor or build does not have that level; available: avx2, generic"},
		{"AVX2", "avx2", "KAC_LEVEL=AVX2: unknown level; available: avx2, generic"},
	} {
		t.Run(c.forced, func(t *testing.T) {
			got, err := dispatch.Choose(c.forced, []string{"avx2", "generic"})
			text := ""
			if err != nil {
				text = err.Error()
			}
			if got != c.want || text != c.err {
				t.Errorf("KAC_LEVEL=%q: %q, %q", c.forced, got, text)
			}
		})
	}
}
