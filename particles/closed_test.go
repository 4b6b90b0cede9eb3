package particles

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"kac/internal/montecarlo"
	"kac/internal/rng"
)

func mustPreset(t testing.TB, name string, dim int) Expectations {
	t.Helper()
	return mustClosed(t, mustTask(t, name, dim))
}

func mustProblem(t testing.TB, activation, link string, rank, dim int) Expectations {
	t.Helper()
	target, err := NewLink(mustSeries(t, link), rank)
	if err != nil {
		t.Fatal(err)
	}
	task, err := NewTask(Spec{Dim: dim, Activation: NewActivation(mustSeries(t, activation)), Target: target})
	if err != nil {
		t.Fatal(err)
	}
	return mustClosed(t, task)
}

func mustClosed(t testing.TB, task *Task) Expectations {
	t.Helper()
	p, err := task.Closed()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// radial returns g_0, g_1, ... of a Link's overlap.
func radial(p Expectations) []float64 { return p.Overlap().(*RadialOverlap).Coefficients }

func TestPresets(t *testing.T) {
	want := map[string]struct {
		rank, exponent, dim int
		norm2               float64
		dual, overlap       []float64
	}{
		"he3":          {1, 3, 32, 1, []float64{0, 0, 0, 1}, []float64{0, 0, 0, 1}},
		"he4":          {1, 4, 32, 1, []float64{0, 0, 0, 0, 1}, []float64{0, 0, 0, 0, 1}},
		"he6":          {1, 6, 32, 1, []float64{0, 0, 0, 0, 0, 0, 1}, []float64{0, 0, 0, 0, 0, 0, 1}},
		"misspecified": {1, 4, 32, 1, []float64{0, 0, 0, 0, 1, 0, 1}, []float64{0, 0, 0, 0, .8, 0, .6}},
		"circle":       {2, 4, 64, .375, []float64{0, 0, 0, 0, 1}, []float64{0, 0, 0, 0, .375}},
	}
	exact := 0
	for _, info := range Presets() {
		w, ok := want[info.Name]
		if k := spectralExponents[info.Name]; k > 0 {
			s, err := mustTask(t, info.Name, info.Dim).Spectrum()
			if err != nil || !info.Exact || s.Exponent() != k || info.InformationExponent != k || info.Rank != 1 {
				t.Errorf("%+v: %v", info, err)
			}
			continue
		}
		if ok != info.Exact {
			t.Errorf("preset %q: exact %v, want %v", info.Name, info.Exact, ok)
		}
		if !ok {
			continue
		}
		exact++
		p := mustPreset(t, info.Name, info.Dim)
		exponent, _ := p.Task().Exponent()
		if p.Name() != info.Name || p.Rank() != w.rank || info.Rank != w.rank || exponent != w.exponent ||
			info.InformationExponent != w.exponent || p.Dim() != w.dim || math.Abs(p.TargetNorm2()-w.norm2) > 1e-15 ||
			!slices.Equal(p.Dual().Coefficients(), w.dual) || !slices.Equal(radial(p), w.overlap) {
			t.Errorf("%s is not what it should be: %v, overlap %v, norm %v", info.Name, p.Task(), radial(p), p.TargetNorm2())
		}
		if p.Task().String() != info.Formula || !strings.Contains(info.Formula, "h_") {
			t.Errorf("%s: %q is not the formula %q", info.Name, p.Task(), info.Formula)
		}
	}
	if exact != len(want) {
		t.Errorf("%d presets have an exact limit, want %d", exact, len(want))
	}
}

func TestUnknownPresetListsNearestFirst(t *testing.T) {
	for name, first := range map[string]string{
		"he5": "he3", "He4": "he4", "cirle": "circle", "mispecified": "misspecified", "he66": "he6", "": "he3",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Preset(name, 32)
			if err == nil {
				t.Errorf("%q: no error", name)
				return
			}
			if !strings.Contains(err.Error(), "known are "+first+",") {
				t.Errorf("%q: %v; want %s first", name, err, first)
			}
			for _, p := range presets {
				if !strings.Contains(err.Error(), p.name) {
					t.Errorf("%q: %v does not list %s", name, err, p.name)
				}
			}
		})
	}
}

