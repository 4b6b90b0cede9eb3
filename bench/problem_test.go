package bench

import (
	"strings"
	"testing"
)

// One choice serves both: what only samples can teach is refused where an exact limit is asked for, and a Legendre
// series spelled out is the preset of it.
func TestChoiceForBoth(t *testing.T) {
	for _, c := range []struct {
		change func(*ProblemChoice)
		key    string
	}{
		{func(c *ProblemChoice) { c.SecondLayer = "2" }, "second-layer"},
		{func(c *ProblemChoice) { c.Teachers = "v.csv" }, "teachers"},
		{func(c *ProblemChoice) { c.RandomTeachers = 2 }, "random-teachers"},
		{func(c *ProblemChoice) { c.Parities = "4" }, "parities"},
		{func(c *ProblemChoice) { c.Weights = []float64{1} }, "teacher-weights"},
	} {
		t.Run(c.key, func(t *testing.T) {
			choice := ProblemChoice{Activation: "4", Link: "4", Dim: 8}
			c.change(&choice)
			_, err := choice.Make()
			if input, is := err.(*InputError); !is || input.Key != c.key || !strings.Contains(err.Error(), "for a link alone") {
				t.Errorf("%v", err)
			}
		})
	}
	quartic := ProblemChoice{Problem: "quartic", Dim: 8}
	spelled := ProblemChoice{Activation: "2:1,4:1", Link: "2:.6,4:.45", Basis: BasisLegendre, Law: "sphere", Dim: 8}
	var texts []string
	for _, choice := range []*ProblemChoice{&quartic, &spelled} {
		task, err := choice.Task(t.Context(), Sources{})
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(task.String(), ": ")
		texts = append(texts, text)
	}
	if texts[0] != texts[1] || !strings.Contains(texts[0], "sphere") {
		t.Errorf("%q", texts)
	}
	spelled.Basis = "fourier"
	if _, err := spelled.Task(t.Context(), Sources{}); err == nil || !strings.Contains(err.Error(), "hermite and legendre") {
		t.Errorf("%v", err)
	}
}
