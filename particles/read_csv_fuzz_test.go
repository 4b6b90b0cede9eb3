package particles

import (
	"bytes"
	"testing"
)

// A table of numbers is refused, or read into as many numbers as it has rows and columns.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("1,2\n3,4\n"))
	f.Add([]byte("x,y\n1e300,-0\n"))
	f.Add([]byte("1;2\n\n\"3\",4"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, rows, columns, err := readCSV(bytes.NewReader(b))
		if err == nil && len(x) != rows*columns {
			t.Errorf("%d numbers for %d x %d", len(x), rows, columns)
		}
	})
}
