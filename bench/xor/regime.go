package xor

import (
	"fmt"
	"io"
	"math"
	"strings"

	"kac/bench"
)

// outsideBy is by how many standard errors a width's m times gap leaves that of the wider ones before it is called
// outside of the regime.
const outsideBy = 3

// Regime is where m times the gap is a constant: the exponent of the gap in the width over all widths, and without the
// smallest ones that are outside.
type Regime struct {
	All     bench.Exponent
	Outside []Outside
	Within  *bench.Exponent // nil: nothing is outside, or too few widths are left
}

// Outside is a width whose m times gap is not that of all wider ones, by so much, paired by seeds.
type Outside struct {
	Width int
	By    bench.Mean
}

// regime of gaps[i][s] at widths[i] with seed s. While the smallest width's m times gap differs from the mean over the
// wider ones by more than three standard errors (over seeds, of which widths share the first neurons), it is left out.
func regime(widths []int, gaps [][]float64) (*Regime, error) {
	r := &Regime{}
	var err error
	if r.All, err = bench.FitExponent(widths, gaps); err != nil {
		return nil, err
	}
	for len(widths) > 2 && len(gaps[0]) > 2 {
		by := make([]float64, len(gaps[0]))
		for s := range by {
			for i, m := range widths {
				part := float64(m) * gaps[i][s]
				if i > 0 {
					part /= -float64(len(widths) - 1)
				}
				by[s] += part
			}
		}
		mean := bench.MeanOf(by)
		if !(math.Abs(mean.Value) > outsideBy*mean.SE) {
			break
		}
		r.Outside = append(r.Outside, Outside{widths[0], mean})
		widths, gaps = widths[1:], gaps[1:]
	}
	if len(r.Outside) > 0 {
		r.Within = bench.FitOrNil(widths, gaps)
	}
	return r, nil
}

// Regime is that of the gap at a row.
func (s *Study) Regime(row int) (*Regime, error) {
	k := columnOf("gap")
	var values [][]float64
	for _, m := range s.Parameters.Widths {
		var x []float64
		for _, c := range s.cells(m) {
			x = append(x, c.Value(row, k))
		}
		values = append(values, x)
	}
	return regime(s.Parameters.Widths, values)
}

// writeRegime says how the gap falls with the width at about ten times, and, where the width alone makes it, which
// widths are too small for 1/m.
func (s *Study) writeRegime(w io.Writer) {
	p := &s.Parameters
	times := p.Times()
	if !p.Cube { // not the width alone makes the gap
		if r, err := s.Regime(len(times) - 1); err == nil {
			fmt.Fprintf(w, "\nAt t = %.6g the gap goes like %s (95 %% interval %s).\n", times[len(times)-1], exponent(&r.All), interval(&r.All))
		}
		return
	}
	every := (len(times) + 5) / 6
	rows := [][]string{{"t", "gap like", "95 % interval", "too small", "without them", "95 % interval"}}
	outside := false
	for k, t := range times {
		if k%every != 0 && k != len(times)-1 {
			continue
		}
		r, err := s.Regime(k)
		if err != nil {
			continue
		}
		row := []string{fmt.Sprintf("%.6g", t), exponent(&r.All), interval(&r.All), "", "", ""}
		if len(r.Outside) > 0 {
			outside = true
			var list []string
			for _, o := range r.Outside {
				list = append(list, fmt.Sprintf("%d (%s)", o.Width, o.By.Text()))
			}
			row[3] = "m = " + strings.Join(list, ", ")
			if r.Within != nil {
				row[4], row[5] = exponent(r.Within), interval(r.Within)
			}
		}
		rows = append(rows, row)
	}
	if !outside {
		for i := range rows {
			rows[i] = rows[i][:3]
		}
	}
	if len(rows) == 1 {
		return
	}
	fmt.Fprintf(w, "\nHow the gap falls with m.")
	if outside {
		fmt.Fprintf(w, " Too small are widths whose m*gap is more than %d standard errors off that of wider networks, by so much.", outsideBy)
	}
	fmt.Fprintf(w, "\n\n%s", bench.AlignRight(rows))
}

func exponent(e *bench.Exponent) string { return fmt.Sprintf("m^%.3f", e.Value) }

func interval(e *bench.Exponent) string { return fmt.Sprintf("%.3f to %.3f", e.Low, e.High) }
