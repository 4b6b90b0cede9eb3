package localsgd_test

import (
	"context"
	"fmt"

	ideal "kac/meanfield/localsgd"
	"kac/particles/localsgd"
)

// The bias of 256 local steps on the kinked quadratic, exactly.
func ExampleChain() {
	b, err := ideal.Chain(context.Background(), localsgd.Kink{L: .5, R: 1}, .01, .1, 0, []int{2, 256}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range b {
		fmt.Printf("K = %d: bias %.6e, deviation %.6e\n", k.Steps, k.Bias, k.Deviation)
	}
	// Output:
	// K = 2: bias -1.994711e-06, deviation 1.408921e-03
	// K = 256: bias -1.746941e-03, deviation 8.358906e-03
}

// The floor of infinitely many clients, and what finitely many add.
func ExampleFixedOf() {
	noise := &localsgd.Noise{Law: localsgd.GaussianNoise, Sigma: .1}
	f, err := ideal.FixedOf(context.Background(), localsgd.Kink{L: .5, R: 1}, noise, .01, 1, 64)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("x_inf = %.6e, M E(x_M - x_inf)^2 -> %.4e\n", f.X, f.Constant)
	// Output: x_inf = -1.348228e-03, M E(x_M - x_inf)^2 -> 7.3143e-05
}

// Where two clients with different curvatures end: between the optimum 3 of their mean and the mean 2 of their optima.
func ExampleFixedPointOf() {
	ctx := context.Background()
	q, err := localsgd.NewQuadratics(2, 1, []float64{1, 3}, []float64{0, 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := ideal.HeterogeneityOf(ctx, q)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range []int{1, 4, 16} {
		p, err := ideal.FixedPointOf(ctx, q, h, .2, k)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("K = %d: %.4f, at most %.4f from 3\n", k, p.X[0], min(p.Bound, p.BoundDirect))
	}
	// Output:
	// K = 1: 3.0000, at most 0.0000 from 3
	// K = 4: 2.4908, at most 1.8374 from 3
	// K = 16: 2.0285, at most 4.9902 from 3
}
