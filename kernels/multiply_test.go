package kernels

import (
	"fmt"
	"math"
	"testing"
)

// MultiplyAdd against the loop, at every level, for shapes around every edge, parts of larger matrices, all four ways
// of transposing: within its error, what lies between C's rows untouched, the same for any number of workers.
func TestMultiplyAdd(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		for _, p := range [][3]int{{1, 1, 1}, {5, 3, 2}, {6, 8, 32}, {7, 257, 33}, {24, 100, 70}, {49, 513, 65}, {50, 3, 2051}} {
			t.Run(fmt.Sprint(p), func(t *testing.T) {
				for way := range 4 {
					multiplyOf[float64](t, level, p, way&1 > 0, way&2 > 0, 0x1p-52)
					multiplyOf[float32](t, level, p, way&1 > 0, way&2 > 0, 0x1p-23)
				}
			})
		}
	})
}

func multiplyOf[T Float](t *testing.T, level string, shape [3]int, ta, tb bool, eps float64) {
	t.Helper()
	n, k, m := shape[0], shape[1], shape[2]
	part := func(rows, cols int, transposed bool, seed uint64) Matrix[T] {
		if transposed {
			rows, cols = cols, rows
		}
		return Matrix[T]{benchNormal[T]((rows-1)*(cols+3)+cols, seed), rows, cols, cols + 3, transposed}
	}
	a, b, c := part(n, k, ta, 1), part(k, m, tb, 2), part(n, m, false, 3)
	before := append([]T(nil), c.Data...)
	other := c
	other.Data = append([]T(nil), c.Data...)
	MultiplyAdd(c, -.5, a, b, workspaceAt[T](t, 1, level))
	MultiplyAdd(other, -.5, a, b, workspaceAt[T](t, 3, level))
	at := func(x Matrix[T], i, j int) float64 {
		if x.Transposed {
			i, j = j, i
		}
		return float64(x.Data[i*x.Stride+j])
	}
	for i, v := range c.Data {
		row, col := i/c.Stride, i%c.Stride
		if col >= m {
			if v != before[i] {
				t.Fatalf("between rows %v became %v", before[i], v)
			}
			continue
		}
		want, size := float64(before[i]), math.Abs(float64(before[i]))
		for l := range k {
			p := -.5 * at(a, row, l) * at(b, l, col)
			want, size = want+p, size+math.Abs(p)
		}
		if bound := (multiplyDepth + float64(k)/multiplyDepth) * eps * size; math.Abs(float64(v)-want) > bound {
			t.Fatalf("%v, transposed %v, %v: element %d, %d is %v, want %v", shape, ta, tb, row, col, v, want)
		}
		if v != other.Data[i] {
			t.Fatalf("element %d, %d: %v, with three workers %v", row, col, v, other.Data[i])
		}
	}
}

// What does not fit together is refused by name.
func TestMultiplyAddMistakes(t *testing.T) {
	ws := NewWorkspace[float64](1)
	m := func(rows, cols int) Matrix[float64] {
		return Matrix[float64]{Data: make([]float64, rows*cols), Rows: rows, Cols: cols, Stride: cols}
	}
	same := m(2, 2)
	for name, call := range map[string]func(){
		"shapes":     func() { MultiplyAdd(m(2, 3), 1, m(2, 4), m(5, 3), ws) },
		"C":          func() { MultiplyAdd(m(3, 3), 1, m(2, 4), m(4, 3), ws) },
		"transposed": func() { MultiplyAdd(m(2, 2).T(), 1, m(2, 2), m(2, 2), ws) },
		"overlap":    func() { MultiplyAdd(same, 1, same, m(2, 2), ws) },
		"length":     func() { MultiplyAdd(m(2, 2), 1, Matrix[float64]{make([]float64, 3), 2, 2, 2, false}, m(2, 2), ws) },
		"stride":     func() { MultiplyAdd(m(2, 2), 1, Matrix[float64]{make([]float64, 4), 2, 2, 1, false}, m(2, 2), ws) },
	} {
		t.Run(name, func(t *testing.T) {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				call()
			}()
		})
	}
	c := m(2, 3)
	MultiplyAdd(c, 1, m(2, 0), m(0, 3), ws)
	MultiplyAdd(m(0, 3), 1, m(0, 4), m(4, 3), ws)
}

func BenchmarkMultiplyAdd(b *testing.B) {
	for _, s := range [][3]int{{24, 400, 1500}, {24, 1500, 400}, {512, 512, 512}} {
		n, k, m := s[0], s[1], s[2]
		matrix := func(rows, cols int) Matrix[float64] {
			return Matrix[float64]{benchNormal[float64](rows*cols, 7), rows, cols, cols, false}
		}
		ws := NewWorkspace[float64](1)
		x, y, z := matrix(n, k), matrix(k, m), matrix(n, m)
		b.Run(fmt.Sprint(s), func(b *testing.B) {
			for b.Loop() {
				MultiplyAdd(z, 1, x, y, ws)
			}
			b.ReportMetric(2*float64(n)*float64(k)*float64(m)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
