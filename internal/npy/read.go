package npy

import (
	"errors"
	"fmt"
	"io"
)

// Array is what a file holds, as float64.
type Array struct {
	Shape []int
	Data  []float64 // the last index runs fastest
}

// InexactError says that a whole number has no float64, or that a byte is no truth value.
type InexactError struct {
	Index int // of the number, in Array.Data
	Type  string
	Text  string // the number
}

func (e *InexactError) Error() string {
	if e.Type == "bool" {
		return fmt.Sprintf("number %d is %s; a bool is 0 or 1", e.Index+1, e.Text)
	}
	return fmt.Sprintf("number %d is %s, an %s that float64 cannot hold", e.Index+1, e.Text, e.Type)
}

// Read reads a whole file of size bytes, or of an unknown number if size is negative (a pipe). Before the
// numbers are allocated, check may refuse what the header says; it must refuse more than the memory holds.
func Read(r io.Reader, size int64, check func(*Header) error) (*Array, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	if err := h.checkSize(size); err != nil {
		return nil, err
	}
	if err := check(h); err != nil {
		return nil, err
	}
	a := &Array{Shape: h.Shape, Data: make([]float64, h.Count())}
	if err := h.read(r, a.Data); err != nil {
		return nil, err
	}
	var more [1]byte
	switch _, err := io.ReadFull(r, more[:]); {
	case err == nil:
		return nil, fmt.Errorf("longer than its header says: %s of %s are %d bytes, and more follow", h.ShapeText(), h.Type, h.size())
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return a, nil
}

// size returns the bytes of the numbers.
func (h *Header) size() int64 { return int64(h.Count()) * int64(h.Type.size) }

// checkSize refuses files that are longer or shorter than their header says.
func (h *Header) checkSize(size int64) error {
	if size < 0 || size-h.Bytes == h.size() {
		return nil
	}
	word := "longer"
	if size-h.Bytes < h.size() {
		word = "shorter"
	}
	return fmt.Errorf("%s than its header says: %s of %s are %d bytes, the file has %d after its header", word, h.ShapeText(), h.Type, h.size(), size-h.Bytes)
}

// read reads the numbers into out, in the order of rows.
func (h *Header) read(r io.Reader, out []float64) error {
	at := h.places()
	buffer := make([]byte, 1<<16)
	for done := 0; done < len(out); {
		n := min(len(buffer)/h.Type.size, len(out)-done)
		part := buffer[:n*h.Type.size]
		if got, err := io.ReadFull(r, part); err != nil {
			return short(err, "shorter than its header says: %s of %s are %d bytes, the file has %d after its header",
				h.ShapeText(), h.Type, h.size(), int64(done*h.Type.size+got))
		}
		for ; len(part) > 0; part = part[h.Type.size:] {
			x, same := h.Type.value(h.Type.order, part)
			i := at(done)
			if !same {
				return &InexactError{Index: i, Type: h.Type.name, Text: h.Type.text(part)}
			}
			out[i] = x
			done++
		}
	}
	return nil
}

// text writes a whole number in full.
func (t *Type) text(b []byte) string {
	switch t.name {
	case "int64":
		return fmt.Sprint(int64(t.order.Uint64(b)))
	case "uint64":
		return fmt.Sprint(t.order.Uint64(b))
	}
	return fmt.Sprint(b[0])
}

// places returns where number k of the file belongs, for k = 0, 1, ... in turn.
func (h *Header) places() func(k int) int {
	if !h.Fortran || len(h.Shape) < 2 {
		return func(k int) int { return k }
	}
	// Strides of the last index running fastest; index counts in the other order.
	strides, index := make([]int, len(h.Shape)), make([]int, len(h.Shape))
	for i, s := len(h.Shape)-1, 1; i >= 0; i-- {
		strides[i] = s
		s *= h.Shape[i]
	}
	place := 0
	return func(k int) int {
		if k == 0 {
			return 0
		}
		for i := range index {
			if index[i]++; index[i] < h.Shape[i] {
				place += strides[i]
				return place
			}
			place -= strides[i] * (h.Shape[i] - 1)
			index[i] = 0
		}
		return place
	}
}
