package meanfield

import (
	"context"
	"errors"
	"math"
	"testing"

	"kac/internal/sphere"
	"kac/particles"
)

func fluctuate(t *testing.T, r *Reference, times ...float64) *Fluctuation {
	t.Helper()
	f, err := Fluctuations(context.Background(), r, times, FluctuationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestConstant: an evolution of all sources on a coarse grid of its own gave
// .9896 .6052 .4620 .3344 .2273; the middle three are off in the third or
// fourth digit, as TestResponseAgainstSources shows at t = 10.
func TestConstant(t *testing.T) {
	r := solve(t, preset(t, "he4", 16), 40, 1e-10)
	f := fluctuate(t, r, 0, 5, 10, 20, 40)
	want := []float64{.9895833333, .6052051, .4627048, .3346940, .2273739}
	coupling := []float64{0, .7789846, 2.848505, 10.58963, 38.97638}
	for i, at := range f.Times {
		t.Logf("t = %2g: C = %.10f +- %.0e, coupling %.8f +- %.0e", at, f.Constant[i], f.ConstantError[i], f.Coupling[i], f.CouplingError[i])
		if math.Abs(f.Constant[i]-want[i]) > 1e-7 || f.ConstantError[i] > 1e-8 {
			t.Errorf("t = %g: C = %.9f +- %.1e, want %.7f", at, f.Constant[i], f.ConstantError[i], want[i])
		}
		if math.Abs(f.Coupling[i]-coupling[i]) > 1e-6*(1+coupling[i]) || f.CouplingError[i] > 1e-6*(1+coupling[i]) {
			t.Errorf("t = %g: coupling constant %.9f +- %.1e, want %.7f", at, f.Coupling[i], f.CouplingError[i], coupling[i])
		}
	}
}

// TestConstantErrorIsTrue: against a reference 1000 times tighter, whose panels
// and steps are finer throughout.
func TestConstantErrorIsTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("solves at two tolerances")
	}
	for _, p := range []particles.Expectations{preset(t, "he4", 16), preset(t, "he3", 12), preset(t, "he6", 10),
		custom(t, "3:1,4:1", "4:1", 1, 8), custom(t, "1:1,3:.5", "1:.5,3:1", 1, 3)} {
		times := []float64{0, 1, 4.5, 9}
		loose, tight := fluctuate(t, solve(t, p, 9, 1e-6), times...), fluctuate(t, solve(t, p, 9, 1e-9), times...)
		for i, at := range times {
			if d := math.Abs(loose.Constant[i] - tight.Constant[i]); d > loose.ConstantError[i] {
				t.Errorf("%s, t = %g: C = %.9f +- %.1e, the tight reference gives %.9f", p.Name(), at, loose.Constant[i], loose.ConstantError[i], tight.Constant[i])
			}
			if d := math.Abs(loose.Coupling[i] - tight.Coupling[i]); d > loose.CouplingError[i] {
				t.Errorf("%s, t = %g: coupling %.9f +- %.1e, the tight reference gives %.9f", p.Name(), at, loose.Coupling[i], loose.CouplingError[i], tight.Coupling[i])
			}
		}
		t.Logf("%s, d = %d: C %.6f, errors %.0e", p.Name(), p.Dim(), loose.Constant, loose.ConstantError)
	}
}

// TestInitialConstant: C(0) = q(1) - E q(<w, w'>).
func TestInitialConstant(t *testing.T) {
	for _, c := range estimateCases {
		if c.rank > 1 {
			continue
		}
		p := custom(t, c.activation, c.link, 1, c.dim)
		want := 0.0
		for k, c2 := range p.Dual().Coefficients() {
			want += c2 * (1 - sphere.Moment(c.dim, k))
		}
		f := fluctuate(t, solve(t, p, 0, 0), 0)
		if math.Abs(f.Constant[0]-want) > 1e-10 || f.Coupling[0] != 0 {
			t.Errorf("%s, d = %d: C(0) = %.14f, want %.14f; coupling %g", p.Name(), c.dim, f.Constant[0], want, f.Coupling[0])
		}
	}
}

