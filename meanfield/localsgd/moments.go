package localsgd

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/particles/localsgd"
)

// Moments are what is known of the common point after a round, exactly.
type Moments struct {
	Round int
	// Gap is E F(x) - F(x*), the sum of what the mean and what the noise adds.
	Gap, GapMean, GapNoise float64
	GapError               float64 // estimate of how wrong Gap is
	// Distance2 is E |x - x*|², and Noise2 the trace of the covariance.
	Distance2, Noise2 float64
	DistanceError     float64 // of Distance2
	Mean              []float64
}

// Quadratic is local SGD on quadratics: from x_0, rounds of K local steps of size Eta on every client, whose gradients
// have independent noise with E|noise|² = Sigma², isotropic; the average is taken with the server's step Beta.
type Quadratic struct {
	Objective  *localsgd.Quadratics
	Eta, Beta  float64
	Sigma      float64
	LocalSteps int
	Start      []float64 // d; nil: 0
}

// round is the affine map of a round: mean <- S mean + shift, covariance <- S covariance S' + noise.
type round struct {
	s     *mat.Dense
	shift *mat.VecDense
	noise *mat.SymDense
}

// Local returns the moments after rounds 1 to R of local SGD, with B_m = I - eta A_m:
//
//	S = I - beta (I - mean B_m^K),   mean <- S mean + beta mean_m (I - B_m^K) x*_m
//	Cov <- S Cov S' + (beta eta sigma)²/(d M²) sum_m sum_{k<K} B_m^{2k}
//
// Powers are taken by the eigenvalues of A_m and, for the error, once more by repeated squaring of matrices.
func (q *Quadratic) Local(ctx context.Context, rounds int) ([]Moments, error) {
	first, err := q.local(ctx, spectralPowers)
	if err != nil {
		return nil, err
	}
	second, err := q.local(ctx, squaredPowers)
	if err != nil {
		return nil, err
	}
	return q.follow(ctx, same(first), same(second), 1, rounds)
}

// Minibatch returns the moments after rounds 1 to R of minibatch SGD: a step of size Eta a round along the mean of the
// M K gradients at the common point,
//
//	S = I - eta A,   mean <- S mean + eta A x*,   Cov <- S Cov S' + eta² sigma²/(d M K) I,   A = mean A_m.
//
// For the error the map is applied once more as x* + S (mean - x*).
func (q *Quadratic) Minibatch(ctx context.Context, rounds int) ([]Moments, error) {
	f := q.Objective
	d := f.Dim()
	once := func(byClients bool) *round {
		r := &round{s: mat.NewDense(d, d, nil), shift: mat.NewVecDense(d, nil), noise: mat.NewSymDense(d, nil)}
		r.s.Scale(-q.Eta, f.Mean())
		for i := range d {
			r.s.Set(i, i, 1+r.s.At(i, i))
			r.noise.SetSym(i, i, q.Eta*q.Eta*q.Sigma*q.Sigma/(float64(d)*float64(f.Clients())*float64(q.LocalSteps)))
		}
		v := mat.NewVecDense(d, nil)
		if !byClients {
			v.MulVec(f.Mean(), mat.NewVecDense(d, f.Optimum()))
			r.shift.ScaleVec(q.Eta, v)
			return r
		}
		for m := range f.Clients() {
			v.MulVec(f.Matrix(m), mat.NewVecDense(d, f.ClientOptimum(m)))
			r.shift.AddScaledVec(r.shift, q.Eta/float64(f.Clients()), v)
		}
		return r
	}
	return q.follow(ctx, same(once(true)), same(once(false)), 1, rounds)
}

// powers returns B^K and sum_{k<K} B^{2k} of a client.
type powers func(f *localsgd.Quadratics, m int, eta float64, steps int) (power, sum *mat.SymDense)

