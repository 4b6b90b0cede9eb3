package ode

// BogackiShampine32 has order 3 with an embedded estimate of order 2: cheap
// steps for loose tolerances. First same as last; cubic Hermite dense output.
var BogackiShampine32 = &Method{
	Name: "bogacki-shampine 3(2)", Source: "P. Bogacki, L. F. Shampine, Appl. Math. Lett. 2 (1989) 321-325, doi:10.1016/0893-9659(89)90079-7",
	Order: 3,
	C:     []float64{0, 1. / 2, 3. / 4, 1},
	A:     [][]float64{{}, {1. / 2}, {0, 3. / 4}, {2. / 9, 1. / 3, 4. / 9}},
	B:     []float64{2. / 9, 1. / 3, 4. / 9, 0},

	FirstSameAsLast: true,
	Error:           []float64{2./9 - 7./24, 1./3 - 1./4, 4./9 - 1./3, -1. / 8},
	ErrorOrder:      2,

	DenseOrder: 3,
}
