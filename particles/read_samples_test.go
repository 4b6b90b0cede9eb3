package particles

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kac/internal/npy"
)

func put(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func numpy(t testing.TB, x []float64, shape ...int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, x, shape...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// header is a version 1.0 NumPy file with the given dictionary.
func header(dictionary string, data ...byte) []byte {
	for (10+len(dictionary)+1)%64 != 0 {
		dictionary += " "
	}
	dictionary += "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(dictionary)), byte(len(dictionary)>>8))
	return append(append(b, dictionary...), data...)
}

func TestReadSamples(t *testing.T) {
	want := []float64{1, 2, 3, 4, 5, 6}
	first := []float64{-1, .5, 2}
	// 3 x 2 in columns: 1 3 5, 2 4 6, float32.
	fortran := header("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }")
	for _, v := range []float32{1, 3, 5, 2, 4, 6} {
		fortran = binary.LittleEndian.AppendUint32(fortran, math.Float32bits(v))
	}
	for _, c := range []struct {
		name   string
		inputs string
		labels string
	}{
		{"npy", put(t, "x.npy", numpy(t, want, 3, 2)), put(t, "y.npy", numpy(t, first, 3))},
		{"npy, matrix of labels", put(t, "x.npy", numpy(t, want, 3, 2)), put(t, "y.npy", numpy(t, first, 3, 1))},
		{"float32 in columns, bytes in a row", put(t, "x.npy", fortran), put(t, "y.npy", header("{'descr': '|i1', 'fortran_order': False, 'shape': (1, 3)}", 255, 0, 2))},
		{"csv", put(t, "x.csv", []byte("1,2\n3, 4\n5,6\n")), put(t, "y.CSV", []byte("-1\n.5\n2"))},
		{"csv, labels in a row", put(t, "x.csv", []byte("1,2\n3,4\n5,6\n")), put(t, "y.csv", []byte("-1,.5,2\n"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := ReadSamples(t.Context(), c.inputs, c.labels)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				return
			}
			labels := first
			if c.name == "float32 in columns, bytes in a row" {
				labels = []float64{-1, 0, 2}
			}
			if s.N != 3 || s.D != 2 || !slices.Equal(s.X, want) || !slices.Equal(s.Y, labels) {
				t.Errorf("%s: %+v", c.name, s)
			}
		})
	}
}

func TestReadSamplesRefuses(t *testing.T) {
	x, y := put(t, "x.csv", []byte("1,2\n3,4\n")), put(t, "y.csv", []byte("1\n2\n"))
	for _, c := range []struct {
		inputs, labels string
		want           string
	}{
		{put(t, "a.csv", []byte("1,2\n3\n")), y, "line 2 has 1 numbers, line 1 has 2"},
		{put(t, "a.csv", []byte("1,2\n3,four\n")), y, `line 2, column 2 is "four", not a number`},
		{put(t, "a.csv", []byte("1,2\nNaN,4\n")), y, "reading inputs from"},
		{put(t, "a.csv", []byte("# c\n1,2\nNaN,4\n")), y, "line 3, column 1 is NaN"},
		{x, put(t, "b.csv", []byte("1\n+Inf\n")), "line 2, column 1 is +Inf"},
		{x, put(t, "b.csv", []byte("1\nx\n")), "reading labels from"},
		{x, put(t, "b.csv", []byte("1\n2\n3\n")), "3 labels for the 2 inputs"},
		{x, put(t, "b.csv", []byte("1,2\n3,4\n")), "labels have one"},
		{x, x, "the file of the inputs too"},
		{put(t, "a.csv", nil), y, "it is empty"},
		{put(t, "a.json", []byte("1,2")), y, `unknown kind of file ".json"`},
		{filepath.Join(t.TempDir(), "none.npy"), y, "no such file"},
		{put(t, "a.npy", []byte("not numpy at all, but long enough to try")), y, "no NumPy array"},
		{put(t, "a.npy", header("{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }", make([]byte, 32)...)), y, "complex numbers"},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }")), y, "(1000000000, 1000000000)"},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", make([]byte, 24)...)), y, "shorter than its header says"},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", make([]byte, 40)...)), y, "longer than its header says"},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", make([]byte, 8)...)), y, "matrices and vectors"},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", make([]byte, 8)...)), y, "matrices and vectors"},
		{put(t, "a.npy", header("{'descr': '<i8', 'fortran_order': True, 'shape': (2, 2), }",
			append(make([]byte, 16), 1, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0)...)), y, "row 1, column 2 is 9007199254740993, a int64 that float64 cannot hold"},
	} {
		t.Run(c.inputs, func(t *testing.T) {
			s, err := ReadSamples(t.Context(), c.inputs, c.labels)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want %q", s, err, c.want)
			}
		})
	}
}

// Column names 0, 1, ... of pandas are told from samples by the other file, and either way it is said.
func TestNamesOfPandasAboveSamples(t *testing.T) {
	for _, c := range []struct {
		name, inputs, labels string
		n                    int
		notes                string
	}{
		{"both", "0,1,2\n.5,1,2\n3,4,5\n", "0\n-1.5\n2\n", 2, "x.csv: line 1, 0,1,2, is skipped as column names of pandas;y.csv: line 1, 0, is skipped as column names of pandas"},
		{"inputs alone", "0,1,2\n.5,1,2\n3,4,5\n", "-1.5\n2\n", 2, "x.csv: line 1, 0,1,2, is skipped as column names of pandas"},
		{"inputs alone, of whole numbers", "0,1,2\n6,1,2\n3,4,5\n", "-1.5\n2\n", 2, "x.csv: line 1, 0,1,2, is skipped as column names of pandas"},
		{"a sample", "0,1,2\n.5,1,2\n3,4,5\n", "1\n-1.5\n2\n", 3, "x.csv: line 1 is 0,1,2, as pandas writes column names; it is taken as a sample"},
		{"a sample of whole numbers", "0,1\n1,1\n1,0\n", "0\n1\n0\n", 3, "x.csv: line 1 is 0,1, as pandas writes column names; it is taken as a sample"},
		{"names above inputs, a number above labels", "a,b\n1,1\n1,0\n", "0\n1\n0\n", 2, "x.csv: line 1, names of columns, is skipped;y.csv: line 1, 0, is skipped as column names of pandas"},
		{"none", ".5,1,2\n3,4,5\n", "0\n1\n", 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, y := put(t, "x.csv", []byte(c.inputs)), put(t, "y.csv", []byte(c.labels))
			s, err := ReadSamples(t.Context(), x, y)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				return
			}
			notes := strings.NewReplacer(x, "x.csv", y, "y.csv").Replace(strings.Join(s.Notes, ";"))
			if s.N != c.n || len(s.X) != s.N*s.D || len(s.Y) != s.N || notes != c.notes {
				t.Errorf("%s: %d samples, %q", c.name, s.N, notes)
			}
		})
	}
}
