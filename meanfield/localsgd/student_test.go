package localsgd

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"kac/particles/localsgd"
)

// Student's noise against integrals in closed form. Of three degrees t = sqrt(3) tan(theta) has the density 2/pi cos²
// theta, and its distribution function is elementary: three steps are one integral over theta, split where x_1 = 0.
func TestStudentChain(t *testing.T) {
	const eta, sigma = .3, .2
	const s = eta * sigma
	move := func(x float64) float64 { return x - eta*kink.Slope(x) }
	// E |a - s z|, z = t/sqrt(3): a (2 F - 1) + 2 s times the mean of z beyond.
	away := func(a float64) float64 {
		x := a / s // t/sqrt(3) itself
		f := .5 + (x/(1+x*x)+math.Atan(x))/math.Pi
		density := 2 / (math.Pi * math.Sqrt(3)) / ((1 + x*x) * (1 + x*x))
		return a*(2*f-1) + 2*s*density*(3+3*x*x)/2/math.Sqrt(3)
	}
	// E T(a - s z) is linear in a but for that.
	mean := func(a float64) float64 { return a - eta*((kink.L+kink.R)/2*a+(kink.R-kink.L)/2*away(a)) }
	integral := func(start float64, f func(x float64) float64) float64 {
		sum, corner := 0.0, math.Atan(move(start)/s)
		for _, end := range [2]float64{-math.Pi / 2, math.Pi / 2} {
			for k := range 40 { // panels that shrink towards the corner
				low, high := corner+(end-corner)*math.Ldexp(1, k-40), corner+(end-corner)*math.Ldexp(1, k-39)
				sum += quad.Fixed(func(theta float64) float64 {
					c := math.Cos(theta)
					return 2 / math.Pi * c * c * f(move(start)-s*math.Tan(theta))
				}, math.Min(low, high), math.Max(low, high), 20, nil, 0)
			}
		}
		return sum
	}
	noise := &localsgd.Noise{Law: localsgd.StudentNoise, Sigma: sigma, Degrees: 3}
	for _, start := range []float64{0, .05, -2} {
		got, err := StudentChain(context.Background(), kink, noise, eta, start, []int{1, 2, 3}, nil)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, got, want, wrong float64) {
			if math.Abs(got-want) > wrong+2e-14 || wrong > 1e-12 {
				t.Errorf("from %g: %s %.15g +- %.1g, by integrals %.15g", start, what, got, wrong, want)
			}
		}
		check("x_1", got[0].Bias, 0, got[0].BiasError)
		check("deviation of x_1", got[0].Deviation, s, got[0].DeviationError)
		two, three := mean(move(start)), integral(start, func(x float64) float64 { return mean(move(x)) })
		check("x_2", got[1].Bias+got[1].Descent, two, got[1].BiasError)
		check("x_3", got[2].Bias+got[2].Descent, three, got[2].BiasError)
		square := s*s + integral(start, func(x float64) float64 { return (move(x) - two) * (move(x) - two) })
		check("deviation of x_2", got[1].Deviation, math.Sqrt(square), got[1].DeviationError)
	}
}

// Long chains keep their digits, heavy tails too; very many degrees are Gaussian noise, and slopes those of
// differences.
func TestStudentMap(t *testing.T) {
	ctx := context.Background()
	for _, nu := range []float64{2.1, 1e7} {
		noise := &localsgd.Noise{Law: localsgd.StudentNoise, Sigma: .1, Degrees: nu}
		b, err := StudentChain(ctx, localsgd.SmoothKink{L: .5, R: 1, W: 2e-4}, noise, .01, .003, []int{64, 512}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range b {
			if !(r.BiasError < 1e-10) || !(r.DeviationError < 1e-10) {
				t.Errorf("nu = %g, K = %d: bias %g +- %g, deviation %g +- %g", nu, r.Steps, r.Bias, r.BiasError, r.Deviation, r.DeviationError)
			}
		}
		if nu < 3 {
			continue
		}
		want, err := Chain(ctx, localsgd.SmoothKink{L: .5, R: 1, W: 2e-4}, .01, .1, .003, []int{64}, nil)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "bias of many degrees", b[0].Bias, want[0].Bias, 1e-6)
		near(t, "deviation of many degrees", b[0].Deviation, want[0].Deviation, 1e-7)
	}
	at, err := mapper(ctx, kink, &localsgd.Noise{Law: localsgd.StudentNoise, Sigma: .1, Degrees: 5}, .01, 16, .05)
	if err != nil {
		t.Fatal(err)
	}
	value := func(x float64) *Map {
		m, err := at(x)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	const h = 1e-6
	for _, x := range []float64{-.05, .0007, .004} {
		m := value(x)
		near(t, "slope", m.Slope, (value(x+h).Mean-value(x-h).Mean)/(2*h), 1e-8)
		if m.SlopeError > 1e-9 {
			t.Errorf("slope at %g: error %g", x, m.SlopeError)
		}
	}
}
