package contrast

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.12g, want %.12g: %.1e apart", what, got, want, got-want)
	}
}

// Values of another program (NumPy, Gauss and Hermite in the place of the trapezoid), which met sampling of the
// definition.
func TestLossValues(t *testing.T) {
	for _, c := range []struct {
		c, r2      []float64
		m, loss    float64
		rate, norm []float64
	}{
		{[]float64{.2, .1}, []float64{.5, .4}, 2, .644025489, nil, nil},
		{[]float64{.2, .1}, []float64{.5, .4}, 4, 1.312637893, nil, nil},
		{[]float64{.2, .1}, []float64{.5, .4}, 8, 1.994110861, []float64{.822887172, .832132079}, []float64{.386820595, .396939084}},
		{[]float64{.2, .1}, []float64{.5, .4}, 64, 4.064728137, nil, nil},
		{[]float64{.08, .04}, []float64{.2, .15}, 2, math.NaN(), []float64{.455053008, .463112958}, nil},
		{[]float64{.08, .04}, []float64{.2, .15}, 8, math.NaN(), []float64{.851820584, .856562562}, nil},
		{[]float64{.08, .04}, []float64{.2, .15}, 128, math.NaN(), []float64{.990411003, .990802994}, nil},
	} {
		t.Run(fmt.Sprintf("c=%v,m=%v", c.c, c.m), func(t *testing.T) {
			r, wrong, err := Loss(t.Context(), c.c, c.r2, c.m, 1e-9)
			if err != nil {
				t.Fatal(err)
			}
			if !math.IsNaN(c.loss) {
				near(t, "loss", r.Loss, c.loss, 6e-10)
			}
			for k := range c.rate {
				near(t, "rate", r.Coupling[k], c.rate[k], 6e-10)
			}
			for k := range c.norm {
				near(t, "dl/dr^4", r.Norm[k], c.norm[k], 6e-10)
			}
			// The estimate bounds the distance from a hundred times the accuracy.
			better, _, err := Loss(t.Context(), c.c, c.r2, c.m, 1e-11)
			if err != nil {
				t.Fatal(err)
			}
			if d := r.from(&better); !(d <= wrong+2e-12) {
				t.Errorf("%.2g from the better value; the estimate is %.2g", d, wrong)
			}
			if c.m != 8 {
				return
			}
			// The derivatives are those of the loss.
			const h = 1e-3
			for k := range c.c {
				up, down := append([]float64(nil), c.c...), append([]float64(nil), c.c...)
				up[k], down[k] = up[k]+h, down[k]-h
				high, _, err1 := Loss(t.Context(), up, c.r2, c.m, 1e-11)
				low, _, err2 := Loss(t.Context(), down, c.r2, c.m, 1e-11)
				if err1 != nil || err2 != nil {
					t.Fatal(err1, err2)
				}
				near(t, "-dl/dc by differences", -(high.Loss-low.Loss)/(2*h), better.Coupling[k], 2e-6)
				copy(up, c.r2)
				copy(down, c.r2)
				up[k], down[k] = math.Sqrt(up[k]*up[k]+h), math.Sqrt(down[k]*down[k]-h)
				high, _, err1 = Loss(t.Context(), c.c, up, c.m, 1e-11)
				low, _, err2 = Loss(t.Context(), c.c, down, c.m, 1e-11)
				if err1 != nil || err2 != nil {
					t.Fatal(err1, err2)
				}
				near(t, "dl/dr^4 by differences", (high.Loss-low.Loss)/(2*h), better.Norm[k], 2e-5)
			}
		})
	}
}

func TestFirstOrderValues(t *testing.T) {
	c, r2 := []float64{.08, .04}, []float64{.2, .15}
	first, rates, exists := FirstOrder(c, r2)
	if !exists {
		t.Fatal("no coefficient")
	}
	near(t, "coefficient", first, .0988201007, 6e-11)
	near(t, "first rate", -rates[0], 1.230702583, 6e-10)
	near(t, "second rate", -rates[1], 1.179423309, 6e-10)
	for _, p := range []struct{ m, want float64 }{{2, .092924540}, {32, .098335178}, {2048, .0988122144}} {
		t.Run(fmt.Sprint(p.m, p.want), func(t *testing.T) {
			r, _, err := Loss(t.Context(), c, r2, p.m, 1e-13)
			if err != nil && !errors.As(err, new(*ToleranceError)) {
				t.Fatal(err)
			}
			near(t, fmt.Sprintf("m (l - log m - limit) at m = %v", p.m), p.m*(r.Loss-math.Log(p.m)-Infinite(c, r2).Loss), p.want, 1e-9)
		})
	}
	if _, _, exists := FirstOrder([]float64{.1}, []float64{.71}); exists {
		t.Error("r^4 = 0.5041 has a coefficient")
	}
}

