package localsgd_test

import (
	"context"
	"fmt"

	"kac/particles/localsgd"
)

// Sixteen clients on the kinked quadratic, eight rounds of 64 local steps.
func ExampleRun() {
	r := &localsgd.Run{
		Objective: localsgd.OnLine{Line: localsgd.Kink{L: .5, R: 1}},
		Noise:     localsgd.Noise{Law: localsgd.GaussianNoise, Sigma: .1},
		Algorithm: localsgd.Algorithm{Name: localsgd.LocalSGD, Eta: .01, Beta: 1, LocalSteps: 64, Share: 1},
		Clients:   16, Seed: 1, Workers: 2,
	}
	r.Begin([]float64{.05})
	for range 8 {
		if err := r.Advance(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(r.Round, "rounds; within 0.01 of the minimum:", r.Objective.Excess(r.Point()) < .01*.01/2)
	// Output: 8 rounds; within 0.01 of the minimum: true
}

// Two clients with their own quadratics.
func ExampleNewQuadratics() {
	q, err := localsgd.NewQuadratics(2, 1, []float64{1, 3}, []float64{0, 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f %.1f\n", q.Optimum()[0], q.AverageOptimum()[0])
	// Output: 3.0 2.0
}
