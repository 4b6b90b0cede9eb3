package particles

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
)

func put(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func numpy(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, v); err != nil {
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
	labels := []float64{-1, .5, 2}
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
		{"npy", put(t, "x.npy", numpy(t, mat.NewDense(3, 2, want))), put(t, "y.npy", numpy(t, labels))},
		{"npy, matrix of labels", put(t, "x.npy", numpy(t, mat.NewDense(3, 2, want))), put(t, "y.npy", numpy(t, mat.NewDense(3, 1, labels)))},
		{"float32 in columns", put(t, "x.npy", fortran), put(t, "y.npy", numpy(t, []float32{-1, .5, 2}))},
		{"csv", put(t, "x.csv", []byte("1,2\n3, 4\n5,6\n")), put(t, "y.CSV", []byte("-1\n.5\n2"))},
		{"csv, labels in a row", put(t, "x.csv", []byte("1,2\n3,4\n5,6\n")), put(t, "y.csv", []byte("-1,.5,2\n"))},
	} {
		s, err := ReadSamples(t.Context(), c.inputs, c.labels)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if s.N != 3 || s.D != 2 || !slices.Equal(s.X, want) || !slices.Equal(s.Y, labels) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

func TestReadSamplesRefuses(t *testing.T) {
	x, y := put(t, "x.csv", []byte("1,2\n3,4\n")), put(t, "y.csv", []byte("1\n2\n"))
	for _, c := range []struct {
		inputs, labels string
		want           string
	}{
		{put(t, "a.csv", []byte("1,2\n3\n")), y, "row 2 has 1 numbers, row 1 has 2"},
		{put(t, "a.csv", []byte("1,2\n3,four\n")), y, `row 2, column 2: "four" is not a number`},
		{put(t, "a.csv", []byte("1,2\nNaN,4\n")), y, "row 2, column 1 of the inputs is NaN"},
		{x, put(t, "b.csv", []byte("1\n+Inf\n")), "row 2 of the labels is +Inf"},
		{x, put(t, "b.csv", []byte("1\n2\n3\n")), "3 labels"},
		{x, put(t, "b.csv", []byte("1,2\n3,4\n")), "labels have one"},
		{put(t, "a.csv", nil), y, "the file is empty"},
		{put(t, "a.txt", []byte("1,2")), y, `unknown kind of file ".txt"`},
		{filepath.Join(t.TempDir(), "none.npy"), y, "no such file"},
		{put(t, "a.npy", []byte("not numpy at all, but long enough to try")), y, "not a NumPy array"},
		{put(t, "a.npy", numpy(t, []int64{1, 2})), y, `numbers of type "<i8"`},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000), }")), y, "in a file of"},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", make([]byte, 24)...)), y, "reading an array of shape [2 2]"},
		{put(t, "a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", make([]byte, 8)...)), y, "matrix or a vector"},
	} {
		s, err := ReadSamples(t.Context(), c.inputs, c.labels)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %v; want %q", s, err, c.want)
		}
	}
}

func FuzzReadNPY(f *testing.F) {
	f.Add(numpy(f, []float64{1, 2}))
	f.Add(numpy(f, mat.NewDense(2, 2, []float64{1, 2, 3, 4})))
	f.Add(header("{'descr': '<f8', 'fortran_order': False, 'shape': (-2, 2), }", make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, rows, columns, err := readNPY(bufio.NewReader(bytes.NewReader(b)), int64(len(b)))
		if err == nil && len(x) != rows*columns {
			t.Errorf("%d numbers for %d x %d", len(x), rows, columns)
		}
	})
}
