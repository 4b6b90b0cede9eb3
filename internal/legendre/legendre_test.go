package legendre

import (
	"fmt"
	"math"
	"testing"
)

// TestRecurrences: sums over many points, series, derivatives and powers against each other and closed forms.
func TestRecurrences(t *testing.T) {
	for _, d := range []int{3, 4, 16, 100} {
		const degree = 9
		coef := make([]float64, degree+1)
		for l := range coef {
			coef[l] = 1 / float64(l+1)
		}
		s := &Series{Dim: d, Coef: coef}
		var slope, second Series
		slope.Derivative(s)
		second.Derivative(&slope)
		if one := s.Eval(1); math.Abs(one-2.9289682539682538) > 1e-15*8 {
			t.Errorf("d = %d: %.17g at 1", d, one)
		}
		x, w := []float64{-1, -.7, 0, .3, .5, .99, 1}, []float64{1, 2, 3, 4, 5, 6, 7}
		y, m := make([]float64, len(x)), make([]float64, degree+1)
		r := NewRecurrence(d, degree+1)
		r.Eval(y, coef, x)
		r.Sums(m, x, w)
		sum, want := 0.0, 0.0
		for i := range x {
			if y[i] != r.At(coef, x[i]) || math.Abs(y[i]-s.Eval(x[i])) > 1e-14 {
				t.Errorf("d = %d: %.17g and %.17g at %g", d, y[i], s.Eval(x[i]), x[i])
			}
			want += w[i] * y[i]
			// (d-1) s P' = (1-s^2) P'' + l(l+d-2) P, term by term
			e, lhs := (1-x[i])*(1+x[i]), float64(d-1)*x[i]*slope.Eval(x[i])
			eigen := &Series{Dim: d, Coef: make([]float64, degree+1)}
			for l, c := range coef {
				eigen.Coef[l] = c * float64(l*(l+d-2))
			}
			if rhs := e*second.Eval(x[i]) + eigen.Eval(x[i]); math.Abs(lhs-rhs) > 1e-12*float64(d) {
				t.Errorf("d = %d: the differential equation at %g: %g and %g", d, x[i], lhs, rhs)
			}
		}
		for l, c := range coef {
			sum += c * m[l]
		}
		if math.Abs(sum-want) > 1e-12 {
			t.Errorf("d = %d: %.15g by sums, %.15g by values", d, sum, want)
		}
		powers := []float64{.5, 0, 1, 2, 0, .25, 0, 0, 0, 1}
		p, beyond := FromPowers(d, powers, 5)
		all, none := FromPowers(d, powers, degree)
		rest := 0.0
		for _, x := range all[6:] {
			rest += x
		}
		if math.Abs(beyond-rest) > 1e-15 || none != 0 || p[3] != all[3] {
			t.Errorf("d = %d: %.17g beyond, want %.17g", d, beyond, rest)
		}
		for _, at := range x {
			want := 0.0
			for k, c := range powers {
				want += c * math.Pow(at, float64(k))
			}
			if got := (&Series{Dim: d, Coef: all}).Eval(at); math.Abs(got-want) > 1e-14 {
				t.Errorf("d = %d: %.17g at %g, want %.17g", d, got, at, want)
			}
		}
	}
}

// TestHarmonics: by binomials, and the logarithm where no float64 holds the number.
func TestHarmonics(t *testing.T) {
	for _, c := range []struct {
		d, l int
		want float64
	}{{3, 0, 1}, {3, 7, 15}, {4, 3, 16}, {32, 4, 51832}, {10, 2, 54}, {24, 1, 24}} {
		t.Run(fmt.Sprint(c.d), func(t *testing.T) {
			if got := Harmonics(c.d, c.l); got != c.want || math.Abs(LogHarmonics(c.d, c.l)-math.Log(c.want)) > 1e-12 {
				t.Errorf("N(%d, %d) = %g, %g by its logarithm, want %g", c.d, c.l, got, math.Exp(LogHarmonics(c.d, c.l)), c.want)
			}
		})
	}
	if got := LogHarmonics(4096, 1000); !(got > 709 && got < 4000) {
		t.Errorf("log N(4096, 1000) = %g", got)
	}
}

// TestProfile: intervals gather at a kink wherever it is, and what is not finite is named.
func TestProfile(t *testing.T) {
	p, err := NewProfile(func(z float64) float64 { return math.Abs(z - 0.3) })
	if err != nil {
		t.Fatal(err)
	}
	nearest := math.Inf(1)
	for _, e := range p.edges {
		nearest = math.Min(nearest, math.Abs(e-0.3))
	}
	if nearest > 1e-11 || len(p.edges) > 200 {
		t.Errorf("%d edges, the nearest %g from the kink", len(p.edges), nearest)
	}
	if _, err := NewProfile(func(z float64) float64 { return 1 / (z*z - 2) }); err == nil {
		t.Log("a pole between the nodes is not seen") // refused by its square elsewhere
	}
	var at *ErrNotFinite
	if _, err := NewProfile(func(z float64) float64 { return math.Log(z + 3) }); err == nil || !asNotFinite(err, &at) || at.At > -3 {
		t.Errorf("log(z+3): %v", err)
	}
	if _, err := NewProfile(func(z float64) float64 { return math.Sin(1e4 * z) }); err == nil {
		t.Error("sin(10000 z) is taken for smooth")
	}
}

func asNotFinite(err error, to **ErrNotFinite) bool {
	e, is := err.(*ErrNotFinite)
	*to = e
	return is
}
