package meanfield_test

import (
	"context"
	"fmt"

	"kac/meanfield"
	"kac/particles"
)

// must ends an example at an error; programs return it.
func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// The risk of the infinitely wide network, with its error.
func ExampleSolve() {
	p := must(must(particles.Preset("he4", 32)).Closed())
	ref := must(meanfield.Solve(context.Background(), p, 16, meanfield.Options{}))
	for _, t := range []float64{0, 8, 16} {
		fmt.Printf("t = %2g  risk %.5f  error below 1e-10: %v\n", t, ref.Risk(t), ref.RiskError(t) < 1e-10)
	}
	// Output:
	// t =  0  risk 0.99724  error below 1e-10: true
	// t =  8  risk 0.35260  error below 1e-10: true
	// t = 16  risk 0.22484  error below 1e-10: true
}

// When has the infinitely wide network learned?
func ExampleReference_FirstTime() {
	p := must(must(particles.Preset("he4", 16)).Closed())
	ref := must(meanfield.Solve(context.Background(), p, 40, meanfield.Options{}))
	t, ok := ref.FirstTime(0.1)
	fmt.Printf("risk 0.1 at t = %.3f, %v\n", t, ok)
	// Output: risk 0.1 at t = 23.826, true
}

// The gap of 64 neurons, exactly: ||f_m - f_MF||^2 is the self-energy of the
// finite network less twice the mean of the infinite one's potential at its
// particles, plus the infinite one's own.
func Example_gap() {
	ctx := context.Background()
	p := must(must(particles.Preset("he4", 16)).Closed())
	ref := must(meanfield.Solve(ctx, p, 5, meanfield.Options{}))
	f := particles.NewPopulation(p, particles.Auto, 1)
	e := particles.NewUniform(64, p.Dim(), 1)
	must(particles.Flow(ctx, e, f, particles.Tolerances{}, []float64{5}, nil))

	limit := must(ref.At(5))
	potential := 0.0
	for i := range e.M {
		potential += limit.Potential(e.Row(i)[0]) / float64(e.M)
	}
	self := must(f.SelfEnergy(ctx, e.W, e.M))
	fmt.Printf("m times the gap: %.3f\n", float64(e.M)*(self-2*potential+ref.SelfEnergy(5)))
	// Output: m times the gap: 0.666
}

// A limit beside a network: its gap, and how far its first particle is from
// the twin that infinitely many neurons would have moved. Any Limit serves;
// lattice.NewLimit makes one for several teachers.
func ExampleLimit() {
	ctx := context.Background()
	p := must(must(particles.Preset("he4", 16)).Closed())
	ref := must(meanfield.Solve(ctx, p, 5, meanfield.Options{}))
	f := particles.NewPopulation(p, particles.Auto, 1)
	e := particles.NewUniform(64, p.Dim(), 1)
	z := make([]float64, e.M*(p.Rank()+1))
	meanfield.Reduce(z, e.W, e.M, e.D, p.Rank())
	frame := must(meanfield.NewFrame(e.W, z, e.M, e.D, p.Rank()))
	var limit meanfield.Limit = must(ref.NewLimit(z))

	must(particles.Flow(ctx, e, f, particles.Tolerances{}, []float64{5}, nil))
	if err := limit.Advance(ctx, 5); err != nil {
		panic(err)
	}
	meanfield.Reduce(z, e.W, e.M, e.D, p.Rank())
	gap := must(limit.Gap(must(f.SelfEnergy(ctx, e.W, e.M)), z, e.M))
	coupling := make([]float64, 1)
	frame.Displacements(coupling, e.W, limit.Twins())
	fmt.Printf("m times the gap: %.3f, first coupling error %.3f\n", float64(e.M)*gap.Value, coupling[0])
	// Output: m times the gap: 0.666, first coupling error 0.236
}

// The exact constant of the gap: m E ||f_m - f_MF||^2 -> C(t).
func ExampleFluctuations() {
	ctx := context.Background()
	p := must(must(particles.Preset("he4", 16)).Closed())
	ref := must(meanfield.Solve(ctx, p, 5, meanfield.Options{}))
	c := must(meanfield.Fluctuations(ctx, ref, []float64{0, 5}, meanfield.FluctuationOptions{}))
	fmt.Printf("C(0) = %.5f, C(5) = %.5f\n", c.Constant[0], c.Constant[1])
	// Output: C(0) = 0.98958, C(5) = 0.60521
}

// Twins of particles move as infinitely many neurons would move them.
func ExampleReference_NewTwins() {
	ctx := context.Background()
	p := must(must(particles.Preset("he4", 16)).Closed())
	ref := must(meanfield.Solve(ctx, p, 10, meanfield.Options{}))
	twins := must(ref.NewTwins([]float64{0.1, 0.6}))
	if err := twins.Advance(ctx, 10); err != nil {
		panic(err)
	}
	a, _ := twins.Positions()
	fmt.Printf("alignments %.2f and %.2f\n", a[0], a[1])
	// Output: alignments 0.14 and 1.00
}
