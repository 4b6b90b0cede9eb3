package particles_test

import (
	"context"
	"fmt"

	"kac/particles"
)

// A network of 64 particles learns h_4(x_1): the risk along the flow.
func Example() {
	task, err := particles.Preset("he4", 8)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := task.Closed() // exact expectations, no samples
	if err != nil {
		fmt.Println(err)
		return
	}
	e := particles.NewUniform(64, p.Dim(), 1)
	f := particles.NewPopulation(p, particles.Auto, 0)
	_, err = particles.Flow(context.Background(), e, f, particles.Tolerances{}, []float64{0, 5, 10, 20},
		func(t float64, w []float64) error {
			risk, err := f.Risk(context.Background(), w, e.M)
			fmt.Printf("t = %2.0f  risk %.3f\n", t, risk)
			return err
		})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// t =  0  risk 0.974
	// t =  5  risk 0.155
	// t = 10  risk 0.111
	// t = 20  risk 0.077
}
