package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"kac/kernels"
	"kac/particles"
	"kac/particles/hessian"
)

// The curves against their closed forms for constant coefficients, also where
// these exceed float64.
func TestCurvesOfConstants(t *testing.T) {
	times := []float64{0, 0.1, 1, 7, 60, 400}
	constant := func(x float64) []float64 {
		c := make([]float64, len(times))
		for i := range c {
			c[i] = x
		}
		return c
	}
	const lip, eps = 3.0, 0.2
	got := groenwall(times, constant(lip), constant(eps))
	for i, at := range times[1:] {
		want := math.Log(eps/(2*lip)) + 2*lip*at + math.Log(-math.Expm1(-2*lip*at))
		if math.Abs(got[i+1]-want) > 1e-12*(1+math.Abs(want)) {
			t.Errorf("Groenwall at %g: %.15g, want %.15g", at, got[i+1], want)
		}
	}
	for _, c := range []struct{ a, b float64 }{{2, 0.5}, {0, 4}, {-1, 9}, {5, 1e-3}} {
		t.Run(fmt.Sprint(c.a, c.b), func(t *testing.T) {
			got := memoryEquation(times, constant(c.a), constant(c.b), constant(eps))
			root := math.Sqrt(c.a*c.a + 4*c.b)
			for i, at := range times[1:] { // Lemma 42
				want := math.Log(eps/root) + (root-c.a)/2*at + math.Log(-math.Expm1(-root*at))
				if !(math.Abs(got[i+1]-want) < 2e-4) {
					t.Errorf("a = %g, b = %g at %g: log X = %.12g, want %.12g", c.a, c.b, at, got[i+1], want)
				}
			}
		})
	}
	if got := groenwall(times, constant(0), constant(eps)); math.Abs(got[5]-math.Log(400*eps)) > 1e-12 {
		t.Errorf("no growth: %g", got[5])
	}
}

// Sampling and Lipschitz constants against finite networks at time 0, and
// bounds in the order that their derivation gives.
func TestBounds(t *testing.T) {
	ctx := context.Background()
	p := preset(t, "he4", 8)
	d := p.Dim()
	r := solve(t, p, 6, 1e-8)
	var times []float64
	for i := range 25 {
		times = append(times, 6*math.Pow(float64(i)/24, 2))
	}
	const tau = 0.05
	b, err := r.Bounds(ctx, times, tau, AverageOptions{Every: 3})
	if err != nil {
		t.Fatal(err)
	}
	// m E ||nu(w, rho^m)||^2 - m ||nu(w, rho)||^2 over seeds, at positions w; the
	// supremum over w is the largest of them.
	const m, seeds = 32, 3000
	f := particles.NewPopulation(p, particles.Auto, 1)
	field, err := r.At(0)
	if err != nil {
		t.Fatal(err)
	}
	worst, worstSE := 0.0, 0.0
	v := make([]float64, d)
	for _, a := range []float64{0, 0.3, 0.7, 0.9, 1} {
		w := make([]float64, d)
		w[0], w[1] = a, math.Sqrt(1-a*a)
		exact := make([]float64, d) // nu in the direction p = c e_1 - a u
		speed := field.Velocity(a)
		if c := w[1]; c > 0 {
			exact[0], exact[1] = speed, -speed*a/c
		}
		var sum, sum2 float64
		for s := range seeds {
			e := particles.NewUniform(m, d, uint64(s))
			if err := f.VelocityAt(v, w, e.W, m); err != nil {
				t.Fatal(err)
			}
			square := 0.0
			for i := range v {
				square += (v[i] - exact[i]) * (v[i] - exact[i])
			}
			sum += m * square
			sum2 += m * m * square * square
		}
		mean := sum / seeds
		if mean > worst {
			worst, worstSE = mean, math.Sqrt((sum2/seeds-mean*mean)/seeds)
		}
	}
	if got := b.Sampling[0] * b.Sampling[0]; !(math.Abs(got-worst) < 5*worstSE) {
		t.Errorf("m eps^2 = %g, networks %g +- %g", got, worst, worstSE)
	}
	if math.Abs(b.Lipschitz[0]-4) > 0.05 { // q'(1) = 4; D(e_1) = -4 but for the mean field
		t.Errorf("Lip_max(0) = %g", b.Lipschitz[0])
	}
	for i, at := range times {
		if err := field.Set(at); err != nil {
			t.Fatal(err)
		}
		// LSC: the claim at positions off the grid, and sharp within 1 %.
		least := math.Inf(1)
		for x := range 1000 {
			a := 1 - tau*tau/2*float64(x)/1000
			par, perp, _ := field.Eigenvalues(a)
			least = math.Min(least, -math.Max(par, perp)/math.Sqrt(r.Risk(at)))
		}
		if !(b.StrongConvexity[i] <= least+1e-6 && least < 1.01*b.StrongConvexity[i]) {
			t.Errorf("t = %g: LSC constant %g, between grid points %g", at, b.StrongConvexity[i], least)
		}
		if b.SelfConcordance[i] > b.SelfConcordanceNorm[i]+1e-12 && b.SelfConcordanceNorm[i] > 0 {
			t.Errorf("t = %g: self-concordance %g of the top eigenvalue, %g of the norm", at, b.SelfConcordance[i], b.SelfConcordanceNorm[i])
		}
		if i > 0 && !(b.LogGroenwall[i] > b.LogGroenwall[i-1]) {
			t.Errorf("t = %g: log Groenwall %g after %g", at, b.LogGroenwall[i], b.LogGroenwall[i-1])
		}
	}
	// Lemma 1 with Delta = 0 is the sampling error alone.
	if got, want := math.Exp(r.LogGapBound(0, math.Inf(-1))), 2*(1-r.SelfEnergy(0)); math.Abs(got-want) > 1e-12 {
		t.Errorf("bound without displacement %g, want %g", got, want)
	}
	fl := fluctuate(t, r, 0, 3, 6)
	for i, at := range fl.Times {
		bound := math.Exp(r.LogGapBound(at, math.Log(fl.Coupling[i])/2))
		if !(fl.Constant[i] <= bound) {
			t.Errorf("t = %g: C = %g above the bound %g", at, fl.Constant[i], bound)
		}
	}
}

