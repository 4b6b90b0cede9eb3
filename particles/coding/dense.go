package coding

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Dense is the optimal decoder by Householder's QR of the surviving columns: alpha = Q Q^T 1. It takes the columns to
// be independent, and is for codes whose columns are nearly dependent, on which LSQR would take too many steps.
type Dense struct {
	a     *Assignment
	exact int // so many lost machines are made good exactly
	q     []float64
	tau   []float64
	work  []float64
}

// Dense returns the decoder. An MDS code makes any exact lost machines good, and then its surviving columns may depend
// on each other: alpha is 1 without calculation.
func (a *Assignment) Dense(exact int) *Dense {
	m, n := a.Machines(), a.Blocks()
	return &Dense{a: a, exact: exact, q: make([]float64, n*m), tau: make([]float64, m), work: make([]float64, 64*(m+n))}
}

// Alpha implements Decoder.
func (d *Dense) Alpha(alpha []float64, lost []bool) (float64, error) {
	n, columns := len(alpha), 0
	for j := range d.a.Machines() {
		if lost == nil || !lost[j] {
			columns++
		}
	}
	for i := range alpha {
		alpha[i] = 1
	}
	switch {
	case d.a.Machines()-columns <= d.exact:
		return 0, nil
	case columns == 0:
		clear(alpha)
		return 1, nil
	}
	a := blas64.General{Rows: n, Cols: columns, Stride: columns, Data: d.q[:n*columns]}
	clear(a.Data)
	k := 0
	for j := range d.a.Machines() {
		if lost != nil && lost[j] {
			continue
		}
		blocks, values := d.a.Column(j)
		for i, b := range blocks {
			a.Data[int(b)*columns+k] += values[i]
		}
		k++
	}
	lapack64.Geqrf(a, d.tau[:columns], d.work, len(d.work))
	v := blas64.General{Rows: n, Cols: 1, Stride: 1, Data: alpha}
	lapack64.Ormqr(blas.Left, blas.Trans, a, d.tau[:columns], v, d.work, len(d.work))
	clear(alpha[columns:])
	lapack64.Ormqr(blas.Left, blas.NoTrans, a, d.tau[:columns], v, d.work, len(d.work))
	return squaredError(alpha), nil
}
