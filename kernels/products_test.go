package kernels

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// Gram against the loop, at every level, shape and number of workers: within its error, symmetric, the same for any
// workers, added to what is there.
func TestGram(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		for _, set := range []*kernelSet{workspaceAt[float64](t, 1, level).set, workspaceAt[float32](t, 1, level).set} {
			if gramPacked%set.Rows != 0 || gramPacked%set.Lanes != 0 {
				t.Fatalf("%d rows packed at once are not whole tiles of %d and panels of %d", gramPacked, set.Rows, set.Lanes)
			}
		}
		for _, p := range [][2]int{{1, 1}, {2, 3}, {5, 40}, {47, 9}, {48, 16}, {49, 17}, {97, 33}, {130, 129}, {64, 3000}, {191, 5}, {193, 70}, {200, 3}} {
			t.Run(fmt.Sprint(p), func(t *testing.T) {
				gramOf[float64](t, level, p[0], p[1], 0x1p-52)
				gramOf[float32](t, level, p[0], p[1], 0x1p-23)
			})
		}
	})
	for _, p := range [][2]int{{0, 3}, {3, 0}} {
		g := benchNormal[float64](p[0]*p[0], 1)
		before := append([]float64(nil), g...)
		Gram(g, make([]float64, p[0]*p[1]), p[0], p[1], NewWorkspace[float64](1))
		for i, x := range g {
			if x != before[i] {
				t.Errorf("%v: element %d became %v", p, i, x)
			}
		}
	}
}

func gramOf[T Float](t *testing.T, level string, n, d int, eps float64) {
	x := benchNormal[T](n*d, 7)
	g, h := make([]T, n*n), make([]T, n*n)
	Gram(g, x, n, d, workspaceAt[T](t, 1, level))
	Gram(h, x, n, d, workspaceAt[T](t, 3, level))
	for i := range n {
		for j := range n {
			want, size := 0.0, 0.0
			for a := range d {
				p := float64(x[i*d+a]) * float64(x[j*d+a])
				want, size = want+p, size+math.Abs(p)
			}
			if got := float64(g[i*n+j]); math.Abs(got-want) > float64(d)*eps*size {
				t.Fatalf("element %d, %d is %v, want %v", i, j, got, want)
			}
			if g[i*n+j] != g[j*n+i] || g[i*n+j] != h[i*n+j] {
				t.Fatalf("element %d, %d: %v, transposed %v, with three workers %v", i, j, g[i*n+j], g[j*n+i], h[i*n+j])
			}
		}
	}
	Gram(h, x, n, d, workspaceAt[T](t, 2, level))
	for i := range g {
		if h[i] != g[i]+g[i] {
			t.Fatalf("added twice, element %d is %v of %v", i, h[i], g[i])
		}
	}
}

func BenchmarkGram(b *testing.B) {
	const n, d = 200, 2048
	x, g, ws := benchNormal[float64](n*d, 7), make([]float64, n*n), NewWorkspace[float64](1)
	for b.Loop() {
		Gram(g, x, n, d, ws)
	}
	b.ReportMetric(float64(n)*n*d*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// The powers of ReLU against math.Pow, with a difference quotient for the derivative.
func TestReLUPower(t *testing.T) {
	for _, p := range []float64{1.1, 1.5, 2, 3.7} {
		act := ReLUPower(p)
		for _, z := range []float64{1e-8, .3, 1, 2.5, 40} {
			v, dv, d2 := act.Eval(z)
			if w := math.Pow(z, p); math.Abs(v/w-1) > 1e-14 || math.Abs(dv/(p*w/z)-1) > 1e-14 || math.Abs(d2/(p*(p-1)*w/z/z)-1) > 1e-14 {
				t.Errorf("relu^%v at %v: %v %v %v", p, z, v, dv, d2)
			}
		}
		for _, z := range []float64{0, -1, math.Inf(-1)} {
			if v, dv, d2 := act.Eval(z); v != 0 || dv != 0 || d2 != 0 {
				t.Errorf("relu^%v at %v: %v %v %v", p, z, v, dv, d2)
			}
		}
		if v, _, _ := act.Eval(math.NaN()); !math.IsNaN(v) {
			t.Errorf("relu^%v of NaN is %v", p, v)
		}
	}
	if got := ReLUPower(1.5).String(); got != "relu^1.5" {
		t.Error(got)
	}
	for _, p := range []float64{1, 0, -2, 17, math.NaN(), math.Inf(1)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("the power %v is taken", p)
				}
			}()
			ReLUPower(p)
		}()
	}
}

// A power below 2, whose second derivative is unbounded, in Forward and Velocity at every level.
func TestReLUPowerSamples(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		const n, m, d, power = 37, 11, 9, 1.5
		x, w, r := benchNormal[float64](n*d, 3), unitRows[float64](m, d, 4), benchNormal[float64](n, 5)
		f, v, ws := make([]float64, n), make([]float64, m*d), workspaceAt[float64](t, 2, level)
		Forward(f, x, w, nil, n, m, d, ReLUPower(power), ws)
		Velocity(v, x, w, nil, r, n, m, d, ReLUPower(power), ws)
		own, g, u := FunctionActivation(ReLUPower(power).Eval), make([]float64, n), make([]float64, m*d) // the same as a Go function
		Forward(g, x, w, nil, n, m, d, own, ws)
		Velocity(u, x, w, nil, r, n, m, d, own, ws)
		if !slices.Equal(f, g) || !slices.Equal(u, v) {
			t.Fatal("a function of one's own differs from the power that it is")
		}
		for i := range n {
			want := 0.0
			for j := range m {
				want += math.Pow(math.Max(dotOf(x[i*d:(i+1)*d], w[j*d:(j+1)*d]), 0), power) / m
			}
			if math.Abs(f[i]-want) > 1e-13 {
				t.Fatalf("f[%d] = %v, want %v", i, f[i], want)
			}
		}
		for j := range m {
			for a := range d {
				want := 0.0
				for i := range n {
					want += r[i] * power * math.Sqrt(math.Max(dotOf(x[i*d:(i+1)*d], w[j*d:(j+1)*d]), 0)) * x[i*d+a] / n
				}
				if math.Abs(v[j*d+a]-want) > 1e-13 {
					t.Fatalf("v[%d][%d] = %v, want %v", j, a, v[j*d+a], want)
				}
			}
		}
	})
}

func dotOf(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}
