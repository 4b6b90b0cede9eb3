package localsgd

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"kac/particles/localsgd"
)

// LocalMomentum returns the moments after rounds 1 to R of Local SGDM without clipping, b1 its momentum: the state is
// (x, u), of which a client with eigenvalue lambda makes
//
//	T = [1 - eta (1-b1) lambda, -eta b1; (1-b1) lambda, b1],   noise (-eta, 1) (1-b1) sigma/sqrt d,
//
// in every direction of A_m's eigenvectors, about (x*_m, 0). Powers are taken by 2 x 2 matrices step by step and, for
// the error, by repeated squaring of whole ones. Equal matrices give the law of SGDM with sigma/sqrt M, for every K.
func (q *Quadratic) LocalMomentum(ctx context.Context, b1 float64, rounds int) ([]Moments, error) {
	first, err := q.momentum(ctx, b1, spectralMomentum)
	if err != nil {
		return nil, err
	}
	second, err := q.momentum(ctx, b1, squaredMomentum)
	if err != nil {
		return nil, err
	}
	return q.follow(ctx, same(first), same(second), 2, rounds)
}

// MinibatchMomentum is one such step a round on the mean of the M K gradients.
func (q *Quadratic) MinibatchMomentum(ctx context.Context, b1 float64, rounds int) ([]Moments, error) {
	f := q.Objective
	n := 2 * f.Dim()
	once := func(about bool) *round {
		t := momentumMap(f.Mean(), q.Eta, b1)
		r := &round{s: t, shift: mat.NewVecDense(n, nil), noise: mat.NewSymDense(n, nil)}
		r.noise.ScaleSym(1/(float64(f.Clients())*float64(q.LocalSteps)), q.momentumNoise(b1))
		star := mat.NewVecDense(n, append(append([]float64(nil), f.Optimum()...), make([]float64, f.Dim())...))
		if about { // (I - T) z*
			r.shift.MulVec(t, star)
			r.shift.SubVec(star, r.shift)
			return r
		}
		v := mat.NewVecDense(f.Dim(), nil)
		v.MulVec(f.Mean(), star.SliceVec(0, f.Dim()))
		for i := range f.Dim() {
			r.shift.SetVec(i, q.Eta*(1-b1)*v.AtVec(i))
			r.shift.SetVec(f.Dim()+i, -(1-b1)*v.AtVec(i))
		}
		return r
	}
	return q.follow(ctx, same(once(true)), same(once(false)), 2, rounds)
}

// Accelerated returns the moments of accelerated minibatch SGD, the state (x, x before): with theta = r/(r+3) after r
// rounds and B = I - eta A, x <- (1+theta) B x - theta B (x before) + eta A x*.
func (q *Quadratic) Accelerated(ctx context.Context, rounds int) ([]Moments, error) {
	f := q.Objective
	d := f.Dim()
	of := func(byClients bool) func(r int) *round {
		pull, v := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
		if byClients {
			for m := range f.Clients() {
				v.MulVec(f.Matrix(m), mat.NewVecDense(d, f.ClientOptimum(m)))
				pull.AddScaledVec(pull, q.Eta/float64(f.Clients()), v)
			}
		} else {
			v.MulVec(f.Mean(), mat.NewVecDense(d, f.Optimum()))
			pull.ScaleVec(q.Eta, v)
		}
		return func(k int) *round {
			theta := float64(k) / float64(k+3)
			r := &round{s: mat.NewDense(2*d, 2*d, nil), shift: mat.NewVecDense(2*d, nil), noise: mat.NewSymDense(2*d, nil)}
			for i := range d {
				for j := range d {
					b := -q.Eta * f.Mean().At(i, j)
					if i == j {
						b++
					}
					r.s.Set(i, j, (1+theta)*b)
					r.s.Set(i, d+j, -theta*b)
				}
				r.s.Set(d+i, i, 1)
				r.shift.SetVec(i, pull.AtVec(i))
				r.noise.SetSym(i, i, q.Eta*q.Eta*q.Sigma*q.Sigma/(float64(d)*float64(f.Clients())*float64(q.LocalSteps)))
			}
			return r
		}
	}
	return q.follow(ctx, of(true), of(false), 2, rounds)
}

// momentumPowers returns T^K and sum_{k<K} T^k G G' T'^k of a client, G the noise of unit variance.
type momentumPowers func(q *Quadratic, m int, b1 float64) (power *mat.Dense, sum *mat.SymDense)

func (q *Quadratic) momentum(ctx context.Context, b1 float64, powers momentumPowers) (*round, error) {
	f := q.Objective
	n, clients := 2*f.Dim(), float64(f.Clients())
	r := &round{s: mat.NewDense(n, n, nil), shift: mat.NewVecDense(n, nil), noise: mat.NewSymDense(n, nil)}
	v := mat.NewVecDense(n, nil)
	for m := range f.Clients() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		power, sum := powers(q, m, b1)
		star := mat.NewVecDense(n, append(append([]float64(nil), f.ClientOptimum(m)...), make([]float64, f.Dim())...))
		v.MulVec(power, star)
		r.shift.AddVec(r.shift, star)
		r.shift.SubVec(r.shift, v)
		power.Scale(1/clients, power)
		r.s.Add(r.s, power)
		sum.ScaleSym(1/(clients*clients), sum)
		r.noise.AddSym(r.noise, sum)
	}
	r.shift.ScaleVec(1/clients, r.shift)
	return r, nil
}

