package meanfield

import (
	"context"
	"math"
	"testing"

	"kac/particles"
)

// TestBoundsByEitherBasis: all constants of a Hermite series, by its own basis and by the Legendre expansion.
func TestBoundsByEitherBasis(t *testing.T) {
	p := custom(t, "1:.5,2:.7,3:.4", "2:1,3:-.5", 1, 8)
	s, err := p.Task().Spectrum()
	if err != nil {
		t.Fatal(err)
	}
	times := []float64{0, .5, 1}
	var list [2]*Bounds
	for i, q := range []particles.Expectations{p, spectralProblem{p, &particles.AxisOverlap{Spectrum: s}}} {
		r := solve(t, q, 1, 1e-8)
		if list[i], err = r.Bounds(context.Background(), times, .1, AverageOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	a, b := list[0], list[1]
	for name, x := range map[string][4][]float64{
		"lipschitz": {a.Lipschitz, a.Error.Lipschitz, b.Lipschitz, b.Error.Lipschitz}, "sampling": {a.Sampling, a.Error.Sampling, b.Sampling, b.Error.Sampling},
		"convexity": {a.StrongConvexity, a.Error.StrongConvexity, b.StrongConvexity, b.Error.StrongConvexity},
		"worst":     {a.WorstJ, a.Error.WorstJ, b.WorstJ, b.Error.WorstJ}, "square": {a.SquareJ, a.Error.SquareJ, b.SquareJ, b.Error.SquareJ},
		"average": {a.AverageJ, a.Error.AverageJ, b.AverageJ, b.Error.AverageJ},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range times {
				if !(math.Abs(x[0][i]-x[2][i]) <= x[1][i]+x[3][i]+1e-13*math.Abs(x[0][i])) {
					t.Errorf("%s at %g: %.12g +- %.1g and %.12g +- %.1g", name, times[i], x[0][i], x[1][i], x[2][i], x[3][i])
				}
			}
		})
	}
}

// TestBoundsOfReLU: at t = 0 the sampling error of a ReLU network is that of independent neurons, E q'(s)^2 (1-s^2)
// less what U' takes, by the trapezoidal rule; and a kink leaves every constant finite.
func TestBoundsOfReLU(t *testing.T) {
	const d = 8
	p := isotropic(t, particles.Gaussian, d, "relu", "relu")
	r := solve(t, p, .5, 1e-6)
	b, err := r.Bounds(context.Background(), []float64{0, .5}, .1, AverageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	q := p.Dual()
	sum, total := 0.0, 0.0
	const n = 4000
	for i := range n {
		theta := math.Pi * ((float64(i)+.5)/n - .5)
		s, c := math.Sincos(theta)
		w := math.Pow(c, d-2)
		_, d1, _ := q.Eval(s)
		sum, total = sum+w*d1*d1*c*c, total+w
	}
	// U is constant at the start.
	if want := math.Sqrt(sum / total); math.Abs(b.Sampling[0]-want) > 1e-6+b.Error.Sampling[0] {
		t.Errorf("sampling error %.9f +- %.1g, want %.9f", b.Sampling[0], b.Error.Sampling[0], want)
	}
	for _, x := range [][]float64{b.Lipschitz, b.Sampling, b.StrongConvexity, b.WorstJ, b.SquareJ, b.AverageJ} {
		for _, y := range x {
			if math.IsNaN(y) || math.IsInf(y, 0) {
				t.Errorf("%v", x)
			}
		}
	}
}
