package particles

import (
	"math"
	"math/rand/v2"
	"testing"

	"kac/internal/montecarlo"
	"kac/internal/rng"
	"kac/internal/sphere"
)

func velocity(t testing.TB, f Field, w []float64, m int) []float64 {
	t.Helper()
	v := make([]float64, len(w))
	if err := f.Velocity(t.Context(), v, w, m); err != nil {
		t.Fatal(err)
	}
	UnitSphere.Tangent(v, w, m, f.Dim())
	return v
}

func risk(t testing.TB, f *Population, w []float64, m int) float64 {
	t.Helper()
	r, err := f.Risk(t.Context(), w, m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func largest(x []float64) float64 {
	top := 0.0
	for _, z := range x {
		top = math.Max(top, math.Abs(z))
	}
	return top
}

// distance returns max|x - y|.
func distance(x, y []float64) float64 {
	top := 0.0
	for i := range x {
		d := math.Abs(x[i] - y[i])
		if !(d <= top) { // NaN counts
			top = d
		}
	}
	return top
}

// The two forms of velocity, self-energy and risk agree to 1e-12, and both
// with VelocityAt, which shares no code with either.
func TestFormsAgree(t *testing.T) {
	worst := 0.0
	for _, p := range testProblems(t) {
		for _, m := range []int{1, 2, 33, 150} {
			e := NewUniform(m, p.Dim(), uint64(m))
			pair, moment := NewPopulation(p, PairwiseForm, 1), NewPopulation(p, MomentForm, 1)
			a, b := velocity(t, pair, e.W, m), velocity(t, moment, e.W, m)
			size := math.Max(largest(a), 1)
			one := make([]float64, p.Dim())
			for j := range m {
				if err := pair.VelocityAt(one, e.Row(j), e.W, m); err != nil {
					t.Fatal(err)
				}
				row := a[j*p.Dim() : (j+1)*p.Dim()]
				worst = math.Max(worst, distance(row, one)/size)
				if d := distance(row, one); d > 1e-12*size {
					t.Errorf("%v, m = %d: VelocityAt differs by %g", p, m, d)
				}
				along := 0.0
				for c, x := range e.Row(j) {
					along += x * row[c]
				}
				if math.Abs(along) > 1e-14*size {
					t.Errorf("%v, m = %d: velocity %d has radial part %g", p, m, j, along)
				}
			}
			sa, _ := pair.SelfEnergy(t.Context(), e.W, m)
			sb, _ := moment.SelfEnergy(t.Context(), e.W, m)
			ra, rb := risk(t, pair, e.W, m), risk(t, moment, e.W, m)
			worst = math.Max(worst, math.Max(distance(a, b)/size, math.Abs(sa-sb)/sa))
			if d := distance(a, b); d > 1e-12*size || math.Abs(sa-sb) > 1e-12*sa || math.Abs(ra-rb) > 1e-12*math.Max(ra, 1) {
				t.Errorf("%v, m = %d: forms differ by %g in velocity, %g in self-energy, %g in risk", p, m, d, sa-sb, ra-rb)
			}
		}
	}
	t.Logf("largest relative difference %.2g", worst)
}

func TestFormFor(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 16), Auto, 1)
	if f.FormFor(64) != PairwiseForm || f.FormFor(1<<16) != MomentForm {
		t.Errorf("he4, d = 16: %v for m = 64, %v for m = 2^16", f.FormFor(64), f.FormFor(1<<16))
	}
	for _, form := range []Form{Auto, PairwiseForm, MomentForm} {
		got, err := ParseForm(form.String())
		if err != nil || got != form {
			t.Errorf("%v reads back as %v, %v", form, got, err)
		}
		if form != Auto && NewPopulation(f.Task(), form, 1).FormFor(100) != form {
			t.Errorf("%v is not kept", form)
		}
	}
	if _, err := ParseForm("fast"); err == nil {
		t.Error("form fast is accepted")
	}
	// Degree 32 in dimension 64 has far too many features.
	p := mustProblem(t, "32", "32", 1, 64)
	if NewPopulation(p, Auto, 1).FormFor(1<<20) != PairwiseForm {
		t.Error("Auto picks a moment form that does not apply")
	}
	e := NewUniform(2, 64, 1)
	if err := NewPopulation(p, MomentForm, 1).Velocity(t.Context(), make([]float64, 128), e.W, 2); err == nil {
		t.Error("a moment form that does not apply gives no error")
	}
}

