package sweep

import (
	"errors"
	"math"
	"testing"

	"kac/bench/gap"
	"kac/internal/sealed"
)

// Cells of the version that multiplied times in float64 have neighbours of the times: they are in order,
// and their rows have the times of today. Any other time is damage.
func TestCellWithNeighbouringTimes(t *testing.T) {
	place := parse(t, tiny).cells()[0]
	times := place.group.Parameters.Times()
	for what, c := range map[string]struct {
		change func(float64) float64
		good   bool
	}{
		"below":    {func(x float64) float64 { return math.Nextafter(x, 0) }, true},
		"above":    {func(x float64) float64 { return x * (1 + 0x1p-52) }, true},
		"the same": {func(x float64) float64 { return x }, true},
		"another":  {func(x float64) float64 { return x * (1 + 1e-14) }, false},
	} {
		old := gap.Cell{Width: place.width, Seed: place.seed}
		for _, x := range times {
			old.Rows = append(old.Rows, gap.Row{Time: c.change(x)})
		}
		data, err := encodeCell(place.group, old, maker{})
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := decodeCell(data, place)
		if !c.good {
			if !errors.Is(err, sealed.ErrDamaged) {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for i := range times {
			if got.Rows[i].Time != times[i] {
				t.Errorf("%s: row %d is of time %v, not %v", what, i, got.Rows[i].Time, times[i])
			}
		}
	}
}
