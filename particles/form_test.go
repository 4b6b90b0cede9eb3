package particles

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestTrainerForms: both forms lead to the same positions but for rounding, Auto takes one of them bit for bit, with
// any number of workers.
func TestTrainerForms(t *testing.T) {
	task := mustTask(t, "he4", 8)
	widths := []int{64, 512}
	batches, err := NewMinibatches(task.Samples(4096, 4, 0), 2048, 4)
	if err != nil {
		t.Fatal(err)
	}
	train := func(form Form, workers int) []*Ensemble[float64] {
		nets := NewEnsembles[float64](widths, 8, 7)
		r, err := NewTrainerIn(Float64, form, task, batches, .01, nets, workers)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := r.Advance(backgroundContext, 20); err != nil {
			t.Fatal(err)
		}
		return nets
	}
	pairs, moments, auto := train(PairwiseForm, 1), train(MomentForm, 1), train(Auto, 1)
	for i, m := range widths {
		if off := distance(pairs[i].W, moments[i].W); off == 0 || off > 1e-12 {
			t.Errorf("width %d: the forms are %g apart", m, off)
		}
		want := pairs[i].W
		if task.FormFor(Auto, Float64, batches.Size(), m) == MomentForm {
			want = moments[i].W
		}
		if !slices.Equal(auto[i].W, want) {
			t.Errorf("width %d: auto is neither", m)
		}
		if other := train(MomentForm, 3); !slices.Equal(other[i].W, moments[i].W) {
			t.Errorf("width %d: other bits with 3 workers", m)
		}
	}
	if a, b := task.FormFor(Auto, Float64, 2048, widths[0]), task.FormFor(Auto, Float64, 2048, widths[1]); a != PairwiseForm || b != MomentForm {
		t.Errorf("auto takes %v for %d particles on 2048 samples, %v for %d", a, widths[0], b, widths[1])
	}
	e := NewUniform(widths[1], 8, 7)
	descendBatches(t, task, batches, e, .01, .195)
	if !slices.Equal(e.W, auto[1].W) {
		t.Error("the trainer is not the descent of the batches' field")
	}
}

// TestSampledFieldForms: a field of many samples, which sums moments, agrees with the sums over its parts, which are
// too few for that.
func TestSampledFieldForms(t *testing.T) {
	task := mustTask(t, "he4", 6)
	const n, part, m = 2048, 32, 512
	s := task.Samples(n, 3, 0)
	if a, b := task.FormFor(Auto, Float64, n, m), task.FormFor(Auto, Float64, part, m); a != MomentForm || b != PairwiseForm {
		t.Fatalf("forms %v and %v", a, b)
	}
	w := NewUniform(m, 6, 5).W
	velocity := func(x *Samples) []float64 {
		f, err := NewEmpirical(task, x, 2)
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float64, m*6)
		if err := f.Velocity(t.Context(), v, w, m); err != nil {
			t.Fatal(err)
		}
		return v
	}
	whole, mean := velocity(s), make([]float64, m*6)
	for lo := 0; lo < n; lo += part {
		for i, x := range velocity(&Samples{X: s.X[lo*6 : (lo+part)*6], Y: s.Y[lo : lo+part], N: part, D: 6}) {
			mean[i] += x * part / n
		}
	}
	most := 0.0
	for _, x := range mean {
		most = max(most, math.Abs(x))
	}
	if off := distance(whole, mean); off > 1e-12*most {
		t.Errorf("off by %g of %g", off, most)
	}
}

func TestFormErrors(t *testing.T) {
	he4, misspecified, wide := mustTask(t, "he4", 8), mustTask(t, "misspecified", 8), mustTask(t, "he4", 100)
	for _, c := range []struct {
		task      *Task
		form      Form
		precision Precision
		want      string
	}{
		{he4, MomentForm, Float32, ""}, {he4, MomentForm, BF16x3, "all pairs"}, {misspecified, MomentForm, Float64, "degree 1 to 4"},
		{wide, MomentForm, Float64, "2^20"}, {wide, PairwiseForm, BF16x6, ""}, {misspecified, Auto, Float64, ""},
	} {
		t.Run(c.want, func(t *testing.T) {
			err := c.task.FormError(c.form, c.precision, 100, 100)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v, %v: %v", c.task, c.form, c.precision, err)
			}
			if c.want == "" {
				return
			}
			if _, err := NewTrainerIn(Float64, c.form, c.task, minibatchesOf(t, c.task), .01, NewEnsembles[float64]([]int{4}, c.task.dim, 7), 1); c.precision == Float64 && err == nil {
				t.Errorf("%v: a trainer takes it", c.task)
			}
		})
	}
}
