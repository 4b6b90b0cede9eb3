package sweep

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"

	"kac/bench"
)

// table writes lines of fields; a failed write is kept and returned by Flush.
type table struct {
	out  *bufio.Writer
	line []byte
}

func newTable(w io.Writer, header string) *table {
	t := &table{out: bufio.NewWriter(w)}
	t.out.WriteString(header + "\n")
	return t
}

func (t *table) text(s string) {
	if len(t.line) > 0 {
		t.line = append(t.line, ',')
	}
	t.line = append(t.line, s...)
}

func (t *table) whole(n int) { t.text(strconv.Itoa(n)) }

// numbers that are not finite leave their field empty.
func (t *table) numbers(values ...float64) {
	for _, x := range values {
		t.line = append(t.line, ',')
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			t.line = strconv.AppendFloat(t.line, x, 'g', -1, 64)
		}
	}
}

// row writes numbers of columns; whole ones as such.
func (t *table) row(columns []bench.Column, values []float64) {
	for i, x := range values {
		if columns[i].Kind == bench.Whole {
			t.line = strconv.AppendInt(append(t.line, ','), int64(x), 10)
		} else {
			t.numbers(x)
		}
	}
}

// labels writes what tells groups apart.
func (t *table) labels(list []any) {
	for _, l := range list {
		if x, isNumber := l.(float64); isNumber {
			t.numbers(x)
		} else {
			t.text(fmt.Sprint(l))
		}
	}
}

func (t *table) end() {
	t.out.Write(append(t.line, '\n'))
	t.line = t.line[:0]
}

// problem begins a row.
func (t *table) problem(f *bench.Facts) {
	t.text(f.Problem)
	t.whole(f.Dim)
}

// group writes the columns that tell groups apart.
func (t *table) group(f *bench.Facts) {
	t.problem(f)
	t.labels(f.Labels)
}

// WriteTable writes table.csv: one row per size, seed and time. Numbers are the shortest that read back
// exactly.
func WriteTable(w io.Writer, results []*bench.Result) error {
	t := newTable(w, results[0].Facts.Schema.TableHeader())
	for _, r := range results {
		f := &r.Facts
		for _, c := range r.Cells {
			for i := range c.Rows() {
				t.problem(f)
				t.whole(c.Size)
				t.text(strconv.FormatUint(c.Seed, 10))
				t.labels(f.Labels)
				t.row(f.Schema.Columns, c.Row(i))
				t.end()
			}
		}
	}
	return t.out.Flush()
}

// WriteReference writes reference.csv: the ideal limits, one row a time.
func WriteReference(w io.Writer, results []*bench.Result) error {
	schema := results[0].Facts.Schema
	t := newTable(w, schema.LimitHeader())
	seen := map[any]bool{}
	for _, r := range results {
		key := limitKey(r)
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, row := range r.Limit {
			t.problem(&r.Facts)
			t.labels(r.Facts.Labels[:schema.LimitLabels])
			t.row(schema.Limit, row)
			t.end()
		}
	}
	return t.out.Flush()
}

// WriteSummary writes summary.csv: means over seeds with their standard errors, per group, size and time; scaled
// columns times the size.
func WriteSummary(w io.Writer, results []*bench.Result) error {
	t := newTable(w, results[0].Facts.Schema.SummaryHeader())
	for _, r := range results {
		for i, m := range r.Means.Sizes {
			for k, time := range r.Means.Times {
				t.group(&r.Facts)
				t.whole(m)
				t.numbers(time)
				t.whole(r.Means.Seeds)
				for _, c := range r.Means.Columns {
					t.numbers(c.Mean[k][i].Value, c.Mean[k][i].SE)
				}
				t.end()
			}
		}
	}
	return t.out.Flush()
}

// WriteSlopes writes slopes.csv: fitted exponents of the size with 95 % intervals, per group,
// quantity and time; with an empty time that of the average over all times after 0. Exponents that
// the data do not determine have no row.
func WriteSlopes(w io.Writer, results []*bench.Result) error {
	t := newTable(w, results[0].Facts.Schema.SlopesHeader())
	for _, r := range results {
		for _, c := range r.Means.Columns {
			for k, e := range c.Exponents {
				t.slope(&r.Facts, c.Column.SlopeName(), r.Means.Times[k], e)
			}
			t.slope(&r.Facts, c.Column.SlopeName(), math.NaN(), c.Overall)
		}
	}
	return t.out.Flush()
}

func (t *table) slope(f *bench.Facts, quantity string, time float64, e *bench.Exponent) {
	if e == nil {
		return
	}
	t.group(f)
	t.text(quantity)
	t.numbers(time, e.Value, e.Low, e.High, e.SE)
	t.whole(e.DF)
	t.end()
}

// WriteText prints the table for people that the measure has, or a general one: what is summarised at each group's last
// time.
func WriteText(w io.Writer, s *Study, results []*bench.Result) error {
	text, write := "", s.Measure.Text
	if write == nil {
		write = lastTimes
	}
	text, err := write(results)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// lastTimes is the general table for people.
func lastTimes(results []*bench.Result) (string, error) {
	schema := results[0].Facts.Schema
	header := []string{"group", "T", schema.Letter}
	for _, c := range schema.Summarised() {
		name := c.SlopeName()
		if c.How == bench.Scaled {
			header = append(header, schema.Letter+"*"+name, "exponent of "+schema.Letter)
			continue
		}
		header = append(header, name)
	}
	rows := [][]string{header}
	for _, r := range results {
		k := len(r.Means.Times) - 1
		for i, m := range r.Means.Sizes {
			row := []string{"", "", strconv.Itoa(m)}
			if i == 0 {
				row[0], row[1] = r.Name, number(r.Means.Times[k])
			}
			for _, c := range r.Means.Columns {
				row = append(row, c.Mean[k][i].Text())
				if c.Column.How == bench.Scaled && i == 0 {
					row = append(row, c.Exponents[k].Text())
				} else if c.Column.How == bench.Scaled {
					row = append(row, "")
				}
			}
			rows = append(rows, row)
		}
	}
	return fmt.Sprintf("At the last time T, means over %s with standard errors in brackets.\n\n%s", schema.Seeds, bench.Columns(rows, 1)), nil
}
