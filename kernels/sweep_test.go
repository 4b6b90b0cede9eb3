package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"kac/kernels/internal/pack"
	"kac/kernels/internal/samples"
)

// spacesAt returns a workspace of every level.
func spacesAt[T Float](t testing.TB, workers int) []*Workspace[T] {
	var spaces []*Workspace[T]
	for _, level := range testedLevels() {
		spaces = append(spaces, workspaceAt[T](t, workers, level))
	}
	return spaces
}

// checkSamplesAt compares the operations on samples at every level with the oracle.
func checkSamplesAt[T Float](t *testing.T, seen ratios, spaces []*Workspace[T], p sampleProblem[T], act Activation, weighted bool) {
	t.Helper()
	var a []T
	if weighted {
		a = p.a
	}
	n, m, d := p.n, p.m, p.d
	e := p.evaluate(act)
	f, v, seconds := e.outputs(a), e.velocities(a, wide(p.r)), e.seconds(a)
	D, Du := e.localHessians(seconds), e.hessianVectors(seconds)
	moments := MomentForwardVelocityFlops(n, m, d, act) < momentBudget
	gotF, gotV, gotD := make([]T, n), make([]T, m*d), make([]T, m*PackedLen(d))
	r := make([]float64, n)
	for i, ws := range spaces {
		name := fmt.Sprintf("%s %T n=%d m=%d d=%d %s", ws.set.Name, T(0), n, m, d, act)
		check := func(op string, got []T, want expected, terms int) {
			t.Helper()
			seen.check(t, fmt.Sprintf("%s %T", op, T(0)), name, terms+steps(act), within(got, want))
		}
		Forward(gotF, p.x, p.w, a, n, m, d, act, ws)
		check("Forward", gotF, f, m+d)
		Velocity(gotV, p.x, p.w, a, p.r, n, m, d, act, ws)
		check("Velocity", gotV, v, n+d)
		ForwardVelocity(gotV, gotF, p.x, p.y, p.w, a, n, m, d, act, ws)
		check("ForwardVelocity f", gotF, f, m+d)
		for i := range r {
			r[i] = float64(p.y[i] - gotF[i])
		}
		check("ForwardVelocity v", gotV, e.velocities(a, r), n+d)
		if moments {
			var packed PackedSamples[T]
			packed.Pack(p.x, n, d, ws)
			MomentForwardVelocity(gotV, gotF, &packed, p.y, p.w, a, m, act, ws)
			check("MomentForwardVelocity f", gotF, expected{f.value, e.outputMoments(a)}, m+pairsOf(d))
			for i := range r {
				r[i] = float64(p.y[i] - gotF[i])
			}
			check("MomentForwardVelocity v", gotV, expected{e.velocities(a, r).value, e.velocityMoments(a, r)}, n+pairsOf(d))
		}
		LocalHessian(gotD, p.x, p.w, a, p.r, n, m, d, act, ws)
		check("LocalHessian", gotD, D, n+2*d)
		if i == 0 { // which is the same Go code at all levels
			checkTop(t, name, gotD, m, d, ws)
		}
		HessianVector(gotV, p.u, p.x, p.w, a, p.r, n, m, d, act, ws)
		check("HessianVector", gotV, Du, n+3*d)
	}
}

// checkTop finds the largest eigenvalues of D: pairs must have the residual they claim, and lambda be no less than any
// diagonal element.
func checkTop[T Float](t *testing.T, name string, D []T, m, d int, ws *Workspace[T]) {
	t.Helper()
	tol := 1e-12 // far below what the matrices differ by, so that a pair below the top does not pass for it
	if epsOf[T]() > 0x1p-30 {
		tol = 1e-6
	}
	lambda, vec := make([]T, m), make([]T, m*d)
	if res := TopEigen(lambda, vec, D, nil, m, d, tol, ws); !(res <= tol) {
		t.Errorf("%s: TopEigen's residual is %g", name, res)
	}
	if d == 0 {
		return
	}
	for j := range m {
		M, x := wide(D[j*PackedLen(d):(j+1)*PackedLen(d)]), wide(vec[j*d:(j+1)*d])
		norm := math.Sqrt(2 * dot(M, M))
		res, top := 0.0, float64(lambda[j])
		slack := (2*tol + 8*epsOf[T]()) * norm // lambda and the vector are rounded to T
		for b, y := range symmetric(M, x) {
			res = math.Hypot(res, y-top*x[b])
			if diagonal := M[PackedIndex(d, b, b)]; !(top >= diagonal-slack) {
				t.Errorf("%s: TopEigen's lambda_%d = %g is below the diagonal element %g", name, j, top, diagonal)
			}
		}
		if !(res <= slack) || !(math.Abs(dot(x, x)-1) <= 8*epsOf[T]()*float64(d)) {
			t.Errorf("%s: TopEigen's pair %d: residual %g, squared norm %g", name, j, res/norm, dot(x, x))
		}
	}
}

