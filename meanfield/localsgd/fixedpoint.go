package localsgd

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/particles/localsgd"
)

// Heterogeneity says how much clients' quadratics differ, in the words of [L].
type Heterogeneity struct {
	Mu, Smoothness float64 // least and largest eigenvalue of all A_m
	Tau            float64 // max |A_m - A_n|
	TauExact       bool    // false: Tau is 2 max |A_m - mean A|, not less than it
	Zeta           float64 // zeta*/H: the rms distance of the x*_m to x*
	// Gradients is the rms of |A_m (x* - x*_m)|, the clients' gradients at the optimum.
	Gradients float64
	// Shift is |x* - mean x*_m|; ShiftBound >= Shift is zeta* tau/(H mu) [L, Proposition 21].
	Shift, ShiftBound float64
}

// exactPairs is how many pairs of clients are compared for tau, in units of d³ operations.
const exactPairs = 4e9

// HeterogeneityOf measures quadratics.
func HeterogeneityOf(ctx context.Context, f *localsgd.Quadratics) (*Heterogeneity, error) {
	h := &Heterogeneity{}
	h.Mu, h.Smoothness = f.Curvatures()
	d, clients := f.Dim(), f.Clients()
	star, average := f.Optimum(), f.AverageOptimum()
	v, e := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	for m := range clients {
		e.SubVec(mat.NewVecDense(d, star), mat.NewVecDense(d, f.ClientOptimum(m)))
		v.MulVec(f.Matrix(m), e)
		h.Zeta += mat.Dot(e, e) / float64(clients)
		h.Gradients += mat.Dot(v, v) / float64(clients)
	}
	h.Zeta, h.Gradients = math.Sqrt(h.Zeta), math.Sqrt(h.Gradients)
	h.Shift = distance(star, average)
	cube := math.Max(float64(d), 4) * float64(d) * float64(d)
	h.TauExact = float64(clients)*float64(clients)/2*cube <= exactPairs
	for m := range clients {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !h.TauExact {
			h.Tau = math.Max(h.Tau, 2*spectralDistance(f.Matrix(m), f.Mean()))
			continue
		}
		for n := range m {
			h.Tau = math.Max(h.Tau, spectralDistance(f.Matrix(m), f.Matrix(n)))
		}
	}
	h.ShiftBound = h.Zeta * h.Tau / h.Mu
	return h, nil
}

// spectralDistance is the largest absolute eigenvalue of a - b.
func spectralDistance(a, b *mat.SymDense) float64 {
	d, _ := a.Dims()
	difference := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			difference.SetSym(i, j, a.At(i, j)-b.At(i, j))
		}
	}
	var e mat.EigenSym
	if !e.Factorize(difference, false) {
		return mat.Norm(difference, 2)
	}
	values := e.Values(nil)
	return math.Max(math.Abs(values[0]), math.Abs(values[d-1]))
}

func distance(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(sum)
}

// FixedPoint is where rounds of K local steps without noise end, for any step of the server.
type FixedPoint struct {
	LocalSteps int
	Eta        float64
	X          []float64 // x_inf
	Error      float64   // estimate of how wrong it is, in norm
	Distance   float64   // |x_inf - x*|
	// DistanceAverage is |x_inf - mean x*_m|.
	DistanceAverage float64
	// BoundAverage >= DistanceAverage is zeta* tau/(H mu) eta mu K r^{K-1}/(1 - (1 - eta mu)^K), r = max |1 - eta
	// lambda| [L, Proposition 21, with eta H <= 1 there, where r = 1 - eta mu].
	BoundAverage float64
	// Bound >= Distance is BoundAverage + ShiftBound.
	Bound float64
	// BoundDirect >= Distance is Gradients eta² tau sum_{k<K} k r^{k-1}/(1 - (1 - eta mu)^K): 0 for K = 1 (derived in
	// docs/mathematics.md, L.2).
	BoundDirect float64
	Contraction float64 // of a round with beta = 1: the spectral radius of mean B_m^K
	Value       float64 // F(x_inf) - F(x*)
}