func (q *Quadratic) local(ctx context.Context, powers powers) (*round, error) {
	f := q.Objective
	d, clients := f.Dim(), float64(f.Clients())
	mean, noise := mat.NewSymDense(d, nil), mat.NewSymDense(d, nil)
	shift, v := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	for m := range f.Clients() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		power, sum := powers(f, m, q.Eta, q.LocalSteps)
		mean.AddSym(mean, power)
		noise.AddSym(noise, sum)
		optimum := mat.NewVecDense(d, f.ClientOptimum(m))
		v.MulVec(power, optimum)
		shift.AddVec(shift, optimum)
		shift.SubVec(shift, v)
	}
	r := &round{s: mat.NewDense(d, d, nil), shift: shift, noise: noise}
	shift.ScaleVec(q.Beta/clients, shift)
	r.s.Scale(q.Beta/clients, mean)
	for i := range d {
		r.s.Set(i, i, 1-q.Beta+r.s.At(i, i))
	}
	scale := q.Beta * q.Eta * q.Sigma / clients
	noise.ScaleSym(scale*scale/float64(d), noise)
	return r, nil
}

// same is a map that is that of every round.
func same(r *round) func(int) *round { return func(int) *round { return r } }

// follow applies two maps that are equal but for rounding, of states of some vectors.
func (q *Quadratic) follow(ctx context.Context, first, second func(r int) *round, vectors, rounds int) ([]Moments, error) {
	a, b := q.start(vectors), q.start(vectors)
	var out []Moments
	for k := 1; k <= rounds; k++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a.advance(first(k - 1))
		b.advance(second(k - 1))
		one, two := a.moments(q.Objective), b.moments(q.Objective)
		one.Round = k
		one.GapError = math.Abs(one.Gap-two.Gap) + one.GapError
		one.DistanceError = math.Abs(one.Distance2-two.Distance2) + one.DistanceError
		out = append(out, one)
	}
	return out, nil
}

// gaussian is a mean and a covariance.
type gaussian struct {
	mean *mat.VecDense
	cov  *mat.SymDense
}

func (q *Quadratic) start(vectors int) *gaussian {
	d := vectors * q.Objective.Dim()
	g := &gaussian{mat.NewVecDense(d, nil), mat.NewSymDense(d, nil)}
	for i, x := range q.Start {
		g.mean.SetVec(i, x)
	}
	return g
}

func (g *gaussian) advance(r *round) {
	d := g.mean.Len()
	next := mat.NewVecDense(d, nil)
	next.MulVec(r.s, g.mean)
	next.AddVec(next, r.shift)
	g.mean = next
	var left, all mat.Dense
	left.Mul(r.s, g.cov)
	all.Mul(&left, r.s.T())
	for i := range d {
		for j := i; j < d; j++ {
			g.cov.SetSym(i, j, (all.At(i, j)+all.At(j, i))/2+r.noise.At(i, j))
		}
	}
}

// moments about x*. The errors are those of rounding: of x* itself, and of the terms of the sums.
func (g *gaussian) moments(f *localsgd.Quadratics) (m Moments) {
	d := f.Dim()
	e := mat.NewVecDense(d, nil)
	e.SubVec(g.mean.SliceVec(0, d), mat.NewVecDense(d, f.Optimum()))
	step := mat.NewVecDense(d, nil)
	step.MulVec(f.Mean(), e)
	m.GapMean = mat.Dot(e, step) / 2
	for i := range d {
		m.Noise2 += g.cov.At(i, i)
		for j := range d {
			m.GapNoise += f.Mean().At(i, j) * g.cov.At(i, j) / 2
		}
	}
	m.Gap, m.Distance2 = m.GapMean+m.GapNoise, mat.Dot(e, e)+m.Noise2
	eps := 0x1p-52 * float64(d+2)
	size := mat.Norm(mat.NewVecDense(d, f.Optimum()), 2)
	m.GapError = eps * (mat.Norm(step, 2)*size + m.Gap)
	m.DistanceError = eps * (2*mat.Norm(e, 2)*size + m.Distance2)
	m.Mean = append([]float64(nil), g.mean.RawVector().Data[:d]...)
	return m
}
