package rng

import "math"

// sincos is math.Sincos for x from 0 to 2 pi with every product rounded before it is added, as the assembly does: where
// the compiler may fuse the two (GOAMD64=v3), math.Sincos has other bits. Method of Cephes: the octant, made even, the
// rest in three parts, two polynomials.
func sincos(x float64) (sin, cos float64) {
	const a, b, c = 7.85398125648498535156e-1, 3.77489470793079817668e-8, 2.69515142907905952645e-15 // pi/4
	j := (uint64(x*(4/math.Pi)) + 1) &^ 1
	y := float64(j)
	z := x - float64(y*a)
	z -= float64(y * b)
	z -= float64(y * c)
	zz := float64(z * z)
	cos = 1 - float64(.5*zz) + float64(float64(zz*zz)*cosine.at(zz))
	sin = z + float64(float64(z*zz)*sine.at(zz))
	if j&2 != 0 {
		sin, cos = cos, sin
	}
	if j&4 != 0 {
		sin = -sin
	}
	if (j>>1^j>>2)&1 != 0 {
		cos = -cos
	}
	return sin, cos
}

type polynomial [6]float64

// at is Horner's scheme, the highest power first.
func (p *polynomial) at(x float64) float64 {
	return float64((float64((float64((float64((float64(p[0]*x)+p[1])*x)+p[2])*x)+p[3])*x)+p[4])*x) + p[5]
}

// The coefficients of math.Sincos.
var (
	sine   = polynomial{1.58962301576546568060e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6, -1.98412698295895385996e-4, 8.33333333332211858878e-3, -1.66666666666666307295e-1}
	cosine = polynomial{-1.13585365213876817300e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7, 2.48015872888517045348e-5, -1.38888888888730564116e-3, 4.16666666666665929218e-2}
)
