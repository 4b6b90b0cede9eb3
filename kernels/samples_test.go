package kernels

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"kac/kernels/internal/pack"
)

// sampleProblem is the data of one sample-based call. Values are rounded to T, so the oracle sees what the kernel sees.
type sampleProblem[T Float] struct {
	n, m, d          int
	x, w, a, y, r, u []T
}

func newSampleProblem[T Float](n, m, d int, seed uint64) sampleProblem[T] {
	r := rand.New(rand.NewPCG(seed, uint64(n+1000*m+1000000*d)))
	normal := func(k int) []T {
		v := make([]T, k)
		for i := range v {
			v[i] = T(r.NormFloat64())
		}
		return v
	}
	return sampleProblem[T]{n, m, d, normal(n * d), unitRows[T](m, d, seed), normal(m), normal(n), normal(n), normal(m * d)}
}

func (p sampleProblem[T]) z(i, j int) float64 {
	s := 0.0
	for c := range p.d {
		s += float64(float64(p.x[i*p.d+c]) * float64(p.w[j*p.d+c]))
	}
	return s
}

// forwardLoop and velocityLoop are the loops of the documentation in plain float64, through which NaN and infinities
// pass as they should.
func (p sampleProblem[T]) forwardLoop(a []T, act Activation) []float64 {
	f := make([]float64, p.n)
	for i := range p.n {
		for j := range p.m {
			aj := 1.0
			if a != nil {
				aj = float64(a[j])
			}
			z := p.z(i, j)
			v, _, _ := act.Eval(z)
			f[i] += float64(aj*v) / float64(p.m)
		}
	}
	return f
}

func (p sampleProblem[T]) velocityLoop(a []T, r []float64, act Activation) []float64 {
	v := make([]float64, p.m*p.d)
	for j := range p.m {
		aj := 1.0
		if a != nil {
			aj = float64(a[j])
		}
		for i := range p.n {
			z := p.z(i, j)
			_, dv, _ := act.Eval(z)
			for c := range p.d {
				x := aj * r[i] * float64(p.x[i*p.d+c]) / float64(p.n)
				v[j*p.d+c] += float64(x * dv)
			}
		}
	}
	return v
}

func epsOf[T Float]() float64 {
	if T(1)+T(0x1p-30) == 1 {
		return 0x1p-24
	}
	return 0x1p-53
}

// within reports the largest |got - want| / (eps size).
func within[T Float](got []T, want expected) float64 {
	top := 0.0
	for i := range got {
		diff := math.Abs(float64(got[i]) - want.value[i])
		if diff == 0 {
			continue
		}
		if e := diff / (epsOf[T]() * want.size[i]); !(e <= top) {
			top = e
		}
	}
	return top
}

func wide[T Float](x []T) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

var activationsUnderTest = []Activation{
	HermiteActivation([]float64{0, 0, 0, 1}), HermiteActivation([]float64{0, 0, 0, 0, 1}), PolynomialActivation(nil),
	PolynomialActivation([]float64{.5, -1, .25, .125}), PolynomialActivation([]float64{.7}),
	ReLU(), Tanh(), Sigmoid(), Softplus(1), Softplus(16), Erf(), GELU(),
}

// testedLevels are all levels, or in a short run the one that KAC_LEVEL forces: what compares every level with the
// oracle has done so in the run that forces none.
func testedLevels() []string {
	if os.Getenv("KAC_LEVEL") != "" && LevelError() == nil && testing.Short() {
		return []string{Level()}
	}
	return Levels()
}

func everyLevel(t *testing.T, run func(t *testing.T, level string)) {
	for _, level := range testedLevels() {
		t.Run(level, func(t *testing.T) { run(t, level) })
	}
}

