package decision

import (
	"fmt"
	"math"
	"testing"
)

// Values of another program, by its own double oracle with another solver of linear programs.
func TestMinimaxValues(t *testing.T) {
	for _, c := range []struct {
		spacing, gamma float64
		rounds         int
		want, digits   float64
	}{
		{.05, 1, 1, .25, 1e-9}, {.05, 1, 2, .333333333, 1e-9}, {.05, 1, 5, .431679187, 1e-9}, {.05, 1, 10, .582003890, 1e-9}, {.05, 1, 30, 1.008478146, 1e-8},
		{.05, 1, 100, 1.844072426, 1e-7}, {.05, .9, 10, -.010205143, 1e-9}, {.05, .9, 30, -.635578382, 1e-8}, {.05, .75, 10, -.841837619, 1e-9},
		{.05, .75, 30, -3.077821288, 1e-8}, {.05, .75, 100, -11.294704842, 1e-7}, {.05, .5, 10, -2.227891746, 1e-9}, {.05, .5, 100, -24.253292164, 1e-7},
		{.025, 1, 100, 1.86405791, 1e-7}, {.025, 1, 300, 3.23104325, 1e-6},
	} {
		t.Run(fmt.Sprint(c.spacing, c.gamma, c.rounds), func(t *testing.T) {
			b, err := Grid(.5, c.spacing)
			if err != nil {
				t.Fatal(err)
			}
			v, err := b.Minimax(t.Context(), c.rounds, c.gamma)
			if err != nil {
				t.Fatal(err)
			}
			if v.Upper-v.Lower > 1e-6*float64(c.rounds) || v.Lower > v.Upper+1e-12*float64(c.rounds) {
				t.Errorf("certificate [%.12g, %.12g]", v.Lower, v.Upper)
			}
			if slack := c.digits + 1e-7*float64(c.rounds); v.Lower > c.want+slack || v.Upper < c.want-slack || math.Abs((v.Lower+v.Upper)/2-c.want) > slack {
				t.Errorf("[%.10g, %.10g] in %d steps, want %.10g", v.Lower, v.Upper, v.Steps, c.want)
			}
		})
	}
}

// One round: the regret of pulling with probability p is gamma max(1/2, theta) - 1/2 - p (theta - 1/2), worst at theta
// 0 and 1: gamma - 1/2 - p/2 and gamma/2 - 1/2 + p/2 meet at p = gamma/2.
func TestOneRound(t *testing.T) {
	b, _ := Grid(.5, .1)
	for _, gamma := range []float64{1, .9, .6, .3} {
		v, err := b.Minimax(t.Context(), 1, gamma)
		if want := gamma*3/4 - .5; err != nil || math.Abs(v.Upper-want) > 1e-9 {
			t.Errorf("gamma %v: %v, %v, want %v", gamma, v, err, want)
		}
	}
}

// A certain class has no regret; more means are harder; less is asked with less gamma.
func TestOrder(t *testing.T) {
	one := &Bandit{Safe: .5, Theta: []float64{.7}}
	if v, err := one.Minimax(t.Context(), 20, 1); err != nil || math.Abs(v.Upper) > 1e-9 {
		t.Errorf("one mean: %v, %v", v, err)
	}
	coarse, _ := Grid(.5, .1)
	fine, _ := Grid(.5, .05)
	before := math.Inf(-1)
	for _, gamma := range []float64{.4, .7, .9, 1} {
		a, err := coarse.Minimax(t.Context(), 25, gamma)
		if err != nil {
			t.Fatal(err)
		}
		b, err := fine.Minimax(t.Context(), 25, gamma)
		if err != nil {
			t.Fatal(err)
		}
		if a.Lower > b.Upper+1e-9 || a.Upper < before-1e-9 {
			t.Errorf("gamma %v: %v on the coarse grid, %v on the fine one, %v before", gamma, a, b, before)
		}
		before = a.Lower
	}
}

// The rewards that dynamic programming finds are those of playing all sequences out.
func TestRewardByEnumeration(t *testing.T) {
	b, _ := Grid(.4, .25)
	const rounds = 7
	prior := []float64{.1, .3, .2, .3, .1}
	value, pol := b.best(rounds, prior)
	got := b.reward(pol)
	expected := 0.0
	for k, theta := range b.Theta {
		want := 0.0
		for outcome := range 1 << rounds {
			p, reward, n, s := 1.0, 0.0, 0, 0
			for ; n < rounds && pol[n][s]; n++ {
				if outcome>>n&1 == 1 {
					p *= theta
					reward++
					s++
				} else {
					p *= 1 - theta
				}
			}
			reward += .4 * float64(rounds-n)
			want += p * reward / float64(int(1)<<(rounds-n)) // outcomes after stopping are not used
		}
		if math.Abs(got[k]-want) > 1e-12 {
			t.Errorf("theta %v: %v, want %v", theta, got[k], want)
		}
		expected += prior[k] * got[k]
	}
	if math.Abs(expected-value) > 1e-12 {
		t.Errorf("the best reward %v, its policy has %v", value, expected)
	}
}

// The worst regret of E2D for the best of five offsets, as another program found with the same rule for ties; never
// below minimax.
func TestE2D(t *testing.T) {
	b, _ := Grid(.5, .05)
	for _, c := range []struct {
		gamma  float64
		rounds int
		want   float64
	}{{1, 10, .826795}, {1, 30, 1.590185}, {1, 100, 3.689900}, {.75, 100, -10.454181}} {
		t.Run(fmt.Sprint(c.gamma), func(t *testing.T) {
			best := math.Inf(1)
			for _, share := range []float64{.25, .5, 1, 2, 4} {
				r, err := b.E2D(t.Context(), c.rounds, c.gamma, share*math.Sqrt(float64(c.rounds)))
				if err != nil {
					t.Fatal(err)
				}
				best = math.Min(best, r)
			}
			v, err := b.Minimax(t.Context(), c.rounds, c.gamma)
			if err != nil || math.Abs(best-c.want) > 2e-6 || best < v.Lower {
				t.Errorf("gamma %v, %d rounds: %v, want %v, minimax %v, %v", c.gamma, c.rounds, best, c.want, v.Lower, err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	b, _ := Grid(.5, .1)
	for _, c := range []struct {
		rounds int
		gamma  float64
	}{{0, 1}, {MaxRounds + 1, 1}, {5, 0}, {5, 1.1}, {5, math.NaN()}} {
		t.Run(fmt.Sprint(c.rounds), func(t *testing.T) {
			if _, err := b.Minimax(t.Context(), c.rounds, c.gamma); err == nil {
				t.Errorf("%v is taken", c)
			}
		})
	}
	for _, c := range [][2]float64{{1.5, .1}, {.5, .3}, {.5, 0}, {.5, 1e-9}, {math.NaN(), .1}} {
		if _, err := Grid(c[0], c[1]); err == nil {
			t.Errorf("the grid %v is taken", c)
		}
	}
}
