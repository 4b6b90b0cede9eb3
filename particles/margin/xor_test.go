package margin

import (
	"context"
	"fmt"
	"math"
	"testing"

	"kac/kernels"
)

func trained(t *testing.T, p XOR, workers, steps int) *Ascent {
	t.Helper()
	s, err := p.Begin(context.Background(), kernels.NewWorkspace[float64](workers))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), steps, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// In the good phase ascent comes within 3 % of the limit's margin, has its signal and no test error; the bits do not
// depend on the workers.
func TestAscent(t *testing.T) {
	p := XOR{24, 6000, 24 / (6000 * 3.), 1.5, 24, 2}
	s, other := trained(t, p, 1, 120), trained(t, p, 2, 120)
	limit := math.Pow(1+4./3, .75) / 4
	if m := s.Margin(); m > limit*1.01 || m < limit*.97 || m != other.Margin() {
		t.Errorf("margin %v of %v; with two workers %v", m, limit, other.Margin())
	}
	if u := math.Sqrt(3. / 7); math.Abs(s.Signal()-u) > .02 {
		t.Errorf("signal %v, want %v", s.Signal(), u)
	}
	if s.TestError(2000) > .001 || s.Flipped() < .9 {
		t.Errorf("test error %v, flipped points wrong %v", s.TestError(2000), s.Flipped())
	}
}

// Coordinates in the span keep lengths and products: the points' Gram matrix is that of drawn vectors.
func TestXORCoordinates(t *testing.T) {
	p := XOR{8, 40, .1, 1.5, 4, 3}
	s, err := p.Begin(context.Background(), kernels.NewWorkspace[float64](1))
	if err != nil {
		t.Fatal(err)
	}
	noise := vectors(&Data{8, 39, .1, 3})
	for i := range 8 {
		for j := range 8 {

			z := s.X[i*10]*s.X[j*10] + s.X[i*10+1]*s.X[j*10+1]
			if got, want := dot(s.X[i*10:(i+1)*10], s.X[j*10:(j+1)*10]), z+dot(noise[i], noise[j]); math.Abs(got-want) > 1e-12 {
				t.Errorf("points %d, %d: %v, want %v", i, j, got, want)
			}
		}
		if q := s.X[i*10]*s.X[i*10] - s.X[i*10+1]*s.X[i*10+1]; q != s.Y[i] {
			t.Errorf("point %d has the label %v, the ground truth is %v", i, s.Y[i], q)
		}
	}
}

func TestXORMistakes(t *testing.T) {
	for _, p := range []XOR{{6, 40, .1, 1.5, 4, 1}, {0, 40, .1, 1.5, 4, 1}, {8, 9, .1, 1.5, 4, 1}, {8, 40, 0, 1.5, 4, 1}, {8, 40, .1, 1, 4, 1}, {8, 40, .1, 2, 4, 1}, {8, 40, .1, 1.5, 3, 1}, {8, 40, .1, 1.5, 0, 1}} {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			if _, err := p.Begin(context.Background(), kernels.NewWorkspace[float64](1)); err == nil {
				t.Error("it is taken")
			}
		})
	}
}
