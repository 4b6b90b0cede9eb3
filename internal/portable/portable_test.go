package portable

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
)

var functions = map[string]struct{ portable, math func(x float64) float64 }{
	"Exp":      {Exp, math.Exp},
	"fusedExp": {fusedExp, math.Exp},
	"Tanh":     {Tanh, math.Tanh},
	"Erf":      {Erf, math.Erf},
	"Erfc":     {Erfc, math.Erfc},
	"Pow 1/3":  {func(x float64) float64 { return Pow(x, 1.0/3) }, func(x float64) float64 { return math.Pow(x, 1.0/3) }},
	"Pow 7.8":  {func(x float64) float64 { return Pow(x, 7.8) }, func(x float64) float64 { return math.Pow(x, 7.8) }},
	"Pow 1.5":  {func(x float64) float64 { return Pow(x, 1.5) }, func(x float64) float64 { return math.Pow(x, 1.5) }},
	"Pow -200": {func(x float64) float64 { return Pow(x, -200.25) }, func(x float64) float64 { return math.Pow(x, -200.25) }},
	"Pow of 3": {func(x float64) float64 { return Pow(3, x) }, func(x float64) float64 { return math.Pow(3, x) }},
	"Pow .01":  {func(x float64) float64 { return Pow(.01, x) }, func(x float64) float64 { return math.Pow(.01, x) }},
	"Pow -2":   {func(x float64) float64 { return Pow(-2, x) }, func(x float64) float64 { return math.Pow(-2, x) }},
}

// arguments are special values, ends of every range, and numbers of every size.
func arguments(n int) []float64 {
	x := []float64{0, 1, .5, .625, 1.25, 1 / 0.35, 6, 28, 44.014845965556527, 709.43, 709.44, 709.78271289338397, 709.7827128933841, 745.13, 745.14, 745.4, 745.5, 746, 800, 801, 1e10,
		1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 0x1p-1022, 0x1p-28, 708.39, 708.4, 710, math.Inf(1), math.NaN()}
	for i := range x {
		x = append(x, math.Nextafter(x[i], 0), math.Nextafter(x[i], math.Inf(1)))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range n {
		x = append(x, r.Float64(), 30*r.Float64(), 800*r.Float64(), math.Ldexp(1+r.Float64(), r.IntN(2098)-1074))
	}
	for i := range x {
		x = append(x, -x[i])
	}
	return x
}

// TestLikeMath compares bits with package math on a processor whose math.Exp has fused multiply-adds.
func TestLikeMath(t *testing.T) {
	if !mathFuses {
		t.Skip("package math gives these bits on amd64 processors with FMA only")
	}
	n := 100_000
	if testing.Short() {
		n = 20_000
	}
	for name, f := range functions {
		for _, x := range arguments(n) {
			got, want := f.portable(x), f.math(x)
			if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%s(%v) = %x, package math has %x", name, x, got, want)
			}
		}
	}
}

// TestSameBits holds the functions to the bits seen on a processor with FMA, on any other one (qemu-x86_64 -cpu Nehalem
// has none).
func TestSameBits(t *testing.T) {
	for name, want := range map[string]uint64{
		"Exp": 0xf3453b0c068ede54, "fusedExp": 0xf3453b0c068ede54, "Tanh": 0x6c6f57a5c126413d, "Erf": 0xd7da464423d24ec1, "Erfc": 0xb61aeebe64bcf83f, "Pow 1/3": 0xbf5e70932d532ea6, "Pow 7.8": 0xfaba8b9e70a7c36c, "Pow 1.5": 0x3f00022601a6b68c, "Pow -200": 0x9cf128be7dd596bc, "Pow of 3": 0x10fc9893a718db0d, "Pow .01": 0xc8e02bac1d21c57, "Pow -2": 0x866e65a3a15f8b31,
	} {
		t.Run(name, func(t *testing.T) {
			h := fnv.New64a()
			for _, x := range arguments(3000) {
				y := functions[name].portable(x)
				if math.IsNaN(y) {
					y = math.NaN()
				}
				bits := math.Float64bits(y)
				for range 8 {
					_, _ = h.Write([]byte{byte(bits)})
					bits >>= 8
				}
			}
			if got := h.Sum64(); got != want {
				t.Errorf("%s: checksum %#x, want %#x", name, got, want)
			}
		})
	}
}

func BenchmarkExp(b *testing.B) {
	for _, f := range []struct {
		name string
		exp  func(float64) float64
	}{{"portable", Exp}, {"math", math.Exp}} {
		b.Run(f.name, func(b *testing.B) {
			s := 0.0
			for i := range b.N {
				s += f.exp(float64(i&63) - 32)
			}
			_ = s
		})
	}
}
