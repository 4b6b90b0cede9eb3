package particles

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var backgroundContext = context.Background()

// The velocity over samples is -m/2 times the gradient of the risk over the
// same samples, for every kind of task.
func TestEmpiricalVelocityIsGradient(t *testing.T) {
	for _, name := range []string{"misspecified", "circle", "random6", "xor4", "staircase"} {
		task := mustTask(t, name, 9)
		const m, h = 4, 1e-5
		s := task.Samples(50, 1, .1)
		f, err := NewEmpirical(task, s, 1)
		if err != nil {
			t.Fatal(err)
		}
		e := NewUniform(m, 9, 2)
		v := velocity(t, f, e.W, m)
		size := largest(v)
		riskAt := func() float64 {
			r, err := f.Risk(e.W, m)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for j := range m {
			// A tangent direction: the velocity of another particle, projected.
			u := slices.Clone(v[(j+1)%m*9 : (j+1)%m*9+9])
			w := slices.Clone(e.Row(j))
			project(u, w)
			want := 0.0
			for a := range u {
				want += u[a] * v[j*9+a]
			}
			move := func(h float64) float64 {
				for a := range w {
					e.Row(j)[a] = w[a] + h*u[a]
				}
				r := riskAt()
				copy(e.Row(j), w)
				return r
			}
			if got := -float64(m) / 2 * (move(h) - move(-h)) / (2 * h); math.Abs(got-want) > 1e-6*size*(1+size) {
				t.Errorf("%s, particle %d: <v, u> = %v, by differences of the risk %v", name, j, want, got)
			}
		}
	}
}

// Samples and closed form agree as samples grow: the velocity over n samples
// is the population's within a few standard errors.
func TestEmpiricalTendsToPopulation(t *testing.T) {
	p := mustPreset(t, "he4", 4)
	const m, n = 5, 1 << 17
	e := NewUniform(m, 4, 3)
	f, err := NewEmpirical(p.Task(), p.Task().Samples(n, 1, 0), 2)
	if err != nil {
		t.Fatal(err)
	}
	got, want := velocity(t, f, e.W, m), velocity(t, NewPopulation(p, PairwiseForm, 1), e.W, m)
	// A term r sigma'(z) x has a standard deviation of some tens.
	if d := distance(got, want); d > 5*30/math.Sqrt(n) {
		t.Errorf("velocities differ by %g", d)
	}
}

func minibatchesOf(t testing.TB, task *Task) Batches {
	t.Helper()
	b, err := NewMinibatches(task.Samples(96, 4, 0), 32, 4)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The trainer's float64 networks are the descent of their batches' fields, bit
// for bit, each as if it were alone, for any number of workers; a descent cut
// and resumed is the uncut one.
func TestTrainerIsDescent(t *testing.T) {
	for _, name := range []string{"he4", "xor4"} {
		task := mustTask(t, name, 8)
		nets := NewEnsembles[float64]([]int{6, 50}, 8, 7)
		if !slices.Equal(nets[0].W, nets[1].W[:48]) {
			t.Fatal("the narrow network is not a subset of the wide one")
		}
		const eta = 1. / 64
		trainer, err := NewTrainer(task, minibatchesOf(t, task), eta, nets, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer trainer.Close()
		for range 2 {
			if err := trainer.Advance(backgroundContext, 5); err != nil {
				t.Fatal(err)
			}
		}
		for _, net := range nets {
			for _, times := range [][]float64{{10 * eta}, {3 * eta, 10 * eta}} {
				e := NewUniform(net.M, 8, 7)
				for _, end := range times {
					descendBatches(t, task, minibatchesOf(t, task), e, eta, end)
				}
				if !slices.Equal(e.W, net.W) {
					t.Errorf("%s, m = %d: trainer and descent differ by %g", name, net.M, distance(e.W, net.W))
				}
			}
		}
	}
}

func TestTrainerFloat32(t *testing.T) {
	task := mustTask(t, "staircase", 8)
	single, double := NewEnsembles[float32]([]int{64}, 8, 7), NewEnsembles[float64]([]int{64}, 8, 7)
	a, err := NewTrainer(task, minibatchesOf(t, task), .01, single, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewTrainer(task, minibatchesOf(t, task), .01, double, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Advance(backgroundContext, 50), b.Advance(backgroundContext, 50)); err != nil {
		t.Fatal(err)
	}
	moved, apart := distance(NewUniform(64, 8, 7).W, double[0].W), 0.0
	for i, w := range single[0].W {
		apart = math.Max(apart, math.Abs(float64(w)-double[0].W[i]))
	}
	if moved < .05 || apart > 2e-5 {
		t.Errorf("after 50 steps particles have moved by %g and precisions are %g apart", moved, apart)
	}
}

func TestTrainerRefuses(t *testing.T) {
	task := mustTask(t, "xor4", 8)
	b := minibatchesOf(t, task)
	for _, c := range []struct {
		eta    float64
		widths []int
		d      int
		want   string
	}{{0, []int{2}, 8, "step eta"}, {.1, []int{3}, 8, "width 3 is odd"}, {.1, []int{2}, 7, "task has dimension 8"}} {
		t.Run(c.want, func(t *testing.T) {
			if _, err := NewTrainer(task, b, c.eta, NewEnsembles[float64](c.widths, c.d, 1), 1); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	// A step so long that numbers overflow is caught in that step, and a
	// shorter one is suggested.
	r, err := NewTrainer(task, b, 1e40, NewEnsembles[float32]([]int{2}, 8, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Advance(backgroundContext, 3)
	var bad *NonFiniteError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "step 1, width 2") || !strings.Contains(err.Error(), "try a step below 2.5e+39") {
		t.Errorf("a step of 1e40: %v", err)
	}
	ctx, cancel := context.WithCancel(backgroundContext)
	cancel()
	if err := r.Advance(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A training stops within a step: before most of its network's velocity is computed.
func TestTrainerStopsWithinAStep(t *testing.T) {
	task := mustTask(t, "he4", 32)
	b, err := NewMinibatches(task.Samples(1<<12, 1, 0), 1<<12, 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewTrainer(task, b, .01, NewEnsembles[float32]([]int{1 << 14}, 32, 1), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	start := time.Now()
	if err := r.Advance(backgroundContext, 1); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(start)
	best := whole
	for range 5 { // the machine may have other work
		ctx, cancel := context.WithTimeout(backgroundContext, whole/10)
		start = time.Now()
		err := r.Advance(ctx, 1)
		best = min(best, time.Since(start))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "training stopped after step 1") || r.Step() != 1 {
			t.Errorf("stopped at step %d with error %v", r.Step(), err)
		}
	}
	if best > whole*3/4 {
		t.Errorf("told to stop after %v, a step of %v took %v", whole/10, whole, best)
	}
}

func TestTrainerDoesNotAllocate(t *testing.T) {
	task := mustTask(t, "he4", 8)
	b, err := NewFresh(task, 64, 1, .1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewTrainer(task, b, .01, NewEnsembles[float32]([]int{32, 100}, 8, 1), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := testing.AllocsPerRun(20, func() {
		if err := r.Advance(backgroundContext, 1); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

// TestTurn: the angle of the last step is that between the positions before and after it.
func TestTurn(t *testing.T) {
	task := mustTask(t, "misspecified", 8)
	trainer, err := NewTrainer(task, minibatchesOf(t, task), .1, NewEnsembles[float64]([]int{6, 50}, 8, 7), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	if trainer.Turn(0) != 0 {
		t.Errorf("a turn of %g before the first step", trainer.Turn(0))
	}
	for _, steps := range []int64{0, 3} { // before the one that is looked at
		if err := trainer.Advance(backgroundContext, steps); err != nil {
			t.Fatal(err)
		}
		var before [][]float64
		for _, net := range trainer.Networks() {
			before = append(before, slices.Clone(net.W))
		}
		if err := trainer.Advance(backgroundContext, 1); err != nil {
			t.Fatal(err)
		}
		for i, net := range trainer.Networks() {
			sum := 0.0
			for j := range net.M {
				square := 0.0 // of the chord
				for k := j * 8; k < (j+1)*8; k++ {
					square += (net.W[k] - before[i][k]) * (net.W[k] - before[i][k])
				}
				angle := 2 * math.Asin(math.Sqrt(square)/2)
				sum += angle * angle
			}
			if want := math.Sqrt(sum / float64(net.M)); math.Abs(trainer.Turn(i)-want) > 1e-12 {
				t.Errorf("m = %d: turned by %g, which is said to be %g", net.M, want, trainer.Turn(i))
			}
		}
	}
}

// descendBatches moves e to time end by steps with the fields of single batches.
func descendBatches(t *testing.T, task *Task, b Batches, e *Ensemble[float64], eta, end float64) {
	t.Helper()
	x, y := make([]float64, b.Size()*b.Dim()), make([]float64, b.Size())
	for step := int64(math.Round(e.Time / eta)); e.Time < end; step++ {
		b.Batch(step, x, y)
		f, err := NewEmpirical(task, &Samples{X: x, Y: y, N: b.Size(), D: b.Dim()}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Descend(backgroundContext, e, f, eta, []float64{float64(step+1) * eta}, nil); err != nil {
			t.Fatal(err)
		}
	}
}
