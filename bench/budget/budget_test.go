package budget

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

func question() Parameters {
	return Parameters{ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 8}, Time: 2, Error: .02, Tolerance: 1e-6}
}

// TestCheapest: the plan keeps the error by the law, a smaller one does not, and no other width, batch or step is
// cheaper.
func TestCheapest(t *testing.T) {
	for name, change := range map[string]func(*Parameters){
		"free":    func(*Parameters) {},
		"noise":   func(p *Parameters) { p.Noise = 2 },
		"batch":   func(p *Parameters) { p.Batch = 32 },
		"samples": func(p *Parameters) { p.Samples = 1 << 15 },
		"full":    func(p *Parameters) { p.Samples, p.Batch = 1<<15, 1<<15 },
	} {
		t.Run(name, func(t *testing.T) {
			p := question()
			change(&p)
			l, err := Solve(context.Background(), p, nil)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := l.Cheapest(p.Error)
			if err != nil {
				t.Fatal(err)
			}
			if total := plan.Worst.Total(); !(total <= p.Error && total > .9*p.Error) {
				t.Errorf("%+v: predicted %g for an error of %g", plan, total, p.Error)
			}
			if fewer := l.Worst(float64(plan.Width-2), float64(plan.Batch), plan.Eta).Total(); fewer <= p.Error {
				t.Errorf("%+v: two neurons fewer keep it too, %g", plan, fewer)
			}
			if math.Abs(plan.Eta*float64(plan.Steps)-p.Time) > 1e-12*p.Time || p.Batch > 0 && plan.Batch != p.Batch {
				t.Errorf("%+v: %d steps do not end at %g, or another batch", plan, plan.Steps, p.Time)
			}
			for _, m := range []float64{.5, .7, .85, 1.2, 1.5, 2.5} { // at the plan's step or smaller ones
				for _, x := range []float64{.3, .6, .8, .95, 1.1, 1.5} {
					if m*x < .98 && l.Worst(m*float64(plan.Width), float64(plan.Batch), plan.Eta/x).Total() <= p.Error && name != "full" && plan.Eta/x <= largestStep {
						t.Errorf("%+v: m times %g and B/eta times %g is cheaper", plan, m, x)
					}
				}
			}
		})
	}
}

// TestLawIsTheirs: the terms are the constants of package meanfield over the sizes.
func TestLawIsTheirs(t *testing.T) {
	p := question()
	p.Noise, p.Samples = .5, 6400 // passes of half the time, one of those computed
	const batch, length = 64, 1
	l, err := Solve(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := meanfield.Fluctuations(context.Background(), l.Reference, []float64{2}, meanfield.FluctuationOptions{Reaction: true})
	if err != nil {
		t.Fatal(err)
	}
	resummed, err := f.Gaps.Resummed(context.Background(), []float64{6400})
	if err != nil {
		t.Fatal(err)
	}
	passes, err := f.Gaps.Epochs(length) // shuffled
	if err != nil {
		t.Fatal(err)
	}
	got := l.Gap(len(l.Times)-1, 100, batch, .01)
	leading := f.Gaps.Data[0] + .25*f.Gaps.Noise[0]
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"width", got.Width, f.Constant[0] / 100},
		{"data", got.Data, (resummed[0][0].Data + resummed[0][0].Shift + .25*resummed[0][0].Noise) / leading * (leading - passes[0].Data - .25*passes[0].Noise) / 6400},
		{"batch", got.Batch, .01 / 64 * (f.Gaps.SGD[0] + .25*f.Gaps.SGDNoise[0])},
		{"step", got.Step, 1e-4 * f.Gaps.Step[0]},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !(math.Abs(c.got-c.want) <= 1e-5*c.want) {
				t.Errorf("%s: %g, want %g", c.name, c.got, c.want)
			}
		})
	}
}

// TestMeasured: trained networks of the plan have the predicted gap, within a factor of 1.5; table and picture are
// whole.
func TestMeasured(t *testing.T) {
	p := question()
	p.Problem, p.Dim, p.Error = "quartic", 10, .01 // whose rare samples weigh little
	p.Seeds, p.Seed, p.Noise = 6, 5, .5
	r, err := Run(context.Background(), p, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := r.at()
	if !ok {
		t.Fatal("no measurement at the worst time")
	}
	if ratio := m.Gap.Value / m.Predicted.Total(); !(ratio > 1/1.5 && ratio < 1.5) {
		t.Errorf("measured %s, predicted %g", m.Gap.Text(), m.Predicted.Total())
	}
	var out bytes.Buffer
	if err := r.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v: %d lines", err, len(rows))
	}
	for i, name := range rows[0] {
		if x, err := strconv.ParseFloat(rows[1][i], 64); name != "dominant" && name != "data_threshold" && (err != nil || math.IsNaN(x)) {
			t.Errorf("%s is %q", name, rows[1][i])
		}
	}
	f, err := r.Picture()
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := f.Write(&out, "svg"); err != nil || strings.Contains(out.String(), "NaN") || strings.Count(out.String(), "<path") < 5 {
		t.Errorf("picture of %d bytes, %v", out.Len(), err)
	}
}

// TestNotes: a gap that is not small beside the limit's own risk is told of, and one that is is not.
func TestNotes(t *testing.T) {
	p := question()
	l, err := Solve(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		share float64
		told  bool
	}{{.1, false}, {.5, true}} {
		t.Run(fmt.Sprint(c.share), func(t *testing.T) {
			plan, err := l.Cheapest(c.share * l.Reference.Risk(p.Time))
			if err != nil {
				t.Fatal(err)
			}
			if notes := strings.Join(l.Notes(plan), "\n"); strings.Contains(notes, "of the limit's own risk: the residual") != c.told {
				t.Errorf("a gap of %v of the risk: %s", c.share, notes)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	for key, change := range map[string]func(*Parameters){
		"problem": func(p *Parameters) { p.Problem = "circle" },
		"time":    func(p *Parameters) { p.Time = 0 },
		"noise":   func(p *Parameters) { p.Noise = -1 },
		"batch":   func(p *Parameters) { p.Samples, p.Batch = 64, 65 },
		"samples": func(p *Parameters) { p.Samples = MaxSamples + 1 },
		"error":   func(p *Parameters) { p.Error = 0 },
	} {
		t.Run(key, func(t *testing.T) {
			p := question()
			change(&p)
			_, err := p.Check()
			var input *bench.InputError
			if !errors.As(err, &input) || input.Key != key {
				t.Errorf("%s: %v", key, err)
			}
		})
	}
	for _, change := range []func(*Parameters){
		func(p *Parameters) { p.Error = 1e-13 },
		func(p *Parameters) { p.Error, p.Samples = 1e-4, 1000 },
	} {
		p := question()
		change(&p)
		_, err := Run(context.Background(), p, 1, nil)
		var input *bench.InputError
		if !errors.As(err, &input) || input.Key != "error" {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
