package npy

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// file is an array with the given header text, padded or not as it is.
func file(version byte, header string, data ...byte) []byte {
	b := append([]byte(Magic), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), data...)
}

func load(b []byte) (*Array, error) {
	return Read(bytes.NewReader(b), int64(len(b)), func(h *Header) error {
		if h.Count() > 1<<16 {
			return errors.New("too many numbers")
		}
		return nil
	})
}

func doubles(x ...float64) (b []byte) {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

// Headers that mean the same: a 2 x 3 array of 1 to 6.
func TestSpellingsOfAHeader(t *testing.T) {
	for _, c := range []struct {
		name    string
		version byte
		header  string
	}{
		{"NumPy's", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }    \n"},
		{"no comma before the brace", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}\n"},
		{"nothing after the brace", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}"},
		{"no spaces", 1, "{'descr':'<f8','fortran_order':False,'shape':(2,3)}"},
		{"much space", 1, " { 'descr' :\t'<f8'\n, 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , } \n\n"},
		{"another order", 1, "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f8'}\n"},
		{"double quotes", 1, `{"descr": "<f8", "fortran_order": False, "shape": (2, 3)}`},
		{"quotes of three, joined", 1, `{'''descr''': '<' "f8", u'fortran_order': False, r"shape": (2, 3)}`},
		{"escapes", 1, `{'\x64escr': '\74f\u0038', 'fortran_order': False, 'sh\141pe': (2, 3)}`},
		{"version 2", 2, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n"},
		{"version 3", 3, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } # é\n"},
		{"Latin-1", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } # \xe9\n"},
		{"Python 2", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3 L), }\n"},
		{"other bases", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (0x2, +0b1_1), }\n"},
		{"brackets", 1, "{('descr'): (('<f8')), 'fortran_order': (False), 'shape': ((2), (3))}\n"},
		{"a key twice", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'descr': '<f8'}\n"},
		{"another name", 1, "{'descr': '<d', 'fortran_order': False, 'shape': (2, 3)}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := load(file(c.version, c.header, doubles(1, 2, 3, 4, 5, 6)...))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.Shape, []int{2, 3}) || !slices.Equal(a.Data, []float64{1, 2, 3, 4, 5, 6}) {
				t.Errorf("%v %v", a.Shape, a.Data)
			}
		})
	}
}

