package meanfield

import (
	"math"
	"testing"

	"kac/internal/rng"
	"kac/particles"
)

// E|Z| and its derivatives against chi's mean, an integral over both parts, and differences.
func TestMeanNorm(t *testing.T) {
	gamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	for _, n := range []int{0, 1, 2, 14, 62} {
		const a = .37
		want := math.Sqrt(2*a) * math.Exp(gamma(float64(n+2)/2)-gamma(float64(n+1)/2))
		if mean, _, _ := meanNorm(a, a, n); math.Abs(mean-want) > 1e-8*want {
			t.Errorf("n = %d: mean %.12g, want %.12g", n, mean, want)
		}
	}
	for _, c := range [][2]float64{{1, .2}, {.01, 3}, {5, 1e-4}} {
		a, b := c[0], c[1]
		mean, along, across := meanNorm(a, b, 2) // two directions across: half their square is exponential
		sum, norm := 0.0, 0.0
		for i := range 4001 {
			x := 8 * (float64(i)/2000 - 1)
			w := math.Exp(-x * x / 2)
			norm += w
			const h = .002
			for r := h / 2; r < 7; r += h {
				sum += w * h * r * math.Exp(-r*r/2) * math.Sqrt(a*x*x+b*r*r)
			}
		}
		if math.Abs(mean-sum/norm) > 1e-5*mean {
			t.Errorf("%g, %g: mean %.9g, by both integrals %.9g", a, b, mean, sum/norm)
		}
		slope := func(da, db float64) float64 {
			up, _, _ := meanNorm(a+da, b+db, 2)
			down, _, _ := meanNorm(a-da, b-db, 2)
			return (up - down) / (2 * (da + db))
		}
		if d := 2 * slope(1e-4*a, 0); math.Abs(along-d) > 1e-5*along {
			t.Errorf("%g, %g: along %.9g, by differences %.9g", a, b, along, d)
		}
		if d := slope(0, 1e-4*b); math.Abs(across-d) > 1e-5*across {
			t.Errorf("%g, %g: across %.9g, by differences %.9g", a, b, across, d)
		}
	}
}

