package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kac/kernels/internal/pack"
	"kac/kernels/internal/samples"
	"kac/kernels/internal/sums"
)

// statefulCall is a batched call on one shape, and what it gives on a workspace that no call has used.
type statefulCall[T Float] struct {
	publicCall[T]
	shape callShape
	want  []uint64
}

func (c *statefulCall[T]) String() string { return fmt.Sprintf("%s %+v", c.name, c.shape) }

// bits returns all that the call wrote.
func (c publicCall[T]) bits() []uint64 {
	var b []uint64
	for _, out := range c.out {
		for _, x := range out {
			b = append(b, math.Float64bits(float64(x)))
		}
	}
	if c.sum != nil {
		b = append(b, math.Float64bits(*c.sum))
	}
	return b
}

// on runs the call over garbage in its outputs and returns what it wrote, or what it panicked with.
func (c publicCall[T]) on(ws *Workspace[T]) (got []uint64, panicked any) {
	defer func() { panicked = recover() }()
	for _, out := range c.out {
		for i := range out {
			out[i] = 77
		}
	}
	c.run(ws)
	return c.bits(), nil
}

// stateShapes are unequal in every dimension: wider and narrower, longer than the samples that float32 sums in one go,
// and without samples, particles or coordinates.
var stateShapes = []callShape{
	{70, pack.ChunkRows + 5, 9, 70, 6, 300},
	{5, 7, 3, 9, 2, 5},
	{pack.FlushSamples + samples.BlockStep + 3, 14, 4, 3, 1, sums.Block},
	{3, 0, 4, 0, 3, 0},
	{0, 9, 4, 2, 0, 1},
	{6, 4, 0, 1, 4, 70},
}

var stateActivations = []Activation{HermiteActivation([]float64{0, 0, 0, 1}), ReLU(), Softplus(3)}

// stateCalls lists, shape by shape, the calls that keep accepts, each with its result on a workspace of its own. One
// that panics on a shape by its documentation is nil there.
func stateCalls[T Float](t *testing.T, fresh func() *Workspace[T], shapes []callShape, spoil func([]T), keep func(name string) bool) [][]*statefulCall[T] {
	calls := make([][]*statefulCall[T], len(shapes))
	for i, s := range shapes {
		for _, c := range callsOf(s, spoil, stateActivations...) {
			if !keep(c.name) {
				continue
			}
			if strings.HasPrefix(c.name, "MomentForward") && s.d == 0 || c.name == "Softmax" && s.pairs < 3 {
				calls[i] = append(calls[i], nil)
				continue
			}
			got, panicked := c.on(fresh())
			if panicked != nil {
				t.Fatalf("%s %+v on a new workspace: %v", c.name, s, panicked)
			}
			calls[i] = append(calls[i], &statefulCall[T]{c, s, got})
		}
	}
	return calls
}

func checkState[T Float](t *testing.T, ws *Workspace[T], c *statefulCall[T], after string) {
	t.Helper()
	got, panicked := c.on(ws)
	if panicked != nil {
		t.Fatalf("%T: %s after %s: %v", T(0), c, after, panicked)
	}
	if !slices.Equal(got, c.want) {
		t.Fatalf("%T: %s after %s: other bits than on a new workspace", T(0), c, after)
	}
}

