package compare

import (
	"fmt"
	"math"
	"testing"

	"kac/kernels"
	"kac/particles"
)

// lcg fills rows one after another: entry u1+u2+u3-1.5 with u = s/2^31, s <- (1103515245 s + 12345) mod 2^31; rows have
// norm 1.
func lcg(rows, d int, seed uint64) []float64 {
	x := make([]float64, rows*d)
	for i := range x {
		x[i] = -1.5
		for range 3 {
			seed = (1103515245*seed + 12345) % (1 << 31)
			x[i] += float64(seed) / (1 << 31)
		}
	}
	for row := x; len(row) > 0; row = row[d:] {
		norm := math.Sqrt(kernels.Dot(row[:d], row[:d]))
		for a := range d {
			row[a] /= norm
		}
	}
	return x
}

func small(t testing.TB, change func(*Parameters)) *Parameters {
	t.Helper()
	p := &Parameters{
		Problem: "quartic", Dims: []int{8}, Samples: []string{"60", "120"}, Ridges: []string{"auto"}, Predictors: []string{Network, NTK, Best, Floor},
		Widths: []int{16}, Draws: 3, Seed: 1, Eta: .1, Horizon: 2, Points: 3, KernelLimit: 100, Level: .5,
	}
	if change != nil {
		change(p)
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestDescentDrawFree: data and particles by a formula, results of an independent implementation (NumPy), d = 8, n =
// 60, m = 16, eta = .1.
func TestDescentDrawFree(t *testing.T) {
	p := small(t, func(p *Parameters) { p.Horizon, p.Points = 5, 51 })
	problem, err := p.ProblemIn(8)
	if err != nil {
		t.Fatal(err)
	}
	task, err := p.task(problem)
	if err != nil {
		t.Fatal(err)
	}
	x := lcg(60, 8, 1)
	s := &particles.Samples{X: make([]float64, len(x)), N: 60, D: 8}
	for i, z := range x {
		s.X[i] = math.Sqrt(8) * z
	}
	for i := range 60 {
		s.Y = append(s.Y, problem.Label(x[i*8]))
		if got := task.Target().Value(s.X[i*8 : i*8+8]); math.Abs(got-s.Y[i]) > 1e-14 {
			t.Fatalf("label %d: the task says %g, the problem %g", i, got, s.Y[i])
		}
	}
	e := &particles.Ensemble[float64]{W: lcg(16, 8, 1001), M: 16, D: 8}
	rows, err := trained(t.Context(), p, problem, task, s, []*particles.Ensemble[float64]{e}, 2, keeping{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		step        int
		risk, train float64
	}{{0, .6855394601, .3870114241}, {1, .6556102053, .3029299434}, {10, .4946470072, .0588698554}, {50, .3373516731, .0078840608}} {
		t.Run(fmt.Sprint(c.step), func(t *testing.T) {
			if r := rows[c.step]; math.Abs(r.Total-c.risk) > 1e-10 || math.Abs(r.TrainRisk-c.train) > 1e-10 || r.Iterations != c.step {
				t.Errorf("step %d: risk %.12f, want %.10f; training %.12f, want %.10f", c.step, r.Total, c.risk, r.TrainRisk, c.train)
			}
		})
	}
}

// TestNetworkRiskIsThePopulations: the closed form against a mean over fresh inputs.
func TestNetworkRiskIsThePopulations(t *testing.T) {
	const d, m, n = 10, 12, 200000
	p := small(t, func(p *Parameters) { p.Dims = []int{d} })
	problem, err := p.ProblemIn(d)
	if err != nil {
		t.Fatal(err)
	}
	task, err := p.task(problem)
	if err != nil {
		t.Fatal(err)
	}
	w := particles.NewUniform(m, d, 4).W
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	want := problem.NetworkRisk(w, m, ws)
	s := task.TestSamples(n, 8)
	f := make([]float64, n)
	kernels.Forward(f, s.X, w, nil, n, m, d, task.Activation().Kernel(), ws)
	sum, square := 0.0, 0.0
	for i := range f {
		r := (s.Y[i] - f[i]) * (s.Y[i] - f[i])
		sum += r
		square += r * r
	}
	mean := sum / n
	se := math.Sqrt((square/n - mean*mean) / n)
	if math.Abs(mean-want.Total) > 3.5*se || se > .02*mean {
		t.Errorf("closed form %g, mean over inputs %g(%g)", want.Total, mean, se)
	}
}

// TestPopulationDrawFree: the population's velocity of particle 1 among the same 16 particles, of an independent
// implementation; and the network's risk by particles.Population, whose closed forms come from the spectrum, is that of
// package ridge.
func TestPopulationDrawFree(t *testing.T) {
	p := small(t, nil)
	problem, err := p.ProblemIn(8)
	if err != nil {
		t.Fatal(err)
	}
	task, err := p.task(problem)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := task.Exact()
	if err != nil {
		t.Fatal(err)
	}
	population := particles.NewPopulation(closed, particles.Auto, 1)
	defer population.Close()
	w, v := lcg(16, 8, 1001), make([]float64, 8)
	if err := population.VelocityAt(v, w[:8], w, 16); err != nil {
		t.Fatal(err)
	}
	for a, want := range []float64{-.0749724288, -.0324503585, .0080646186, .0614557711} {
		if math.Abs(v[a]-want) > 1e-10 {
			t.Errorf("velocity %d: %.12f, want %.10f", a+1, v[a], want)
		}
	}
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	risk, err := population.Risk(t.Context(), w, 16)
	if got := problem.NetworkRisk(w, 16, ws).Total; err != nil || math.Abs(risk-got) > 1e-14 || math.Abs(got-.6855394601) > 1e-10 {
		t.Errorf("risk %.15f, by the population %.15f, want .6855394601; %v", got, risk, err)
	}
}
