package gap

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/internal/sphere"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// small is a study that takes a fraction of a second.
func small() Parameters {
	return Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 8}, Widths: []int{48, 16}, Seeds: 3, Seed: 5,
		Horizon: 3, Points: 4, Dynamics: DynamicsFlow, Tolerance: 1e-8, FlowTolerance: 1e-7, Form: "auto",
	}
}

func solve(t *testing.T, p Parameters) *Study {
	t.Helper()
	g, err := Solve(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func runAll(t *testing.T, g *Study, workers int) []Cell {
	t.Helper()
	var cells []Cell
	err := g.Run(t.Context(), RunOptions{Workers: workers, Finished: func(c Cell) error {
		cells = append(cells, c)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	SortCells(cells)
	return cells
}

func gapCSV(t *testing.T, g *Study, cells []Cell) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteCSV(&out, g.Problem.Name(), &g.Parameters, cells); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// One digit of gap.csv must not depend on the number of workers: six cells run side by side on 1, 2
// and 3 workers, and one after another, each on 8.
func TestGapWorkers(t *testing.T) {
	for _, dynamics := range []string{DynamicsFlow, DynamicsDescent} {
		p := small()
		if p.Dynamics = dynamics; dynamics == DynamicsDescent {
			p.Eta = 0.05
		}
		g := solve(t, p)
		want := gapCSV(t, g, runAll(t, g, 1))
		if n := bytes.Count(want, []byte("\n")); n != 1+2*3*4 {
			t.Fatalf("%s: %d lines, want a header and 24 rows", dynamics, n)
		}
		for _, workers := range []int{2, 3, 8} {
			if got := gapCSV(t, g, runAll(t, g, workers)); !bytes.Equal(got, want) {
				t.Errorf("%s: gap.csv of %d workers differs from that of 1", dynamics, workers)
			}
		}
	}
}

// The two forms of the interaction, and descent with a small step, agree with the flow.
func TestGapFormsAndDynamicsAgree(t *testing.T) {
	p := small()
	base := runAll(t, solve(t, p), 2)
	compare := func(name string, q Parameters, tol float64) {
		for i, c := range runAll(t, solve(t, q), 2) {
			for j, r := range c.Rows {
				want := base[i].Rows[j]
				benchtest.Near(t, name+": risk", r.Risk, want.Risk, tol)
				benchtest.Near(t, name+": function error", r.FunctionError, want.FunctionError, tol)
				benchtest.Near(t, name+": mean coupling", r.CouplingMean, want.CouplingMean, tol)
			}
		}
	}
	for _, form := range []string{"pairwise", "moment"} {
		q := p
		q.Form = form
		compare(form, q, 1e-10)
	}
	q := p
	q.Dynamics, q.Eta, q.FlowTolerance = DynamicsDescent, 0.0005, 0
	compare("descent", q, 0.005)
}

// At time 0 the particles are independent, so that m E ||f_m - f_MF||^2 = q(1) - E q(<w, w'>),
// with E s^4 = 3/(d(d+2)) for he4.
func TestGapAtTimeZero(t *testing.T) {
	p := small()
	p.Widths, p.Seeds, p.Points, p.Horizon = []int{10, 40}, 300, 2, 0.01
	s := Summarise([]int{10, 40}, runAll(t, solve(t, p), 2))
	want := 1 - 3.0/(8*10)
	for i, m := range s.Widths {
		mean := s.Function.Mean[0][i]
		if math.Abs(mean.Value-want) > 4*mean.SE || mean.SE > 0.05 {
			t.Errorf("width %d: m*function_error = %s at time 0, want %.4f", m, mean.Text(), want)
		}
	}
	if c := s.Coupling.Mean[0][0]; c.Value != 0 {
		t.Errorf("coupling %g at time 0", c.Value)
	}
}

// problems of every geometry: even, odd and mixed series on the line, and the circle.
func geometries() []bench.ProblemChoice {
	return []bench.ProblemChoice{
		{Problem: "he4", Dim: 6}, {Problem: "he3", Dim: 6}, {Problem: "circle", Dim: 6},
		{Activation: "1:0.5,2:1,3:0.7", Link: "1:0.2,2:1,3:0.4", Dim: 5},
	}
}

// observerAt returns an observer for m particles of a solved problem and their start.
func observerAt(t *testing.T, choice bench.ProblemChoice, m int, horizon float64) (*Study, *Observer, *particles.Ensemble[float64]) {
	t.Helper()
	p := small()
	p.ProblemChoice, p.Horizon, p.Widths = choice, horizon, []int{m}
	g := solve(t, p)
	e := particles.NewUniform(m, g.Problem.Dim(), 11)
	o, err := NewObserver(g, particles.NewPopulation(g.Problem, particles.Auto, 1), e)
	if err != nil {
		t.Fatal(err)
	}
	return g, o, e
}

// The function error against a sample of the infinite-width law: 20000 of its particles give
// ||f_m - f_MF||^2 by plain pair sums. The finite network has learned too, so that the three terms
// nearly cancel and none of them may be wrong.
func TestFunctionErrorAgainstSample(t *testing.T) {
	const m, sample, horizon = 30, 20000, 2.5
	for _, choice := range geometries() {
		g, o, e := observerAt(t, choice, m, horizon)
		tol := particles.Tolerances{Relative: 1e-6, Absolute: 1e-6}
		if _, err := particles.Flow(t.Context(), e, o.Field, tol, []float64{horizon}, func(at float64, w []float64) error {
			return o.observe(t.Context(), at, w)
		}); err != nil {
			t.Fatal(err)
		}
		limit := limitSample(t, g, sample, horizon)
		q, d := g.Problem.Dual(), g.Problem.Dim()
		field := particles.NewPopulation(g.Problem, particles.Auto, 2)
		self, err := field.SelfEnergy(t.Context(), e.W, m)
		if err != nil {
			t.Fatal(err)
		}
		far, err := field.SelfEnergy(t.Context(), limit, sample)
		if err != nil {
			t.Fatal(err)
		}
		one, _, _ := q.Eval(1)
		far = (far*sample - one) / (sample - 1) // without the diagonal: unbiased
		cross := make([]float64, sample)
		for j := range cross {
			for i := range m {
				v, _, _ := q.Eval(kernels.Dot(e.Row(i), limit[j*d:(j+1)*d]))
				cross[j] += v / m
			}
		}
		mean := bench.MeanOf(cross)
		want := self - 2*mean.Value + far
		if got := o.rows[0].FunctionError; math.Abs(got-want) > 0.02*want {
			t.Errorf("%s: ||f_m - f_MF||^2 = %.5f, from a sample %.5f", g.Problem.Name(), got, want)
		}
	}
}

// limitSample draws particles of the infinite-width law at time t.
func limitSample(t *testing.T, g *Study, n int, time float64) []float64 {
	t.Helper()
	e := particles.NewUniform(n, g.Problem.Dim(), 12)
	o, err := NewObserver(g, nil, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Limit.Advance(t.Context(), time); err != nil {
		t.Fatal(err)
	}
	z, size := o.Limit.Twins(), o.Limit.Rank()+1
	for i := range n {
		o.frame.Lift(e.Row(i), z[i*size:(i+1)*size], i)
	}
	return e.W
}

// The coupling against an independent route: particles moved by the infinite-width velocity field in
// R^d, by fixed Runge-Kutta steps, are their own twins, so every |Delta_i| vanishes.
func TestCouplingOfLimitParticlesVanishes(t *testing.T) {
	const m, horizon, steps = 20, 2.0, 400
	for _, choice := range geometries() {
		g, o, e := observerAt(t, choice, m, horizon)
		field, err := g.Reference.At(0)
		if err != nil {
			t.Fatal(err)
		}
		h := horizon / steps
		for s := range steps {
			now := h * float64(s)
			k1 := limitVelocity(t, o, field, now, e.W)
			k2 := limitVelocity(t, o, field, now+h/2, axpy(e.W, h/2, k1))
			k3 := limitVelocity(t, o, field, now+h/2, axpy(e.W, h/2, k2))
			k4 := limitVelocity(t, o, field, now+h, axpy(e.W, h, k3))
			for i := range e.W {
				e.W[i] += h / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
			}
		}
		if err := o.Limit.Advance(t.Context(), horizon); err != nil {
			t.Fatal(err)
		}
		mean, largest, _ := o.coupling(e.W)
		if !(largest < 1e-7) || mean > largest {
			t.Errorf("%s: mean |Delta| %.2e, largest %.2e, want both below 1e-7", g.Problem.Name(), mean, largest)
		}
	}
}

// limitVelocity is dw/dt = (da/dt) (v - a w) / (1 - a^2) for w = a v + c u.
func limitVelocity(t *testing.T, o *Observer, field *meanfield.Field, now float64, w []float64) []float64 {
	t.Helper()
	if err := field.Set(now); err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(w))
	for i := range o.M {
		row := w[i*o.D : (i+1)*o.D]
		a := row[0]
		if r := o.Limit.Rank(); r > 1 {
			a = sphere.Norm(row[:r])
		}
		speed := field.Velocity(a) / (1 - a*a)
		for k, x := range row {
			v := 0.0
			if k < o.Limit.Rank() {
				v = x / a
			}
			out[i*o.D+k] = speed * (v - a*x)
		}
	}
	return out
}

func axpy(x []float64, h float64, k []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] + h*k[i]
	}
	return out
}

// A cancelled run returns promptly with context.Canceled; what it finished is whole.
func TestGapCancel(t *testing.T) {
	g := solve(t, small())
	ctx, cancel := context.WithCancel(t.Context())
	var cells []Cell
	err := g.Run(ctx, RunOptions{Workers: 1, Finished: func(c Cell) error {
		cells = append(cells, c)
		cancel()
		return nil
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if len(cells) != 1 || len(cells[0].Rows) != g.Parameters.Points {
		t.Errorf("%d cells", len(cells))
	}
}

// An error from the caller stops the run and comes back.
func TestGapFinishedError(t *testing.T) {
	g := solve(t, small())
	full := errors.New("disk full")
	calls := 0
	err := g.Run(t.Context(), RunOptions{Workers: 2, Finished: func(Cell) error { calls++; return full }})
	if !errors.Is(err, full) || calls > 2 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}

// The progress reaches the whole.
func TestGapProgress(t *testing.T) {
	g := solve(t, small())
	last := 0.0
	err := g.Run(t.Context(), RunOptions{Workers: 1, Progress: func(share float64, _ string) {
		if share < last {
			t.Errorf("progress falls from %g to %g", last, share)
		}
		last = share
	}})
	if err != nil {
		t.Fatal(err)
	}
	benchtest.Near(t, "final share", last, 1, 1e-9)
}
