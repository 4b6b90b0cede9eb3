package kernels

import (
	"maps"
	"math"
	"slices"
	"testing"

	"kac/kernels/internal/moments"
	"kac/kernels/internal/scalar"
)

// The oracle of every reduction: the documented sums in compensated arithmetic, from the inputs that the kernel gets,
// and beside each result the sum of the absolute values of its terms. Results must agree to
//
//	reductionBound * terms * eps * sum |terms|,
//
// with terms the number of additions and multiplications on the way to one result (those of the sum, of the inner
// product inside it, and of evaluating the function) and eps that of T. A term sigma(z) counts with the sums it comes
// from: |sigma'| sum |x_c w_c| for its argument and, for polynomials, sum |c_k z^k|, so that the bound holds where
// these cancel.

// reductionBound is the constant. The largest seen is 0.7, in Moment with a handful of terms; 0.3 in the operations on
// samples.
const reductionBound = 1

// expected holds results and sums of absolute values.
type expected struct{ value, size []float64 }

func newExpected(n int) expected { return expected{make([]float64, n), make([]float64, n)} }

// point is an activation where <w_j, x_i> is, with sizes.
type point struct {
	z, size             float64 // inner product, sum |x_c w_c|
	v, d1, d2           float64
	sizeV, size1, size2 float64
}

// at evaluates act between sample i and particle j; the part of the inner product beyond rounding is carried to first
// order.
func (p sampleProblem[T]) at(i, j int, act Activation) point {
	var sum compensated
	var q point
	for c := range p.d {
		x, w := float64(p.x[i*p.d+c]), float64(p.w[j*p.d+c])
		sum.addProduct(x, w)
		q.size += math.Abs(x * w)
	}
	q.z = sum.value()
	rest := sum.rest()
	q.v, q.d1, q.d2 = act.Eval(q.z)
	cv, c1, c2, d3 := conditions(act, q.z)
	q.sizeV = cv + math.Abs(q.d1)*q.size
	q.size1 = c1 + math.Abs(q.d2)*q.size
	q.size2 = c2 + math.Abs(d3)*q.size
	uncertainty := float64(p.d) * epsOf[T]() * q.size
	if act.f.Kind == actReLU && p.d > 1 && q.size > 0 && math.Abs(q.z) <= uncertainty {
		q.size1 += 1 / epsOf[T]() // rounding may put z on the other side of the jump
	}
	if act.f.Kind == actReLUDual { // the slope of q' is infinite at the ends: what it can change by, instead
		_, up, _ := act.Eval(q.z + 2*uncertainty)
		_, down, _ := act.Eval(q.z - 2*uncertainty)
		q.size1 = c1 + math.Max(math.Abs(up-q.d1), math.Abs(down-q.d1))/(float64(p.d+1)*epsOf[T]())
	} else {
		q.v += q.d1 * rest
		q.d1 += q.d2 * rest
		q.d2 += d3 * rest
	}
	return q
}

// conditions returns the sums of absolute values behind sigma, sigma' and d2sigma at z, and d3sigma.
func conditions(act Activation, z float64) (v, d1, d2, d3 float64) {
	v, d1, d2 = act.Eval(z)
	t := act.f.Temperature
	switch act.f.Kind {
	case actPolynomial:
		v, d1, d2 = hornerAbs(act.f.V, z), hornerAbs(act.f.D, z), hornerAbs(act.f.D2, z)
		d3 = scalar.Horner(derivative(act.f.D2), z)
	case actTanh:
		d3 = d1 * (4*v*v - 2*d1)
	case actSigmoid:
		d3 = d1 * (1 - 6*d1)
	case actSoftplus:
		d3 = t * t * d1 * (1 - d1) * (1 - 2*d1)
	case actErf:
		d3 = (4*z*z - 2) * d1
	case actGELU:
		pdf := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		d3 = pdf * z * (z*z - 4)
		v = math.Abs(z) // Phi is a sum of 1/2 and erf/2
		d1 = 1 + math.Abs(z*pdf)
		d2 = pdf * (2 + z*z)
	case actErfDual:
		u := 2 * z / 3
		d3 = 16 / (27 * math.Pi) * (1 + 2*u*u) / math.Pow(1-u*u, 2.5)
	}
	return math.Abs(v), math.Abs(d1), math.Abs(d2), d3
}

