package xor

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"kac/bench"
	"kac/internal/plotting"
)

// Files of a measurement.
const (
	File          = "xor.csv"
	ReferenceFile = "reference.csv"
	PictureFile   = "xor.svg"
)

// Header is the first line of xor.csv: a line a width, seed and time.
var Header = "width,seed," + strings.Join(bench.Names(Schema.Columns), ",")

// LimitHeader is that of reference.csv.
var LimitHeader = strings.Join(bench.Names(Schema.Limit), ",")

// WriteCSV writes a line for each width, seed and time.
func (s *Study) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	for _, c := range s.Cells {
		for row := range c.Rows() {
			fmt.Fprintf(out, "%d,%d,%s\n", c.Size, c.Seed, bench.Fields(c.Row(row)...))
		}
	}
	return out.Flush()
}

// WriteLimit writes the infinite network.
func (s *Study) WriteLimit(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, LimitHeader)
	for _, row := range s.ideal.rows() {
		fmt.Fprintln(out, bench.Fields(row...))
	}
	return out.Flush()
}

// began says what networks start from.
func (p *Parameters) began() string {
	if p.Initial != "" {
		return fmt.Sprintf("neurons of %s (theta = %.4g, the root of their mean |w|^2)", filepath.Base(p.Initial), p.Scale)
	}
	return "theta = " + bench.Number(p.Scale)
}

// WriteText writes means over seeds for people: every width at about ten times.
func (s *Study) WriteText(w io.Writer) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	batch := fmt.Sprintf("batches of %d", p.Batch)
	if p.Cube {
		batch = fmt.Sprintf("all %d inputs in every step", p.Batch)
	}
	loss := ""
	if p.Loss == Square {
		loss = "square loss, "
	}
	what, limit := "XOR", "infinite network of the same step"
	if p.own != nil {
		what, limit = fmt.Sprintf("%d samples of your own", len(p.own.y)), fmt.Sprintf("none; the gap is to %d neurons", p.Wide)
	}
	fmt.Fprintf(out, "Two trained layers on %s, d = %d, %s, %seta = %s, %s, means over %s; G: %s.\n\n",
		what, p.Dim, p.began(), loss, bench.Number(p.Eta), batch, plotting.Count(p.Seeds, "seed"), limit)
	rows := [][]string{{"m", "t", "samples", "error", "loss", "margin", "G", "m*gap", "heavy mass"}}
	times := p.Times()
	every := bench.TimeStep(len(times))
	for _, m := range p.Widths {
		for k, t := range times {
			if k%every != 0 && k != len(times)-1 {
				continue
			}
			gap := s.Mean(m, k, "gap")
			gap.Value *= float64(m)
			gap.SE *= float64(m)
			rows = append(rows, []string{fmt.Sprint(m), fmt.Sprintf("%.6g", t), fmt.Sprintf("%.0f", s.Mean(m, k, "samples").Value), s.Mean(m, k, "test_error").Text(),
				s.Mean(m, k, "loss").Text(), s.Mean(m, k, "margin").Text(), bench.Known("%.6g", s.Margin(k)), gap.Text(), s.Mean(m, k, "heavy_mass").Text()})
		}
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	if len(p.Widths) > 1 {
		s.writeRegime(out)
	}
	return out.Flush()
}
