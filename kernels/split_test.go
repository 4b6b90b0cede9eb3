package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// everySplit runs a test on every engine that the machine has, with both numbers of parts.
func everySplit(t *testing.T, run func(t *testing.T, engine string, s Split)) {
	for _, engine := range SplitEngines() {
		for _, s := range []Split{BF16x3, BF16x6} {
			t.Run(fmt.Sprintf("%s/%s", engine, s), func(t *testing.T) { run(t, engine, s) })
		}
	}
}

func splitWorkspaceAt(t testing.TB, workers int, engine string, s Split) *Workspace[float32] {
	ws, err := NewSplitWorkspaceAt(workers, s, engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ws.Close)
	return ws
}

// TestSplitParts: three parts hold every bit, two all but u^2, and each is rounded to nearest even.
func TestSplitParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		x := math.Float32frombits(r.Uint32())
		if a := math.Abs(float64(x)); !(a >= 0x1p-100 && a < 0x1p127) {
			continue
		}
		var p [3]uint16
		splitInto(p[:], x, 3, 1)
		a, b, c := float64(fromBF16(p[0])), float64(fromBF16(p[1])), float64(fromBF16(p[2]))
		if a+b+c != float64(x) {
			t.Fatalf("%x: parts %x %x %x", x, a, b, c)
		}
		if e := math.Abs(float64(x)-a) / math.Abs(float64(x)); e > 0x1p-8 {
			t.Fatalf("%x: first part off by %g", x, e)
		}
		if e := math.Abs(float64(x)-a-b) / math.Abs(float64(x)); e > 0x1p-16 {
			t.Fatalf("%x: two parts off by %g", x, e)
		}
	}
	for _, c := range []struct {
		in   uint32
		want uint16
	}{
		{0x3f808000, 0x3f80}, {0x3f818000, 0x3f82}, {0x3f808001, 0x3f81}, {0xbf818000, 0xbf82}, // ties to even, and just above one
		{0x7f7f7fff, 0x7f7f}, {0x7f7f8000, 0x7f80}, {0x7f800000, 0x7f80}, {0xff800000, 0xff80}, // the largest, what rounds to infinity, infinities
		{0x7f800001, 0x7fc0}, {0x7fffffff, 0x7fff}, {0x00000001, 0}, {0x807fffff, 0x8000}, {0x00800000, 0x0080}, // NaN, subnormal numbers, the least normal
	} {
		if got := bf16(math.Float32frombits(c.in)); got != c.want {
			t.Errorf("bf16(%08x) = %04x, want %04x", c.in, got, c.want)
		}
	}
}

// splitTerms bounds the errors of the operations at a shape.
func splitTerms(s Split, act Activation, sum, d int) int {
	return s.Terms(min(sum, flushSamples+splitMost)) + s.Terms(d) + steps(act)
}

// checkSplit compares every operation with the oracle. Inputs are scaled by powers of two of mixed size if badly is set.
func checkSplit(t *testing.T, seen ratios, ws *Workspace[float32], s Split, p sampleProblem[float32], act Activation, weighted bool) {
	t.Helper()
	var a []float32
	if weighted {
		a = p.a
	}
	e := p.evaluate(act)
	name := fmt.Sprintf("%s %s n=%d m=%d d=%d %s", ws.Engine(), s, p.n, p.m, p.d, act)
	op := func(name string) string { return fmt.Sprintf("%s %s %s", ws.Engine(), s, name) }
	f, v, both, g := make([]float32, p.n), make([]float32, p.m*p.d), make([]float32, p.m*p.d), make([]float32, p.n)
	Forward(f, p.x, p.w, a, p.n, p.m, p.d, act, ws)
	seen.check(t, op("Forward"), name, splitChunk*tileSide+s.Terms(p.d)+steps(act), within(f, e.outputs(a)))
	Velocity(v, p.x, p.w, a, p.r, p.n, p.m, p.d, act, ws)
	seen.check(t, op("Velocity"), name, splitTerms(s, act, p.n, p.d), within(v, e.velocities(a, wide(p.r))))
	ForwardVelocity(both, g, p.x, p.y, p.w, a, p.n, p.m, p.d, act, ws)
	same(t, name+" ForwardVelocity f", &f, g)
	r := make([]float64, p.n)
	for i := range r {
		r[i] = float64(p.y[i] - g[i])
	}
	seen.check(t, op("ForwardVelocity"), name, splitTerms(s, act, p.n, p.d), within(both, e.velocities(a, r)))
	if p.m*p.n*p.d*p.d > 1<<22 {
		return
	}
	D := make([]float32, p.m*PackedLen(p.d))
	LocalHessian(D, p.x, p.w, a, p.r, p.n, p.m, p.d, act, ws)
	seen.check(t, op("LocalHessian"), name, splitTerms(s, act, p.n, p.d)+p.d, within(D, e.localHessians(e.seconds(a))))
}

func TestSplitSamples(t *testing.T) {
	seen := ratios{}
	everySplit(t, func(t *testing.T, engine string, s Split) {
		ws := splitWorkspaceAt(t, 2, engine, s)
		shapes := [][3]int{{1, 1, 1}, {5, 3, 2}, {33, 7, 5}, {64, 24, 8}, {70, 49, 17}, {31, 33, 32}, {32, 32, 33}, {65, 10, 9}, {3, 131, 20}, {300, 2, 3}, {0, 3, 2}, {3, 0, 2}, {4, 3, 0}}
		for i, act := range activationsUnderTest {
			for k, shape := range shapes {
				if slow(engine) && (i+k)%5 != 0 {
					continue
				}
				checkSplit(t, seen, ws, s, newSampleProblem[float32](shape[0], shape[1], shape[2], 1), act, (i+k)%2 == 0)
			}
		}
	})
	seen.log(t)
}

// slow reports whether an engine runs in Go or under emulation.
func slow(engine string) bool { return engine == "generic" || engine == "amx" && amxEmulated() }
