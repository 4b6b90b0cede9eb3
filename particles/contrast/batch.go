package contrast

import (
	"math"

	"kac/kernels"
)

// Batch evaluates the loss of batches of m pairs of K scores. It is not for concurrent use.
type Batch struct {
	m, k       int
	z          []float64 // rows of the similarities, then of their exponentials
	own, total []float64 // z_ii, and the sum of the row's exponentials
	slopesOnly bool      // Loss is not asked for
	rows       int       // so many at a time
	ws         *kernels.Workspace[float64]

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
	b.z, b.own, b.total = make([]float64, b.rows*m), make([]float64, b.rows), make([]float64, b.rows)
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
			b.total[i] = sum(z[i*m : (i+1)*m])
		}
		if !b.slopesOnly {
			for i, total := range b.total[:n] {
				b.Loss += math.Log(total) - b.own[i]
			}
		}
		i := 0
		for ; i+1 < n; i += 2 {
			b.rows2(z[i*m:(i+1)*m], z[(i+1)*m:(i+2)*m], x, y, first+i, 1/b.total[i], 1/b.total[i+1])
		}
		if i < n {
			b.row(z[i*m:(i+1)*m], x, y, first+i, 1/b.total[i])
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

// row adds the part of anchor i; e are the exponentials of its row, scale one over their sum.
func (b *Batch) row(e, x, y []float64, i int, scale float64) {
	m := b.m
	for k := range b.k {
		u, h := y[k*m:k*m+len(e)], b.H[k*m:k*m+len(e)]
		w, a := x[k*m+i]*scale, 0.0
		for j, p := range e {
			a += float64(p * u[j])
			h[j] += float64(p * w)
		}
		b.G[k*m+i] = float64(a*scale) - u[i]
	}
}

// rows2 adds the parts of anchors i and i+1: two rows meet the same y and H.
func (b *Batch) rows2(e, f, x, y []float64, i int, scaleE, scaleF float64) {
	m := b.m
	f = f[:len(e)]
	for k := range b.k {
		u, h := y[k*m:k*m+len(e)], b.H[k*m:k*m+len(e)]
		v, w := x[k*m+i]*scaleE, x[k*m+i+1]*scaleF
		var a, c float64
		for j, p := range e {
			q, t := f[j], u[j]
			a += float64(p * t)
			c += float64(q * t)
			h[j] += float64(p*v) + float64(q*w)
		}
		b.G[k*m+i], b.G[k*m+i+1] = float64(a*scaleE)-u[i], float64(c*scaleF)-u[i+1]
	}
}

func sum(x []float64) float64 {
	var a, b, c, d float64 // four sums: one would wait for itself
	i := 0
	for ; i+3 < len(x); i += 4 {
		a, b, c, d = a+x[i], b+x[i+1], c+x[i+2], d+x[i+3]
	}
	for ; i < len(x); i++ {
		a += x[i]
	}
	return (a + b) + (c + d)
}

func largest(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		if v = math.Abs(v); !(v <= most) { // NaN too
			most = v
		}
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
