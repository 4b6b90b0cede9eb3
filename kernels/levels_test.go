package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestRequiredLevels turns a level that is missing into a failure: KAC_REQUIRE=avx2,avx512 go test -count=1. Without it a machine that
// lacks a level would pass by not testing it.
func TestRequiredLevels(t *testing.T) {
	for _, name := range strings.FieldsFunc(os.Getenv("KAC_REQUIRE"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(Levels(), name) {
			t.Errorf("KAC_REQUIRE=%s, but this processor and build have only %v", name, Levels())
		}
	}
}

// TestLevelIsTheOneAskedFor reads the variable itself, so that a cached result for another level does not count.
func TestLevelIsTheOneAskedFor(t *testing.T) {
	forced := os.Getenv("KAC_LEVEL")
	if forced == "" {
		if Level() != Levels()[0] || LevelError() != nil {
			t.Errorf("level %s (%v), want the best of %v", Level(), LevelError(), Levels())
		}
		return
	}
	if slices.Contains(Levels(), forced) != (LevelError() == nil) {
		t.Errorf("KAC_LEVEL=%s with %v available: error %v", forced, Levels(), LevelError())
	}
	if LevelError() == nil && Level() != forced {
		t.Errorf("KAC_LEVEL=%s, but level %s is in use", forced, Level())
	}
	t.Logf("level %s", Level())
}

// TestEveryDimension compares all levels with the loops of the documentation at every n, m and d in 0..67, one dimension at a time with
// the others awkward, then around block edges, then at random.
func TestEveryDimension(t *testing.T) {
	sets := []levelSuite{newLevelSuite[float64](t), newLevelSuite[float32](t)}
	try := func(i, n, m, d int) {
		for _, s := range sets {
			s(t, n, m, d, activationsUnderTest[i%len(activationsUnderTest)], uint64(i))
		}
	}
	i := 0
	for v := range 68 {
		for _, o := range [][2]int{{7, 5}, {35, 3}, {1, 9}} {
			try(i, v, o[0], o[1])
			try(i+1, o[0], v, o[1])
			try(i+2, o[0], o[1], v)
			i += 3
		}
	}
	for _, edge := range []int{chunkRows, 2 * chunkRows, 96, 128, blockStep * 2, 192, 256} {
		for _, v := range []int{edge - 1, edge, edge + 1} {
			try(i, v, 5, 3)
			try(i+1, 5, v, 3)
			try(i+2, 3, 2, v)
			i += 3
		}
	}
	r := rand.New(rand.NewPCG(4, 2))
	for range 60 {
		try(i, r.IntN(68), r.IntN(68), r.IntN(34))
		i++
	}
}

type levelSuite func(t *testing.T, n, m, d int, act Activation, seed uint64)

// newLevelSuite returns a function that runs every operation at every level on one problem.
func newLevelSuite[T Float](t *testing.T) levelSuite {
	var spaces []*Workspace[T]
	for _, level := range Levels() {
		spaces = append(spaces, workspaceAt[T](t, 2, level))
	}
	return func(t *testing.T, n, m, d int, act Activation, seed uint64) {
		t.Helper()
		p := newSampleProblem[T](n, m, d, seed)
		a := p.a
		if seed%2 == 0 {
			a = nil
		}
		f, sizeF := p.forwardLoop(a, act)
		v, sizeV := p.velocityLoop(a, wide(p.r), act)
		var h, sizeH []float64
		if d <= 34 && act.kind != actReLU {
			full, size := p.hessianLoop(a, wide(p.r), act, true)
			h, sizeH = packOf(full, d), packOf(size, d)
		}
		pair := make([]float64, m*d)
		pairwiseLoop(pair, wide(p.w), m, d, power(4))
		for _, ws := range spaces {
			name := fmt.Sprintf("%s %T n=%d m=%d d=%d %s", ws.set.name, T(0), n, m, d, act)
			gotF, gotV := make([]T, n), make([]T, m*d)
			check := func(op string, got []T, want, size []float64, terms int) {
				if e := within(got, want, size); !(e <= float64(terms+60)) {
					t.Errorf("%s: %s is off by %g", name, op, e)
				}
			}
			Forward(gotF, p.x, p.w, a, n, m, d, act, ws)
			check("Forward", gotF, f, sizeF, d+m)
			Velocity(gotV, p.x, p.w, a, p.r, n, m, d, act, ws)
			check("Velocity", gotV, v, sizeV, d+n)
			ForwardVelocity(gotV, gotF, p.x, p.y, p.w, a, n, m, d, act, ws)
			check("ForwardVelocity's f", gotF, f, sizeF, d+m)
			r := make([]float64, n)
			for i := range r {
				r[i] = float64(p.y[i] - gotF[i])
			}
			fv, sizeFV := p.velocityLoop(a, r, act)
			check("ForwardVelocity's v", gotV, fv, sizeFV, d+n)
			if h != nil {
				D := make([]T, m*PackedLen(d))
				LocalHessian(D, p.x, p.w, a, p.r, n, m, d, act, ws)
				check("LocalHessian", D, h, sizeH, 2*d+n)
			}
			Pairwise(gotV, p.w, m, d, power(4), ws)
			bound := 4e3 * epsOf[T]()
			if e := worst(wide(gotV), pair); !(e < bound) {
				t.Errorf("%s: Pairwise is off by %g", name, e)
			}
			if d <= 20 {
				Moment(gotV, p.w, m, d, power(4), ws)
				if e := worst(wide(gotV), pair); !(e < bound) {
					t.Errorf("%s: Moment is off by %g", name, e)
				}
			}
		}
	}
}

// TestStepOperationsAreTheSameOnAllLevels compares bits, at every row length and at lengths around every block.
func TestStepOperationsAreTheSameOnAllLevels(t *testing.T) {
	testStepOperations[float64](t)
	testStepOperations[float32](t)
}

func testStepOperations[T Float](t *testing.T) {
	for d := range 140 {
		m := 9
		v, w := benchNormal[T](m*d, 1), unitRows[T](m, d, uint64(d))
		var first [3][]T
		for _, level := range append([]string{"generic"}, Levels()...) {
			ws := workspaceAt[T](t, 1, level)
			p := append([]T{}, v...)
			ProjectTangent(p, w, m, d, ws)
			same(t, fmt.Sprintf("%s: ProjectTangent d=%d", level, d), &first[0], p)
			n := append([]T{}, v...)
			NormalizeRows(n, m, d, ws)
			same(t, fmt.Sprintf("%s: NormalizeRows d=%d", level, d), &first[1], n)
			dst := make([]T, m*d)
			Combine(dst, v, .3, []T{.1, 0, .2, .7}, [][]T{v, nil, w, p}, ws)
			same(t, fmt.Sprintf("%s: Combine d=%d", level, d), &first[2], dst)
			c := call{z: at(v, 0), y: at(append(w, 0), 0), n: m, d: d}
			if ws.set.rowDots == nil || d == 0 || d > sumBlock {
				continue
			}
			got := make([]float64, m)
			c.g = at(got, 0)
			ws.set.rowDots(&c)
			for j, s := range got {
				if want := blockDot(v[j*d:(j+1)*d], w[j*d:(j+1)*d]); s != want {
					t.Fatalf("%s: rowDots d=%d: %v, want %v", level, d, s, want)
				}
			}
			ws.set.rowTotals(&c)
			for j, s := range got {
				if want := blockSum(v[j*d : (j+1)*d]); s != want {
					t.Fatalf("%s: rowTotals d=%d: %v, want %v", level, d, s, want)
				}
			}
		}
	}
}

func FuzzLevels(f *testing.F) {
	f.Add(uint8(5), uint8(7), uint8(3), uint8(0), uint64(1))
	f.Add(uint8(64), uint8(48), uint8(32), uint8(6), uint64(2))
	f.Add(uint8(33), uint8(25), uint8(17), uint8(9), uint64(3))
	var wide64, wide32 levelSuite
	f.Fuzz(func(t *testing.T, n, m, d, act uint8, seed uint64) {
		if wide64 == nil {
			wide64, wide32 = newLevelSuite[float64](t), newLevelSuite[float32](t)
		}
		sigma := activationsUnderTest[int(act)%len(activationsUnderTest)]
		wide64(t, int(n), int(m), int(d)%48, sigma, seed)
		wide32(t, int(n), int(m), int(d)%48, sigma, seed)
	})
}

// TestOffsets gives the same data at every alignment of its slices: not a bit may change.
func TestOffsets(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testOffsets[float64](t, level)
		testOffsets[float32](t, level)
	})
}