func TestClosedTaskRefusals(t *testing.T) {
	for _, c := range []struct {
		name             string
		dim              int
		activation, link string
		rank             int
		want             string
	}{
		{"", 2, "4", "4", 1, "dimension 2 is too small: a target of rank 1 needs at least 3"},
		{"", 3, "4", "4", 2, "dimension 3 is too small"},
		{"", -1, "4", "4", 1, "dimension -1"},
		{"", 8, "4", "4", -1, "rank -1"},
		{"", 8, "4", "3", 1, "information exponent is infinite: activation and target share no degree"},
		{"", 8, "0:1,4", "0:1,6", 1, "information exponent is infinite"},
		{"", 8, "3", "3", 2, "odd degrees vanish"},
		{"mine", 8, "3", "4", 1, `task "mine"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, err := NewLink(mustSeries(t, c.link), c.rank)
			if err == nil {
				_, err = NewTask(Spec{Name: c.name, Dim: c.dim, Activation: NewActivation(mustSeries(t, c.activation)), Target: target})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v gave %v; want an error with %q", c, err, c.want)
			}
		})
	}
	if _, err := NewLink(Series{}, 1); err == nil || !strings.Contains(err.Error(), "link of the target is zero") {
		t.Errorf("a link that is zero: %v", err)
	}
	p := mustProblem(t, "1:0.5,3", "3:2,5", 1, 3)
	if k, ok := p.Task().Exponent(); p.Rank() != 1 || p.Name() != "custom" || k != 3 || !ok {
		t.Errorf("smallest problem: %v of rank %d, exponent %d", p.Task(), p.Rank(), k)
	}
}

// Absence of closed forms is a value, also for a target that has them with another activation or law.
func TestNoClosedForm(t *testing.T) {
	link, err := NewLink(mustSeries(t, "4"), 1)
	if err != nil {
		t.Fatal(err)
	}
	relu, err := ParseActivation("relu")
	if err != nil {
		t.Fatal(err)
	}
	for want, spec := range map[string]Spec{
		"no Hermite series": {Dim: 8, Activation: relu, Target: link},
		"not gaussian":      {Dim: 8, Activation: NewActivation(mustSeries(t, "4")), Target: link, Law: Sphere},
		"second layer":      {Dim: 8, Activation: NewActivation(mustSeries(t, "4")), Target: link, Halves: 2},
	} {
		t.Run(want, func(t *testing.T) {
			task, err := NewTask(spec)
			if err != nil {
				t.Fatal(err)
			}
			_, err = task.Closed()
			if !errors.Is(err, ErrNoClosedForm) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v; want ErrNoClosedForm with %q", task, err, want)
			}
		})
	}
}

func TestFormulas(t *testing.T) {
	for _, c := range []struct {
		p    Expectations
		want string
	}{
		{mustPreset(t, "misspecified", 16), "misspecified: target 0.8 h_4(x_1) + 0.6 h_6(x_1), network (1/m) sum_i [h_4(<w_i, x>) + h_6(<w_i, x>)], x ~ N(0, I_16)"},
		{mustPreset(t, "circle", 9), "circle: target E_v h_4(<v, x>), v uniform on S^1, network (1/m) sum_i h_4(<w_i, x>), x ~ N(0, I_9)"},
		{mustProblem(t, "2:-0.5,1:-1", "2", 3, 5), "custom: target E_v h_2(<v, x>), v uniform on S^2, network (1/m) sum_i [-h_1(<w_i, x>) - 0.5 h_2(<w_i, x>)], x ~ N(0, I_5)"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if got := c.p.Task().String(); got != c.want {
				t.Errorf("%q\nwant %q", got, c.want)
			}
		})
	}
}

// testProblems are presets and custom problems, even, odd and mixed, of ranks
// 1 to 3.
func testProblems(t testing.TB) []Expectations {
	return []Expectations{
		mustPreset(t, "he3", 4), mustPreset(t, "he4", 5), mustPreset(t, "he6", 4),
		mustPreset(t, "misspecified", 5), mustPreset(t, "circle", 5),
		mustProblem(t, "0:0.3,1:1,2:-0.5,3:0.7", "1:0.4,2:1,3:-0.2", 1, 3),
		mustProblem(t, "0:0.5,2:1,3:0.4,4:-0.6", "0:0.2,2:0.7,3:1,4:0.5", 3, 6),
		mustProblem(t, "1:1,5:0.3", "5:1", 1, 6),
	}
}

// The closed form of the average over directions against the average itself:
// by angle for rank 2, over random directions for rank 3.
func TestTargetIsTheAverageOverDirections(t *testing.T) {
	link := mustSeries(t, "0:0.3,1:1,2:-0.5,3:2,4:1,7:0.2,8:0.9,12:0.4")
	for _, x := range [][]float64{{0, 0, 1, 2, 3}, {.3, -.2, 9, 0, 0}, {1.5, 2, 0, 0, 0}, {-4, 1, 0, 1, 0}} {
		p, err := NewLink(link, 2)
		if err != nil {
			t.Fatal(err)
		}
		const n = 64 // exact: a trigonometric polynomial of degree 12
		want := 0.0
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
			v, _, _ := link.Eval(cos*x[0] + sin*x[1])
			want += v / n
		}
		if got := p.Value(x); math.Abs(got-want) > 1e-13*(1+math.Abs(want)) {
			t.Errorf("rank 2 at %v: %.15g, want %.15g", x, got, want)
		}
	}
	// Rank 3: s = <v, x>/|Px| is uniform on [-1, 1] (Archimedes).
	x := []float64{1, -.5, 2, 7, 7}
	p := mustProblem(t, link.String(), link.String(), 3, 5)
	rho, want, n := math.Sqrt(5.25), 0.0, 4096
	for i := range n {
		s := -1 + (2*float64(i)+1)/float64(n)
		v, _, _ := link.Eval(rho * s)
		want += v / float64(n)
	}
	if got := p.Task().Target().Value(x); math.Abs(got-want) > 1e-4*math.Abs(want) {
		t.Errorf("rank 3: %.9g, want %.9g", got, want)
	}
}

func samples(full int) int {
	if testing.Short() {
		return full / 16
	}
	return full
}

// ||f*||^2, G and q by their definitions, as expectations over Gaussian x.
func TestClosedFormsAgainstMonteCarlo(t *testing.T) {
	worst := 0.0
	for _, p := range testProblems(t) {
		d := p.Dim()
		e := NewUniform(3, d, 17)
		g := p.Overlap()
		overlapAt := func(w []float64) float64 { // by the documented meaning of Overlap
			a := w[0]
			if p.Rank() > 1 {
				a = 0
				for _, z := range w[:p.Rank()] {
					a += z * z
				}
				a = math.Sqrt(a)
			}
			v := 0.0
			for k, c := range radial(p) {
				v += c * math.Pow(a, float64(k))
			}
			return v
		}
		var norm, overlap, dual, dualSelf montecarlo.Estimate
		x, z := make([]float64, d), make([]float64, 3)
		s := rng.New(5, rng.Quadrature, uint64(d))
		for range samples(1 << 18) {
			weight := montecarlo.Gaussian(&s, x)
			y := p.Task().Target().Value(x)
			for i := range z {
				u := 0.0
				for a, w := range e.Row(i) {
					u += w * x[a]
				}
				z[i], _, _ = p.Activation().Eval(u)
			}
			norm.Add(weight * y * y)
			overlap.Add(weight * y * z[0])
			dual.Add(weight * z[1] * z[2])
			dualSelf.Add(weight * z[1] * z[1])
		}
		inner := 0.0
		for a, w := range e.Row(1) {
			inner += w * e.Row(2)[a]
		}
		q, _, _ := p.Dual().Eval(inner)
		q1, _, _ := p.Dual().Eval(1)
		for what, off := range map[string]float64{
			"target norm": norm.Off(p.TargetNorm2()), "overlap": overlap.Off(overlapAt(e.Row(0))),
			"dual": dual.Off(q), "dual at 1": dualSelf.Off(q1),
		} {
			worst = math.Max(worst, math.Abs(off))
			if !(math.Abs(off) < 5) {
				t.Errorf("%v: %s off by %.1f standard errors", p.Task(), what, off)
			}
		}
		if v := g.Value(e.Row(0)); math.Abs(v-overlapAt(e.Row(0))) > 1e-14 {
			t.Errorf("%v: overlap %g, want %g", p.Task(), v, overlapAt(e.Row(0)))
		}
	}
	t.Logf("worst: %.1f standard errors", worst)
}