// TestSectors: q(a a' + c c' s) = sum_l N_l <phi_l(a), phi_l(a')> P_l(s), the
// addition theorem.
func TestSectors(t *testing.T) {
	for _, p := range []particles.Expectations{preset(t, "he4", 3), preset(t, "he4", 16), preset(t, "he3", 4), preset(t, "misspecified", 9), custom(t, "0:.2,1:.5,2:.7,5:.4", "1:1", 1, 6)} {
		dim := p.Dim() - 1
		for _, x := range [][3]float64{{.3, -.5, .2}, {.9, .1, -1}, {-.4, -.7, 1}, {0, .6, .5}} {
			a, b, s := x[0], x[1], x[2]
			ca, cb := math.Sqrt(1-a*a), math.Sqrt(1-b*b)
			want, _, _ := p.Dual().Eval(a*b + ca*cb*s)
			got := 0.0
			for _, sec := range sectors(p) {
				n := len(sec.terms)
				pa, pb, d := make([]float64, n), make([]float64, n), make([]float64, n)
				sec.at(a, ca, pa, d)
				sec.at(b, cb, pb, d)
				for f := range pa {
					got += sec.count * pa[f] * pb[f] * gegenbauer(dim, sec.degree, s)
				}
			}
			if math.Abs(got-want) > 1e-12 {
				t.Errorf("%s, d = %d, %v: the sectors sum to %.15g, q is %.15g", p.Name(), p.Dim(), x, got, want)
			}
		}
	}
}

// gegenbauer is P_l(s) on S^{dim-1}, P_l(1) = 1:
// (l+dim-2) P_{l+1} = (2l+dim-2) s P_l - l P_{l-1}.
func gegenbauer(dim, l int, s float64) float64 {
	p0, p1 := 1.0, s
	if l == 0 {
		return 1
	}
	for k := 1; k < l; k++ {
		p0, p1 = p1, (float64(2*k+dim-2)*s*p1-float64(k)*p0)/float64(k+dim-2)
	}
	return p1
}

// TestResponseAgainstSources integrates docs/mathematics.md (4.1) to (4.3) as
// they stand, for single sources b among all nodes, and compares e(t; b).
func TestResponseAgainstSources(t *testing.T) {
	const end = 10.0
	for _, p := range []particles.Expectations{preset(t, "he4", 16), preset(t, "he3", 8)} {
		r := solve(t, p, end, 1e-9)
		ns := r.union(0)
		tr, err := r.trajectories(context.Background(), ns, 1, timePanels(r.path, []float64{end}, 6), newRadau(7))
		if err != nil {
			t.Fatal(err)
		}
		list := sectors(p)
		for s := range list {
			v := &volterra{by: newMultiplier(), sector: &list[s], tr: tr, near: tr}
			if err := v.solve(context.Background()); err != nil {
				t.Fatal(err)
			}
			want := v.response(tr.index(end))
			for b := 5; b < len(ns.tau0); b += len(ns.tau0) / 4 {
				got := evolveSource(t, r, ns, &list[s], b, end, 1200)
				for f := range got {
					if math.Abs(got[f]-want.At(f, b)) > 2e-6*(1+math.Abs(got[f])) {
						t.Errorf("%s, degree %d, source at a_0 = %.4f: e_%d = %.9f by evolution, %.9f by the Volterra equation",
							p.Name(), list[s].degree, tr.a0[b], f, got[f], want.At(f, b))
					}
				}
			}
		}
	}
}

