package coding

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"kac/bench"
	limits "kac/meanfield/coding"
	"kac/particles/coding"
)

// Schemes of kac code, in the order of tables.
var Schemes = []string{"graph", "fixed", "uncoded", "frc", "bernoulli", "expander", "cyclic"}

var defaultSchemes = []string{"graph", "fixed", "uncoded", "frc"}

// Matrix is the scheme of a user's assignment.
const Matrix = "matrix"

// maxCyclic bounds codes whose decoding takes the cube of their size: 2 s a draw there.
const maxCyclic = 1024

func checkSchemes(names []string) ([]string, error) {
	if len(names) == 1 && names[0] == "all" {
		return Schemes, nil
	}
	for i, name := range names {
		if !slices.Contains(Schemes, name) {
			return nil, bench.Refuse("schemes", strings.Join(names, ","), "%q is no scheme; allowed are %s, and all", name, strings.Join(Schemes, ", "))
		}
		if slices.Contains(names[:i], name) {
			return nil, bench.Refuse("schemes", strings.Join(names, ","), "%s is there twice", name)
		}
	}
	return names, nil
}

// scheme is one made for a size and a seed.
type scheme struct {
	name        string
	assignment  *coding.Assignment // nil for a graph code, which is decoded without it
	machines    int
	replication float64
	// decoder for the probability p to lose a machine.
	decoder func(p float64) coding.Decoder
}

// makeScheme makes one on n blocks like those of graph g, of seed.
func makeScheme(name string, g *coding.Graph, seed uint64, matrix *coding.Assignment) (*scheme, error) {
	n := 0
	if g != nil {
		n = g.Vertices()
	}
	s := &scheme{name: name}
	squares := func() {
		d := s.assignment.LeastSquares()
		s.decoder = func(float64) coding.Decoder { return d }
	}
	var err error
	switch name {
	case "graph":
		s.machines, s.replication = len(g.Edges()), g.Replication()
		d := g.Decode()
		s.decoder = func(float64) coding.Decoder { return d }
		return s, nil
	case "fixed":
		s.assignment = g.Assignment()
		s.decoder = func(p float64) coding.Decoder { return s.assignment.Fixed(1 / (g.Replication() * (1 - p))) }
	case "uncoded":
		s.assignment = coding.Uncoded(n)
		s.decoder = func(p float64) coding.Decoder { return s.assignment.Fixed(1 / (1 - p)) }
	case "frc":
		s.assignment = coding.Fractional(n, g.Degree())
		d := s.assignment.Repetition()
		s.decoder = func(float64) coding.Decoder { return d }
	case "bernoulli":
		if s.assignment, err = coding.Random(n, len(g.Edges()), g.Replication(), seed); err != nil {
			return nil, err
		}
		squares()
	case "expander":
		if s.assignment, err = coding.Expander(g); err != nil {
			return nil, err
		}
		d := s.assignment.Answers()
		s.decoder = func(float64) coding.Decoder { return d }
	case "cyclic":
		if s.assignment, err = coding.Cyclic(n, g.Degree()); err != nil {
			return nil, err
		}
		d := s.assignment.Dense(g.Degree() - 1)
		s.decoder = func(float64) coding.Decoder { return d }
	case Matrix:
		s.assignment = matrix
		squares()
	}
	s.machines, s.replication = s.assignment.Machines(), s.assignment.Replication()
	return s, nil
}

// admits says why a scheme does not fit a size; "" if it does.
func admits(name string, blocks, degree int) string {
	switch {
	case degree == 0 && (name == "frc" || name == "cyclic" || name == "expander"):
		return fmt.Sprintf("%s needs a graph whose vertices all have the same degree", name)
	case name == "cyclic" && (blocks-degree)%2 != 0:
		return fmt.Sprintf("cyclic codes with real coefficients need blocks and degree both even or both odd, not %d and %d", blocks, degree)
	case name == "cyclic" && blocks > maxCyclic:
		return fmt.Sprintf("cyclic codes are decoded by dense least squares, for up to %d blocks", maxCyclic)
	}
	return ""
}

// ideal is the limit of many blocks, with its error; NaN where none is known.
func ideal(ctx context.Context, name string, f *family, degree int, p, tolerance float64) (value, wrong float64, err error) {
	switch {
	case name == "graph" && f.treelike(degree):
		l, err := limits.Solve(ctx, degree, p, tolerance)
		var short *limits.ToleranceError
		if errors.As(err, &short) {
			err = nil // the estimate is printed beside it
		}
		return l.Error, l.Wrong, err
	case (name == "fixed" || name == "expander") && degree > 0:
		return limits.Fixed(float64(degree), p), 0, nil
	case name == "uncoded":
		return limits.Uncoded(p), 0, nil
	case name == "frc":
		return limits.Fractional(degree, p), 0, nil
	}
	return math.NaN(), math.NaN(), nil
}
