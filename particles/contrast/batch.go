package contrast

import "kac/kernels"

// Batch evaluates the loss of batches of m pairs of K scores. It is not for concurrent use.
type Batch struct {
	m, k int
	logs []float64 // log sum_j exp z_ij; nil: Loss is not asked for
	ws   *kernels.Workspace[float64]

	// Loss is -sum_i log p_ii of the last batch, p the softmax of the rows of the similarities z = X' Y. G and H, K x
	// m, are its slopes by the scores X and Y: G = (p - 1) Y and H = (p - 1)' X.
	Loss float64
	G, H []float64
}

// NewBatch prepares batches of m pairs of k features.
func NewBatch(m, k int) *Batch {
	return &Batch{m: m, k: k, logs: make([]float64, m), ws: kernels.NewWorkspace[float64](1), G: make([]float64, k*m), H: make([]float64, k*m)}
}

// Evaluate fills Loss, G and H for scores x = theta.u and y = theta.v, K x m.
func (b *Batch) Evaluate(x, y []float64) {
	kernels.Softmax(b.G, b.H, b.logs, x, y, b.m, b.m, b.k, b.ws)
	b.Loss = 0
	for i, log := range b.logs {
		own := 0.0
		for at := i; at < len(x); at += b.m {
			own += float64(x[at] * y[at])
		}
		b.Loss += max(log-own, 0) // but for rounding p is at most 1
	}
	for at, u := range x {
		b.G[at] -= y[at]
		b.H[at] -= u
	}
}

// Bytes is what a Batch holds: slopes, and what the kernels pack of the scores and the similarities of a block.
func Bytes(m, k int) float64 {
	const padding = 32 // the widest panel
	rows := float64(m + padding)
	return 8 * (2*float64(k)*rows + rows*float64(3*k+2*padding/4) + max(1<<14, 6*rows))
}