// checkPopulationAt compares the operations on pairs at every level with the oracle.
func checkPopulationAt[T Float](t *testing.T, seen ratios, spaces []*Workspace[T], m, d int, q Dual, seed uint64) {
	t.Helper()
	w := unitRows[T](m, d, seed)
	act := q.activation()
	p := population(w, m, d).evaluate(act)
	g, moment := p.pairwise(q)
	sum, sizeSum, sizeMoment := pairwiseSum(w, m, d, q)
	var h expected
	if q.kind != dualReLU { // whose second derivative is infinite at i = j
		for j := range m {
			s := p.second(j, nil)
			h.value, h.size = append(h.value, s.h.value...), append(h.size, s.h.size...)
		}
	}
	got, gotH := make([]T, m*d), make([]T, m*PackedLen(d))
	for _, ws := range spaces {
		name := fmt.Sprintf("%s %T m=%d d=%d q=%v", ws.set.Name, T(0), m, d, q)
		op := func(name string) string { return fmt.Sprintf("%s %T", name, T(0)) }
		Pairwise(got, w, m, d, q, ws)
		seen.check(t, op("Pairwise"), name, m+d+steps(act), within(got, g))
		s := []float64{PairwiseSum(w, m, d, q, ws)}
		seen.check(t, op("PairwiseSum"), name, m+m+d+steps(act), within(s, expected{[]float64{sum}, []float64{sizeSum}}))
		if h.value != nil {
			PopulationHessian(gotH, w, m, d, q, ws)
			seen.check(t, op("PopulationHessian"), name, m+d+steps(act), within(gotH, h))
		}
		if math.IsInf(MomentFlops(m, d, q), 1) {
			continue
		}
		Moment(got, w, m, d, q, ws)
		seen.check(t, op("Moment"), name, m+monomialsOf(d, q), within(got, expected{g.value, moment}))
		s[0] = MomentSum(w, m, d, q, ws)
		seen.check(t, op("MomentSum"), name, m+d*monomialsOf(d, q), within(s, expected{[]float64{sum}, []float64{sizeMoment}}))
	}
}

// sweep runs every operation at every level, on all three dimensions and in both types.
type sweep struct {
	seen     ratios
	spaces   []*Workspace[float64]
	spaces32 []*Workspace[float32]
}

func newSweep(t testing.TB) *sweep {
	return &sweep{ratios{}, spacesAt[float64](t, 2), spacesAt[float32](t, 2)}
}

// momentBudget keeps the moment form of a sweep's shapes to a few milliseconds in pure Go.
const momentBudget = 4e6

func (s *sweep) try(t *testing.T, i, n, m, d int, act Activation) {
	t.Helper()
	checkSamplesAt(t, s.seen, s.spaces, newSampleProblem[float64](n, m, d, uint64(i)), act, i%2 == 0)
	checkSamplesAt(t, s.seen, s.spaces32, newSampleProblem[float32](n, m, d, uint64(i)), act, i%2 == 1)
	q := dualsUnderTest[i%len(dualsUnderTest)].q
	for k := i; q.kind == dualPolynomial && MomentFlops(m, d, q) > momentBudget; k-- {
		q = dualsUnderTest[(k%len(dualsUnderTest)+len(dualsUnderTest))%len(dualsUnderTest)].q
	}
	checkPopulationAt(t, s.seen, s.spaces, m, d, q, uint64(i))
	checkPopulationAt(t, s.seen, s.spaces32, m, d, q, uint64(i))
}

