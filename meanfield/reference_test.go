package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"kac/internal/sphere"
	"kac/particles"
)

func preset(t testing.TB, name string, dim int) particles.Expectations {
	t.Helper()
	task, err := particles.Preset(name, dim)
	if err != nil {
		t.Fatal(err)
	}
	return closed(t, task)
}

func custom(t testing.TB, activation, link string, rank, dim int) particles.Expectations {
	t.Helper()
	s, err := particles.ParseSeries(activation)
	if err != nil {
		t.Fatal(err)
	}
	l, err := particles.ParseSeries(link)
	if err != nil {
		t.Fatal(err)
	}
	target, err := particles.NewLink(l, rank)
	if err != nil {
		t.Fatal(err)
	}
	task, err := particles.NewTask(particles.Spec{Name: activation + "|" + link, Dim: dim, Activation: particles.NewActivation(s), Target: target})
	if err != nil {
		t.Fatal(err)
	}
	return closed(t, task)
}

func closed(t testing.TB, task *particles.Task) particles.Expectations {
	t.Helper()
	p, err := task.Closed()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func solve(t testing.TB, p particles.Expectations, horizon, tol float64) *Reference {
	t.Helper()
	r, err := Solve(context.Background(), p, horizon, Options{Tolerance: tol})
	if err != nil {
		t.Fatalf("%s, d = %d, to %g: %v", p.Name(), p.Dim(), horizon, err)
	}
	return r
}

// TestPublishedRisks: he4 with a matched single-index target, by another
// solver; code time is half of paper time.
func TestPublishedRisks(t *testing.T) {
	times := []float64{0, 1, 2, 4, 8, 10, 16}
	for dim, want := range map[int][]float64{
		32: {.99724, .76512, .53775, .35260, .22484, .19370, .14044},
		64: {.99929, .93382, .75418, .53092, .35017, .30421, .22475},
	} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			r := solve(t, preset(t, "he4", dim), 32, 0)
			for i, code := range times {
				if got := r.Risk(2 * code); math.Abs(got-want[i]) > 0.5e-5 {
					t.Errorf("d = %d, code time %g: risk %.7f, published %.5f", dim, code, got, want[i])
				}
			}
		})
	}
}

// TestFirstTimes: the first paper time with risk at most .1, for he4. An
// integration without panels (40000 fixed nodes, the midpoint rule, RK4 with
// step .05) gives 432.337 at d = 256, and 106.869 at d = 64.
func TestFirstTimes(t *testing.T) {
	for _, c := range []struct {
		dim  int
		want float64
	}{{16, 23.8258}, {32, 51.5385}, {64, 106.869}, {128, 216.124}, {256, 432.337}} {
		t.Run(fmt.Sprint(c.dim), func(t *testing.T) {
			if testing.Short() && c.dim > 64 {
				return
			}
			r := solve(t, preset(t, "he4", c.dim), 1.8*float64(c.dim), 1e-8)
			at, ok := r.FirstTime(.1)
			t.Logf("d = %3d: T = %.4f, T/d = %.4f, %+v", c.dim, at, at/float64(c.dim), r.Stats())
			if !ok || math.Abs(at-c.want) > 1e-5*c.want {
				t.Errorf("d = %d: first time with risk .1 is %.6g, want %.6g", c.dim, at, c.want)
			}
		})
	}
	r := solve(t, preset(t, "he4", 16), 3, 0)
	if at, ok := r.FirstTime(.1); ok {
		t.Errorf("risk .1 by t = 3 at d = 16: said to happen at %g", at)
	}
	if at, ok := r.FirstTime(2); !ok || at != 0 {
		t.Errorf("risk 2 is undercut at %g, %v, want 0", at, ok)
	}
}

var estimateCases = []struct {
	activation, link string
	rank, dim        int
	horizon, tol     float64
}{
	{"4:1", "4:1", 1, 16, 40, 1e-6},
	{"4:1", "4:1", 1, 32, 100, 1e-8},
	{"4:1", "4:1", 1, 64, 120, 1e-10},
	{"4:1", "4:1", 1, 128, 60, 1e-5},
	{"4:1", "4:1", 1, 3, 50, 1e-10},
	{"3:1", "3:1", 1, 32, 60, 1e-8},
	{"3:1", "3:1", 1, 5, 30, 1e-10},
	{"6:1", "6:1", 1, 12, 150, 1e-7},
	{"4:1,6:1", "4:.8,6:.6", 1, 32, 60, 1e-9},
	{"4:1", "4:1", 2, 64, 60, 1e-10},
	{"4:1", "4:1", 2, 4, 60, 1e-6},
	{"4:1", "4:1", 3, 12, 40, 1e-8},
	{"1:1", "1:1", 1, 16, 20, 1e-10},
	{"2:1", "2:1", 1, 16, 30, 1e-3},
	{"1:.5,2:.7,3:.4", "2:1,3:-.5", 1, 10, 30, 1e-9},
	{"0:.3,3:1,5:.5", "0:.1,3:.7,5:.2", 1, 16, 40, 1e-8},
	{"2:1,4:.7,8:.3", "2:.3,8:.5", 1, 8, 20, 1e-10},
	{"3:1,4:1", "4:1", 1, 12, 40, 1e-7},
	{"4:1,6:.5", "4:-.6,6:.4", 2, 20, 80, 1e-8},
}

