package xor

import (
	"fmt"
	"math"
	"testing"

	"kac/internal/rng"
)

// direction draws a unit vector with p, q >= 0.
func direction(dim int, seed, index uint64) []float64 {
	u := make([]float64, dim)
	s := rng.New(seed, rng.Quadrature, index)
	s.FillNormal(u)
	square := 0.0
	for _, x := range u {
		square += x * x
	}
	for i := range u {
		u[i] /= math.Sqrt(square)
	}
	u[0], u[1] = math.Abs(u[0]), math.Abs(u[1])
	return u
}

// everySign is Psi and its gradient by all 2^D signs.
func everySign(g, u []float64) float64 {
	d := len(u) - 2
	clear(g)
	for bits := range 1 << d {
		s := 0.0
		for i := range d {
			s += u[2+i] * float64(1-2*(bits>>i&1))
		}
		a, b := math.Copysign(1, math.Sqrt2*u[0]+s), math.Copysign(1, math.Sqrt2*u[1]+s)
		g[0] += a
		g[1] += b
		for i := range d {
			g[2+i] += (a - b) * float64(1-2*(bits>>i&1))
		}
	}
	n := float64(int(1) << d)
	psi := 0.0
	for i := range g {
		switch i {
		case 0:
			g[i] *= quarter / n
		case 1:
			g[i] *= -quarter / n
		default:
			g[i] /= 4 * n
		}
		psi += g[i] * u[i]
	}
	return psi
}

func TestCubeGradient(t *testing.T) {
	for _, dim := range []int{4, 7, 10, 14} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			c := newCube(dim)
			got, want := make([]float64, dim), make([]float64, dim)
			for index := range uint64(20) {
				u := direction(dim, 1, index)
				psi, exact := c.gradient(got, u), everySign(want, u)
				if math.Abs(psi-exact) > 1e-14 {
					t.Errorf("Psi = %v, want %v", psi, exact)
				}
				for i := range got {
					if math.Abs(got[i]-want[i]) > 1e-14 {
						t.Errorf("derivative %d is %v, want %v", i, got[i], want[i])
					}
				}
			}
		})
	}
}

// The series against sums over all signs at d = 24, where 2^22 atoms are enough for it.
func TestCubeSeries(t *testing.T) {
	const dim = 24
	series, exact := newCube(dim), &cube{rest: dim - 2}
	for i := range exact.halves {
		n := (dim - 2) / 2
		exact.halves[i] = half{n: n, count: make([]float64, 1<<n)}
	}
	got, want := make([]float64, dim), make([]float64, dim)
	worst := 0.0
	for index := range uint64(20) {
		u := direction(dim, 2, index)
		psi := series.gradient(got, u)
		exact.enumerate(want, u)
		for i := range u {
			psi -= u[i] * want[i]
		}
		worst = math.Max(worst, math.Abs(psi))
	}
	t.Logf("the series is off by at most %.2g", worst)
	if worst > 2.5e-6 {
		t.Errorf("the series is off by %.2g", worst)
	}
}

// The mean over directions of u_perp of the cube's Psi is that of the spherical rest.
func TestCubeMean(t *testing.T) {
	const dim, draws = 12, 4000
	c, r := newCube(dim), newRest(dim)
	g := make([]float64, dim)
	p, q := .3, .1
	perp := math.Sqrt(1 - p*p - q*q)
	sum, squares := 0.0, 0.0
	for index := range uint64(draws) {
		v := direction(dim-2, 3, index)
		psi := c.gradient(g, append([]float64{p, q}, scaled(v, perp)...))
		sum += psi
		squares += psi * psi
	}
	mean := sum / draws
	se := math.Sqrt((squares/draws - mean*mean) / draws)
	_, _, _, want := r.gradient(p, q, perp)
	if math.Abs(mean-want) > 4*se {
		t.Errorf("mean Psi = %v +- %.2g, want %v", mean, se, want)
	}
}

// The margin on the cube itself at d = 10: the limit of m = 1024 networks on the whole cube, 48 seeds, whose mean yf is
// 1.3355(28) at t = 6, by an independent program.
func TestCubeLaw(t *testing.T) {
	r := run(t, 10, 1, 2, 6, Options{Cube: 1024, Seed: 3})
	for _, c := range []struct{ time, margin float64 }{{2, .12549}, {4, .55689}, {6, 1.33511}} {
		t.Run(fmt.Sprint(c.time, c.margin), func(t *testing.T) {
			p := at(t, r, c.time)
			t.Logf("G(%v) = %.5f +- %.2g, %.5f elsewhere", c.time, p.Margin, p.Error, c.margin)
			if math.Abs(p.Margin-c.margin) > 1.5*p.Error || p.Error > .01*p.Margin {
				t.Errorf("G(%v) = %.5f +- %.2g, want %.5f", c.time, p.Margin, p.Error, c.margin)
			}
			// M' = 2 Gamma holds for the cube too.
			const h = .25
			tau := math.Max(p.Tau, h)
			a, _ := r.table.M(tau + h)
			b, _ := r.table.M(tau - h)
			whole := 0.0
			for i, x := range clockX {
				g, _ := r.table.Gamma(tau + h*x)
				whole += clockW[i] * h * g
			}
			if math.Abs((a-b)/2/whole-1) > 2e-3 {
				t.Errorf("M rises by %v, twice the integral of Gamma is %v", a-b, 2*whole)
			}
		})
	}
}

func scaled(v []float64, by float64) []float64 {
	for i := range v {
		v[i] *= by
	}
	return v
}
