package ode

// RK4 is the classical Runge-Kutta method: order 4, fixed step. Its dense
// output is the cubic Hermite interpolant.
var RK4 = &Method{
	Name: "rk4", Source: "W. Kutta, Z. Math. Phys. 46 (1901) 435-453",
	Order: 4,
	C:     []float64{0, 1. / 2, 1. / 2, 1},
	A:     [][]float64{{}, {1. / 2}, {0, 1. / 2}, {0, 0, 1}},
	B:     []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6},

	DenseOrder: 3,
}
