package xor

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

func solve(t *testing.T, dim int, tau float64, o Options) *Table {
	t.Helper()
	table, err := Solve(context.Background(), dim, tau, o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// The law of the rest, against the incomplete beta function and a Gauss rule.
func TestRest(t *testing.T) {
	for _, dim := range []int{4, 5, 8, 16, 33, 300} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			r := newRest(dim)
			d := float64(dim - 2)
			for _, b := range []float64{0, .01, .1, .3, .77, .99, 1, 3} {
				g, tail := r.at(b)
				want := 1.
				if b < 1 {
					want = mathext.RegIncBeta(.5, (d-1)/2, b*b)
				}
				if math.Abs(g-want) > 1e-12 {
					t.Errorf("g(%v) = %.15g, want %.15g", b, g, want)
				}
				if b >= 1 && tail != 0 {
					t.Errorf("T(%v) = %v", b, tail)
				}
			}
			// E|s - z| = z (2 P(s < z) - 1) + 2 E[s; s > z], of which the derivative is g: dT/db = -b d/2 dg/db.
			for _, b := range []float64{.05, .2, .5} {
				const h = 1e-4
				g1, t1 := r.at(b + h)
				g0, t0 := r.at(b - h)
				if want := -b * r.root / 2 * (g1 - g0); math.Abs(t1-t0-want) > 1e-5*math.Abs(want)+1e-19 {
					t.Errorf("dT(%v) = %v, want %v", b, t1-t0, want)
				}
			}
		})
	}
}

// Known values: a program of another rule and another grid, whose own rules agree to 1e-9.
func TestTable(t *testing.T) {
	for _, c := range []struct {
		dim             int
		g2, g5, g10, m5 float64
	}{
		{16, .07674420733, 1.029775169, 37.34280919, 3.440427266},
		{128, .00770397347, .1195205264, 6.161902183, 1.254580933},
	} {
		t.Run(fmt.Sprint(c.dim), func(t *testing.T) {
			const tau = 10
			table := solve(t, c.dim, tau, Options{})
			for _, v := range []struct {
				name      string
				of        func(float64) (float64, float64)
				tau, want float64
			}{{"Gamma", table.Gamma, 2, c.g2}, {"Gamma", table.Gamma, 5, c.g5}, {"Gamma", table.Gamma, 10, c.g10}, {"M", table.M, 5, c.m5}} {
				t.Run(v.name, func(t *testing.T) {
					if got, wrong := v.of(v.tau); math.Abs(got/v.want-1) > 1e-8 || wrong > 1e-8*got {
						t.Errorf("%s(%v) = %.10g +- %.2g, want %.10g", v.name, v.tau, got, wrong, v.want)
					}
				})
			}
		})
	}
}

// The estimate of the error against a finer rule on a finer grid, at points of the grid and between them.
func TestTableError(t *testing.T) {
	for _, dim := range []int{4, 10} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) { tableError(t, dim) })
	}
}

func tableError(t *testing.T, dim int) {
	const tau = 4
	bound, heavy, clean := 1e-5, 1e-4, 2e-7
	if dim < 6 { // kinks of three coordinates' law at most
		bound, heavy, clean = 3e-4, 3e-3, 2e-4
	}
	table := solve(t, dim, tau, Options{Zeta: .5})
	r := newRest(dim)
	o := Options{Zeta: .5}
	truth, err := integrate(context.Background(), r, dim, 21, o, rule{nodes: halfRule, q: 17, v: 7, panel: .5, tol: 1e-13, grid: .25}, func(float64) {})
	if err != nil {
		t.Fatal(err)
	}
	for kind := range smoothKinds {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			for _, at := range []float64{.125, .25, .5, .6, 1, 1.25, 2, 2.2, 3.25, 3.9, 4} {
				got, wrong := table.value(kind, at)
				want := truth.value(kind, at)
				if kind == sumClean {
					if got := table.half.value(kind, at); math.Abs(got-want) > clean+1e-6*want {
						t.Errorf("at %v: %.10g, want %.10g", at, got, want)
					}
					continue
				}
				if math.Abs(got-want) > wrong+1e-12*math.Abs(want) {
					t.Errorf("at %v: %.12g, off by %.2g, estimate %.2g", at, got, got-want, wrong)
				}
				if m, _ := table.M(at); wrong > bound*math.Max(m, math.Abs(want)) {
					t.Errorf("at %v: %.12g with an estimate of %.2g", at, got, wrong)
				}
			}
		})
	}
	for _, kind := range []int{sumCount, sumHeavy} {
		for _, at := range []float64{2, 2.5, 3.2} {
			if got, want := table.half.value(kind, at), truth.value(kind, at); math.Abs(got/want-1) > heavy {
				t.Errorf("heavy part %d at %v: %.8g, want %.8g", kind, at, got, want)
			}
		}
	}
}

// Results do not depend on the number of workers.
func TestWorkers(t *testing.T) {
	a, b := solve(t, 12, 2, Options{Workers: 1}), solve(t, 12, 2, Options{Workers: 3})
	for _, tau := range []float64{0, .3, 1, 2} {
		x, _ := a.Gamma(tau)
		y, _ := b.Gamma(tau)
		if x != y {
			t.Errorf("Gamma(%v) = %v with one worker, %v with three", tau, x, y)
		}
	}
}

func TestSolveRefuses(t *testing.T) {
	for _, c := range []struct {
		dim       int
		tau, zeta float64
	}{{3, 1, 0}, {1 << 17, 1, 0}, {16, -1, 0}, {16, math.NaN(), 0}, {16, 1e3, 0}, {16, 1, -1}} {
		t.Run(fmt.Sprint(c.dim), func(t *testing.T) {
			if _, err := Solve(context.Background(), c.dim, c.tau, Options{Zeta: c.zeta}); err == nil {
				t.Errorf("%+v is taken", c)
			}
		})
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Solve(ctx, 16, 5, Options{}); err == nil {
		t.Error("a cancelled solution ends well")
	}
}
