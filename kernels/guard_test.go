//go:build unix

package kernels

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
)

// guarded returns n elements between two pages that may not be touched, flush with the one behind or the one before: a
// kernel that reads or writes past its slice dies here, where neither the race detector nor a bounds check would see
// it.
func guarded[T Float](t *testing.T, n int, behind bool) []T {
	t.Helper()
	page := unix.Getpagesize()
	size := int(unsafe.Sizeof(T(0))) * n
	body := (size + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, body+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(mem) })
	for _, guard := range [][]byte{mem[:page], mem[page+body:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	start := page
	if behind {
		start = page + body - size
	}
	if n == 0 {
		return []T{}
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[start])), n)
}

func TestGuardPages(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testGuardPages[float64](t, level)
		testGuardPages[float32](t, level)
	})
}

func testGuardPages[T Float](t *testing.T, level string) {
	ws := workspaceAt[T](t, 2, level)
	for _, s := range [][3]int{{1, 1, 1}, {5, 3, 2}, {33, 25, 7}, {64, 48, 16}, {67, 49, 31}, {130, 5, 33}} {
		for _, behind := range []bool{false, true} {
			p := newSampleProblem[T](s[0], s[1], s[2], 1)
			keep := func(x []T) []T {
				g := guarded[T](t, len(x), behind)
				copy(g, x)
				return g
			}
			x, w, a, y, r, u := keep(p.x), keep(p.w), keep(p.a), keep(p.y), keep(p.r), keep(p.u)
			f, v := guarded[T](t, p.n, behind), guarded[T](t, p.m*p.d, behind)
			D, lambda := guarded[T](t, p.m*PackedLen(p.d), behind), guarded[T](t, p.m, behind)
			Forward(f, x, w, a, p.n, p.m, p.d, Tanh(), ws)
			Velocity(v, x, w, a, r, p.n, p.m, p.d, ReLU(), ws)
			ForwardVelocity(v, f, x, y, w, a, p.n, p.m, p.d, GELU(), ws)
			signs := keep(newSignProblem[T](s[0], s[1], s[2], 1).x)
			ForwardVelocity(v, f, signs, y, w, a, p.n, p.m, p.d, Sigmoid(), ws)
			var packed PackedSamples[T]
			packed.Pack(x, p.n, p.d, ws)
			MomentForwardVelocity(v, f, &packed, y, w, a, p.m, PolynomialActivation([]float64{1, 2, 3, 4, 5}), ws)
			LocalHessian(D, x, w, a, r, p.n, p.m, p.d, Erf(), ws)
			TopEigen(lambda, v, D, w, p.m, p.d, 1e-5, ws)
			HessianVector(v, u, x, w, a, r, p.n, p.m, p.d, Softplus(2), ws)
			Pairwise(v, w, p.m, p.d, power(4), ws)
			PairwiseSum(w, p.m, p.d, power(4), ws)
			if p.d < 20 {
				Moment(v, w, p.m, p.d, power(4), ws)
				MomentSum(w, p.m, p.d, power(4), ws)
			}
			ProjectTangent(u, w, p.m, p.d, ws)
			NormalizeRows(u, p.m, p.d, ws)
			Combine(v, u, .5, []T{1, 3}, [][]T{w, keep(p.u)}, ws)
			RootRatio(v, w, u, ws)
			if wide, is := any(ws).(*Workspace[float64]); is {
				words := guarded[float64](t, len(u), behind) // of 64 bits too
				SignSteps(any(keep(p.u)).([]float64), unsafe.Slice((*uint64)(unsafe.Pointer(&words[0])), len(u)), 5, 1, 1, 1, wide)
				TanhSech(any(keep(p.u)).([]float64), words, any(u).([]float64), wide)
			}
			AdamStep(v, keep(p.u), keep(p.u), u, AdamRates[T]{1, 1, 1, 1, 1, 1}, ws)
			ApplyExp(v, u, ws)
			ApplyTanh(v, u, ws)
			ApplyErf(u, u, ws)
			if Sum(x) != Sum(p.x) || Dot(x, x) != Dot(p.x, p.x) {
				t.Errorf("sums differ between the guards")
			}
		}
	}
}

// TestSplitGuardPages gives the kernels on bf16 parts operands that end, or start, at such a page, and the operations
// their arguments.
func TestSplitGuardPages(t *testing.T) {
	everySplit(t, func(t *testing.T, engine string, s Split) {
		set := dispatch.SplitSet(engine, int(s))
		size := set.Parts * tileFloats / 2 // in float32
		for _, behind := range []bool{false, true} {
			for _, k := range [][3]int{{1, 1, 1}, {3, 2, 2}, {0, 1, 1}} {
				depth, tiles, panels := k[0], k[1], k[2]
				a, b := guarded[float32](t, tiles*depth*size, behind), guarded[float32](t, panels*depth*size, behind)
				out := guarded[float32](t, panels*tiles*tileFloats, behind)
				c := splitCall{A: abi.At(a, 0), B: abi.At(b, 0), Out: abi.At(out, 0), Depth: depth, Tiles: tiles, Panels: panels, OutPanel: tiles * tileFloats}
				set.Multiply(&c)
				c.Add = 1
				set.Multiply(&c)
				if depth == 0 {
					continue
				}
				c = splitCall{Out: abi.At(out, 0), A: abi.At(a, 0), Tiles: tiles, OutPanel: tileFloats, Step: 2 * size}
				set.SplitRows(&c)
				c.B = abi.At(b, 0)
				set.SplitColumns(&c)
			}
			ws := splitWorkspaceAt(t, 2, engine, s).Workspace
			for _, shape := range [][3]int{{1, 1, 1}, {33, 35, 7}, {67, 49, 33}} {
				p := newSampleProblem[float32](shape[0], shape[1], shape[2], 1)
				keep := func(x []float32) []float32 {
					g := guarded[float32](t, len(x), behind)
					copy(g, x)
					return g
				}
				x, w, y, r := keep(p.x), keep(p.w), keep(p.y), keep(p.r)
				f, v, D := guarded[float32](t, p.n, behind), guarded[float32](t, p.m*p.d, behind), guarded[float32](t, p.m*PackedLen(p.d), behind)
				ForwardVelocity(v, f, x, y, w, keep(p.a), p.n, p.m, p.d, Tanh(), ws)
				LocalHessian(D, x, w, nil, r, p.n, p.m, p.d, ReLU(), ws)
			}
		}
	})
}
