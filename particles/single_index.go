package particles

import "errors"

// SingleIndex is the target f*(x) = link(x_1) with any activation as link. Immutable.
type SingleIndex struct{ link Activation }

// NewSingleIndex returns the target; the activation must have been made.
func NewSingleIndex(link Activation) (*SingleIndex, error) {
	if link.name == "" {
		return nil, errors.New("the link of the target is zero")
	}
	return &SingleIndex{link}, nil
}

// Link returns the link.
func (f *SingleIndex) Link() Activation { return f.link }

// Rank returns 1.
func (f *SingleIndex) Rank() int { return 1 }

// Value returns f*(x).
func (f *SingleIndex) Value(x []float64) float64 {
	return f.link.value(x[0])
}

// String writes the target as a formula.
func (f *SingleIndex) String() string { return f.link.Formula("x_1") }
