package localsgd

import (
	"context"
	"math"
	"slices"
	"testing"
)

func advance(t *testing.T, r *Run, rounds int, start ...float64) []float64 {
	t.Helper()
	if start != nil {
		r.Begin(start)
	}
	for range rounds {
		if err := r.Advance(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return slices.Clone(r.X)
}

var huber = &Huber{Lambda: []float64{.02, .1, .5, 1}}

func plain(name string, steps int) Algorithm {
	return Algorithm{Name: name, Eta: .05, Beta: 1, LocalSteps: steps, Momentum: .9, SecondMoments: .99, Lambda: .1, Clip: math.Inf(1), Share: 1}
}

// Workers and interruptions change no bit, whatever the algorithm.
func TestAnyWorkers(t *testing.T) {
	for _, name := range Algorithms {
		for _, law := range []string{GaussianNoise, RademacherNoise, StudentNoise} {
			for _, share := range []float64{1, .3} {
				t.Run(name+" "+law, func(t *testing.T) {
					run := func(workers int, f Objective) *Run {
						a := plain(name, 5)
						a.Share = share
						return &Run{Objective: f, Noise: Noise{Law: law, Sigma: .5, Degrees: 5}, Algorithm: a, Clients: 150, Seed: 3, Workers: workers}
					}
					for _, f := range []Objective{huber, OnLine{Kink{.5, 1}}} {
						start := []float64{3, 2, 1, -1}[:f.Dim()]
						want := advance(t, run(1, f), 4, start...)
						if got := advance(t, run(7, f), 4, start...); !slices.Equal(got, want) {
							t.Errorf("7 workers: %v, not %v", got, want)
						}
						one := run(2, f)
						advance(t, one, 2, start...)
						again := run(3, f)
						if err := again.Continue(one.State); err != nil {
							t.Fatal(err)
						}
						if got := advance(t, again, 2); !slices.Equal(got, want) {
							t.Errorf("interrupted: %v, not %v", got, want)
						}
					}
				})
			}
		}
	}
}

// Clients that are moved in another order change no bit: sums are taken in the order of their numbers. Clients that
// change their numbers change the rounding of the sum alone, and nothing where the sum is not rounded.
func TestPermutedClients(t *testing.T) {
	const clients = 150
	for _, name := range Algorithms {
		run := func() *Run {
			return &Run{Objective: huber, Noise: Noise{Law: StudentNoise, Sigma: .5, Degrees: 5}, Algorithm: plain(name, 5), Clients: clients, Seed: 3, Workers: 1}
		}
		want := advance(t, run(), 3, 3, 2, 1, -1)
		r := run()
		r.Begin([]float64{3, 2, 1, -1})
		for range 3 {
			r.prepare()
			var w desk
			work := r.localChunk
			if !r.Algorithm.Local() {
				work = r.gradientChunk
			}
			for i := range r.chunks { // 7 and their number have no common divisor
				if err := work(context.Background(), &r.chunks[(7*i+3)%len(r.chunks)], &w); err != nil {
					t.Fatal(err)
				}
			}
			r.conclude()
		}
		if len(r.chunks)%7 == 0 || !slices.Equal(r.X, want) {
			t.Errorf("%s: %d parts in another order: %v, not %v", name, len(r.chunks), r.X, want)
		}
	}
	numbered := func(permute bool, unit float64) float64 {
		a, optima := make([]float64, clients), make([]float64, clients)
		for m := range a {
			from := m
			if permute {
				from = (7*m + 3) % clients
			}
			a[m], optima[m] = .25+unit*float64(from*from%64), unit*float64(from%97)
		}
		q, err := NewQuadratics(clients, 1, a, optima)
		if err != nil {
			t.Fatal(err)
		}
		algorithm := plain(MinibatchSGD, 1)
		algorithm.Eta = 1
		return advance(t, &Run{Objective: q, Noise: Noise{Law: NoNoise}, Algorithm: algorithm, Clients: clients, Workers: 2}, 1, 1)[0]
	}
	if a, b := numbered(false, 0x1p-8), numbered(true, 0x1p-8); a != b {
		t.Errorf("sums that are not rounded: %v, permuted %v", a, b)
	}
	if a, b := numbered(false, .0037), numbered(true, .0037); math.Abs(a-b) > 1e-15 {
		t.Errorf("rounded sums: %v, permuted %v", a, b)
	}
}

// With one local step local SGD and SGDM are their minibatch versions; Adam is not: v has the clients' own squares.
func TestOneLocalStep(t *testing.T) {
	for _, c := range []struct {
		local, minibatch string
		equal            bool
	}{{LocalSGD, MinibatchSGD, true}, {LocalSGDM, MinibatchSGDM, true}, {LocalAdam, MinibatchAdam, false}} {
		t.Run(c.local, func(t *testing.T) {
			run := func(name string) []float64 {
				r := &Run{Objective: huber, Noise: Noise{Law: GaussianNoise, Sigma: .5}, Algorithm: plain(name, 1), Clients: 9, Seed: 5, Workers: 1}
				return advance(t, r, 6, 3, 2, 1, -1)
			}
			a, b := run(c.local), run(c.minibatch)
			largest := 0.0
			for i := range a[:4] {
				largest = math.Max(largest, math.Abs(a[i]-b[i]))
			}
			if (largest < 1e-14) != c.equal || !c.equal && largest < 1e-4 {
				t.Errorf("%s and %s differ by %g", c.local, c.minibatch, largest)
			}
		})
	}
}

// The quick steps of kinks are those of the objective's slope, and sigma = 0 is the deterministic map.
func TestKinkSteps(t *testing.T) {
	for _, law := range []string{NoNoise, GaussianNoise, RademacherNoise, StudentNoise} {
		a := plain(LocalSGD, 200)
		r := &Run{Objective: OnLine{Kink{.5, 1}}, Noise: Noise{Law: law, Sigma: .3, Degrees: 4}, Algorithm: a, Clients: 21, Seed: 9, Workers: 2}
		quick := advance(t, r, 3, -.4)
		slow := &Run{Objective: OnLine{hidden{Kink{.5, 1}}}, Noise: r.Noise, Algorithm: a, Clients: 21, Seed: 9, Workers: 1}
		other := advance(t, slow, 3, -.4)
		// Rademacher signs of one coordinate are one word a step there, and a bit of it here: other numbers.
		if d := math.Abs(quick[0] - other[0]); d > 1e-14 && law != RademacherNoise || d > .05 {
			t.Errorf("%s: %g, by slopes %g", law, quick[0], other[0])
		}
		if law != NoNoise {
			continue
		}
		x := -.4
		for range 600 {
			x -= a.Eta * Kink{.5, 1}.Slope(x)
		}
		if math.Abs(quick[0]-x) > 1e-15 {
			t.Errorf("without noise %g, descent %g", quick[0], x)
		}
	}
}

// hidden is a kink that is not known as one.
type hidden struct{ Line }

func BenchmarkKinkSigns(b *testing.B) {
	r := &Run{Objective: OnLine{Kink{.5, 1}}, Noise: Noise{Law: RademacherNoise, Sigma: .1}, Algorithm: plain(LocalSGD, 1024), Clients: 4096, Seed: 1, Workers: 1}
	r.Begin([]float64{0})
	for b.Loop() {
		if err := r.Advance(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*4096*1024), "ns/step")
}

func BenchmarkAdam(b *testing.B) {
	f := &Huber{Lambda: make([]float64, 1000)}
	for i := range f.Lambda {
		f.Lambda[i] = 1
	}
	r := &Run{Objective: f, Noise: Noise{Law: GaussianNoise, Sigma: .5}, Algorithm: plain(LocalAdam, 16), Clients: 16, Seed: 1, Workers: 1}
	r.Begin(make([]float64, 1000))
	for b.Loop() {
		if err := r.Advance(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*16*16*1000), "ns/coordinate")
}
