package training

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"kac/bench"
	"kac/meanfield"
)

// gapsColumns are the numbers of a row of gap.csv for a width, declared once: the header, the table, its reader and the
// tables of sweeps follow from them.
var gapsColumns = func() (list []gapsColumn) {
	measured := func(c bench.Column, at func(r *GapsRow, width int) *float64) {
		list = append(list, gapsColumn{c, at})
	}
	predicted := func(name, meaning string, at func(r *GapsRow, width int) *meanfield.Estimate) {
		measured(bench.Column{Name: name, Meaning: meaning}, func(r *GapsRow, width int) *float64 { return &at(r, width).Value })
		measured(bench.Column{Name: name + "_error", Meaning: "its error"}, func(r *GapsRow, width int) *float64 { return &at(r, width).Error })
	}
	measured(bench.Column{Name: "time", Unit: "paper time", Meaning: "step number times eta"}, func(r *GapsRow, _ int) *float64 { return &r.Time })
	measured(bench.Column{Name: "width_gap", How: bench.Scaled, Mean: "m_width_gap", Law: "width_law", Formula: "‖*f*_{*m*} − *f*_{∞}‖^2",
		Meaning: "‖f_m − f_MF‖², population and flow for both"}, func(r *GapsRow, width int) *float64 { return &r.Width[width] })
	for _, c := range []struct {
		name, law, meaning string
		at                 func(r *GapsRow, _ int) *float64
	}{
		{"data_gap", "data_law", "batches against the population, the reference width and steps for both", func(r *GapsRow, _ int) *float64 { return &r.Data }},
		{"step_gap", "step_law", "steps against the flow, population and infinite width for both", func(r *GapsRow, _ int) *float64 { return &r.Step }},
		{"run_gap", "", "batches and steps against the population's flow, the reference width for both", func(r *GapsRow, _ int) *float64 { return &r.Run }},
		{"total_gap", "total_law", "the trained network of the reference width against the infinite flow", func(r *GapsRow, _ int) *float64 { return &r.Total }},
	} {
		measured(bench.Column{Name: c.name, How: bench.Averaged, Law: c.law, Common: true, Meaning: c.meaning}, c.at)
	}
	predicted("width_law", "what the law predicts of width_gap, C/m", func(r *GapsRow, width int) *meanfield.Estimate { return &r.Law.Width[width] })
	predicted("data_law", "of data_gap", func(r *GapsRow, _ int) *meanfield.Estimate { return &r.Law.Data })
	predicted("step_law", "of step_gap", func(r *GapsRow, _ int) *meanfield.Estimate { return &r.Law.Step })
	predicted("total_law", "of total_gap", func(r *GapsRow, _ int) *meanfield.Estimate { return &r.Law.Total })
	measured(bench.Column{Name: "data_threshold", Meaning: "n*, of fixed samples"}, func(r *GapsRow, _ int) *float64 { return &r.Law.Threshold })
	return list
}()

type gapsColumn struct {
	bench.Column
	at func(r *GapsRow, width int) *float64
}

// GapsHeader is the first line of the gap.csv of a training study; one row per repeat, time and width.
var GapsHeader = func() string {
	header := "problem,dim,width,wide,eta,samples,repeat"
	for _, c := range gapsColumns {
		header += "," + c.Name
	}
	return header
}()

// WriteCSV writes GapsHeader and the rows. data_gap, run_gap and total_gap are those of the width wide
// and, like step_gap, repeat for every width.
func (g *Gaps) WriteCSV(w io.Writer) error {
	p := &g.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, GapsHeader)
	numbers := make([]float64, len(gapsColumns))
	for i := range g.Rows { // a failed write is kept and returned by Flush
		r := &g.Rows[i]
		for j, m := range p.Widths {
			for k, c := range gapsColumns {
				numbers[k] = *c.at(r, j)
			}
			fmt.Fprintf(out, "%s,%d,%d,%d,%s,%d,%d,%s\n", g.Task.Name(), p.Dim, m, p.Wide, bench.Number(p.Eta), p.Samples, r.Repeat+1, bench.Fields(numbers...))
		}
	}
	return out.Flush()
}

// readRow adds what a line of the table says.
func (g *Gaps) readRow(line string) error {
	widths := len(g.Parameters.Widths)
	words := strings.Split(line, ",")
	if len(words) < 1+len(gapsColumns) {
		return io.ErrUnexpectedEOF
	}
	words = words[len(words)-1-len(gapsColumns):] // a name before them may have commas
	repeat, err := strconv.Atoi(words[0])
	if err != nil {
		return err
	}
	at := len(g.Rows) - 1
	if g.read%widths == 0 {
		g.Rows = append(g.Rows, GapsRow{Repeat: repeat - 1, Width: make([]float64, widths), Law: noLaw(widths)})
		at++
	}
	for k, c := range gapsColumns {
		x := math.NaN()
		if word := words[1+k]; word != "" {
			if x, err = strconv.ParseFloat(word, 64); err != nil {
				return err
			}
		}
		*c.at(&g.Rows[at], g.read%widths) = x
	}
	g.read++
	if g.Rows[at].Repeat != repeat-1 {
		return errors.New("not the row that comes here")
	}
	return nil
}

// mean is that over the repeats of what pick takes of the rows of an observation.
func (g *Gaps) mean(observation int, pick func(*GapsRow) float64) bench.Mean {
	all := len(g.Parameters.Observations())
	var x []float64
	for repeat := range g.Parameters.Repeats {
		x = append(x, pick(&g.Rows[repeat*all+observation]))
	}
	return bench.MeanOf(x)
}
