package particles

import (
	"math"
	"strings"
	"testing"

	"kac/internal/rng"
)

func mustTask(t testing.TB, name string, dim int) *Task {
	t.Helper()
	task, err := Preset(name, dim)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// Every law has mean 0, covariance I, and its own support.
func TestLawMoments(t *testing.T) {
	const n, d = 40000, 70 // more coordinates than a word has bits
	for _, law := range []Law{Gaussian, Sphere, Boolean} {
		x, sum, squares, cross, fourth := make([]float64, d), 0.0, 0.0, 0.0, 0.0
		for i := range n {
			law.draw(x, 5, rng.Data, uint64(i))
			norm := 0.0
			for _, z := range x {
				norm += z * z
				if law == Boolean && math.Abs(z) != 1 {
					t.Fatalf("boolean input %v", z)
				}
			}
			if law == Sphere && math.Abs(norm-d) > 1e-12*d {
				t.Fatalf("sphere input of squared norm %v", norm)
			}
			sum += x[69]
			squares += x[69] * x[69]
			cross += x[0] * x[69]
			fourth += math.Pow(x[3], 4)
		}
		wantFourth := map[Law]float64{Gaussian: 3, Sphere: 3 * d / (d + 2.), Boolean: 1}[law]
		for _, c := range []struct {
			name      string
			got, want float64
			sd        float64
		}{{"mean", sum, 0, 1}, {"square", squares, 1, 1.5}, {"product", cross, 0, 1}, {"fourth power", fourth, wantFourth, 10}} {
			t.Run(c.name, func(t *testing.T) {
				if e := math.Abs(c.got/n - c.want); e > 4.5*c.sd/math.Sqrt(n) {
					t.Errorf("%v: mean %s is %v, want %v", law, c.name, c.got/n, c.want)
				}
			})
		}
	}
	if _, err := ParseLaw("boolean"); err != nil {
		t.Error(err)
	}
	if _, err := ParseLaw("cube"); err == nil {
		t.Error("ParseLaw(cube) is no error")
	}
}

func TestTargetValues(t *testing.T) {
	x := []float64{1, -1, 1, 1, -1, 1}
	for _, c := range []struct {
		name string
		want float64
	}{{"xor4", -1}, {"staircase", -.5}} {
		t.Run(c.name, func(t *testing.T) {
			task := mustTask(t, c.name, 0)
			if got := task.Target().Value(x); got != c.want {
				t.Errorf("%s(%v) = %v, want %v", c.name, x, got, c.want)
			}
			if task.Target().Rank() != 4 {
				t.Errorf("%s has rank %d", c.name, task.Target().Rank())
			}
		})
	}
	// One teacher e_1 is the single-index problem; a teacher network of h_4
	// with mean weights is a Teachers target.
	z := []float64{.3, -1.2, .7, 2.1, -.4, .9}
	link := mustSeries(t, "4:0.8,6:0.6")
	one, err := NewTeachers(link, [][]float64{{2}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := mustPreset(t, "misspecified", 8)
	if got, want := one.Value(z), p.Task().Target().Value(z); math.Abs(got-want) > 1e-14*math.Abs(want) {
		t.Errorf("one teacher gives %v, the problem %v", got, want)
	}
	if math.Abs(one.Norm2()-p.TargetNorm2()) > 1e-14 {
		t.Errorf("one teacher has norm %v, the problem %v", one.Norm2(), p.TargetNorm2())
	}
	directions := [][]float64{{3. / 5, 4. / 5}, {0, 1}, {-1, 0}}
	many, err := NewTeachers(link, directions, nil)
	if err != nil {
		t.Fatal(err)
	}
	network, err := NewTeacherNetwork(NewActivation(link), directions, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := many.Value(z), network.Value(z); math.Abs(got-want) > 1e-13*math.Abs(want) {
		t.Errorf("teachers give %v, the network of the same %v", got, want)
	}
}

// Sixteen teachers on the circle average a link of degree 4 as the circle does.
func TestTeachersOnCircle(t *testing.T) {
	var v [][]float64
	for j := range 16 {
		s, c := math.Sincos(2 * math.Pi * float64(j) / 16)
		v = append(v, []float64{c, s})
	}
	ring, err := NewTeachers(mustSeries(t, "4"), v, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := mustPreset(t, "circle", 8)
	if e := math.Abs(ring.Norm2() - p.TargetNorm2()); e > 1e-14 {
		t.Errorf("squared norms differ by %g", e)
	}
	x := make([]float64, 8)
	for i := range 20 {
		rng.Normal(1, rng.Data, uint64(i), x)
		if a, b := ring.Value(x), p.Task().Target().Value(x); math.Abs(a-b) > 1e-13*(1+math.Abs(b)) {
			t.Errorf("f*(x) = %v on the ring, %v on the circle", a, b)
		}
	}
}

func TestTeachersNorm(t *testing.T) {
	target := mustTask(t, "random6", 0).Target().(*Teachers)
	if math.Abs(target.Norm2()-.176) > 5e-4 {
		t.Errorf("||f*||^2 = %v, not .176 as Random6Seed says", target.Norm2())
	}
	const n = 200000
	var sum, squares float64
	x := make([]float64, 6)
	for i := range n {
		rng.Normal(2, rng.Data, uint64(i), x)
		y := target.Value(x)
		sum += y * y
		squares += y * y * y * y
	}
	mean := sum / n
	if se := math.Sqrt((squares/n - mean*mean) / n); math.Abs(mean-target.Norm2()) > 4*se {
		t.Errorf("E f*^2 = %v +- %v over samples, %v in closed form", mean, se, target.Norm2())
	}
}

func TestAllPresets(t *testing.T) {
	names := map[string]bool{}
	for _, p := range Presets() {
		names[p.Name] = true
		task := mustTask(t, p.Name, 0)
		if _, exact := task.Exponent(); task.Dim() != p.Dim || task.String() != p.Formula || p.Exact != (exact || spectralExponents[p.Name] > 0) {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}
	for _, name := range []string{"he4", "misspecified", "circle", "random6", "xor4", "staircase"} {
		if !names[name] {
			t.Errorf("no preset %s", name)
		}
	}
	if got, want := mustTask(t, "xor4", 32).String(), "xor4: target x_1 x_2 x_3 x_4, network (1/m) sum_i a_i softplus:16(<w_i, x>), x uniform on {-1,1}^32, a_i = +-8 in equal halves"; got != want {
		t.Errorf("xor4 reads\n%s, want\n%s", got, want)
	}
	_, err := Preset("xor", 32)
	if err == nil || !strings.Contains(err.Error(), "known are xor4") {
		t.Errorf("unknown preset: %v", err)
	}
}

func TestSecondLayer(t *testing.T) {
	task := mustTask(t, "xor4", 32)
	a, sum := task.SecondLayer(6), 0.0
	for i, v := range a {
		sum += v
		if math.Abs(v) != 8 || v != task.SecondLayer(100)[i] {
			t.Errorf("a_%d = %v", i, v)
		}
	}
	if sum != 0 {
		t.Errorf("halves sum to %v", sum)
	}
	if err := task.CheckWidth(7); err == nil || !strings.Contains(err.Error(), "width 7 is odd") {
		t.Errorf("width 7: %v", err)
	}
	if mustTask(t, "he4", 32).SecondLayer(3) != nil {
		t.Error("he4 has a second layer other than ones")
	}
}

func TestTaskRefusals(t *testing.T) {
	h4 := NewActivation(mustSeries(t, "4"))
	f, _ := NewMonomials(Monomial{1, 4})
	for name, c := range map[string]struct {
		spec Spec
		want string
	}{
		"no target":     {Spec{Dim: 5, Activation: h4}, "no target"},
		"no activation": {Spec{Dim: 5, Target: f}, "activation is zero"},
		"dimension":     {Spec{Dim: 3, Target: f, Activation: h4}, "at least 4"},
		"law":           {Spec{Dim: 5, Target: f, Activation: h4, Law: 7}, "unknown law"},
		"halves":        {Spec{Dim: 5, Target: f, Activation: h4, Halves: math.NaN()}, "C = NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewTask(c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		})
	}
	if _, err := NewTeachers(mustSeries(t, "4"), [][]float64{{1, 0}, {0, 0}}, nil); err == nil {
		t.Error("a zero direction is no error")
	}
	if _, err := NewTeachers(mustSeries(t, "4"), [][]float64{{1, 0}, {1}}, nil); err == nil {
		t.Error("directions of two lengths are no error")
	}
	for _, text := range []string{"relux", "relu:1", "relu:x", "relu:17", "softplus:0", "softplus:x", "softplus:0x1p1", "softplus:1_0", "softplus:inf", "softplus:NaN", "", "4:z"} {
		if a, err := ParseActivation(text); err == nil {
			t.Errorf("ParseActivation(%q) = %v", text, a)
		}
	}
}

// ParseActivation and String are inverse; the kernel is the function named.
func TestParseActivation(t *testing.T) {
	for text, want := range map[string]float64{
		"relu": .5, "tanh": math.Tanh(.5), "sigmoid": 1 / (1 + math.Exp(-.5)), "erf": math.Erf(.5),
		"gelu": .25 * math.Erfc(-.5/math.Sqrt2), "softplus": math.Log1p(math.Exp(.5)), "softplus:16": math.Log1p(math.Exp(8)) / 16,
		"2:1": (.25 - 1) / math.Sqrt2,
	} {
		t.Run(text, func(t *testing.T) {
			a, err := ParseActivation(text)
			if err != nil {
				t.Fatal(err)
			}
			if v, _, _ := a.Kernel().Eval(.5); math.Abs(v-want) > 1e-15 {
				t.Errorf("%s(.5) = %v, want %v", text, v, want)
			}
			again, err := ParseActivation(a.String())
			if err != nil || again.String() != a.String() {
				t.Errorf("%q reads back as %v, %v", a, again, err)
			}
		})
	}
}
