package particles

import "context"

// Field is what moves particles: population, empirical and fresh-batch
// expectations implement it, and Descend and Flow do not know which they drive.
type Field interface {
	// Velocity writes the gradient g(w_j) for every row of w (m x d) to the same
	// row of v, in units of one over paper time: the velocity in free space. The
	// dynamics project it on the space of the particles, nu = P_w g on the sphere.
	// v and w do not overlap. Rows of w may be off the sphere by the error of a
	// Runge-Kutta stage; a Field is smooth there. It ends with ctx's error soon
	// after that is cancelled, within milliseconds where one velocity takes
	// seconds; what it wrote is then undefined.
	Velocity(ctx context.Context, v, w []float64, m int) error
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
