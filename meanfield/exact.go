package meanfield

import (
	"context"
	"fmt"

	"kac/internal/sphere"
)

// Exact is the solved infinite-width flow as a Limit. Its twins stay on the
// ray v of the first r coordinates on which they start.
type Exact struct {
	reference *Reference
	field     *Field
	twins     *Twins
	direction []float64 // n x r: v_i; for r = 1 the sign stays with a, and v = 1
	points    []float64 // n x (r+1)
}

var _ Limit = (*Exact)(nil)

// NewLimit makes the Limit at time 0, with twins that start at the points start (n x (r+1)); nil: none.
// Errors: a start whose a is outside (-1, 1) for r = 1, whose |a| is outside (0, 1) for r >= 2.
func (r *Reference) NewLimit(start []float64) (*Exact, error) {
	rank := r.problem.Rank()
	n := len(start) / (rank + 1)
	if len(start) != n*(rank+1) {
		return nil, fmt.Errorf("meanfield: %d coordinates are no points of R^%d", len(start), rank+1)
	}
	l := &Exact{reference: r, direction: make([]float64, n*rank), points: make([]float64, len(start))}
	a0 := make([]float64, n)
	for i := range a0 {
		a := start[i*(rank+1) : i*(rank+1)+rank]
		a0[i] = alignment(a)
		if l.direction[i*rank] = 1; rank > 1 {
			sphere.Scale(l.direction[i*rank:(i+1)*rank], a, a0[i])
		}
	}
	var err error
	if l.field, err = r.At(0); err != nil {
		return nil, err
	}
	l.twins, err = r.NewTwins(a0)
	return l, err
}

// Rank is r.
func (l *Exact) Rank() int { return l.reference.problem.Rank() }

// Time is the present time.
func (l *Exact) Time() float64 { return l.field.Time() }

// Reference is the solved flow.
func (l *Exact) Reference() *Reference { return l.reference }

// Field is the flow at the present time. It is the Limit's own: whoever sets it to another time sets it back.
func (l *Exact) Field() *Field { return l.field }

// Moving are the twins, whose state can be saved and restored.
func (l *Exact) Moving() *Twins { return l.twins }

// Advance moves the network and its twins to time t. Errors: a time outside [Time, Horizon], a cancelled context.
func (l *Exact) Advance(ctx context.Context, t float64) error {
	if h := l.reference.Horizon(); t > h && t <= h*(1+1e-12) { // a sum of steps that misses the end by rounding
		t = h
	}
	if err := l.field.Set(t); err != nil {
		return err
	}
	return l.twins.Advance(ctx, t)
}

// Risk is the reference's, with a bound of its error.
func (l *Exact) Risk() (Estimate, error) {
	t := l.Time()
	return Estimate{Value: l.reference.Risk(t), Error: l.reference.RiskError(t), N: 1}, nil
}

// SelfEnergy is the reference's.
func (l *Exact) SelfEnergy() (float64, error) { return l.reference.SelfEnergy(l.Time()), nil }

// Potential writes U(a_i) of m points. Errors: lengths that do not fit.
func (l *Exact) Potential(u, z []float64, m int) error {
	r := l.Rank()
	if len(u) != m || len(z) != m*(r+1) {
		return fmt.Errorf("meanfield: %d potentials of %d coordinates for %d points of R^%d", len(u), len(z), m, r+1)
	}
	for i := range u {
		u[i] = l.field.Potential(alignment(z[i*(r+1) : i*(r+1)+r]))
	}
	return nil
}

// MeanPotential is the mean of Potential, added in the order of the points.
func (l *Exact) MeanPotential(z []float64, m int) (float64, error) { return meanPotential(l, z, m) }

func meanPotential(l Limit, z []float64, m int) (float64, error) {
	u := make([]float64, m)
	if err := l.Potential(u, z, m); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, x := range u {
		sum += x
	}
	return sum / float64(m), nil
}

// Gap is ||f_m - f_MF||^2, without an error of its own: SelfEnergy and Potential are right to Reference.RiskError.
func (l *Exact) Gap(self float64, z []float64, m int) (Estimate, error) {
	e, err := Apart(self, z, m, l)
	return Estimate{Value: e, N: 1}, err
}

// Twins are (a_t v_i, c_t) of every twin.
func (l *Exact) Twins() []float64 {
	a, c := l.twins.Positions()
	return l.place(a, func(i int) float64 { return c[i] })
}

// place sets the points to (a_i v_i, c_i).
func (l *Exact) place(a []float64, c func(i int) float64) []float64 {
	r := l.Rank()
	for i := range a {
		for k := range r {
			l.points[i*(r+1)+k] = a[i] * l.direction[i*r+k]
		}
		l.points[i*(r+1)+r] = c(i)
	}
	return l.points
}
