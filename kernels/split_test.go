package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"kac/kernels/internal/dispatch"
	"kac/kernels/internal/generic"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/split"
)

// everySplit runs a test on every engine that the machine has, with both numbers of parts.
func everySplit(t *testing.T, run func(t *testing.T, engine string, s Split)) {
	for _, engine := range SplitEngines() {
		for _, s := range []Split{BF16x3, BF16x6} {
			t.Run(fmt.Sprintf("%s/%s", engine, s), func(t *testing.T) { run(t, engine, s) })
		}
	}
}

// slow reports whether an engine runs in Go or under emulation, where a test takes a part of its cases.
func slow(engine string) bool { return engine == "generic" || engine == "amx" && dispatch.Emulated() }

// splitSpace is a workspace with what its errors are measured by.
type splitSpace struct {
	*Workspace[float32]
	s Split
}

func splitWorkspaceAt(t testing.TB, workers int, engine string, s Split) splitSpace {
	ws, err := NewSplitWorkspaceAt(workers, s, engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ws.Close)
	return splitSpace{ws, s}
}

// splitSpaces returns workspaces of every engine and both numbers of parts.
func splitSpaces(t testing.TB, workers int) []splitSpace {
	var spaces []splitSpace
	for _, engine := range SplitEngines() {
		spaces = append(spaces, splitWorkspaceAt(t, workers, engine, BF16x3), splitWorkspaceAt(t, workers, engine, BF16x6))
	}
	return spaces
}

func (ws splitSpace) String() string { return fmt.Sprintf("%s %s", ws.Engine(), ws.s) }

// terms bounds the errors of sums over samples of functions of inner products.
func (ws splitSpace) terms(act Activation, n, d int) int {
	return ws.s.Terms(min(n, pack.FlushSamples+split.Most)) + ws.s.Terms(d) + steps(act)
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
		generic.SplitInto(p[:], x, 3, 1)
		a, b, c := float64(generic.FromBF16(p[0])), float64(generic.FromBF16(p[1])), float64(generic.FromBF16(p[2]))
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
		t.Run(fmt.Sprint(c.in), func(t *testing.T) {
			if got := generic.ToBF16(math.Float32frombits(c.in)); got != c.want {
				t.Errorf("bf16(%08x) = %04x, want %04x", c.in, got, c.want)
			}
		})
	}
}

// checkSplit compares every operation on samples with the oracle.
func checkSplit(t *testing.T, seen ratios, spaces []splitSpace, p sampleProblem[float32], act Activation, weighted bool) {
	t.Helper()
	var a []float32
	if weighted {
		a = p.a
	}
	n, m, d := p.n, p.m, p.d
	e := p.evaluate(act)
	wantF, wantV := e.outputs(a), e.velocities(a, wide(p.r))
	var wantD expected
	if hessians := n*m*d*d <= 1<<17; hessians {
		wantD = e.localHessians(e.seconds(a))
	}
	f, g, v, D := make([]float32, n), make([]float32, n), make([]float32, m*d), make([]float32, m*PackedLen(d))
	for _, ws := range spaces {
		name := fmt.Sprintf("%s n=%d m=%d d=%d %s", ws, n, m, d, act)
		Forward(f, p.x, p.w, a, n, m, d, act, ws.Workspace)
		seen.check(t, ws.String()+" Forward", name, split.Chunk*tileSide+ws.s.Terms(d)+steps(act), within(f, wantF))
		Velocity(v, p.x, p.w, a, p.r, n, m, d, act, ws.Workspace)
		seen.check(t, ws.String()+" Velocity", name, ws.terms(act, n, d), within(v, wantV))
		ForwardVelocity(v, g, p.x, p.y, p.w, a, n, m, d, act, ws.Workspace)
		same(t, name+" ForwardVelocity f", &f, g)
		r := make([]float64, n)
		for i := range r {
			r[i] = float64(p.y[i] - g[i])
		}
		seen.check(t, ws.String()+" ForwardVelocity", name, ws.terms(act, n, d), within(v, e.velocities(a, r)))
		if wantD.value != nil {
			LocalHessian(D, p.x, p.w, a, p.r, n, m, d, act, ws.Workspace)
			seen.check(t, ws.String()+" LocalHessian", name, ws.terms(act, n, d)+d, within(D, wantD))
		}
	}
}

