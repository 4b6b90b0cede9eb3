package kernels

import (
	"fmt"
	"math"
	"testing"
)

// Softmax against the loop in float64, at every level, for shapes around every edge, with similarities that need a
// shift and such that do not.
func TestSoftmax(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		for _, p := range [][3]int{{1, 1, 1}, {1, 40, 2}, {4, 4, 3}, {16, 32, 2}, {19, 27, 2}, {30, 31, 1}, {49, 65, 8}, {7, 600, 2}, {100, 257, 9}, {13, 3000, 2}} {
			t.Run(fmt.Sprint(p), func(t *testing.T) {
				for _, size := range []float64{.1, 1, 40} {
					softmaxOf[float64](t, level, p, size, 0x1p-52)
					softmaxOf[float32](t, level, p, size, 0x1p-23)
				}
			})
		}
	})
}

func softmaxOf[T Float](t *testing.T, level string, shape [3]int, size, eps float64) {
	t.Helper()
	n, m, k := shape[0], shape[1], shape[2]
	x, y := benchNormal[T](k*n, 1), benchNormal[T](k*m, 2)
	for i := range x {
		x[i] *= T(size)
	}
	a, b, logs := make([]T, k*n), make([]T, k*m), make([]T, n)
	ws := workspaceAt[T](t, 1, level)
	Softmax(a, b, logs, x, y, n, m, k, ws)
	wantA, wantB, sizeB := make([]float64, k*n), make([]float64, k*m), make([]float64, k*m)
	z := make([]float64, m)
	close := func(name string, i int, got T, want, size float64) {
		t.Helper()
		if !(math.Abs(float64(got)-want) <= 200*eps*size) {
			t.Fatalf("%v, size %v: %s[%d] is %v, want %v", shape, size, name, i, got, want)
		}
	}
	largest := 0.0
	for i := range n {
		top, total := math.Inf(-1), 0.0
		for j := range m {
			z[j] = 0
			for c := range k {
				z[j] += float64(x[c*n+i]) * float64(y[c*m+j])
			}
			top, largest = max(top, z[j]), max(largest, math.Abs(z[j]))
		}
		for j := range m {
			total += math.Exp(z[j] - top)
		}
		close("logs", i, logs[i], top+math.Log(total), 1+largest)
		for j := range m {
			p := math.Exp(z[j]-top) / total
			for c := range k {
				u, v := float64(x[c*n+i]), float64(y[c*m+j])
				wantA[c*n+i] += p * v
				wantB[c*m+j] += p * u
				sizeB[c*m+j] += p * math.Abs(u)
			}
		}
	}
	for i, want := range wantA {
		close("a", i, a[i], want, 4*(1+largest))
	}
	for j, want := range wantB {
		close("b", j, b[j], want, (1+largest)*(sizeB[j]+1e-30))
	}
	again := make([]T, k*m)
	Softmax(a, again, nil, x, y, n, m, k, ws)
	same(t, "b without logs", &b, again)
}

// The rows of p have the sum 1, and a constant shift of a row's similarities changes nothing but its logarithm.
func TestSoftmaxIdentities(t *testing.T) {
	const n, m, k = 50, 70, 3
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[float64](t, 1, level)
		x, y := benchNormal[float64](k*n, 3), benchNormal[float64](k*m, 4)
		for j := range m {
			y[(k-1)*m+j] = 1 // the last row of X shifts Z
		}
		a, b, logs := make([]float64, k*n), make([]float64, k*m), make([]float64, n)
		Softmax(a, b, logs, x, y, n, m, k, ws)
		a2, b2, logs2 := make([]float64, k*n), make([]float64, k*m), make([]float64, n)
		for i := range n {
			x[(k-1)*n+i] += 1000
		}
		Softmax(a2, b2, logs2, x, y, n, m, k, ws)
		for i := range n {
			if math.Abs(a[(k-1)*n+i]-1) > 1e-14 || math.Abs(a[i]-a2[i]) > 1e-12 || math.Abs(logs2[i]-logs[i]-1000) > 1e-11 {
				t.Fatalf("row %d: sum %v, %v and %v, logarithms %v and %v", i, a[(k-1)*n+i], a[i], a2[i], logs[i], logs2[i])
			}
		}
	})
}

func TestSoftmaxMistakes(t *testing.T) {
	ws := NewWorkspace[float64](1)
	v := func(n int) []float64 { return make([]float64, n) }
	x := v(6)
	for name, call := range map[string]func(){
		"nothing":  func() { Softmax(v(0), v(0), v(3), v(0), v(0), 3, 2, 0, ws) },
		"negative": func() { Softmax(v(6), v(4), v(3), v(6), v(4), -3, 2, 2, ws) },
		"length":   func() { Softmax(v(6), v(4), v(3), v(5), v(4), 3, 2, 2, ws) },
		"logs":     func() { Softmax(v(6), v(4), v(2), v(6), v(4), 3, 2, 2, ws) },
		"overlap":  func() { Softmax(x, v(4), v(3), x, v(4), 3, 2, 2, ws) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

func BenchmarkSoftmax(b *testing.B) {
	for _, m := range []int{16, 64, 256, 1024} {
		x, y := benchNormal[float64](2*m, 1), benchNormal[float64](2*m, 2)
		p, q := make([]float64, 2*m), make([]float64, 2*m)
		ws := NewWorkspace[float64](1)
		b.Run(fmt.Sprintf("m=%d", m), func(b *testing.B) {
			for b.Loop() {
				Softmax(p, q, nil, x, y, m, m, 2, ws)
			}
			b.ReportMetric(float64(m)*float64(m)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mexp/s")
		})
	}
}
