package kernels_test

import (
	"fmt"

	"kac/kernels"
)

// Two particles see two samples: outputs of the network, and the velocities
// that its square loss gives them.
func ExampleForwardVelocity() {
	const n, m, d = 2, 2, 2
	x := []float64{1, 0, 0, 2} // n x d
	y := []float64{1, 1}
	w := []float64{1, 0, 0, 1} // m x d
	f, v := make([]float64, n), make([]float64, m*d)
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	kernels.ForwardVelocity(v, f, x, y, w, nil, n, m, d, kernels.ReLU(), ws)
	fmt.Println("f =", f)
	fmt.Println("v =", v)
	// Output:
	// f = [0.5 1]
	// v = [0.25 0 0 0]
}

// The pull of particles on each other under q(s) = s^2: (1/m) sum_i q'(<w, w_i>) w_i.
func ExamplePairwise() {
	const m, d = 2, 2
	w := []float64{1, 0, 0.6, 0.8}
	g := make([]float64, m*d)
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	kernels.Pairwise(g, w, m, d, kernels.PolynomialDual([]float64{0, 0, 1}), ws)
	fmt.Printf("%.2f\n", g)
	// Output: [1.36 0.48 1.20 0.80]
}

// The local Hessian of one particle at e_1, packed by PackedIndex: with one
// sample in its direction it has no curvature along the sphere but that of
// the radial part.
func ExampleLocalHessian() {
	const n, m, d = 1, 1, 2
	x, w, r := []float64{1, 0}, []float64{1, 0}, []float64{2}
	D := make([]float64, m*kernels.PackedLen(d))
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	kernels.LocalHessian(D, x, w, nil, r, n, m, d, kernels.ReLU(), ws)
	fmt.Println("across:", D[kernels.PackedIndex(d, 1, 1)])
	// Output: across: -2
}

func ExampleGram() {
	ws := kernels.NewWorkspace[float64](1)
	g := make([]float64, 4)
	kernels.Gram(g, []float64{1, 2, 3, 0, 1, 1}, 2, 3, ws) // two rows of three coordinates
	fmt.Println(g)
	// Output: [14 5 5 2]
}

func ExampleMultiplyAdd() {
	ws := kernels.NewWorkspace[float64](1)
	a := kernels.Matrix[float64]{Data: []float64{1, 2, 3, 4}, Rows: 2, Cols: 2, Stride: 2}
	c := kernels.Matrix[float64]{Data: make([]float64, 4), Rows: 2, Cols: 2, Stride: 2}
	kernels.MultiplyAdd(c, 1, a, a.T(), ws)
	fmt.Println(c.Data)
	// Output: [5 11 11 25]
}

func ExampleReLUPower() {
	v, dv, _ := kernels.ReLUPower(1.5).Eval(4)
	fmt.Println(v, dv)
	// Output: 8 3
}

func ExampleFunctionActivation() {
	cube := kernels.FunctionActivation(func(z float64) (v, dv, d2v float64) { return z * z * z, 3 * z * z, 6 * z })
	f, ws := make([]float64, 2), kernels.NewWorkspace[float64](1)
	kernels.Forward(f, []float64{1, 2, 0, -1}, []float64{1, 0}, nil, 2, 1, 2, cube, ws) // of one particle at two samples
	fmt.Println(f)
	// Output: [1 0]
}

func ExampleNewWorkspaceAt() {
	ws, err := kernels.NewWorkspaceAt[float64](1, "generic") // there is one at every level of Levels
	if err != nil {
		fmt.Println(err)
		return
	}
	x := []float64{0, 1}
	kernels.ApplyExp(x, x, ws)
	fmt.Printf("%.6f\n", x)
	kernels.ApplyTanh(x, []float64{0, 1}, ws)
	fmt.Printf("%.6f\n", x)
	kernels.ApplyErf(x, []float64{0, 1}, ws)
	fmt.Printf("%.6f\n", x)
	// Output:
	// [1.000000 2.718282]
	// [0.000000 0.761594]
	// [0.000000 0.842701]
}

func ExampleApplyExp() {
	ws := kernels.NewWorkspace[float64](1)
	y := make([]float64, 2)
	kernels.ApplyExp(y, []float64{0, -1}, ws)
	fmt.Printf("%.6f\n", y)
	// Output: [1.000000 0.367879]
}

func ExampleApplyTanh() {
	ws := kernels.NewWorkspace[float64](1)
	y := make([]float64, 2)
	kernels.ApplyTanh(y, []float64{.5, -.5}, ws)
	fmt.Printf("%.6f\n", y)
	// Output: [0.462117 -0.462117]
}

func ExampleApplyErf() {
	ws := kernels.NewWorkspace[float64](1)
	y := make([]float64, 2)
	kernels.ApplyErf(y, []float64{.5, -.5}, ws)
	fmt.Printf("%.6f\n", y)
	// Output: [0.520500 -0.520500]
}

// The local Hessian of one particle w = (0, 1) times a vector, without the matrix: z^2 on one sample x = (1, 2) with
// the residual 1 has 2 x x^T, seen on the sphere: projected, less <w, g> = 8 for the way the particle turns.
func ExampleHessianVector() {
	ws := kernels.NewWorkspace[float64](1)
	out := make([]float64, 2)
	kernels.HessianVector(out, []float64{1, 0}, []float64{1, 2}, []float64{0, 1}, nil, []float64{1}, 1, 1, 2, kernels.PolynomialActivation([]float64{0, 0, 1}), ws)
	fmt.Println(out)
	// Output: [-6 0]
}

// The dual of any activation under rotations: with P_2(s) = (3s^2 - 1)/2 alone particles pull with q'(s) = 3s.
func ExampleLegendreDual() {
	const m, d = 2, 3
	w := []float64{1, 0, 0, 0.6, 0.8, 0}
	g := make([]float64, m*d)
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	kernels.Pairwise(g, w, m, d, kernels.LegendreDual(d, []float64{0, 0, 1}), ws)
	fmt.Printf("%.2f\n", g)
	// Output: [2.04 0.72 0.00 1.80 1.20 0.00]
}

// The same sums in float32, and with every factor written as bf16 parts: by the engine in Go, which is always there;
// NewSplitWorkspace takes the best one of the processor.
func ExampleNewSplitWorkspaceAt() {
	engines := kernels.SplitEngines()
	ws, err := kernels.NewSplitWorkspaceAt(1, kernels.BF16x3, engines[len(engines)-1])
	if err != nil {
		panic(err)
	}
	defer ws.Close()
	const m, d = 2, 2
	g := make([]float32, m*d)
	kernels.Pairwise(g, []float32{1, 0, 0.6, 0.8}, m, d, kernels.PolynomialDual([]float64{0, 0, 1}), ws)
	fmt.Println(ws.Engine())
	fmt.Printf("%.2f\n", g)
	// Output:
	// generic
	// [1.36 0.48 1.20 0.80]
}