func hornerAbs(p []float64, z float64) float64 {
	abs := slices.Clone(p)
	for i, c := range abs {
		abs[i] = math.Abs(c)
	}
	return scalar.Horner(abs, math.Abs(z))
}

// evaluation is an activation between all samples and particles of a problem.
type evaluation[T Float] struct {
	sampleProblem[T]
	act    Activation
	points []point // n x m
}

func (p sampleProblem[T]) evaluate(act Activation) evaluation[T] {
	e := evaluation[T]{p, act, make([]point, 0, p.n*p.m)}
	for i := range p.n {
		for j := range p.m {
			e.points = append(e.points, p.at(i, j, act))
		}
	}
	return e
}

// steps is how many operations evaluating the activation counts for.
func steps(act Activation) int {
	if act.f.Kind == actPolynomial {
		return 2 * len(act.f.V)
	}
	return 8 // a division, an exponential and what combines them, 2 ULP each
}

func weight[T Float](a []T, j int) float64 {
	if a == nil {
		return 1
	}
	return float64(a[j])
}

// outputs is Forward.
func (p evaluation[T]) outputs(a []T) expected {
	f := newExpected(p.n)
	for i := range p.n {
		var sum compensated
		for j := range p.m {
			q, aj := p.points[i*p.m+j], weight(a, j)
			sum.addProduct(aj, q.v)
			f.size[i] += math.Abs(aj) * q.sizeV / float64(p.m)
		}
		if p.m > 0 {
			f.value[i] = sum.value() / float64(p.m)
		}
	}
	return f
}

// velocities is Velocity with residuals r.
func (p evaluation[T]) velocities(a []T, r []float64) expected {
	v := newExpected(p.m * p.d)
	sums := make([]compensated, p.d)
	for j := range p.m {
		aj := weight(a, j)
		clear(sums)
		for i := range p.n {
			q := p.points[i*p.m+j]
			s := dd{q.d1, 0}.times(r[i])
			for c := range p.d {
				x := float64(p.x[i*p.d+c])
				sums[c].addDD(s.times(x))
				v.size[j*p.d+c] += math.Abs(aj*r[i]*x) * q.size1 / float64(p.n)
			}
		}
		for c := range sums {
			if p.n > 0 {
				v.value[j*p.d+c] = aj * sums[c].value() / float64(p.n)
			}
		}
	}
	return v
}

// second is what the local Hessian of one particle is made of: H packed, c = <w, g>, and their sizes.
type second struct {
	h       expected
	c, size float64
}

func (p evaluation[T]) second(j int, a []T) second {
	s := second{h: newExpected(PackedLen(p.d))}
	sums := make([]compensated, len(s.h.value))
	var along compensated
	for i := range p.n {
		q, r := p.points[i*p.m+j], float64(p.r[i])
		f := math.Abs(weight(a, j)*r) / float64(p.n)
		along.addDD(dd{q.d1, 0}.times(r).times(q.z))
		s.size += f * (q.size1*math.Abs(q.z) + math.Abs(q.d1)*q.size)
		k := 0
		x := p.x[i*p.d : (i+1)*p.d]
		hr := dd{q.d2, 0}.times(r)
		for b, xb := range x {
			row := hr.times(float64(xb))
			size := f * q.size2 * math.Abs(float64(xb))
			for _, xc := range x[b:] {
				sums[k].addProduct(row.hi, float64(xc))
				sums[k].errors += float64(row.lo * float64(xc))
				s.h.size[k] += size * math.Abs(float64(xc))
				k++
			}
		}
	}
	if p.n > 0 {
		scale := weight(a, j) / float64(p.n)
		s.c = scale * along.value()
		for k := range sums {
			s.h.value[k] = scale * sums[k].value()
		}
	}
	return s
}

