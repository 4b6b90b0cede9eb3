package localsgd

import (
	"context"
	"fmt"
	"math"
	"testing"

	"kac/particles/localsgd"
)

var kink = localsgd.Kink{L: .5, R: 1}

// near fails unless got is want to the digits that want was printed with.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %.12g, not %.12g", what, got, want)
	}
}

// Published values: kink of curvatures 1/2 and 1, sigma = .1, from the minimum.
func TestKinkBias(t *testing.T) {
	steps := []int{2, 3, 128, 256, 512, 1024}
	want := []float64{-1.994711402e-06, -4.790142568e-06, -1.037619260e-03, -1.746941270e-03, -2.227558645e-03, -2.337126679e-03}
	got, err := Chain(context.Background(), kink, .01, .1, 0, steps, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range got {
		near(t, "bias", b.Bias, want[i], 5e-10)
		if b.BiasError > 1e-10*math.Abs(b.Bias)+1e-17 {
			t.Errorf("K = %d: error %g of %g", b.Steps, b.BiasError, b.Bias)
		}
	}
	near(t, "deviation", got[2].Deviation, 7.669185e-3, 1e-6)
	near(t, "deviation", got[3].Deviation, 8.358906e-3, 1e-6)
	near(t, "two steps in closed form", got[0].Bias, -.5*.1*1e-4/math.Sqrt(2*math.Pi), 1e-12)
	for _, c := range []struct{ eta, want float64 }{{1e-3, -4.762066586e-05}, {1e-4, -5.358680013e-07}} {
		t.Run(fmt.Sprint(c.eta, c.want), func(t *testing.T) {
			b, err := Chain(context.Background(), kink, c.eta, .1, 0, []int{256}, nil)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "bias", b[0].Bias, c.want, 2e-10)
		})
	}
	mean, _ := StationaryMean(kink, .01, .1)
	near(t, "mean of the stationary law", mean, -2.336949773e-03, 2e-10)
}

func TestPaths(t *testing.T) {
	got, err := Paths(context.Background(), kink, .01, .1, 0, []int{2, 4, 8, 12, 16})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-2.5e-06, -8.66584375e-06, -2.653324631760e-05, -4.932553516554e-05, -7.560094925843e-05} {
		near(t, "bias", got[i].Bias, want, 1e-12)
	}
}

// instanceP is the deterministic instance of five clients in the plane.
func instanceP(t *testing.T) *localsgd.Quadratics {
	var a, x []float64
	for m := range 5 {
		s, c := math.Sincos(float64(m) * math.Pi / 7)
		a = append(a, c*c+6*s*s, -5*s*c, -5*s*c, s*s+6*c*c)
		s, c = math.Sincos(2 * math.Pi * float64(m) / 5)
		x = append(x, 10+6*c, 8+6*s)
	}
	q, err := localsgd.NewQuadratics(5, 2, a, x)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestFixedPoints(t *testing.T) {
	q, ctx := instanceP(t), context.Background()
	h, err := HeterogeneityOf(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "x*_1", q.Optimum()[0], 7.81014799, 1e-8)
	near(t, "x*_2", q.Optimum()[1], 10.03637620, 1e-8)
	near(t, "|x* - mean|", h.Shift, 2.99036451, 2e-9)
	near(t, "tau", h.Tau, 4.87463957, 2e-9)
	near(t, "zeta", h.Zeta, 6.70390035, 2e-9)
	for _, rule := range []struct {
		eta  func(k float64) float64
		want []float64
	}{
		{func(float64) float64 { return 1. / 7 }, []float64{0, .48930840, 1.56367218, 2.38683080, 2.96452745, 2.99036398}},
		{func(k float64) float64 { return 1 / (7 * k) }, []float64{0, .18315884, .26258393, .28621286, .30131923, .30649276}},
		{func(k float64) float64 { return 1 / (7 * k * k) }, []float64{0, .08135838, .04798110, .02659656, .00945762, .00290042}},
	} {
		t.Run(fmt.Sprint(rule.want[1]), func(t *testing.T) {
			for i, k := range []int{1, 2, 5, 10, 30, 100} {
				p, err := FixedPointOf(ctx, q, h, rule.eta(float64(k)), k)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(p.Distance-rule.want[i]) > 5.1e-9 {
					t.Errorf("K = %d, eta = %g: |x_inf - x*| is %.10g, not %.8f", k, p.Eta, p.Distance, rule.want[i])
				}
				if p.Distance > p.Bound || p.DistanceAverage > p.BoundAverage*(1+1e-12) || p.Distance > p.BoundDirect*(1+1e-12)+p.Error {
					t.Errorf("K = %d, eta = %g: a distance is above its bound: %+v", k, p.Eta, p)
				}
			}
		})
	}
	p, err := FixedPointOf(ctx, q, h, 1./7, 10)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "x_inf_1", p.X[0], 9.5468998, 1e-8)
	near(t, "x_inf_2", p.X[1], 8.39910579, 1e-9)
	near(t, "contraction", p.Contraction, .14560113, 4e-8)
}

