// Package npy reads and writes arrays of numbers in NumPy's file format (numpy.lib.format, "NPY", versions
// 1.0, 2.0 and 3.0). Headers are read as the Python literals that they are; a file that is longer or shorter
// than its header says is refused; nothing is allocated on a header's word alone.
//
//	file = "\x93NUMPY" major minor length header data
//
// length is little-endian, of 2 bytes in version 1.0 and 4 in the others; header a dictionary with the keys
// descr, fortran_order and shape, in Latin-1, or UTF-8 in version 3.0; data the numbers.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// Magic begins every file.
const Magic = "\x93NUMPY"

// maxHeader bounds headers, in characters, as NumPy does itself.
const maxHeader = 10_000

// Header says what a file holds.
type Header struct {
	Type    *Type
	Fortran bool  // by columns: the first index runs fastest
	Shape   []int // empty: a single number
	Bytes   int64 // of the file before the numbers
}

// Count returns the number of numbers.
func (h *Header) Count() int {
	n := 1
	for _, k := range h.Shape {
		n *= k
	}
	return n
}

// ReadHeader reads the part of a file before its numbers.
func ReadHeader(r io.Reader) (*Header, error) {
	start := make([]byte, 12)
	if n, err := io.ReadFull(r, start[:10]); err != nil {
		return nil, short(err, "no NumPy array: it has %d bytes", n)
	}
	if string(start[:6]) != Magic {
		return nil, errors.New("no NumPy array: it does not begin like one")
	}
	major, minor := start[6], start[7]
	length, first := int64(binary.LittleEndian.Uint16(start[8:])), int64(10)
	switch {
	case minor == 0 && major == 1:
	case minor == 0 && (major == 2 || major == 3):
		if _, err := io.ReadFull(r, start[10:]); err != nil {
			return nil, short(err, "a NumPy array cut off in its header")
		}
		length, first = int64(binary.LittleEndian.Uint32(start[8:])), 12
	default:
		return nil, fmt.Errorf("a NumPy array of version %d.%d; allowed are 1.0, 2.0 and 3.0", major, minor)
	}
	if length > utf8.UTFMax*maxHeader {
		return nil, fmt.Errorf("a NumPy array with a header of %d bytes; allowed are at most %d characters", length, maxHeader)
	}
	raw := make([]byte, length)
	if n, err := io.ReadFull(r, raw); err != nil {
		return nil, short(err, "a NumPy array cut off in its header: %d bytes of %d", n, length)
	}
	h, err := parseHeader(raw, major)
	if err != nil {
		return nil, fmt.Errorf("a NumPy array whose header cannot be read: %w", err)
	}
	h.Bytes = first + length
	return h, nil
}

// short makes a message of the end of a file, and leaves other errors as they are.
func short(err error, format string, arguments ...any) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf(format, arguments...)
	}
	return err
}

func parseHeader(raw []byte, major byte) (*Header, error) {
	text := string(raw)
	if major < 3 {
		latin := make([]rune, len(raw))
		for i, b := range raw {
			latin[i] = rune(b)
		}
		text = string(latin)
	}
	switch {
	case !utf8.ValidString(text):
		return nil, errors.New("it is not UTF-8")
	case utf8.RuneCountInString(text) > maxHeader:
		return nil, fmt.Errorf("it has %d characters; allowed are at most %d", utf8.RuneCountInString(text), maxHeader)
	}
	value, err := parseLiteral(text, major < 3)
	if err != nil {
		return nil, err
	}
	entries, ok := value.(dict)
	if !ok {
		return nil, errors.New("it is no dictionary")
	}
	fields := map[string]any{}
	for _, e := range entries {
		key, ok := e.key.(string)
		if !ok || !slices.Contains([]string{"descr", "fortran_order", "shape"}, key) {
			return nil, fmt.Errorf("the key %.40q; allowed are descr, fortran_order and shape", fmt.Sprint(e.key))
		}
		fields[key] = e.value // of two the last counts, as in Python
	}
	if len(fields) != 3 {
		return nil, errors.New("descr, fortran_order or shape is missing")
	}
	h := &Header{}
	if h.Fortran, ok = fields["fortran_order"].(bool); !ok {
		return nil, errors.New("fortran_order is neither True nor False")
	}
	if h.Shape, err = shapeOf(fields["shape"]); err != nil {
		return nil, err
	}
	descr, ok := fields["descr"].(string)
	if !ok {
		return nil, errors.New("its numbers are of a structured type (fields, or arrays in an array); allowed are plain numbers")
	}
	h.Type, err = typeOf(descr)
	return h, err
}

// shapeOf reads a shape, whose product must be a number of bytes that can be counted.
func shapeOf(value any) ([]int, error) {
	t, ok := value.(tuple)
	if !ok {
		return nil, errors.New("shape is no tuple of whole numbers, such as (64, 6)")
	}
	shape, product := make([]int, len(t)), uint64(1)
	for i, v := range t {
		n, whole := v.(int64)
		if !whole || n < 0 || int64(int(n)) != n {
			return nil, fmt.Errorf("shape has %v in place %d; allowed are whole numbers from 0", v, i+1)
		}
		shape[i] = int(n)
	}
	for _, n := range shape {
		high, low := bits.Mul64(product, uint64(max(n, 1))) // an empty array's other numbers must be sane too
		if high != 0 || low > math.MaxInt/8 {
			return nil, fmt.Errorf("shape %s has more numbers than can be counted", shapeText(shape))
		}
		product = low
	}
	return shape, nil
}

// shapeText writes a shape as Python does.
func shapeText(shape []int) string {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	if len(shape) == 1 {
		text += ","
	}
	return "(" + text + ")"
}

// ShapeText writes the shape as Python does.
func (h *Header) ShapeText() string { return shapeText(h.Shape) }
