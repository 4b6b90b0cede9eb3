package kernels

import (
	"fmt"
	"testing"

	"kac/kernels/internal/pack"
)

// publicCall is one batched call with everything it writes.
type publicCall[T Float] struct {
	name string
	run  func(ws *Workspace[T])
	out  [][]T
	sum  *float64
}

// callShape is the sizes of the batched calls: samples, particles, coordinates; particles and coordinates of the calls
// on pairs and rows; elements of the operations on vectors.
type callShape struct{ n, m, d, pairs, pairD, long int }

// publicCalls lists every batched call of the package, on shapes with several blocks of every kind for several workers
// to share.
func publicCalls[T Float]() []publicCall[T] {
	return callsOf(callShape{150, 2*pack.ChunkRows + 5, 7, 3*rowsPerBlock + 5, 5, 2*vecBlock + 5}, func([]T) {},
		HermiteActivation([]float64{0, 0, 0, 1}), ReLU(), Tanh(), Sigmoid(), Softplus(3), Erf(), GELU(), ReLUPower(2.75))
}

// callsOf lists every batched call on data of one shape, those that take an activation with each of the given ones.
// spoil may change what goes in, but for the coordinates of signs.
func callsOf[T Float](s callShape, spoil func([]T), acts ...Activation) []publicCall[T] {
	p := newSampleProblem[T](s.n, s.m, s.d, 9)
	n, m, d := p.n, p.m, p.d
	signs := newSignProblem[T](n, m, d, 9)
	pairs, pd := s.pairs, s.pairD
	w, tangent := unitRows[T](pairs, pd, 3), benchNormal[T](pairs*pd, 4)
	long, k := benchNormal[T](s.long, 5), benchNormal[T](s.long, 6)
	H, c := benchNormal[T](pairs*PackedLen(pd), 7), unitRows[T](pairs, 1, 2)
	sn, sm := pairs/3, pairs // of a softmax in three dimensions
	sx, sy := benchNormal[T](3*sn, 8), benchNormal[T](3*sm, 9)
	for _, x := range [][]T{p.x, p.w, p.a, p.y, p.r, p.u, w, tangent, long, k, H, c, sx, sy} {
		spoil(x)
	}
	stages, coef := [][]T{long, nil, k}, []T{1, 0, 2}
	f, v, D := make([]T, n), make([]T, m*d), make([]T, m*PackedLen(d))
	g, rows, h := make([]T, pairs*pd), make([]T, pairs*pd), make([]T, pairs*PackedLen(pd))
	lambda, vec, square := make([]T, pairs), make([]T, pairs*pd), make([]T, pd*pd)
	dst := make([]T, len(long))
	sa, sb, logs := make([]T, 3*sn), make([]T, 3*sm), make([]T, sn)
	var chains [93]float64
	var words [93]uint64
	moving := [3][]T{make([]T, len(long)), make([]T, len(long)), make([]T, len(long))}
	var sum float64
	q := power(4)
	var packed PackedSamples[T]
	he3, he4 := HermiteActivation([]float64{0, 0, 0, 1}), HermiteActivation([]float64{0, 0, 0, 0, 1})
	calls := []publicCall[T]{
		{"ForwardVelocityPacked", func(ws *Workspace[T]) {
			packed.Pack(p.x, n, d, ws)
			ForwardVelocityPacked(v, f, &packed, p.y, p.w, p.a, m, he3, ws)
		}, [][]T{v, f}, nil},
		{"ForwardVelocityPacked of signs", func(ws *Workspace[T]) {
			packed.Pack(signs.x, n, d, ws)
			ForwardVelocityPacked(v, f, &packed, p.y, p.w, p.a, m, Softplus(16), ws)
		}, [][]T{v, f}, nil},
		{"Pack", func(ws *Workspace[T]) { packed.Pack(p.x, n, d, ws) }, nil, nil},
		{"Forward of signs", func(ws *Workspace[T]) { Forward(f, signs.x, p.w, p.a, n, m, d, Tanh(), ws) }, [][]T{f}, nil},
		{"ForwardVelocity of signs", func(ws *Workspace[T]) { ForwardVelocity(v, f, signs.x, p.y, p.w, p.a, n, m, d, ReLU(), ws) }, [][]T{v, f}, nil},
		{"MomentForwardVelocity", func(ws *Workspace[T]) {
			packed.Pack(p.x, n, d, ws)
			MomentForwardVelocity(v, f, &packed, p.y, p.w, p.a, m, he4, ws)
		}, [][]T{v, f}, nil},
		{"PopulationHessian", func(ws *Workspace[T]) { PopulationHessian(h, w, pairs, pd, q, ws) }, [][]T{h}, nil},
		{"ProjectHessian", func(ws *Workspace[T]) { copy(h, H); ProjectHessian(h, c, w, pairs, pd, ws) }, [][]T{h}, nil},
		{"TopEigen", func(ws *Workspace[T]) { sum = TopEigen(lambda, vec, H, w, pairs, pd, 1e-5, ws) }, [][]T{lambda, vec}, &sum},
		{"TopEigen of the whole space", func(ws *Workspace[T]) { sum = TopEigen(lambda, vec, H, nil, pairs, pd, 1e-5, ws) }, [][]T{lambda, vec}, &sum},
		{"Pairwise", func(ws *Workspace[T]) { Pairwise(g, w, pairs, pd, q, ws) }, [][]T{g}, nil},
		{"Pairwise of ReLU", func(ws *Workspace[T]) { Pairwise(g, w, pairs, pd, ReLUDual(), ws) }, [][]T{g}, nil},
		{"PairwiseSum", func(ws *Workspace[T]) { sum = PairwiseSum(w, pairs, pd, q, ws) }, nil, &sum},
		{"Moment", func(ws *Workspace[T]) { Moment(g, w, pairs, pd, q, ws) }, [][]T{g}, nil},
		{"MomentSum", func(ws *Workspace[T]) { sum = MomentSum(w, pairs, pd, q, ws) }, nil, &sum},
		{"NormalizeRows", func(ws *Workspace[T]) { copy(rows, tangent); NormalizeRows(rows, pairs, pd, ws) }, [][]T{rows}, nil},
		{"ProjectTangent", func(ws *Workspace[T]) { copy(rows, tangent); ProjectTangent(rows, w, pairs, pd, ws) }, [][]T{rows}, nil},
		{"Combine", func(ws *Workspace[T]) { Combine(dst, long, .5, coef, stages, ws) }, [][]T{dst}, nil},
		{"Combine of one stage", func(ws *Workspace[T]) { Combine(dst, long, .5, coef[:1], stages[:1], ws) }, [][]T{dst}, nil},
		{"MultiplyAdd", func(ws *Workspace[T]) {
			clear(square)
			MultiplyAdd(Matrix[T]{square, pd, pd, pd, false}, 2, Matrix[T]{w, pairs, pd, pd, true}, Matrix[T]{tangent, pairs, pd, pd, false}, ws)
		}, [][]T{square}, nil},
		{"Softmax", func(ws *Workspace[T]) { Softmax(sa, sb, logs, sx, sy, sn, sm, 3, ws) }, [][]T{sa, sb, logs}, nil},
		{"AdamStep", func(ws *Workspace[T]) {
			copy(moving[0], long)
			clear(moving[1])
			for i, x := range k {
				moving[2][i] = x * x
			}
			for range 2 {
				AdamStep(moving[0], moving[1], moving[2], k, AdamRates[T]{.1, .9, .1, .99, .01, .04}, ws)
			}
		}, moving[:], nil},
		{"SignSteps", func(ws *Workspace[T]) {
			wide, is := any(ws).(*Workspace[float64])
			if !is {
				return
			}
			n := min(len(chains), len(dst))
			for i := range n {
				chains[i], words[i] = float64(long[i]), uint64(i)*0x9e3779b97f4a7c15
			}
			SignSteps(chains[:n], words[:n], 37, .9, .05, -.1, wide)
			for i, x := range chains[:n] {
				dst[i] = T(x)
			}
		}, [][]T{dst[:min(len(chains), len(dst))]}, nil},
		{"TanhSech", func(ws *Workspace[T]) {
			if wide, is := any(ws).(*Workspace[float64]); is {
				TanhSech(any(dst).([]float64), any(moving[0]).([]float64), any(long).([]float64), wide)
			}
		}, [][]T{dst, moving[0]}, nil},
		{"RootRatio", func(ws *Workspace[T]) { RootRatio(dst, k, long, ws) }, [][]T{dst}, nil},
		{"ApplyExp", func(ws *Workspace[T]) { ApplyExp(dst, long, ws) }, [][]T{dst}, nil},
		{"ApplyTanh", func(ws *Workspace[T]) { ApplyTanh(dst, long, ws) }, [][]T{dst}, nil},
		{"ApplyErf", func(ws *Workspace[T]) { ApplyErf(dst, long, ws) }, [][]T{dst}, nil},
		{"LossStep", func(ws *Workspace[T]) { sum = LossStep(dst, long, k, LogisticLoss(2), ws) }, [][]T{dst}, &sum},
		{"LossStep of squares", func(ws *Workspace[T]) { sum = LossStep(dst, long, k, SquareLoss(), ws) }, [][]T{dst}, &sum},
		{"ForwardVelocityPacked of a loss", func(ws *Workspace[T]) {
			packed.Pack(p.x, n, d, ws)
			LossVelocityPacked(v, f, &packed, p.y, p.w, p.a, m, ReLU(), LogisticLoss(2), ws)
		}, [][]T{v, f}, nil},
		{"MomentForwardVelocity of a loss", func(ws *Workspace[T]) {
			packed.Pack(p.x, n, d, ws)
			MomentLossVelocity(v, f, &packed, p.y, p.w, p.a, m, he4, LogisticLoss(2), ws)
		}, [][]T{v, f}, nil},
		{"Sum", func(*Workspace[T]) { sum = Sum(long) }, nil, &sum},
		{"Dot", func(*Workspace[T]) { sum = Dot(long, k) }, nil, &sum},
	}
	for _, act := range acts {
		name := func(op string) string { return fmt.Sprintf("%s %s", op, act) }
		calls = append(calls,
			publicCall[T]{name("Forward"), func(ws *Workspace[T]) { Forward(f, p.x, p.w, p.a, n, m, d, act, ws) }, [][]T{f}, nil},
			publicCall[T]{name("Velocity"), func(ws *Workspace[T]) { Velocity(v, p.x, p.w, p.a, p.r, n, m, d, act, ws) }, [][]T{v}, nil},
			publicCall[T]{name("ForwardVelocity"), func(ws *Workspace[T]) { ForwardVelocity(v, f, p.x, p.y, p.w, p.a, n, m, d, act, ws) }, [][]T{v, f}, nil},
			publicCall[T]{name("LocalHessian"), func(ws *Workspace[T]) { LocalHessian(D, p.x, p.w, p.a, p.r, n, m, d, act, ws) }, [][]T{D}, nil},
			publicCall[T]{name("HessianVector"), func(ws *Workspace[T]) { HessianVector(v, p.u, p.x, p.w, p.a, p.r, n, m, d, act, ws) }, [][]T{v}, nil})
	}
	return calls
}

