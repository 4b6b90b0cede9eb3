package particles

import (
	"context"
	"errors"
	"fmt"
	"math"

	"kac/internal/memory"
	"kac/internal/userdata"
)

// FileError says what is wrong with a file of samples.
type FileError struct {
	Labels bool   // else of the inputs
	Path   string // as it was given
	Err    error
}

func (e *FileError) Error() string {
	what := "inputs"
	if e.Labels {
		what = "labels"
	}
	return fmt.Sprintf("reading %s from %s: %v", what, e.Path, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// ReadSamples reads inputs (n x d) and labels (n) from two files or pipes, each once. A file is an .npy array
// (versions 1 to 3; floats, whole numbers up to 2^53, truth values; either order) or text: one row a line,
// fields between commas, semicolons, tabs or blanks, a line of names at the top and # comments skipped.
// Labels are one column, or one row. Samples.Notes say what was skipped. Files beyond the machine's memory
// are refused before they are read. Errors are the context's or a *FileError; rows are named as in the file.
func ReadSamples(ctx context.Context, inputs, labels string) (*Samples, error) {
	if inputs == labels {
		return nil, &FileError{true, labels, errors.New("it is the file of the inputs too")}
	}
	read := func(path string, labels bool) (*userdata.Matrix, error) {
		m, err := userdata.Read(ctx, path, memory.Check)
		if err != nil && ctx.Err() == nil {
			err = &FileError{labels, path, err}
		}
		return m, err
	}
	x, err := read(inputs, false)
	if err != nil {
		return nil, err
	}
	y, err := read(labels, true)
	if err != nil {
		return nil, err
	}
	if y.Transpose(); y.Columns != 1 {
		return nil, &FileError{true, labels, fmt.Errorf("it has %d columns; labels have one", y.Columns)}
	}
	settleNames(x, y)
	if x.Rows != y.Rows {
		return nil, &FileError{true, labels, fmt.Errorf("%d labels for the %d inputs of %s", y.Rows, x.Rows, inputs)}
	}
	s := &Samples{X: x.X, Y: y.X, N: x.Rows, D: x.Columns, inputs: x, labels: y}
	for _, f := range []*FileError{{false, inputs, finite(x)}, {true, labels, finite(y)}} {
		if f.Err != nil {
			return nil, f
		}
	}
	s.Notes = append(noted(inputs, x), noted(labels, y)...)
	return s, nil
}

// settleNames decides whether first rows 0, 1, ..., d-1 are column names, as pandas writes them above tables
// without names: they are if the numbers of rows fit, or the next row is not of whole numbers as they are.
func settleNames(x, y *userdata.Matrix) {
	switch {
	case x.Names && x.Rows > 1 && (y.Rows == x.Rows-1 || x.Sure && y.Rows == x.Rows && y.Names):
		if y.Rows == x.Rows {
			y.DropNames()
		}
		x.DropNames()
	case x.Names && x.Columns > 1:
		x.KeepNames()
	case y.Names && y.Rows == x.Rows+1:
		y.DropNames()
	}
}

// finite refuses numbers that are not.
func finite(m *userdata.Matrix) error {
	for i, v := range m.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s is %v; every number must be finite", m.Place(i), v)
		}
	}
	return nil
}

func noted(path string, m *userdata.Matrix) (notes []string) {
	for _, note := range m.Notes {
		notes = append(notes, path+": "+note)
	}
	return notes
}

// Matrix is rows of one length from a file.
type Matrix struct {
	X             []float64 // Rows x Columns, row-major
	Rows, Columns int
	Notes         []string // what was skipped in the file
	file          *userdata.Matrix
}

// Place names number i of X by its row and column in the file.
func (m *Matrix) Place(i int) string { return m.file.Place(i) }

// ReadMatrix reads rows of one length from a file as ReadSamples does; every number must be finite. Errors
// do not name the file.
func ReadMatrix(ctx context.Context, path string) (*Matrix, error) {
	m, err := userdata.Read(ctx, path, memory.Check)
	if err != nil {
		return nil, err
	}
	if m.Names && m.Columns > 1 {
		m.KeepNames()
	}
	if err := finite(m); err != nil {
		return nil, err
	}
	return &Matrix{m.X, m.Rows, m.Columns, noted(path, m), m}, nil
}
