package meanfield

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkSolve times whole solves at the default tolerance.
func BenchmarkSolve(b *testing.B) {
	for _, c := range []struct {
		problem string
		dim     int
		horizon float64
	}{{"he4", 32, 20}, {"he4", 64, 400}, {"he6", 24, 100}, {"circle", 64, 60}} {
		b.Run(fmt.Sprintf("problem=%s/d=%d/T=%g", c.problem, c.dim, c.horizon), func(b *testing.B) {
			p := preset(b, c.problem, c.dim)
			var s Stats
			for b.Loop() {
				r, err := Solve(context.Background(), p, c.horizon, Options{})
				if err != nil {
					b.Fatal(err)
				}
				s = r.Stats()
			}
			b.ReportMetric(float64(s.Evaluations), "rhs")
			b.ReportMetric(float64(s.Nodes), "nodes")
		})
	}
}
