package localsgd

import "math"

// Objective is what the clients minimise: client m has F_m, and all together the mean F. Methods may be called from any
// goroutine.
type Objective interface {
	// Dim is d.
	Dim() int
	// Gradient writes grad F_m(x) to dst; both have d numbers, and are not the same.
	Gradient(dst, x []float64, client int)
	// Excess is F(x) - F*.
	Excess(x []float64) float64
	// Optimum is x*, where F is least.
	Optimum() []float64
	// Smoothness is H: no F_m has a larger curvature.
	Smoothness() float64
}

// OnLine is the objective of clients that all have the same Line.
type OnLine struct{ Line }

// Dim implements Objective.
func (OnLine) Dim() int { return 1 }

// Gradient implements Objective.
func (f OnLine) Gradient(dst, x []float64, _ int) { dst[0] = f.Slope(x[0]) }

// Excess implements Objective.
func (f OnLine) Excess(x []float64) float64 { return f.Value(x[0]) }

// Optimum implements Objective.
func (OnLine) Optimum() []float64 { return []float64{0} }

// Smoothness implements Objective.
func (f OnLine) Smoothness() float64 {
	_, most := f.Curvatures()
	return most
}

// Gradient implements Objective: A_m (x - x*_m).
func (q *Quadratics) Gradient(dst, x []float64, client int) {
	d := q.dim
	optimum := q.optima[client*d : (client+1)*d]
	clear(dst)
	for j, v := range x { // A is symmetric: columns are rows
		e := v - optimum[j]
		for i, a := range q.a[(client*d+j)*d : (client*d+j+1)*d] {
			dst[i] += float64(a * e)
		}
	}
}

// Smoothness implements Objective.
func (q *Quadratics) Smoothness() float64 {
	_, most := q.Curvatures()
	return most
}

// Huber is the separable objective of [A], the same for all clients,
//
//	F(x) = sum_i lambda_i (sqrt(1 + x_i²) - 1) + tau (1 - cos 3 x_i)/9,
//
// convex for tau = 0 and tau-weakly convex otherwise. Its least value is 0, at 0.
type Huber struct {
	Lambda []float64
	Tau    float64
}

// Dim implements Objective.
func (f *Huber) Dim() int { return len(f.Lambda) }

// Gradient implements Objective.
func (f *Huber) Gradient(dst, x []float64, _ int) {
	for i, v := range x {
		dst[i] = f.Lambda[i] * v / math.Sqrt(1+float64(v*v))
	}
	f.addWaves(dst, x)
}

// addWaves adds the gradient of the term with tau.
func (f *Huber) addWaves(dst, x []float64) {
	if f.Tau != 0 {
		for i, v := range x {
			dst[i] += float64(f.Tau / 3 * math.Sin(3*v))
		}
	}
}

// Excess implements Objective. The root less 1 is x²/(root + 1), and 1 - cos 3x = 2 sin²(3x/2), which lose no digits.
func (f *Huber) Excess(x []float64) float64 {
	sum := 0.0
	for i, v := range x {
		square := v * v
		sum += f.Lambda[i] * square / (math.Sqrt(1+square) + 1)
		if f.Tau != 0 {
			s := math.Sin(1.5 * v)
			sum += f.Tau * 2 * s * s / 9
		}
	}
	return sum
}

// Optimum implements Objective.
func (f *Huber) Optimum() []float64 { return make([]float64, len(f.Lambda)) }

// Smoothness implements Objective.
func (f *Huber) Smoothness() float64 {
	most := 0.0
	for _, l := range f.Lambda {
		most = math.Max(most, l)
	}
	return most + f.Tau
}
