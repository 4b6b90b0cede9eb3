package kernels

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/sums"
)

// TestRequiredLevels turns a level that is missing into a failure: KAC_REQUIRE=avx2,avx512 go test -count=1. Without it
// a machine that lacks a level would pass by not testing it.
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

// TestStepOperationsAreTheSameOnAllLevels compares bits, at every row length and at lengths around every block.
func TestStepOperationsAreTheSameOnAllLevels(t *testing.T) {
	testStepOperations[float64](t)
	testStepOperations[float32](t)
}

func testStepOperations[T Float](t *testing.T) {
	shapes := make([][2]int, 0, 240)
	for i := range 140 {
		shapes = append(shapes, [2]int{9, i})
		if i < 68 {
			shapes = append(shapes, [2]int{i, 5}, [2]int{i, 67})
		}
	}
	for _, shape := range append(shapes, [2]int{rowsPerBlock - 1, 3}, [2]int{rowsPerBlock, 3}, [2]int{rowsPerBlock + 1, 3}) {
		m, d := shape[0], shape[1]
		v, w := benchNormal[T](m*d, 1), unitRows[T](m, d, uint64(d))
		var first [7][]T
		var chained, hyperbolic []float64
		for _, level := range append([]string{"generic"}, Levels()...) {
			ws := workspaceAt[T](t, 1, level)
			p := append([]T{}, v...)
			ProjectTangent(p, w, m, d, ws)
			same(t, fmt.Sprintf("%s: ProjectTangent m=%d d=%d", level, m, d), &first[0], p)
			n := append([]T{}, v...)
			NormalizeRows(n, m, d, ws)
			same(t, fmt.Sprintf("%s: NormalizeRows m=%d d=%d", level, m, d), &first[1], n)
			dst := make([]T, m*d)
			Combine(dst, v, .3, []T{.1, 0, .2, .7}, [][]T{v, nil, w, p}, ws)
			same(t, fmt.Sprintf("%s: Combine m=%d d=%d", level, m, d), &first[2], dst)
			y, u, q := append([]T{}, v...), append([]T{}, p...), append([]T{}, n...)
			for i, x := range q {
				q[i] = x * x
			}
			AdamStep(y, u, q, w, AdamRates[T]{.3, .9, .1, .8, .2, .01}, ws)
			for i, x := range [][]T{y, u, q} {
				same(t, fmt.Sprintf("%s: AdamStep m=%d d=%d", level, m, d), &first[3+i], x)
			}
			ratio := make([]T, m*d)
			RootRatio(ratio, w, v, ws)
			same(t, fmt.Sprintf("%s: RootRatio m=%d d=%d", level, m, d), &first[6], ratio)
			if wide, is := any(ws).(*Workspace[float64]); is {
				chains, words := append([]float64{}, any(v).([]float64)...), make([]uint64, m*d)
				for i := range words {
					words[i] = uint64(i+1) * 0x9e3779b97f4a7c15
				}
				SignSteps(chains, words, d%65, .9, .05, -.1, wide)
				same(t, fmt.Sprintf("%s: SignSteps m=%d d=%d", level, m, d), &chained, chains)
				both := make([]float64, 2*m*d)
				TanhSech(both[:m*d], both[m*d:], any(v).([]float64), wide)
				same(t, fmt.Sprintf("%s: TanhSech m=%d d=%d", level, m, d), &hyperbolic, both)
			}
			if ws.set.RowDots == nil || m == 0 || d == 0 || d > sums.Block {
				continue
			}
			got := make([]float64, m)
			c := call{Z: abi.At(v, 0), Y: abi.At(w, 0), G: abi.At(got, 0), N: m, D: d}
			ws.set.RowDots(&c)
			for j, s := range got {
				if want := sums.BlockDot(v[j*d:(j+1)*d], w[j*d:(j+1)*d]); s != want {
					t.Fatalf("%s: rowDots d=%d: %v, want %v", level, d, s, want)
				}
			}
			ws.set.RowTotals(&c)
			for j, s := range got {
				if want := sums.BlockSum(v[j*d : (j+1)*d]); s != want {
					t.Fatalf("%s: rowTotals d=%d: %v, want %v", level, d, s, want)
				}
			}
		}
	}
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

// TestSpecialValues puts NaN, infinities, subnormals and -0 in each input: results must be of the same class as the
// loops'.
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
				wantF := p.forwardLoop(nil, act)
				wantV := p.velocityLoop(nil, wide(p.r), act)
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
		t.Run(want, func(t *testing.T) {
			func() {
				defer func() {
					if got := fmt.Sprint(recover()); got != want {
						t.Errorf("panic %q, want %q", got, want)
					}
				}()
				f()
			}()
		})
	}
}