// TestEveryDimension compares all levels with the compensated oracle at every n, m and d in 0..67, one dimension at a
// time with the others awkward, then around block edges, then at random: Forward, Velocity, ForwardVelocity,
// LocalHessian, TopEigen, HessianVector, Pairwise, PairwiseSum, PopulationHessian, Moment and MomentSum. What works
// element by element or row by row is in TestStepOperationsAreTheSameOnAllLevels, TestSumAndDot and
// TestVectorFunctionsAtEveryLength.
func TestEveryDimension(t *testing.T) {
	s := newSweep(t)
	i := 0
	others, random := [][2]int{{7, 5}, {35, 3}, {1, 9}}, 60
	if testing.Short() {
		others, random = others[:1], 10
	}
	try := func(n, m, d int) {
		s.try(t, i, n, m, d, activationsUnderTest[i%len(activationsUnderTest)])
		i++
	}
	for v := range 68 {
		for _, o := range others {
			try(v, o[0], o[1])
			try(o[0], v, o[1])
			try(o[0], o[1], v)
		}
		// A dual whose moments exist is certain here, and ReLU, at every m and d.
		s.try(t, 6, 9, v, 4, ReLU())
		s.try(t, 4, 9, 4, v, ReLU())
	}
	for _, edge := range []int{pack.ChunkRows, 2 * pack.ChunkRows, 128, samples.BlockStep * 2, 192, 256} {
		for _, v := range []int{edge - 1, edge, edge + 1} {
			try(v, 5, 3)
			try(5, v, 3)
			try(3, 2, v)
		}
	}
	r := rand.New(rand.NewPCG(4, 2))
	for range random {
		try(r.IntN(68), r.IntN(68), r.IntN(68))
	}
	s.seen.log(t)
}

func FuzzLevels(f *testing.F) {
	f.Add(uint8(5), uint8(7), uint8(3), uint8(0), uint16(1))
	f.Add(uint8(64), uint8(48), uint8(32), uint8(6), uint16(2))
	f.Add(uint8(33), uint8(25), uint8(17), uint8(9), uint16(3))
	var s *sweep
	f.Fuzz(func(t *testing.T, n, m, d, act uint8, seed uint16) {
		if s == nil {
			s = newSweep(f)
		}
		s.try(t, int(seed), int(n), int(m), int(d)%48, activationsUnderTest[int(act)%len(activationsUnderTest)])
	})
}

// TestHessianOfReLU: d2sigma = 0 at every z, the kink included, so that D_j = -<w_j, g_j> P_j.
func TestHessianOfReLU(t *testing.T) {
	act := ReLU()
	for _, z := range []float64{-2, -5e-324, math.Copysign(0, -1), 0, 5e-324, 3, math.Inf(1), math.Inf(-1)} {
		if _, dv, d2v := act.Eval(z); d2v != 0 || dv != map[bool]float64{true: 1}[z > 0] {
			t.Errorf("relu at %v: sigma' = %v, sigma'' = %v", z, dv, d2v)
		}
	}
	testHessianOfReLU[float64](t)
	testHessianOfReLU[float32](t)
}

func testHessianOfReLU[T Float](t *testing.T) {
	const n, m, d = 37, 13, 6
	p := newSampleProblem[T](n, m, d, 3)
	clear(p.x[5*d : 6*d]) // a sample exactly on every kink
	for _, ws := range spacesAt[T](t, 2) {
		D, g := make([]T, m*PackedLen(d)), make([]T, m*d)
		LocalHessian(D, p.x, p.w, p.a, p.r, n, m, d, ReLU(), ws)
		Velocity(g, p.x, p.w, p.a, p.r, n, m, d, ReLU(), ws)
		for j := range m {
			w := wide(p.w[j*d : (j+1)*d])
			c := dot(w, wide(g[j*d:(j+1)*d]))
			for a := range d {
				for b := a; b < d; b++ {
					want := c * w[a] * w[b]
					if a == b {
						want -= c
					}
					if got := float64(D[j*PackedLen(d)+PackedIndex(d, a, b)]); !(math.Abs(got-want) <= 100*epsOf[T]()) {
						t.Errorf("%s %T particle %d (%d, %d): %g, want -c P = %g", ws.set.Name, T(0), j, a, b, got, want)
					}
				}
			}
		}
	}
}
