package meanfield

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// ||D|| of Def. 2 against differences of the velocity field in R^d, extended off the sphere as the
// definition writes it: nu(w) = grad F - w <w, grad F>, differentiated along tangent directions.
func TestHessianNormIsOfTheVelocity(t *testing.T) {
	for _, name := range []string{"he4", "he3"} {
		p := preset(t, name, 8)
		d := p.Dim()
		r := solve(t, p, 3, 0)
		for _, at := range []float64{0, 1, 3} {
			fl, err := r.At(at)
			if err != nil {
				t.Fatal(err)
			}
			nu := func(w []float64) []float64 { // F depends on <w, e_1> alone
				a := w[0]
				slope := fl.f.slope.eval(a, a*a, (1-a)*(1+a))
				out := make([]float64, d)
				out[0] = slope
				for i := range out {
					out[i] -= w[i] * a * slope
				}
				return out
			}
			for _, a := range []float64{-0.9, -0.3, 0, 0.2, 0.5, 0.8, 0.999} {
				w := make([]float64, d)
				w[0], w[1], w[3] = a, 0.6*math.Sqrt(1-a*a), 0.8*math.Sqrt(1-a*a)
				D := mat.NewDense(d, d, nil)
				const h = 1e-4
				for k := range d { // column k: the derivative along P e_k
					moved := func(step float64) []float64 {
						x := make([]float64, d)
						for i := range x {
							x[i] = w[i] - step*w[k]*w[i]
						}
						x[k] += step
						return nu(x)
					}
					p1, m1, p2, m2 := moved(h), moved(-h), moved(2*h), moved(-2*h)
					for i := range d {
						D.Set(i, k, (8*(p1[i]-m1[i])-(p2[i]-m2[i]))/(12*h))
					}
				}
				var svd mat.SVD
				if !svd.Factorize(D, mat.SVDNone) {
					t.Fatal("no singular values")
				}
				if got, want := fl.hessianNorm(a), svd.Values(nil)[0]; math.Abs(got-want) > 1e-9*(1+want) {
					t.Errorf("%s, t = %g, a = %g: ||D|| = %.12g, differences %.12g", name, at, a, got, want)
				}
			}
		}
	}
}
