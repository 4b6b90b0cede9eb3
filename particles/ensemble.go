package particles

import (
	"fmt"

	"kac/internal/rng"
)

// Ensemble is the state of a network: M particles on S^{D-1}.
type Ensemble struct {
	W    []float64 // M x D, row-major, rows of unit norm
	M, D int

	// Time is the paper time of the state. Descend and Flow start from it and
	// keep it up to date.
	Time float64

	// AfterStep, if set, is called by Descend and Flow after each step that
	// changed the ensemble, before an observer sees it. The ensemble then holds
	// all that a Snapshot needs. It must not change the ensemble; an error ends
	// the run and is returned wrapped.
	AfterStep func() error

	control control // what Flow knew of its step size at Time
}

// NewUniform returns m independent particles uniform on S^{d-1}, at time 0.
// Row i is a function of (seed, i) alone, so the particles of a narrow network
// are the first ones of a wider network of the same seed. It panics if m < 0
// or d < 1.
func NewUniform(m, d int, seed uint64) *Ensemble {
	if m < 0 || d < 1 {
		panic(fmt.Sprintf("particles: NewUniform: m = %d, d = %d", m, d))
	}
	e := &Ensemble{W: make([]float64, m*d), M: m, D: d}
	for i := range m {
		s := rng.New(seed, rng.Initial, uint64(i))
		row := e.Row(i)
		for norm := 0.0; norm == 0; { // again only if every normal was 0
			s.FillNormal(row)
			norm = normalize(row)
		}
	}
	return e
}

// Row returns particle i, a slice of W.
func (e *Ensemble) Row(i int) []float64 {
	return e.W[i*e.D : (i+1)*e.D : (i+1)*e.D]
}

// Clone returns an independent copy, without AfterStep.
func (e *Ensemble) Clone() *Ensemble {
	c := *e
	c.AfterStep = nil
	c.W = append([]float64(nil), e.W...)
	return &c
}

// stepped calls AfterStep, if there is one.
func (e *Ensemble) stepped() error {
	if e.AfterStep == nil {
		return nil
	}
	if err := e.AfterStep(); err != nil {
		return fmt.Errorf("after the step to time %g: %w", e.Time, err)
	}
	return nil
}

// check reports a shape that does not fit W or a field of dimension d.
func (e *Ensemble) check(d int) error {
	if e.D != d {
		return fmt.Errorf("ensemble of dimension %d, field of dimension %d", e.D, d)
	}
	if e.M < 0 || len(e.W) != e.M*e.D {
		return fmt.Errorf("ensemble of %d particles of dimension %d has %d coordinates", e.M, e.D, len(e.W))
	}
	return nil
}