func TestPopulationRefusesWrongShapes(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 4), Auto, 1)
	w, v := make([]float64, 8), make([]float64, 8)
	if f.Velocity(t.Context(), v, w[:7], 2) == nil || f.Velocity(t.Context(), v[:7], w, 2) == nil || f.Velocity(t.Context(), v, w, -1) == nil {
		t.Error("Velocity accepts a wrong length")
	}
	if f.VelocityAt(v[:3], w[:4], w, 2) == nil || f.VelocityAt(v[:4], w[:4], w, 3) == nil {
		t.Error("VelocityAt accepts a wrong length")
	}
	if _, err := f.Risk(t.Context(), w, 3); err == nil {
		t.Error("Risk accepts a wrong length")
	}
	if _, err := f.MeanOverlap(w, 3); err == nil {
		t.Error("MeanOverlap accepts a wrong length")
	}
}

// A network without particles is the function 0.
func TestNoParticles(t *testing.T) {
	for _, p := range testProblems(t) {
		for _, form := range []Form{Auto, PairwiseForm, MomentForm} {
			f := NewPopulation(p, form, 1)
			if got := risk(t, f, nil, 0); got != p.TargetNorm2() {
				t.Errorf("%v: risk %g without particles, want %g", p, got, p.TargetNorm2())
			}
			if err := f.Velocity(t.Context(), nil, nil, 0); err != nil {
				t.Error(err)
			}
		}
	}
}

// E over the initial law of m mean_ij q(<w_i, w_j>) = q(1) + (m-1) E q(<w, w'>).
func TestInitialSelfEnergy(t *testing.T) {
	const m = 24
	for _, p := range []Expectations{mustPreset(t, "he4", 6), mustPreset(t, "misspecified", 5), mustProblem(t, "1:1,2:0.5", "1", 1, 4)} {
		f := NewPopulation(p, PairwiseForm, 1)
		q1, _, _ := p.Dual().Eval(1)
		mean := 0.0
		for k, c := range p.Dual().Coefficients() {
			mean += c * sphere.Moment(p.Dim(), k)
		}
		var got montecarlo.Estimate
		for seed := range uint64(samples(8000)) {
			s, err := f.SelfEnergy(t.Context(), NewUniform(m, p.Dim(), seed).W, m)
			if err != nil {
				t.Fatal(err)
			}
			got.Add(m * s)
		}
		want := q1 + (m-1)*mean
		t.Logf("%s: m E mean q = %.4f, want %.4f", p.Name(), got.Mean(), want)
		if off := got.Off(want); math.Abs(off) > 5 {
			t.Errorf("%v: off by %.1f standard errors", p, off)
		}
	}
}

// rotation returns a random orthogonal d x d matrix that maps the first r
// coordinates to themselves; for r = 1 it fixes e_1.
func rotation(d, r int, seed uint64) [][]float64 {
	q := make([][]float64, d)
	for i := range q {
		q[i] = make([]float64, d)
		lo, hi := 0, r
		if i >= r {
			lo, hi = r, d
		}
		rng.Normal(seed, rng.Quadrature, uint64(i), q[i][lo:hi])
		if r == 1 && i == 0 {
			q[i][0] = 1
		}
		for range 2 { // Gram and Schmidt, twice
			for j := range i {
				s := 0.0
				for a := range d {
					s += q[i][a] * q[j][a]
				}
				for a := range d {
					q[i][a] -= s * q[j][a]
				}
			}
			normalize(q[i])
		}
	}
	return q
}

