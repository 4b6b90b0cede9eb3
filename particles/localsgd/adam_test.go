package localsgd

import (
	"fmt"
	"math"
	"testing"
)

// Local Adam on the kink, published: M Var = .0121, .0102, .0098 (+- .0008) at M = 16, 64, 256, K = 16, R = 8.
func TestAdamVariance(t *testing.T) {
	const seeds = 300
	for clients, published := range map[int]float64{16: .0121, 64: .0102, 256: .0098} {
		t.Run(fmt.Sprint(clients), func(t *testing.T) {
			a := Algorithm{Name: LocalAdam, Eta: .02, Beta: 1, LocalSteps: 16, Momentum: .9, SecondMoments: DefaultSecondMoments(16, 8), Lambda: .1, Clip: math.Inf(1), Share: 1}
			var first, second float64
			for seed := range uint64(seeds) {
				r := &Run{Objective: OnLine{Kink{.5, 1}}, Noise: Noise{Law: GaussianNoise, Sigma: .5}, Algorithm: a, Clients: clients, Seed: seed, Workers: 1}
				x := advance(t, r, 8, 0)[0]
				first, second = first+x/seeds, second+x*x/seeds
			}
			got := float64(clients) * (second - first*first)
			if own := got * math.Sqrt(2./seeds); math.Abs(got-published) > 3*math.Hypot(own, .0008) {
				t.Errorf("M = %d: M Var = %.4g +- %.1g, published %g", clients, got, own, published)
			}
		})
	}
}

// Clipping, means of both versions: what is beyond rho counts as rho.
func TestClipping(t *testing.T) {
	a := Algorithm{Name: LocalSGDM, Eta: 1, LocalSteps: 1, Momentum: 0, Clip: .5, Share: 1}
	r := &Run{Objective: &Huber{Lambda: []float64{100, .1}}, Noise: Noise{Law: NoNoise}, Algorithm: a, Clients: 3, Workers: 1}
	x := advance(t, r, 1, 3, 3)
	if want := 3 - .3/math.Sqrt(10); math.Abs(x[0]-2.5) > 1e-15 || math.Abs(x[1]-want) > 1e-15 {
		t.Errorf("one clipped step leads to %v, not 2.5 and %g", x[:2], want)
	}
}

// Newton's optimum of the logistic objective has no gradient, and shares hold every sample once.
func TestLogistic(t *testing.T) {
	inputs, labels := make([]float64, 120), make([]float64, 60)
	for i := range inputs {
		inputs[i] = math.Sin(float64(i * i))
	}
	for i := range labels {
		labels[i] = 1
		if inputs[2*i]+.3*math.Cos(float64(i)) < 0 {
			labels[i] = -1
		}
	}
	for name, shares := range map[string][][]int{"even": EvenShares(60, 7, 1), "label": LabelShares(labels, 7), "dirichlet": DirichletShares(labels, 3, 1, 4)} {
		t.Run(name, func(t *testing.T) {
			seen := make([]int, 60)
			for _, share := range shares {
				for _, i := range share {
					seen[i]++
				}
			}
			for i, n := range seen {
				if n != 1 {
					t.Errorf("sample %d is there %d times", i, n)
				}
			}
			f, err := NewLogistic(t.Context(), inputs, labels, 2, .05, shares)
			if err != nil {
				t.Fatal(err)
			}
			// A gradient of the value, by differences, and the sum of the clients' gradients at the optimum.
			x, g, sum := []float64{.3, -.2}, make([]float64, 2), make([]float64, 2)
			mean := make([]float64, 2)
			for m := range shares {
				f.Gradient(g, f.Optimum(), m)
				sum[0], sum[1] = sum[0]+g[0], sum[1]+g[1]
				f.Gradient(g, x, m)
				mean[0], mean[1] = mean[0]+g[0]/float64(len(shares)), mean[1]+g[1]/float64(len(shares))
			}
			const h = 1e-5
			for j := range x {
				up, down := []float64{x[0], x[1]}, []float64{x[0], x[1]}
				up[j], down[j] = up[j]+h, down[j]-h
				if d := (f.Value(up) - f.Value(down)) / (2 * h); math.Abs(d-mean[j]) > 1e-9 {
					t.Errorf("derivative %d is %g, by differences %g", j, mean[j], d)
				}
				if math.Abs(sum[j]) > 1e-11 {
					t.Errorf("gradient %g at the optimum", sum[j])
				}
			}
			if f.Excess(x) <= 0 || f.Excess(f.Optimum()) != 0 {
				t.Errorf("excess %g, %g at the optimum", f.Excess(x), f.Excess(f.Optimum()))
			}
		})
	}
}
