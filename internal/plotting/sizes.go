package plotting

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes marks whole numbers on an axis of their decimal logarithms. A number is written if it stands more than Apart
// from the one written before it, so that labels do not touch.
type Sizes struct {
	Values     []int // increasing
	Apart      float64
	Unlabelled bool
}

// Ticks implements plot.Ticker.
func (s Sizes) Ticks(_, _ float64) []plot.Tick {
	var ticks []plot.Tick
	before := math.Inf(-1)
	for _, n := range s.Values {
		t := plot.Tick{Value: math.Log10(float64(n)), Label: " "}
		if !s.Unlabelled && t.Value > before+s.Apart {
			t.Label = strconv.Itoa(n)
			before = t.Value
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// Remark is the legend's picture of a sentence: none.
type Remark struct{}

// Thumbnail implements plot.Thumbnailer.
func (Remark) Thumbnail(*draw.Canvas) {}