// FixedPointOf solves for the fixed point [L, Proposition 19],
//
//	x_inf = C^{-1} mean_m C_m x*_m,   C_m = I - (I - eta A_m)^K,   C = mean_m C_m.
//
// The error is the difference to the same with powers by repeated squaring of matrices.
func FixedPointOf(ctx context.Context, f *localsgd.Quadratics, h *Heterogeneity, eta float64, steps int) (*FixedPoint, error) {
	p := &FixedPoint{LocalSteps: steps, Eta: eta}
	var other []float64
	var err error
	if p.X, p.Contraction, err = fixedPoint(ctx, f, eta, steps, spectralPowers); err != nil {
		return nil, err
	}
	if other, _, err = fixedPoint(ctx, f, eta, steps, squaredPowers); err != nil {
		return nil, err
	}
	star, average := f.Optimum(), f.AverageOptimum()
	p.Error = distance(p.X, other) + 0x1p-50*norm(p.X)
	p.Distance, p.DistanceAverage = distance(p.X, star), distance(p.X, average)
	p.Value = f.Excess(p.X)
	power, _ := powerAndSum(1-eta*h.Mu, steps)
	r := math.Max(math.Abs(1-eta*h.Mu), math.Abs(1-eta*h.Smoothness))
	last, sum, at := 1.0, 0.0, 1.0 // r^{K-1}, sum k r^{k-1}, r^{k-1}
	for k := 1; k < steps; k++ {
		sum += float64(k) * at
		at *= r
		last = at
		if at < 1e-300 {
			break
		}
	}
	least := 1 - math.Abs(power) // of the eigenvalues of C, for eta H <= 1 or odd and even K alike
	if q, _ := powerAndSum(1-eta*h.Smoothness, steps); 1-q < least {
		least = 1 - q
	}
	p.BoundAverage = h.ShiftBound * eta * h.Mu * float64(steps) * last / least
	p.Bound = p.BoundAverage + h.ShiftBound
	p.BoundDirect = h.Gradients * eta * eta * h.Tau * sum / least
	return p, nil
}

func norm(x []float64) float64 { return distance(x, make([]float64, len(x))) }

func fixedPoint(ctx context.Context, f *localsgd.Quadratics, eta float64, steps int, powers powers) (x []float64, contraction float64, err error) {
	d := f.Dim()
	mean := mat.NewSymDense(d, nil)
	right, v := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	// x_inf - mean x*_m = C^{-1} mean C_m (x*_m - mean x*_m): sums of differences.
	centre := mat.NewVecDense(d, f.AverageOptimum())
	for m := range f.Clients() {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		power, _ := powers(f, m, eta, steps)
		mean.AddSym(mean, power)
		e := mat.NewVecDense(d, nil)
		e.SubVec(mat.NewVecDense(d, f.ClientOptimum(m)), centre)
		v.MulVec(power, e)
		right.AddVec(right, e)
		right.SubVec(right, v)
	}
	share := 1 / float64(f.Clients())
	right.ScaleVec(share, right)
	c := mat.NewSymDense(d, nil)
	c.ScaleSym(-share, mean)
	for i := range d {
		c.SetSym(i, i, 1+c.At(i, i))
	}
	var factors mat.Cholesky
	if !factors.Factorize(c) {
		return nil, 0, fmt.Errorf("the map of %d steps of %g has no single fixed point", steps, eta)
	}
	x = make([]float64, d)
	solved := mat.NewVecDense(d, x)
	if err := factors.SolveVecTo(solved, right); err != nil {
		return nil, 0, fmt.Errorf("solving for the fixed point: %w", err)
	}
	solved.AddVec(solved, centre)
	var e mat.EigenSym
	mean.ScaleSym(share, mean)
	if !e.Factorize(mean, false) {
		return nil, 0, fmt.Errorf("the eigenvalues of the map of %d steps of %g were not found", steps, eta)
	}
	values := e.Values(nil)
	return x, math.Max(math.Abs(values[0]), math.Abs(values[d-1])), nil
}
