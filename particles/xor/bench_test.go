package xor

import (
	"context"
	"fmt"
	"testing"

	"kac/kernels"
)

// A step of both layers in float32, without the drawing of samples; GFLOP/s count 4 b m d + 6 m d.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct{ d, m, batch int }{{1024, 128, 512}, {64, 4096, 32}, {24, 64, 12}} {
		b.Run(fmt.Sprintf("d=%d,m=%d,b=%d", c.d, c.m, c.batch), func(b *testing.B) {
			x, y := Drawn[float32](c.batch, c.d, 1, false)
			r := must(NewTrainer(New[float32](c.m, c.d, 1, 1, false), must(Fixed(x, y, c.d, c.batch, 1)), kernels.LogisticLoss(2), 1e-6, 1))
			defer r.Close()
			if err := r.Advance(context.Background(), 1); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := r.Advance(context.Background(), 1); err != nil {
					b.Fatal(err)
				}
			}
			md := float64(c.m) * float64(c.d)
			b.ReportMetric((4*float64(c.batch)+6)*md*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
