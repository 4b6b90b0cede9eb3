package xor

import "kac/kernels"

// Test is inputs on which networks are compared with the infinite one.
type Test[T kernels.Float] struct {
	X, Y  []T
	loss  kernels.Loss
	f     []T
	group []uint8 // of each input: those of (x_1, x_2) = (+,+), (+,-), (-,+), (-,-)
}

// NewTest is a test on x (n x d) and y (n), by a loss.
func NewTest[T kernels.Float](x, y []T, d int, loss kernels.Loss) *Test[T] {
	t := &Test[T]{X: x, Y: y, loss: loss, f: make([]T, len(y)), group: make([]uint8, len(y))}
	for i := range y {
		if x[i*d] < 0 {
			t.group[i] = 2
		}
		if x[i*d+1] < 0 {
			t.group[i]++
		}
	}
	return t
}

// Tested are means over the inputs of a test.
type Tested struct {
	Error  float64    // part of the inputs with yf <= 0
	Loss   float64    // that of the test
	Margin float64    // yf
	Gap    float64    // (yf - G)^2
	Groups [4]float64 // yf where (x_1, x_2) is (+,+), (+,-), (-,+), (-,-); NaN: no such input
}

// Of measures the network of a trainer against the margin G of the infinite one, or, if they are not nil, against
// outputs for each input.
func (t *Test[T]) Of(r *Trainer[T], margin float64, against []float64) Tested {
	r.Outputs(t.f, t.X)
	var out Tested
	var count [4]float64
	for i, f := range t.f {
		g := float64(t.Y[i]) * float64(f)
		if g <= 0 {
			out.Error++
		}
		loss, _ := t.loss.Eval(float64(f), float64(t.Y[i]))
		out.Loss += loss
		out.Margin += g
		gap := g - margin
		if against != nil {
			gap = float64(f) - against[i]
		}
		out.Gap += gap * gap
		out.Groups[t.group[i]] += g
		count[t.group[i]]++
	}
	n := float64(len(t.f))
	out.Error /= n
	out.Loss /= n
	out.Margin /= n
	out.Gap /= n
	for k := range out.Groups {
		out.Groups[k] /= count[k] // 0/0 is NaN
	}
	return out
}
