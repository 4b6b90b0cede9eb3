package meanfield

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"kac/kernels"
)

// multiplier does the products of matrices by the kernels, on one worker: several may be at work at once.
type multiplier struct{ ws *kernels.Workspace[float64] }

func newMultiplier() multiplier { return multiplier{kernels.NewWorkspace[float64](1)} }

// add adds factor a b to a matrix.
func (m multiplier) add(to *mat.Dense, factor float64, a, b mat.Matrix) {
	kernels.MultiplyAdd(operand(to), factor, operand(a), operand(b), m.ws)
}

// of is a b.
func (m multiplier) of(a, b mat.Matrix) *mat.Dense {
	rows, _ := a.Dims()
	_, cols := b.Dims()
	out := mat.NewDense(rows, cols, nil)
	m.add(out, 1, a, b)
	return out
}

// operand is a dense matrix, a part or the transpose of one, as the kernels take it.
func operand(m mat.Matrix) kernels.Matrix[float64] {
	switch m := m.(type) {
	case *mat.Dense:
		raw := m.RawMatrix()
		return kernels.Matrix[float64]{Data: raw.Data, Rows: raw.Rows, Cols: raw.Cols, Stride: raw.Stride}
	case mat.Transpose:
		return operand(m.Matrix).T()
	}
	panic(fmt.Sprintf("meanfield: the product of a %T", m))
}
