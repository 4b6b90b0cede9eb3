package particles

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"kac/kernels"
)

// lossTask learns x_1 x_2 on the cube, labels +-1, with an activation and a loss.
func lossTask(t testing.TB, sigma string, loss kernels.Loss) *Task {
	t.Helper()
	act, err := ParseActivation(sigma)
	if err != nil {
		t.Fatal(err)
	}
	target, err := NewMonomials(Monomial{Coefficient: -1, Degree: 2})
	if err != nil {
		t.Fatal(err)
	}
	task, err := NewTask(Spec{Dim: 8, Law: Boolean, Target: target, Activation: act, Halves: 4, Loss: loss})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

var logistics = []kernels.Loss{kernels.LogisticLoss(2), kernels.LogisticLoss(1)}

// The velocity over samples is -Slope m times the gradient of the mean loss over them, in R^d; large coordinates among
// them, so that no sample is near y f = 0 alone.
func TestLossVelocityIsGradient(t *testing.T) {
	const m, h = 6, 1e-5
	for _, loss := range append(logistics, kernels.SquareLoss()) {
		for _, sigma := range []string{"tanh", "relu", "1:.3,2:1"} {
			t.Run(fmt.Sprintf("%s %s", loss, sigma), func(t *testing.T) {
				task := lossTask(t, sigma, loss)
				f, err := NewEmpirical(task, task.Samples(60, 1, .1), 1)
				if err != nil {
					t.Fatal(err)
				}
				e := NewUniform(m, task.Dim(), 2)
				for i := range e.W {
					e.W[i] *= 2
				}
				v := make([]float64, len(e.W))
				if err := f.Velocity(t.Context(), v, e.W, m); err != nil {
					t.Fatal(err)
				}
				for k := range e.W {
					at := func(x float64) float64 {
						w := slices.Clone(e.W)
						w[k] += x
						risk, err := f.Risk(w, m)
						if err != nil {
							t.Fatal(err)
						}
						return risk
					}
					want := -loss.Slope() * m * (at(h) - at(-h)) / (2 * h)
					if math.Abs(v[k]-want) > 1e-6*(1+largest(v)) {
						t.Errorf("coordinate %d: velocity %v, by differences of the risk %v", k, v[k], want)
					}
				}
			})
		}
	}
}

// A trainer gives the bits of a descent along the field of its batch, on the sphere and in R^d, for any workers, and
// where it is resumed.
func TestLossTrainer(t *testing.T) {
	const m, eta, steps = 40, .05, 12
	for _, space := range []Space{UnitSphere, FreeSpace} {
		for _, sigma := range []string{"relu", "1:.3,2:1"} {
			t.Run(fmt.Sprintf("space %d, %s", space, sigma), func(t *testing.T) {
				task := lossTask(t, sigma, kernels.LogisticLoss(2))
				s := task.Samples(300, 3, 0)
				start := func() *Ensemble[float64] {
					e := NewUniform(m, task.Dim(), 2)
					e.Space = space
					return e
				}
				train := func(e *Ensemble[float64], from, steps int64, workers int) {
					batches, err := NewMinibatches(s, s.N, 1)
					if err != nil {
						t.Fatal(err)
					}
					r, err := NewTrainer(task, batches, eta, []*Ensemble[float64]{e}, workers)
					if err != nil {
						t.Fatal(err)
					}
					defer r.Close()
					r.Resume(from)
					if err := r.Advance(t.Context(), steps); err != nil {
						t.Fatal(err)
					}
				}
				field, err := NewEmpirical(task, s, 1)
				if err != nil {
					t.Fatal(err)
				}
				want := start()
				before, err := field.Risk(want.W, m)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := Descend(t.Context(), want, field, eta, []float64{eta * steps}, nil); err != nil {
					t.Fatal(err)
				}
				for _, workers := range []int{1, 2, 3} {
					e := start()
					train(e, 0, steps, workers)
					if !slices.Equal(e.W, want.W) {
						t.Errorf("%d workers: other bits than the descent", workers)
					}
				}
				e := start()
				train(e, 0, 5, 1)
				train(e, 5, steps-5, 2)
				if !slices.Equal(e.W, want.W) {
					t.Error("resumed at step 5: other bits")
				}
				after, err := field.Risk(want.W, m)
				if err != nil || !(after < before) {
					t.Errorf("risk %v before, %v after, %v", before, after, err)
				}
				for j := range m {
					if norm := math.Sqrt(kernels.Dot(want.Row(j), want.Row(j))); (math.Abs(norm-1) < 1e-12) != (space == UnitSphere) {
						t.Errorf("particle %d has norm %v", j, norm)
						break
					}
				}
			})
		}
	}
}

// Descent in R^d on the logistic loss learns XOR: the mean loss falls below .1 and every sign is right, in float64 and
// float32.
func TestLogisticLearns(t *testing.T) {
	task := lossTask(t, "relu", kernels.LogisticLoss(2))
	e := NewUniform(64, task.Dim(), 2)
	e.Space = FreeSpace
	s := task.Samples(256, 3, 0)
	field, err := NewEmpirical(task, s, 0)
	if err != nil {
		t.Fatal(err)
	}
	last := math.Inf(1)
	times := []float64{0, 1, 2, 4, 8, 16}
	if _, err := Descend(t.Context(), e, field, .125, times, func(at float64, w []float64) error {
		risk, err := field.Risk(w, e.M)
		if !(risk < last) {
			t.Errorf("t = %v: risk %v after %v", at, risk, last)
		}
		last = risk
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if !(last < .1) {
		t.Errorf("mean loss %v after time 16", last)
	}
	f := make([]float64, s.N)
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	kernels.Forward(f, s.X, e.W, task.SecondLayer(e.M), s.N, e.M, e.D, task.activation.kernel, ws)
	for i, y := range s.Y {
		if !(f[i]*y > 0) {
			t.Errorf("sample %d: output %v, label %v", i, f[i], y)
		}
	}
	small := NewEnsembles[float32]([]int{64}, task.Dim(), 2)
	small[0].Space = FreeSpace
	batches, err := NewMinibatches(s, s.N, 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewTrainer(task, batches, .125, small, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Advance(t.Context(), 128); err != nil {
		t.Fatal(err)
	}
	for i, w := range small[0].W {
		if math.Abs(float64(w)-e.W[i]) > 1e-2*(1+math.Abs(e.W[i])) { // roundings grow while features are found
			t.Fatalf("float32: coordinate %d is %v, in float64 %v", i, w, e.W[i])
		}
	}
}

// Closed forms are the square's.
func TestLossHasNoClosedForm(t *testing.T) {
	link, err := ParseSeries("3:1")
	if err != nil {
		t.Fatal(err)
	}
	target, err := NewLink(link, 1)
	if err != nil {
		t.Fatal(err)
	}
	task, err := NewTask(Spec{Dim: 8, Target: target, Activation: NewActivation(link), Loss: kernels.LogisticLoss(2)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := task.Closed(); !errors.Is(err, ErrNoClosedForm) || task.Loss() != kernels.LogisticLoss(2) {
		t.Errorf("%s: %v", task, err)
	}
	if got, want := task.String(), "custom: target h_3(x_1), network (1/m) sum_i h_3(<w_i, x>), x ~ N(0, I_8), logistic(2) loss"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
