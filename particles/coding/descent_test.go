package coding

import (
	"errors"
	"math"
	"testing"
)

// The gradient is the derivative of the value.
func TestGradient(t *testing.T) {
	for _, loss := range []Loss{Square, Logistic} {
		o := Drawn(50, 4, loss, 1)
		theta := []float64{.3, -.2, .5, 1}
		g := make([]float64, 4)
		o.Gradient(g, theta, nil)
		for j := range theta {
			const h = 1e-5
			up, down := append([]float64(nil), theta...), append([]float64(nil), theta...)
			up[j] += h
			down[j] -= h
			if want := (o.Value(up) - o.Value(down)) / (2 * h); math.Abs(g[j]-want) > 1e-8 {
				t.Errorf("loss %d, coordinate %d: %v, want %v", loss, j, g[j], want)
			}
		}
		best, err := o.Optimum(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		o.Gradient(g, best, nil)
		if norm(g) > 1e-11 {
			t.Errorf("loss %d: gradient %v at the optimum", loss, norm(g))
		}
	}
	apart := &Objective{X: []float64{1, 2, -1, -3}, Y: []float64{1, 1, -1, -1}, K: 1, Loss: Logistic}
	if _, err := apart.Optimum(t.Context()); !errors.Is(err, ErrSeparable) {
		t.Error(err)
	}
	wrong := &Objective{X: []float64{1, 2}, Y: []float64{1, 0}, K: 1, Loss: Logistic}
	if err := wrong.Check(); err == nil || err.Error() != "row 2: the label 0; the logistic loss takes -1 and 1" {
		t.Error(err)
	}
}

// Without stragglers coded descent is gradient descent; the graph code (16 blocks, 24 machines, p = .2, 960 points of
// 20 coordinates, 100 steps of .1) ends at about 1.1e-5 and fixed weights at about 9e-5, as another program found.
func TestCodedDescent(t *testing.T) {
	o := Drawn(960, 20, Square, 3)
	best, err := o.Optimum(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g := must(Regular(16, 3, 1))
	run := func(decoder Decoder, blocks, machines int, p float64, draw uint64) float64 {
		d := &Descent{Objective: o, Decoder: decoder, Blocks: blocks, Step: .1, Lose: func(lost []bool, step int) float64 {
			Bernoulli(lost, p, 5, draw<<32+uint64(step))
			return 1
		}}
		if err := d.Begin(machines, 5, draw); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if err := d.Advance(); err != nil {
				t.Fatal(err)
			}
		}
		if d.Seconds != 100 {
			t.Error(d.Seconds)
		}
		return d.Distance(best)
	}
	theta, gradient := make([]float64, 20), make([]float64, 20)
	for range 100 {
		o.Gradient(gradient, theta, nil)
		for j := range theta {
			theta[j] -= .1 * gradient[j]
		}
	}
	plain := 0.0
	for j := range theta {
		plain += (theta[j] - best[j]) * (theta[j] - best[j])
	}
	if d := run(g.Decode(), 16, 24, 0, 1); math.Abs(d-plain) > 1e-12*plain {
		t.Errorf("without stragglers %v, gradient descent %v", d, plain)
	}
	mean := func(decoder Decoder, blocks, machines int) float64 {
		sum := 0.0
		for draw := range uint64(30) {
			sum += run(decoder, blocks, machines, .2, draw) / 30
		}
		return sum
	}
	graph, fixed := mean(g.Decode(), 16, 24), mean(g.Assignment().Fixed(1/(3*.8)), 16, 24)
	frc, uncoded := mean(Fractional(16, 3).LeastSquares(), 16, 24), mean(Uncoded(24).Fixed(1/.8), 24, 24)
	t.Logf("graph %.3g, fractional %.3g, fixed %.3g, uncoded %.3g", graph, frc, fixed, uncoded)
	if !(graph < fixed/3 && frc < fixed/3 && fixed < uncoded) {
		t.Errorf("graph %v, fractional %v, fixed %v, uncoded %v", graph, frc, fixed, uncoded)
	}
}
