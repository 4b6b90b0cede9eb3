package sweep

import (
	"errors"
	"math"
	"testing"

	"kac/internal/sealed"
)

// Cells of the version that multiplied times in float64 have neighbours of the times: they are in order,
// and their rows have the times of today. Any other time is damage.
func TestCellWithNeighbouringTimes(t *testing.T) {
	place := parse(t, tiny).cells()[0]
	times := place.group.Facts.Times
	for what, c := range map[string]struct {
		change func(float64) float64
		good   bool
	}{
		"below":    {func(x float64) float64 { return math.Nextafter(x, 0) }, true},
		"above":    {func(x float64) float64 { return x * (1 + 0x1p-52) }, true},
		"the same": {func(x float64) float64 { return x }, true},
		"another":  {func(x float64) float64 { return x * (1 + 1e-14) }, false},
	} {
		t.Run(what, func(t *testing.T) {
			columns := len(place.group.Facts.Schema.Columns)
			old := make([]float64, columns*len(times))
			for i, x := range times {
				old[i*columns] = c.change(x)
			}
			data, err := encodeCell(place, old, maker{})
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := decodeCell(data, place)
			if !c.good {
				if !errors.Is(err, sealed.ErrDamaged) {
					t.Errorf("%s: %v", what, err)
				}
				return
			}
			if err != nil {
				t.Errorf("%s: %v", what, err)
				return
			}
			for i := range times {
				if got[i*columns] != times[i] {
					t.Errorf("%s: row %d is of time %v, not %v", what, i, got[i*columns], times[i])
				}
			}
		})
	}
}
