package theory

import (
	"context"
	"math"
	"strings"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

// Every column's error bounds its distance to what other means give, for problems with and without a symmetry,
// with a link of other coefficients, and of other degrees: the columns' names say what, brute_test.go how.
func TestErrorsAreTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("follows thousands of particles step by step")
	}
	for _, c := range []struct {
		choice bench.ProblemChoice
		times  []float64
	}{
		{bench.ProblemChoice{Problem: "he4", Dim: 16}, []float64{1, 4}},
		{bench.ProblemChoice{Problem: "he3", Dim: 12}, []float64{1, 3}},
		{bench.ProblemChoice{Activation: "3:.7,4:.5", Link: "3:.6,4:.8", Rank: 1, Dim: 14}, []float64{1.5, 5}},
		{bench.ProblemChoice{Problem: "misspecified", Dim: 9}, []float64{.5, 1.5}},
	} {
		name := c.choice.Problem + c.choice.Activation
		t.Run(name, func(t *testing.T) {
			th, err := Run(context.Background(), Parameters{ProblemChoice: c.choice, Times: c.times, Tolerance: 1e-6}, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			// A reference of its own, far tighter.
			ref, err := meanfield.Solve(context.Background(), th.Problem, c.times[1], meanfield.Options{Tolerance: 1e-10})
			if err != nil {
				t.Fatal(err)
			}
			fluctuation, err := meanfield.Fluctuations(context.Background(), ref, c.times, meanfield.FluctuationOptions{Means: c.times, Gaps: true})
			if err != nil {
				t.Fatal(err)
			}
			b := bruteForce(t, ref, 1600)
			even := th.Problem.Activation().Even()
			for i, r := range th.Asked() {
				e := &r.Error
				hold := func(column string, value, wrong, truth, own float64) {
					t.Logf("t = %g, %s: %.9g +- %.1e, by other means %.9g", r.Time, column, value, wrong, truth)
					if d := math.Abs(value - truth); !(d <= wrong+own*math.Abs(truth)) || !(wrong < .05*(math.Abs(value)+1e-9)) {
						t.Errorf("t = %g, %s: %.9g +- %.1e, by other means %.9g: off by %.1e", r.Time, column, value, wrong, truth, d)
					}
				}
				tau := th.Parameters.Tau
				hold("risk", r.Risk, e.Risk, ref.Risk(r.Time), 1e-10)
				hold("gap_constant", r.Constant, r.ConstantError, fluctuation.Constant[i], 1e-9)
				hold("coupling_constant", r.Coupling, r.CouplingError, fluctuation.Coupling[i], 1e-9)
				hold("mean_coupling_constant", r.MeanCoupling, r.MeanCouplingError, fluctuation.MeanCoupling[i], 1e-9)
				truth := gapRow(fluctuation.Gaps, i)
				for k, x := range r.Gaps.values() {
					if k%2 == 0 {
						hold(strings.Split(GapHeader, ",")[1+k], x, r.Gaps.values()[k+1], truth.values()[k], 1e-9)
					}
				}
				q1, d1, _ := b.q.Eval(1)
				hold("hessian_ode_bound", r.HessianODE, e.HessianODE, 2*d1*fluctuation.Coupling[i]+2*(q1-ref.SelfEnergy(r.Time)), 1e-9)
				hold("lipschitz", r.Lipschitz, e.Lipschitz, b.lipschitz(t, r.Time), 1e-8)
				hold("sampling_error", r.Sampling, e.Sampling, b.sampling(t, r.Time), 1e-6)
				hold("strong_convexity", r.StrongConvexity, e.StrongConvexity, b.convexity(t, r.Time, tau), 1e-8)
				top, norm := b.concordance(t, r.Time, even)
				if !math.IsInf(r.SelfConcordance, 1) {
					hold("self_concordance", r.SelfConcordance, e.SelfConcordance, top, 1e-7)
				} else if top < 1e3 {
					t.Errorf("t = %g: self-concordance has no bound, on a grid %g", r.Time, top)
				}
				if !math.IsInf(r.SelfConcordanceNorm, 1) {
					hold("self_concordance_norm", r.SelfConcordanceNorm, e.SelfConcordanceNorm, norm, 1e-7)
				} else if norm < 1e3 {
					t.Errorf("t = %g: self-concordance of the norm has no bound, on a grid %g", r.Time, norm)
				}
				hold("j_worst", r.WorstJ, e.WorstJ, math.Exp(b.worst(t, r.Time)), 1e-6)
				hold("j_square", r.SquareJ, e.SquareJ, b.square(r.Time), 2e-6)
				hold("j_average", r.AverageJ, e.AverageJ, b.average(r.Time, tau, even), 2e-4)
				root := 0.0
				for n := range 8000 {
					root += math.Sqrt(ref.Risk(r.Time*(float64(n)+.5)/8000)) * r.Time / 8000
				}
				hold("sqrt_risk_integral", r.RootIntegral, e.RootIntegral, root, 1e-9)
			}
		})
	}
}

