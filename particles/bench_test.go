package particles

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// BenchmarkFlow integrates the population flow of he4 at d = 16 to paper time 1
// and reports the time of one right-hand side, per particle too: linear growth
// in m is a constant there. peak-B/md is the live heap of the flow per
// coordinate of the ensemble.
func BenchmarkFlow(b *testing.B) {
	const d = 16
	for _, m := range []int{1 << 10, 1 << 12, 1 << 14, 1 << 16} {
		for _, form := range []Form{MomentForm, PairwiseForm} {
			if form == PairwiseForm && m > 1<<12 {
				continue // quadratic
			}
			b.Run(fmt.Sprintf("form=%v/m=%d/d=%d", form, m, d), func(b *testing.B) {
				p := mustPreset(b, "he4", d)
				field := NewPopulation(p, form, 0)
				var stats Stats
				var elapsed time.Duration
				var before, peak runtime.MemStats
				for b.Loop() {
					runtime.GC()
					runtime.ReadMemStats(&before)
					e := NewUniform(m, d, 1)
					start := time.Now()
					s, err := Flow(context.Background(), e, field, Tolerances{}, []float64{1}, func(float64, []float64) error {
						runtime.ReadMemStats(&peak)
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
					elapsed += time.Since(start)
					stats.Evaluations += s.Evaluations
				}
				rhs := elapsed.Seconds() / float64(stats.Evaluations)
				b.ReportMetric(rhs*1e3, "ms/rhs")
				b.ReportMetric(rhs*1e9/float64(m), "ns/rhs/particle")
				b.ReportMetric(float64(peak.HeapAlloc-before.HeapAlloc)/float64(m*d), "B/md")
			})
		}
	}
}