func testOffsets[T Float](t *testing.T, level string) {
	ws := workspaceAt[T](t, 2, level)
	p := newSampleProblem[T](75, 31, 13, 6)
	var first [6][]T
	for off := range 8 {
		shift := func(x []T) []T { return append(make([]T, off, off+len(x)), x...)[off:] }
		x, w, a, y, r := shift(p.x), shift(p.w), shift(p.a), shift(p.y), shift(p.r)
		f, v := make([]T, off+p.n)[off:], make([]T, off+p.m*p.d)[off:]
		ForwardVelocity(v, f, x, y, w, a, p.n, p.m, p.d, Tanh(), ws)
		same(t, "f", &first[0], f)
		same(t, "v", &first[1], v)
		D := make([]T, off+p.m*PackedLen(p.d))[off:]
		LocalHessian(D, x, w, a, r, p.n, p.m, p.d, Tanh(), ws)
		same(t, "D", &first[2], D)
		u := shift(p.u)
		ProjectTangent(u, w, p.m, p.d, ws)
		NormalizeRows(u, p.m, p.d, ws)
		same(t, "u", &first[3], u)
		dst := make([]T, off+len(x))[off:]
		Combine(dst, x, .5, []T{1, 2}, [][]T{shift(p.x), shift(p.x)}, ws)
		same(t, "Combine", &first[4], dst)
		exp := make([]T, off+len(x))[off:]
		ApplyExp(exp, x, ws)
		same(t, "exp", &first[5], exp)
		if s := Sum(x); s != Sum(p.x) {
			t.Errorf("Sum at offset %d: %v, want %v", off, s, Sum(p.x))
		}
	}
}