// TestEveryCallWorkersAndAllocations: every batched call, at every level and in both types, gives the same bits for 1,
// 2, 3 and 8 workers, and allocates nothing once its workspace has grown.
func TestEveryCallWorkersAndAllocations(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testEveryCall[float64](t, level)
		testEveryCall[float32](t, level)
	})
}

func testEveryCall[T Float](t *testing.T, level string) {
	var spaces []*Workspace[T]
	for _, k := range everyCallWorkers {
		spaces = append(spaces, workspaceAt[T](t, k, level))
	}
	checkEveryCall(t, spaces, publicCalls[T]())
}

var everyCallWorkers = []int{1, 2, 3, 8}

// checkEveryCall runs calls on workspaces of everyCallWorkers.
func checkEveryCall[T Float](t *testing.T, spaces []*Workspace[T], calls []publicCall[T]) {
	workers := everyCallWorkers
	for _, call := range calls {
		firsts := make([][]T, len(call.out))
		var sum float64
		for i, ws := range spaces {
			for _, out := range call.out {
				clear(out)
			}
			call.run(ws)
			for k, out := range call.out {
				same(t, fmt.Sprintf("%s %T, %d workers", call.name, T(0), workers[i]), &firsts[k], append([]T{}, out...))
			}
			if call.sum != nil && i == 0 {
				sum = *call.sum
			} else if call.sum != nil && *call.sum != sum {
				t.Errorf("%s %T: %v with %d workers, %v with one", call.name, T(0), *call.sum, workers[i], sum)
			}
			if workers[i] == 2 || workers[i] == 8 {
				continue // as with 1 and 3
			}
			// What allocates does so every time; a collection in the background that is counted along does not.
			allocs := 1.
			for try := 0; try < 8 && allocs != 0; try++ {
				allocs = testing.AllocsPerRun(1, func() { call.run(ws) })
			}
			if allocs != 0 {
				t.Errorf("%s %T, %d workers: %v allocations per run", call.name, T(0), workers[i], allocs)
			}
		}
	}
	for _, ws := range spaces {
		ws.Close()
	}
}
