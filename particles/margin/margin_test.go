package margin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"kac/internal/rng"
	"kac/kernels"
)

func gramOf(t *testing.T, d *Data, workers int) []float64 {
	t.Helper()
	g := make([]float64, d.Samples*d.Samples)
	if err := d.Gram(context.Background(), g, kernels.NewWorkspace[float64](workers)); err != nil {
		t.Fatal(err)
	}
	return g
}

// The Gram matrix is that of the drawn vectors, across blocks, for any number of workers.
func TestGram(t *testing.T) {
	d := &Data{Samples: 9, Dim: 2*Block + 30, Variance: .3, Seed: 5}
	g := gramOf(t, d, 1)
	for i, x := range gramOf(t, d, 3) {
		if x != g[i] {
			t.Fatalf("element %d depends on the workers: %v and %v", i, x, g[i])
		}
	}
	x := vectors(d)
	for i := range d.Samples {
		for j := range d.Samples {
			if want := dot(x[i], x[j]); math.Abs(g[i*d.Samples+j]-want) > 1e-11 {
				t.Errorf("element %d, %d is %v, want %v", i, j, g[i*d.Samples+j], want)
			}
		}
	}
	if m := g[0] / (d.Variance * float64(d.Dim-1)); math.Abs(m-1) > .2 {
		t.Errorf("a noise vector has %v times its mean square", m)
	}
}

// vectors are the noise vectors of a data set.
func vectors(d *Data) [][]float64 {
	out := make([][]float64, d.Samples)
	for first := 0; first < d.Dim-1; first += Block {
		count := min(Block, d.Dim-1-first)
		part := make([]float64, d.Samples*count)
		d.Noise(part, first, count)
		for i := range out {
			out[i] = append(out[i], part[i*count:(i+1)*count]...)
		}
	}
	return out
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// One data set with vectors in hand: the classifier's values on its points, signal, margin, flipped points, and the
// worst classifier, all without the formulas; a test error by new points.
func TestClassifierOfVectors(t *testing.T) {
	for _, c := range []struct{ n, d int }{{12, 300}, {20, 30}, {40, 60}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			d := &Data{c.n, c.d, .4 * float64(c.n) / float64(c.d), 3}
			x, g := vectors(d), gramOf(t, d, 1)
			s, err := Solve(context.Background(), g, c.n)
			if err != nil {
				t.Fatal(err)
			}
			// w = sum_i c_i (mu + xi_i), the last coordinate that along mu.
			w := make([]float64, c.d)
			for i, v := range x {
				for a, y := range v {
					w[a] += s.C[i] * y
				}
				w[c.d-1] += s.C[i]
			}
			size := math.Sqrt(dot(w, w))
			least, flipped := math.Inf(1), math.Inf(-1)
			for i, v := range x {
				noise := dot(w[:c.d-1], v) / size
				least = math.Min(least, w[c.d-1]/size+noise)
				if s.C[i] > 0 {
					flipped = math.Max(flipped, (w[c.d-1]/size-noise)/least)
				}
			}
			m := MaxMargin(s.Q, d.Variance)
			if math.Abs(m.Margin()/least-1) > 1e-12 || math.Abs(m.Signal()-w[c.d-1]/size) > 1e-12 || math.Abs(m.Margin()-1/m.Signal()) > 1e-12 {
				t.Errorf("margin %v, of the vectors %v; signal %v, %v", m.Margin(), least, m.Signal(), w[c.d-1]/size)
			}
			low, high, _ := s.Flipped(g)
			if want := (s.Q - 1) / (s.Q + 1); math.Abs(high-want) > 1e-11 || math.Abs(flipped-want) > 1e-11 || low > high {
				t.Errorf("flipped values up to %v and %v, want %v", high, flipped, want)
			}
			if s.Support == c.n && high-low > 1e-12 {
				t.Errorf("flipped values from %v to %v", low, high)
			}
			// No unit vector that is tried has a larger margin, nor at its margin less signal than the worst
			// classifier.
			r := rng.New(1, rng.Search, 0)
			v := append([]float64(nil), w...)
			for range 3000 {
				u := append([]float64(nil), w...)
				scale := size * math.Pow(10, -4*r.Float64())
				for _, p := range x { // within the span of the points, where margins are large
					y := scale * r.NormFloat64() / 5
					for a := range p {
						u[a] += y * p[a]
					}
				}
				u[c.d-1] += scale * r.NormFloat64()
				norm, got := math.Sqrt(dot(u, u)), math.Inf(1)
				for _, p := range x {
					got = math.Min(got, u[c.d-1]/norm+dot(u[:c.d-1], p)/norm)
				}
				if got > least*(1+1e-12) {
					t.Fatalf("a margin of %v is above the largest, %v", got, least)
				}
				if rho := got / least; rho > 0 {
					if b := Worst(s.Q, d.Variance, rho); u[c.d-1]/norm < b.Signal()-1e-9 || math.Abs(b.Margin()/got-1) > 1e-9 {
						t.Fatalf("at the margin %v a signal of %v, the least should be %v", got, u[c.d-1]/norm, b.Signal())
					}
				}
			}
			wrong, trials := 0, 20_000
			for range trials { // a new point has w'xi ~ N(0, s2 |w_noise|²)
				if w[c.d-1]+r.NormFloat64()*math.Sqrt(d.Variance)*math.Sqrt(dot(v[:c.d-1], v[:c.d-1])) < 0 {
					wrong++
				}
			}
			p := math.Exp(m.LogTestError())
			if z := (float64(wrong)/float64(trials) - p) / math.Sqrt(p*(1-p)/float64(trials)); math.Abs(z) > 4 {
				t.Errorf("%d of %d new points are wrong, the test error is %v", wrong, trials, p)
			}
		})
	}
}

