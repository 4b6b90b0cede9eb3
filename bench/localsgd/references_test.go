package localsgd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench"
	"kac/internal/npy"
	"kac/particles/localsgd"
)

// write writes an array.
func write(t *testing.T, name string, data []float64, shape ...int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	if err := npy.Write(&b, data, shape...); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Matrices of one's own, as .npy and as text, give what the generated ones give.
func TestOwnQuadratics(t *testing.T) {
	f, err := Generated(8, 6, .05, 1, .5, 2)
	if err != nil {
		t.Fatal(err)
	}
	var a, x []float64
	for m := range 8 {
		a = append(a, f.Matrix(m).RawSymmetric().Data...)
		x = append(x, f.ClientOptimum(m)...)
	}
	ctx := context.Background()
	run := func(q Quadratics, clients []int) *ExactTable {
		p := ExactParameters{Quadratics: q, Algorithms: []string{localsgd.LocalSGD}, Clients: clients, LocalSteps: []int{32}, Rounds: 10, Eta: .17, ServerStep: 1, Noise: "gaussian:.3"}
		if err := p.Check(ctx); err != nil {
			t.Fatal(err)
		}
		out, err := RunExact(ctx, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := run(Quadratics{Dim: 6, Mu: .05, Smoothness: 1, Rotation: .5, Spread: 2}, []int{8})
	if got := want.Rows[9].Gap; math.Abs(got-8.253322227e-04) > 5e-13 {
		t.Errorf("E F - F* is %.12g", got)
	}
	own := run(Quadratics{Matrices: write(t, "a.npy", a, 8, 6, 6), Optima: write(t, "x.npy", x, 8, 6)}, nil)
	flat := run(Quadratics{Matrices: write(t, "a.npy", a, 48, 6), Optima: write(t, "x.npy", x, 8, 6)}, nil)
	for i := range want.Rows {
		for _, got := range []*ExactTable{own, flat} {
			if g := got.Rows[i].Gap; math.Abs(g-want.Rows[i].Gap) > 1e-13*want.Rows[i].Gap {
				t.Errorf("round %d: %g, generated %g", i+1, g, want.Rows[i].Gap)
			}
		}
	}
}

func TestFixedPointJSON(t *testing.T) {
	p := FixedPointParameters{Quadratics: Quadratics{Dim: 6, Mu: .05, Smoothness: 1, Rotation: .5, Spread: 2}, Clients: 8, LocalSteps: []int{9}, Eta: .25, Rules: []string{FixedRule}}
	if err := p.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	table, err := RunFixedPoint(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := table.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var record struct {
		X        []float64 `json:"fixed_point"`
		Distance float64   `json:"distance"`
		Bound    float64   `json:"bound"`
	}
	if err := json.Unmarshal(b.Bytes(), &record); err != nil || len(record.X) != 6 {
		t.Fatalf("%v: %s", err, b.Bytes())
	}
	sum := 0.0
	for i, x := range record.X {
		sum += (x - table.Optimum[i]) * (x - table.Optimum[i])
	}
	if math.Abs(math.Sqrt(sum)-record.Distance) > 1e-14 || record.Bound < record.Distance {
		t.Errorf("distance %g, bound %g, of the coordinates %g", record.Distance, record.Bound, math.Sqrt(sum))
	}
}

// What cannot be computed is refused with the flag and what is allowed.
func TestRefusals(t *testing.T) {
	ctx := context.Background()
	bias := func(change func(*BiasParameters)) func() error {
		p := BiasParameters{Objective: KinkWord, Noise: "gaussian:.1", Eta: .01, LocalSteps: []int{4}}
		change(&p)
		return p.Check
	}
	exact := func(change func(*ExactParameters)) func() error {
		p := ExactParameters{Quadratics: Quadratics{Dim: 2, Mu: .5, Smoothness: 1}, Algorithms: []string{localsgd.LocalSGD}, Clients: []int{2}, LocalSteps: []int{4}, Rounds: 2, Eta: .1, ServerStep: 1, Noise: "none"}
		change(&p)
		return func() error { return p.Check(ctx) }
	}
	own := func(a ...float64) func(p *ExactParameters) {
		return func(p *ExactParameters) {
			p.Clients = nil
			p.Quadratics = Quadratics{Matrices: write(t, "a.npy", a, len(a)/4, 2, 2), Optima: write(t, "x.npy", make([]float64, len(a)/2), len(a)/4, 2)}
		}
	}
	for name, c := range map[string]struct {
		check     func() error
		key, says string
	}{
		"stability of a kink": {bias(func(p *BiasParameters) { p.Eta = 2 }), "eta", "2/H = 2"},
		"stability":           {exact(func(p *ExactParameters) { p.Eta = 2.5 }), "eta", "2/H = 2"},
		"stability minibatch": {exact(func(p *ExactParameters) { p.Eta, p.Algorithms = 2.5, []string{localsgd.MinibatchSGD} }), "eta", "mean of the matrices"},
		"no step":             {bias(func(p *BiasParameters) { p.Eta = 0 }), "eta", "above 0"},
		"no local step":       {bias(func(p *BiasParameters) { p.LocalSteps = []int{0} }), "local-steps", "0 is not allowed"},
		"local step twice":    {bias(func(p *BiasParameters) { p.LocalSteps = []int{3, 3} }), "local-steps", "twice"},
		"no client":           {exact(func(p *ExactParameters) { p.Clients = []int{0} }), "clients", "0 is not allowed"},
		"no deviation":        {bias(func(p *BiasParameters) { p.Noise = "student:2,.1" }), "noise", "no standard deviation"},
		"no law":              {bias(func(p *BiasParameters) { p.Noise = "minibatch:5" }), "noise", "gaussian, student, rademacher"},
		"too many paths":      {bias(func(p *BiasParameters) { p.Noise, p.LocalSteps = "rademacher:.1", []int{25} }), "local-steps", "up to 24"},
		"no such reference":   {bias(func(p *BiasParameters) { p.Objective = "huber" }), "objective", "kink and smooth-kink"},
		"far away":            {bias(func(p *BiasParameters) { p.Start, p.Noise = 1000, "gaussian:.001" }), "start", "deviations"},
		"server":              {exact(func(p *ExactParameters) { p.ServerStep, p.Algorithms = 2, []string{localsgd.MinibatchSGD} }), "server-step", "has one step"},
		"not symmetric":       {exact(own(1, 0, 0, 1, 1, .5, .2, 1)), "matrices", "client 2 (counted from 1): its matrix is not symmetric"},
		"not positive":        {exact(own(1, 2, 2, 1)), "matrices", "client 1 (counted from 1): its matrix is not positive"},
		"half of the files":   {exact(func(p *ExactParameters) { p.Matrices, p.Clients = "a.npy", nil }), "matrices", "give --optima"},
	} {
		t.Run(name, func(t *testing.T) {
			var input *bench.InputError
			if err := c.check(); !errors.As(err, &input) || input.Key != c.key || !strings.Contains(input.Reason, c.says) {
				t.Errorf("%v, want %s: ...%s...", err, c.key, c.says)
			}
		})
	}
}
