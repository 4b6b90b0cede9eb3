package golden

import (
	"errors"
	"math"
	"testing"
)

// The least of x - log x is 1, at 1; a rising function's is at the lower end; errors end the search.
func TestSection(t *testing.T) {
	calls := 0
	x, least, err := Section(func(x float64) (float64, error) { calls++; return x - math.Log(x), nil }, .1, 5, 1e-7, 0)
	if err != nil || math.Abs(x-1) > 1e-7 || math.Abs(least-1) > 1e-14 {
		t.Errorf("least %v at %v, %v", least, x, err)
	}
	if want := 2 + int(math.Ceil(math.Log(4.9e7)/-math.Log(ratio))); calls != want {
		t.Errorf("%d values, not %d", calls, want)
	}
	if x, _, _ = Section(func(x float64) (float64, error) { return x, nil }, 3, 4, 0, 1e-9); x < 3 || x > 3+1e-8 {
		t.Errorf("of a rising function at %v", x)
	}
	wrong := errors.New("no value")
	for fails := range 6 {
		calls = 0
		if _, _, err := Section(func(x float64) (float64, error) {
			if calls++; calls > fails {
				return 0, wrong
			}
			return x * x, nil
		}, -1, 2, 1e-3, 0); !errors.Is(err, wrong) || calls != fails+1 {
			t.Errorf("after %d values: %d values, %v", fails, calls, err)
		}
	}
}
