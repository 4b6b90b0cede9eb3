package kernels

import (
	"math"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

const eigenRows = 8 // matrices per unit of work

// TopEigen finds the largest eigenvalue of every packed symmetric matrix D_j and a unit eigenvector: lambda is m, vec m
// x d, D m x d(d+1)/2. With w (m x d, unit rows) the search is restricted to the tangent space w_j^T v = 0, which a
// projected D_j maps into itself and where -w_j's own eigenvalue 0 does not count; w nil means the whole space. Lanczos
// with full reorthogonalisation from a fixed start, in float64, ends when the residual |D v - lambda v| is at most tol
// max(|lambda|, |D|_F) or the space is exhausted, after at most d steps of 2 d^2 flops each. It returns the largest
// residual relative to max(|lambda|, |D|_F); a value above tol, or NaN, says that a matrix was not finite or tol was
// below rounding (some 1e-14). A residual vouches for an eigenvalue within tol |D|_F, not for its being the largest:
// with tol above a percent of the gap below the top a search may end early at a smaller one. Elements may be of any
// finite size.
//
// In an empty tangent space (d = 1 with w) lambda is 0 and the vector 0. Outputs must not overlap inputs.
func TopEigen[T Float](lambda, vec, D, w []T, m, d int, tol float64, ws *Workspace[T]) float64 {
	const op = "TopEigen"
	checkShape(op, m, d)
	checkLen(op, "lambda", len(lambda), m)
	checkLen(op, "vec", len(vec), m*d)
	checkLen(op, "D", len(D), m*PackedLen(d))
	checkApart(op, "vec", "D", vec, D)
	checkApart(op, "lambda", "D", lambda, D)
	if w != nil {
		checkLen(op, "w", len(w), m*d)
		checkApart(op, "vec", "w", vec, w)
	}
	t := &ws.eigen
	t.D, t.w, t.m, t.d = D, w, m, d
	t.lambda, t.vec, t.tol = lambda, vec, tol
	t.prepare(ws.workers, d)
	t.residual = abi.Grow(t.residual, m)
	ws.pool.Run(abi.BlocksOf(m, eigenRows), t)
	t.D, t.w, t.lambda, t.vec = nil, nil, nil, nil
	worst := 0.0
	for _, r := range t.residual[:m] {
		if !(r <= worst) {
			worst = r
		}
	}
	return worst
}

// eigenTask projects packed matrices, or finds their largest eigenvalues.
type eigenTask[T Float] struct {
	D, w, c     []T
	lambda, vec []T
	m, d        int
	tol         float64
	projecting  bool
	residual    []float64
	scratch     []eigenScratch
}

type eigenScratch struct {
	scale       float64   // of the matrix at hand
	basis       []float64 // Lanczos vectors, row by row
	u           []float64
	alpha, beta []float64 // the tridiagonal matrix
	s           []float64 // its eigenvector
}

func (t *eigenTask[T]) prepare(workers, basis int) {
	if len(t.scratch) < workers {
		t.scratch = make([]eigenScratch, workers)
	}
	for i := range t.scratch {
		s := &t.scratch[i]
		s.u = abi.Grow(s.u, t.d)
		s.basis = abi.Grow(s.basis, basis*t.d)
		s.alpha, s.beta, s.s = abi.Grow(s.alpha, basis+1), abi.Grow(s.beta, basis+1), abi.Grow(s.s, basis+1)
	}
}

func (t *eigenTask[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	size := PackedLen(t.d)
	for j := index * eigenRows; j < min((index+1)*eigenRows, t.m); j++ {
		D := t.D[j*size:][:size]
		var w []T
		if t.w != nil {
			w = t.w[j*t.d:][:t.d]
		}
		if t.projecting {
			c := 0.0
			if t.c != nil {
				c = float64(t.c[j])
			}
			pack.Project(D, w, c, sc.u)
			continue
		}
		var top float64
		top, t.residual[j] = lanczos(t.vec[j*t.d:][:t.d], D, w, t.tol, sc)
		t.lambda[j] = T(top)
	}
}

// lanczos returns the largest eigenvalue of D on the space orthogonal to w, the relative residual, and the eigenvector
// in out.
func lanczos[T Float](out, D, w []T, tol float64, sc *eigenScratch) (top, residual float64) {
	d := len(out)
	dim := d
	if w != nil {
		dim--
	}
	clear(out)
	if dim == 0 {
		return 0, 0
	}
	exponent := 0
	sc.scale, exponent = scaleOf(D)
	norm := frobenius(D, d, sc.scale)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		for a := range out {
			out[a] = T(math.NaN())
		}
		return math.NaN(), math.NaN()
	}
	start := sc.basis[:d]
	for a := range start { // no symmetry that a matrix might share: fractional parts of multiples of the golden ratio
		start[a] = .5 + math.Mod(float64(a+1)*0.6180339887498949, 1)
	}
	if !orthonormalise(start, sc.basis[:0], w) {
		start[0] += 1 // the start was along w
		orthonormalise(start, sc.basis[:0], w)
	}
	if norm == 0 { // every direction will do
		for a, x := range start {
			out[a] = T(x)
		}
		return 0, 0
	}
	for k := 0; ; k++ {
		q := sc.basis[k*d:][:d]
		pack.Times(sc.u, D, q, sc.scale)
		sc.alpha[k] = dot64(sc.u, q)
		// Removing all earlier directions, twice, keeps the basis orthogonal to rounding.
		before := math.Sqrt(dot64(sc.u, sc.u))
		removeAll(sc.u, sc.basis[:(k+1)*d], w)
		removeAll(sc.u, sc.basis[:(k+1)*d], w)
		sc.beta[k] = math.Sqrt(dot64(sc.u, sc.u))
		last := k+1 == dim || sc.beta[k] <= 1e-15*max(before, norm)
		if last && k+1 < dim { // an invariant subspace; what it lacks may hold a larger eigenvalue
			if fresh(sc.u, sc.basis[:(k+1)*d], w) {
				sc.beta[k] = 0
				last = false
			}
		}
		if last || k%4 == 3 {
			top = topOfTridiagonal(sc.alpha[:k+1], sc.beta[:k], sc.s[:k+1], norm)
			bound := sc.beta[k] * math.Abs(sc.s[k])
			if last || sc.beta[k] > 0 && bound <= tol*max(math.Abs(top), norm)/2 {
				residual = ritz(out, D, top, norm, k+1, sc)
				return math.Ldexp(top, exponent), residual
			}
		}
		next := sc.basis[(k+1)*d:][:d]
		scale := 1 / math.Sqrt(dot64(sc.u, sc.u))
		for a, x := range sc.u {
			next[a] = x * scale
		}
	}
}

// ritz writes the eigenvector of the first k Lanczos vectors and returns its relative residual.
func ritz[T Float](out, D []T, top, norm float64, k int, sc *eigenScratch) float64 {
	d := len(out)
	v := sc.alpha[:d] // the tridiagonal matrix is no longer needed
	clear(v)
	for i := range k {
		for a, x := range sc.basis[i*d:][:d] {
			v[a] += float64(sc.s[i] * x)
		}
	}
	scale := 1 / math.Sqrt(dot64(v, v))
	for a := range v {
		v[a] *= scale
		out[a] = T(v[a])
	}
	pack.Times(sc.u, D, v, sc.scale)
	r := 0.0
	for a, x := range v {
		e := sc.u[a] - float64(top*x)
		r += float64(e * e)
	}
	return math.Sqrt(r) / max(math.Abs(top), norm)
}

// scaleOf returns a power of two that brings D's largest element near 1, so that squares neither underflow nor
// overflow, and minus its exponent.
func scaleOf[T Float](D []T) (scale float64, exponent int) {
	top := 0.0
	for _, x := range D {
		top = max(top, math.Abs(float64(x)))
	}
	if top == 0 || math.IsNaN(top) || math.IsInf(top, 0) {
		return 1, 0
	}
	_, exponent = math.Frexp(top)
	exponent = max(exponent, -1000) // subnormal elements: 2^1074 is not a float64
	return math.Ldexp(1, -exponent), exponent
}

func frobenius[T Float](D []T, d int, scale float64) float64 {
	sum, k := 0.0, 0
	for a := range d {
		for b := a; b < d; b++ {
			x := scale * float64(D[k])
			if a != b {
				sum += float64(x * x)
			}
			sum += float64(x * x)
			k++
		}
	}
	return math.Sqrt(sum)
}

// orthonormalise makes v a unit vector orthogonal to the basis and w; false if nothing is left of it.
func orthonormalise[T Float](v, basis []float64, w []T) bool {
	before := math.Sqrt(dot64(v, v))
	removeAll(v, basis, w)
	removeAll(v, basis, w)
	norm := math.Sqrt(dot64(v, v))
	if norm < 1e-8*before {
		return false
	}
	for a := range v {
		v[a] /= norm
	}
	return true
}

// fresh sets u to a unit vector orthogonal to the basis and w, from a coordinate direction; false if there is none.
func fresh[T Float](u, basis []float64, w []T) bool {
	best, where := 0.0, -1
	for a := range u { // the coordinate direction that the basis covers least
		covered := 0.0
		for i := a; i < len(basis); i += len(u) {
			covered += basis[i] * basis[i]
		}
		if w != nil {
			covered += float64(w[a]) * float64(w[a])
		}
		if 1-covered > best {
			best, where = 1-covered, a
		}
	}
	if where < 0 || best < 1e-10 {
		return false
	}
	clear(u)
	u[where] = 1
	return orthonormalise(u, basis, w)
}

// removeAll subtracts from v its components along w and the basis vectors, one after the other.
func removeAll[T Float](v, basis []float64, w []T) {
	d := len(v)
	if w != nil {
		s := 0.0
		for a, x := range w {
			s += float64(float64(x) * v[a])
		}
		for a, x := range w {
			v[a] -= float64(s * float64(x))
		}
	}
	for i := 0; i < len(basis); i += d {
		q := basis[i:][:d]
		s := dot64(v, q)
		for a, x := range q {
			v[a] -= float64(s * x)
		}
	}
}

func dot64(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		s += float64(v * y[i])
	}
	return s
}