func TestSplitSamples(t *testing.T) {
	seen := ratios{}
	var fast, all []splitSpace
	for _, ws := range splitSpaces(t, 2) {
		all = append(all, ws)
		if !slow(ws.Engine()) {
			fast = append(fast, ws)
		}
	}
	shapes := [][3]int{{1, 1, 1}, {5, 3, 2}, {33, 7, 5}, {64, 24, 8}, {70, 49, 17}, {31, 33, 32}, {32, 32, 33}, {65, 10, 9}, {3, 131, 20}, {300, 2, 3}, {0, 3, 2}, {3, 0, 2}, {4, 3, 0}}
	for i, act := range activationsUnderTest {
		for k, s := range shapes {
			spaces := fast
			if (i+k)%5 == 0 {
				spaces = all
			}
			checkSplit(t, seen, spaces, newSampleProblem[float32](s[0], s[1], s[2], 1), act, (i+k)%2 == 0)
		}
	}
	seen.log(t)
}

// TestSplitOverSeveralBlocks has more samples than one block, and more than move to float64 at once.
func TestSplitOverSeveralBlocks(t *testing.T) {
	seen := ratios{}
	for _, ws := range splitSpaces(t, 2) {
		n := pack.FlushSamples + split.Most + 77
		if slow(ws.Engine()) {
			n = split.Most + 77
		}
		checkSplit(t, seen, []splitSpace{ws}, newSampleProblem[float32](n, 34, 3, 2), HermiteActivation([]float64{0, 0, 0, 1}), true)
	}
	seen.log(t)
}

// TestSplitRandomShapes meets 1000 shapes, half of them with numbers from 2^-30 to 2^5 beside each other in one sum.
func TestSplitRandomShapes(t *testing.T) {
	seen := ratios{}
	var fast, slowOnes []splitSpace
	for _, ws := range splitSpaces(t, 2) {
		if slow(ws.Engine()) {
			slowOnes = append(slowOnes, ws)
		} else {
			fast = append(fast, ws)
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	size := func(most float64) int { return int(math.Exp(r.Float64() * math.Log(most+1))) }
	shapes := 1000
	if testing.Short() {
		shapes = 100
	}
	for i := range shapes {
		p := newSampleProblem[float32](size(200), size(140), size(80), uint64(i))
		act := activationsUnderTest[r.IntN(len(activationsUnderTest))]
		if i%2 == 0 {
			act = PolynomialActivation([]float64{.5, -1, .25}) // of which errors are not more than linear in those of its argument
			for _, v := range []struct {
				x    []float32
				most int
			}{{p.x, 5}, {p.w, 3}, {p.r, 5}, {p.y, 5}, {p.a, 5}} {
				for k := range v.x {
					v.x[k] *= float32(math.Ldexp(1, v.most-r.IntN(v.most+31)))
				}
			}
		}
		spaces := fast
		if i%50 < 2 && p.n*p.m*p.d < 20000 {
			spaces = append(append([]splitSpace{}, fast...), slowOnes...)
		}
		checkSplit(t, seen, spaces, p, act, r.IntN(2) == 0)
	}
	seen.log(t)
}

// TestSplitPopulation: the sums over pairs.
func TestSplitPopulation(t *testing.T) {
	seen := ratios{}
	for _, ws := range splitSpaces(t, 2) {
		for _, dual := range dualsUnderTest {
			for _, s := range [][2]int{{1, 1}, {33, 5}, {40, 16}} {
				m, d := s[0], s[1]
				w := unitRows[float32](m, d, 3)
				p := population(w, m, d).evaluate(dual.q.activation())
				g, _ := p.pairwise(dual.q)
				name := fmt.Sprintf("%s m=%d d=%d %s", ws, m, d, dual.name)
				got, h := make([]float32, m*d), make([]float32, m*PackedLen(d))
				Pairwise(got, w, m, d, dual.q, ws.Workspace)
				if dual.q.kind != dualReLU { // whose slope is infinite at the ends, where inner products of a particle with itself are
					seen.check(t, ws.String()+" Pairwise", name, ws.terms(dual.q.activation(), m, d), within(got, g))
				} else if e := worst(wide(got), g.value); !(e < 2e-2) {
					t.Errorf("%s: Pairwise is off by %g", name, e)
				}
				if dual.q.kind == dualReLU {
					continue
				}
				var want expected
				for j := range m {
					s := p.second(j, nil)
					want.value, want.size = append(want.value, s.h.value...), append(want.size, s.h.size...)
				}
				PopulationHessian(h, w, m, d, dual.q, ws.Workspace)
				seen.check(t, ws.String()+" PopulationHessian", name, ws.terms(dual.q.activation(), m, d), within(h, want))
			}
		}
	}
	seen.log(t)
}