func (b *brute) field(t *testing.T, at float64) *meanfield.Field {
	t.Helper()
	f, err := b.ref.At(at)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// size is ||D|| of Definition 2: D p = par p - (velocity/c) w, and across it perp.
func size(f *meanfield.Field, a float64) float64 {
	par, perp, _ := f.Eigenvalues(a)
	normal := 0.0
	if c := math.Sqrt((1 - a) * (1 + a)); c > 0 {
		normal = f.Velocity(a) / c
	}
	return math.Max(math.Sqrt(par*par+normal*normal), math.Abs(perp))
}

func (b *brute) lipschitz(t *testing.T, at float64) float64 {
	f, most := b.field(t, at), 0.0
	const n = 40000
	for i := range n + 1 {
		a := -math.Cos(math.Pi * float64(i) / n)
		most = math.Max(most, size(f, a))
		_, d1, d2 := b.q.Eval(a)
		most = math.Max(most, math.Max(math.Abs(d1), math.Abs(a*d1-(1-a*a)*d2)))
	}
	return most
}

// sampling is by sums over all particles and directions, and differences of the potential.
func (b *brute) sampling(t *testing.T, at float64) float64 {
	f := b.field(t, at)
	value := func(a float64) float64 {
		c, sum := math.Sqrt(math.Max(0, (1-a)*(1+a))), 0.0
		particles := b.a[b.index(at)]
		for i, w := range b.weight {
			if w < 1e-13 {
				continue
			}
			x := particles[i]
			e := math.Sqrt(math.Max(0, 1-x*x))
			angleSum(b.d-1, 24, func(u, wu float64) {
				s := a*x + c*e*u
				_, d1, _ := b.q.Eval(s)
				sum += w * wu * d1 * d1 * (1 - s*s)
			})
		}
		const h = 1e-3
		theta := math.Asin(a) // the derivative along the sphere is c U'
		u := func(n float64) float64 { return f.Potential(math.Sin(theta + n*h)) }
		slope := (8*(u(1)-u(-1)) - (u(2) - u(-2))) / (12 * h)
		return sum - slope*slope
	}
	best, at0, width := 0.0, 0.0, math.Pi/2
	for range 5 {
		from, to := math.Max(-math.Pi/2, at0-width), math.Min(math.Pi/2, at0+width)
		for i := range 17 {
			theta := from + (to-from)*float64(i)/16
			if v := value(math.Sin(theta)); v > best {
				best, at0 = v, theta
			}
		}
		width /= 6
	}
	return math.Sqrt(best)
}

func (b *brute) convexity(t *testing.T, at, tau float64) float64 {
	f, worst := b.field(t, at), math.Inf(-1)
	const n = 40000
	for i := range n + 1 {
		par, perp, _ := f.Eigenvalues(1 - tau*tau/2*float64(i)/n)
		worst = math.Max(worst, math.Max(par, perp))
	}
	return -worst / math.Sqrt(b.ref.Risk(at))
}

func (b *brute) concordance(t *testing.T, at float64, even bool) (top, norm float64) {
	f := b.field(t, at)
	k, least := float64(b.ref.Task().Activation().Degree()), 1/math.Sqrt(float64(b.d))
	const n = 50000
	for i := range n + 1 {
		alpha := math.Sin(math.Asin(least) + (math.Pi/2-math.Asin(least))*float64(i)/n)
		for _, sign := range []float64{1, -1} {
			if sign < 0 && even {
				continue
			}
			v := sign * f.Velocity(sign*alpha)
			if !(v > 0) {
				continue
			}
			par, perp, _ := f.Eigenvalues(sign * alpha)
			top = math.Max(top, math.Max(par, perp)*alpha/((k-1)*v))
			if alpha <= .5 || i == 0 {
				norm = math.Max(norm, size(f, sign*alpha)*alpha/((k-1)*v))
			}
		}
	}
	return top, norm
}
