package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/particles"
)

func spectrumOf(t *testing.T, activation, link string) *particles.Spectrum {
	t.Helper()
	c := ProblemChoice{Activation: activation, Link: link, Dim: 9}
	p, err := c.Make()
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Task().Spectrum()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFormulas: a formula, or a fine table, of a known activation has its spectrum.
func TestFormulas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tanh.csv")
	var b strings.Builder
	for i := -400; i <= 400; i++ {
		x := float64(i) / 25
		fmt.Fprintf(&b, "%g,%.17g\n", x, math.Tanh(x))
	}
	if err := os.WriteFile(file, []byte("x,y\n"+b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		own, known string
		bound      float64
	}{
		{"expr:tanh(x)", "tanh", 1e-14}, {"expr: max(0, x)", "relu", 1e-12}, {"expr:(exp(x)-exp(-x))/(exp(x)+exp(-x))", "tanh", 1e-14},
		{"expr:x > 0 ? x : 0", "relu", 1e-12}, {"expr:x**2/sqrt(2)-1/sqrt(2)+x", "2:1,1:1", 1e-13}, {"table:" + file, "tanh", 1e-5},
	} {
		t.Run(c.own, func(t *testing.T) {
			got, want := spectrumOf(t, c.own, "tanh"), spectrumOf(t, c.known, "tanh")
			for l := range 20 {
				q, g := 0.0, 0.0
				if l < len(got.Q) {
					q, g = got.Q[l], got.G[l]
				}
				w, h := 0.0, 0.0
				if l < len(want.Q) {
					w, h = want.Q[l], want.G[l]
				}
				if !(math.Abs(q-w) <= c.bound) || !(math.Abs(g-h) <= c.bound) {
					t.Errorf("%s: q_%d = %.15g and g_%d = %.15g, want %.15g and %.15g", c.own, l, q, l, g, w, h)
				}
			}
		})
	}
}

// TestFormulasRefused: each by one line that names what was typed.
func TestFormulasRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "table:" + path
	}
	for _, c := range []struct{ activation, says string }{
		{"expr:", "write an expression in x"}, {"expr:y+1", "unknown name y"}, {"expr:log(x)", "at -40; it must be finite from -40 to 40"},
		{"expr:1/x", "it must be finite"}, {"expr:exp(x**2/3)", "its square is not integrable"}, {"expr:0", "it is zero"}, {"expr:1", "information exponent is infinite"},
		{"table:", "give a file"}, {"table:" + filepath.Join(dir, "none.csv"), "no such file"},
		{write("jump.csv", "-2,0\n-1,0\n0,0\n0,1\n1,1\n2,1\n"), "it jumps at x = 0 from 0 to 1"}, {write("short.csv", "0,1\n1,2\n"), "give from 5 to 2000 rows"},
		{write("back.csv", "0,1\n1,2\n0.5,1\n2,3\n3,4\n"), "x must ascend, but 0.5 follows 1"}, {write("three.csv", "0,1,2\n1,2,3\n2,3,4\n3,4,5\n4,5,6\n"), "rows of 3 numbers"},
	} {
		t.Run(c.activation, func(t *testing.T) {
			choice := ProblemChoice{Activation: c.activation, Link: "tanh", Dim: 9}
			_, err := choice.Make()
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v; want %q", c.activation, err, c.says)
			}
		})
	}
}