// In three dimensions harmonics on S^1 are sines: the field itself, drawn many times, has the mean square of its
// mean length that the chaoses say.
func TestMeanCouplingAgainstFieldsDrawn(t *testing.T) {
	for _, p := range []particles.Expectations{preset(t, "he4", 3), custom(t, "1:1,3:.5", "1:.5,3:1", 1, 3)} {
		r := solve(t, p, 2, 1e-6)
		ns, leaves := r.union(1), r.leaves(1)
		times := []float64{2}
		cuts := timePanels(r.path, times, 6)
		tr, err := r.trajectories(t.Context(), ns, 1, cuts, newRadau(6))
		if err != nil {
			t.Fatal(err)
		}
		mc := newMeanCoupling(newMultiplier(), 3, grid{leaves, ns.weight}, grid{leaves, ns.weight}, []int{0})
		list := sectors(p)
		out := &Fluctuation{Times: times, Constant: make([]float64, 1), Coupling: make([]float64, 1)}
		for i := range list {
			v := &volterra{by: mc.by, sector: &list[i], tr: tr, near: tr, mean: mc}
			mc.begin(&list[i])
			if err := v.solve(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := v.coupling(t.Context(), out); err != nil {
				t.Fatal(err)
			}
		}
		value, half := mc.result(0)
		weight := thinWeights(ns.weight, nil)
		const draws, turns = 3000, 24
		var drawn pairs
		noise := make([]float64, len(weight))
		for draw := range draws {
			g := rng.New(11, rng.Quadrature, uint64(draw))
			along, across := make([]float64, turns*len(weight)), make([]float64, turns*len(weight))
			for n, part := range mc.slot[0].parts {
				l := float64(list[n].degree)
				for phase := range int(list[n].count) { // cosine, sine
					g.FillNormal(noise)
					for i := range noise {
						noise[i] *= math.Sqrt(weight[i])
					}
					for i := range weight {
						x, y := 0.0, 0.0
						for b, z := range noise {
							x += part.along.At(i, b) * z
							if part.across != nil {
								y += part.across.At(i, b) * z
							}
						}
						for k := range turns {
							sin, cos := math.Sincos(l*2*math.Pi*float64(k)/turns + float64(phase)*math.Pi/2)
							if l == 0 {
								cos = 1 / math.Sqrt2
							}
							along[k*len(weight)+i] += math.Sqrt2 * cos * x
							across[k*len(weight)+i] -= math.Sqrt2 * sin * y // the derivative, over l
						}
					}
				}
			}
			mean, energy := 0.0, 0.0
			for j := range along {
				w := weight[j%len(weight)] / turns
				mean += w * math.Hypot(along[j], across[j])
				energy += w * (along[j]*along[j] + across[j]*across[j])
			}
			drawn.add(mean*mean, energy)
		}
		ratio, se := drawn.ratio()
		want, wrong := value/out.Coupling[0], half/out.Coupling[0]
		t.Logf("%s: %.5f +- %.5f of the mean square, in %d fields %.5f +- %.5f", p.Name(), want, wrong, draws, ratio, se)
		if math.Abs(want-ratio) > wrong+3*se || wrong > .05*want || se > .02*ratio {
			t.Errorf("%s: %.5f +- %.5f of the mean square, in fields %.5f +- %.5f", p.Name(), want, wrong, ratio, se)
		}
		if mean, se := drawn.second(); math.Abs(mean-out.Coupling[0]) > 3*se {
			t.Errorf("%s: mean square %.5f, fields %.5f +- %.5f", p.Name(), out.Coupling[0], mean, se)
		}
	}
}

// pairs are two numbers of each of many draws, x below y.
type pairs struct{ x, y []float64 }

func (p *pairs) add(x, y float64) { p.x, p.y = append(p.x, x), append(p.y, y) }

// ratio is that of the means, which fluctuate together, with its standard error.
func (p *pairs) ratio() (ratio, se float64) {
	sum, below := 0.0, 0.0
	for i, x := range p.x {
		sum, below = sum+x, below+p.y[i]
	}
	ratio = sum / below
	square := 0.0
	for i, x := range p.x {
		square += (x - ratio*p.y[i]) * (x - ratio*p.y[i])
	}
	return ratio, math.Sqrt(square) / below
}

// second is the mean of y with its standard error.
func (p *pairs) second() (mean, se float64) {
	sum, square := 0.0, 0.0
	for _, y := range p.y {
		sum, square = sum+y, square+y*y
	}
	n := float64(len(p.y))
	return sum / n, math.Sqrt((square/n - sum/n*sum/n) / n)
}

// Between the squared mean over particles and networks, and the mean square; nothing at t = 0; not asked for, not a
// number; another solve agrees.
func TestMeanCoupling(t *testing.T) {
	for _, p := range []particles.Expectations{preset(t, "he4", 16), preset(t, "he3", 9), preset(t, "misspecified", 9)} {
		times := []float64{0, .7, 2, 4}
		solved := func(tolerance float64) *Fluctuation {
			f, err := Fluctuations(t.Context(), solve(t, p, 4, tolerance), times, FluctuationOptions{Means: []float64{0, .7, 4}})
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		loose, tight := solved(1e-5), solved(1e-9)
		for i, at := range times {
			x, wrong := loose.MeanCoupling[i], loose.MeanCouplingError[i]
			t.Logf("%s, t = %g: %.7f +- %.1e, tight %.7f +- %.1e, mean square %.7f", p.Name(), at, x, wrong, tight.MeanCoupling[i], tight.MeanCouplingError[i], loose.Coupling[i])
			switch {
			case i == 2:
				if !math.IsNaN(x) || !math.IsNaN(wrong) {
					t.Errorf("%s, t = %g: %g was not asked for", p.Name(), at, x)
				}
			case i == 0:
				if x != 0 || wrong != 0 {
					t.Errorf("%s: %g +- %g at the start", p.Name(), x, wrong)
				}
			case !(math.Abs(x-tight.MeanCoupling[i]) < 1e-3*x) || !(wrong < .03*x) || !(x <= loose.Coupling[i]) || !(x > 0):
				t.Errorf("%s, t = %g: %.7f +- %.1e, tight %.7f, mean square %.7f", p.Name(), at, x, wrong, tight.MeanCoupling[i], loose.Coupling[i])
			}
		}
	}
}

// The squared mean as a share of the mean square, which fluctuates with it, in networks of two widths, extrapolated in
// 1/m.
func TestMeanCouplingOfNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("integrates some hundred networks")
	}
	const horizon = 2.0
	p := preset(t, "he4", 16)
	r := solve(t, p, horizon, 1e-8)
	f, err := Fluctuations(t.Context(), r, []float64{horizon}, FluctuationOptions{Means: []float64{horizon}})
	if err != nil {
		t.Fatal(err)
	}
	population := particles.NewPopulation(p, particles.Auto, 1)
	measured := func(m, seeds int) (ratio, se float64) {
		var drawn pairs
		for seed := range uint64(seeds) {
			e := particles.NewUniform(m, p.Dim(), 1000+seed)
			start := append([]float64(nil), e.W...)
			a0 := make([]float64, m)
			for i := range a0 {
				a0[i] = e.Row(i)[0]
			}
			twins, err := r.NewTwins(a0)
			if err != nil {
				t.Fatal(err)
			}
			if err := twins.Advance(t.Context(), horizon); err != nil {
				t.Fatal(err)
			}
			if _, err := particles.Flow(t.Context(), e, population, particles.Tolerances{Relative: 1e-6, Absolute: 1e-6}, []float64{horizon}, nil); err != nil {
				t.Fatal(err)
			}
			a, c := twins.Positions()
			length, energy := 0.0, 0.0
			for i := range m {
				first := start[i*p.Dim() : (i+1)*p.Dim()]
				square := (e.Row(i)[0] - a[i]) * (e.Row(i)[0] - a[i])
				for k := 1; k < p.Dim(); k++ {
					d := e.Row(i)[k] - c[i]*first[k]/math.Sqrt(1-a0[i]*a0[i])
					square += d * d
				}
				length, energy = length+math.Sqrt(square)/float64(m), energy+square/float64(m)
			}
			drawn.add(length*length, energy)
		}
		return drawn.ratio()
	}
	small, smallSE := measured(64, 240)
	large, largeSE := measured(256, 120)
	limit, se := large+(large-small)/3, math.Hypot(4./3*largeSE, smallSE/3)
	want, wrong := f.MeanCoupling[0]/f.Coupling[0], f.MeanCouplingError[0]/f.Coupling[0]
	t.Logf("%.5f +- %.5f of the mean square; networks %.5f (%.5f) at 64, %.5f (%.5f) at 256, extrapolated %.5f (%.5f)", want, wrong, small, smallSE, large, largeSE, limit, se)
	if math.Abs(limit-want) > wrong+3*se || se > .05*limit {
		t.Errorf("%.5f +- %.5f, networks %.5f (%.5f)", want, wrong, limit, se)
	}
}
