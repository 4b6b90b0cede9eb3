package coding

import (
	"fmt"
	"testing"
)

// BenchmarkDecode is a draw of the stragglers and its optimal decoding, random cubic graph, p = .3:
//
//	go test -run '^$' -bench Decode ./particles/coding
func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{1e3, 1e4, 1e5, 1e6} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			g := must(Regular(n, 3, 1))
			d, lost := NewOptimal(g), make([]bool, len(g.Edges()))
			draw := uint64(0)
			for b.Loop() {
				Bernoulli(lost, .3, 1, draw)
				d.Error(lost)
				draw++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/block")
		})
	}
}

func BenchmarkEigenvalues(b *testing.B) {
	g := must(Regular(100_000, 3, 1))
	for b.Loop() {
		s, err := g.Eigenvalues(b.Context(), 1e-4, 2000)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(s.Steps), "products")
	}
}
