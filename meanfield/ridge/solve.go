package ridge

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

// Solver finds coefficients of kernel ridge regression, (K + ridge I) c = y, without an n x n matrix: a product K v is
// one call of a fused kernel, the output of a network with particles x and second layer v. It holds scratch and workers
// and is not for concurrent use; results do not depend on the number of workers.
type Solver struct {
	problem *Problem
	ws      *kernels.Workspace[float64]
	limit   int
}

// NewSolver returns a solver. workers <= 0 means one per processor; iterations <= 0 means DefaultIterations.
func NewSolver(p *Problem, workers, iterations int) *Solver {
	if iterations <= 0 {
		iterations = DefaultIterations
	}
	return &Solver{problem: p, ws: kernels.NewWorkspace[float64](workers), limit: iterations}
}

// DefaultIterations ends a solution that does not converge. Near the kernel's rank, at ridge 0, some 400 are needed at
// n = 3500 of 3875.
const DefaultIterations = 5000

// Close ends the workers.
func (s *Solver) Close() { s.ws.Close() }

// Solution are coefficients for several ridges.
type Solution struct {
	Ridges []float64
	Coef   [][]float64 // c by ridge, n each
	// Residual is |y - (K + ridge) c| / |y| by ridge, computed anew from c. Where ridge is 0, n above the kernel's rank
	// and labels noisy, it is that of the normal equations, |K (y - K c)| / |K y|: y itself need not be in K's range.
	Residual   []float64
	Train      []float64 // mean square of y - K c, by ridge
	Iterations int       // products K v until all were found
	Converged  bool
	spread     []float64 // by ridge: the energy r^T (K + ridge)^-1 r of the last iterations, see Risk's error
}

// Expected returns how many products K v a solution to tolerance will take, for plans: conjugate gradients' bound for
// the kernel's spectrum of random data, in which degree k has eigenvalues within kap_k (sqrt(n/N_k) +- 1)^2, and those
// of degrees that n samples do not fill are at least their ridge for the others.
func (p *Problem) Expected(k Kernel, n int, ridge, tolerance float64) float64 {
	top, least := ridge, math.Inf(1)
	for i, w := range k.Weights {
		if w > 0 {
			root := math.Sqrt(float64(n) / p.mult[i])
			top += w * (root + 1) * (root + 1)
			least = min(least, max(w*(root-1)*(root-1), 1e-4*w))
		}
	}
	return 1 + math.Sqrt(top/(least+ridge))*math.Log(2/tolerance)/2
}

// SolverMemory returns the bytes that a solution for n samples holds at most: inputs and their packed form, and
// vectors.
func SolverMemory(n, d, ridges int) float64 {
	return 8 * float64(n) * (4*float64(d) + 10 + 3*float64(ridges))
}

