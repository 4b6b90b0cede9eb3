package meanfield

import (
	"context"

	"kac/internal/sphere"
)

// Limit is an infinitely wide network that stands beside finite ones. It moves
// forward in time and answers what a comparison asks for. Exact is the solved
// flow of targets in one coordinate or one radius; lattice.Limit is the flow or
// the descent of any target of a few coordinates, by quasi-random points.
//
// Points are reduced: z = (a, c) in R^{r+1}, a = (w_1, ..., w_r) the coordinates
// that the target depends on, c = |(w_{r+1}, ..., w_d)|; n points are n x (r+1),
// row-major. Frame takes particles to points and points back to particles.
//
// A Limit holds scratch and is not for concurrent use.
type Limit interface {
	// Rank is r, the number of coordinates that the target depends on.
	Rank() int
	// Time is the present time, in paper time.
	Time() float64
	// Advance moves the network and its twins to time t, not before the present one. An
	// interrupted one leaves the twins on the way: a later Advance goes on from there.
	Advance(ctx context.Context, t float64) error
	// Risk is ||f_MF - f*||^2.
	Risk() (Estimate, error)
	// SelfEnergy is ||f_MF||^2.
	SelfEnergy() (float64, error)
	// Potential writes U(z_i) = E f_MF(x) sigma(<w_i, x>) of m points to u (m).
	Potential(u, z []float64, m int) error
	// MeanPotential is mean_i U(z_i) over m points, E f_MF(x) f_m(x) for the network of these particles.
	MeanPotential(z []float64, m int) (float64, error)
	// Gap is ||f_m - f_MF||^2 = self - 2 mean_i U(z_i) + ||f_MF||^2 for a network of m particles with points z and
	// self = ||f_m||^2. Its error is that of the limit's own sample, 0 for an exact one.
	Gap(self float64, z []float64, m int) (Estimate, error)
	// Twins are the points, at the present time, of the particles that started where the limit was told (n x (r+1)),
	// valid until the next Advance.
	Twins() []float64
}

// Estimate is a number with its error.
type Estimate struct {
	Value float64
	Error float64 // a bound if N is 1, a standard error if it is more
	N     int     // independent values that Value is the mean of
}

// distance2 is |f|^2 - 2 <f, g> + |g|^2. Rounding below 0 is 0; NaN stays what it is.
func distance2(f, cross, g float64) float64 {
	if s := f - 2*cross + g; !(s < 0) {
		return s
	}
	return 0
}

// Apart is ||f - g||^2 between the network of m points z, self = ||f||^2, and a limit g, from MeanPotential and
// SelfEnergy alone.
func Apart(self float64, z []float64, m int, g Limit) (float64, error) {
	cross, err := g.MeanPotential(z, m)
	if err != nil {
		return 0, err
	}
	other, err := g.SelfEnergy()
	return distance2(self, cross, other), err
}

// alignment is the position a of a reduced point: <w, e_1> for r = 1, |(w_1, ..., w_r)| for r >= 2.
func alignment(a []float64) float64 {
	if len(a) == 1 {
		return a[0]
	}
	return sphere.Norm(a)
}