// TestEstimateIsTrue: the reported error bounds the distance to a solve at 100
// times tighter tolerance, at every time, and keeps the tolerance.
func TestEstimateIsTrue(t *testing.T) {
	for _, c := range estimateCases {
		t.Run(fmt.Sprintf("%s|%s,r=%d,d=%d", c.activation, c.link, c.rank, c.dim), func(t *testing.T) {
			t.Parallel()
			p := custom(t, c.activation, c.link, c.rank, c.dim)
			loose, tight := solve(t, p, c.horizon, c.tol), solve(t, p, c.horizon, math.Max(c.tol/100, MinTolerance))
			if loose.Error() > c.tol {
				t.Errorf("error %.2g exceeds the tolerance %.0e", loose.Error(), c.tol)
			}
			worst, share := 0.0, 0.0
			const points = 2000
			for i := 0; i <= points; i++ {
				at := c.horizon * float64(i) / points
				for _, f := range []func(*Reference, float64) float64{(*Reference).Risk, (*Reference).SelfEnergy, (*Reference).TargetOverlap} {
					d := math.Abs(f(loose, at) - f(tight, at))
					worst = math.Max(worst, d)
					share = math.Max(share, d/loose.RiskError(at))
					if d > loose.RiskError(at) {
						t.Fatalf("t = %g: distance %.3g to a solve at %.0e exceeds the estimate %.3g", at, d, c.tol/100, loose.RiskError(at))
					}
				}
			}
			t.Logf("tolerance %.0e: estimate %.1e, distance %.1e, largest share %.2f", c.tol, loose.Error(), worst, share)
		})
	}
}

// TestInitialValues: at t = 0 everything is a moment of the sphere.
func TestInitialValues(t *testing.T) {
	for _, c := range estimateCases {
		p := custom(t, c.activation, c.link, c.rank, c.dim)
		r := solve(t, p, 0, 0)
		self := 0.0
		for k, c2 := range p.Dual().Coefficients() {
			self += c2 * sphere.Moment(p.Dim(), k) // E q(<w, w'>)
		}
		if got := r.SelfEnergy(0); math.Abs(got-self) > 1e-14 {
			t.Errorf("%s: self-energy %.17g at t = 0, want %.17g", p.Name(), got, self)
		}
		over := 0.0
		for k, g := range radial(p) {
			if g == 0 {
				continue
			}
			m := sphere.Moment(p.Dim(), k) // E <w, v>^k = E a^k E s^k
			if p.Rank() > 1 {
				m /= sphere.Moment(p.Rank(), k)
			}
			over += g * m
		}
		if got := r.TargetOverlap(0); math.Abs(got-over) > 1e-14 {
			t.Errorf("%s: target overlap %.17g at t = 0, want %.17g", p.Name(), got, over)
		}
		if got, want := r.Risk(0), p.TargetNorm2()-2*over+self; math.Abs(got-want) > 3e-14 {
			t.Errorf("%s: risk %.17g at t = 0, want %.17g", p.Name(), got, want)
		}
	}
}

// TestDissipation: d risk/dt = -2 E |nu|^2 = -2 int (1-a^2) F'(a)^2 d mu_t
// (gradient flow of the risk with velocity nu, docs/mathematics.md (1.2)).
func TestDissipation(t *testing.T) {
	for _, p := range []particles.Expectations{preset(t, "he4", 16), preset(t, "he3", 8), preset(t, "circle", 12), preset(t, "misspecified", 10)} {
		r := solve(t, p, 20, 1e-11)
		// The law at time t through twins on a fine rule in theta_0.
		l := newLaw(p.Dim(), p.Rank(), p.Rank() > 1 || symmetric(p))
		var a0, w []float64
		b := l.breaks()
		const parts = 60
		for i := 1; i < len(b); i++ {
			for j := range parts {
				q := newPanel(l, 0, 0, 0, b[i-1]+(b[i]-b[i-1])*float64(j)/parts, b[i-1]+(b[i]-b[i-1])*float64(j+1)/parts)
				for n := range panelNodes {
					if a := math.Sin(q.theta(n)); math.Abs(a) < 1 {
						a0, w = append(a0, a), append(w, q.weight[n])
					}
				}
			}
		}
		tw, err := r.NewTwins(a0)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []float64{1, 4, 12} {
			if err := tw.Advance(context.Background(), at); err != nil {
				t.Fatal(err)
			}
			f, err := r.At(at)
			if err != nil {
				t.Fatal(err)
			}
			a, c := tw.Positions()
			rate := 0.0
			for i := range a {
				v := f.Velocity(a[i]) / c[i] // |nu|
				rate -= 2 * w[i] * v * v
			}
			const h = 1e-3
			diff := (8*(r.Risk(at+h)-r.Risk(at-h)) - (r.Risk(at+2*h) - r.Risk(at-2*h))) / (12 * h)
			if math.Abs(rate-diff) > 1e-8*(1+math.Abs(diff)) {
				t.Errorf("%s, t = %g: risk falls at %.12g, dissipation is %.12g", p.Name(), at, diff, rate)
			}
		}
	}
}