// topOfTridiagonal returns the largest eigenvalue of the symmetric tridiagonal matrix, by bisection on Sturm counts,
// and its eigenvector in s, by inverse iteration.
func topOfTridiagonal(alpha, beta, s []float64, norm float64) float64 {
	n := len(alpha)
	lo, hi := alpha[0], alpha[0]
	for i, a := range alpha {
		r := 0.0
		if i > 0 {
			r += math.Abs(beta[i-1])
		}
		if i < n-1 {
			r += math.Abs(beta[i])
		}
		lo, hi = math.Min(lo, a), math.Max(hi, a+r) // the top is at least every diagonal element
	}
	lo = math.Max(lo, maxOf(alpha))
	for range 200 {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			break
		}
		if anyAbove(alpha, beta, mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	top := lo + (hi-lo)/2
	tridiagonalVector(alpha, beta, top, s, norm)
	return top
}

func maxOf(x []float64) float64 {
	m := x[0]
	for _, v := range x {
		m = math.Max(m, v)
	}
	return m
}

// anyAbove reports whether an eigenvalue is greater than x: whether a pivot of the factorisation of T - x is positive.
func anyAbove(alpha, beta []float64, x float64) bool {
	p := alpha[0] - x
	for i := 1; ; i++ {
		if p > 0 {
			return true
		}
		if i == len(alpha) {
			return false
		}
		b2 := float64(beta[i-1] * beta[i-1])
		if b2 == 0 {
			p = alpha[i] - x
			continue
		}
		if p == 0 {
			p = -math.SmallestNonzeroFloat64 * 0x1p52
		}
		p = alpha[i] - x - b2/p
	}
}

// tridiagonalVector sets s to a unit eigenvector for the largest eigenvalue: two steps of inverse iteration with a
// shift just above it, where T - shift is negative definite and needs no pivoting.
func tridiagonalVector(alpha, beta []float64, top float64, s []float64, norm float64) {
	n := len(alpha)
	shift := top + math.Max(4e-16*math.Max(math.Abs(top), norm), 1e-300)
	for i := range s {
		s[i] = 1
	}
	for range 3 {
		// Solve (T - shift) s' = s by elimination; pivots are recomputed rather than kept.
		p := alpha[0] - shift
		pivot(&p, norm)
		for i := 1; i < n; i++ {
			f := beta[i-1] / p
			s[i] -= f * s[i-1]
			p = alpha[i] - shift - f*beta[i-1]
			pivot(&p, norm)
		}
		back(alpha, beta, shift, s, norm)
		scale := 1 / math.Sqrt(dot64(s, s))
		for i := range s {
			s[i] *= scale
		}
	}
}

func pivot(p *float64, norm float64) {
	if least := 1e-17*norm + 1e-300; *p > -least {
		*p = -least
	}
}

// back does the back substitution: it needs the pivots from last to first, and computes each by a forward sweep. n is
// at most d, small.
func back(alpha, beta []float64, shift float64, s []float64, norm float64) {
	n := len(alpha)
	for i := n - 1; i >= 0; i-- {
		p := alpha[0] - shift
		pivot(&p, norm)
		for k := 1; k <= i; k++ {
			p = alpha[k] - shift - beta[k-1]/p*beta[k-1]
			pivot(&p, norm)
		}
		if i < n-1 {
			s[i] -= beta[i] * s[i+1]
		}
		s[i] /= p
	}
}