// checkNoState runs every call after every other one in one workspace: on a larger shape after a smaller one, the other
// way round, on many samples after few, and on two more shapes that change from pair to pair. The second has the bits
// that it has on a new workspace. The first is an ordinary call, one on NaN, of which nothing may be left in a buffer,
// or one that is told to stop at once. A long walk over all of them in one workspace follows.
func checkNoState[T Float](t *testing.T, fresh func() *Workspace[T], shapes []callShape, keep func(name string) bool) {
	calls := stateCalls(t, fresh, shapes, func([]T) {}, keep)
	nan := stateCalls(t, fresh, shapes, func(x []T) {
		for i := range x {
			x[i] = T(math.NaN())
		}
	}, keep)
	stopped := make(chan struct{})
	close(stopped)
	ops, pair := len(calls[0]), 0
	for i := range ops {
		for k := range ops {
			pair++
			if testing.Short() && pair%5 != 0 {
				continue
			}
			turn := pair % len(shapes)
			for _, s := range [][2]int{{1, 0}, {0, 1}, {1, 2}, {turn, (turn + 1 + pair/len(shapes)%(len(shapes)-1)) % len(shapes)}} {
				first, second := calls[s[0]][i], calls[s[1]][k]
				if first == nil || second == nil {
					continue
				}
				ws := fresh()
				switch pair % 3 {
				case 0:
					first.on(ws)
				case 1:
					nan[s[0]][i].on(ws)
				case 2:
					ws.StopWhen(stopped)
					first.on(ws)
					ws.StopWhen(nil)
				}
				checkState(t, ws, second, first.String()+[]string{"", " of NaN", ", stopped"}[pair%3])
			}
		}
	}
	r := rand.New(rand.NewPCG(5, 8))
	ws, before := fresh(), "nothing"
	for range 2 * ops * len(shapes) {
		s, i := r.IntN(len(shapes)), r.IntN(ops)
		if calls[s][i] == nil {
			continue
		}
		checkState(t, ws, calls[s][i], "many calls, the last "+before)
		nan[s][i].on(ws)
		before = calls[s][i].String() + " of NaN"
	}
}

// TestNoStateOfACallOutlivesIt: calls in one workspace know nothing of each other, at every level and in both types.
func TestNoStateOfACallOutlivesIt(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		all := func(string) bool { return true }
		checkNoState(t, func() *Workspace[float64] { return workspaceAt[float64](t, 1, level) }, stateShapes, all)
		checkNoState(t, func() *Workspace[float32] { return workspaceAt[float32](t, 1, level) }, stateShapes, all)
	})
}

// TestSplitNoStateOfACallOutlivesIt: the same with bf16 parts, for the operations that are made of them. A slow engine
// has fewer calls and shapes.
func TestSplitNoStateOfACallOutlivesIt(t *testing.T) {
	everySplit(t, func(t *testing.T, engine string, s Split) {
		shapes := stateShapes
		keep := func(name string) bool {
			return !strings.Contains(name, "softplus") && slices.ContainsFunc([]string{"Forward", "Velocity", "LocalHessian", "HessianVector", "PopulationHessian", "Pairwise", "Pack"},
				func(op string) bool { return strings.HasPrefix(name, op) })
		}
		if slow(engine) {
			shapes = []callShape{{40, 37, 5, 34, 2, 1}, {5, 7, 34, 3, 9, 1}, {3, 0, 4, 0, 3, 0}, {0, 9, 4, 2, 0, 1}}
			ops := []string{"ForwardVelocityPacked", "Forward relu", "Velocity relu", "ForwardVelocity relu", "LocalHessian relu", "PopulationHessian"}
			keep = func(name string) bool { return slices.Contains(ops, name) }
		}
		checkNoState(t, func() *Workspace[float32] {
			ws, err := NewSplitWorkspaceAt(1, s, engine)
			if err != nil {
				t.Fatal(err)
			}
			return ws
		}, shapes, keep)
	})
}

// TestSteepSoftplusIsFinite: a temperature beyond float32 is the largest of float32, not infinity, whose product with 0
// is no number.
func TestSteepSoftplusIsFinite(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		p := newSampleProblem[float32](33, 25, 7, 1)
		v, f, D := make([]float32, p.m*p.d), make([]float32, p.n), make([]float32, p.m*PackedLen(p.d))
		ws := workspaceAt[float32](t, 1, level)
		ForwardVelocity(v, f, p.x, p.y, p.w, p.a, p.n, p.m, p.d, Softplus(1e39), ws)
		LocalHessian(D, p.x, p.w, p.a, p.r, p.n, p.m, p.d, Softplus(1e39), ws)
		for _, out := range [][]float32{v, f, D} {
			for i, x := range out {
				if class(float64(x)) != "finite" {
					t.Fatalf("%s: element %d is %v", level, i, x)
				}
			}
		}
	})
}
