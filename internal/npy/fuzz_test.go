package npy

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"
)

// seeds are small files that are in order, one for each thing a header can say.
func seeds() (list [][]byte) {
	for _, c := range []struct {
		version byte
		header  string
		data    int
	}{
		{1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 16},
		{1, "{'descr':'>f4','fortran_order':True,'shape':(2,1)}", 8},
		{2, `{"shape": (), "descr": "|u1", "fortran_order": False}`, 1},
		{3, "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 1, 2)} # é", 4},
		{1, "{'descr': '|b1', 'fortran_order': False, 'shape': (0, 3L)}", 0},
		{1, `{u'\x64escr': '<' 'i8', r'fortran_order': False, 'shape': (0x1,)}`, 8},
		{1, "{'descr': '>u8', 'fortran_order': True, 'shape': (1, 1), 'shape': (1,)}", 8},
	} {
		list = append(list, file(c.version, c.header, make([]byte, c.data)...))
	}
	return list
}

// A file is refused or read, in bounded memory; what is read has as many numbers as its shape says, comes
// back the same from a file that Write writes, and is refused with a byte more or a byte less.
func FuzzRead(f *testing.F) {
	for _, b := range seeds() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := load(b)
		if err != nil {
			if _, err := Read(bytes.NewReader(b), -1, func(h *Header) error {
				if h.Count() > 1<<16 {
					return errors.New("too many numbers")
				}
				return nil
			}); err == nil {
				t.Fatal("read from a pipe, and not from a file")
			}
			return
		}
		if len(a.Data) != product(a.Shape) {
			t.Fatalf("%d numbers of shape %v", len(a.Data), a.Shape)
		}
		var again bytes.Buffer
		if err := Write(&again, a.Data, a.Shape...); err != nil {
			t.Fatal(err)
		}
		back, err := load(again.Bytes())
		if err != nil || !slices.Equal(back.Shape, a.Shape) || !slices.EqualFunc(back.Data, a.Data, func(x, y float64) bool {
			return math.Float64bits(x) == math.Float64bits(y)
		}) {
			t.Fatalf("%v %v, written and read again: %v, %v", a.Shape, a.Data, back, err)
		}
		if _, err := load(append(b[:len(b):len(b)], 0)); err == nil {
			t.Fatal("a byte more is not refused")
		}
		if len(a.Data) > 0 {
			if _, err := load(b[:len(b)-1]); err == nil {
				t.Fatal("a byte less is not refused")
			}
		}
	})
}

// Headers alone, so that a fuzzer spends its time on the literals.
func FuzzHeader(f *testing.F) {
	for _, b := range seeds() {
		f.Add(string(b[10:]), byte(1))
	}
	f.Fuzz(func(t *testing.T, text string, version byte) {
		version = 1 + version%3
		h, err := ReadHeader(bytes.NewReader(file(version, text)))
		if err != nil {
			return
		}
		if n := h.Count(); n < 0 || n > math.MaxInt/8 {
			t.Fatalf("%v: %d numbers", h.Shape, n)
		}
		same, err := ReadHeader(bytes.NewReader(file(version, text+"\n")))
		if err != nil || !slices.Equal(same.Shape, h.Shape) || same.Fortran != h.Fortran || same.Type.name != h.Type.name {
			t.Fatalf("with a line end behind it: %v, %v", same, err)
		}
	})
}
