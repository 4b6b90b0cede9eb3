package particles

import (
	"slices"
	"testing"
)

// Trainers in the bf16 precisions follow the float64 one, bf16x6 as near as
// float32 and bf16x3 less near, with the same bits for any number of workers;
// their outputs are those of a float32 network.
func TestTrainerPrecisions(t *testing.T) {
	task := mustTask(t, "staircase", 8)
	exact := NewEnsembles[float64]([]int{64}, 8, 7)
	reference, err := NewTrainer(task, minibatchesOf(t, task), .01, exact, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer reference.Close()
	if err := reference.Advance(backgroundContext, 50); err != nil {
		t.Fatal(err)
	}
	for precision := range lowPrecisions(t) {
		most := map[Precision]float64{Float32: 2e-6, BF16x3: 2e-5, BF16x6: 2e-6}[precision]
		var first []float32
		for _, workers := range []int{1, 3} {
			nets := NewEnsembles[float32]([]int{64}, 8, 7)
			r, err := NewTrainerIn(precision, Auto, task, minibatchesOf(t, task), .01, nets, workers)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := r.Advance(backgroundContext, 50); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = slices.Clone(nets[0].W)
			} else if !slices.Equal(first, nets[0].W) {
				t.Errorf("%v: other bits with %d workers", precision, workers)
			}
			wide := make([]float64, len(nets[0].W))
			for i, x := range nets[0].W {
				wide[i] = float64(x)
			}
			off := distance(wide, exact[0].W)
			t.Logf("%v: off by %.2g", precision, off)
			if off > most || off < most/1e4 {
				t.Errorf("%v: off by %g, want at most %g and not nothing", precision, off, most)
			}
			plain, err := NewTrainer(task, minibatchesOf(t, task), .01, nets, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Close()
			x := make([]float32, 8*5)
			for i := range x {
				x[i] = float32(i%7) / 3
			}
			f, want := make([]float32, 5), make([]float32, 5)
			r.Outputs(f, x, 0)
			plain.Outputs(want, x, 0)
			if !slices.Equal(f, want) {
				t.Errorf("%v: outputs %v, in float32 %v", precision, f, want)
			}
		}
	}
}

// A trainer refuses a precision that its numbers cannot have.
func TestTrainerPrecisionMismatch(t *testing.T) {
	refused := func(construct func()) (refused bool) {
		defer func() { refused = recover() != nil }()
		construct()
		return false
	}
	task := mustTask(t, "staircase", 8)
	if !refused(func() {
		_, _ = NewTrainerIn(Float32, Auto, task, minibatchesOf(t, task), .01, NewEnsembles[float64]([]int{4}, 8, 7), 1)
	}) {
		t.Error("float64 networks in float32")
	}
	if !refused(func() {
		_, _ = NewTrainerIn(Float64, Auto, task, minibatchesOf(t, task), .01, NewEnsembles[float32]([]int{4}, 8, 7), 1)
	}) {
		t.Error("float32 networks in float64")
	}
}
