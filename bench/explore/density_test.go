package explore

import (
	"math"
	"slices"
	"testing"

	"kac/bench"
	"kac/meanfield"
	"kac/particles"
)

// The density has mass 1 at every time, its mean of a^2 is that of many twins, and their histogram lies on it.
func TestDensity(t *testing.T) {
	for name, dim := range map[string]int{"he4": 8, "relu": 6, "circle": 8} {
		t.Run(name, func(t *testing.T) {
			problem, err := bench.ExactPreset(name, dim)
			if err != nil {
				t.Fatal(err)
			}
			times := []float64{0, 1, 4}
			ref, err := meanfield.Solve(t.Context(), problem, 4, meanfield.Options{Tolerance: 1e-8})
			if err != nil {
				t.Fatal(err)
			}
			d, err := densityOf(t.Context(), ref, times)
			if err != nil {
				t.Fatal(err)
			}
			const m = 5000
			w := particles.NewUniform(m, dim, 7).W
			start, _ := place(w, m, dim, problem.Rank())
			twins, err := ref.NewTwins(start)
			if err != nil {
				t.Fatal(err)
			}
			for k, time := range times {
				if err := twins.Advance(t.Context(), time); err != nil {
					t.Fatal(err)
				}
				a, _ := twins.Positions()
				places, values := d.Places[k], d.Values[k]
				if !slices.IsSorted(places) {
					t.Errorf("t = %g: places are not in order", time)
				}
				mass, square := 0.0, 0.0
				for i := 1; i < len(places); i++ {
					step := places[i] - places[i-1]
					mass += step * (values[i] + values[i-1]) / 2
					square += step * (values[i]*places[i]*places[i] + values[i-1]*places[i-1]*places[i-1]) / 2
				}
				mean, spread := 0.0, 0.0
				for _, x := range a {
					mean += x * x / m
					spread += x * x * x * x / m
				}
				deviation := math.Sqrt((spread - mean*mean) / m)
				if math.Abs(mass-1) > 1e-2 || math.Abs(square-mean) > 4*deviation+1e-2*mean {
					t.Errorf("t = %g: mass %g, mean square %g, of %d twins %g +- %g", time, mass, square, m, mean, deviation)
				}
				// One in the middle half, by the trapezoidal rule and by counting.
				inside, counted := 0.0, 0.0
				for i := 1; i < len(places); i++ {
					if math.Abs(places[i]+places[i-1]) < 1 {
						inside += (places[i] - places[i-1]) * (values[i] + values[i-1]) / 2
					}
				}
				for _, x := range a {
					if math.Abs(x) < .5 {
						counted += 1. / m
					}
				}
				if math.Abs(inside-counted) > 4*math.Sqrt(counted*(1-counted)/m)+2e-2 {
					t.Errorf("t = %g: %g of the mass in |a| < 1/2, %g of the twins", time, inside, counted)
				}
			}
			if n := len(d.Places[0]); n > mostPlaces || n < firstPlaces {
				t.Errorf("%d places", n)
			}
		})
	}
}