// The definition: batches are drawn, as the finite system draws them.
func TestLossIsTheDefinition(t *testing.T) {
	c, r2 := []float64{.12, -.03}, []float64{.3, .2}
	const m, batches = 5, 20_000
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, 2*m), make([]float64, 2*m)
	var sums, squares [3]float64
	for range batches {
		for i := range m {
			for k := range 2 {
				rho := c[k] / r2[k]
				a, b := r.NormFloat64(), r.NormFloat64()
				x[2*i+k], y[2*i+k] = math.Sqrt(r2[k])*a, math.Sqrt(r2[k])*(rho*a+math.Sqrt(1-rho*rho)*b)
			}
		}
		var one [3]float64
		for i := range m {
			total, ey0, ey1, own := 0.0, 0.0, 0.0, 0.0
			for j := range m {
				e := math.Exp(x[2*i]*y[2*j] + x[2*i+1]*y[2*j+1])
				total, ey0, ey1 = total+e, ey0+e*y[2*j], ey1+e*y[2*j+1]
				if i == j {
					own = e
				}
			}
			p := own / total
			one[0] -= math.Log(p) / m
			one[1] += (1 - p - x[2*i]*p*(y[2*i]-ey0/total)) / m
			one[2] += (1 - p - x[2*i+1]*p*(y[2*i+1]-ey1/total)) / m
		}
		for i, v := range one {
			sums[i] += v
			squares[i] += v * v
		}
	}
	exact, _, err := Loss(t.Context(), c, r2, m, 1e-10)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{exact.Loss, exact.Coupling[0], exact.Coupling[1]} {
		mean := sums[i] / batches
		se := math.Sqrt((squares[i]/batches - mean*mean) / batches)
		t.Logf("%.6f +- %.6f, exact %.9f", mean, se, want)
		if math.Abs(mean-want) > 4*se {
			t.Errorf("number %d: %v +- %v of drawn batches, %v by integrals", i, mean, se, want)
		}
	}
}

// Features may be renamed, a feature of no weight is not there, and without any coupling the rows of p are uniform.
func TestLossIdentities(t *testing.T) {
	loss := func(c, r2 []float64, m float64) Rates {
		r, _, err := Loss(t.Context(), c, r2, m, 1e-10)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := loss([]float64{.2, .05}, []float64{.4, .3}, 7), loss([]float64{.05, .2}, []float64{.3, .4}, 7)
	near(t, "loss of swapped features", b.Loss, a.Loss, 1e-13)
	near(t, "rate of swapped features", b.Coupling[0], a.Coupling[1], 1e-13)
	one, two := loss([]float64{.2}, []float64{.4}, 7), loss([]float64{.2, 0}, []float64{.4, 0}, 7)
	near(t, "loss with a feature of no weight", two.Loss, one.Loss, 1e-12)
	near(t, "rate beside a feature of no weight", two.Coupling[0], one.Coupling[0], 1e-12)
	nothing := loss([]float64{0, 0}, []float64{0, 0}, 9)
	near(t, "loss without weights", nothing.Loss, math.Log(9), 1e-13)
	near(t, "rate without weights", nothing.Coupling[0], 1-1./9, 1e-13) // 1 - E p_ii
}

// Noise on a feature raises the rate of the others: at random points, and so the theorem's conditions are not needed
// there. kac contrast theorem looks at more of them.
func TestNoiseRaisesRates(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 12 {
		r2 := []float64{.05 + 1.2*r.Float64(), .05 + 1.2*r.Float64()}
		c := []float64{.97 * r.Float64() * r2[0], .97 * r.Float64() * r2[1]}
		beta := .9 * r.Float64()
		m := []float64{2, 8, 64}[r.IntN(3)]
		plain, wrong1, err1 := Loss(t.Context(), c, r2, m, 1e-6)
		noised, wrong2, err2 := Loss(t.Context(), []float64{beta * c[0], c[1]}, r2, m, 1e-6)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if !(noised.Coupling[1]-plain.Coupling[1] > wrong1+wrong2) {
			t.Errorf("c %v, r² %v, m %v, beta %v: R_2 %v with noise, %v without", c, r2, m, beta, noised.Coupling[1], plain.Coupling[1])
		}
	}
}

func TestLossRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		c, r2 []float64
		m     float64
	}{
		"none": {nil, nil, 4}, "four": {make([]float64, 4), make([]float64, 4), 4}, "lengths": {[]float64{0, 0}, []float64{1}, 4}, "one pair": {[]float64{0}, []float64{1}, 1},
		"infinite": {[]float64{0}, []float64{1}, math.Inf(1)}, "large": {[]float64{0}, []float64{5}, 4}, "coupling": {[]float64{.5}, []float64{.4}, 4}, "NaN": {[]float64{math.NaN()}, []float64{1}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := Loss(t.Context(), c.c, c.r2, c.m, 1e-6); err == nil {
				t.Error("not refused")
			}
		})
	}
}
