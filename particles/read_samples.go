package particles

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"codeberg.org/sbinet/npyio/npy"
)

// ReadSamples reads inputs (n x d) and labels (n) from two files, each .npy
// (float64 or float32, C or Fortran order) or .csv (numbers alone, one sample
// a row; labels one column). Errors name the file and the row, counted from 1.
func ReadSamples(ctx context.Context, inputs, labels string) (*Samples, error) {
	x, n, d, err := readMatrix(ctx, inputs)
	if err != nil {
		return nil, fmt.Errorf("reading inputs from %s: %w", inputs, err)
	}
	y, rows, columns, err := readMatrix(ctx, labels)
	if err != nil {
		return nil, fmt.Errorf("reading labels from %s: %w", labels, err)
	}
	if columns != 1 && rows == 1 { // a vector of labels written as one row
		rows, columns = columns, 1
	}
	if columns != 1 {
		return nil, fmt.Errorf("reading labels from %s: %d columns; labels have one", labels, columns)
	}
	if rows != n {
		return nil, fmt.Errorf("%d labels in %s for %d inputs in %s", rows, labels, n, inputs)
	}
	s := &Samples{X: x, Y: y, N: n, D: d}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s with %s: %w", inputs, labels, err)
	}
	return s, nil
}

// ReadMatrix reads rows of one length from a file as ReadSamples does; every number must be finite.
func ReadMatrix(ctx context.Context, path string) (x []float64, rows, columns int, err error) {
	if x, rows, columns, err = readMatrix(ctx, path); err != nil {
		return nil, 0, 0, err
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, 0, 0, fmt.Errorf("row %d, column %d is %v; every number must be finite", i/columns+1, i%columns+1, v)
		}
	}
	return x, rows, columns, nil
}

func readMatrix(ctx context.Context, path string) (x []float64, rows, columns int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, 0, errors.Unwrap(err) // the caller names the path
	}
	defer file.Close()
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".npy":
		info, err := file.Stat()
		if err != nil {
			return nil, 0, 0, err
		}
		return readNPY(bufio.NewReaderSize(file, 1<<16), info.Size())
	case ".csv":
		return readCSV(bufio.NewReaderSize(file, 1<<16))
	default:
		return nil, 0, 0, fmt.Errorf("unknown kind of file %q; allowed are .npy and .csv", ext)
	}
}

// readNPY reads an array of at most size bytes; a header that promises more
// is refused before anything is allocated.
func readNPY(r *bufio.Reader, size int64) (x []float64, rows, columns int, err error) {
	defer func() {
		// The library panics on some malformed headers.
		if p := recover(); p != nil {
			err = fmt.Errorf("not a NumPy array: %v", p)
		}
	}()
	// Version 2 has a 32-bit header length, which the library allocates unseen.
	start, err := r.Peek(12)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("not a NumPy array: %d bytes", len(start))
	}
	if start[6] == 2 && int64(binary.LittleEndian.Uint32(start[8:])) > size {
		return nil, 0, 0, errors.New("not a NumPy array: its header is longer than the file")
	}
	in, err := npy.NewReader(r)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("not a NumPy array: %w", err)
	}
	h := in.Header.Descr
	switch len(h.Shape) {
	case 1:
		rows, columns = h.Shape[0], 1
	case 2:
		rows, columns = h.Shape[0], h.Shape[1]
	default:
		return nil, 0, 0, fmt.Errorf("an array of shape %v; it must be a matrix or a vector", h.Shape)
	}
	if rows < 1 || columns < 1 || int64(rows) > size/4/int64(columns) {
		return nil, 0, 0, fmt.Errorf("an array of shape %v in a file of %d bytes", h.Shape, size)
	}
	kind := strings.Trim(h.Type, "'")
	switch strings.TrimLeft(kind, "<=|>") {
	case "f8":
		err = in.Read(&x)
	case "f4":
		var short []float32
		err = in.Read(&short)
		x = make([]float64, len(short))
		for i, v := range short {
			x[i] = float64(v)
		}
	default:
		return nil, 0, 0, fmt.Errorf("numbers of type %q; allowed are float64 and float32", kind)
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("reading an array of shape %v: %w", h.Shape, err)
	}
	if len(x) != rows*columns {
		return nil, 0, 0, fmt.Errorf("%d numbers for an array of shape %v", len(x), h.Shape)
	}
	if h.Fortran && columns > 1 {
		byRow := make([]float64, len(x))
		for i := range rows {
			for j := range columns {
				byRow[i*columns+j] = x[j*rows+i]
			}
		}
		x = byRow
	}
	return x, rows, columns, nil
}

func readCSV(r io.Reader) (x []float64, rows, columns int, err error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	in.FieldsPerRecord = -1 // counted here, for the error to say what is wanted
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, 0, fmt.Errorf("row %d: %w", rows+1, err)
		}
		if rows == 0 {
			columns = len(record)
		}
		if len(record) != columns {
			return nil, 0, 0, fmt.Errorf("row %d has %d numbers, row 1 has %d", rows+1, len(record), columns)
		}
		for j, text := range record {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				return nil, 0, 0, fmt.Errorf("row %d, column %d: %q is not a number", rows+1, j+1, text)
			}
			x = append(x, v)
		}
		rows++
	}
	if rows == 0 {
		return nil, 0, 0, errors.New("the file is empty")
	}
	return x, rows, columns, nil
}
