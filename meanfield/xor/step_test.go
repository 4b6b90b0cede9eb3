package xor

import (
	"context"
	"fmt"
	"math"
	"testing"

	"kac/internal/rng"
)

// The step gap over eta at d = 32, theta = 1, of an independent program.
func TestStepGap(t *testing.T) {
	times := []float64{4, 6, 10}
	r := run(t, 32, 1, 2, 10, Options{})
	for eta, want := range map[float64][]float64{.05: {-.149, -.455, -.259}, .1: {-.145, -.446, -.257}} {
		t.Run(fmt.Sprint(eta), func(t *testing.T) {
			got, err := r.StepGap(context.Background(), eta, times)
			if err != nil {
				t.Fatal(err)
			}
			for i, g := range got {
				if math.Abs(g/eta/want[i]-1) > .01 {
					t.Errorf("eta = %v, t = %v: gap/eta = %.4f, want %.3f", eta, times[i], g/eta, want[i])
				}
			}
		})
	}
	// First order: of a small step by larger ones.
	small, err := r.StepGap(context.Background(), 1e-3, times)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range small {
		if want := []float64{-.154, -.463, -.256}[i]; math.Abs(g/1e-3/want-1) > .02 {
			t.Errorf("t = %v: gap/eta = %.4f, want %.3f", times[i], g/1e-3, want)
		}
	}
	if _, err := r.StepGap(context.Background(), 0, times); err == nil {
		t.Error("a step of 0 is taken")
	}
}

// The step gap of the cube's law is that of the spherical rest, not the difference of the two clocks too.
func TestStepGapOfCube(t *testing.T) {
	times := []float64{2, 4}
	var got [2][]float64
	for i, cube := range []int{0, 64} {
		r := run(t, 6, 1, 2, 4, Options{Cube: cube, Seed: 1})
		var err error
		if got[i], err = r.StepGap(context.Background(), .125, times); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range got[0] {
		if math.Abs(got[1][i]-want) > 1e-6 || want == 0 {
			t.Errorf("t = %v: %v by the cube's law, %v by the spherical rest", times[i], got[1][i], want)
		}
	}
}

// Twins against small steps of the flow of (w, a) in the field of all inputs, by sums over the cube.
func TestTwins(t *testing.T) {
	const dim, theta, m, kappa, h, steps = 7, .8, 6, 2., .002, 500
	w, a := make([]float64, m*dim), make([]float64, m)
	for j := range m {
		s := rng.New(5, rng.Initial, uint64(j))
		s.FillNormal(w[j*dim : (j+1)*dim])
		square := 0.0
		for _, x := range w[j*dim : (j+1)*dim] {
			square += x * x
		}
		for i := range dim {
			w[j*dim+i] *= theta / math.Sqrt(square)
		}
		a[j] = theta * float64(1-2*(j%2))
	}
	twins := NewTwins(dim, theta, w, a, 2)
	if d := twins.Distance(w, a); d > 1e-28 {
		t.Errorf("at the start the distance is %v", d)
	}
	// The clock tau itself: dw = a E y 1[<w,x> > 0] x dtau, by the midpoint rule.
	slope := func(w, a []float64) (dw, da []float64) {
		dw, da = make([]float64, len(w)), make([]float64, len(a))
		const n = 1 << dim
		for j := range a {
			for bits := range n {
				z := 0.0
				sign := func(i int) float64 { return float64(1 - 2*(bits>>i&1)) }
				for i := range dim {
					z += w[j*dim+i] * sign(i)
				}
				if z <= 0 {
					continue
				}
				y := -sign(0) * sign(1) / n
				da[j] += y * z
				for i := range dim {
					dw[j*dim+i] += a[j] * y * sign(i)
				}
			}
		}
		return dw, da
	}
	for range steps {
		dw, da := slope(w, a)
		w2, a2 := append([]float64{}, w...), append([]float64{}, a...)
		for i := range w {
			w2[i] += h / 2 * dw[i]
		}
		for j := range a {
			a2[j] += h / 2 * da[j]
		}
		dw, da = slope(w2, a2)
		for i := range w {
			w[i] += h * dw[i]
		}
		for j := range a {
			a[j] += h * da[j]
		}
	}
	if err := twins.Advance(context.Background(), steps*h); err != nil {
		t.Fatal(err)
	}
	if d := twins.Distance(w, a); d > 2e-5 {
		t.Errorf("after a clock of 1 the twins are %v off (mean square)", d)
	} else {
		t.Logf("mean square distance %.2g", d)
	}
}
