package localsgd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kac/bench"
	"kac/particles/localsgd"
)

func kinkRuns(change func(*Parameters)) Parameters {
	p := Parameters{Objective: Objective{Word: KinkWord}, Noise: "gaussian:.1", Algorithms: []string{localsgd.LocalSGD}, Clients: []int{16, 64, 256}, LocalSteps: []int{16}, Rounds: 8, Eta: .01,
		ServerStep: 1, Momentum: .9, Lambda: .1, Participation: 1, Start: .05, Seeds: 120, Seed: 1}
	if change != nil {
		change(&p)
	}
	return p
}

func ran(t *testing.T, p Parameters, workers int) *Study {
	t.Helper()
	if err := p.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	s, err := Run(context.Background(), p, workers, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// within fails if a mean is more than four standard errors from what it should be.
func within(t *testing.T, what string, m bench.Mean, want, scale float64) {
	t.Helper()
	if z := (scale*m.Value - want) / (scale * m.SE); !(math.Abs(z) < 4) {
		t.Errorf("%s: %g +- %g, exact %g: %.1f standard errors", what, scale*m.Value, scale*m.SE, want, z)
	}
}

// M times the mean square distance to infinitely many clients is the constant, and so it is for a server's step, a
// share of the clients, signs and minibatches.
func TestConstant(t *testing.T) {
	for name, change := range map[string]func(*Parameters){
		"gaussian":      nil,
		"server":        func(p *Parameters) { p.ServerStep = 1.6 },
		"participation": func(p *Parameters) { p.Participation = .5 },
		"signs":         func(p *Parameters) { p.Noise, p.LocalSteps, p.Eta = "rademacher:.1", []int{8}, .05 },
		"minibatch":     func(p *Parameters) { p.Algorithms, p.Eta = []string{localsgd.MinibatchSGD}, .3 },
		"student": func(p *Parameters) {
			p.Algorithms, p.Eta, p.Noise = []string{localsgd.MinibatchSGD}, .3, "student:6,.1"
		},
		"smooth": func(p *Parameters) { p.Word = "smooth-kink:.005" },
	} {
		t.Run(name, func(t *testing.T) {
			s := ran(t, kinkRuns(change), 2)
			for _, r := range s.Rows {
				if r.Clients > 16 && (r.Round == 1 || r.Round == 8) {
					within(t, fmt.Sprintf("%d clients, round %d", r.Clients, r.Round), r.Gap, r.constant, float64(r.Clients))
				}
			}
		})
	}
}

// Quadratics: the mean value gap of runs is the exact one, for every algorithm that has moments.
func TestRunsAgainstMoments(t *testing.T) {
	p := kinkRuns(func(p *Parameters) {
		p.Objective = Objective{Word: QuadraticWord, Quadratics: Quadratics{Dim: 4, Mu: .1, Smoothness: 1, Rotation: .7, Spread: 2}}
		p.Algorithms = localsgd.Algorithms[:5]
		p.Noise, p.Clients, p.LocalSteps, p.Rounds, p.Eta, p.Start, p.Seeds = "student:6,.8", []int{5}, []int{6}, 4, .3, 0, 300
	})
	for _, r := range ran(t, p, 2).Rows {
		within(t, fmt.Sprintf("%s, round %d", r.Algorithm, r.Round), r.Value, r.exact, 1)
		within(t, fmt.Sprintf("%s, round %d, M*gap", r.Algorithm, r.Round), r.Gap, r.constant, 5)
	}
}

// The tables do not depend on workers.
func TestTablesAnyWorkers(t *testing.T) {
	tables := func(workers, seeds int) string {
		p := kinkRuns(func(p *Parameters) { p.Seeds, p.Clients, p.Algorithms = seeds, []int{3, 90}, localsgd.Algorithms })
		p.Eta = .1
		s := ran(t, p, workers)
		var b bytes.Buffer
		for _, write := range []error{s.WriteCSV(&b), s.WriteSeeds(&b), s.WriteText(&b)} {
			if write != nil {
				t.Fatal(write)
			}
		}
		figure, err := s.Picture()
		if err != nil {
			t.Fatal(err)
		}
		if err := figure.Write(&b, "svg"); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, seeds := range []int{1, 5} {
		if tables(1, seeds) != tables(8, seeds) {
			t.Errorf("%d seeds: 8 workers change the tables", seeds)
		}
	}
}

// A cell that is interrupted after every round goes on to the same bits, and a study is made again from its record.
func TestCells(t *testing.T) {
	if err := Schema.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Parameters){
		"kink": nil, "adam": func(p *Parameters) { p.Algorithms = []string{localsgd.LocalAdam} },
		"logistic": func(p *Parameters) {
			p.Objective = Objective{Word: LogisticWord, Quadratics: Quadratics{Dim: 3, Mu: .1}, Points: 300, DataSeed: 1, Shares: "dirichlet:.5"}
			p.Noise, p.Clients = "minibatch:4", []int{4, 8}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := kinkRuns(change)
			p.Rounds = 5
			s, err := NewGroup(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(s.Facts().Parameters)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Restore(data)
			if err != nil {
				t.Fatal(err)
			}
			one, two := s.Facts(), again.Facts()
			a, err := one.IdentitySum()
			if err != nil {
				t.Fatal(err)
			}
			if b, err := two.IdentitySum(); err != nil || a != b {
				t.Errorf("the study made again is another: %v", err)
			}
			r, err := s.Prepare(context.Background(), nil)
			if err != nil {
				t.Fatal(err)
			}
			size := p.Clients[0]
			var states [][]byte
			want, err := r.RunCell(context.Background(), size, 3, bench.CellOptions{Save: func(state []byte) error {
				states = append(states, bytes.Clone(state))
				return nil
			}})
			if err != nil || len(want) != 4*6 || len(states) < 4 {
				t.Fatalf("%d numbers, %d states, %v", len(want), len(states), err)
			}
			other, err := again.Prepare(context.Background(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, state := range states {
				got, err := other.RunCell(context.Background(), size, 3, bench.CellOptions{Workers: 3, Before: state})
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
						t.Errorf("number %d is %g after an interruption, not %g", i, got[i], want[i])
					}
				}
			}
			if _, err := r.RunCell(context.Background(), size, 3, bench.CellOptions{Before: []byte(`{"round":1,"x":[]}`)}); !errors.Is(err, bench.ErrCellState) {
				t.Errorf("a wrong state: %v", err)
			}
		})
	}
}

// What cannot be run is refused with the flag and what is allowed.
func TestRunRefusals(t *testing.T) {
	logistic := func(shares string, clients int) func(*Parameters) {
		return func(p *Parameters) {
			p.Objective = Objective{Word: LogisticWord, Quadratics: Quadratics{Dim: 3, Mu: .1}, Points: 20, DataSeed: 1, Shares: shares}
			p.Clients, p.Eta = []int{clients}, .1
		}
	}
	for name, c := range map[string]struct {
		change    func(*Parameters)
		key, says string
	}{
		"stability":         {func(p *Parameters) { p.Eta = 2 }, "eta", "2/H = 2"},
		"no client":         {func(p *Parameters) { p.Clients = []int{0} }, "clients", "0 is not allowed"},
		"no clients at all": {func(p *Parameters) { p.Clients = nil }, "clients", "at least one"},
		"no local step":     {func(p *Parameters) { p.LocalSteps = []int{0} }, "local-steps", "0 is not allowed"},
		"student":           {func(p *Parameters) { p.Noise = "student:2,1" }, "noise", "no standard deviation"},
		"algorithm":         {func(p *Parameters) { p.Algorithms = []string{"sgd"} }, "algorithm", "local-sgd, minibatch-sgd"},
		"objective":         {func(p *Parameters) { p.Word = "cubic" }, "objective", "kink[:L,R]"},
		"empty client":      {logistic("dirichlet:.01", 8), "shares", "has no sample"},
		"dirichlet 0":       {logistic("dirichlet:0", 2), "shares", "above 0"},
		"few samples":       {logistic("even", 21), "clients", "there are 20 samples"},
		"samples of a kink": {func(p *Parameters) { p.Noise = "minibatch:3" }, "noise", "belong to logistic"},
		"participation":     {func(p *Parameters) { p.Participation = 0 }, "participation", "above 0"},
		"memory":            {func(p *Parameters) { p.Seeds, p.Rounds = 100_000, 1_000_000 }, "seeds", "memory"},
	} {
		t.Run(name, func(t *testing.T) {
			p := kinkRuns(c.change)
			var input *bench.InputError
			if err := p.Check(context.Background()); !errors.As(err, &input) || input.Key != c.key || !strings.Contains(input.Reason, c.says) {
				t.Errorf("%v, want %s: ...%s...", err, c.key, c.says)
			}
		})
	}
}