// Solve finds c for all ridges at once, in one Krylov space, from zero: multi-shift conjugate gradients (Frommer and
// Maass, SIAM J. Sci. Comput. 20, 1999, section 2; Jegerlehner, hep-lat/9612014), whose residuals are all multiples of
// the least ridge's; they end when that one is below tolerance. With noisy labels, which are then not in K's range,
// ridge 0 beyond the kernel's rank is least squares. x is n x d with rows of norm 1.
func (s *Solver) Solve(ctx context.Context, k Kernel, x, y, ridges []float64, noisy bool, tolerance float64) (*Solution, error) {
	n, d := len(y), s.problem.dim
	if len(x) != n*d || len(ridges) == 0 {
		return nil, fmt.Errorf("ridge regression: %d coordinates for %d labels in dimension %d, %d ridges", len(x), n, d, len(ridges))
	}
	out := &Solution{Ridges: ridges, Coef: make([][]float64, len(ridges)), Residual: make([]float64, len(ridges)), Train: make([]float64, len(ridges)), Converged: true, spread: make([]float64, len(ridges))}
	m := s.matrix(k, x)
	var shifted []int
	for i, lambda := range ridges {
		switch {
		case !(lambda >= 0) || math.IsInf(lambda, 1):
			return nil, fmt.Errorf("ridge regression: ridge %v must be finite and not negative", lambda)
		case noisy && lambda == 0 && float64(n) > s.problem.Rank(k):
			if err := s.leastSquares(ctx, m, y, tolerance, out, i); err != nil {
				return nil, err
			}
		default:
			shifted = append(shifted, i)
		}
	}
	if len(shifted) > 0 {
		if err := s.conjugate(ctx, m, y, tolerance, out, shifted); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// activation is K as a function of the inner product.
func (p *Problem) activation(k Kernel) kernels.Activation {
	var sum []float64
	for i, w := range k.Weights {
		for len(sum) < len(p.poly[i]) {
			sum = append(sum, 0)
		}
		for j, c := range p.poly[i] {
			sum[j] += float64(w * c)
		}
	}
	return kernels.PolynomialActivation(sum)
}

// matrix is K over samples.
type matrix struct {
	ws    *kernels.Workspace[float64]
	x     []float64
	n, d  int
	act   kernels.Activation
	ready kernels.PackedSamples[float64] // of the moment form, with its velocities, which nobody needs
	spare []float64                      // nil: pairs
}

// matrix prepares products with K over the n rows of x. Where moments cost fewer flops than pairs, from about n = d^3/4
// on, they take their place: T = sum_j v_j x_j (x) x_j (x) x_j (x) x_j once, and its value at each x_i.
func (s *Solver) matrix(k Kernel, x []float64) *matrix {
	m := &matrix{ws: s.ws, x: x, n: len(x) / s.problem.dim, d: s.problem.dim, act: s.problem.activation(k)}
	if kernels.MomentForwardVelocityFlops(m.n, m.n, m.d, m.act) < pairFlops(m.n, m.d) {
		m.ready.Pack(x, m.n, m.d, s.ws)
		m.spare = make([]float64, len(x))
	}
	return m
}

// pairFlops is what a product over pairs costs, the kernel's values as 12 flops each among it.
func pairFlops(n, d int) float64 { return 2 * float64(n) * float64(n) * float64(d+6) }

// ProductFlops returns the nominal cost of one product K v: over pairs, or through moments where that is cheaper and
// the degree at most 4.
func (p *Problem) ProductFlops(n int) float64 {
	return min(pairFlops(n, p.dim), kernels.MomentForwardVelocityFlops(n, n, p.dim, p.activation(p.NTK())))
}

// times writes K v to out.
func (m *matrix) times(ctx context.Context, out, v []float64) error {
	m.ws.StopWhen(ctx.Done())
	if m.spare != nil {
		kernels.MomentForwardVelocity(m.spare, out, &m.ready, v, m.x, v, m.n, m.act, m.ws)
	} else {
		kernels.Forward(out, m.x, m.x, v, m.n, m.n, m.d, m.act, m.ws)
	}
	m.ws.StopWhen(nil)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ridge regression of %d samples: %w", m.n, err)
	}
	for i := range out {
		out[i] *= float64(m.n)
	}
	return nil
}

// shift is the state of one ridge beside the least one: its residual is zeta times the least one's.
type shift struct {
	by           float64 // ridge minus the least
	c, p         []float64
	zeta, before float64
	spread       ring
}

// ring holds the last terms alpha |r|^2 of the energy that conjugate gradients have still removed: their sum is about
// r^T (K + ridge)^-1 r some iterations before the end (Hestenes and Stiefel 1952, theorem 6.1), and so more than what
// is left at the end.
type ring struct {
	last [6]float64
	next int
}

func (r *ring) push(x float64) { r.last[r.next%len(r.last)] = x; r.next++ }

func (r *ring) sum() float64 {
	sum := 0.0
	for _, x := range r.last {
		sum += x
	}
	return sum
}

func (s *Solver) conjugate(ctx context.Context, m *matrix, y []float64, tolerance float64, out *Solution, which []int) error {
	least := math.Inf(1)
	for _, i := range which {
		least = min(least, out.Ridges[i])
	}
	shifts := make([]shift, len(which))
	for j, i := range which {
		shifts[j] = shift{by: out.Ridges[i] - least, c: make([]float64, m.n), p: append([]float64(nil), y...), zeta: 1, before: 1}
	}
	r, p, q := append([]float64(nil), y...), append([]float64(nil), y...), make([]float64, m.n)
	norm := kernels.Dot(r, r)
	goal := tolerance * tolerance * norm
	alphaBefore, betaBefore := 1.0, 0.0
	iterations := 0
	for ; norm > goal && iterations < s.limit; iterations++ {
		if err := m.times(ctx, q, p); err != nil {
			return err
		}
		axpy(q, least, p)
		curvature := kernels.Dot(p, q)
		if !(curvature > 0) { // rounding has used up the space
			break
		}
		alpha := norm / curvature
		axpy(r, -alpha, q)
		next := kernels.Dot(r, r)
		beta := next / norm
		for j := range shifts {
			shifts[j].step(r, norm, alpha, beta, alphaBefore, betaBefore)
		}
		for a := range p {
			p[a] = r[a] + float64(beta*p[a])
		}
		norm, alphaBefore, betaBefore = next, alpha, beta
	}
	out.Iterations += iterations
	for j, i := range which {
		if err := s.residual(ctx, m, y, shifts[j].c, out, i); err != nil {
			return err
		}
		out.Coef[i], out.spread[i] = shifts[j].c, shifts[j].spread.sum()
		out.Converged = out.Converged && out.Residual[i] <= 2*tolerance+1e-13
	}
	return nil
}

// step follows the least ridge's: r is its new residual, norm |r|^2 of the old one.
func (h *shift) step(r []float64, norm, alpha, beta, alphaBefore, betaBefore float64) {
	below := alpha*betaBefore*(h.before-h.zeta) + h.before*alphaBefore*(1+h.by*alpha)
	next := h.zeta * h.before * alphaBefore / below
	ratio := next / h.zeta
	if h.zeta == 0 || math.IsNaN(ratio) { // its residual is below the smallest number: it has long converged
		return
	}
	a := alpha * ratio
	h.spread.push(a * h.zeta * h.zeta * norm)
	axpy(h.c, a, h.p)
	b := beta * ratio * ratio
	for i := range h.p {
		h.p[i] = float64(next*r[i]) + float64(b*h.p[i])
	}
	h.before, h.zeta = h.zeta, next
}

// residual sets out.Residual[i], anew from c.
func (s *Solver) residual(ctx context.Context, m *matrix, y, c []float64, out *Solution, i int) error {
	r := make([]float64, m.n)
	if err := m.times(ctx, r, c); err != nil {
		return err
	}
	for a := range r {
		r[a] = y[a] - r[a]
	}
	out.Train[i] = kernels.Dot(r, r) / float64(m.n)
	axpy(r, -out.Ridges[i], c)
	out.Residual[i] = relative(r, y)
	return nil
}

func relative(r, y []float64) float64 {
	norm := kernels.Dot(y, y)
	if norm == 0 {
		return 0
	}
	return math.Sqrt(kernels.Dot(r, r) / norm)
}

// axpy adds a x to y.
func axpy(y []float64, a float64, x []float64) {
	for i, z := range x {
		y[i] += float64(a * z)
	}
}
