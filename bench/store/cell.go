package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"kac/bench"
	"kac/internal/sealed"
)

// ErrOtherStudy says that a whole file belongs to a study with other parameters.
var ErrOtherStudy = errors.New("of a study with other parameters")

// CellHead says whose the bytes after it are. Every binary form of a cell, finished or under way, begins with it,
// little-endian:
//
//	SHA-256 of the parameters that decide the cell's numbers, as JSON (32 bytes)
//	size, seed (8 bytes each)
//
// and the rows, where there are some, follow as
//
//	number of rows (8 bytes), row after row, the columns as float64 (8 bytes each)
type CellHead struct {
	Identity [sha256.Size]byte
	Size     uint64
	Seed     uint64
}

// HeadBytes is the length of a CellHead.
const HeadBytes = sha256.Size + 2*8

// Append appends the head.
func (h CellHead) Append(b []byte) []byte {
	b = append(b, h.Identity[:]...)
	b = binary.LittleEndian.AppendUint64(b, h.Size)
	return binary.LittleEndian.AppendUint64(b, h.Seed)
}

// ReadHead reads a head; rest is what follows it. The error wraps sealed.ErrDamaged.
func ReadHead(b []byte) (h CellHead, rest []byte, err error) {
	if len(b) < HeadBytes {
		return h, nil, fmt.Errorf("%w: %d bytes are too few for a cell", sealed.ErrDamaged, len(b))
	}
	copy(h.Identity[:], b)
	h.Size, h.Seed = binary.LittleEndian.Uint64(b[sha256.Size:]), binary.LittleEndian.Uint64(b[sha256.Size+8:])
	return h, b[HeadBytes:], nil
}

// Check reads a head that must be h; size is the word for what Size is. The error wraps sealed.ErrDamaged or
// ErrOtherStudy.
func (h CellHead) Check(b []byte, size string) (rest []byte, err error) {
	got, rest, err := ReadHead(b)
	switch {
	case err != nil:
		return nil, err
	case !bytes.Equal(got.Identity[:], h.Identity[:]):
		return nil, ErrOtherStudy
	case got != h:
		return nil, fmt.Errorf("%w: it is of %s %d and seed %d", sealed.ErrDamaged, size, got.Size, got.Seed)
	}
	return rest, nil
}

// AppendNumbers appends numbers.
func AppendNumbers(b []byte, list ...float64) []byte {
	for _, x := range list {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

// ReadNumbers reads n numbers.
func ReadNumbers(b []byte, n int) (list []float64, rest []byte, err error) {
	if len(b)/8 < n {
		return nil, nil, fmt.Errorf("%w: %d bytes for %d numbers", sealed.ErrDamaged, len(b), n)
	}
	list = make([]float64, n)
	for i := range list {
		list[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return list, b[8*n:], nil
}

// AppendBytes appends bytes with their number before them.
func AppendBytes(b, part []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(part))), part...)
}

// ReadBytes reads what AppendBytes appended.
func ReadBytes(b []byte) (part, rest []byte, err error) {
	if len(b) < 8 || binary.LittleEndian.Uint64(b) > uint64(len(b)-8) {
		return nil, nil, fmt.Errorf("%w: a part is longer than the %d bytes that there are", sealed.ErrDamaged, len(b))
	}
	n := int(binary.LittleEndian.Uint64(b))
	return b[8 : 8+n], b[8+n:], nil
}

// AppendRows appends rows of so many columns.
func AppendRows(b []byte, values []float64, columns int) []byte {
	return AppendNumbers(binary.LittleEndian.AppendUint64(b, uint64(len(values)/columns)), values...)
}

// CellForm is what the rows of a cell must be: Blocks times the Times, which are the first of the Columns.
type CellForm struct {
	Times           []float64
	Columns, Blocks int
	Partly          bool // fewer rows are in order: the first ones
}

// Rows reads rows. Times that earlier versions wrote, neighbours of those of today, become these.
func (f *CellForm) Rows(b []byte) (values []float64, rest []byte, err error) {
	if len(b) < 8 {
		return nil, nil, fmt.Errorf("%w: %d bytes are too few for a cell", sealed.ErrDamaged, len(b))
	}
	count, all := binary.LittleEndian.Uint64(b), f.Blocks*len(f.Times)
	if count > uint64(all) || !f.Partly && count != uint64(all) || uint64(len(b)-8)/8/uint64(f.Columns) < count {
		return nil, nil, fmt.Errorf("%w: %d rows in %d bytes, not %d", sealed.ErrDamaged, count, len(b), all)
	}
	values, rest, err = ReadNumbers(b[8:], int(count)*f.Columns)
	if err != nil {
		return nil, nil, err
	}
	for i := range int(count) {
		t := &values[i*f.Columns]
		want := f.Times[i%len(f.Times)]
		if !bench.SameTime(*t, want) {
			return nil, nil, fmt.Errorf("%w: row %d is of time %s, not %s", sealed.ErrDamaged, i+1, bench.Number(*t), bench.Number(want))
		}
		*t = want
	}
	return values, rest, nil
}
