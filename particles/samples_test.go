package particles

import (
	"math"
	"slices"
	"testing"
)

func draw(b Batches, step int64) (x, y []float64) {
	x, y = make([]float64, b.Size()*b.Dim()), make([]float64, b.Size())
	b.Batch(step, x, y)
	return x, y
}

// A larger sample begins with the smaller one; noise changes labels alone and
// has the size asked for; test samples are others.
func TestSamplesArePureFunctions(t *testing.T) {
	task := mustTask(t, "he4", 6)
	small, large, noisy := task.Samples(100, 3, 0), task.Samples(4000, 3, 0), task.Samples(4000, 3, .5)
	if !slices.Equal(small.X, large.X[:600]) || !slices.Equal(small.Y, large.Y[:100]) {
		t.Error("the larger sample does not begin with the smaller one")
	}
	if !slices.Equal(large.X, noisy.X) {
		t.Error("label noise changes the inputs")
	}
	sum := 0.0
	for i := range large.Y {
		sum += (noisy.Y[i] - large.Y[i]) * (noisy.Y[i] - large.Y[i])
	}
	if v := sum / 4000; math.Abs(v-.25) > 4*.25*math.Sqrt(2./4000) {
		t.Errorf("label noise has variance %v, want .25", v)
	}
	if test := task.TestSamples(100, 3); test.X[0] == small.X[0] || test.Check() != nil {
		t.Error("test samples are training samples")
	}
	if task.Samples(1, 4, 0).X[0] == small.X[0] {
		t.Error("the seed does not matter")
	}
}

// An epoch shows every sample once (but for the remainder), in an order of its
// own, and a batch does not depend on what was asked before.
func TestMinibatches(t *testing.T) {
	s := mustTask(t, "xor4", 8).Samples(23, 1, 0)
	for i := range s.Y {
		s.Y[i] = float64(i)
	}
	b, err := NewMinibatches(s, 5, 9)
	if err != nil {
		t.Fatal(err)
	}
	var order [2][]float64
	for step := range int64(8) {
		x, y := draw(b, step)
		order[step/4] = append(order[step/4], y...)
		for i, label := range y {
			if j := int(label); !slices.Equal(x[i*8:(i+1)*8], s.X[j*8:(j+1)*8]) {
				t.Fatalf("step %d: input %d does not belong to its label", step, i)
			}
		}
	}
	for epoch, seen := range order {
		sorted := slices.Clone(seen)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) != 20 {
			t.Errorf("epoch %d shows %v", epoch, seen)
		}
	}
	if slices.Equal(order[0], order[1]) {
		t.Error("both epochs have one order")
	}
	other, _ := NewMinibatches(s, 5, 9)
	_, late := draw(other, 6)
	_, early := draw(other, 2)
	if !slices.Equal(late, order[1][10:15]) || !slices.Equal(early, order[0][10:15]) {
		t.Error("a batch depends on the batches asked for before it")
	}
	whole, _ := NewMinibatches(s, 23, 9)
	if x, y := draw(whole, 3); !slices.Equal(x, s.X) || !slices.Equal(y, s.Y) {
		t.Error("a full batch is not the sample")
	}
	for _, size := range []int{0, 24} {
		if _, err := NewMinibatches(s, size, 9); err == nil {
			t.Errorf("a batch of %d out of 23 is no error", size)
		}
	}
}

func TestFresh(t *testing.T) {
	task := mustTask(t, "he4", 6)
	b, err := NewFresh(task, 7, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	x3, y3 := draw(b, 3)
	x4, _ := draw(b, 4)
	again, _ := draw(b, 3)
	if !slices.Equal(x3, again) || slices.Equal(x3, x4) {
		t.Error("batches are not functions of their step")
	}
	if got := task.Target().Value(x3[6:12]); got != y3[1] {
		t.Errorf("label %v, target %v", y3[1], got)
	}
	// One batch of 14 is two of 7.
	// The number of workers does not change a bit.
	const many = 3*freshBlock + 5
	one, _ := NewFresh(task, many, 2, .5)
	three, _ := NewFresh(task, many, 2, .5)
	three.(*fresh).workers = 3
	oneX, oneY := draw(one, 4)
	if threeX, threeY := draw(three, 4); !slices.Equal(oneX, threeX) || !slices.Equal(oneY, threeY) || oneY[many-1] == 0 {
		t.Error("three workers draw another batch than one")
	}
	twice, _ := NewFresh(task, 14, 2, 0)
	if x, _ := draw(twice, 2); !slices.Equal(x[:42], x4) {
		t.Error("a sample depends on the size of its batch")
	}
	if _, err := NewFresh(task, 0, 2, 0); err == nil {
		t.Error("an empty batch is no error")
	}
}