func workspaceAt[T Float](t testing.TB, workers int, level string) *Workspace[T] {
	ws, err := NewWorkspaceAt[T](workers, level)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// TestSamples meets every activation at every shape, with and without weights of the second layer.
func TestSamples(t *testing.T) {
	seen := ratios{}
	testSamples[float64](t, seen)
	testSamples[float32](t, seen)
	seen.log(t)
}

func testSamples[T Float](t *testing.T, seen ratios) {
	spaces := spacesAt[T](t, 2)
	shapes := [][3]int{{1, 1, 1}, {5, 3, 2}, {33, 7, 5}, {64, 24, 8}, {70, 49, 17}, {257, 10, 9}, {3, 101, 20}, {600, 2, 3}, {0, 3, 2}, {3, 0, 2}, {4, 3, 0}}
	for _, act := range activationsUnderTest {
		for _, s := range shapes {
			p := newSampleProblem[T](s[0], s[1], s[2], 1)
			checkSamplesAt(t, seen, spaces, p, act, true)
			checkSamplesAt(t, seen, spaces, p, act, false)
		}
	}
}

func TestSamplesOverSeveralBlocks(t *testing.T) {
	seen := ratios{}
	spaces, spaces32 := spacesAt[float64](t, 2), spacesAt[float32](t, 2)
	checkSamplesAt(t, seen, spaces, newSampleProblem[float64](2*pack.BlockMost+77, 50, 3, 2), Tanh(), true)
	checkSamplesAt(t, seen, spaces32, newSampleProblem[float32](pack.FlushSamples+pack.BlockMost+77, 50, 3, 2), HermiteActivation([]float64{0, 0, 0, 1}), true)
	seen.log(t)
}

func TestSamplesWorkers(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testSamplesWorkers[float64](t, level)
		testSamplesWorkers[float32](t, level)
	})
}

func testSamplesWorkers[T Float](t *testing.T, level string) {
	p := newSampleProblem[T](3000, 130, 9, 5)
	for _, act := range []Activation{HermiteActivation([]float64{0, 0, 0, 1}), Softplus(3)} {
		var f1, v1, f2, v2 []T
		for _, workers := range []int{1, 2, 3, 8} {
			ws := workspaceAt[T](t, workers, level)
			f, v := make([]T, p.n), make([]T, p.m*p.d)
			Forward(f, p.x, p.w, p.a, p.n, p.m, p.d, act, ws)
			same(t, "Forward", &f1, f)
			Velocity(v, p.x, p.w, p.a, p.r, p.n, p.m, p.d, act, ws)
			same(t, "Velocity", &v1, v)
			f, v = make([]T, p.n), make([]T, p.m*p.d)
			ForwardVelocity(v, f, p.x, p.y, p.w, p.a, p.n, p.m, p.d, act, ws)
			same(t, "ForwardVelocity f", &f2, f)
			same(t, "ForwardVelocity v", &v2, v)
			var packed PackedSamples[T]
			packed.Pack(p.x, p.n, p.d, ws)
			clear(f)
			clear(v)
			ForwardVelocityPacked(v, f, &packed, p.y, p.w, p.a, p.m, act, ws)
			same(t, "ForwardVelocityPacked f", &f2, f)
			same(t, "ForwardVelocityPacked v", &v2, v)
			ws.Close()
		}
	}
}

func TestActivationDerivatives(t *testing.T) {
	for _, act := range activationsUnderTest {
		for _, z := range []float64{-3, -.5, -.01, .02, .7, 4} {
			const h = 1e-5
			_, dv, d2v := act.Eval(z)
			up, dup, _ := act.Eval(z + h)
			down, ddown, _ := act.Eval(z - h)
			if math.Abs((up-down)/(2*h)-dv) > 1e-7*(1+math.Abs(dv)) || math.Abs((dup-ddown)/(2*h)-d2v) > 1e-6*(1+math.Abs(d2v)) {
				t.Errorf("%s at %g: derivatives %g %g, differences %g %g", act, z, dv, d2v, (up-down)/(2*h), (dup-ddown)/(2*h))
			}
		}
	}
}
