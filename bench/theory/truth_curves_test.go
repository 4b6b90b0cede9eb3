package theory

import (
	"context"
	"math"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

// The two bounds that are integrals along the way, in logarithms: their coefficients are measured by brute force at
// times that are not the bounds' own, and the equations solved on these by sums of exponentials and by Euler's method
// with three widths of step. J_avg alone is the library's, on other times; brute_test.go has it at two of them.
func TestCurvesAreTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("measures coefficients by brute force at many times")
	}
	for _, c := range []struct {
		choice bench.ProblemChoice
		last   float64
	}{
		{bench.ProblemChoice{Problem: "he4", Dim: 16}, 2},
		{bench.ProblemChoice{Problem: "he3", Dim: 12}, 1.5},
	} {
		t.Run(c.choice.Problem, func(t *testing.T) {
			const parts = 16
			var times []float64
			for i := range parts + 1 { // closer together at first, steps of brute force
				s := float64(i) / parts
				times = append(times, math.Round(c.last*s*s*bruteSteps)/bruteSteps)
			}
			middle := parts * 3 / 4
			th, err := Run(context.Background(), Parameters{ProblemChoice: c.choice, Times: []float64{times[middle], c.last}, Tolerance: 1e-6}, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			ref, err := meanfield.Solve(context.Background(), th.Problem, c.last, meanfield.Options{Tolerance: 1e-10})
			if err != nil {
				t.Fatal(err)
			}
			b := bruteForce(t, ref, 400)
			other, err := ref.Bounds(context.Background(), times, th.Parameters.Tau, meanfield.AverageOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var lip, eps, decay, memory, force []float64
			least := math.Inf(1)
			for i, at := range times {
				least = math.Min(least, b.convexity(t, at, th.Parameters.Tau))
				lip, eps = append(lip, b.lipschitz(t, at)), append(eps, b.sampling(t, at))
				decay = append(decay, least*math.Sqrt(ref.Risk(at)))
				memory = append(memory, other.AverageJ[i])
				force = append(force, math.Max(math.Exp(b.worst(t, at)), b.square(at))*eps[i])
			}
			q1, d1, _ := b.q.Eval(1)
			bound := func(t, x float64) float64 { // Lemma 1, for lengths of Delta that are x in mean
				return math.Log10(2*d1*x*x + 2*(q1-ref.SelfEnergy(t)))
			}
			for _, r := range th.Asked() {
				last := parts
				if r.Time < c.last {
					last = middle
				}
				hold := func(column string, value, wrong float64, solve func(every int) float64) {
					fine, coarse := solve(1), solve(2) // of second order
					truth, own := fine+(fine-coarse)/3, math.Abs(fine-coarse)/2
					t.Logf("t = %g, %s: %.7f +- %.1e, by other means %.7f +- %.1e", r.Time, column, value, wrong, truth, own)
					if d := math.Abs(value - truth); !(d <= wrong+own) || !(wrong < .01) || !(own < .02) {
						t.Errorf("t = %g, %s: %.7f +- %.1e, by other means %.7f +- %.1e", r.Time, column, value, wrong, truth, own)
					}
				}
				hold("groenwall_log10", r.Log10Groenwall, r.Error.Groenwall, func(every int) float64 {
					const fine = 500 // parts of an interval, on which coefficients are linear
					sum, growth := 0.0, 0.0
					for i := last; i > 0; i -= every { // int eps(s) exp(2 int_s^t lip) ds
						h := (times[i] - times[i-every]) / fine
						for k := range fine {
							s := (float64(k) + .5) / fine
							at := func(c []float64) float64 { return c[i] + s*(c[i-every]-c[i]) }
							growth += h * at(lip)
							sum += h * at(eps) * math.Exp(growth)
							growth += h * at(lip)
						}
					}
					return bound(r.Time, sum)
				})
				hold("potential_log10", r.Log10Potential, r.Error.Potential, func(every int) float64 {
					return bound(r.Time, equation(times[:last+1:last+1], every, decay, memory, force))
				})
			}
		})
	}
}

// equation is X of X' = -decay X + memory int_0^t X + force at the last time, coefficients linear between every so many
// times, by Euler's method and Richardson's extrapolation.
func equation(times []float64, every int, decay, memory, force []float64) float64 {
	euler := func(n int) float64 {
		x, y := 0.0, 0.0
		for i := every; i < len(times); i += every {
			h := (times[i] - times[i-every]) / float64(n)
			for k := range n {
				s := float64(k) / float64(n)
				at := func(c []float64) float64 { return c[i-every] + s*(c[i]-c[i-every]) }
				x, y = x+h*(-at(decay)*x+at(memory)*y+at(force)), y+h*x
			}
		}
		return x
	}
	a, b, c := euler(400), euler(800), euler(1600)
	first, second := 2*b-a, 2*c-b
	return (4*second - first) / 3
}
