package training

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"kac/bench"
)

// The gaps of one thing each: the width gap starts at (1 - E q)/m and so does the total one, step and
// data gaps start at 0; the step gap has order eta^2 (slope 1 in norm), the data gap falls with the
// samples; results do not depend on the number of workers.
func TestGaps(t *testing.T) {
	p := shortTraining()
	p.Reference, p.Wide, p.Repeats, p.Samples, p.Batch, p.Steps, p.Points, p.Nodes = ReferenceExact, 64, 1, 2048, 2048, 32, 3, 1<<12
	measure := func(workers int) *Gaps {
		g, err := RunGaps(t.Context(), p, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g := measure(1)
	var one, two bytes.Buffer
	if err := g.WriteCSV(&one); err != nil {
		t.Fatal(err)
	}
	if err := measure(2).WriteCSV(&two); err != nil {
		t.Fatal(err)
	}
	if one.String() != two.String() {
		t.Error("the number of workers changes gap.csv")
	}
	first, last := g.Rows[0], g.Rows[2]
	if first.Data > 1e-12 || first.Run > 1e-12 || math.Abs(first.Step) > 1e-5 {
		t.Errorf("at the start: %+v", first)
	}
	for i, m := range p.Widths {
		if w := float64(m) * first.Width[i]; w < .1 || w > 10 { // one draw of a skew law of mean .96
			t.Errorf("m = %d: m width gap %v at the start", m, w)
		}
	}
	if !(last.Total > last.Data/4 && last.Data > 0 && last.Step > 0 && last.Run > last.Data/4) {
		t.Errorf("at the end: %+v", last)
	}
	p.Eta, p.Steps, p.Samples, p.Batch = p.Eta/2, 2*p.Steps, 4*p.Samples, 4*p.Batch
	finer := measure(0).Rows[2]
	if ratio := math.Sqrt(last.Step / finer.Step); math.Abs(ratio-2) > .4 {
		t.Errorf("halving the step divides the step gap's norm by %v", ratio)
	}
	if ratio := last.Data / finer.Data; ratio < 1.6 || ratio > 10 {
		t.Errorf("four times the samples divide the data gap by %v", ratio)
	}
	var text bytes.Buffer
	if err := g.WriteText(&text); err != nil || !strings.Contains(text.String(), "Three gaps") || strings.Count(text.String(), "\n") != 23 {
		t.Errorf("%v\n%s", err, text.String())
	}
}

// The reduced reference serves several teachers.
func TestGapsOfSeveralTeachers(t *testing.T) {
	p := shortTraining()
	p.Problem, p.Reference, p.Repeats, p.Steps, p.Points, p.Widths, p.Nodes, p.Precision = "random6", ReferenceReduced, 1, 8, 2, []int{16}, 512, bench.Float32
	g, err := RunGaps(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if last := g.Rows[1]; !(last.Width[0] > 0 && last.Data > 0 && last.Step > 0 && last.Total > 0) {
		t.Errorf("%+v", last)
	}
	for _, c := range []struct {
		change    func(*Parameters)
		key, says string
	}{
		{func(p *Parameters) { p.Reference = ReferenceWide }, "gaps", "need an infinite-width flow"},
		{func(p *Parameters) { p.Wide = 8 }, "reference-width", "from 16"},
		{func(p *Parameters) { p.Problem = "xor4" }, "reference", "inputs are boolean"},
		{func(p *Parameters) { p.Nodes = 3 }, "reference-points", "powers of two"},
	} {
		t.Run(c.key, func(t *testing.T) {
			q := p
			c.change(&q)
			_, err := RunGaps(t.Context(), q, Options{})
			if input, ok := err.(*bench.InputError); !ok || input.Key != c.key || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %s and %q", err, c.key, c.says)
			}
		})
	}
}

// As the step falls, a run on fresh batches tends to the flow: its distance in norm is of order eta where the batches
// grow like 1/eta, since their noise is of order (eta/batch)^1/2, and of order eta^1/2 where they do not.
func TestRunTendsToFlow(t *testing.T) {
	p := shortTraining()
	p.Problem, p.Reference, p.Wide, p.Widths, p.Repeats, p.Samples, p.Points, p.Nodes = "he3", ReferenceExact, 32, []int{8}, 32, 0, 2, 16
	for _, c := range []struct {
		name  string
		grows bool
		pick  func(GapsRow) float64
		slope float64
	}{
		{"data, batches that grow", true, func(r GapsRow) float64 { return r.Data }, 1},
		{"run, batches that grow", true, func(r GapsRow) float64 { return r.Run }, 1},
		{"data, batches of one size", false, func(r GapsRow) float64 { return r.Data }, .5},
	} {
		t.Run(c.name, func(t *testing.T) {
			var squares [3]bench.Mean
			for i := range squares {
				p.Eta, p.Steps, p.Batch = 1./float64(int(16)<<i), 16<<i, 256
				if c.grows {
					p.Batch <<= i
				}
				g, err := RunGaps(t.Context(), p, Options{})
				if err != nil {
					t.Fatal(err)
				}
				var x []float64
				for repeat := range p.Repeats {
					x = append(x, c.pick(g.Rows[2*repeat+1]))
				}
				squares[i] = bench.MeanOf(x)
			}
			a, b := squares[0], squares[2]
			slope := math.Log(a.Value/b.Value) / (2 * math.Log(4))
			se := math.Hypot(a.SE/a.Value, b.SE/b.Value) / (2 * math.Log(4))
			if math.Abs(slope-c.slope) > 3*se || se > .08 {
				t.Errorf("%s: squares %s, %s, %s, slope %.3f +- %.3f, want %v", c.name, a.Text(), squares[1].Text(), b.Text(), slope, se, c.slope)
			}
		})
	}
}
