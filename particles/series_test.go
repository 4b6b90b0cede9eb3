package particles

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

func mustSeries(t testing.TB, text string) Series {
	t.Helper()
	s, err := ParseSeries(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseSeries(t *testing.T) {
	for _, c := range []struct {
		text, want string
		even, odd  bool
		degree     int
		norm2      float64
	}{
		{"4", "4:1", true, false, 4, 1},
		{"4:0.8,6:0.6", "4:0.8,6:0.6", true, false, 6, 1},
		{" 6 : 0.6 , 4:.8 ", "4:0.8,6:0.6", true, false, 6, 1},
		{"1:-2,3:1e-3", "1:-2,3:0.001", false, true, 3, 4.000001},
		{"0:1,1,2:0.5", "0:1,1:1,2:0.5", false, false, 2, 2.25},
		{"32:1,5:0", "32:1", true, false, 32, 1},
		{"5:0,3:2", "3:2", false, true, 3, 4},
		{"2^2:2^-1,6:3*2^-2", "4:0.5,6:0.75", true, false, 6, .8125},
	} {
		t.Run(c.text, func(t *testing.T) {
			s, err := ParseSeries(c.text)
			if err != nil {
				t.Errorf("%q: %v", c.text, err)
				return
			}
			if s.String() != c.want || s.Even() != c.even || s.vanishes(0) != c.odd || s.Degree() != c.degree ||
				math.Abs(s.Norm2()-c.norm2) > 1e-15*c.norm2 {
				t.Errorf("%q: %v even %v odd %v degree %d norm2 %v, want %+v", c.text, s, s.Even(), s.vanishes(0), s.Degree(), s.Norm2(), c)
			}
			again := mustSeries(t, s.String())
			for k := -1; k <= MaxDegree+1; k++ {
				if s.Coefficient(k) != again.Coefficient(k) {
					t.Errorf("%q: coefficient %d changes when read back", c.text, k)
				}
			}
		})
	}
}

func TestParseSeriesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":               "empty",
		"  ":             "empty",
		"4:0.8,":         `term ""`,
		",4":             `term ""`,
		"four":           `term "four"`,
		"4.5:1":          `term "4.5:1"`,
		"-2:1":           `term "-2:1"`,
		"33":             `term "33"`,
		"99999999999999": `term "99999999999999"`,
		"4:":             `term "4:"`,
		"4:x":            `term "4:x"`,
		"4:NaN":          `term "4:NaN"`,
		"4:inf":          `term "4:inf"`,
		"4:-Inf,6:1":     `term "4:-Inf"`,
		"4:1e999":        `term "4:1e999"`,
		"4:0x1p-1":       `term "4:0x1p-1"`,
		"4:1_0":          `term "4:1_0"`,
		"4:infinity":     `term "4:infinity"`,
		"0x4:1":          `term "0x4:1"`,
		"0_4":            `term "0_4"`,
		"4:1:2":          `term "4:1:2"`,
		"4:1,6:1,4:2":    "degree 4 is given twice",
		"4:0,6:0":        "no coefficient differs from zero",
		"4:1e200":        "rescale",
		"4:1e-200":       "rescale",
	} {
		t.Run(text, func(t *testing.T) {
			s, err := ParseSeries(text)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q gave %v, error %v; want an error with %q", text, s, err, want)
			}
			if err != nil && strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("%q: error of several lines: %v", text, err)
			}
		})
	}
	for _, coef := range []map[int]float64{nil, {}, {4: 0}, {-1: 1}, {33: 1}, {2: math.NaN()}, {2: math.Inf(1)}} {
		if s, err := NewSeries(coef); err == nil {
			t.Errorf("NewSeries(%v) gave %v", coef, s)
		}
	}
}

