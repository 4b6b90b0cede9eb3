package ode

// DormandPrince54 has order 5 with an embedded estimate of order 4 and a dense
// output of order 4. First same as last: six evaluations a step, and seven where
// states are projected, whose f is not that of the last stage.
var DormandPrince54 = &Method{
	Name:   "dormand-prince 5(4)",
	Source: "J. R. Dormand, P. J. Prince, J. Comput. Appl. Math. 6 (1980) 19-26, doi:10.1016/0771-050X(80)90013-3; dense output: Hairer, Norsett, Wanner, Solving ODEs I, II.6 (DOPRI5)",
	Order:  5,
	C:      []float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1},
	A: [][]float64{
		{},
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	},
	B: []float64{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},

	FirstSameAsLast: true,
	Error:           []float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40},
	ErrorOrder:      4,
	Beta:            0.04,

	D: [][]float64{{
		-12715105075. / 11282082432, 0, 87487479700. / 32700410799, -10690763975. / 1880347072,
		701980252875. / 199316789632, -1453857185. / 822651844, 69997945. / 29380423,
	}},
	DenseOrder: 4,
}
