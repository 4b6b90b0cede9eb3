package training

import (
	"math"
	"strings"
	"testing"

	"kac/bench"
)

// The reduced reference of a command is that of training studies, whatever the number of workers; more
// randomisations and points do not move it beyond its error.
func TestSolveReduced(t *testing.T) {
	task, err := ReducedTask(&bench.ProblemChoice{Problem: "random6", Dim: 12})
	if err != nil {
		t.Fatal(err)
	}
	p := ReducedParameters{Points: 256, Replicas: reducedReplicas, Seed: 3}
	times := []float64{0, 1, 2}
	rows, err := SolveReduced(t.Context(), task, times, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	more, err := SolveReduced(t.Context(), task, times, ReducedParameters{Points: 1024, Replicas: 8, Seed: 4}, 3)
	if err != nil {
		t.Fatal(err)
	}
	l, err := reducedLimit(task, p.Points, 0, nil, p.Seed, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if err := l.Advance(t.Context(), float64(i)); err != nil {
			t.Fatal(err)
		}
		want, err := l.Risk()
		if err != nil || math.Abs(r.Risk-want.Value) > 1e-9 || math.Abs(r.Error-want.Error) > 1e-9 || r.Time != times[i] {
			t.Errorf("%+v, in a study %+v, %v", r, want, err)
		}
		if off := math.Abs(r.Risk - more[i].Risk); off > 6*math.Hypot(r.Error, more[i].Error)+1e-9 {
			t.Errorf("t = %v: risk %v(%v), with other points %v(%v)", times[i], r.Risk, r.Error, more[i].Risk, more[i].Error)
		}
	}
	again, err := SolveReduced(t.Context(), task, times, p, 3)
	if err != nil || again[2] != rows[2] {
		t.Errorf("three workers: %+v, one: %+v, %v", again, rows, err)
	}
	for _, c := range []struct {
		choice    bench.ProblemChoice
		p         ReducedParameters
		key, says string
	}{
		{bench.ProblemChoice{Problem: "xor4"}, p, "problem", "no infinite-width reference: inputs are boolean"},
		{bench.ProblemChoice{Problem: "random6", Dim: 7}, p, "problem", "at least 8 is needed"},
		{bench.ProblemChoice{Problem: "random7"}, p, "problem", "no such problem"},
		{bench.ProblemChoice{Problem: "random6"}, ReducedParameters{Points: 100, Replicas: 2}, "reference-points", "powers of two"},
		{bench.ProblemChoice{Problem: "random6"}, ReducedParameters{Points: 64, Replicas: 1}, "replicas", "from 2"},
	} {
		t.Run(c.key, func(t *testing.T) {
			_, err := ReducedTask(&c.choice)
			if err == nil {
				err = c.p.Check()
			}
			if input, ok := err.(*bench.InputError); !ok || input.Key != c.key || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v: %v, want key %s", c.choice, err, c.key)
			}
		})
	}
}