// TestSpecialValues puts NaN, infinities, subnormals and -0 in each input: results must be of the same class as the loops'.
func TestSpecialValues(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testSpecialValues[float64](t, level)
		testSpecialValues[float32](t, level)
	})
}

func testSpecialValues[T Float](t *testing.T, level string) {
	ws := workspaceAt[T](t, 1, level)
	subnormal := T(math.SmallestNonzeroFloat64)
	if epsOf[T]() > 0x1p-30 {
		subnormal = T(math.SmallestNonzeroFloat32)
	}
	for _, act := range activationsUnderTest {
		for _, special := range []T{T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)), subnormal, T(math.Copysign(0, -1))} {
			for where := range 3 {
				p := newSampleProblem[T](37, 13, 5, 6)
				switch where {
				case 0:
					p.x[17*p.d+2] = special
				case 1:
					p.w[7*p.d+1] = special
				case 2:
					p.r[30] = special
				}
				f, v := make([]T, p.n), make([]T, p.m*p.d)
				Forward(f, p.x, p.w, nil, p.n, p.m, p.d, act, ws)
				Velocity(v, p.x, p.w, nil, p.r, p.n, p.m, p.d, act, ws)
				wantF, _ := p.forwardLoop(nil, act)
				wantV, _ := p.velocityLoop(nil, wide(p.r), act)
				for i := range f {
					if class(float64(f[i])) != class(wantF[i]) {
						t.Errorf("%s %T %v in input %d: f[%d] = %v, want %v", act, special, special, where, i, f[i], wantF[i])
						break
					}
				}
				for i := range v {
					if class(float64(v[i])) != class(wantV[i]) {
						t.Errorf("%s %T %v in input %d: v[%d] = %v, want %v", act, special, special, where, i, v[i], wantV[i])
						break
					}
				}
			}
		}
	}
}

func class(x float64) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 0):
		return fmt.Sprint(x)
	}
	return "finite"
}

