package kernels

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
	"unsafe"
)

func pointerTo[T Float](x *T) unsafe.Pointer { return unsafe.Pointer(x) }

// rooflinePoints times each kernel at one representative shape, interleaved with the peak.
func rooflinePoints[T Float](ctx context.Context, r *Roofline, ws *Workspace[T], typ string, progress func(string)) error {
	n, m, d := 4096, 1024, 64
	pm, pd := 4096, 32
	hn, hm, hd := 1024, 256, 64
	if ws.set.Name == "generic" { // some 30 times slower
		n, m, pm, pd, hn, hm, hd = 512, 256, 512, 16, 256, 64, 32
	}
	size := float64(unsafe.Sizeof(T(0)))
	src := rand.New(rand.NewPCG(1, 2))
	normal := func(k int) []T {
		v := make([]T, k)
		for i := range v {
			v[i] = T(src.NormFloat64())
		}
		return v
	}
	x, w, y, f, v := normal(n*d), normal(m*d), normal(n), make([]T, n), make([]T, m*d)
	NormalizeRows(w, m, d, ws)
	pw, pg := normal(pm*pd), make([]T, pm*pd)
	NormalizeRows(pw, pm, pd, ws)
	hess := make([]T, hm*PackedLen(hd))
	he3, q := HermiteActivation([]float64{0, 0, 0, 1}), PolynomialDual([]float64{0, 0, 0, 0, 1})
	nmd := VelocityFlops(n, m, d) / 4
	bytes := func(elements int) float64 { return size * float64(elements) }
	inputs := bytes(n*d + m*d + n)
	shape := fmt.Sprintf("n=%d m=%d d=%d", n, m, d)
	kernels := []struct {
		p   RooflinePoint
		run func()
	}{
		{RooflinePoint{Operation: "Forward he3", Shape: shape, Flops: 2 * nmd, Bytes: inputs},
			func() { Forward(f, x, w, nil, n, m, d, he3, ws) }},
		{RooflinePoint{Operation: "Velocity he3", Shape: shape, Flops: 4 * nmd, Bytes: inputs + bytes(m*d+n)},
			func() { ForwardVelocity(v, f, x, y, w, nil, n, m, d, he3, ws) }},
		{RooflinePoint{Operation: "Velocity relu", Shape: shape, Flops: 4 * nmd, Bytes: inputs + bytes(m*d+n)},
			func() { ForwardVelocity(v, f, x, y, w, nil, n, m, d, ReLU(), ws) }},
		{RooflinePoint{Operation: "Velocity tanh", Shape: shape, Flops: 4 * nmd, Bytes: inputs + bytes(m*d+n)},
			func() { ForwardVelocity(v, f, x, y, w, nil, n, m, d, Tanh(), ws) }},
		{RooflinePoint{Operation: "LocalHessian he3", Shape: fmt.Sprintf("n=%d m=%d d=%d", hn, hm, hd), Flops: HessianFlops(hn, hm, hd),
			Bytes: bytes(hn*hd + hm*hd + hn + hm*PackedLen(hd))},
			func() { LocalHessian(hess, x[:hn*hd], w[:hm*hd], nil, y[:hn], hn, hm, hd, he3, ws) }},
		{RooflinePoint{Operation: "Pairwise k=4", Shape: fmt.Sprintf("m=%d d=%d", pm, pd), Flops: VelocityFlops(pm, pm, pd), Bytes: bytes(2 * pm * pd)},
			func() { Pairwise(pg, pw, pm, pd, q, ws) }},
		{RooflinePoint{Operation: "Moment k=4", Shape: fmt.Sprintf("m=%d d=%d", pm, pd), Flops: MomentFlops(pm, pd, q), Bytes: bytes(2 * pm * pd)},
			func() { Moment(pg, pw, pm, pd, q, ws) }},
		{RooflinePoint{Operation: "NormalizeRows", Shape: fmt.Sprintf("m=%d d=%d", n, d), Flops: 3 * float64(n*d), Bytes: bytes(2 * n * d)},
			func() { NormalizeRows(x, n, d, ws) }},
		{RooflinePoint{Operation: "Combine, 2 stages", Shape: fmt.Sprintf("%d elements", pm*pd), Flops: 6 * float64(pm*pd), Bytes: bytes(4 * pm * pd)},
			func() { Combine(pg, pw, .5, []T{1, 2}, [][]T{pw, pw}, ws) }},
	}
	for _, k := range kernels {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("measuring the roofline: %w", err)
		}
		progress(k.p.Operation + " " + typ)
		k.p.Type = typ
		k.run()
		peaks, times := make([]float64, rooflineRuns), make([]float64, rooflineRuns)
		for i := range times {
			peaks[i] = PeakRate(ws, 4*time.Millisecond)
			times[i] = secondsOf(k.run)
		}
		slices.Sort(peaks)
		slices.Sort(times)
		k.p.Peak, k.p.Seconds = peaks[len(peaks)/2], times[len(times)/2]
		r.Points = append(r.Points, k.p)
	}
	return nil
}

// secondsOf times a call, repeated if it is very short.
func secondsOf(run func()) float64 {
	calls := 0
	start := time.Now()
	for calls == 0 || time.Since(start) < 2*time.Millisecond {
		run()
		calls++
	}
	return time.Since(start).Seconds() / float64(calls)
}

// HessianFlops returns the nominal cost of LocalHessian, 2 n m d + n m d (d+1).
func HessianFlops(n, m, d int) float64 {
	return float64(n) * float64(m) * float64(d) * float64(d+3)
}

// VelocityFlops returns the nominal cost of Velocity and ForwardVelocity, 4 n m d; that of Forward is half.
func VelocityFlops(n, m, d int) float64 {
	return math.Ldexp(float64(n)*float64(m)*float64(d), 2)
}