// By a slow method: the dual's coordinates in turn until nothing changes, where not all points are support vectors.
func TestSolveAgainstCoordinateDescent(t *testing.T) {
	left := 0
	for seed := range uint64(20) {
		d := &Data{15, 20, .1, seed}
		g := gramOf(t, d, 1)
		s, err := Solve(context.Background(), g, 15)
		if err != nil {
			t.Fatal(err)
		}
		c := make([]float64, 15)
		for range 200_000 {
			for i := range c {
				c[i] = math.Max(0, c[i]+(1-dot(g[i*15:(i+1)*15], c))/g[i*16])
			}
		}
		for i := range c {
			if math.Abs(c[i]-s.C[i]) > 1e-6*s.Q {
				t.Errorf("seed %d: c[%d] = %v, want %v", seed, i, s.C[i], c[i])
			}
		}
		left += 15 - s.Support
		if s.Residual > 1e-13 {
			t.Errorf("seed %d: residual %v", seed, s.Residual)
		}
	}
	if left < 10 {
		t.Errorf("only %d points of 20 data sets are no support vectors", left)
	}
}

// Both ways to draw N have the law of a Wishart matrix: means and variances of an entry on and off the diagonal.
func TestGramOfLaw(t *testing.T) {
	const n, dim, draws = 4, 40, 4000
	ws := kernels.NewWorkspace[float64](1)
	for name, draw := range map[string]func(d *Data, g []float64) error{
		"vectors": func(d *Data, g []float64) error { return d.Gram(context.Background(), g, ws) },
		"law":     func(d *Data, g []float64) error { return d.GramOfLaw(context.Background(), g, ws) },
	} {
		t.Run(name, func(t *testing.T) {
			var sum, square [n * n]float64
			g := make([]float64, n*n)
			for seed := range uint64(draws) {
				if err := draw(&Data{n, dim, .5, seed}, g); err != nil {
					t.Fatal(err)
				}
				for i, x := range g {
					sum[i] += x / draws
					square[i] += x * x / draws
				}
			}
			for i := range n {
				for j := range n {
					mean, variance := 0.0, .25*(dim-1)
					if i == j {
						mean, variance = .5*(dim-1), .25*2*(dim-1)
					}
					k := i*n + j
					if z := (sum[k] - mean) / math.Sqrt(variance/draws); math.Abs(z) > 4 {
						t.Errorf("entry %d, %d has the mean %v, want %v", i, j, sum[k], mean)
					}
					if v := square[k] - sum[k]*sum[k]; math.Abs(v/variance-1) > .15 {
						t.Errorf("entry %d, %d has the variance %v, want %v", i, j, v, variance)
					}
				}
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	ws := kernels.NewWorkspace[float64](1)
	if (&Data{4, 4, 1, 1}).GramOfLaw(context.Background(), make([]float64, 16), ws) == nil || (&Data{4, 9, 1, 1}).GramOfLaw(context.Background(), make([]float64, 15), ws) == nil || (&Data{4, 9, 1, 1}).Gram(context.Background(), nil, ws) == nil {
		t.Error("a wrong size is taken")
	}
	if _, err := Solve(context.Background(), []float64{1, 1, 1, 1}, 2); !errors.Is(err, ErrSingular) {
		t.Errorf("a singular matrix: %v", err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if err := (&Data{4, 9, 1, 1}).Gram(stopped, make([]float64, 16), ws); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Solve(stopped, []float64{1}, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
