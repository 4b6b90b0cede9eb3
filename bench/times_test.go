package bench

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"testing"
)

// A time is the float64 that its decimals read as: products of decimals by hand, and against exact fractions of the
// decimals.
func TestTimes(t *testing.T) {
	for _, c := range []struct {
		step int64
		eta  float64
		want string
	}{
		{3, .1, "0.3"}, {6, .1, "0.6"}, {7, .1, "0.7"}, {0, .1, "0"}, {1, .1, "0.1"}, {14, .05, "0.7"}, {57, .01, "0.57"}, {1_000_000_000, 1e-3, "1e+06"},
		{3, 1e-160, "3e-160"}, {3, .025, "0.075"}, {49, 1.0 / 64, "0.765625"}, {3, 1e7, "3e+07"}, {3, 1.0 / 3, "0.9999999999999999"}, {7, 1e-9, "7e-09"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if got := Number(StepTime(c.step, c.eta)); got != c.want {
				t.Errorf("%d steps of %g are at %s, want %s", c.step, c.eta, got, c.want)
			}
		})
	}
	if got := fmt.Sprint(Grid(.3, 4), Grid(.7, 8)); got != "[0 0.1 0.2 0.3] [0 0.1 0.2 0.3 0.4 0.5 0.6 0.7]" {
		t.Errorf("grids %s", got)
	}
	for _, horizon := range []float64{.3, .7, 20, 51.54, 1e-160, 1e7, 23.8258, math.Pi, 5e-324, 123456789.123456789} {
		for _, points := range []int{2, 3, 4, 21, 1000, 10_001} {
			grid := Grid(horizon, points)
			if len(grid) != points { // of a few of the smallest numbers there are no more
				if grid[0] != 0 || grid[len(grid)-1] != horizon || horizon > float64(points)*5e-324 {
					t.Errorf("Grid(%g, %d) = %g", horizon, points, grid)
				}
				continue
			}
			exact, _ := new(big.Rat).SetString(Number(horizon))
			for _, i := range []int{0, 1, points / 3, points / 2, points - 1} {
				want, _ := new(big.Rat).Mul(exact, big.NewRat(int64(i), int64(points-1))).Float64()
				if grid[i] != want {
					t.Errorf("Grid(%g, %d)[%d] = %g, want %g", horizon, points, i, grid[i], want)
				}
			}
			if grid[points-1] != horizon {
				t.Errorf("Grid(%g, %d) ends at %g", horizon, points, grid[points-1])
			}
		}
	}
	// The steps of a descent and the grid of a flow meet in the same numbers, for every step of up to four decimals.
	for k := 1; k < 2000; k += 7 {
		eta, err := strconv.ParseFloat(fmt.Sprintf("0.%04d", k), 64)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range Grid(StepTime(20, eta), 21)[1:] {
			step := int64(math.Round(x / eta))
			if y := StepTime(step, eta); x != y {
				t.Errorf("eta %g, step %d: %v on the grid, %v by steps", eta, step, x, y)
			}
		}
	}
}
