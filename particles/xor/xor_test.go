package xor

import (
	"context"
	"fmt"
	"math"
	"testing"

	"kac/kernels"
)

// plainStep is (1) of docs/xor.md as it is written, for f = scale sum a_j relu(<w_j, x>); gains are times factor.
func plainStep(w [][]float64, a []float64, x, y []float64, d int, eta, kappa, scale float64) (second, first []float64) {
	n := len(y)
	r := make([]float64, n)
	for i := range n {
		f := 0.0
		for j := range a {
			f += scale * a[j] * math.Max(dot(w[j], x[i*d:(i+1)*d]), 0)
		}
		r[i] = kappa * y[i] / (1 + math.Exp(y[i]*f)) / float64(n)
	}
	for j := range a {
		v, s := make([]float64, d), 0.0
		for i := range n {
			if z := dot(w[j], x[i*d:(i+1)*d]); z > 0 {
				s += r[i] * z
				for c := range d {
					v[c] += r[i] * x[i*d+c]
				}
			}
		}
		second, first = append(second, s), append(first, dot(w[j], v))
		for c := range d {
			w[j][c] += eta * a[j] * v[c]
		}
		a[j] += eta * s
	}
	return second, first
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// The trainer against the definition, against the sum form, and the balance a^2 - |w|^2 of a step.
func TestTrainer(t *testing.T) {
	const m, d, b, eta, kappa, theta, steps = 24, 20, 50, .3, 2., .7, 60
	net := New[float64](m, d, theta, 3, false)
	var w, sumW [][]float64
	var a, sumA []float64
	for j := range m {
		w = append(w, append([]float64{}, net.Row(j)...))
		scaled := append([]float64{}, net.Row(j)...)
		for c := range scaled {
			scaled[c] /= math.Sqrt(m)
		}
		sumW = append(sumW, scaled)
		a, sumA = append(a, net.A[j]), append(sumA, net.A[j]/math.Sqrt(m))
	}
	source := must(Fresh[float64](d, b, 5))
	r := must(NewTrainer(net, source, kernels.LogisticLoss(kappa), eta, 2))
	defer r.Close()
	x, y := make([]float64, b*d), make([]float64, b)
	worst, scaled := 0.0, 0.0
	for step := range int64(steps) {
		if err := r.Advance(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		source.Batch(step, x, y)
		second, first := plainStep(w, a, x, y, d, eta, kappa, 1./m)
		for j := range second {
			if math.Abs(second[j]-first[j]) > 1e-13 {
				t.Fatalf("step %d: the second layer's gradient is %v, <w, V> %v", step, second[j], first[j])
			}
		}
		plainStep(sumW, sumA, x, y, d, eta, kappa, 1)
		for j := range m {
			worst = math.Max(worst, math.Abs(net.A[j]-a[j]))
			scaled = math.Max(scaled, math.Abs(net.A[j]-math.Sqrt(m)*sumA[j]))
			for c := range d {
				worst = math.Max(worst, math.Abs(net.Row(j)[c]-w[j][c]))
				scaled = math.Max(scaled, math.Abs(net.Row(j)[c]-math.Sqrt(m)*sumW[j][c]))
			}
		}
	}
	if worst > 1e-12 || scaled > 1e-12 {
		t.Errorf("off by %.2g from the definition, %.2g from the sum form", worst, scaled)
	}
}

// A neuron whose second layer is 0 moves by it alone, then both.
func TestTrainerZero(t *testing.T) {
	const m, d, b = 6, 9, 16
	for _, zero := range []bool{false, true} {
		net := New[float64](m, d, 1, 1, true)
		var w [][]float64
		if zero {
			net.A[2] = 0
		}
		a := append([]float64{}, net.A...)
		for j := range m {
			w = append(w, append([]float64{}, net.Row(j)...))
		}
		source := must(Fresh[float64](d, b, 5))
		r := must(NewTrainer(net, source, kernels.LogisticLoss(1), .2, 1))
		x, y := make([]float64, b*d), make([]float64, b)
		for step := range int64(5) {
			if err := r.Advance(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			source.Batch(step, x, y)
			plainStep(w, a, x, y, d, .2, 1, 1./m)
		}
		for j := range m {
			if math.Abs(net.A[j]-a[j]) > 1e-13 || math.Abs(net.Row(j)[1]-w[j][1]) > 1e-13 {
				t.Errorf("zero %v: neuron %d has a = %v, want %v", zero, j, net.A[j], a[j])
			}
		}
		r.Close()
	}
}

// The same bits for any number of workers, and when a run is cut; float32 near float64.
func TestTrainerBits(t *testing.T) {
	train := func(workers int, cut int64) []float64 {
		net := New[float32](40, 33, 1, 7, false)
		x, y := Drawn[float32](64, 33, 2, false)
		source := must(Fixed(x, y, 33, 24, 4))
		r := must(NewTrainer(net, source, kernels.LogisticLoss(2), .1, workers))
		defer r.Close()
		if cut > 0 {
			if err := r.Advance(context.Background(), cut); err != nil {
				t.Fatal(err)
			}
			again := must(FromSnapshot[float32](net.Snapshot(), 33))
			r2 := must(NewTrainer(again, must(Fixed(x, y, 33, 24, 4)), kernels.LogisticLoss(2), .1, workers))
			defer r2.Close()
			r2.Resume(cut)
			r, net = r2, again
		}
		if err := r.Advance(context.Background(), 50-cut); err != nil {
			t.Fatal(err)
		}
		return net.Snapshot()
	}
	want := train(1, 0)
	for _, c := range []struct {
		workers int
		cut     int64
	}{{3, 0}, {1, 17}, {2, 31}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			for i, x := range train(c.workers, c.cut) {
				if x != want[i] {
					t.Fatalf("number %d is %v, want %v", i, x, want[i])
				}
			}
		})
	}
	double := New[float64](40, 33, 1, 7, false)
	x, y := Drawn[float64](64, 33, 2, false)
	r := must(NewTrainer(double, must(Fixed(x, y, 33, 24, 4)), kernels.LogisticLoss(2), .1, 1))
	defer r.Close()
	if err := r.Advance(context.Background(), 50); err != nil {
		t.Fatal(err)
	}
	for i, x := range double.Snapshot() {
		if math.Abs(x-want[i]) > 1e-4 {
			t.Fatalf("float32 gives %v for number %d, float64 %v", want[i], i, x)
		}
	}
}

// Tests and parts on networks that are known: one neuron along each diagonal.
func TestPartsAndTests(t *testing.T) {
	const d = 5
	rows := []float64{1, -1, 0, 0, 0, 2 /**/, 1, 1, .1, 0, 0, -2}
	net := must(FromSnapshot[float64](rows, d))
	p := net.Parts(.5)
	if want := 4.01 / 2; math.Abs(p.Energy-want) > 1e-14 || math.Abs(p.Signal-4/4.01) > 1e-14 || math.Abs(p.Perpendicular-.01/4.01) > 1e-14 || p.HeavyCount != 1 || math.Abs(p.HeavyMass-1) > 1e-14 || p.Second != 4 {
		t.Errorf("parts %+v", p)
	}
	x, y, err := Points[float64](d)
	if err != nil {
		t.Fatal(err)
	}
	r := must(NewTrainer(net, must(Fixed(x, y, d, len(y), 1)), kernels.LogisticLoss(2), .1, 1))
	defer r.Close()
	got := NewTest(x, y, d, kernels.LogisticLoss(1)).Of(r, 1, nil)
	// f = relu(x1 - x2) - relu(x1 + x2 + .1 x3): (+,-) 2, (-,-) 0, (+,+) -2 -+ .1, (-,+) 0 or -.05 of relu(+-.1).
	if math.Abs(got.Groups[1]-1.95) > 1e-14 || math.Abs(got.Groups[0]-2) > 1e-14 || math.Abs(got.Groups[3]) > 1e-14 || math.Abs(got.Groups[2]+.05) > 1e-14 {
		t.Errorf("groups %v", got.Groups)
	}
	if got.Error != .5 || math.Abs(got.Margin-(2+1.95-.05)/4) > 1e-14 {
		t.Errorf("error %v, margin %v", got.Error, got.Margin)
	}
}

// Initial neurons: norms, signs, and the first of a wider network.
func TestNew(t *testing.T) {
	wide, narrow, halves := New[float64](400, 6, .3, 2, false), New[float64](10, 6, .3, 2, false), New[float64](10, 6, .3, 2, true)
	plus := 0
	for j := range wide.M {
		if n := math.Sqrt(dot(wide.Row(j), wide.Row(j))); math.Abs(n-.3) > 1e-14 || math.Abs(math.Abs(wide.A[j])-.3) > 0 {
			t.Fatalf("neuron %d: |w| = %v, a = %v", j, n, wide.A[j])
		}
		if wide.A[j] > 0 {
			plus++
		}
		if j < 10 && (narrow.A[j] != wide.A[j] || narrow.Row(j)[3] != wide.Row(j)[3] || halves.A[j] != .3*float64(1-j%2*2)) {
			t.Fatalf("neuron %d of the narrow networks", j)
		}
	}
	if plus < 150 || plus > 250 {
		t.Errorf("%d of 400 second layers are positive", plus)
	}
	for _, rows := range [][]float64{nil, {1, 2, 3}, {1, math.NaN()}} {
		if _, err := FromSnapshot[float64](rows, 1); err == nil && len(rows)%2 == 1 {
			t.Errorf("%v are taken", rows)
		}
	}
	if _, err := FromSnapshot[float64]([]float64{1, math.NaN()}, 1); err == nil {
		t.Error("NaN is taken")
	}
}
