package kernels

import (
	"math"

	"kac/kernels/internal/moments"
)

// MomentForwardVelocity writes the same f and v as ForwardVelocityPacked, for a polynomial activation sigma(z) = sum_k
// c_k z^k of degree at most 4, through moments of samples and of particles in place of their n m inner products: its
// cost is linear in n + m.
//
// With the variable x_0 = 1 beside the coordinates, every power of an inner product is a sum over the monomials x^f =
// x_i x_j x_k x_l with sorted indices i <= j <= k <= l from 0 to d, |f| of them not 0, and mult(f) the number of
// orderings of these:
//
//	sigma(<w, x>) = sum_f c_|f| mult(f) w^f x^f
//	T_f = (1/m) sum_j a_j w_j^f,          f_i = sum_f c_|f| mult(f) T_f x_i^f
//	S_f = (1/n) sum_i (y_i - f_i) x_i^f,  v_j = a_j grad_w sum_f c_|f| mult(f) S_f w^f at w_j
//
// There are N = C(d+3, 4) monomials of degree 4, and C(d+2, 3), C(d+1, 2), d, 1 of the lower ones; those of powers with
// c_k = 0 are left out. A monomial is a pair (i, j) times a pair (k, l) with j <= k, so that both sums are matrix
// products of pairs by pairs in which only blocks with j <= k are formed, and a gradient is two, one for either pair: 2
// N (2 n + 3 m) flops in place of 4 n m d.
//
// Errors are those of ForwardVelocity, with sum_k |c_k| (sum_b |x_b w_b|)^k in place of |sigma|, and likewise for
// sigma'; in float32 sums over more than 4096 particles or samples go on in float64. A NaN or an infinity in one x_i or
// y_i makes its f_i and all of v NaN; one in w or a, everything. It panics if MomentForwardVelocityFlops is infinite,
// or for a workspace of bf16 parts.
func MomentForwardVelocity[T Float](v, f []T, p *PackedSamples[T], y, w, a []T, m int, act Activation, ws *Workspace[T]) {
	momentForwardVelocity("MomentForwardVelocity", v, f, p, y, w, a, m, act, SquareLoss(), ws)
}

// MomentLossVelocity is MomentForwardVelocity for a loss, as LossVelocity is ForwardVelocity: LossStep's factors stand
// for y_i - f_i in S_f.
func MomentLossVelocity[T Float](v, f []T, p *PackedSamples[T], y, w, a []T, m int, act Activation, loss Loss, ws *Workspace[T]) {
	momentForwardVelocity("MomentLossVelocity", v, f, p, y, w, a, m, act, loss, ws)
}

func momentForwardVelocity[T Float](op string, v, f []T, p *PackedSamples[T], y, w, a []T, m int, act Activation, loss Loss, ws *Workspace[T]) {
	checkForwardVelocity(op, v, f, p.x, y, w, a, p.n, m, p.d)
	checkPacked(op, p, ws)
	if ws.split != nil {
		panic("kernels: " + op + ": not in bf16 parts")
	}
	if math.IsInf(MomentForwardVelocityFlops(p.n, m, p.d, act), 1) {
		panic("kernels: " + op + ": the activation is not a polynomial of degree 1 to 4, or its tensors would be too large (see MomentForwardVelocityFlops)")
	}
	if p.n == 0 || m == 0 {
		clear(f)
		clear(v)
		return
	}
	t := &ws.tensor
	t.Plan(ws.on(), p.n, m, p.d, act.f)
	t.Ready, t.Y, t.W, t.A, t.F, t.V, t.Kappa = p.panels, y, w, a, f, v, loss.kappa
	t.Run(ws.pool)
	t.Ready, t.Y, t.W, t.A, t.F, t.V = nil, nil, nil, nil, nil, nil
}

// tensorLimit is the most entries of a tensor of MomentForwardVelocity: dimension 64 at degree 4, with room.
const tensorLimit = 1 << 20

// MomentForwardVelocityFlops returns the nominal cost of MomentForwardVelocity, 2 N (2 n + 3 m) with N the monomials of
// the powers present. It is +Inf where the form does not apply: the activation is not a polynomial of degree 1 to 4, or
// N is above 2^20.
func MomentForwardVelocityFlops(n, m, d int, act Activation) float64 {
	if act.f.Kind != actPolynomial || len(act.f.V) < 2 || len(act.f.V) > 5 || d < 1 {
		return math.Inf(1)
	}
	monomials := 0.0
	for k, c := range act.f.V {
		if c != 0 {
			monomials += moments.MonomialCount(d, k)
		}
	}
	if monomials > tensorLimit {
		return math.Inf(1)
	}
	return 2 * monomials * (2*float64(n) + 3*float64(m))
}

// PrefersMoments reports whether MomentForwardVelocity is the cheaper one for these shapes: whether its flops, those of
// padding on tiles of 6 by 64 included, are fewer than 4 n m d with a tenth to spare. The answer is the same at all
// levels.
func PrefersMoments(n, m, d int, act Activation) bool {
	if math.IsInf(MomentForwardVelocityFlops(n, m, d, act), 1) {
		return false
	}
	var l moments.TensorLayout
	l.PlanTiles(d, act.f, 6, 64, []int{64})
	first, second := float64(len(l.FirstEntries.From)), float64(len(l.SecondEntries.From))
	build, samples, particles := float64(l.Size), float64(n), float64(m)
	return 1.1*2*(build*(samples+particles)+first*samples+(first+second)*particles) < VelocityFlops(n, m, d)
}
