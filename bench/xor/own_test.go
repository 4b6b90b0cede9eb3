package xor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench"
	"kac/particles/xor"
)

// ownFiles writes n samples of XOR with the labels 0 and 1.
func ownFiles(t *testing.T, n, d int) (data, labels string) {
	t.Helper()
	x, y := xor.Drawn[float64](n, d, 5, false)
	var a, b strings.Builder
	for i := range n {
		for c := range d {
			if c > 0 {
				a.WriteByte(',')
			}
			fmt.Fprint(&a, x[i*d+c])
		}
		a.WriteByte('\n')
		fmt.Fprintln(&b, (1+y[i])/2)
	}
	dir := t.TempDir()
	data, labels = filepath.Join(dir, "x.csv"), filepath.Join(dir, "y.csv")
	for path, text := range map[string]string{data: a.String(), labels: b.String()} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return data, labels
}

// Data of one's own train as the same samples drawn do, beside a wide network, of which the gap of the same width is 0.
func TestOwnData(t *testing.T) {
	const n, d = 96, 8
	data, labels := ownFiles(t, n, d)
	p := Parameters{Widths: []int{16, 64}, Scale: 1, Kappa: 2, Batch: 32, Eta: .25, Horizon: 3, Points: 4, Seeds: 2, Seed: 5, Test: 64, Zeta: .5, Data: data, Labels: labels, Wide: 64}
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	var tables [2]bytes.Buffer
	var s *Study
	for k, workers := range []int{1, 3} {
		var err error
		if s, err = Run(t.Context(), p, nil, workers, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteCSV(&tables[k]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(tables[0].Bytes(), tables[1].Bytes()) {
		t.Error("three workers give another table than one")
	}
	drawn := Parameters{Dim: d, Widths: []int{16}, Scale: 1, Kappa: 2, Batch: 32, Fixed: n, Eta: .25, Horizon: 3, Points: 4, Seeds: 1, Seed: 5, Test: 64, Zeta: .5}
	if err := drawn.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	same, err := Run(t.Context(), drawn, nil, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	energy, gap := columnOf("energy"), columnOf("gap")
	for row := range 4 {
		if a, b := s.cells(16)[0].Value(row, energy), same.cells(16)[0].Value(row, energy); a != b {
			t.Errorf("row %d: the energy is %v, of the drawn samples %v", row, a, b)
		}
		if g := s.cells(64)[1].Value(row, gap); g > 1e-25 {
			t.Errorf("row %d: a network as wide as the wide one is %v from it", row, g)
		}
		if g := s.cells(16)[1].Value(row, gap); !(g > 1e-4) {
			t.Errorf("row %d: a narrow network is %v from the wide one", row, g)
		}
	}
	if last := s.cells(64)[0]; last.Value(3, columnOf("loss")) > last.Value(0, columnOf("loss"))-.05 || !math.IsNaN(last.Value(0, columnOf("heavy_mass"))) {
		t.Errorf("rows %v and %v", last.Row(0), last.Row(3))
	}
	record, err := json.Marshal(NewGroup(p).Facts().Parameters)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), record); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(labels, bytes.Replace(must(os.ReadFile(labels)), []byte("0"), []byte("1"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), record); err == nil {
		t.Error("changed labels are taken")
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func TestOwnDataRefuses(t *testing.T) {
	data, labels := ownFiles(t, 12, 4)
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "y.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		key, says string
		change    func(*Parameters)
	}{
		{"data", "give labels", func(p *Parameters) { p.Labels = "" }},
		{"labels", "give data", func(p *Parameters) { p.Data = "" }},
		{"labels", "line 4 is 7, a third value", func(p *Parameters) { p.Labels = write("0\n1\n1\n7\n" + strings.Repeat("1\n", 8)) }},
		{"labels", "all labels are 1", func(p *Parameters) { p.Labels = write(strings.Repeat("1\n", 12)) }},
		{"labels", "11 labels", func(p *Parameters) { p.Labels = write("0\n" + strings.Repeat("1\n", 10)) }},
		{"data", "at least 2", func(p *Parameters) { p.Data = write(strings.Repeat("1\n", 12)) }},
		{"data", "every number must be finite", func(p *Parameters) { p.Data = write(strings.Repeat("1,nan\n", 12)) }},
		{"labels", "the file of the inputs too", func(p *Parameters) { p.Data = labels }},
		{"batch", "from 1 to 12", func(p *Parameters) { p.Batch = 13 }},
		{"rate", "give batch", func(p *Parameters) { p.Rate = 4 }},
		{"reference-width", "from 8", func(p *Parameters) { p.Wide = 4 }},
		{"coupling", "XOR alone", func(p *Parameters) { p.Coupling = true }},
	} {
		t.Run(c.key+" "+c.says, func(t *testing.T) {
			p := Parameters{Widths: []int{8}, Scale: 1, Kappa: 2, Eta: .25, Horizon: 1, Points: 2, Seeds: 1, Test: 64, Zeta: .5, Data: data, Labels: labels, Wide: 16}
			c.change(&p)
			var input *bench.InputError
			if err := p.Check(t.Context()); !errors.As(err, &input) || input.Key != c.key || !strings.Contains(input.Reason, c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}