// evolveSource integrates tau, x and y of all nodes for the source b by RK4.
func evolveSource(t *testing.T, r *Reference, ns nodeSet, s *sector, b int, end float64, steps int) []float64 {
	t.Helper()
	n, rank := len(ns.tau0), len(s.terms)
	fl, err := r.At(0)
	if err != nil {
		t.Fatal(err)
	}
	phi, slope := make([]float64, n*rank), make([]float64, n*rank)
	e := make([]float64, rank)
	rhs := func(at float64, y, dy []float64) {
		if err := fl.Set(math.Min(at, end)); err != nil {
			t.Fatal(err)
		}
		tau, x, yy := y[:n], y[n:2*n], y[2*n:]
		clear(e)
		for i, u := range tau {
			a, e2 := position(u)
			s.at(a, math.Sqrt(e2), phi[i*rank:(i+1)*rank], slope[i*rank:(i+1)*rank])
			for f := range e {
				e[f] += ns.weight[i] * (slope[i*rank+f]*x[i] + s.lambda*phi[i*rank+f]*yy[i])
				if i == b {
					e[f] += phi[i*rank+f]
				}
			}
		}
		for i, u := range tau {
			a, e2 := position(u)
			dots, dotp := 0.0, 0.0
			for f := range e {
				dots += slope[i*rank+f] * e[f]
				dotp += phi[i*rank+f] * e[f]
			}
			f1, f2 := fl.f.slope.eval(a, a*a, e2), fl.f.second.eval(a, a*a, e2)
			dy[i] = f1
			dy[n+i] = (e2*f2-2*a*f1)*x[i] - e2*dots // A' = ((1-a^2) F')'
			dy[2*n+i] = -dotp / e2
		}
	}
	y, k, tmp, sum := make([]float64, 3*n), make([]float64, 3*n), make([]float64, 3*n), make([]float64, 3*n)
	copy(y, ns.tau0)
	h := end / float64(steps)
	for step := range steps {
		at := float64(step) * h
		copy(tmp, y)
		clear(sum)
		for stage, c := range []float64{0, .5, .5, 1} {
			rhs(at+c*h, tmp, k)
			w := []float64{1, 2, 2, 1}[stage] / 6 * h
			next := []float64{.5, .5, 1, 0}[stage] * h
			for i := range y {
				sum[i] += w * k[i]
				tmp[i] = y[i] + next*k[i]
			}
		}
		for i := range y {
			y[i] += sum[i]
		}
	}
	rhs(end, y, k)
	return append([]float64(nil), e...)
}

func TestRadau(t *testing.T) {
	for _, p := range []int{2, 3, 6, 8, 10} {
		r := newRadau(p)
		for deg := 0; deg <= 2*p-2; deg++ {
			s := 0.0
			for j, x := range r.node {
				s += r.weight[j] * math.Pow(x, float64(deg))
			}
			if math.Abs(s-1/float64(deg+1)) > 1e-13 {
				t.Errorf("%d nodes: the integral of x^%d is %.16g", p, deg, s)
			}
		}
		for i := range p {
			for deg := 0; deg < p; deg++ {
				s := 0.0
				for j, x := range r.node {
					s += r.inner[i][j] * math.Pow(x, float64(deg))
				}
				if want := math.Pow(r.node[i], float64(deg+1)) / float64(deg+1); math.Abs(s-want) > 1e-13 {
					t.Errorf("%d nodes: the integral of x^%d to node %d is %.16g, want %.16g", p, deg, i, s, want)
				}
			}
		}
	}
}

func TestTimePanels(t *testing.T) {
	p := newPath(&kernel{rank: 1})
	for i := range 101 {
		p.record(float64(i)*0.1, []float64{0}, []float64{0})
	}
	times := []float64{0, 0.3, 0.61, 5, 10}
	cuts := timePanels(p, times, 6)
	for i := 1; i < len(cuts); i++ {
		if !(cuts[i] > cuts[i-1]) || cuts[i]-cuts[i-1] > 1.5*0.6 {
			t.Errorf("cuts %v at %d", cuts, i)
		}
	}
	for _, at := range times {
		found := false
		for _, c := range cuts {
			found = found || c == at
		}
		if !found {
			t.Errorf("%g is not among %v", at, cuts)
		}
	}
}

func TestFluctuationsRefuse(t *testing.T) {
	circle := solve(t, preset(t, "circle", 8), 1, 0)
	if _, err := Fluctuations(context.Background(), circle, []float64{0}, FluctuationOptions{}); !errors.Is(err, ErrNoReduction) {
		t.Errorf("circle: %v", err)
	}
	r := solve(t, preset(t, "he4", 8), 1, 0)
	for _, times := range [][]float64{nil, {-1}, {0.5, 0.5}, {0.5, 0.2}, {2}, {math.NaN()}} {
		if _, err := Fluctuations(context.Background(), r, times, FluctuationOptions{}); err == nil {
			t.Errorf("times %v accepted", times)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fluctuations(ctx, r, []float64{1}, FluctuationOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gave %v", err)
	}
}
