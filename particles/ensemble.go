package particles

import (
	"fmt"

	"kac/internal/rng"
	"kac/kernels"
)

// Ensemble is the state of a network: M particles in R^D, on S^{D-1} unless
// Space says otherwise. Flow and Descend move ensembles in float64, a Trainer
// several at once in the precision of the training.
type Ensemble[T kernels.Float] struct {
	W     []T // M x D, row-major; on the unit sphere rows have norm 1
	M, D  int
	Space Space // the zero value is the unit sphere

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
func NewUniform(m, d int, seed uint64) *Ensemble[float64] {
	if m < 0 || d < 1 {
		panic(fmt.Sprintf("particles: NewUniform: m = %d, d = %d", m, d))
	}
	e := &Ensemble[float64]{W: make([]float64, m*d), M: m, D: d}
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
func (e *Ensemble[T]) Row(i int) []T {
	return e.W[i*e.D : (i+1)*e.D : (i+1)*e.D]
}

// Clone returns an independent copy, without AfterStep.
func (e *Ensemble[T]) Clone() *Ensemble[T] {
	c := *e
	c.AfterStep = nil
	c.W = append([]T(nil), e.W...)
	return &c
}

// NewEnsembles returns networks of the given widths whose particles are the
// first ones of NewUniform(max(widths), d, seed), so that each is a subset of
// every wider one.
func NewEnsembles[T kernels.Float](widths []int, d int, seed uint64) []*Ensemble[T] {
	list := make([]*Ensemble[T], len(widths))
	widest := 0
	for _, m := range widths {
		widest = max(widest, m)
	}
	w := NewUniform(widest, d, seed).W
	for i, m := range widths {
		list[i] = &Ensemble[T]{W: make([]T, m*d), M: m, D: d}
		for k := range list[i].W {
			list[i].W[k] = T(w[k])
		}
	}
	return list
}

// Subset returns a network of m particles of this one: those of index from, from+1, ..., the first
// one following the last. An even from keeps the signs of second layers +-C.
func (n *Ensemble[T]) Subset(from, m int) *Ensemble[T] {
	out := &Ensemble[T]{W: make([]T, m*n.D), M: m, D: n.D}
	for i := range m {
		k := (from + i) % n.M
		copy(out.W[i*n.D:(i+1)*n.D], n.W[k*n.D:(k+1)*n.D])
	}
	return out
}

// stepped calls AfterStep, if there is one.
func (e *Ensemble[T]) stepped() error {
	if e.AfterStep == nil {
		return nil
	}
	if err := e.AfterStep(); err != nil {
		return fmt.Errorf("after the step to time %g: %w", e.Time, err)
	}
	return nil
}

// check reports a shape that does not fit W or a field of dimension d.
func (e *Ensemble[T]) check(d int) error {
	if e.D != d {
		return fmt.Errorf("ensemble of dimension %d, field of dimension %d", e.D, d)
	}
	if e.M < 0 || len(e.W) != e.M*e.D {
		return fmt.Errorf("ensemble of %d particles of dimension %d has %d coordinates", e.M, e.D, len(e.W))
	}
	return nil
}
