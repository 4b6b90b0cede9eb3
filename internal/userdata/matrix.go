package userdata

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"strings"

	"kac/internal/npy"
)

// Matrix is what a file holds.
type Matrix struct {
	X             []float64 // Rows x Columns, row-major
	Rows, Columns int
	// Names says that the first row of text is 0, 1, ..., Columns-1, which pandas writes above a table without
	// names, and Sure that the next row is not of whole numbers, as a table that begins so would be. Who
	// knows the other file decides.
	Names, Sure bool
	// Notes say what was skipped, one sentence each, without the file's name.
	Notes []string
	// Stacked is how many matrices of ReadStack stand one below the other in X; 0: the file does not say.
	Stacked int

	text  bool
	jumps []jump
}

// Limits of what is read.
const (
	MaxRows    = 1 << 24
	MaxColumns = 1 << 16 // of several rows; a single row may be a column of MaxRows labels
)

// checkShape refuses sizes beyond the limits.
func checkShape(rows, columns int) error {
	switch {
	case rows > MaxRows:
		return fmt.Errorf("it has %d rows; allowed are at most %d", rows, MaxRows)
	case columns > MaxRows || rows > 1 && columns > MaxColumns:
		return fmt.Errorf("it has %d columns; allowed are at most %d", columns, MaxColumns)
	}
	return nil
}

// jump says that rows from row on (counted from 0) are line - row lines further down.
type jump struct{ row, line int }

// Row names a row by where it is in the file: a line of text (counted from 1), or a row of an array.
func (m *Matrix) Row(i int) string {
	if !m.text {
		return fmt.Sprintf("row %d", i+1)
	}
	return fmt.Sprintf("line %d", m.line(i))
}

func (m *Matrix) line(i int) int {
	k := sort.Search(len(m.jumps), func(k int) bool { return m.jumps[k].row > i }) - 1
	return m.jumps[k].line + i - m.jumps[k].row
}

// Place names number i of X by row and column.
func (m *Matrix) Place(i int) string {
	return fmt.Sprintf("%s, column %d", m.Row(i/m.Columns), i%m.Columns+1)
}

// DropNames takes the first of several rows away and notes it.
func (m *Matrix) DropNames() {
	m.Notes = append(m.Notes, fmt.Sprintf("%s, %s, is skipped as column names of pandas", m.Row(0), upTo(m.Columns)))
	first := m.line(1)
	m.X, m.Rows, m.Names = m.X[m.Columns:], m.Rows-1, false
	jumps := []jump{{0, first}}
	for _, j := range m.jumps {
		if j.row > 1 {
			jumps = append(jumps, jump{j.row - 1, j.line})
		}
	}
	m.jumps = jumps
}

// KeepNames notes that the first row was taken for numbers.
func (m *Matrix) KeepNames() {
	m.Notes = append(m.Notes, fmt.Sprintf("%s is %s, as pandas writes column names; it is taken as a sample", m.Row(0), upTo(m.Columns)))
	m.Names = false
}

// upTo writes 0,1,...,n-1.
func upTo(n int) string {
	switch n {
	case 1:
		return "0"
	case 2:
		return "0,1"
	case 3:
		return "0,1,2"
	}
	return fmt.Sprintf("0,1,...,%d", n-1)
}

// Transpose makes a row of numbers a column.
func (m *Matrix) Transpose() {
	if m.Rows == 1 {
		m.Rows, m.Columns = m.Columns, 1
		if m.text {
			m.text, m.Names = false, false // all on one line
		}
	}
}

// Read reads a file or a pipe. What it is its first bytes say: an .npy array, or text. afford refuses more
// bytes than the memory holds. Errors do not name the file.
func Read(ctx context.Context, path string, afford func(bytes float64) error) (*Matrix, error) {
	return read(ctx, path, 2, afford)
}

// ReadStack is Read, but that arrays of three indices are allowed: matrices, which then stand one below the other.
func ReadStack(ctx context.Context, path string, afford func(bytes float64) error) (*Matrix, error) {
	return read(ctx, path, 3, afford)
}

func read(ctx context.Context, path string, indices int, afford func(bytes float64) error) (*Matrix, error) {
	in, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r := bufio.NewReaderSize(in, 1<<16)
	start, err := r.Peek(6)
	if len(start) == 0 && err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, end(err, errors.New("it is empty"))
	}
	isArray := strings.HasPrefix(string(start), npy.Magic)
	for _, other := range []struct{ begins, is string }{
		{"\x1f\x8b", "it is compressed (gzip); uncompress it, or give <(zcat FILE)"}, {"BZh", "it is compressed (bzip2); uncompress it, or give <(bzcat FILE)"},
		{"\xfd7zXZ", "it is compressed (xz); uncompress it, or give <(xzcat FILE)"}, {"\x28\xb5\x2f\xfd", "it is compressed (zstd); uncompress it, or give <(zstdcat FILE)"},
		{"PK\x03\x04", "it is an archive (zip, .npz or a spreadsheet); give one array as .npy, or text"},
		{"\xff\xfe", "it is text in UTF-16; save it as UTF-8"}, {"\xfe\xff", "it is text in UTF-16; save it as UTF-8"},
		{"PAR1", "it is a Parquet table; write it as .npy, or text"}, {"\x89HDF", "it is an HDF5 file; write its array as .npy, or text"},
	} {
		if bytes.HasPrefix(start, []byte(other.begins)) {
			return nil, errors.New(other.is)
		}
	}
	if isArray || strings.EqualFold(filepath.Ext(path), ".npy") && in.size >= 0 {
		return readArray(r, in.size, indices, afford)
	}
	return readText(ctx, r, afford)
}

// end returns instead of the end of a file, and other errors as they are.
func end(err, instead error) error {
	if errors.Is(err, io.EOF) {
		return instead
	}
	return unnamed(err)
}

func readArray(r *bufio.Reader, size int64, indices int, afford func(bytes float64) error) (*Matrix, error) {
	rows, columns, stacked := 0, 1, 0
	a, err := npy.Read(r, size, func(h *npy.Header) error {
		switch {
		case len(h.Shape) < 1 || len(h.Shape) > indices:
			return fmt.Errorf("an array of shape %s; allowed are %smatrices and vectors", h.ShapeText(), map[int]string{3: "stacks of matrices, "}[indices])
		case h.Count() == 0:
			return fmt.Errorf("an array of shape %s has no numbers", h.ShapeText())
		case len(h.Shape) == 2:
			columns = h.Shape[1]
		}
		rows = h.Shape[0]
		if len(h.Shape) == 3 {
			stacked, columns = h.Shape[0], h.Shape[2]
			rows *= h.Shape[1] // whose product Count has checked
		}
		if err := checkShape(rows, columns); err != nil {
			return err
		}
		return afford(8 * float64(h.Count()))
	})
	inexact := (*npy.InexactError)(nil)
	if errors.As(err, &inexact) {
		return nil, fmt.Errorf("row %d, column %d is %s, a %s %s", inexact.Index/columns+1, inexact.Index%columns+1, inexact.Text, inexact.Type, map[bool]string{
			true: "that is neither 0 nor 1", false: "that float64 cannot hold; allowed are whole numbers up to 2^53",
		}[inexact.Type == "bool"])
	}
	if err != nil {
		return nil, unnamed(err)
	}
	return &Matrix{X: a.Data, Rows: rows, Columns: columns, Stacked: stacked}, nil
}
