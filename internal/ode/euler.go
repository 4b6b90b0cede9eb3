package ode

// Euler is the explicit Euler method: order 1, fixed step.
var Euler = &Method{
	Name: "euler", Source: "L. Euler, Institutionum calculi integralis I (1768), section 650",
	Order: 1,
	C:     []float64{0}, A: [][]float64{{}}, B: []float64{1},
	// The cubic Hermite interpolant is better than the solution it joins.
	DenseOrder: 1,
}