func TestSamplesAllocateNothing(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		p := newSampleProblem[float32](300, 100, 20, 6)
		f, v, dst := make([]float32, p.n), make([]float32, p.m*p.d), make([]float32, len(p.x))
		k := [][]float32{p.x, p.x}
		coef := []float32{1, 2}
		for _, workers := range []int{1, 3} {
			ws := workspaceAt[float32](t, workers, level)
			for _, act := range []Activation{ReLU(), Softplus(2), HermiteActivation([]float64{0, 0, 0, 1})} {
				n := testing.AllocsPerRun(10, func() {
					Forward(f, p.x, p.w, p.a, p.n, p.m, p.d, act, ws)
					Velocity(v, p.x, p.w, p.a, p.r, p.n, p.m, p.d, act, ws)
					ForwardVelocity(v, f, p.x, p.y, p.w, p.a, p.n, p.m, p.d, act, ws)
					Combine(dst, p.x, .5, coef, k, ws)
					ApplyTanh(dst, p.x, ws)
				})
				if n != 0 {
					t.Errorf("%s, %d workers: %v allocations per run", act, workers, n)
				}
			}
			ws.Close()
		}
	})
}

func TestSamplesPanic(t *testing.T) {
	ws := NewWorkspace[float64](1)
	x := make([]float64, 100)
	act := Tanh()
	for want, f := range map[string]func(){
		"kernels: Forward: x has length 5, want 6":                       func() { Forward(x[:3], x[:5], x[:4], nil, 3, 2, 2, act, ws) },
		"kernels: Forward: f has length 2, want 3":                       func() { Forward(x[:2], x[10:16], x[20:24], nil, 3, 2, 2, act, ws) },
		"kernels: Forward: a has length 1, want 2":                       func() { Forward(x[:3], x[10:16], x[20:24], x[:1], 3, 2, 2, act, ws) },
		"kernels: Forward: f (length 3) overlaps x (length 6)":           func() { Forward(x[8:11], x[10:16], x[20:24], nil, 3, 2, 2, act, ws) },
		"kernels: Velocity: r has length 2, want 3":                      func() { Velocity(x[:4], x[10:16], x[20:24], nil, x[30:32], 3, 2, 2, act, ws) },
		"kernels: Velocity: v (length 4) overlaps w (length 4)":          func() { Velocity(x[22:26], x[10:16], x[20:24], nil, x[30:33], 3, 2, 2, act, ws) },
		"kernels: ForwardVelocity: f (length 3) overlaps y (length 3)":   func() { ForwardVelocity(x[:4], x[30:33], x[10:16], x[30:33], x[20:24], nil, 3, 2, 2, act, ws) },
		"kernels: LocalHessian: D has length 4, want 6":                  func() { LocalHessian(x[:4], x[10:16], x[20:24], nil, x[30:33], 3, 2, 2, act, ws) },
		"kernels: HessianVector: out (length 4) overlaps u (length 4)":   func() { HessianVector(x[:4], x[:4], x[10:16], x[20:24], nil, x[30:33], 3, 2, 2, act, ws) },
		"kernels: PopulationHessian: D (length 6) overlaps x (length 4)": func() { PopulationHessian(x[:6], x[4:8], 2, 2, power(3), ws) },
		"kernels: ProjectHessian: c has length 1, want 2":                func() { ProjectHessian(x[:6], x[10:11], x[20:24], 2, 2, ws) },
		"kernels: TopEigen: lambda has length 1, want 2":                 func() { TopEigen(x[:1], x[10:14], x[20:26], nil, 2, 2, 1e-9, ws) },
		"kernels: ApplyExp: x has length 3, want 2":                      func() { ApplyExp(x[:2], x[10:13], ws) },
		"kernels: ApplyTanh: dst (length 3) overlaps x (length 3)":       func() { ApplyTanh(x[:3], x[1:4], ws) },
		"kernels: Softplus: temperature -1 is not positive and finite":   func() { Softplus(-1) },
		"kernels: Velocity: negative dimension in [3 -2 2]":              func() { Velocity(x[:4], x[10:16], x[20:24], nil, x[30:33], 3, -2, 2, act, ws) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			f()
		}()
	}
}
