package training

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench"
	"kac/kernels"
	"kac/particles"
)

// shortTraining is a study of a fraction of a second.
func shortTraining() Parameters {
	return Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 8}, Samples: 512, Batch: 128, Eta: 1. / 32, Steps: 24, Points: 4, Widths: []int{32, 8, 16},
		Reference: ReferenceWide, Wide: 64, Nodes: 256, Tests: 500, Repeats: 2, Seed: 3, Precision: bench.Float64, Traced: 2,
	}
}

func train(t testing.TB, p Parameters, workers int) *Study {
	t.Helper()
	s, err := Run(t.Context(), p, Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func trainingCSV(t testing.TB, s *Study) string {
	t.Helper()
	var out bytes.Buffer
	for _, write := range []func() error{
		func() error { return s.WriteCSV(&out) }, func() error { return s.WriteTraces(&out) }, func() error { return s.WriteHistogram(&out) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestTrainingWorkers(t *testing.T) {
	for _, change := range []func(*Parameters){
		func(*Parameters) {},
		func(p *Parameters) { p.Problem, p.Precision = "xor4", bench.Float32 },
		func(p *Parameters) { p.Problem, p.Reference, p.Samples = "random6", ReferenceDescent, 0 },
		func(p *Parameters) { p.Reference, p.Noise = ReferenceExact, .1 },
	} {
		p := shortTraining()
		change(&p)
		want := trainingCSV(t, train(t, p, 1))
		for _, workers := range []int{2, 3} {
			if trainingCSV(t, train(t, p, workers)) != want {
				t.Errorf("%s against %s: %d workers change the files", p.Problem, p.Reference, workers)
			}
		}
		lines := strings.Count(want, "\n")
		if rows := 2*4*3 + 4*3*2; lines < rows+3 {
			t.Errorf("%s: %d lines, want more than %d", p.Problem, lines, rows)
		}
	}
}

func TestTrainingOwnData(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p := shortTraining()
	p.Dim, p.Samples, p.Batch, p.Repeats = 0, 0, 2, 1
	p.Inputs, p.Labels = write("x.csv", "1,0,.5\n0,1,-1\n.5,2,0\n-1,1,.1\n"), write("y.csv", "1\n0\n.2\n-.3\n")
	s := train(t, p, 0)
	if s.Parameters.Dim != 3 || s.Parameters.Samples != 4 || s.Parameters.Evaluation != EvaluationSamples {
		t.Errorf("parameters %+v", s.Parameters)
	}
	// The risk at the start, over the four rows.
	w, risk := particles.NewUniform(8, 3, p.Seed).W, 0.0
	sigma := kernels.HermiteActivation([]float64{0, 0, 0, 0, 1})
	for i, y := range []float64{1, 0, .2, -.3} {
		f := 0.0
		for j := range 8 {
			v, _, _ := sigma.Eval(kernels.Dot(w[3*j:3*j+3], s.data.X[3*i:3*i+3]))
			f += v / 8
		}
		risk += (y - f) * (y - f) / 4
	}
	if got := s.Rows[0].Risk.Value; math.Abs(got-risk) > 1e-12*risk {
		t.Errorf("risk over the data %v, want %v", got, risk)
	}
	p.Batch = 5
	refuses(t, p, "batch", "not more than the samples")
	p.Batch, p.Dim = 2, 8
	refuses(t, p, "dim", "have 3 numbers")
	p.Dim, p.Reference = 0, ReferenceReduced
	refuses(t, p, "reference", "data from a file")
	p.Reference, p.Labels = ReferenceWide, ""
	refuses(t, p, "labels", "come together")
	p.Labels = write("z.csv", "1\nNaN\n0\n0\n")
	refuses(t, p, "labels", "line 2, column 1 is NaN")
}

// Repeats that share the wide network see what the first of independent ones sees, and start at other particles.
func TestTrainingShared(t *testing.T) {
	p := shortTraining()
	alone, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Shared = true
	shared, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(shared.Rows) != len(alone.Rows) || p.Repeats < 2 {
		t.Fatalf("%d rows of %d repeats, want %d", len(shared.Rows), p.Repeats, len(alone.Rows))
	}
	each := len(alone.Rows) / p.Repeats
	for i, r := range shared.Rows {
		if i < each && r != alone.Rows[i] {
			t.Errorf("row %d: %+v, alone %+v", i, r, alone.Rows[i])
		}
		first := shared.Rows[i%each]
		if r.Width != first.Width || r.Step != first.Step || r.ReferenceRisk != first.ReferenceRisk {
			t.Errorf("row %d: %+v stands at the place of %+v", i, r, first)
		}
		if i >= each && r.FunctionError == first.FunctionError {
			t.Errorf("row %d: the function error of repeat %d is that of repeat 1", i, r.Repeat+1)
		}
		if r.Step == 0 && r.CouplingMax > 1e-6 {
			t.Errorf("row %d: a particle and its twin are %g apart at time 0", i, r.CouplingMax)
		}
	}
	want := float64(p.Wide) + float64(p.Repeats)*float64(p.Widths[0]+p.Widths[1])
	if got := p.ParticleSamples() / float64(p.Batch*p.Steps); len(p.Widths) == 2 && got != want {
		t.Errorf("%g particles a sample, want %g", got, want)
	}
}

// TestParted: steps too long for their batches, which keep networks of all widths apart, are told of; others are not.
func TestParted(t *testing.T) {
	p := Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: "misspecified", Dim: 16}, Samples: 4096, Batch: 64, Points: 3, Widths: []int{8, 32, 128}, Reference: ReferenceWide, Wide: 256,
		Tests: 1024, Repeats: 8, Seed: 1, Precision: bench.Float64, Evaluation: EvaluationSamples,
	}
	for eta, steps := range map[float64]int{.04: 400, .0004: 100} {
		t.Run(fmt.Sprint(eta), func(t *testing.T) {
			p.Eta, p.Steps = eta, steps
			s, err := Run(t.Context(), p, Options{})
			if err != nil {
				t.Fatal(err)
			}
			summary := s.Summary()
			var text strings.Builder
			if err := s.WriteText(&text, &summary); err != nil {
				t.Fatal(err)
			}
			if told := strings.Contains(text.String(), "too long for"); told != (eta == .04) {
				t.Errorf("eta = %g: told %v; the squared coupling falls like m^%s", eta, told, summary.Parting.Text())
			}
			t.Logf("eta = %g: m^%s", eta, summary.Parting.Text())
		})
	}
}

// TestSteepest: steps that toss particles about, whose numbers are all finite, are told of with the time and a step to
// try; sound ones are not.
func TestSteepest(t *testing.T) {
	for eta, want := range map[float64]string{1. / 32: "", 4: "steps of eta = 4 are too long to follow the gradient flow, and the values above mean little. Try an eta below 1.\n"} {
		t.Run(fmt.Sprint(eta), func(t *testing.T) {
			p := shortTraining()
			p.Eta, p.Repeats = eta, 1
			s := train(t, p, 1)
			summary := s.Summary()
			var text strings.Builder
			if err := s.WriteText(&text, &summary); err != nil {
				t.Fatal(err)
			}
			worst, tooLong := summary.Steepest()
			if tooLong != (want != "") || !strings.HasSuffix(text.String(), want) || (want == "" && strings.Contains(text.String(), "too long to follow")) {
				t.Errorf("eta = %g: an angle of %g; the table says\n%s", eta, summary.Turn[worst], text.String())
			}
			if summary.Turn[0] != 0 || summary.Turn[worst] <= 0 || summary.Turn[worst] > math.Pi/2 {
				t.Errorf("eta = %g: angles %g", eta, summary.Turn)
			}
		})
	}
}
