package layout

import (
	"fmt"
	"strings"
	"testing"
)

const wide = `A line of words that is longer than the forty columns that there are.
  indented words that go on and on and on and on
time   risk        m=8       m=16        m=32       m=64                    p
-----------------------------------------------------------------------------
   0  0.963  0.895(48)  0.930(98)   0.931(12)  0.997(79)  -0.95 [-1.03,-0.87]
 1.5    0.9          0          -   0.931(12)                               -
p of the average over all times after 0: -0.97

short  table
------------
    1      2
a-path/` + "without-any-space-that-is-longer-than-forty-columns.csv and \x1b[31mmore\n"

// A wide table keeps its keys and its last column, names what is left out, and what follows it is not of it; long lines
// are broken between words.
func TestFit(t *testing.T) {
	var out strings.Builder
	if err := Fit(&out, wide, 40); err != nil {
		t.Fatal(err)
	}
	want := `A line of words that is longer than the
forty columns that there are.
  indented words that go on and on and
  on and on
time   risk                    p
--------------------------------
   0  0.963  -0.95 [-1.03,-0.87]
 1.5    0.9                    -
Left out for lack of room: m=8, m=16,
m=32, m=64.
p of the average over all times after 0:
-0.97

short  table
------------
    1      2
a-path/without-any-space-that-is-longer-than-forty-columns.csv
and \x1b[31mmore
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	// What fits is not touched.
	out.Reset()
	if err := Fit(&out, wide, 400); err != nil || strings.ReplaceAll(wide, "\x1b", `\x1b`) != out.String() {
		t.Errorf("with room enough:\n%s", out.String())
	}
}

// What is to be kept goes last, and of the rest what is nearest to the middle goes first.
func TestFitKeeps(t *testing.T) {
	const text = "key   n  answer  other  more  last\n" +
		"----------------------------------\n" +
		"a     1    0.25   0.50  0.75     9\n"
	for width, want := range map[int]string{
		34: "key   n  answer  other  more  last",
		30: "key  n  answer  more  last",
		24: "key  n  answer  last",
		16: "key  n  last",
	} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var out strings.Builder
			if err := Fit(&out, text, width, "answer"); err != nil {
				t.Fatal(err)
			}
			if got, _, _ := strings.Cut(out.String(), "\n"); got != want {
				t.Errorf("width %d: %q, want %q", width, got, want)
			}
		})
	}
}
