package particles

// Field is what moves particles: population, empirical and fresh-batch
// expectations implement it, and Descend and Flow do not know which they drive.
type Field interface {
	// Velocity writes nu(w_j) for every row of w (m x d) to the same row of v,
	// tangent to the sphere there, in units of one over paper time. v and w do
	// not overlap. Rows of w may be off the sphere by the error of a
	// Runge-Kutta stage; a Field is smooth there.
	Velocity(v, w []float64, m int) error
	// Dim is d.
	Dim() int
}

// workersOf returns the number of workers of a field that says so, else 1.
func workersOf(f Field) int {
	if w, ok := f.(interface{ Workers() int }); ok {
		return w.Workers()
	}
	return 1
}
