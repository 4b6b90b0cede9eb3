package ridge

import (
	"fmt"
	"math"
	"testing"
)

// quarticTerms are degrees 2 and 4, s = (1, 1), h = (.6, .45).
func quarticTerms() []Term { return []Term{{2, 1, .6}, {4, 1, .45}} }

func quartic(t testing.TB, d int) *Problem {
	t.Helper()
	p, err := NewProblem(d, quarticTerms())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEquivalents: values of an independent implementation (Brent's method, SciPy), to 1e-8.
func TestEquivalents(t *testing.T) {
	for _, c := range []struct {
		d                        int
		n, ridge, noise          float64
		ntk, fourth, best, floor float64
	}{
		{16, 256, 0, 0, .3524827489, .1961710119, .3048173040, .1886390374},
		{32, 5793, 0, 0, .2045355174, 0, .1990703176, .1798676011},
		{64, 32768, 0, 0, .2097863571, 0, .2070231145, 0},
		{16, 1024, .3, .5, .2553046558, 0, .2361796557, 0},
	} {
		t.Run(fmt.Sprintf("d=%d,n=%g,noise=%g", c.d, c.n, c.noise), func(t *testing.T) {
			p := quartic(t, c.d)
			best := c.noise * c.noise
			ntk := p.Equivalent(p.NTK(), c.n, c.ridge, c.noise)
			for _, got := range []struct {
				name        string
				value, want float64
			}{
				{"ntk", ntk.Total, c.ntk}, {"ntk, degree 4", ntk.Parts[1], c.fourth},
				{"best", p.Equivalent(p.Best(), c.n, best, c.noise).Total, c.best}, {"floor", p.Floor(c.n).Total, c.floor},
			} {
				t.Run(got.name, func(t *testing.T) {
					if got.want != 0 && math.Abs(got.value-got.want) > 1e-10 {
						t.Errorf("%s: %.12f, want %.10f", got.name, got.value, got.want)
					}
				})
			}
		})
	}
}

// TestKappaSolvesItsEquation from one sample to just below the rank, and beyond it with a ridge.
func TestKappaSolvesItsEquation(t *testing.T) {
	for _, d := range []int{3, 10, 64, 1000} {
		p := quartic(t, d)
		for _, k := range []Kernel{p.NTK(), p.Best()} {
			rank := p.Rank(k)
			for _, share := range []float64{1e-3 / rank, .01, .5, .999, 1 - 1e-9, 1, 1.5, 30} {
				for _, ridge := range []float64{0, 1e-9, .1, 100} {
					n := share * rank
					if ridge == 0 && n >= rank {
						continue
					}
					kappa := p.Kappa(k, n, ridge)
					sum := ridge / kappa
					for i, w := range k.Weights {
						eta := w / p.mult[i]
						sum += p.mult[i] * eta / (eta + kappa)
					}
					if !(math.Abs(sum/n-1) < 1e-13) {
						t.Errorf("d = %d, %s, n = %g, ridge %g: kappa %g gives %.15g n", d, k.Name, n, ridge, kappa, sum/n)
					}
				}
			}
		}
	}
}

// TestEquivalentEnds: exact ends, and the kernels' order.
func TestEquivalentEnds(t *testing.T) {
	p := quartic(t, 12)
	ntk, best := p.NTK(), p.Best()
	rank := p.Rank(ntk)
	if rank != 77+1287 {
		t.Fatalf("rank %g", rank)
	}
	for _, n := range []float64{rank, rank + 1, 5 * rank} {
		if r := p.Equivalent(ntk, n, 0, 0); r.Total != 0 {
			t.Errorf("n = %g without noise: %v", n, r)
		}
	}
	if r := p.Equivalent(ntk, 2*rank, 0, .3).Total; math.Abs(r-.09) > 1e-15 { // noise^2 N/(n-N)
		t.Errorf("n = 2N with noise: %g", r)
	}
	if r := p.Equivalent(ntk, rank, 0, .3).Total; !math.IsInf(r, 1) {
		t.Errorf("n = N with noise: %g", r)
	}
	if r := p.Equivalent(ntk, 1e-9, 0, 0).Total; math.Abs(r-p.Norm2()) > 1e-9 {
		t.Errorf("no samples: %g, want %g", r, p.Norm2())
	}
	small := p.Equivalent(ntk, 2*rank, 1e-12, .3).Total
	if math.Abs(small-.09) > 1e-9 {
		t.Errorf("a ridge of 1e-12 beyond the rank: %g, not what ridge 0 gives", small)
	}
	for n := 2.0; n < rank; n *= 1.7 {
		a, b, c := p.Equivalent(ntk, n, 0, 0).Total, p.Equivalent(best, n, 0, 0).Total, p.Floor(n).Total
		if !(a >= b && b >= c) {
			t.Errorf("n = %g: ntk %g, best %g, floor %g are not in order", n, a, b, c)
		}
	}
}

// TestBestRidge: 0 without noise; with noise what a fine scan finds, .371 at d = 16, n = 1024, noise .5.
func TestBestRidge(t *testing.T) {
	p := quartic(t, 16)
	ntk := p.NTK()
	for _, n := range []float64{50, 1024, 3500} {
		if r := p.BestRidge(ntk, n, 0); r != 0 {
			t.Errorf("n = %g without noise: %g", n, r)
		}
	}
	r := p.BestRidge(ntk, 1024, .5)
	if math.Abs(r-.3715) > 1e-3 {
		t.Errorf("n = 1024, noise .5: %g", r)
	}
	at := p.Equivalent(ntk, 1024, r, .5).Total
	for _, other := range []float64{0, .5 * r, .99 * r, 1.01 * r, 3 * r} {
		if p.Equivalent(ntk, 1024, other, .5).Total < at {
			t.Errorf("ridge %g is better than %g", other, r)
		}
	}
}

// TestCrossings: n at which the best kernel's risk is h_4^2/2, of an independent implementation.
func TestCrossings(t *testing.T) {
	for _, c := range []struct {
		d    int
		want float64
	}{{10, 422.8}, {16, 2119.6}, {24, 9199.1}, {32, 26944}, {64, 386330}} {
		t.Run(fmt.Sprint(c.d), func(t *testing.T) {
			p := quartic(t, c.d)
			n, ok := Crossing(func(n float64) float64 { return p.Equivalent(p.Best(), n, 0, 0).Total }, .10125, 1, 100*p.Rank(p.Best()))
			if !ok || math.Abs(n/c.want-1) > 3e-5 {
				t.Errorf("d = %d: %g (%v), want %g", c.d, n, ok, c.want)
			}
		})
	}
	if n, ok := Crossing(func(float64) float64 { return 1 }, .5, 1, 1e9); ok || !math.IsNaN(n) {
		t.Errorf("a risk that stays: %g, %v", n, ok)
	}
	if n, ok := Crossing(func(float64) float64 { return .4 }, .5, 3, 1e9); !ok || n != 3 {
		t.Errorf("a risk that is there at the start: %g, %v", n, ok)
	}
}

// TestProblemsRefused names what is wrong.
func TestProblemsRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		d     int
		terms []Term
	}{
		{"dimension", 2, quarticTerms()}, {"no terms", 8, nil}, {"degree 0", 8, []Term{{0, 1, 1}}}, {"degree twice", 8, []Term{{2, 1, 1}, {2, 1, 0}}},
		{"not learnable", 8, []Term{{2, 1, .5}, {4, 0, .5}}}, {"no target", 8, []Term{{2, 1, 0}}}, {"not finite", 8, []Term{{2, 1, math.NaN()}}},
		{"too high", 8, []Term{{MaxDegree + 1, 1, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := NewProblem(c.d, c.terms); err == nil {
				t.Errorf("%s is accepted", c.name)
			}
		})
	}
}

// TestLegendre: P_k(1) = 1, closed forms of degrees 2 and 4, and E Pbar_j Pbar_k = delta_jk by the sphere's moments.
func TestLegendre(t *testing.T) {
	for _, d := range []int{3, 8, 33} {
		p := Legendre(d, 6)
		x := float64(d)
		for _, s := range []float64{-1, -.3, 0, .7, 1} {
			if got, want := horner(p[2], s), (x*s*s-1)/(x-1); math.Abs(got-want) > 1e-14 {
				t.Errorf("P_2(%g) = %g, want %g", s, got, want)
			}
			if got, want := horner(p[4], s), ((x+2)*(x+4)*s*s*s*s-6*(x+2)*s*s+3)/(x*x-1); math.Abs(got-want) > 1e-14 {
				t.Errorf("P_4(%g) = %g, want %g", s, got, want)
			}
		}
		for j := range p {
			for k := range p {
				sum := 0.0
				for a, u := range p[j] {
					for b, v := range p[k] {
						if (a+b)%2 == 0 {
							sum += u * v * moment(d, a+b)
						}
					}
				}
				want := 0.0
				if j == k {
					want = 1 / Multiplicity(d, k)
				}
				if math.Abs(sum-want) > 1e-13 {
					t.Errorf("d = %d: E P_%d P_%d = %g, want %g", d, j, k, sum, want)
				}
			}
		}
	}
}

// moment is E s^k: 1 3 5 ... (k-1) / (d (d+2) ... (d+k-2)).
func moment(d, k int) float64 {
	m := 1.0
	for j := 2; j <= k; j += 2 {
		m *= float64(j-1) / float64(d+j-2)
	}
	return m
}

// TestUnreachable: the two conditions on (gamma_2, gamma_4), from both sides.
func TestUnreachable(t *testing.T) {
	for _, d := range []int{5, 10, 64} {
		x := float64(d)
		p4 := Legendre(d, 4)[4]
		least := func(g float64) float64 { return horner(p4, math.Sqrt((1+(x-1)*g)/x)) }
		most := func(g float64) float64 { return 3/(x*x-1) + (1-3/(x*x-1))*(g+1/(x-1))*(x-1)/x }
		for _, c := range []struct {
			name        string
			g2, g4      float64
			unreachable bool
		}{
			{"inside", .6, (least(.6) + most(.6)) / 2, false}, {"just above the least", .3, least(.3) + .01, false}, {"just below it", .3, least(.3) - .01, true},
			{"just below the most", .6, most(.6) - .01, false}, {"just above it", .6, most(.6) + .01, true}, {"quartic", .6, .45, false}, {"negative", -.9, .2, true},
		} {
			t.Run(c.name, func(t *testing.T) {
				p, err := NewProblem(d, []Term{{2, 1, c.g2}, {4, 1, c.g4}})
				if err != nil {
					t.Fatal(err)
				}
				left := p.Unreachable()
				if (left > 1e-6) != c.unreachable || left > 1e-4 && c.name != "negative" {
					t.Errorf("d = %d, %s: at least %.3g is left", d, c.name, left)
				}
			})
		}
	}
}
