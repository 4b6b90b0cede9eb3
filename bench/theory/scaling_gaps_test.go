package theory

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

// TestScalingOfGaps: the constants are those of the reference of its own, for an activation that is no polynomial too,
// with exponents.
func TestScalingOfGaps(t *testing.T) {
	p := ScalingParameters{Problems: []string{"he4", "tanh"}, Dims: []int{6, 9}, Delta: .6, Tolerance: 1e-4, MaxTime: 100, ConstantsTime: 50}
	s, err := RunScaling(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Rows {
		problem, err := bench.ExactPreset(r.Problem, r.Dim)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := meanfield.Solve(context.Background(), problem, r.Time, meanfield.Options{Tolerance: 1e-6})
		if err != nil {
			t.Fatal(err)
		}
		f, err := meanfield.Fluctuations(context.Background(), ref, []float64{r.Time / 64, r.Time / 16, r.Time / 4, r.Time}, meanfield.FluctuationOptions{Gaps: true})
		if err != nil {
			t.Fatal(err)
		}
		most := func(x []float64) (y float64) {
			for _, z := range x {
				y = math.Max(y, z)
			}
			return y
		}
		for _, c := range []struct {
			name string
			got  meanfield.Estimate
			want float64
		}{{"data", r.SupData, most(f.Gaps.Data)}, {"sgd", r.SupSGD, most(f.Gaps.SGD)}, {"step", r.SupStep, most(f.Gaps.Step)}} {
			t.Run(c.name, func(t *testing.T) {
				if !(math.Abs(c.got.Value-c.want) <= c.got.Error+1e-5*c.want) || !(c.want > 0) {
					t.Errorf("%s, d = %d: %s %g +- %.1g, want %g", r.Problem, r.Dim, c.name, c.got.Value, c.got.Error, c.want)
				}
			})
		}
	}
	for _, f := range s.Fits {
		if f.SupData == nil || f.SupSGD == nil || f.SupStep == nil || !(f.SupData.Value > 0) {
			t.Errorf("%+v", f)
		}
	}
	if s.Fits[0].Promised != 1 || s.Fits[1].Promised != 0 {
		t.Errorf("promised %g and %g", s.Fits[0].Promised, s.Fits[1].Promised)
	}
	var out bytes.Buffer
	if err := s.WriteText(&out); err != nil || !strings.Contains(out.String(), "C_data") {
		t.Error(err, out.String())
	}
}
