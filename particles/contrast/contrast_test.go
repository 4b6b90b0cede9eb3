package contrast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"kac/kernels"
)

// plainLoss is the loss by its definition.
func plainLoss(x, y []float64, m, k int) float64 {
	sum := 0.0
	for i := range m {
		total, own := 0.0, 0.0
		for j := range m {
			z := 0.0
			for f := range k {
				z += x[f*m+i] * y[f*m+j]
			}
			total += math.Exp(z)
			if i == j {
				own = z
			}
		}
		sum += math.Log(total) - own
	}
	return sum
}

// The loss is its definition, the slopes are its derivatives, large similarities do not overflow, and levels agree.
func TestBatch(t *testing.T) {
	for _, c := range []struct{ m, k int }{{2, 1}, {5, 2}, {7, 3}, {150, 2}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(c.m)))
			x, y := make([]float64, c.m*c.k), make([]float64, c.m*c.k)
			for i := range x {
				x[i], y[i] = r.NormFloat64(), r.NormFloat64()
			}
			b := NewBatch(c.m, c.k)
			b.Evaluate(x, y)
			if want := plainLoss(x, y, c.m, c.k); math.Abs(b.Loss-want) > 1e-12*want {
				t.Errorf("loss %v, want %v", b.Loss, want)
			}
			for _, i := range []int{0, c.m - 1, len(x) - 1} {
				const h = 1e-5
				for name, v := range map[string][]float64{"G": x, "H": y} {
					t.Run(name, func(t *testing.T) {
						at := v[i]
						v[i] = at + h
						up := plainLoss(x, y, c.m, c.k)
						v[i] = at - h
						down := plainLoss(x, y, c.m, c.k)
						v[i] = at
						got := b.G[i]
						if name == "H" {
							got = b.H[i]
						}
						if want := (up - down) / (2 * h); math.Abs(got-want) > 1e-7 {
							t.Errorf("%s_%d is %v, by differences %v", name, i, got, want)
						}
					})
				}
			}
			generic, err := kernels.NewWorkspaceAt[float64](1, "generic")
			if err != nil {
				t.Fatal(err)
			}
			other := NewBatch(c.m, c.k)
			other.ws = generic
			other.Evaluate(x, y)
			for i := range other.G {
				if math.Abs(other.G[i]-b.G[i])+math.Abs(other.H[i]-b.H[i]) > 1e-13 {
					t.Errorf("slopes %d of two levels: %v %v, %v %v", i, other.G[i], b.G[i], other.H[i], b.H[i])
				}
			}
			// Scores times 40: similarities of 1600 times the products.
			for i := range x {
				x[i], y[i] = 40*x[i], 40*y[i]
			}
			b.Evaluate(x, y)
			if math.IsNaN(b.Loss) || math.IsInf(b.Loss, 0) || b.Loss < 0 {
				t.Errorf("loss of large scores: %v", b.Loss)
			}
			for i := range b.G {
				if math.IsNaN(b.G[i] + b.H[i]) {
					t.Fatalf("slope %d is not a number", i)
				}
			}
		})
	}
}

// One step of Full is a step along the gradient of the loss of its batch, by differences in theta.
func TestFullStepsAlongTheGradient(t *testing.T) {
	s := Setup{Alpha: []float64{.9, -.4}, A: []float64{.3, .1}, B: []float64{.4, .3}, Dim: 4, Batch: 6, Step: .05, Decay: .2, Seed: 3}
	f, err := NewFull(s)
	if err != nil {
		t.Fatal(err)
	}
	before := f.State()
	u, v := make([]float64, len(f.u)), make([]float64, len(f.v))
	Pairs(u, v, s.Alpha, s.Batch, s.Dim, s.Seed, 0)
	loss := func(theta []float64) float64 {
		x, y := make([]float64, 12), make([]float64, 12)
		for k := range 2 {
			for i := range 6 {
				at := k*6 + i
				x[at], y[at] = dot(theta[k*4:k*4+4], u[at*4:at*4+4]), dot(theta[k*4:k*4+4], v[at*4:at*4+4])
			}
		}
		return plainLoss(x, y, 6, 2)
	}
	f.Advance()
	for i := range before {
		const h = 1e-5
		up, down := append([]float64(nil), before...), append([]float64(nil), before...)
		up[i], down[i] = up[i]+h, down[i]-h
		eta := s.Step / 6
		want := before[i] - eta*((loss(up)-loss(down))/(2*h)+6*s.Decay*before[i])
		if math.Abs(f.Theta[i]-want) > 1e-8 {
			t.Errorf("theta_%d is %v after a step, want %v", i, f.Theta[i], want)
		}
	}
	if math.Abs(f.Loss()-loss(before)) > 1e-12 {
		t.Errorf("loss %v, want %v", f.Loss(), loss(before))
	}
}

