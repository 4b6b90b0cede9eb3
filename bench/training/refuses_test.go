package training

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench"
	"kac/particles"
)

func refuses(t *testing.T, p Parameters, key, says string) {
	t.Helper()
	_, err := p.Prepare()
	var input *bench.InputError
	if !errors.As(err, &input) || input.Key != key || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; want key %s and %q", err, key, says)
	}
}

func TestTrainingRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*Parameters)
		key    string
		says   string
	}{
		{func(p *Parameters) { p.Problem = "xor" }, "problem", "known are xor4"},
		{func(p *Parameters) { p.Dim = 2 }, "dim", "too small"},
		{func(p *Parameters) { p.Samples = 100 }, "batch", "from 1 to 100"},
		{func(p *Parameters) { p.Samples = -1 }, "samples", "fresh batches"},
		{func(p *Parameters) { p.Noise = math.NaN() }, "noise", "from 0"},
		{func(p *Parameters) { p.Eta = 0 }, "eta", "above 0"},
		{func(p *Parameters) { p.Points = 26 }, "points", "from 2 to 25"},
		{func(p *Parameters) { p.Widths = nil }, "widths", "at least one"},
		{func(p *Parameters) { p.Problem, p.Widths = "xor4", []int{7} }, "widths", "width 7 is odd"},
		{func(p *Parameters) { p.Problem, p.Wide = "xor4", 65 }, "reference-width", "even"},
		{func(p *Parameters) { p.Wide = 16 }, "reference-width", "from 32"},
		{func(p *Parameters) { p.Problem, p.Reference = "xor4", ReferenceExact }, "reference", "inputs are boolean; their law must be invariant under rotations; xor4 has wide"},
		{func(p *Parameters) { p.Problem, p.Dim, p.Reference = "tanh", 2, ReferenceDescent }, "reference", "dimension 2 leaves no sphere beside the target's coordinate; at least 3 is needed; tanh has wide"},
		{func(p *Parameters) {
			p.Problem, p.Activation, p.Link, p.Dim, p.Reference = "", "expr:x**2", "expr:sin(x)", 8, ReferenceExact
		}, "reference", "activation and target share no degree above 0 (activation expr:x**2, link expr:sin(x)); activation=expr:x**2;link=expr:sin(x) has wide"},
		{func(p *Parameters) { p.Problem, p.Reference = "random6", ReferenceExact }, "reference", "random6 has wide, reduced, descent"},
		{func(p *Parameters) { p.Problem, p.Reference = "staircase", ReferenceReduced }, "reference", "inputs are boolean"},
		{func(p *Parameters) { p.Reference = "paper" }, "reference", "wide, reduced, descent, exact"},
		{func(p *Parameters) { p.Reference, p.Nodes = ReferenceReduced, 100 }, "reference-points", "powers of two"},
		{func(p *Parameters) { p.Form = "pairs" }, "form", "pairwise and moment"},
		{func(p *Parameters) { p.Precision, p.Form = "bf16x3", "moment" }, "form", "all pairs"},
		{func(p *Parameters) { p.Precision = "half" }, "precision", "float64, float32, bf16x3 and bf16x6"},
		{func(p *Parameters) { p.Problem, p.Evaluation = "xor4", EvaluationClosed }, "evaluation", "no closed form"},
		{func(p *Parameters) { p.Problem, p.Tests = "xor4", 1 }, "test-samples", "from 2"},
		{func(p *Parameters) { p.Repeats = 0 }, "repeats", "from 1"},
		{func(p *Parameters) { p.Seed = math.MaxUint64 }, "seed", "last of 2"},
	} {
		t.Run(c.key, func(t *testing.T) {
			p := shortTraining()
			c.change(&p)
			refuses(t, p, c.key, c.says)
		})
	}
}

// A step too long ends in the step and says so.
func TestTrainingNonFinite(t *testing.T) {
	dir := t.TempDir()
	p := shortTraining()
	p.Dim, p.Samples, p.Batch, p.Precision = 0, 0, 2, bench.Float32
	p.Inputs, p.Labels = filepath.Join(dir, "x.csv"), filepath.Join(dir, "y.csv")
	err := errors.Join(os.WriteFile(p.Inputs, []byte("1,0,0\n0,1.3e5,0\n"), 0o600), os.WriteFile(p.Labels, []byte("1\n0\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), p, Options{})
	var bad *particles.NonFiniteError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "repeat 1, seed 3: training, step 1, width 8: velocity of particle") || !strings.Contains(err.Error(), "try a step below") {
		t.Errorf("%v", err)
	}
}
