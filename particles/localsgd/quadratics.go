package localsgd

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Quadratics are one quadratic a client, F_m(x) = (x - x*_m)' A_m (x - x*_m)/2, with symmetric positive A_m. Immutable.
type Quadratics struct {
	clients, dim int
	a            []float64 // M x d x d
	optima       []float64 // M x d
	values       []float64 // M x d, eigenvalues, increasing
	vectors      []float64 // M x d x d, eigenvectors, a column each

	mean    *mat.SymDense // of the A_m
	optimum []float64     // of the mean of the F_m
	average []float64     // of the optima
}

// MatrixError says which client's matrix or optimum is not allowed, and why.
type MatrixError struct {
	Client  int // from 0
	Reason  string
	Optimum bool // it is the optimum
}

func (e *MatrixError) Error() string { return fmt.Sprintf("client %d: %s", e.Client, e.Reason) }

// symmetric is how far from symmetric a matrix may be, relative to its largest entry: the rounding of a product.
const symmetric = 1e-10

// NewQuadratics makes them of A (M x d x d, row-major) and x* (M x d). Errors: *MatrixError.
func NewQuadratics(clients, dim int, a, optima []float64) (*Quadratics, error) {
	if clients < 1 || dim < 1 || len(a) != clients*dim*dim || len(optima) != clients*dim {
		return nil, fmt.Errorf("%d clients in dimension %d need %d numbers of matrices and %d of optima; there are %d and %d",
			clients, dim, clients*dim*dim, clients*dim, len(a), len(optima))
	}
	q := &Quadratics{clients: clients, dim: dim, a: make([]float64, len(a)), optima: append([]float64(nil), optima...),
		values: make([]float64, clients*dim), vectors: make([]float64, len(a))}
	for i, x := range optima {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, &MatrixError{Client: i / dim, Reason: fmt.Sprintf("coordinate %d of its optimum is %v", i%dim+1, x), Optimum: true}
		}
	}
	for m := range clients {
		if err := q.decompose(m, a[m*dim*dim:(m+1)*dim*dim]); err != nil {
			return nil, err
		}
	}
	return q, q.solve()
}

// decompose checks and takes the matrix of a client.
func (q *Quadratics) decompose(m int, a []float64) error {
	d := q.dim
	largest := 0.0
	for _, x := range a {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return &MatrixError{Client: m, Reason: fmt.Sprintf("its matrix has an entry %v", x)}
		}
		largest = math.Max(largest, math.Abs(x))
	}
	own := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			up, down := a[i*d+j], a[j*d+i]
			if math.Abs(up-down) > symmetric*largest {
				return &MatrixError{Client: m, Reason: fmt.Sprintf("its matrix is not symmetric: entry (%d, %d) is %g and (%d, %d) is %g", i+1, j+1, up, j+1, i+1, down)}
			}
			own.SetSym(i, j, (up+down)/2)
			q.a[(m*d+i)*d+j], q.a[(m*d+j)*d+i] = (up+down)/2, (up+down)/2
		}
	}
	var e mat.EigenSym
	if !e.Factorize(own, true) {
		return &MatrixError{Client: m, Reason: "the eigenvalues of its matrix were not found"}
	}
	e.Values(q.values[m*d : (m+1)*d])
	if least := q.values[m*d]; !(least > 1e-14*largest) {
		return &MatrixError{Client: m, Reason: fmt.Sprintf("its matrix is not positive: its least eigenvalue is %g", least)}
	}
	e.VectorsTo(mat.NewDense(d, d, q.vectors[m*d*d:(m+1)*d*d]))
	return nil
}

// solve finds the optimum of the mean objective: mean A_m x = mean A_m x*_m.
func (q *Quadratics) solve() error {
	d := q.dim
	q.mean = mat.NewSymDense(d, nil)
	right := mat.NewVecDense(d, nil)
	q.average = make([]float64, d)
	product := mat.NewVecDense(d, nil)
	for m := range q.clients {
		own := q.Matrix(m)
		q.mean.AddSym(q.mean, own)
		product.MulVec(own, mat.NewVecDense(d, q.optima[m*d:(m+1)*d]))
		right.AddVec(right, product)
		for i := range d {
			q.average[i] += q.optima[m*d+i] / float64(q.clients)
		}
	}
	share := 1 / float64(q.clients)
	q.mean.ScaleSym(share, q.mean)
	right.ScaleVec(share, right)
	var c mat.Cholesky
	if !c.Factorize(q.mean) {
		return &MatrixError{Client: 0, Reason: "the mean of the matrices is singular"}
	}
	q.optimum = make([]float64, d)
	if err := c.SolveVecTo(mat.NewVecDense(d, q.optimum), right); err != nil {
		return fmt.Errorf("solving for the optimum of the mean objective: %w", err)
	}
	return nil
}

// Clients is M.
func (q *Quadratics) Clients() int { return q.clients }

// Dim is d.
func (q *Quadratics) Dim() int { return q.dim }

// Matrix is A_m, not to be changed.
func (q *Quadratics) Matrix(m int) *mat.SymDense {
	d := q.dim
	return mat.NewSymDense(d, q.a[m*d*d:(m+1)*d*d])
}

// Eigen returns the eigenvalues of A_m in increasing order, and the eigenvectors, a column each (d x d, row-major), not
// to be changed.
func (q *Quadratics) Eigen(m int) (values, vectors []float64) {
	d := q.dim
	return q.values[m*d : (m+1)*d], q.vectors[m*d*d : (m+1)*d*d]
}

// ClientOptimum is x*_m, not to be changed.
func (q *Quadratics) ClientOptimum(m int) []float64 { return q.optima[m*q.dim : (m+1)*q.dim] }

// Mean is the mean of the A_m, not to be changed.
func (q *Quadratics) Mean() *mat.SymDense { return q.mean }

// Optimum is x*, where the mean of the F_m is least; not to be changed.
func (q *Quadratics) Optimum() []float64 { return q.optimum }

// AverageOptimum is the mean of the x*_m, not to be changed.
func (q *Quadratics) AverageOptimum() []float64 { return q.average }

// Curvatures are mu and H: the least and the largest eigenvalue of all A_m.
func (q *Quadratics) Curvatures() (mu, smoothness float64) {
	mu = math.Inf(1)
	for m := range q.clients {
		values, _ := q.Eigen(m)
		mu, smoothness = math.Min(mu, values[0]), math.Max(smoothness, values[q.dim-1])
	}
	return mu, smoothness
}

// Excess is F(x) - F(x*) = (x - x*)' mean A_m (x - x*)/2, which loses no digits near x*.
func (q *Quadratics) Excess(x []float64) float64 {
	d := q.dim
	e := mat.NewVecDense(d, nil)
	for i := range d {
		e.SetVec(i, x[i]-q.optimum[i])
	}
	return mat.Inner(e, q.mean, e) / 2
}

// MeanCurvature is the largest eigenvalue of the mean of the A_m.
func (q *Quadratics) MeanCurvature() float64 {
	var e mat.EigenSym
	if !e.Factorize(q.mean, false) {
		return mat.Norm(q.mean, 2)
	}
	return e.Values(nil)[q.dim-1]
}
