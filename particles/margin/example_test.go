package margin_test

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
	"kac/particles/margin"
)

// One data set of 20 points in 2000 dimensions: its max-margin classifier, and the worst one of 95 % of the margin.
func ExampleSolve() {
	data := margin.Data{Samples: 20, Dim: 2000, Variance: .02, Seed: 1}
	gram := make([]float64, 20*20)
	if err := data.Gram(context.Background(), gram, kernels.NewWorkspace[float64](1)); err != nil {
		fmt.Println(err)
		return
	}
	s, err := margin.Solve(context.Background(), gram, 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	best, worst := margin.MaxMargin(s.Q, data.Variance), margin.Worst(s.Q, data.Variance, .95)
	fmt.Printf("%d support vectors, margin %.2f, test error %.0e; at 95 %% of the margin up to %.0e\n", s.Support, best.Margin(), math.Exp(best.LogTestError()), math.Exp(worst.LogTestError()))
	// Output: 20 support vectors, margin 1.74, test error 3e-07; at 95 % of the margin up to 2e-02
}

func ExampleLogPhi() {
	fmt.Printf("Phi(-40) = 10^%.2f\n", margin.LogPhi(-40)/math.Ln10)
	// Output: Phi(-40) = 10^-349.44
}
