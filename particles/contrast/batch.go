package contrast

import (
	"math"

	"kac/kernels"
)

// Batch evaluates the loss of batches of m pairs of K scores. It is not for concurrent use.
type Batch struct {
	m, k int
	z    []float64 // rows of the similarities, then of their exponentials
	own  []float64 // z_ii
	rows int       // so many at a time
	ws   *kernels.Workspace[float64]

	// Loss is -sum_i log p_ii of the last batch, p the softmax of the rows of z. G and H, K x m, are its slopes by the
	// scores X and Y: G = (p - 1) Y and H = (p - 1)' X.
	Loss float64
	G, H []float64
}

// blockOf is how many similarities are exponentiated at a time.
const blockOf = 1 << 14

// tame bounds similarities whose exponentials need no shift.
const tame = 600

// NewBatch prepares batches of m pairs of k features.
func NewBatch(m, k int) *Batch {
	b := &Batch{m: m, k: k, rows: min(m, max(1, blockOf/m)), ws: kernels.NewWorkspace[float64](1), G: make([]float64, k*m), H: make([]float64, k*m)}
	b.z, b.own = make([]float64, b.rows*m), make([]float64, b.rows)
	return b
}

// Evaluate fills Loss, G and H for scores x = theta.u and y = theta.v, K x m.
func (b *Batch) Evaluate(x, y []float64) {
	m := b.m
	b.Loss = 0
	clear(b.H)
	bound := 0.0 // of all similarities
	for k := range b.k {
		bound += largest(x[k*m:(k+1)*m]) * largest(y[k*m:(k+1)*m])
	}
	for first := 0; first < m; first += b.rows {
		n := min(b.rows, m-first)
		z := b.z[:n*m]
		for i := range n {
			b.similarities(z[i*m:(i+1)*m], x, y, first+i)
		}
		for i := range n {
			row := z[i*m : (i+1)*m]
			if !(bound < tame) {
				shift(row)
			}
			b.own[i] = row[first+i]
		}
		kernels.ApplyExp(z, z, b.ws)
		for i := range n {
			b.row(z[i*m:(i+1)*m], x, y, first+i, b.own[i])
		}
	}
	for j, v := range x[:b.k*m] {
		b.H[j] -= v
	}
}

// similarities fills row i of z.
func (b *Batch) similarities(z, x, y []float64, i int) {
	m := b.m
	if b.k == 2 {
		p, q, u, v := x[i], x[m+i], y[:len(z)], y[m:m+len(z)]
		for j := range z {
			z[j] = float64(p*u[j]) + float64(q*v[j])
		}
		return
	}
	clear(z)
	for k := range b.k {
		p, u := x[k*m+i], y[k*m:k*m+len(z)]
		for j := range z {
			z[j] += float64(p * u[j])
		}
	}
}

// row adds the part of anchor i; e are the exponentials of its row.
func (b *Batch) row(e, x, y []float64, i int, own float64) {
	m := b.m
	sum := 0.0
	for _, v := range e {
		sum += v
	}
	b.Loss += math.Log(sum) - own
	scale := 1 / sum
	for k := range b.k {
		u, h := y[k*m:k*m+len(e)], b.H[k*m:k*m+len(e)]
		w := x[k*m+i] * scale
		var a, c float64
		j := 0
		for ; j+1 < len(e); j += 2 {
			p, q := e[j], e[j+1]
			a += float64(p * u[j])
			c += float64(q * u[j+1])
			h[j] += float64(p * w)
			h[j+1] += float64(q * w)
		}
		if j < len(e) {
			a += float64(e[j] * u[j])
			h[j] += float64(e[j] * w)
		}
		b.G[k*m+i] = float64((a+c)*scale) - u[i]
	}
}

func largest(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = math.Max(most, math.Abs(v))
	}
	return most
}

func shift(z []float64) {
	most := z[0]
	for _, v := range z {
		most = math.Max(most, v)
	}
	for j := range z {
		z[j] -= most
	}
}

// Bytes is what a Batch holds.
func Bytes(m, k int) float64 {
	return 8 * (4*float64(k)*float64(m) + float64(min(m, max(1, blockOf/m)))*float64(m))
}
