package localsgd

import (
	"reflect"
	"testing"

	"kac/bench"
)

// A logistic group that has solved for its clients has the parameters of one that has not: sweeps compare them.
func TestLogisticGroupsCompare(t *testing.T) {
	made := func() bench.Study {
		p := Parameters{Objective: Objective{Word: LogisticWord, Points: 40, Shares: DefaultShares, Quadratics: Quadratics{Dim: 3, Mu: .1}}, Noise: "none", Algorithms: []string{"local-sgd"}, Clients: []int{2, 4},
			LocalSteps: []int{2}, Rounds: 1, Eta: .1, ServerStep: 1, Lambda: 1, Participation: 1, Seeds: 1, Seed: 1}
		g, err := NewGroup(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	one, other := made(), made()
	r, err := one.Prepare(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.RunCell(t.Context(), 4, 1, bench.CellOptions{}); err != nil {
		t.Fatal(err)
	}
	if a, b := one.Facts(), other.Facts(); !reflect.DeepEqual(a.Parameters, b.Parameters) || !reflect.DeepEqual(a.Identity, b.Identity) {
		t.Errorf("%+v\n%+v", a.Parameters, b.Parameters)
	}
}