func TestBoundsRefuse(t *testing.T) {
	ctx := context.Background()
	circle := solve(t, preset(t, "circle", 8), 1, 0)
	if _, err := circle.Bounds(ctx, []float64{0, 1}, 0.1, AverageOptions{}); !errors.Is(err, ErrNoReduction) {
		t.Errorf("circle: %v", err)
	}
	r := solve(t, preset(t, "he4", 8), 1, 1e-6)
	for _, times := range [][]float64{nil, {0.5, 1}, {0, 2}, {0, 0}} {
		if _, err := r.Bounds(ctx, times, 0.1, AverageOptions{}); err == nil {
			t.Errorf("bounds at times %v", times)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := r.Bounds(stopped, []float64{0, 1}, 0.1, AverageOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The local Hessians of a wide network have the reduction's two eigenvalues, up
// to a sampling error that falls like 1/sqrt(m).
func TestEigenvaluesOfWideNetwork(t *testing.T) {
	ctx := context.Background()
	p := preset(t, "he4", 8)
	d, at := p.Dim(), 2.0
	r := solve(t, p, at, 1e-8)
	field, err := r.At(at)
	if err != nil {
		t.Fatal(err)
	}
	f := particles.NewPopulation(p, particles.Auto, 1)
	second := hessian.NewPopulation(f)
	defer second.Close()
	size := kernels.PackedLen(d)
	// Mean squares over particles of the distance of top eigenvalue and trace.
	deviation := func(m, seed int) (top, trace float64) {
		e := particles.NewUniform(m, d, uint64(seed))
		if _, err := particles.Flow(ctx, e, f, particles.Tolerances{Relative: 1e-6, Absolute: 1e-6}, []float64{at}, nil); err != nil {
			t.Fatal(err)
		}
		D, tops, traces := make([]float64, m*size), make([]float64, m), make([]float64, m)
		if err := second.LocalHessians(ctx, D, e.W, m); err != nil {
			t.Fatal(err)
		}
		if err := second.Spectra(ctx, tops, traces, D, e.W, m); err != nil {
			t.Fatal(err)
		}
		for j := range m {
			par, perp, _ := field.Eigenvalues(e.Row(j)[0])
			top += math.Pow(tops[j]-math.Max(par, perp), 2) / float64(m)
			trace += math.Pow(traces[j]-par-float64(d-2)*perp, 2) / float64(m)
		}
		return top, trace
	}
	mean := func(m, seeds int) (top, trace float64) {
		for s := range seeds {
			a, b := deviation(m, s)
			top += a / float64(seeds)
			trace += b / float64(seeds)
		}
		return top, trace
	}
	top8, trace8 := mean(1<<8, 16)
	top11, trace11 := mean(1<<11, 6)
	for what, ratio := range map[string]float64{"top eigenvalue": top8 / top11, "trace": trace8 / trace11} {
		t.Run(what, func(t *testing.T) {
			t.Logf("mean square deviation of the %s: ratio %.3g from 2^8 to 2^11", what, ratio)
			if ratio < 4 || ratio > 16 {
				t.Errorf("mean square deviation of the %s falls by %g from m = 2^8 to 2^11, expected about 8", what, ratio)
			}
		})
	}
	top14, trace14 := deviation(1<<14, 99)
	t.Logf("at 2^14: top eigenvalue off by %.2g, trace by %.2g", math.Sqrt(top14), math.Sqrt(trace14))
	if top14 > 4*top11/8 || trace14 > 4*trace11/8 || top14 > 0.02*0.02 {
		t.Errorf("at m = 2^14 mean squares %g and %g, at 2^11 %g and %g", top14, trace14, top11, trace11)
	}
}
