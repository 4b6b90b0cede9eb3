package gap

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"kac/bench"
	"kac/particles"
)

// Studies in every precision that the machine has: the same bytes for any number of workers, the precision in every
// row, and the float64 study's numbers to the precision's error.
func TestGapPrecisions(t *testing.T) {
	most := map[string]float64{bench.Float64: 1e-30, bench.Float32: 1e-4, "bf16x3": 1e-3, "bf16x6": 1e-4}
	var exact []Cell
	for _, precision := range particles.Precisions() {
		p := small()
		p.Precision = precision
		_, p.FlowTolerance = bench.FlowTolerances(precision)
		if _, err := p.Check(); err != nil {
			t.Errorf("%s: %v; a study in it is to be readable everywhere", precision, err)
		}
		if err := bench.CheckAvailable(precision); err != nil {
			t.Logf("%s is left out: %v", precision, err)
			continue
		}
		g := solve(t, p)
		var first []byte
		for _, workers := range []int{1, 3} {
			cells := runAll(t, g, workers)
			data := gapCSV(t, g, cells)
			if first == nil {
				first = data
			} else if !bytes.Equal(first, data) {
				t.Errorf("%s: other bytes with %d workers", precision, workers)
			}
			if exact == nil {
				exact = cells
			}
			off := 0.0
			for i, c := range cells {
				for k, r := range c.Rows {
					off = math.Max(off, math.Abs(r.FunctionError/exact[i].Rows[k].FunctionError-1))
				}
			}
			if off > most[precision] {
				t.Errorf("%s: function errors are off by %.2g of themselves", precision, off)
			}
		}
		if rows := bytes.Count(first, fmt.Appendf(nil, ",%s,", precision)); rows != len(exact)*len(exact[0].Rows) {
			t.Errorf("%s: named in %d rows", precision, rows)
		}
	}
}

// What the moments are not summed in is refused.
func TestGapPrecisionForm(t *testing.T) {
	p := small()
	p.Precision, p.Form = "bf16x3", "moment"
	if _, err := p.Check(); err == nil {
		t.Error("moments in bf16x3 were accepted")
	}
}
