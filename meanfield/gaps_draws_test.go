package meanfield

import (
	"context"
	"fmt"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"kac/internal/legendre"
	"kac/particles"
)

// scaled is the field of a population whose fluctuation in a sample is scaled by delta.
type scaled struct {
	population *particles.Population
	sample     *particles.Empirical
	delta      float64
	g          []float64
}

func (f *scaled) Dim() int { return f.population.Dim() }

func (f *scaled) Velocity(ctx context.Context, v, w []float64, m int) error {
	if err := f.population.Velocity(ctx, v, w, m); err != nil {
		return err
	}
	if len(f.g) != len(v) {
		f.g = make([]float64, len(v))
	}
	if err := f.sample.Velocity(ctx, f.g, w, m); err != nil {
		return err
	}
	for i, g := range f.g {
		v[i] += f.delta * (g - v[i])
	}
	return nil
}

// answer returns |sum_i inf(x_i)/n|^2 at times for a target that is the activation, n samples along the rows of x. The
// functions of a sample are made here, by a quadrature on its own sphere.
func answer(t *testing.T, p particles.Expectations, sigma func(float64) float64, times, x []float64) []float64 {
	t.Helper()
	ctx, d := t.Context(), p.Dim()
	spectrum, err := p.Task().Spectrum()
	if err != nil {
		t.Fatal(err)
	}
	r := solve(t, spectralProblem{p, &particles.AxisOverlap{Spectrum: spectrum}}, times[len(times)-1], 1e-8)
	cuts := timePanels(r.path, times, 6)
	rays, err := r.raysOn(ctx, r.path, times)
	if err != nil {
		t.Fatal(err)
	}
	panels, err := r.resolved(ctx, 1, cuts, rays, moved)
	if err != nil {
		t.Fatal(err)
	}
	near, err := r.trajectories(ctx, r.nodes(panels), 1, cuts, newRadau(8))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := r.trajectories(ctx, r.nodes(r.leaves(1)), 1, cuts, newRadau(8))
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.gapSolver(times, false, 1, near, tr)
	if err != nil {
		t.Fatal(err)
	}

	// Of each sample: b = x_1/R, the direction v of the rest, and s_k(R) by degree.
	n := len(x) / d
	functions, _ := g.space.residual.Dims()
	var degrees []int
	for k := 0; len(degrees) < functions; k++ {
		if spectrum.Q[k] > 0 {
			degrees = append(degrees, k)
		}
	}
	top := degrees[functions-1]
	z, wz := coordinateRule(max(top+1, 160), d)
	bars := make([]*legendre.Series, top+1)
	bar := make([][]float64, top+1)
	for k := range bars {
		coef := make([]float64, k+1)
		coef[k] = math.Sqrt(legendre.Harmonics(d, k))
		bars[k] = &legendre.Series{Dim: d, Coef: coef}
		for _, at := range z {
			bar[k] = append(bar[k], bars[k].Eval(at))
		}
	}
	b, v, s := make([]float64, n), make([]float64, n*(d-1)), mat.NewDense(top+1, n, nil)
	residual := mat.NewDense(functions, n, nil)
	for i := range n {
		row := x[i*d : (i+1)*d]
		rest := 0.0
		for _, y := range row[1:] {
			rest += y * y
		}
		radius := math.Sqrt(rest + row[0]*row[0])
		b[i] = row[0] / radius
		for k, y := range row[1:] {
			v[i*(d-1)+k] = y / math.Sqrt(rest)
		}
		for q, at := range z {
			value := wz[q] * sigma(radius*at)
			for _, k := range degrees {
				s.Set(k, i, s.At(k, i)+value*bar[k][q])
			}
		}
		for f, k := range degrees {
			residual.Set(f, i, s.At(k, i)/math.Sqrt(spectrum.Q[k])*bars[k].Eval(b[i]))
		}
	}

	out, by := make([]float64, len(times)), newMultiplier()
	for _, sec := range r.sectors(1) {
		eq := &volterra{by: by, sector: &sec, tr: tr, near: near}
		eq.factors()
		q, err := eq.equation()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := q.resolvent(g.ends)
		if err != nil {
			t.Fatal(err)
		}
		psi := mat.NewDense(eq.rank, n, nil)
		phi, slope := make([]float64, eq.rank), make([]float64, eq.rank)
		for i := range n {
			sec.at(b[i], math.Sqrt(1-b[i]*b[i]), phi, slope)
			for f, k := range sec.series.degrees() {
				psi.Set(f, i, phi[f]*math.Sqrt(legendre.Harmonics(d, k))/spectrum.Q[k]*s.At(k, i))
			}
		}
		pairs := mat.NewSymDense(n, nil) // P_l of directions
		for i := range n {
			for j := range i + 1 {
				c := 0.0
				for k := range d - 1 {
					c += v[i*(d-1)+k] * v[j*(d-1)+k]
				}
				p, before := 1.0, 0.0
				for l := range sec.degree {
					e := float64(l)
					if l == 0 {
						p, before = c, 1
						continue
					}
					p, before = ((2*e+float64(d-3))*c*p-e*before)/(e+float64(d-3)), p
				}
				pairs.SetSym(i, j, p)
			}
		}
		for o, x := range rows {
			inf := mat.NewDense(eq.rank, n, nil)
			var part mat.Dense
			for f := range functions {
				along := g.along(o, eq, x, f)
				part.Mul(along, psi)
				for a := range eq.rank {
					for i := range n {
						inf.Set(a, i, inf.At(a, i)+residual.At(f, i)*part.At(a, i))
						if sec.degree == 0 && f < eq.rank { // less the mean over samples
							inf.Set(a, i, inf.At(a, i)-along.At(a, f))
						}
					}
				}
			}
			var sum mat.Dense
			sum.Mul(inf, pairs)
			sum.MulElem(&sum, inf)
			out[o] += sec.count * mat.Sum(&sum) / float64(n*n)
		}
	}
	return out
}