func TestTypesOfNumbers(t *testing.T) {
	for _, c := range []struct {
		descr, data string // hexadecimal
		want        []float64
	}{
		{"<f8", "000000000000f83f000000000000f0ff", []float64{1.5, math.Inf(-1)}},
		{">f8", "3ff8000000000000", []float64{1.5}},
		{"<f4", "0000c03f", []float64{1.5}},
		{">f4", "3fc00000", []float64{1.5}},
		{"<f2", "003e01000080ff7b007c", []float64{1.5, 0x1p-24, math.Copysign(0, -1), 65504, math.Inf(1)}},
		{">f2", "3e00", []float64{1.5}},
		{"|i1", "ff7f80", []float64{-1, 127, -128}},
		{"u1", "ff00", []float64{255, 0}},
		{"<i2", "feff", []float64{-2}},
		{">i2", "fffe", []float64{-2}},
		{"<u2", "feff", []float64{65534}},
		{"<i4", "00000080", []float64{math.MinInt32}},
		{">u4", "80000000", []float64{1 << 31}},
		{"<i8", "0000000000000080000000000000e0ff", []float64{math.MinInt64, -(1 << 53)}},
		{">u8", "8000000000000000", []float64{1 << 63}},
		{"|b1", "0001", []float64{0, 1}},
		{"float32", "0000c03f", []float64{1.5}},
	} {
		t.Run(c.descr, func(t *testing.T) {
			data, err := hex.DecodeString(c.data)
			if err != nil {
				t.Fatal(err)
			}
			a, err := load(file(1, "{'descr': '"+c.descr+"', 'fortran_order': False, 'shape': "+shapeText([]int{len(c.want)})+"}", data...))
			if err != nil {
				t.Errorf("%s: %v", c.descr, err)
				return
			}
			for i, x := range a.Data {
				if math.Float64bits(x) != math.Float64bits(c.want[i]) {
					t.Errorf("%s: %v, want %v", c.descr, a.Data, c.want)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	six := doubles(1, 2, 3, 4, 5, 6)
	good := "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n"
	changed := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"empty", "it has 0 bytes", nil},
		{"text", "does not begin like one", []byte("1,2,3\n4,5,6\n")},
		{"version", "version 4.0; allowed are 1.0, 2.0 and 3.0", append([]byte(Magic), 4, 0, 0, 0, 0, 0)},
		{"cut in the header", "cut off in its header", file(1, good)[:40]},
		{"cut in the length", "cut off in its header", file(2, good)[:11]},
		{"a header of 4 GB", "a header of 4294967295 bytes", append([]byte(Magic), 2, 0, 255, 255, 255, 255)},
		{"a long header", "allowed are at most 10000", file(1, good+strings.Repeat(" ", 10000), six...)},
		{"one byte more", "longer than its header says: (2, 3) of float64 are 48 bytes, the file has 49", file(1, good, append(six, 0)...)},
		{"one byte less", "shorter than its header says: (2, 3) of float64 are 48 bytes, the file has 47", file(1, good, six[:47]...)},
		{"10^9 rows", "shorter than its header says", file(1, changed("(2, 3)", "(1000000000, 6)"), six...)},
		{"2^62 numbers", "more numbers than can be counted", file(1, changed("(2, 3)", "(4611686018427387904, 6)"), six...)},
		{"2^64", "is too large", file(1, changed("(2, 3)", "(18446744073709551616,)"), six...)},
		{"overflow", "more numbers than can be counted", file(1, changed("(2, 3)", "(4294967296, 4294967296)"), six...)},
		{"a negative number", "has -2 in place 1", file(1, changed("(2, 3)", "(-2, -3)"), six...)},
		{"a shape that is no tuple", "shape is no tuple", file(1, changed("(2, 3)", "(6)"), six...)},
		{"a shape that is a list", "shape is no tuple", file(1, changed("(2, 3)", "[2, 3]"), six...)},
		{"a shape of points", "has 2.0 in place 1", file(1, changed("(2, 3)", "(2.0, 3)"), six...)},
		{"a shape without its end", "ends too early", file(1, changed("(2, 3), }", "(2, 3"), six...)},
		{"a number with a leading zero", "02 is no number", file(1, changed("(2, 3)", "(02, 3)"), six...)},
		{"a long in version 3", "3L is no whole number", file(3, changed("(2, 3)", "(2, 3L)"), six...)},
		{"no order", "is missing", file(1, changed("'fortran_order': False, ", ""), six...)},
		{"another key", `the key "order"`, file(1, changed("'shape'", "'order': 1, 'shape'"), six...)},
		{"order 0", "neither True nor False", file(1, changed("False", "0"), six...)},
		{"something behind", "out of place", file(1, changed("}", "} {}"), six...)},
		{"two commas", "out of place", file(1, changed(", }", ",, }"), six...)},
		{"a zero byte", "a zero byte", file(1, changed("}", "}\x00"), six...)},
		{"not UTF-8", "not UTF-8", file(3, changed("}", "} # \xe9"), six...)},
		{"deep", "nested too deeply", file(1, strings.Repeat("(", 5000), six...)},
		{"code", `"__import__" is no value`, file(1, changed("(2, 3)", "__import__('os')"), six...)},
		{"objects", `"|O", Python objects`, file(1, changed("<f8", "|O"), six...)},
		{"complex", `"<c16", complex numbers`, file(1, changed("<f8", "<c16"), six...)},
		{"text", `"<U2", text`, file(1, changed("<f8", "<U2"), six...)},
		{"bytes", `"|S8", text`, file(1, changed("<f8", "|S8"), six...)},
		{"dates", `"<M8[s]", dates`, file(1, changed("<f8", "<M8[s]"), six...)},
		{"long doubles", "differs between machines", file(1, changed("<f8", "<f16"), six...)},
		{"longs", "differs between machines", file(1, changed("<f8", "<l"), six...)},
		{"fields", "structured type", file(1, changed("'<f8'", "[('a', '<f8')]"), six...)},
		{"subarrays", "structured type", file(1, changed("'<f8'", "('<f8', (3,))"), six...)},
		{"type as bytes", "structured type", file(1, changed("'<f8'", "b'<f8'"), six...)},
		{"whole numbers beyond float64", "number 2 is 9007199254740993, an int64 that float64 cannot hold",
			file(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}", 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 32, 0)},
		{"the largest uint64", "18446744073709551615", file(1, "{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}", 255, 255, 255, 255, 255, 255, 255, 255)},
		{"the largest int64", "9223372036854775807", file(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}", 255, 255, 255, 255, 255, 255, 255, 127)},
		{"a bool of 2", "number 1 is 2; a bool is 0 or 1", file(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", 2)},
		{"what check says", "too many numbers", file(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (100000,)}", make([]byte, 100000)...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := load(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		})
	}
	// Of a pipe the size is not known: the numbers themselves tell.
	for _, c := range []struct {
		data []byte
		want string
	}{{six[:47], "shorter than its header says: (2, 3) of float64 are 48 bytes, the file has 47"}, {append(six, 0), "longer than its header says"}} {
		t.Run(c.want, func(t *testing.T) {
			_, err := Read(bytes.NewReader(file(1, good, c.data...)), -1, func(*Header) error { return nil })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("a pipe: %v, want %q", err, c.want)
			}
		})
	}
	// An error of the disk is no short file.
	broken := errors.New("the disk fails")
	if _, err := Read(io.MultiReader(bytes.NewReader(file(1, good, six[:8]...)), failing{broken}), -1, func(*Header) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("a failing disk: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Shapes of all kinds, by rows and by columns: element (i, j, k) is i + 10 j + 100 k.
func TestShapesAndOrders(t *testing.T) {
	for _, shape := range [][]int{{}, {1}, {4}, {2, 3}, {3, 1}, {1, 3}, {2, 3, 4}, {0, 3}, {3, 0}} {
		count := 1
		for _, n := range shape {
			count *= n
		}
		value := func(index []int) float64 {
			x, scale := 0.0, 1.0
			for _, i := range index {
				x, scale = x+scale*float64(i), 10*scale
			}
			return x
		}
		// unravel returns the index of element k if the last (or the first) index runs fastest.
		unravel := func(k int, fortran bool) []int {
			index := make([]int, len(shape))
			for at := range shape {
				if !fortran {
					at = len(shape) - 1 - at
				}
				index[at] = k % shape[at]
				k /= shape[at]
			}
			return index
		}
		for _, fortran := range []bool{false, true} {
			var stored, want []float64
			for k := range count {
				stored, want = append(stored, value(unravel(k, fortran))), append(want, value(unravel(k, false)))
			}
			word := map[bool]string{false: "False", true: "True"}[fortran]
			a, err := load(file(1, "{'descr': '<f8', 'fortran_order': "+word+", 'shape': "+shapeText(shape)+"}", doubles(stored...)...))
			if err != nil {
				t.Errorf("%v: %v", shape, err)
			} else if !slices.Equal(a.Data, want) || !slices.Equal(a.Shape, shape) {
				t.Errorf("%v, Fortran %v: %v, want %v", shape, fortran, a.Data, want)
			}
		}
	}
}

// The bytes of what is written have not changed since the first release: files of old runs stay equal.
func TestWrite(t *testing.T) {
	for _, c := range []struct {
		shape []int
		want  string // all before the numbers
	}{
		{[]int{3}, "\x93NUMPY\x02\x00@\x00\x00\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }      \n"},
		{[]int{2, 3}, "\x93NUMPY\x02\x00D\x00\x00\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }        \n"},
		{[]int{2, 3, 4}, "\x93NUMPY\x02\x00J\x00\x00\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 4), }           \n"},
	} {
		t.Run(c.want, func(t *testing.T) {
			var data []float64
			for n := range c.shape[0] * max(1, product(c.shape[1:])) {
				data = append(data, float64(n)/7)
			}
			var b bytes.Buffer
			if err := Write(&b, data, c.shape...); err != nil {
				t.Fatal(err)
			}
			if want := append([]byte(c.want), doubles(data...)...); !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%v: %q\nwant %q", c.shape, b.Bytes()[:90], want[:90])
			}
			a, err := load(b.Bytes())
			if err != nil || !slices.Equal(a.Data, data) || !slices.Equal(a.Shape, c.shape) {
				t.Errorf("%v: read again: %v", c.shape, err)
			}
		})
	}
	if err := Write(io.Discard, make([]float64, 5), 2, 3); err == nil {
		t.Error("5 numbers for a 2 x 3 array")
	}
	if err := Write(failingWriter{}, make([]float64, 1<<15), 1<<15); err == nil {
		t.Error("a failing disk")
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func product(shape []int) int {
	n := 1
	for _, k := range shape {
		n *= k
	}
	return n
}
