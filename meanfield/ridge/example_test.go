package ridge_test

import (
	"fmt"

	"kac/meanfield/ridge"
)

// The risk of kernels with 8000 samples in dimension 40, without any data: half of degree 4 is far away.
func Example() {
	p, err := ridge.NewProblem(40, []ridge.Term{{Degree: 2, Network: 1, Target: .6}, {Degree: 4, Network: 1, Target: .45}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range []ridge.Kernel{p.NTK(), p.Best()} {
		fmt.Printf("%s %.4f\n", k.Name, p.Equivalent(k, 8000, 0, 0).Total)
	}
	n, _ := ridge.Crossing(func(n float64) float64 { return p.Equivalent(p.Best(), n, 0, 0).Total }, .45*.45/2, 1, 1e6)
	fmt.Printf("half of degree 4 is learned with %.0f samples\n", n)
	// Output:
	// ntk 0.2176
	// best 0.2109
	// half of degree 4 is learned with 62906 samples
}