// The reduced descent has the law of the full one: means and variances over seeds of errors and lengths, near alpha = 1
// and far from it, in the plane and in many dimensions.
func TestReducedHasTheLawOfFull(t *testing.T) {
	for _, c := range []struct {
		alpha []float64
		dim   int
	}{{[]float64{.9, .5}, 8}, {[]float64{1, -.7}, 2}, {[]float64{.2, .95}, 24}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			const seeds, steps = 500, 6
			var all [2][4][]float64
			for form := range 2 {
				for seed := range seeds {
					s := Setup{Alpha: c.alpha, A: []float64{.5, .2}, B: []float64{.4, .5}, Dim: c.dim, Batch: 5, Step: .25, Decay: .1, Seed: uint64(1 + seed + seeds*form)}
					var d Descent
					var err error
					if d, err = NewFull(s); form == 1 {
						d, err = NewReduced(s)
					}
					if err != nil {
						t.Fatal(err)
					}
					for range steps {
						d.Advance()
					}
					var e, n [2]float64
					d.Errors(e[:])
					d.Norms2(n[:])
					for i, v := range [4]float64{e[0], e[1], math.Log(n[0]), math.Log(n[1])} {
						all[form][i] = append(all[form][i], v)
					}
				}
			}
			for i := range 4 {
				m0, v0 := moments(all[0][i])
				m1, v1 := moments(all[1][i])
				if z := (m0 - m1) / math.Sqrt((v0+v1)/seeds); math.Abs(z) > 4 {
					t.Errorf("number %d: means %v and %v, %.1f standard errors apart", i, m0, m1, z)
				}
				if ratio := v1 / v0; ratio < .7 || ratio > 1.43 {
					t.Errorf("number %d: variances %v and %v", i, v0, v1)
				}
			}
		})
	}
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, variance
}

// A descent that goes on from a state has the bits of one that was not stopped.
func TestDescentGoesOn(t *testing.T) {
	s := Setup{Alpha: []float64{.9, .5, .1}, A: []float64{.3, .05, -.2}, B: []float64{.4, .3, .1}, Dim: 5, Batch: 9, Step: .1, Seed: 7}
	for name, begin := range map[string]func() (Descent, error){
		"full":    func() (Descent, error) { return NewFull(s) },
		"reduced": func() (Descent, error) { return NewReduced(s) },
	} {
		t.Run(name, func(t *testing.T) {
			whole, err := begin()
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				whole.Advance()
			}
			state := whole.State()
			again, err := begin()
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Continue(4, state); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				whole.Advance()
				again.Advance()
			}
			if fmt.Sprint(whole.State()) != fmt.Sprint(again.State()) || again.Steps() != 7 {
				t.Errorf("%v, want %v", again.State(), whole.State())
			}
			if again.Continue(1, state[1:]) == nil || again.Continue(-1, state) == nil {
				t.Error("a wrong state is taken")
			}
		})
	}
}

func TestSetupRefuses(t *testing.T) {
	for name, change := range map[string]func(*Setup){
		"alpha": func(s *Setup) { s.Alpha[0] = 1.1 }, "none": func(s *Setup) { s.Alpha = nil }, "lengths": func(s *Setup) { s.B = nil }, "dim": func(s *Setup) { s.Dim = 1 },
		"batch": func(s *Setup) { s.Batch = 1 }, "step": func(s *Setup) { s.Step = 0 }, "decay": func(s *Setup) { s.Decay = math.NaN() }, "start": func(s *Setup) { s.B[0] = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := Setup{Alpha: []float64{.5}, A: []float64{.3}, B: []float64{.4}, Dim: 3, Batch: 4, Step: .1}
			change(&s)
			if _, err := NewFull(s); err == nil {
				t.Error("full takes it")
			}
			if _, err := NewReduced(s); err == nil {
				t.Error("reduced takes it")
			}
		})
	}
}

func BenchmarkStep(b *testing.B) {
	for _, m := range []int{4, 16, 64, 256, 1024} {
		s := Setup{Alpha: []float64{.9, .5}, A: []float64{.3, .05}, B: []float64{.4, .3}, Dim: 8, Batch: m, Step: 1e-3, Seed: 1}
		full, _ := NewFull(s)
		reduced, _ := NewReduced(s)
		for name, d := range map[string]Descent{"full": full, "reduced": reduced} {
			b.Run(fmt.Sprintf("%s/m=%d", name, m), func(b *testing.B) {
				for b.Loop() {
					d.Advance()
				}
			})
		}
	}
}
