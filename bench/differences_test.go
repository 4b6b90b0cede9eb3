package bench

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

// Differences name every parameter that differs, those of embedded and nested records too, with both values.
func TestDifferences(t *testing.T) {
	type choice struct {
		Link string `json:"link,omitempty"`
	}
	type parameters struct {
		ProblemChoice
		Choice choice    `json:"choice,omitzero"`
		Widths []int     `json:"widths"`
		Eta    float64   `json:"eta"`
		Seed   uint64    `json:"seed"`
		Traced int       `json:"traced_particles"`
		Times  []float64 `json:"times,omitempty"`
	}
	there := parameters{ProblemChoice: ProblemChoice{Problem: "he4", Dim: 8}, Choice: choice{"4:1"}, Widths: []int{8}, Eta: .1, Seed: 1<<64 - 1}
	asked := parameters{ProblemChoice: ProblemChoice{Problem: "he4", Dim: 9}, Widths: []int{8, 16}, Eta: .1, Seed: 1<<64 - 2, Traced: 3}
	want := []string{"dim 8, not 9", `link "4:1", not (none)`, "seed 18446744073709551615, not 18446744073709551614", "traced 0, not 3", "widths [8], not [8,16]"}
	for _, a := range []any{there, &there, raw(t, there)} {
		got, err := Differences(a, asked)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Differences(%T) = %q, error %v; want %q", a, got, err, want)
		}
	}
	if err := OtherParameters("out", there, raw(t, there)); err != nil {
		t.Errorf("equal parameters: %v", err)
	}
	var input *InputError
	if err := OtherParameters("out", there, asked); !errors.As(err, &input) || input.Key != "out" || input.Value != "out" {
		t.Errorf("other parameters: %v", err)
	}
}

func raw(t *testing.T, v any) json.RawMessage {
	t.Helper()
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return data
}
