package lattice_test

import (
	"context"
	"fmt"

	"kac/meanfield/lattice"
	"kac/particles"
)

// The infinitely wide network of six teachers, by one randomly shifted lattice.
func Example() {
	task, err := particles.Preset("random6", 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := lattice.New(task, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	points, err := f.Points(1<<10, 1, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = particles.Flow(context.Background(), points, f, particles.Tolerances{}, []float64{0, 5}, func(t float64, z []float64) error {
		risk, err := f.Risk(z, points.M)
		fmt.Printf("t = %g  risk %.2f\n", t, risk)
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// t = 0  risk 0.17
	// t = 5  risk 0.07
}

// Six teachers as a limit beside networks: one call moves the replicas, whose spread is the error.
func ExampleNewLimit() {
	task, err := particles.Preset("random6", 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := lattice.NewLimit(task, lattice.LimitOptions{Points: 1 << 10, Replicas: 4, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := l.Advance(context.Background(), 5); err != nil {
		fmt.Println(err)
		return
	}
	risk, err := l.Risk()
	fmt.Printf("risk %.2f, error below 1e-3: %v, %v\n", risk.Value, risk.Error < 1e-3, err)
	// Output: risk 0.07, error below 1e-3: true, <nil>
}