// momentumMap is T for a matrix.
func momentumMap(a *mat.SymDense, eta, b1 float64) *mat.Dense {
	d, _ := a.Dims()
	t := mat.NewDense(2*d, 2*d, nil)
	for i := range d {
		for j := range d {
			t.Set(i, j, -eta*(1-b1)*a.At(i, j))
			t.Set(d+i, j, (1-b1)*a.At(i, j))
		}
		t.Set(i, i, 1+t.At(i, i))
		t.Set(i, d+i, -eta*b1)
		t.Set(d+i, d+i, b1)
	}
	return t
}

// momentumNoise is the covariance that one step's noise has in (x, u).
func (q *Quadratic) momentumNoise(b1 float64) *mat.SymDense {
	d := q.Objective.Dim()
	out := mat.NewSymDense(2*d, nil)
	c := (1 - b1) * (1 - b1) * q.Sigma * q.Sigma / float64(d)
	for i := range d {
		out.SetSym(i, i, q.Eta*q.Eta*c)
		out.SetSym(i, d+i, -q.Eta*c)
		out.SetSym(d+i, d+i, c)
	}
	return out
}

// spectralMomentum steps 2 x 2 matrices.
func spectralMomentum(q *Quadratic, m int, b1 float64) (power *mat.Dense, sum *mat.SymDense) {
	values, vectors := q.Objective.Eigen(m)
	d := len(values)
	var p, s [4][]float64
	for k := range p {
		p[k], s[k] = make([]float64, d), make([]float64, d)
	}
	c := (1 - b1) * (1 - b1) * q.Sigma * q.Sigma / float64(d)
	for i, lambda := range values {
		t := [4]float64{1 - q.Eta*(1-b1)*lambda, -q.Eta * b1, (1 - b1) * lambda, b1}
		n := [4]float64{q.Eta * q.Eta * c, -q.Eta * c, -q.Eta * c, c}
		power, all := [4]float64{1, 0, 0, 1}, [4]float64{}
		for range q.LocalSteps {
			power = product(t, power)
			all = product(product(t, all), transposed(t))
			for k := range all {
				all[k] += n[k]
			}
		}
		for k := range p {
			p[k][i], s[k][i] = power[k], all[k]
		}
	}
	power, sum = mat.NewDense(2*d, 2*d, nil), mat.NewSymDense(2*d, nil)
	for k := range p {
		block, noise := conjugate(vectors, p[k]), conjugate(vectors, s[k])
		for i := range d {
			for j := range d {
				row, column := k/2*d+i, k%2*d+j
				power.Set(row, column, block.At(i, j))
				if row <= column {
					sum.SetSym(row, column, noise.At(i, j))
				}
			}
		}
	}
	return power, sum
}

func product(a, b [4]float64) [4]float64 {
	return [4]float64{a[0]*b[0] + a[1]*b[2], a[0]*b[1] + a[1]*b[3], a[2]*b[0] + a[3]*b[2], a[2]*b[1] + a[3]*b[3]}
}

func transposed(a [4]float64) [4]float64 { return [4]float64{a[0], a[2], a[1], a[3]} }

// squaredMomentum squares whole matrices: P_{2n} = P_n + T^n P_n T'^n.
func squaredMomentum(q *Quadratic, m int, b1 float64) (power *mat.Dense, sum *mat.SymDense) {
	t := momentumMap(q.Objective.Matrix(m), q.Eta, b1)
	n, _ := t.Dims()
	one := q.momentumNoise(b1)
	power, sum = mat.NewDense(n, n, nil), mat.NewSymDense(n, nil)
	for i := range n {
		power.Set(i, i, 1)
	}
	around := func(a *mat.Dense, x *mat.SymDense) *mat.SymDense {
		var left, all mat.Dense
		left.Mul(a, x)
		all.Mul(&left, a.T())
		return symmetrised(&all)
	}
	for bit := topBit(q.LocalSteps); bit >= 0; bit-- {
		sum.AddSym(sum, around(power, sum))
		var next mat.Dense
		next.Mul(power, power)
		power = &next
		if q.LocalSteps>>bit&1 == 1 {
			sum.AddSym(one, around(t, sum))
			var further mat.Dense
			further.Mul(t, power)
			power = &further
		}
	}
	return power, sum
}

// MomentsOf returns the moments of an algorithm by its word, nil where they are not known: Adam and clipping have none,
// nor have clients that take part by chance.
func MomentsOf(ctx context.Context, q *Quadratic, a *localsgd.Algorithm, rounds int) ([]Moments, error) {
	if a.Share < 1 || a.HasMomentum() && a.Clip < 1e300 {
		return nil, nil
	}
	switch a.Name {
	case localsgd.LocalSGD:
		return q.Local(ctx, rounds)
	case localsgd.MinibatchSGD:
		return q.Minibatch(ctx, rounds)
	case localsgd.AcceleratedMinibatch:
		return q.Accelerated(ctx, rounds)
	case localsgd.LocalSGDM:
		return q.LocalMomentum(ctx, a.Momentum, rounds)
	case localsgd.MinibatchSGDM:
		return q.MinibatchMomentum(ctx, a.Momentum, rounds)
	}
	return nil, nil
}