// symmetric returns M x for packed M.
func symmetric(M, x []float64) []float64 {
	d := len(x)
	y := make([]float64, d)
	for a := range d {
		var sum compensated
		for b := range d {
			sum.addProduct(M[PackedIndex(d, a, b)], x[b])
		}
		y[a] = sum.value()
	}
	return y
}

func dot(x, y []float64) float64 {
	var sum compensated
	for i := range x {
		sum.addProduct(x[i], y[i])
	}
	return sum.value()
}

func absolute[T Float](x []T) []float64 {
	y := wide(x)
	for i := range y {
		y[i] = math.Abs(y[i])
	}
	return y
}

// seconds is second for all particles.
func (p evaluation[T]) seconds(a []T) []second {
	s := make([]second, p.m)
	for j := range s {
		s[j] = p.second(j, a)
	}
	return s
}

// localHessians is LocalHessian, D = P H P - c P written out: H - w u^T - u w^T + (s + c) w w^T - c I with u = H w, s =
// <w, u>.
func (p evaluation[T]) localHessians(seconds []second) expected {
	var D expected
	for j, e := range seconds {
		w, size := wide(p.w[j*p.d:(j+1)*p.d]), absolute(p.w[j*p.d:(j+1)*p.d])
		u, sizeU := symmetric(e.h.value, w), symmetric(e.h.size, size)
		s, sizeS := dot(w, u), dot(size, sizeU)
		k := 0
		for b := range p.d {
			for c := b; c < p.d; c++ {
				var sum compensated
				h, sizeH := e.h.value[k], e.h.size[k]
				sum.add(h)
				sum.addProduct(-w[b], u[c])
				sum.addProduct(-u[b], w[c])
				sum.addDD(dd{w[b], 0}.times(w[c]).times(s + e.c))
				sizeH += size[b]*sizeU[c] + sizeU[b]*size[c] + size[b]*size[c]*(sizeS+e.size)
				if b == c {
					sum.add(-e.c)
					sizeH += e.size
				}
				D.value, D.size = append(D.value, sum.value()), append(D.size, sizeH)
				k++
			}
		}
	}
	return D
}

// hessianVectors is HessianVector: P H t - c t with t = P u.
func (p evaluation[T]) hessianVectors(seconds []second) expected {
	out := newExpected(p.m * p.d)
	for j, e := range seconds {
		w, size := wide(p.w[j*p.d:(j+1)*p.d]), absolute(p.w[j*p.d:(j+1)*p.d])
		t, sizeT := projected(wide(p.u[j*p.d:(j+1)*p.d]), absolute(p.u[j*p.d:(j+1)*p.d]), w, size)
		h, sizeH := projected(symmetric(e.h.value, t), symmetric(e.h.size, sizeT), w, size)
		_, sizeT = projected(t, sizeT, w, size)
		for b := range p.d {
			out.value[j*p.d+b] = h[b] - float64(e.c*t[b])
			out.size[j*p.d+b] = sizeH[b] + e.size*sizeT[b]
		}
	}
	return out
}

// projected returns x - w <w, x> and its size.
func projected(x, sizeX, w, sizeW []float64) (y, size []float64) {
	along, sizeAlong := dot(w, x), dot(sizeW, sizeX)
	y, size = make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		var sum compensated
		sum.add(x[i])
		sum.addProduct(-w[i], along)
		y[i], size[i] = sum.value(), sizeX[i]+sizeW[i]*sizeAlong
	}
	return y, size
}

// population is the problem whose velocity is Pairwise's: the particles are the samples, the residuals are 1.
func population[T Float](w []T, m, d int) sampleProblem[T] {
	return sampleProblem[T]{n: m, m: m, d: d, x: w, w: w, r: slices.Repeat([]T{1}, m)}
}