func TestSolveRefuses(t *testing.T) {
	p := preset(t, "he4", 16)
	ctx := context.Background()
	for _, tol := range []float64{1e-14, 0.1, -1, math.NaN()} {
		if _, err := Solve(ctx, p, 1, Options{Tolerance: tol}); err == nil {
			t.Errorf("tolerance %g accepted", tol)
		}
	}
	for _, h := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := Solve(ctx, p, h, Options{}); err == nil {
			t.Errorf("horizon %g accepted", h)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Solve(stopped, p, 10, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gave %v", err)
	}
	var u *UnresolvedError
	_, err := Solve(ctx, p, 60, Options{MaxPanels: 12})
	if !errors.As(err, &u) || u.Panel == nil || u.Tolerance != DefaultTolerance {
		t.Fatalf("12 panels: %v, want an unresolved panel", err)
	}
	t.Log(err)
	r := solve(t, p, 5, 0)
	for _, at := range []float64{-1, 5.1, math.NaN()} {
		if !math.IsNaN(r.Risk(at)) || !math.IsNaN(r.RiskError(at)) {
			t.Errorf("risk %g +- %g at t = %g, outside [0, 5]", r.Risk(at), r.RiskError(at), at)
		}
		if _, err := r.At(at); err == nil {
			t.Errorf("a field at t = %g, outside [0, 5]", at)
		}
	}
}

func TestProgress(t *testing.T) {
	last, calls := 0.0, 0
	_, err := Solve(context.Background(), preset(t, "he4", 16), 20, Options{Progress: func(share float64) {
		if share < last || share > 1 {
			t.Errorf("progress went from %g to %g", last, share)
		}
		last = share
		calls++
	}})
	if err != nil {
		t.Fatal(err)
	}
	if last != 1 || calls < 20 {
		t.Errorf("progress ended at %g after %d calls", last, calls)
	}
}

// A horizon too short for powers of its steps to be numbers is as good as any
// other: the risk is that of the start, for every problem and at once.
func TestShortestHorizons(t *testing.T) {
	for _, name := range []string{"he4", "he3", "circle"} {
		p := preset(t, name, 8)
		want := solve(t, p, 0, 0).Risk(0)
		for _, horizon := range []float64{1e-9, 1e-30, 1e-150, 1e-160, 3e-300, 1e-310, math.SmallestNonzeroFloat64} {
			r := solve(t, p, horizon, 0)
			for _, at := range []float64{0, horizon / 2, horizon} {
				if got := r.Risk(at); !(math.Abs(got-want) < 1e-8*(horizon*1e9+1e-3)) {
					t.Errorf("%s, horizon %g: risk %.15g at %g, %.15g at 0", name, horizon, got, at, want)
				}
			}
		}
	}
}

// A solution up to a later time is the same up to an earlier one, bit for bit, and so are its twins; the last time of
// the shorter one is within a step of the longer one. (Where later times ask for a finer solve, they differ within the
// tolerance.)
func TestLaterHorizonIsTheSameBefore(t *testing.T) {
	for _, p := range []particles.Expectations{preset(t, "he4", 8), preset(t, "circle", 9)} {
		short, long := solve(t, p, 2.3, 1e-8), solve(t, p, 5, 1e-8)
		if err := short.path.at(2.31, make([]float64, short.path.dim)); err == nil || !math.IsNaN(short.Risk(2.4)) || !math.IsNaN(short.RiskError(2.4)) {
			t.Errorf("%s: times behind the horizon are answered", p.Name())
		}
		if short.Stats().Solves != long.Stats().Solves {
			t.Fatalf("%s: %d solves and %d", p.Name(), short.Stats().Solves, long.Stats().Solves)
		}
		a0 := []float64{.1, .3, .7}
		a, err1 := short.NewTwins(a0)
		b, err2 := long.NewTwins(a0)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for _, at := range []float64{0, .4, 1.7, 2.29, 2.3} {
			if short.Risk(at) != long.Risk(at) || short.SelfEnergy(at) != long.SelfEnergy(at) {
				t.Errorf("%s: at %g the risks are %v and %v", p.Name(), at, short.Risk(at), long.Risk(at))
			}
			if err := errors.Join(a.Advance(t.Context(), at), b.Advance(t.Context(), at)); err != nil {
				t.Fatal(err)
			}
			x, _ := a.Positions()
			y, _ := b.Positions()
			if !slices.Equal(x, y) {
				t.Errorf("%s: at %g twins are at %v and %v", p.Name(), at, x, y)
			}
		}
	}
}
