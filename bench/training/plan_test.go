package training

import (
	"strings"
	"testing"

	"kac/bench"
)

// A plan counts exactly and its times add up; the study it speaks of is not run.
func TestTrainingPlan(t *testing.T) {
	for _, change := range []func(*Parameters){
		func(*Parameters) {},
		func(p *Parameters) { p.Problem, p.Precision, p.Shared = "xor4", bench.Float32, true },
		func(p *Parameters) { p.Samples, p.Reference = 0, ReferenceDescent },
	} {
		p := shortTraining()
		change(&p)
		plan, err := MakePlan(t.Context(), p, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Check(); err != nil {
			t.Fatal(err)
		}
		work, seconds := 0.0, float64(p.Runs())*(plan.Draw*float64(p.Steps)+plan.Observe*float64(p.Points))
		for _, n := range plan.Networks {
			w := float64(n.Width*n.Count*p.Runs()) * float64(p.Batch*p.Steps)
			work += w
			seconds += w / n.Rate
			if n.Rate < 1e4 || n.Rate > 1e12 {
				t.Errorf("%s, width %d: %g particle-samples a second", p.Problem, n.Width, n.Rate)
			}
		}
		if work != p.ParticleSamples() || plan.Work != work {
			t.Errorf("%s: %g particle-samples in the rows, %g in all, want %g", p.Problem, work, plan.Work, p.ParticleSamples())
		}
		if !(plan.Draw > 0 && plan.Observe > 0) || seconds < .999*plan.Seconds || seconds > 1.001*plan.Seconds {
			t.Errorf("%s: %g s in the rows, %g in all; draw %g, observe %g", p.Problem, seconds, plan.Seconds, plan.Draw, plan.Observe)
		}
		var text strings.Builder
		if err := plan.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"particle-samples", "observations", "Memory: ", "checkpoint"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("no %q in\n%s", want, text.String())
			}
		}
	}
	p := shortTraining()
	p.Batch = 513
	if _, err := MakePlan(t.Context(), p, 1); err == nil {
		t.Error("a plan of a study that is refused")
	}
}