func rotate(q [][]float64, w []float64, m int) []float64 {
	d := len(q)
	out := make([]float64, len(w))
	for j := range m {
		for a := range d {
			for b := range d {
				out[j*d+a] += q[a][b] * w[j*d+b]
			}
		}
	}
	return out
}

// nu(R w) = R nu(w) and L(R w) = L(w) for R in O(r) x O(d-r), r = 1: R e_1 = e_1.
func TestEquivariance(t *testing.T) {
	worst := 0.0
	for _, p := range testProblems(t) {
		for _, form := range []Form{PairwiseForm, MomentForm} {
			const m = 20
			f := NewPopulation(p, form, 1)
			e := NewUniform(m, p.Dim(), 8)
			q := rotation(p.Dim(), p.Rank(), 4)
			turned := rotate(q, e.W, m)
			want := rotate(q, velocity(t, f, e.W, m), m)
			d := distance(velocity(t, f, turned, m), want)
			r := math.Abs(risk(t, f, turned, m) - risk(t, f, e.W, m))
			worst = math.Max(worst, math.Max(d, r))
			if !(d < 1e-13*math.Max(1, largest(want))) || !(r < 1e-13) {
				t.Errorf("%v, %v: velocity off by %g, risk by %g", p, form, d, r)
			}
			// A rotation that moves e_1 out of the target's span must show.
			other := rotate(rotation(p.Dim(), p.Dim(), 9), e.W, m)
			if math.Abs(risk(t, f, other, m)-risk(t, f, e.W, m)) < 1e-6 {
				t.Errorf("%v, %v: a rotation of the target does not change the risk", p, form)
			}
		}
	}
	t.Logf("largest difference %.2g", worst)
}

func TestPermutationSymmetry(t *testing.T) {
	for _, p := range testProblems(t) {
		for _, form := range []Form{PairwiseForm, MomentForm} {
			const m = 37
			f, d := NewPopulation(p, form, 1), p.Dim()
			e := NewUniform(m, d, 12)
			s := rng.New(1, rng.Shuffle, 0)
			order := rand.New(&s).Perm(m)
			v := velocity(t, f, e.W, m)
			w, want := make([]float64, m*d), make([]float64, m*d)
			for to, from := range order {
				copy(w[to*d:(to+1)*d], e.Row(from))
				copy(want[to*d:(to+1)*d], v[from*d:(from+1)*d])
			}
			if got := distance(velocity(t, f, w, m), want); !(got < 1e-13*math.Max(1, largest(want))) {
				t.Errorf("%v, %v: velocity off by %g", p, form, got)
			}
			if a, b := risk(t, f, w, m), risk(t, f, e.W, m); math.Abs(a-b) > 1e-13*math.Max(1, a) {
				t.Errorf("%v, %v: risk %g, want %g", p, form, a, b)
			}
		}
	}
}

// dL/dt = -(2/m) sum_j |nu_j|^2, because dL/dw_j = -(2/m) g_j: the derivative
// of the risk along the velocity, by central differences of order 4.
func TestRiskFallsAtTheRateOfTheFlow(t *testing.T) {
	const m = 9
	worst := 0.0
	for _, p := range testProblems(t) {
		f, d := NewPopulation(p, PairwiseForm, 1), p.Dim()
		e := NewUniform(m, d, 31)
		v := velocity(t, f, e.W, m)
		want := 0.0
		for _, x := range v {
			want -= 2 * x * x / m
		}
		at := func(h float64) float64 {
			w := make([]float64, m*d)
			for i := range w {
				w[i] = e.W[i] + h*v[i]
			}
			for j := range m {
				normalize(w[j*d : (j+1)*d])
			}
			return risk(t, f, w, m)
		}
		h := 1e-3 / math.Max(1, largest(v))
		got := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
		worst = math.Max(worst, math.Abs(got/want-1))
		if math.Abs(got-want) > 1e-8*math.Abs(want) {
			t.Errorf("%v: dL/dt = %.12g, want %.12g", p, got, want)
		}
	}
	t.Logf("largest relative difference %.2g", worst)
}