// instanceC is the instance of eight clients in six dimensions.
func instanceC(t *testing.T, rot, zeta float64) *localsgd.Quadratics {
	t.Helper()
	const clients, d = 8, 6
	var a, x []float64
	for m := range clients {
		s, c := math.Sincos(rot * math.Cos(2*math.Pi*float64(m)/clients))
		own := make([]float64, d*d)
		for i := 0; i < d; i += 2 {
			p, q := .05*math.Pow(20, float64(i)/5), .05*math.Pow(20, float64(i+1)/5)
			own[i*d+i], own[i*d+i+1] = p*c*c+q*s*s, (p-q)*s*c
			own[(i+1)*d+i], own[(i+1)*d+i+1] = (p-q)*s*c, p*s*s+q*c*c
		}
		a = append(a, own...)
		for j := range d {
			s, c := math.Sincos(2 * math.Pi * float64(m*(j/2+1)) / clients)
			if j%2 == 1 {
				c = s
			}
			x = append(x, 1+zeta*c)
		}
	}
	q, err := localsgd.NewQuadratics(clients, d, a, x)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestExactMoments(t *testing.T) {
	q := Quadratic{Objective: instanceC(t, .5, 2), Eta: .17, Beta: 1, Sigma: .3, LocalSteps: 32}
	m, err := q.Local(context.Background(), 10)
	if err != nil {
		t.Fatal(err)
	}
	last := m[len(m)-1]
	near(t, "E F - F*", last.Gap, 8.253322227e-04, 4e-10)
	if !(last.GapError < 1e-12*last.Gap+1e-18) {
		t.Errorf("error %g of %g", last.GapError, last.Gap)
	}
}

// Infinitely many clients on the kink. The fixed points are those of the backward equation on a grid of spacing 1e-5
// with the noise summed by a trapezoidal rule of 800 points (NumPy), which has five digits; Gauss-Hermite rules of a
// few nodes, which see the corner of the map between two of them, are 7e-7 away. x_4 from .05 has five digits.
func TestInfinitelyManyClients(t *testing.T) {
	noise := &localsgd.Noise{Law: localsgd.GaussianNoise, Sigma: .1}
	for _, c := range []struct {
		steps         int
		fixed, fourth float64
	}{{16, -7.01648e-4, 2.62798e-2}, {64, -1.34823e-3, 3.69116e-3}} {
		t.Run(fmt.Sprint(c.steps), func(t *testing.T) {
			fixed, err := FixedOf(context.Background(), kink, noise, .01, 1, c.steps)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(fixed.X-c.fixed) > 1e-8 || fixed.XError > 1e-12 {
				t.Errorf("K = %d: fixed point %.9g +- %.1g, not %g", c.steps, fixed.X, fixed.XError, c.fixed)
			}
			rounds, err := Rounds(context.Background(), kink, noise, .01, 1, c.steps, 4, .05, nil)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "x_4", rounds[4].X, c.fourth, 1e-5)
			// The slope against differences of the map.
			const h = 1e-6
			at := func(x float64) *Map {
				m, err := MapOf(context.Background(), kink, noise, .01, c.steps, x)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			near(t, "slope", at(.003).Slope, (at(.003+h).Mean-at(.003-h).Mean)/(2*h), 1e-8)
		})
	}
}

// The map by paths of signs has the mean and slope of differences, and the variance of the paths.
func TestMapOfSigns(t *testing.T) {
	noise := &localsgd.Noise{Law: localsgd.RademacherNoise, Sigma: .1}
	at := func(x float64) *Map {
		m, err := MapOf(context.Background(), kink, noise, .1, 12, x)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	const h = 1e-9 // no path has its corner so near
	near(t, "slope", at(.0013).Slope, (at(.0013+h).Mean-at(.0013-h).Mean)/(2*h), 1e-6)
	if _, err := MapOf(context.Background(), kink, noise, .1, 25, 0); err == nil {
		t.Error("25 steps have a map")
	}
}

// SGDM on a quadratic, published; with equal matrices Local SGDM has its law for every K.
func TestMomentum(t *testing.T) {
	one := func(clients int, sigma float64, steps, rounds int) Moments {
		a, x := make([]float64, clients), make([]float64, clients)
		for i := range a {
			a[i] = .5
		}
		f, err := localsgd.NewQuadratics(clients, 1, a, x)
		if err != nil {
			t.Fatal(err)
		}
		q := Quadratic{Objective: f, Eta: .2, Sigma: sigma, LocalSteps: steps, Start: []float64{1}}
		m, err := q.LocalMomentum(context.Background(), .9, rounds)
		if err != nil {
			t.Fatal(err)
		}
		return m[len(m)-1]
	}
	want := one(16, 1, 1, 40)
	near(t, "mean", want.Mean[0], -.13726892945, 1e-10)
	near(t, "variance", want.Noise2, .01225609491, 1e-9)
	for _, steps := range []int{2, 5, 40} {
		got := one(16, 1, steps, 40/steps)
		near(t, "mean", got.Mean[0], want.Mean[0], 1e-13)
		near(t, "variance", got.Noise2, want.Noise2, 1e-12)
		if got.GapError > 1e-13*got.Gap {
			t.Errorf("error %g of %g", got.GapError, got.Gap)
		}
	}
}

// The server's step does not move the fixed point, and with equal matrices the optima's spread costs nothing.
func TestHeterogeneityCosts(t *testing.T) {
	ctx := context.Background()
	q := instanceC(t, .7, 3)
	h, err := HeterogeneityOf(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	p, err := FixedPointOf(ctx, q, h, .3, 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, beta := range []float64{.5, 1, 1.4} {
		m, err := (&Quadratic{Objective: q, Eta: .3, Beta: beta, LocalSteps: 20}).Local(ctx, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if d := distance(m[1999].Mean, p.X); d > 1e-12 {
			t.Errorf("beta = %g: rounds end %g away from the fixed point", beta, d)
		}
	}
	for _, spread := range []float64{0, 5} {
		equal := instanceC(t, 0, spread)
		if h, err = HeterogeneityOf(ctx, equal); err != nil {
			t.Fatal(err)
		}
		if p, err = FixedPointOf(ctx, equal, h, .3, 20); err != nil || p.Distance > 1e-14 {
			t.Errorf("equal matrices, spread %g: the fixed point is %g away, %v", spread, p.Distance, err)
		}
	}
}