// TestDrawByDraw: what a sample's fluctuation, scaled down, does to a wide network is the predicted sum over its
// samples. With KAC_MEASURE_DRAWS the networks are wider, the draws ten.
func TestDrawByDraw(t *testing.T) {
	const delta = .01
	series := func(k int) func(float64) float64 { return func(z float64) float64 { return hermiteValue(k, z) } }
	measured := os.Getenv("KAC_MEASURE_DRAWS") != ""
	for _, c := range []struct {
		problem  string
		d        int
		times    []float64
		sigma    func(float64) float64
		m, n     int // of the test
		wide, of int // of the measurement
		within   float64
	}{
		{"he3", 8, []float64{2}, series(3), 1 << 11, 128, 1 << 15, 1024, .08},
		{"he4", 8, []float64{2}, series(4), 1 << 11, 128, 1 << 15, 1024, .08},
		{"he4", 12, []float64{2, 5}, series(4), 0, 0, 1 << 16, 1024, 0},
		{"tanh", 12, []float64{1, 4}, math.Tanh, 0, 0, 1 << 12, 512, 0},
	} {
		draws := 1
		if measured {
			c.m, c.n, c.within, draws = c.wide, c.of, .05, 10
		}
		if c.m == 0 {
			continue
		}
		t.Run(fmt.Sprintf("%s,d=%d", c.problem, c.d), func(t *testing.T) {
			var p particles.Expectations
			if c.problem == "tanh" {
				p = isotropic(t, particles.Gaussian, c.d, "tanh", "tanh")
			} else {
				task, err := particles.Preset(c.problem, c.d)
				if err != nil {
					t.Fatal(err)
				}
				p = closed(t, task)
			}
			task := p.Task()
			population := particles.NewPopulation(p, particles.Auto, 1)
			defer population.Close()
			tol := particles.Tolerances{Relative: 1e-9, Absolute: 1e-9}
			still := particles.NewUniform(c.m, c.d, 3)
			start := still.Clone()
			var alone [][]float64
			if _, err := particles.Flow(t.Context(), still, population, tol, c.times, func(_ float64, w []float64) error {
				alone = append(alone, append([]float64(nil), w...))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for draw := range draws {
				samples := task.Samples(c.n, uint64(100+draw), 0)
				want := answer(t, p, c.sigma, c.times, samples.X)
				sample, err := particles.NewEmpirical(task, samples, 1)
				if err != nil {
					t.Fatal(err)
				}
				var got []float64
				if _, err := particles.Flow(t.Context(), start.Clone(), &scaled{population: population, sample: sample, delta: delta}, tol, c.times, func(_ float64, w []float64) error {
					gap, err := population.Distance2(t.Context(), w, c.m, alone[len(got)], c.m)
					got = append(got, gap/(delta*delta))
					return err
				}); err != nil {
					t.Fatal(err)
				}
				for i, at := range c.times {
					ratio := got[i] / want[i]
					t.Logf("m = %d, n = %d, draw %d, t = %g: n gap/delta^2 %.5g, predicted %.5g, ratio %.4f", c.m, c.n, draw, at, float64(c.n)*got[i], float64(c.n)*want[i], ratio)
					if !(math.Abs(ratio-1) <= c.within) {
						t.Errorf("draw %d, t = %g: %.5g, predicted %.5g, ratio %.4f", draw, at, got[i], want[i], ratio)
					}
				}
			}
		})
	}
}
