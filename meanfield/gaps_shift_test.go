package meanfield

import (
	"math"
	"testing"
)

// TestMeanShiftByEverySample: the second order in 1/n without any linear response, Jacobian or sector. n E[q(Z)] of a
// quadratic form of a mean of n independent centred terms is E[q] of one term: b is the mean, over the samples of a
// Gauss rule that is exact for what occurs, of the second difference in delta of the infinite network that feels
//
//	(1-delta) V + delta r(x) sigma(<w,x>)     or, label noise,     V + delta sigma(<w,x>)
//
// Around e_1 and x the uniform law stays a density of two coordinates, (a, s), in which it moves.
func TestMeanShiftByEverySample(t *testing.T) {
	const (
		d, end, steps = 8, .3, 6
		across, along = 13, 24
	)
	e := &plane{d: d}
	a, wa := coordinateRule(2*across, d)
	s, ws := coordinateRule(along, d-1)
	for i := across; i < 2*across; i++ { // half: w and -w are one neuron
		for j := range s {
			e.a0, e.s0 = append(e.a0, a[i]), append(e.s0, math.Sqrt(1-a[i]*a[i])*s[j])
			e.weight = append(e.weight, 2*wa[i]*ws[j])
		}
	}
	still := e.after(0, 0, 0, false, end, steps)
	x1, wx := normalRule(9)
	z, wz := gammaRule(5, float64(d-1)/2)
	var shift [2][3]float64 // of data, of label noise
	for i, x := range x1 {
		for j, half := range z {
			if x < -1e-9 {
				continue
			}
			weight := wx[i] * wz[j]
			if x > 1e-9 {
				weight *= 2
			}
			rho := math.Sqrt(2 * half)
			for kind, noisy := range []bool{false, true} {
				delta := 1e-3 / ((1 + math.Abs(hermiteValue(4, x))) * (1 + (x*x+rho*rho)*(x*x+rho*rho)))
				up, down := e.after(delta, x, rho, noisy, end, steps), e.after(-delta, x, rho, noisy, end, steps)
				for f := range shift[kind] {
					shift[kind][f] += weight * ((up[f]+down[f])/2 - still[f]) / (delta * delta)
				}
			}
		}
	}
	g := gapConstants(t, preset(t, "he4", d), 1e-8, []float64{end})
	dot := func(x, y [3]float64) float64 { return x[0]*y[0] + x[1]*y[1] + x[2]*y[2] }
	rho := [3]float64{1 - still[0], -still[1], -still[2]}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"|b_data|^2", g.Shift[0].Data2, dot(shift[0], shift[0])}, {"b_data.b_noise", g.Shift[0].Cross, dot(shift[0], shift[1])},
		{"|b_noise|^2", g.Shift[0].Noise2, dot(shift[1], shift[1])}, {"-2 rho.b_data", g.Shift[0].RiskData, -2 * dot(rho, shift[0])},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Logf("%s: %.8g, by every sample %.8g", c.name, c.got, c.want)
			if !(math.Abs(c.got-c.want) <= 5e-3*math.Abs(c.want)) {
				t.Errorf("%s: %.8g, by every sample %.8g", c.name, c.got, c.want)
			}
		})
	}
}

// plane is the infinite network of h_4, learning h_4(x_1), with one sample x = (x_1, rho v) set apart: w = (a, s, rest)
// along e_1, v and the others, uniform in directions of the rest.
type plane struct {
	d              int
	a0, s0, weight []float64
}

// after returns the means of (a^4, sqrt(6 a_20) a^2 c^2, sqrt(a_40) c^4), c^2 = 1-a^2, by the classical Runge-Kutta
// method.
func (p *plane) after(delta, x, rho float64, noisy bool, end float64, steps int) (out [3]float64) {
	n := len(p.a0)
	y := append(append([]float64(nil), p.a0...), p.s0...)
	h := end / float64(steps)
	k, at, sum := make([]float64, 2*n), make([]float64, 2*n), make([]float64, 2*n)
	for range steps {
		copy(sum, y)
		copy(at, y)
		for stage, c := range []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6} {
			p.velocity(k, at, delta, x, rho, noisy)
			next := []float64{.5, .5, 1, 0}[stage]
			for i := range k {
				sum[i] += h * c * k[i]
				at[i] = y[i] + h*next*k[i]
			}
		}
		copy(y, sum)
	}
	dim := float64(p.d - 1)
	for i, w := range p.weight {
		a2 := y[i] * y[i]
		c2 := 1 - a2
		out[0] += w * a2 * a2
		out[1] += w * math.Sqrt(6/dim) * a2 * c2
		out[2] += w * math.Sqrt(3/(dim*(dim+2))) * c2 * c2
	}
	return out
}

func (p *plane) velocity(v, y []float64, delta, x, rho float64, noisy bool) {
	n := len(p.weight)
	var m [5][5]float64 // means of a^i s^j rest^(4-i-j)
	value := 0.0        // of the network at x
	for i, w := range p.weight {
		a, s := y[i], y[n+i]
		r2 := 1 - a*a - s*s
		a2, as, s2 := a*a, a*s, s*s
		m[4][0] += w * a2 * a2
		m[3][1] += w * a2 * as
		m[2][2] += w * a2 * s2
		m[1][3] += w * as * s2
		m[0][4] += w * s2 * s2
		m[2][0] += w * a2 * r2
		m[1][1] += w * as * r2
		m[0][2] += w * s2 * r2
		m[0][0] += w * r2 * r2
		value += w * hermiteValue(4, a*x+s*rho)
	}
	rest := float64(p.d - 2)
	two, four := 6/rest, 3/(rest*(rest+2)) // of the cosine between two rests
	share, push := 1-delta, delta*(hermiteValue(4, x)-value)
	if noisy {
		share, push = 1, delta
	}
	for i := range p.weight {
		a, s := y[i], y[n+i]
		r2 := 1 - a*a - s*s
		mixed := a*a*m[2][0] + 2*a*s*m[1][1] + s*s*m[0][2]
		q := a*a*a*a*m[4][0] + 4*a*a*a*s*m[3][1] + 6*a*a*s*s*m[2][2] + 4*a*s*s*s*m[1][3] + s*s*s*s*m[0][4] + two*r2*mixed + four*r2*r2*m[0][0]
		qa := 4*(a*a*a*m[4][0]+3*a*a*s*m[3][1]+3*a*s*s*m[2][2]+s*s*s*m[1][3]) + 2*two*r2*(a*m[2][0]+s*m[1][1])
		qs := 4*(a*a*a*m[3][1]+3*a*a*s*m[2][2]+3*a*s*s*m[1][3]+s*s*s*m[0][4]) + 2*two*r2*(a*m[1][1]+s*m[0][2])
		z := a*x + s*rho
		slope := push * (4*z*z*z - 12*z) / math.Sqrt(24)
		along := share*4*(a*a*a*a-q) + slope*z // w.g, by degrees
		v[i] = share*(4*a*a*a-qa) + slope*x - along*a
		v[n+i] = -share*qs + slope*rho - along*s
	}
}
