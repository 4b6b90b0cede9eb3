package coding

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
)

// Values of the series T(x,y) = x (p + q T(y,x))^(d-1), iterated until the coefficients settle, by another program.
func TestLimitValues(t *testing.T) {
	for _, c := range []struct {
		degree int
		p      float64
		want   float64
	}{
		{3, .1, 1.009129576e-03}, {3, .2, 8.2692397e-03}, {3, .3, 2.887143e-02}, {4, .2, 1.603524802e-03}, {4, .3, 8.17584776e-03},
		{5, .3, 2.433080129e-03}, {6, .3, 7.2911997e-04}, {6, .4, 4.101170536e-3},
	} {
		t.Run(fmt.Sprintf("d=%d,p=%v", c.degree, c.p), func(t *testing.T) {
			l, err := Solve(t.Context(), c.degree, c.p, 1e-11)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(l.Error-c.want) > 6e-10 && math.Abs(l.Error/c.want-1) > 3e-7 {
				t.Errorf("%.12g, want %.12g", l.Error, c.want)
			}
		})
	}
}

// The same by iterating the two-variable series, which knows nothing of Lagrange's inversion.
func TestLimitIsTheSeries(t *testing.T) {
	for _, c := range []struct {
		degree int
		p      float64
	}{{2, .4}, {3, .15}, {3, .8}, {4, .1}, {5, .25}, {7, .3}, {8, .95}} {
		t.Run(fmt.Sprintf("d=%d,p=%v", c.degree, c.p), func(t *testing.T) {
			l, err := Solve(t.Context(), c.degree, c.p, 1e-12)
			if err != nil {
				t.Fatal(err)
			}
			want, finite := series(c.degree, c.p, 48)
			if math.Abs(l.Error-want) > 1e-9 || math.Abs(l.Summed-finite) > 1e-6 && c.degree > 2 || l.Summed > l.Finite+1e-12 {
				t.Errorf("error %.12g, finite %.9g; the series give %.12g, %.9g", l.Error, l.Finite, want, finite)
			}
		})
	}
}

// series sums trees of fewer than n blocks.
func series(d int, p float64, n int) (value, finite float64) {
	times := func(f, g [][]float64) [][]float64 {
		h := square(n)
		for a := range n {
			for b := range n - a {
				if f[a][b] == 0 {
					continue
				}
				for i := range n - a - b {
					for j := range n - a - b - i {
						h[a+i][b+j] += f[a][b] * g[i][j]
					}
				}
			}
		}
		return h
	}
	power := func(t [][]float64, k int) [][]float64 { // x (p + q T(y,x))^k
		base := square(n)
		for a := range n {
			for b := range n {
				base[a][b] = (1 - p) * t[b][a]
			}
		}
		base[0][0] += p
		h := square(n)
		h[0][0] = 1
		for range k {
			h = times(h, base)
		}
		x := square(n)
		copy(x[1:], h[:n-1])
		return x
	}
	tree := square(n)
	for range n {
		tree = power(tree, d-1)
	}
	r := power(tree, d)
	for a := range n {
		for b := range n - a {
			if a+b > 0 {
				x := float64(a-b) / float64(a+b)
				value += r[a][b] * x * x
				finite += r[a][b]
			}
		}
	}
	return value, finite
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// The estimate holds: against the longest sum, at and around the threshold p = 1 - 1/(d-1), where the terms fall
// slowest.
func TestEstimateIsTrue(t *testing.T) {
	for _, c := range []struct {
		degree int
		p      float64
	}{{3, .5}, {3, .49}, {3, .52}, {3, .45}, {4, 2. / 3}, {4, .66}, {5, .75}, {10, 8. / 9}, {2, .01}, {2, .5}} {
		t.Run(fmt.Sprintf("d=%d,p=%.3f", c.degree, c.p), func(t *testing.T) {
			best, err := Solve(t.Context(), c.degree, c.p, 0)
			var tolerance *ToleranceError
			if err != nil && !errors.As(err, &tolerance) {
				t.Fatal(err)
			}
			for _, e := range []float64{1e-3, 1e-5, 1e-7} {
				l, err := Solve(t.Context(), c.degree, c.p, e)
				if err != nil {
					if !errors.As(err, &tolerance) {
						t.Fatal(err)
					}
					continue
				}
				if wrong := math.Abs(l.Error - best.Error); wrong > l.Wrong+best.Wrong || l.Wrong > e {
					t.Errorf("tolerance %g: off by %.2g (itself known to %.2g), estimate %.2g, %d blocks", e, wrong, best.Wrong, l.Wrong, l.Size)
				}
			}
		})
	}
}

// The finite components' mass is the root of the branching process's equation u = (p + q u)^(d-1), and p is its own
// limit where all is lost.
func TestIdentities(t *testing.T) {
	for d := 2; d <= 9; d++ {
		for _, p := range []float64{1e-3, .05, .2, .9, .999} {
			l, err := Solve(t.Context(), d, p, 1e-9)
			if err != nil {
				t.Fatal(err)
			}
			u := 0.0
			for range 100000 {
				u = math.Pow(p+(1-p)*u, float64(d-1))
			}
			if want := math.Pow(p+(1-p)*u, float64(d)); math.Abs(l.Finite-want) > 1e-9*want {
				t.Errorf("d = %d, p = %v: finite with probability %.9g, want %.9g", d, p, l.Finite, want)
			}
			if low, high := math.Pow(p, float64(d)), l.Finite; l.Error < low*(1-1e-12) || l.Error > high*(1+1e-12) {
				t.Errorf("d = %d, p = %v: error %v outside [%v, %v]", d, p, l.Error, low, high)
			}
		}
	}
	// On paths and cycles (d = 2) only odd paths have an error, 1/n² a block: sum over odd n of n q^(n-1) p² / n².
	want, p := 0.0, .3
	for n := 1; n < 1000; n += 2 {
		want += math.Pow(1-p, float64(n-1)) * p * p / float64(n)
	}
	if l, err := Solve(context.Background(), 2, p, 1e-12); err != nil || math.Abs(l.Error-want) > 1e-12 {
		t.Errorf("d = 2: %v, %v, want %v", l, err, want)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		degree int
		p      float64
	}{{0, .1}, {MaxDegree + 1, .1}, {3, -.1}, {3, 1}, {3, math.NaN()}} {
		t.Run(fmt.Sprint(c.degree), func(t *testing.T) {
			if _, err := Solve(t.Context(), c.degree, c.p, 1e-6); err == nil {
				t.Errorf("d = %d, p = %v is taken", c.degree, c.p)
			}
		})
	}
}
