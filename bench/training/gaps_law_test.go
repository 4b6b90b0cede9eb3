package training

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

// TestGapsBesideLaw: of light-tailed data, the measured gaps are those of the law within a factor, means over repeats,
// and the table is read back as it was; text and picture have the law.
func TestGapsBesideLaw(t *testing.T) {
	for name, change := range map[string]func(*Parameters){
		"new":   func(p *Parameters) { p.Samples, p.Batch = 0, 32 },
		"fixed": func(p *Parameters) { p.Samples, p.Batch = 2048, 256 },
		"full, tanh": func(p *Parameters) { // its descent is exact, without a lattice
			p.Samples, p.Batch, p.ProblemChoice = 2048, 2048, bench.ProblemChoice{Activation: "tanh", Link: "tanh", Dim: p.Dim}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := shortTraining()
			p.Problem, p.Dim, p.Reference, p.Eta, p.Steps, p.Points, p.Repeats, p.Widths, p.Wide, p.Nodes = "he3", 6, ReferenceExact, .05, 16, 3, 8, []int{32, 64}, 512, 1<<14
			change(&p)
			g, err := RunGaps(context.Background(), p, Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			at := len(p.Observations()) - 1
			law := g.Rows[at].Law
			for _, c := range []struct {
				name     string
				measured func(*GapsRow) float64
				law      meanfield.Estimate
				factor   float64
			}{
				{"width", func(r *GapsRow) float64 { return r.Width[1] }, law.Width[1], 2},
				{"data", func(r *GapsRow) float64 { return r.Data }, law.Data, 2},
				{"step", func(r *GapsRow) float64 { return r.Step }, law.Step, 1.3},
				{"total", func(r *GapsRow) float64 { return r.Total }, law.Total, 2},
			} {
				t.Run(c.name, func(t *testing.T) {
					m := g.mean(at, c.measured)
					if p.Problem == "" && c.name == "step" {
						c.factor = 1.01
					}
					if r := m.Value / c.law.Value; !(math.Abs(math.Log(r)) < math.Log(c.factor)) || !(c.law.Error < .01*c.law.Value) {
						t.Errorf("%s: measured %s, law %g +- %.1g", c.name, m.Text(), c.law.Value, c.law.Error)
					}
				})
			}
			if sum := law.Width[0].Value*32/512 + law.Data.Value + law.Step.Value; math.Abs(sum-law.Total.Value) > 1e-12*sum || law.Width[0].Value != 2*law.Width[1].Value {
				t.Errorf("%+v: the total is %g", law, sum)
			}
			if (p.Samples == 0) != math.IsNaN(law.Threshold) {
				t.Errorf("threshold %g", law.Threshold)
			}
			var table, again, text, picture bytes.Buffer
			if err := g.WriteCSV(&table); err != nil {
				t.Fatal(err)
			}
			back := &Gaps{Parameters: g.Parameters, Task: g.Task}
			for _, line := range strings.Split(strings.TrimSpace(table.String()), "\n")[1:] {
				if err := back.readRow(line); err != nil {
					t.Fatal(err)
				}
			}
			if err := back.WriteCSV(&again); err != nil || again.String() != table.String() {
				t.Errorf("%v\n%s\n%s", err, table.String(), again.String())
			}
			if err := back.WriteText(&text); err != nil || strings.Count(text.String(), "law  ratio") != 4 || strings.Contains(text.String(), "NaN") {
				t.Errorf("%v\n%s", err, text.String())
			}
			f, err := back.Picture()
			if err == nil {
				err = f.Write(&picture, "svg")
			}
			if s := picture.String(); err != nil || strings.Count(s, `"law"`) != 1 || strings.Contains(s, "NaN") {
				t.Errorf("%v, a picture of %d bytes", err, len(s))
			}
		})
	}
}
