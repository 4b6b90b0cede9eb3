package hessian_test

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
	"kac/particles"
	"kac/particles/hessian"
)

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// Local Hessians of all particles, and their top eigenvalues on the tangent
// space: positive where the loss is not convex.
func ExamplePopulation_LocalHessians() {
	ctx := context.Background()
	p := must(must(particles.Preset("he4", 6)).Closed())
	field := particles.NewPopulation(p, particles.Auto, 1)
	defer field.Close()
	second := hessian.NewPopulation(field)
	defer second.Close()
	e := particles.NewUniform(8, p.Dim(), 1)
	D := make([]float64, e.M*kernels.PackedLen(e.D))
	top, trace := make([]float64, e.M), make([]float64, e.M)
	if err := second.LocalHessians(ctx, D, e.W, e.M); err != nil {
		panic(err)
	}
	if err := second.Spectra(ctx, top, trace, D, e.W, e.M); err != nil {
		panic(err)
	}
	positive := 0
	for _, x := range top {
		if x > 0 {
			positive++
		}
	}
	fmt.Printf("%d of %d particles see a direction in which the loss is not convex\n", positive, e.M)
	// Output: 8 of 8 particles see a direction in which the loss is not convex
}

// The second order on data of one's own: two neurons of tanh on four samples. The energy of a displacement is the mean
// square by which it moves the network's outputs.
func ExampleNewCurvature() {
	ctx := context.Background()
	x, y := []float64{1, 0, 0, 1, 1, 1, 1, -1}, []float64{1, 0, 1, 0}
	c := must(hessian.NewCurvature(x, y, 4, 2, kernels.Tanh(), nil, 1))
	defer c.Close()
	w := []float64{1, 0, .6, .8}
	D := make([]float64, 2*kernels.PackedLen(2))
	if err := c.LocalHessians(ctx, D, w, 2); err != nil {
		panic(err)
	}
	s := must(hessian.SpectraOf(ctx, D, w, 2, 2, 1))
	for j := range 2 {
		fmt.Printf("along the circle the velocity of neuron %d changes at the rate %.4f\n", j, s.Top[j])
	}
	delta, product := []float64{0, .1, 0, 0}, make([]float64, 4)
	response := must(c.Interaction(ctx, product, delta, w, 2))
	square := kernels.Dot(response, response) / 4
	fmt.Printf("a turn of the first by 0.1: %.4g and %.4g\n", hessian.InteractionEnergy(delta, product, 2), square)
	// Output:
	// along the circle the velocity of neuron 0 changes at the rate -0.0088
	// along the circle the velocity of neuron 1 changes at the rate -0.1010
	// a turn of the first by 0.1: 0.0008455 and 0.0008455
}

// How far a particle of a finite network is carried if it is moved a little at the start, while all else stands still.
func ExampleJacobians() {
	p := must(must(particles.Preset("he4", 6)).Closed())
	field := particles.NewPopulation(p, particles.Auto, 1)
	defer field.Close()
	e := particles.NewUniform(16, 6, 1)
	err := hessian.Jacobians(context.Background(), e, field, []int{3}, 1e-9, []float64{1, 4}, func(t float64, J [][]float64) error {
		fmt.Printf("t = %g: |J| = %.4f\n", t, math.Sqrt(kernels.Dot(J[0], J[0])))
		return nil
	})
	if err != nil {
		panic(err)
	}
	// Output:
	// t = 1: |J| = 1.5320
	// t = 4: |J| = 0.0108
}
