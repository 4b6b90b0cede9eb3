package decision

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"kac/internal/lp"
)

// instance is F[i][j] = ((7i + 3j + ij) mod 11)/10, 6 x 5.
func instance() Class {
	var c Class
	for i := range 6 {
		var row []float64
		for j := range 5 {
			row = append(row, float64((7*i+3*j+i*j)%11)/10)
		}
		c = append(c, row)
	}
	return c
}

// Values of another program by enumeration and by mixed integer programming.
func TestMatrixValues(t *testing.T) {
	c := instance()
	fb := c.Mean()
	eps := []float64{.1, .2, .25, .3, .4}
	for gamma, want := range map[float64][]float64{
		1: {.0150325380, .0751626898, .1276920630, .2784951577, .4035729847}, .9: {-.0499674620, .0101626898, .0626920630, .1984951577, .3192810458},
		.75: {-.1474674620, -.0873373102, -.0348398700, .0759880933, .1800000000},
	} {
		t.Run(fmt.Sprint(gamma), func(t *testing.T) {
			for k, e := range eps {
				v, err := c.Constrained(t.Context(), fb, gamma, e)
				if err != nil || math.Abs(v.Value-want[k]) > 1e-9 {
					t.Errorf("gamma %v, eps %v: %.10f, %v, want %.10f", gamma, e, v.Value, err, want[k])
				}
				if v.Lagrange < v.Value-1e-9 {
					t.Errorf("gamma %v, eps %v: the Lagrange bound %v is below %v", gamma, e, v.Lagrange, v.Value)
				}
			}
		})
	}
	for gamma, want := range map[float64][]float64{1: {.3270018590, .0981221063, .0171979351}, .75: {.0877056892, -.0882848913, -.1515760153}} {
		t.Run(fmt.Sprint(gamma), func(t *testing.T) {
			for k, lambda := range []float64{1, 4, 16} {
				if v, err := c.Offset(fb, gamma, lambda); err != nil || math.Abs(v.Value-want[k]) > 1e-9 {
					t.Errorf("gamma %v, lambda %v: %.10f, %v, want %.10f", gamma, lambda, v.Value, err, want[k])
				}
			}
		})
	}
}

// The least bound may be that of lambda = 0: where nothing is excluded, it is the value.
func TestLagrangeOfNothingExcluded(t *testing.T) {
	for _, c := range []Class{{{.8, .3, .1}}, {{.1}, {.9}, {.4}}, instance()} {
		for _, gamma := range []float64{1, .7} {
			v, err := c.Constrained(t.Context(), c.Mean(), gamma, 1)
			if err != nil || len(v.Excluded) > 0 || math.Abs(v.Lagrange-v.Value) > 1e-12 {
				t.Errorf("%v, gamma %v: value %v, bound %v, excluded %v, %v", c, gamma, v.Value, v.Lagrange, v.Excluded, err)
			}
		}
	}
}

// Branching is enumeration of all excluded sets.
func TestBranchingIsEnumeration(t *testing.T) {
	c := instance()
	for _, fb := range [][]float64{c.Mean(), c[2], {.5, .1, .9, .3, .2}} {
		for _, gamma := range []float64{1, .8} {
			for _, eps := range []float64{0, .05, .15, .33, .6, 1} {
				g, d := c.regrets(fb, gamma)
				want := math.Inf(1)
				for set := range 1 << len(c) {
					included, excluded := []int{len(c)}, []int{}
					for i := range c {
						if set>>i&1 == 1 {
							excluded = append(excluded, i)
						} else {
							included = append(included, i)
						}
					}
					if v, err := minimise(g, d, included, excluded, eps*eps); err == nil {
						want = math.Min(want, v.Value)
					} else if err != lp.ErrInfeasible {
						t.Fatal(err)
					}
				}
				v, err := c.Constrained(t.Context(), fb, gamma, eps)
				if err != nil || math.Abs(v.Value-want) > 1e-10 {
					t.Errorf("fb %v, gamma %v, eps %v: %v, %v, want %v", fb, gamma, eps, v.Value, err, want)
				}
				for _, i := range v.Excluded {
					if mean(d[i], v.P) < eps*eps-1e-10 {
						t.Errorf("function %d is not excluded by p", i)
					}
				}
				for i := range g {
					if !slices.Contains(v.Excluded, i) && mean(g[i], v.P) > v.Value+1e-9 {
						t.Errorf("function %d is above the value", i)
					}
				}
			}
		}
	}
}

// F = 1/2 + D e_i with the mean for reference: above the threshold D sqrt(K-1)/K the value is
// max(gamma (1/2 + D) - 1/2 - D/K, -(1-gamma) max fb), below it the latter.
func TestBanditClass(t *testing.T) {
	const k, gap = 4, .25
	var c Class
	for i := range k {
		row := []float64{.5, .5, .5, .5}
		row[i] += gap
		c = append(c, row)
	}
	threshold := gap * math.Sqrt(k-1) / k
	for _, gamma := range []float64{1, .9, .75, .5} {
		for share, want := range map[float64]float64{.99: -(1 - gamma) * (.5 + gap/k), 1.01: math.Max(gamma*(.5+gap)-.5-gap/k, -(1-gamma)*(.5+gap/k))} {
			t.Run(fmt.Sprint(share), func(t *testing.T) {
				v, err := c.Constrained(t.Context(), c.Mean(), gamma, share*threshold)
				if err != nil || math.Abs(v.Value-want) > 1e-9 {
					t.Errorf("gamma %v, %v of the threshold: %v, %v, want %v", gamma, share, v.Value, err, want)
				}
			})
		}
	}
}