// hermite returns h_k(z), h_k'(z) and d2h_k(z) with 400 bits, from monomial
// coefficients: He_k = sum_j (-1)^j k!/(j! (k-2j)! 2^j) z^{k-2j}.
func hermite(k int, z float64) [3]float64 {
	x := func(v float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(v) }
	fact := func(n int) *big.Float {
		return new(big.Float).SetPrec(400).SetInt(new(big.Int).MulRange(1, int64(n)))
	}
	sum := [3]*big.Float{x(0), x(0), x(0)}
	for j := 0; 2*j <= k; j++ {
		n := k - 2*j
		c := fact(k)
		c.Quo(c, fact(j)).Quo(c, fact(n)).Quo(c, x(math.Ldexp(1, j)))
		if j%2 == 1 {
			c.Neg(c)
		}
		for order := range sum { // d^order z^n = n!/(n-order)! z^{n-order}
			if order > n {
				break
			}
			term := new(big.Float).SetPrec(400).Mul(c, fact(n))
			term.Quo(term, fact(n-order))
			for range n - order {
				term.Mul(term, x(z))
			}
			sum[order].Add(sum[order], term)
		}
	}
	root := fact(k)
	root.Sqrt(root)
	var out [3]float64
	for i, s := range sum {
		out[i], _ = s.Quo(s, root).Float64()
	}
	return out
}

// Values and both derivatives of every degree against 400-bit arithmetic, to a
// few rounding errors of the size that h_k has near z.
func TestSeriesEval(t *testing.T) {
	worst := 0.0
	for k := 0; k <= MaxDegree; k++ {
		s, err := NewSeries(map[int]float64{k: -1.5})
		if err != nil {
			t.Fatal(err)
		}
		for _, z := range []float64{0, 1e-9, -.3, .7, 1, -1.9, 2.5, 4, -6.1, 9, 30, -1e3} {
			v, dv, d2v := s.Eval(z)
			want := hermite(k, z)
			for order, got := range [3]float64{v, dv, d2v} {
				exact := -1.5 * want[order]
				// Where h_k oscillates its envelope is below exp(z^2/4); its
				// derivatives are sqrt(k), sqrt(k(k-1)) times lower degrees.
				size := math.Max(math.Abs(exact), math.Pow(float64(max(k, 1)), float64(order)/2)*math.Exp(math.Min(z*z/4, float64(k))))
				e := math.Abs(got-exact) / size
				worst = math.Max(worst, e)
				if e > 2e-14 {
					t.Errorf("degree %d, z = %g, derivative %d: %.17g, want %.17g", k, z, order, got, exact)
				}
			}
		}
	}
	t.Logf("largest error %.2g", worst)
}

func TestSeriesEvalIsLinear(t *testing.T) {
	s := mustSeries(t, "0:0.5,1:-1,4:0.8,7:2")
	for _, z := range []float64{-2.2, 0, .4, 3} {
		want := [3]float64{}
		for k, c := range map[int]float64{0: .5, 1: -1, 4: .8, 7: 2} {
			h := hermite(k, z)
			for i := range want {
				want[i] += c * h[i]
			}
		}
		v, dv, d2v := s.Eval(z)
		for i, got := range [3]float64{v, dv, d2v} {
			if math.Abs(got-want[i]) > 1e-12*(1+math.Abs(want[i])) {
				t.Errorf("z = %g, derivative %d: %g, want %g", z, i, got, want[i])
			}
		}
	}
	var zero Series
	if v, dv, d2v := zero.Eval(3); v != 0 || dv != 0 || d2v != 0 || zero.Norm2() != 0 || zero.Degree() != 0 {
		t.Error("the zero value is not the zero function")
	}
}

func FuzzParseSeries(f *testing.F) {
	for _, seed := range []string{"4", "4:0.8,6:0.6", "0:1,33", "4:1e300", " 3 : -0 ", "4:0x1p-3", "1_0:2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSeries(text)
		if err != nil {
			return
		}
		again, err := ParseSeries(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q reads as %q, which reads as %v (%v)", text, s, again, err)
		}
		if n := s.Norm2(); !(n > 0) || math.IsInf(n, 0) || s.Degree() > MaxDegree {
			t.Errorf("%q: degree %d, squared norm %g", text, s.Degree(), n)
		}
	})
}
