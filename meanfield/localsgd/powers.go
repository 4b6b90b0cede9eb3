package localsgd

import (
	"gonum.org/v1/gonum/mat"

	"kac/particles/localsgd"
)

// powerAndSum returns b^K and sum_{k<K} b^{2k}, by doubling: sums of positive numbers, which lose no digits where b is
// near 1.
func powerAndSum(b float64, steps int) (power, sum float64) {
	power = 1
	for bit := topBit(steps); bit >= 0; bit-- {
		sum, power = sum*(1+power*power), power*power
		if steps>>bit&1 == 1 {
			sum, power = 1+b*b*sum, b*power
		}
	}
	return power, sum
}

func topBit(n int) int {
	bit := 0
	for n>>(bit+1) > 0 {
		bit++
	}
	return bit
}

// spectralPowers takes them on the eigenvalues.
func spectralPowers(f *localsgd.Quadratics, m int, eta float64, steps int) (power, sum *mat.SymDense) {
	values, vectors := f.Eigen(m)
	d := f.Dim()
	powers, sums := make([]float64, d), make([]float64, d)
	for i, lambda := range values {
		powers[i], sums[i] = powerAndSum(1-eta*lambda, steps)
	}
	return conjugate(vectors, powers), conjugate(vectors, sums)
}

// conjugate is V diag(values) V'.
func conjugate(vectors, values []float64) *mat.SymDense {
	d := len(values)
	out := mat.NewSymDense(d, nil)
	var scaled, product mat.Dense
	v := mat.NewDense(d, d, vectors)
	scaled.Apply(func(_, j int, x float64) float64 { return x * values[j] }, v)
	product.Mul(&scaled, v.T())
	for i := range d {
		for j := i; j < d; j++ {
			out.SetSym(i, j, (product.At(i, j)+product.At(j, i))/2)
		}
	}
	return out
}

// squaredPowers takes them on the matrices: with P_n = sum_{k<n} B^{2k}, P_{2n} = P_n + B^n P_n B^n.
func squaredPowers(f *localsgd.Quadratics, m int, eta float64, steps int) (power, sum *mat.SymDense) {
	d := f.Dim()
	b := mat.NewSymDense(d, nil)
	b.ScaleSym(-eta, f.Matrix(m))
	unit := mat.NewSymDense(d, nil)
	for i := range d {
		b.SetSym(i, i, 1+b.At(i, i))
		unit.SetSym(i, i, 1)
	}
	power, sum = mat.NewSymDense(d, nil), mat.NewSymDense(d, nil)
	power.CopySym(unit)
	for bit := topBit(steps); bit >= 0; bit-- {
		sum.AddSym(sum, sandwich(power, sum))
		power = sandwich(power, unit)
		if steps>>bit&1 == 1 {
			sum.AddSym(unit, sandwich(b, sum))
			var next mat.Dense
			next.Mul(b, power)
			power = symmetrised(&next)
		}
	}
	return power, sum
}

// sandwich is a x a for symmetric a and x.
func sandwich(a, x *mat.SymDense) *mat.SymDense {
	var left, all mat.Dense
	left.Mul(a, x)
	all.Mul(&left, a)
	return symmetrised(&all)
}

func symmetrised(a *mat.Dense) *mat.SymDense {
	d, _ := a.Dims()
	out := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			out.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	return out
}
