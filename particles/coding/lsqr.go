package coding

import (
	"fmt"
	"math"
)

// LeastSquares is the optimal decoder of any assignment: alpha is the projection of 1 on the span of the surviving
// machines' columns, by LSQR (Paige, Saunders, ACM Transactions on Mathematical Software 8 (1982),
// doi:10.1145/355984.355989) on the sparse matrix. It stops when what is left of 1 is orthogonal to the columns to
// 1e-14 of their size, which leaves an error of about 1e-14 times the condition of the surviving columns in alpha.
type LeastSquares struct {
	a       *Assignment
	limit   int
	w, v, x []float64 // a machine
	u       []float64 // a block
	scratch []float64
}

// ConvergenceError says that LSQR did not come to an end.
type ConvergenceError struct {
	Steps    int
	Residual float64
}

func (e *ConvergenceError) Error() string {
	return fmt.Sprintf("the least squares of decoding are not solved after %d steps: what is left is orthogonal to %.2g only", e.Steps, e.Residual)
}

// LeastSquares returns the decoder.
func (a *Assignment) LeastSquares() *LeastSquares {
	m, n := a.Machines(), a.Blocks()
	return &LeastSquares{a: a, limit: 20*min(m, n) + 1000, w: make([]float64, m), v: make([]float64, m), x: make([]float64, m), u: make([]float64, n), scratch: make([]float64, m)}
}

// enough is where LSQR stops: |A^T r| below it times |A||r|.
const enough = 1e-15

// Alpha implements Decoder; its error is a *ConvergenceError.
func (d *LeastSquares) Alpha(alpha []float64, lost []bool) (float64, error) {
	n := len(alpha)
	clear(d.x)
	for i := range d.u {
		d.u[i] = 1
	}
	clear(alpha)
	beta := norm(d.u)
	scale(d.u, 1/beta)
	d.transposed(d.v, d.u, lost)
	a := norm(d.v)
	if a == 0 {
		return 1, nil // no machine is left, or none that touches 1
	}
	scale(d.v, 1/a)
	copy(d.w, d.v)
	phi, rho := beta, a
	size := 0.0 // of the columns, |A| in Frobenius' norm as seen so far
	for step := 1; ; step++ {
		// u = A v - a u, v = A^T u - beta v: the bidiagonalisation of Golub and Kahan.
		scale(d.u, -a)
		d.times(d.u, d.v, lost)
		beta = norm(d.u)
		size = math.Hypot(size, math.Hypot(a, beta))
		next := 0.0
		if beta > 0 {
			scale(d.u, 1/beta)
			d.transposed(d.scratch, d.u, lost)
			for j := range d.v {
				d.v[j] = d.scratch[j] - beta*d.v[j]
			}
			if next = norm(d.v); next > 0 {
				scale(d.v, 1/next)
			}
		}
		// One rotation makes the bidiagonal matrix triangular.
		r := math.Hypot(rho, beta)
		c, s := rho/r, beta/r
		theta := s * next
		rho = -c * next
		t := c * phi
		phi *= s
		for j := range d.x {
			d.x[j] += t / r * d.w[j]
			d.w[j] = d.v[j] - theta/r*d.w[j]
		}
		a = next
		// |A^T r| = phi a |c|, |r| = phi.
		residual := math.Abs(phi * a * c)
		if residual <= enough*size*math.Sqrt(float64(n)) || a == 0 || beta == 0 {
			break
		}
		if step >= d.limit {
			return 0, &ConvergenceError{step, residual / (size * math.Sqrt(float64(n)))}
		}
	}
	d.times(alpha, d.x, lost)
	return squaredError(alpha), nil
}

// times adds A v to u, over the surviving machines.
func (d *LeastSquares) times(u, v []float64, lost []bool) {
	for j := range d.a.Machines() {
		if lost != nil && lost[j] {
			continue
		}
		blocks, values := d.a.Column(j)
		for k, b := range blocks {
			u[b] += values[k] * v[j]
		}
	}
}

// transposed makes v = A^T u, 0 for lost machines.
func (d *LeastSquares) transposed(v, u []float64, lost []bool) {
	for j := range d.a.Machines() {
		sum := 0.0
		if lost == nil || !lost[j] {
			blocks, values := d.a.Column(j)
			for k, b := range blocks {
				sum += values[k] * u[b]
			}
		}
		v[j] = sum
	}
}