// pairwise is Pairwise. moment is its sizes for Moment, which expands the powers of <w_j, w_i> into monomials: sum
// |terms| is then that of (sum_a |w_ja w_ia|)^K.
func (p evaluation[T]) pairwise(q Dual) (g expected, moment []float64) {
	g = p.velocities(nil, wide(p.r))
	moment = make([]float64, p.m*p.d)
	for j := range p.m {
		for i := range p.m {
			s := hornerAbs(q.d, p.points[i*p.m+j].size)
			for c := range p.d {
				moment[j*p.d+c] += s * math.Abs(float64(p.w[i*p.d+c])) / float64(p.m)
			}
		}
	}
	return g, moment
}

// pairwiseSum is PairwiseSum and MomentSum with the sizes of both, in float64.
func pairwiseSum[T Float](w []T, m, d int, q Dual) (sum, size, moment float64) {
	p := population(wide(w), m, d)
	act := q.activation()
	var k compensated
	for i := range m {
		for j := range m {
			e := p.at(i, j, act)
			k.add(e.v)
			size += e.sizeV
			moment += hornerAbs(act.f.V, e.size)
		}
	}
	if m == 0 {
		return 0, 0, 0
	}
	pairs := float64(m) * float64(m)
	return k.value() / pairs, size / pairs, moment / pairs
}

// outputMoments and velocityMoments are the sizes of outputs and velocities for MomentForwardVelocity, which expands
// the powers of <w_j, x_i> into monomials: sum |terms| is then that of the powers of sum_c |x_c w_c|.
func (p evaluation[T]) outputMoments(a []T) []float64 {
	size := make([]float64, p.n)
	for i := range size {
		for j := range p.m {
			size[i] += math.Abs(weight(a, j)) * hornerAbs(p.act.f.V, p.points[i*p.m+j].size) / float64(p.m)
		}
	}
	return size
}

func (p evaluation[T]) velocityMoments(a []T, r []float64) []float64 {
	size := make([]float64, p.m*p.d)
	for j := range p.m {
		for i := range p.n {
			s := math.Abs(weight(a, j)*r[i]) * hornerAbs(p.act.f.D, p.points[i*p.m+j].size) / float64(p.n)
			for c := range p.d {
				size[j*p.d+c] += s * math.Abs(float64(p.x[i*p.d+c]))
			}
		}
	}
	return size
}

// pairsOf is how many terms MomentForwardVelocity adds for one result, beside the particles or samples: the pairs of
// one list, those of a run, the runs, and the factors of a monomial.
func pairsOf(d int) int { return (d+1)*(d+2)/2 + 2*(d+1) + 5 }

// monomialsOf is how many terms Moment adds for one result, beside the m of the tensors.
func monomialsOf(d int, q Dual) int {
	if q.quartic(d) {
		return pairsOf(d)
	}
	n := 0
	for k, c := range q.d {
		if c != 0 {
			n += int(moments.MonomialCount(d, k)) + k
		}
	}
	return n
}

// ratios keeps the largest constant seen per operation and type.
type ratios map[string]float64

// check compares results with the oracle's.
func (r ratios) check(t *testing.T, op, where string, terms int, diffs float64) {
	t.Helper()
	c := diffs / float64(max(terms, 1))
	if !(c <= r[op]) {
		r[op] = c
	}
	if !(c <= reductionBound) {
		t.Errorf("%s: %s is off by %.3g times %d terms * eps * sum |terms|", where, op, c, terms)
	}
}

func (r ratios) log(t *testing.T) {
	for _, op := range slices.Sorted(maps.Keys(r)) {
		t.Logf("%s: error at most %.2f terms * eps * sum |terms|", op, r[op])
	}
}

// activation is q as an Activation, for the oracle.
func (q Dual) activation() Activation { return Activation{q.function()} }
