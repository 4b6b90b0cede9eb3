package kernels

import (
	"fmt"
	"math"
	"testing"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
	"kac/kernels/internal/pack"
)

// everySet calls do with the micro-kernels of all levels of both types.
func everySet(t *testing.T, wide, narrow func(*testing.T, *abi.Set)) {
	for _, level := range Levels() {
		t.Run(level+"/f64", func(t *testing.T) { wide(t, dispatch.Set(level, true)) })
		t.Run(level+"/f32", func(t *testing.T) { narrow(t, dispatch.Set(level, false)) })
	}
}

// counted holds small integers, whose products and sums are exact in either type.
func counted[T abi.Float](n, step int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(i*step%17 - 8)
	}
	return x
}

// TestAccumulateTakesAnyTiles sums products of whole numbers for 0 to 9 tiles, widths of all kinds, one and three
// panels: exactly what two loops give, and nothing beyond.
func TestAccumulateTakesAnyTiles(t *testing.T) {
	everySet(t, accumulateTakesAnyTiles[float64], accumulateTakesAnyTiles[float32])
}

func accumulateTakesAnyTiles[T abi.Float](t *testing.T, set *abi.Set) {
	for kind, width := range set.Widths {
		for tiles := range 10 {
			for _, panels := range []int{1, 3} {
				samples, rows := panels*set.Lanes, tiles*set.Rows
				s, y, g := counted[T](max(1, rows*samples), 5), counted[T](samples*width, 7), counted[T]((rows+1)*width, 3)
				want := append([]T(nil), g...)
				for j := range rows {
					tile, r := j/set.Rows*set.Rows*samples, j%set.Rows
					for k := range samples {
						x := s[tile+k/set.Lanes*set.Rows*set.Lanes+r*set.Lanes+k%set.Lanes]
						for c := range width {
							want[j*width+c] += x * y[k*width+c]
						}
					}
				}
				c := abi.Call{S: abi.At(s, 0), Y: abi.At(y, 0), G: abi.At(g, 0), Tiles: tiles, Panels: panels, Stride: set.Rows * samples}
				set.Accumulate[kind](&c)
				exactly(t, fmt.Sprintf("width %d, %d tiles, %d panels", width, tiles, panels), g, want)
			}
		}
	}
}

// TestTranspose turns up to 19 rows of up to 19 elements, among other numbers in wider rows.
func TestTranspose(t *testing.T) { everySet(t, transposes[float64], transposes[float32]) }

func transposes[T abi.Float](t *testing.T, set *abi.Set) {
	for n := range 20 {
		for d := 1; d < 20; d++ {
			for _, stride := range []int{max(n, 1), n + 3} {
				x, out := counted[T](max(1, n*d), 5), counted[T](d*stride, 3)
				want := append([]T(nil), out...)
				for i := range n * d {
					want[i%d*stride+i/d] = x[i]
				}
				var c abi.Call
				pack.Transpose(set, &c, out, x, n, d, stride)
				exactly(t, fmt.Sprintf("%d rows of %d, stride %d", n, d, stride), out, want)
			}
		}
	}
}

// TestSpreadRows adds products to rows, and their sum to a row of its own or to one of these.
func TestSpreadRows(t *testing.T) { everySet(t, spreadsRows[float64], spreadsRows[float32]) }

func spreadsRows[T abi.Float](t *testing.T, set *abi.Set) {
	lanes := set.Lanes
	for n := range 8 {
		for f := range n + 1 { // the row that the sum is added to, the last one beyond the rows
			z, d1, w, g := counted[T](max(1, n*lanes), 5), counted[T](max(1, n*lanes), 7), counted[T](lanes, 3), counted[T]((n+1)*lanes, 11)
			want := append([]T(nil), g...)
			for i := range n * lanes {
				want[i] += z[i] * w[i%lanes]
			}
			for i := range n * lanes {
				want[f*lanes+i%lanes] += z[i] * d1[i]
			}
			c := abi.Call{Z: abi.At(z, 0), D1: abi.At(d1, 0), W: abi.At(w, 0), G: abi.At(g, 0), F: abi.At(g, f*lanes), N: n}
			set.SpreadRows(&c)
			exactly(t, fmt.Sprintf("%d rows, sum to row %d", n, f), g, want)
		}
	}
}

func exactly[T abi.Float](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i := range want {
		if math.Float64bits(float64(got[i])) != math.Float64bits(float64(want[i])) {
			t.Fatalf("%s: element %d is %v, not %v", what, i, got[i], want[i])
		}
	}
}