// Permuting functions and decisions changes nothing; more radius and more functions are never easier.
func TestMetamorphic(t *testing.T) {
	c := instance()
	fb := c.Mean()
	moved := Class{c[3], c[0], c[5], c[1], c[4], c[2]}
	for i, row := range moved {
		moved[i] = []float64{row[4], row[2], row[0], row[1], row[3]}
	}
	before := math.Inf(-1)
	for _, eps := range []float64{0, .1, .2, .3, .5, .8} {
		v, err := c.Constrained(t.Context(), fb, .9, eps)
		if err != nil {
			t.Fatal(err)
		}
		w, err := moved.Constrained(t.Context(), moved.Mean(), .9, eps)
		if err != nil || math.Abs(v.Value-w.Value) > 1e-10 || v.Value < before-1e-10 {
			t.Errorf("eps %v: %v, permuted %v, smaller eps %v, %v", eps, v.Value, w.Value, before, err)
		}
		before = v.Value
		less, err := c[:4].Constrained(t.Context(), fb, .9, eps)
		if err != nil || less.Value > v.Value+1e-10 {
			t.Errorf("eps %v: %v with fewer functions, %v with all", eps, less.Value, v.Value)
		}
	}
}

// The closed form, what it gives at given points, and the numbers beyond it.
func TestOneArmed(t *testing.T) {
	for _, c := range []struct{ gamma, eps, want, digits float64 }{
		{1, .1, .0769800, 5e-8}, {.9, .1, .0230297, 5e-8}, {.75, .1, -.0583333, 5e-8}, {1, .3, .22222, 5e-6}, {1, 0, 0, 1e-12}, {.8, 0, -.1, 1e-12},
	} {
		t.Run(fmt.Sprint(c.gamma, c.eps, c.want, c.digits), func(t *testing.T) {
			if v, err := OneArmed(.5, c.gamma, c.eps); err != nil || math.Abs(v-c.want) > c.digits {
				t.Errorf("gamma %v, eps %v: %v, %v, want %v", c.gamma, c.eps, v, err, c.want)
			}
		})
	}
	for _, gamma := range []float64{1, .9, .6, .3} {
		for _, share := range []float64{.01, .2, .6, .95} {
			eps := share * .375 * math.Sqrt(gamma/3)
			want, _ := OneArmed(.5, gamma, eps)
			if got := numeric(.5, gamma, eps); math.Abs(got-want) > 2e-8 {
				t.Errorf("gamma %v, eps %v: numerically %.10g, closed %.10g", gamma, eps, got, want)
			}
		}
	}
	// It is a matrix's value, if the matrix has enough means and the reference is the best one.
	const gamma, eps = .9, .1
	m := .5 - eps/math.Sqrt(3*gamma)
	var c Class
	for k := range MaxFunctions {
		c = append(c, []float64{.5, math.Min(1, math.Max(0, m+(float64(k)-9.5)*.0365))})
	}
	v, err := c.Constrained(t.Context(), []float64{.5, m}, gamma, eps)
	want, _ := OneArmed(.5, gamma, eps)
	if err != nil || v.Value > want+1e-9 || v.Value < want-.03 {
		t.Errorf("a grid of means has %v, all means %v, %v", v.Value, want, err)
	}
	if c := Radius(.5, 1, .1844072426/10, 100); math.Abs(c-.01844072426*10/(4./3/math.Sqrt(3))) > 1e-9 {
		t.Error(c)
	}
	if c := Radius(.5, 1, -1, 100); !math.IsNaN(c) {
		t.Error(c)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		class Class
		says  string
	}{{nil, "empty"}, {Class{{.1, 1.2}}, "row 1, column 2 is 1.2"}, {Class{{.1, .2}, {.1}}, "row 2 has 1"}, {make(Class, 21), "empty"}, {Class{{math.NaN()}}, "row 1"}} {
		t.Run(c.says, func(t *testing.T) {
			if err := c.class.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v: %v", c.class, err)
			}
		})
	}
	many := Class{}
	for range 21 {
		many = append(many, []float64{0})
	}
	if err := many.Check(); err == nil || !strings.Contains(err.Error(), "21 functions") {
		t.Error(err)
	}
	for _, c := range [][3]float64{{2, 1, .1}, {.5, 0, .1}, {.5, 1, -1}, {.5, math.NaN(), 1}} {
		if _, err := OneArmed(c[0], c[1], c[2]); err == nil {
			t.Error(fmt.Sprint(c), " is taken")
		}
	}
}
