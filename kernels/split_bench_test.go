//go:build unix

package kernels

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkSplit times the precisions bf16x3 and bf16x6 on every engine but Go's against float32, one call of each in
// turn, so that what else the machine does meets all of them. For each it reports the median rate in GFLOP/s of the
// operation (not of the products it is made of) and particle-samples/s, how many times float32's it is, the share of
// its own products in float32's peak of multiply-adds, and the largest error in units of the largest result, against
// float64. On one processor times are the process's own, which others on the machine disturb less.
//
//	go test -run '^$' -bench Split -cpu 1,2 -benchtime 7x ./kernels
func BenchmarkSplit(b *testing.B) {
	he3 := benchActs[0].act
	for _, s := range [][3]int{{16384, 4096, 64}, {16384, 16384, 128}, {65536, 1024, 32}} {
		benchmarkSplit(b, "op=velocity", s, VelocityFlops(s[0], s[1], s[2]), splitVelocity[float64](s, he3), splitVelocity[float32](s, he3))
	}
	s := [3]int{16384, 1024, 64}
	benchmarkSplit(b, "op=hessian", s, HessianFlops(s[0], s[1], s[2]), splitHessian[float64](s, he3), splitHessian[float32](s, he3))
}

// splitVelocity and splitHessian return a call that writes to the slice which it returns.
func splitVelocity[T Float](s [3]int, act Activation) func(ws *Workspace[T]) func() []T {
	n, m, d := s[0], s[1], s[2]
	x, w, y := narrowed[T](benchNormal[float32](n*d, 1)), narrowed[T](unitRows[float32](m, d, 2)), narrowed[T](benchNormal[float32](n, 3))
	return func(ws *Workspace[T]) func() []T {
		f, v := make([]T, n), make([]T, m*d)
		return func() []T { ForwardVelocity(v, f, x, y, w, nil, n, m, d, act, ws); return v }
	}
}

func splitHessian[T Float](s [3]int, act Activation) func(ws *Workspace[T]) func() []T {
	n, m, d := s[0], s[1], s[2]
	x, w, r := narrowed[T](benchNormal[float32](n*d, 1)), narrowed[T](unitRows[float32](m, d, 2)), narrowed[T](benchNormal[float32](n, 3))
	return func(ws *Workspace[T]) func() []T {
		D := make([]T, m*PackedLen(d))
		return func() []T { LocalHessian(D, x, w, nil, r, n, m, d, act, ws); return D }
	}
}

// narrowed converts the float32 data that all precisions share.
func narrowed[T Float](x []float32) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(v)
	}
	return y
}

func benchmarkSplit(b *testing.B, op string, s [3]int, flops float64, exact func(*Workspace[float64]) func() []float64, prepare func(*Workspace[float32]) func() []float32) {
	engines := slices.DeleteFunc(SplitEngines(), slow)
	if len(engines) == 0 {
		b.Skip("neither AMX-BF16 nor AVX512-BF16")
	}
	b.Run(fmt.Sprintf("%s/n=%d/m=%d/d=%d", op, s[0], s[1], s[2]), func(b *testing.B) {
		type contestant struct {
			name     string
			products float64
			call     func() []float32
			times    []float64
			err      float64
		}
		plain := workspaceAt[float32](b, 0, "avx512")
		defer plain.Close()
		all := []*contestant{{name: "float32", products: 1, call: prepare(plain)}}
		for _, engine := range engines {
			all = append(all, &contestant{name: engine + "-bf16x3", products: 3, call: prepare(splitWorkspaceAt(b, 0, engine, BF16x3).Workspace)},
				&contestant{name: engine + "-bf16x6", products: 6, call: prepare(splitWorkspaceAt(b, 0, engine, BF16x6).Workspace)})
		}
		wide := workspaceAt[float64](b, 0, "avx512")
		truth := exact(wide)()
		wide.Close()
		top := 0.0
		for _, v := range truth {
			top = math.Max(top, math.Abs(v))
		}
		for _, c := range all { // buffers grow now
			for i, v := range c.call() {
				c.err = math.Max(c.err, math.Abs(float64(v)-truth[i])/top)
			}
		}
		var peaks []float64
		b.ResetTimer()
		for range b.N {
			b.StopTimer()
			peaks = append(peaks, splitPeak(plain))
			b.StartTimer()
			for _, c := range all {
				start := splitClock()
				c.call()
				c.times = append(c.times, splitClock()-start)
			}
		}
		slices.Sort(peaks)
		for _, c := range all {
			slices.Sort(c.times)
			rate := flops / c.times[len(c.times)/2]
			b.ReportMetric(rate/1e9, c.name+"-GFLOP/s")
			b.ReportMetric(float64(s[0])*float64(s[1])/c.times[len(c.times)/2], c.name+"-particle-samples/s")
			b.ReportMetric(100*c.products*rate/peaks[len(peaks)/2], c.name+"-%peak")
			b.ReportMetric(all[0].times[len(c.times)/2]/c.times[len(c.times)/2], c.name+"/float32")
			b.ReportMetric(c.err, c.name+"-error")
		}
	})
}

// splitClock returns seconds: of the process on one processor, else of the clock.
func splitClock() float64 {
	var use unix.Rusage
	if runtime.GOMAXPROCS(0) > 1 || unix.Getrusage(unix.RUSAGE_SELF, &use) != nil {
		return float64(time.Now().UnixNano()) / 1e9
	}
	return float64(use.Utime.Nano()+use.Stime.Nano()) / 1e9
}

// splitPeak returns float32's multiply-adds a second, by that clock.
func splitPeak(ws *Workspace[float32]) float64 {
	if ws.workers > 1 {
		return PeakRate(ws, 10*time.Millisecond)
	}
	const rounds = 1 << 20
	c := call{N: rounds}
	start := splitClock()
	ws.set.Peak(&c)
	return float64(rounds*ws.set.PeakFlops) / (splitClock() - start)
}
