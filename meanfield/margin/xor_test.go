package margin

import (
	"fmt"
	"math"
	"testing"
)

// Values of another program: thresholds to four digits, the two margins near the transition.
func TestXOR(t *testing.T) {
	for h, want := range map[float64]float64{1.25: 2.0629, 1.5: 1.0397, 1.75: .4164} {
		t.Run(fmt.Sprint(h), func(t *testing.T) {
			k := KappaGeneralise(h)
			if math.Abs(k-want) > 5e-5 {
				t.Errorf("h %v: %v, want %v", h, k, want)
			}
			if a, b := (XOR{k, h}).SignalMargin(), (XOR{k, h}).MemoryMargin(); math.Abs(a/b-1) > 1e-13 {
				t.Errorf("at the threshold of %v the margins are %v and %v", h, a, b)
			}
			if (XOR{k * .99, h}).Generalises() || !(XOR{k * 1.01, h}).Generalises() {
				t.Errorf("h %v: the phases are on the wrong sides", h)
			}
		})
	}
	x := XOR{1.05 * KappaGeneralise(1.5), 1.5}
	if math.Abs(x.SignalMargin()-.793445) > 1e-6 || math.Abs(x.MemoryMargin()-.787361) > 1e-6 {
		t.Errorf("%v %v", x.SignalMargin(), x.MemoryMargin())
	}
	if x = (XOR{2.5, 1.5}); math.Abs(x.Margin()-.5119) > 5e-5 || math.Abs(x.Signal()-.620) > 5e-4 {
		t.Errorf("%v %v", x.Margin(), x.Signal())
	}
	for _, bad := range []XOR{{0, 1.5}, {1, 1}, {1, 2}, {math.NaN(), 1.5}, {1, math.NaN()}} {
		if bad.Check() == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// partial is the margin of a neuron with the signal u that spends the share own of its remaining squared norm on its
// own cluster's points, and the rest on a share of the opposite cluster's.
func partial(x XOR, u, own, share float64) float64 {
	rest := (1 - u*u) * 4 / x.Kappa
	v1, v2 := math.Sqrt(rest*own), math.Sqrt(rest*(1-own)/share)
	return (math.Pow(u+v1, x.Power) + share*math.Pow(math.Max(v2-u, 0), x.Power)) / 4
}

// Memorising a part of the opposite cluster beside the signal is never better than the better of the two ways.
func TestPartialMemoryIsNeverBetter(t *testing.T) {
	for _, h := range []float64{1.1, 1.25, 1.5, 1.75, 1.9} {
		g := KappaGeneralise(h)
		for _, k := range []float64{.3, .6 * g, .95 * g, 1.05 * g, 1.5 * g, 3, 5} {
			x, best := XOR{k, h}, 0.0
			const n = 40
			for i := range n + 1 {
				for j := range n + 1 {
					for l := 1; l <= n; l++ {
						best = math.Max(best, partial(x, float64(i)/n, float64(j)/n, float64(l)/n))
					}
				}
			}
			if best > x.Margin()*(1+1e-12) {
				t.Errorf("h %v, kappa %v: %v is above %v", h, k, best, x.Margin())
			}
			if math.Abs(partial(x, x.Signal(), 1, 1)/x.SignalMargin()-1) > 1e-12 {
				t.Errorf("h %v, kappa %v: %v, want %v", h, k, partial(x, x.Signal(), 1, 1), x.SignalMargin())
			}
		}
	}
}

// The bracket closes on the limit like 1/d, and at h near 2 its ends are those of a linear mean.
func TestSignalBracket(t *testing.T) {
	for _, d := range []int{1000, 10_000, 100_000} {
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			x := XOR{2.5, 1.5}
			low, high, err := x.SignalBracket(80, d, 80/(float64(d)*2.5))
			if err != nil {
				t.Fatal(err)
			}
			limit := x.SignalMargin()
			if !(low.Value < high.Value && high.Value < limit*(1+1e-9)) || (limit-low.Value)*float64(d) > 60*limit || (high.Value-low.Value)*float64(d) < 5*limit {
				t.Errorf("[%v, %v] of %v", low.Value, high.Value, limit)
			}
		})
	}
	// E (1 + s2 X/(n/4)) = 1 + 4 s2 k/n.
	low, high, err := XOR{1, 2}.SignalBracket(8, 30, .1)
	if err != nil || math.Abs(4*low.Value-(1+.05*23)) > 1e-12 || math.Abs(4*high.Value-(1+.05*27)) > 1e-12 {
		t.Errorf("%v %v %v", low, high, err)
	}
	if _, _, err := (XOR{1, 1.5}).SignalBracket(6, 30, .1); err == nil {
		t.Error("6 points are taken")
	}
}
