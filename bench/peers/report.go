package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"text/tabwriter"

	"kac/internal/provenance"
)

var nan = math.NaN()

// report is what is printed.
type report struct {
	options   options
	libraries []library
	missing   []string
	results   []result
	foreign   float64 // processors that other programs kept busy, NaN if not known
}

func (r report) write(out io.Writer) {
	fmt.Fprintf(out, "The same work in kac and its peers: %d of %d processors", r.options.threads, runtime.NumCPU())
	if cpu := provenance.Current().CPU; cpu != "" {
		fmt.Fprintf(out, " (%s)", cpu)
	}
	fmt.Fprintf(out, ",\nruns in turn, medians of %d. ", r.options.rounds)
	if math.IsNaN(r.foreign) {
		fmt.Fprintln(out, "What else the machine did is not known.")
	} else {
		fmt.Fprintf(out, "Other programs kept %.1f processors busy meanwhile.\n", max(0, r.foreign))
		if r.foreign > mostForeign {
			fmt.Fprintf(out, "That is more than %.1f: times and their ratios mean little.\n", mostForeign)
		}
	}
	for _, l := range r.libraries {
		fmt.Fprintf(out, "  %-8s %s\n", l.name(), l.version())
	}
	for _, m := range r.missing {
		fmt.Fprintf(out, "  %s\n", m)
	}

	fmt.Fprintln(out, "\nTimes as long as kac's, with the range over the rounds; kac's rate and share of the peak by the flops of its own form:")
	table(out, r.header("kac GFLOP/s", "% of peak"), func(c *result) []string {
		row := []string{short(c.ownFlops() / median(c.seconds[0]) / 1e9), percent(c.share())}
		for i := 1; i < len(r.libraries); i++ {
			ratios := c.ratios(i)
			low, high := ratios[0], ratios[0]
			for _, v := range ratios {
				low, high = min(low, v), max(high, v)
			}
			row = append(row, fmt.Sprintf("%s (%s-%s)", short(median(ratios)), short(low), short(high)))
		}
		return row
	}, r.results)

	var split []result
	for _, c := range r.results {
		if len(c.pairs) > 0 {
			split = append(split, c)
		}
	}
	if len(split) > 0 {
		fmt.Fprintln(out, "\nWhere kac sums moments in place of pairs, the algorithm's gain, its pairs over its moments, and that of the\nimplementation, the peer's pairs over kac's:")
		table(out, r.header("algorithm"), func(c *result) []string {
			row := []string{short(median(c.pairs) / median(c.seconds[0]))}
			for i := 1; i < len(r.libraries); i++ {
				row = append(row, short(median(c.seconds[i])/median(c.pairs)))
			}
			return row
		}, split)
	}

	fmt.Fprintln(out, "\nMilliseconds, medians:")
	table(out, r.header("kac"), func(c *result) []string {
		var row []string
		for i := range r.libraries {
			row = append(row, short(1e3*median(c.seconds[i])))
		}
		return row
	}, r.results)

	var steps []result
	for _, c := range r.results {
		if c.work.operation == "step" {
			steps = append(steps, c)
		}
	}
	if len(steps) > 0 {
		fmt.Fprintln(out, "\nTraining steps, million particle-samples a second (n m over the median), and in how many hours\n4.2e12 of them, the paper's figure 3, would be done at that rate:")
		table(out, r.header("kac"), func(c *result) []string {
			var row []string
			for i := range r.libraries {
				rate := float64(c.work.n) * float64(c.work.m) / median(c.seconds[i])
				row = append(row, fmt.Sprintf("%s (%s h)", short(rate/1e6), short(4.2e12/rate/3600)))
			}
			return row
		}, steps)
	}

	fmt.Fprintln(out, "\nLargest difference from kac in float64, over the largest element; allowed are 1e-10 (f64), 1e-4 (f32) and 1e-7 (ridge, kac's being an iteration's):")
	table(out, r.header("kac"), func(c *result) []string {
		var row []string
		for _, e := range c.errors {
			row = append(row, fmt.Sprintf("%.1e", e))
		}
		return row
	}, r.results)
}

// percent is a share of the peak; where a disturbed measurement of the peak makes it more than all, none.
func percent(share float64) string {
	if !(share <= 1) {
		return "?"
	}
	return fmt.Sprintf("%.0f", 100*share)
}

// short prints three digits, without an exponent.
func short(x float64) string {
	if x >= 99.95 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%#.3g", x)
}

func (r report) header(first ...string) []string {
	for _, l := range r.libraries[1:] {
		first = append(first, l.name())
	}
	return append([]string{"operation", "type", "n,m,d"}, first...)
}

// table prints a row per case, the first three columns left-aligned.
func table(out io.Writer, header []string, row func(*result) []string, results []result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	left := []int{len(header[0]), len(header[1]), len(header[2])}
	var rows [][]string
	for i := range results {
		words := strings.Fields(results[i].work.String())
		for k := range left {
			left[k] = max(left[k], len(words[k]))
		}
		rows = append(rows, append(words, row(&results[i])...))
	}
	for _, cells := range append([][]string{header}, rows...) {
		fmt.Fprintf(w, "  %-*s  %-*s  %-*s\t%s\t\n", left[0], cells[0], left[1], cells[1], left[2], cells[2], strings.Join(cells[3:], "\t"))
	}
	// The writer below is a buffer; its errors are told by whoever empties it.
	_ = w.Flush()
}
