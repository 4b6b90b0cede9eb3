package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
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

// forwardLoop and velocityLoop are the loops of the documentation, in float64. Each also returns sum |terms|, which scales errors.
func (p sampleProblem[T]) forwardLoop(a []T, act Activation) (f, size []float64) {
	f, size = make([]float64, p.n), make([]float64, p.n)
	for i := range p.n {
		for j := range p.m {
			aj := 1.0
			if a != nil {
				aj = float64(a[j])
			}
			z := p.z(i, j)
			v, dv, _ := act.Eval(z)
			f[i] += float64(aj*v) / float64(p.m)
			size[i] += math.Abs(aj) * (math.Abs(v) + math.Abs(dv)*p.zSize(i, j)) / float64(p.m)
		}
	}
	return f, size
}

// zSize is sum |x_c w_c|.
func (p sampleProblem[T]) zSize(i, j int) float64 {
	s := 0.0
	for c := range p.d {
		s += math.Abs(float64(p.x[i*p.d+c]) * float64(p.w[j*p.d+c]))
	}
	return s
}

func (p sampleProblem[T]) velocityLoop(a []T, r []float64, act Activation) (v, size []float64) {
	v, size = make([]float64, p.m*p.d), make([]float64, p.m*p.d)
	for j := range p.m {
		aj := 1.0
		if a != nil {
			aj = float64(a[j])
		}
		for i := range p.n {
			z := p.z(i, j)
			_, dv, d2v := act.Eval(z)
			for c := range p.d {
				x := aj * r[i] * float64(p.x[i*p.d+c]) / float64(p.n)
				v[j*p.d+c] += float64(x * dv)
				size[j*p.d+c] += math.Abs(x) * (math.Abs(dv) + math.Abs(d2v)*p.zSize(i, j))
			}
		}
	}
	return v, size
}

func epsOf[T Float]() float64 {
	if T(1)+T(0x1p-30) == 1 {
		return 0x1p-24
	}
	return 0x1p-53
}

// within reports the largest |got - want| / (eps size), in units of terms.
func within[T Float](got []T, want, size []float64) float64 {
	top := 0.0
	for i := range got {
		diff := math.Abs(float64(got[i]) - want[i])
		if diff == 0 {
			continue
		}
		if e := diff / (epsOf[T]() * size[i]); !(e <= top) {
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

func everyLevel(t *testing.T, run func(t *testing.T, level string)) {
	for _, level := range Levels() {
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

func TestSamples(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testSamples[float64](t, level)
		testSamples[float32](t, level)
	})
}

func testSamples[T Float](t *testing.T, level string) {
	ws := workspaceAt[T](t, 2, level)
	shapes := [][3]int{{1, 1, 1}, {5, 3, 2}, {33, 7, 5}, {64, 24, 8}, {70, 49, 33}, {257, 10, 17}, {3, 101, 40}, {0, 3, 2}, {3, 0, 2}, {4, 3, 0}}
	for _, act := range activationsUnderTest {
		for _, s := range shapes {
			checkSamplesAt(t, ws, newSampleProblem[T](s[0], s[1], s[2], 1), act)
		}
	}
}

// checkSamplesAt compares the three operations with the loops: error at most (terms + 60) eps sum |terms|, with room for
// activations of 2 ULP.
func checkSamplesAt[T Float](t *testing.T, ws *Workspace[T], p sampleProblem[T], act Activation) {
	t.Helper()
	var zero T
	name := fmt.Sprintf("%s %T n=%d m=%d d=%d", act, zero, p.n, p.m, p.d)
	for _, a := range [][]T{nil, p.a} {
		f, v := make([]T, p.n), make([]T, p.m*p.d)
		wantF, sizeF := p.forwardLoop(a, act)
		Forward(f, p.x, p.w, a, p.n, p.m, p.d, act, ws)
		// Terms are reached by several roundings each: allow for the d products, the activation, and half the terms added.
		if e := within(f, wantF, sizeF); !(e <= float64(p.d+p.m+60)) {
			t.Errorf("%s: Forward is off by %g", name, e)
		}
		wantV, sizeV := p.velocityLoop(a, wide(p.r), act)
		Velocity(v, p.x, p.w, a, p.r, p.n, p.m, p.d, act, ws)
		if e := within(v, wantV, sizeV); !(e <= float64(p.d+p.n+60)) {
			t.Errorf("%s: Velocity is off by %g", name, e)
		}
		f2 := make([]T, p.n)
		ForwardVelocity(v, f2, p.x, p.y, p.w, a, p.n, p.m, p.d, act, ws)
		if e := within(f2, wantF, sizeF); !(e <= float64(p.d+p.m+60)) {
			t.Errorf("%s: ForwardVelocity's f is off by %g", name, e)
		}
		r := make([]float64, p.n)
		for i := range r {
			r[i] = float64(p.y[i] - f2[i])
		}
		wantV, sizeV = p.velocityLoop(a, r, act)
		if e := within(v, wantV, sizeV); !(e <= float64(p.d+p.n+60)) {
			t.Errorf("%s: ForwardVelocity's v is off by %g", name, e)
		}
	}
}

func TestSamplesOverSeveralBlocks(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[float64](t, 2, level)
		checkSamplesAt(t, ws, newSampleProblem[float64](2*blockMost+77, 50, 3, 2), Tanh())
		ws32 := workspaceAt[float32](t, 2, level)
		checkSamplesAt(t, ws32, newSampleProblem[float32](flushSamples+blockMost+77, 50, 3, 2), HermiteActivation([]float64{0, 0, 0, 1}))
	})
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
