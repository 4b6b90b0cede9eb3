package training

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestPaperFigures(t *testing.T) {
	for _, f := range paperFigures {
		for _, scale := range PaperScales() {
			p, err := f.Parameters(scale)
			if err != nil {
				t.Errorf("figure %d, %s: %v", f.Number, scale, err)
				continue
			}
			// Degree 6 costs more in closed form than on samples, degree 4 does not.
			closed := f.Task != "xor4" && f.Task != "staircase" && (scale == ScaleLaptop || f.Task != "misspecified")
			if closed != (p.Evaluation == EvaluationClosed) && scale != ScaleEighth {
				t.Errorf("figure %d, %s: evaluation %s", f.Number, scale, p.Evaluation)
			}
			unit, err := f.UnitTime()
			if err != nil || math.Abs(p.Horizon()/unit-f.Time) > 1e-9*f.Time {
				t.Errorf("figure %d, %s: horizon %v in code time, want %v", f.Number, scale, p.Horizon()/unit, f.Time)
			}
			if scale == ScalePaper && (p.Wide != 1<<17 || p.Samples != 1<<16 || p.Repeats != 3 || !slices.Equal(p.Widths, f.Widths)) {
				t.Errorf("figure %d: %+v", f.Number, p)
			}
			if scale == ScaleLaptop && p.ParticleSamples() > 7e10 {
				t.Errorf("figure %d at laptop scale needs %.3g particle-samples", f.Number, p.ParticleSamples())
			}
		}
	}
	he4, err := FindPaperFigure(3)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := he4.Parameters(ScalePaper)
	if p.Eta != .02 || p.Steps != 1000 || p.Batch != 1<<13 || p.ParticleSamples() != 1000*8192*float64(1<<17+3*(1<<17-1<<12)) {
		t.Errorf("he4 at paper scale: %+v, %g particle-samples", p, p.ParticleSamples())
	}
	if _, err := FindPaperFigure(2); err == nil || !strings.Contains(err.Error(), "3, 4, 5, 7, 8, 9") {
		t.Errorf("figure 2: %v", err)
	}
	if _, err := he4.Parameters("desk"); err == nil {
		t.Error("scale desk is no error")
	}
}
