package meanfield_test

import (
	"context"
	"fmt"

	"kac/meanfield"
	"kac/particles"
)

// How much a particle of the infinitely wide network forgets, or keeps, of where it started: the norm of
// J_{t,0} = d xi_t/d xi_0, at worst over chosen starts. Jacobian integrates the same matrix for one particle in R^d.
func ExampleReference_StabilityOf() {
	ctx := context.Background()
	p := must(must(particles.Preset("he4", 16)).Closed())
	ref := must(meanfield.Solve(ctx, p, 8, meanfield.Options{}))
	starts := []float64{.1, .3, .5}
	st := must(ref.StabilityOf(ctx, starts, []float64{0, 4, 8}))
	fmt.Printf("sup ||J|| by times 0, 4, 8: %.3f, at the start %g\n", st.Worst(), starts[st.WorstNode()])
	along, across, _ := st.J(2, 0, 0)
	fmt.Printf("of the start .1, along its way %.3f, across it %.3f\n", along, across)
	w := make([]float64, 16)
	w[0], w[1] = .1, .99498743710662 // sqrt(1 - .1^2)
	err := ref.Jacobian(ctx, w, 0, []float64{8}, 1e-10, func(t float64, w, J []float64) error {
		fmt.Printf("in R^16, across the way of e_3: %.3f\n", J[2*16+2])
		return nil
	})
	if err != nil {
		panic(err)
	}
	fmt.Printf("E f* f_MF = %.3f at time 8\n", ref.TargetOverlap(8))
	// Output:
	// sup ||J|| by times 0, 4, 8: [1.000 1.460 2.115], at the start 0.1
	// of the start .1, along its way 2.115, across it 0.997
	// in R^16, across the way of e_3: 0.997
	// E f* f_MF = 0.531 at time 8
}
