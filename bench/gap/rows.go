package gap

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/bench"
)

// Row is what one network shows at one time.
type Row struct {
	Time           float64 // paper time
	Risk           float64 // ||f_m - f*||^2
	ReferenceRisk  float64 // ||f_MF - f*||^2
	FunctionError  float64 // ||f_m - f_MF||^2
	CouplingMean   float64 // mean_i |Delta_i|, Delta_i = w_i(t) - xi_t(w_i(0))
	CouplingMax    float64 // max_i |Delta_i|
	CouplingSquare float64 // mean_i |Delta_i|^2
}

// Cell is one run of the study: a network of Width particles from Seed, seen at every time.
type Cell struct {
	Width int
	Seed  uint64
	Rows  []Row
}

// WriteCSV writes the cells in the order given, Header first. Numbers are the shortest that
// read back exactly, so that equal cells give equal bytes.
func WriteCSV(w io.Writer, problem string, p *Parameters, cells []Cell) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	var line []byte
	for _, c := range cells {
		for _, r := range c.Rows {
			line = append(line[:0], problem...)
			line = append(line, ',')
			line = strconv.AppendInt(line, int64(p.Dim), 10)
			line = append(line, ',')
			line = strconv.AppendInt(line, int64(c.Width), 10)
			line = append(line, ',')
			line = strconv.AppendUint(line, c.Seed, 10)
			line = append(line, ',')
			line = append(line, p.Precision...)
			for _, x := range r.numbers() {
				line = append(line, ',')
				line = strconv.AppendFloat(line, *x, 'g', -1, 64)
			}
			line = append(line, '\n')
			out.Write(line) // a failed write is kept and returned by Flush
		}
	}
	return out.Flush()
}

// ReadCSV reads what WriteCSV wrote for a study with these parameters: any subset of its
// cells, each one whole. Anything else is an error that names the line: the file is not ours, or
// it was changed or damaged.
func ReadCSV(r io.Reader, problem string, p *Parameters) ([]Cell, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", noEOF(err))
	}
	switch got := strings.Join(header, ","); {
	case got+",coupling_square" == Header:
		return nil, errors.New("line 1: it has no column coupling_square: an earlier version of kac wrote it")
	case got != Header:
		return nil, fmt.Errorf("line 1: the header is %q, not %q", got, Header)
	}
	times := p.Times()
	var cells []Cell
	for {
		record, err := in.Read()
		line, _ := in.FieldPos(0)
		switch {
		case errors.Is(err, io.EOF):
			if n := len(cells); n > 0 && len(cells[n-1].Rows) != len(times) {
				return nil, fmt.Errorf("the file ends in the middle of width %d, seed %d", cells[n-1].Width, cells[n-1].Seed)
			}
			return cells, nil
		case err != nil:
			return nil, err // csv names the line
		}
		width, seed, row, err := parseGapRow(record, problem, p)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		n := len(cells)
		if n == 0 || len(cells[n-1].Rows) == len(times) {
			if n > 0 && (width < cells[n-1].Width || width == cells[n-1].Width && seed <= cells[n-1].Seed) {
				return nil, fmt.Errorf("line %d: width %d, seed %d out of order", line, width, seed)
			}
			cells = append(cells, Cell{Width: width, Seed: seed, Rows: make([]Row, 0, len(times))})
			n++
		}
		c := &cells[n-1]
		if c.Width != width || c.Seed != seed || !bench.SameTime(row.Time, times[len(c.Rows)]) {
			return nil, fmt.Errorf("line %d: width %d, seed %d, time %s where width %d, seed %d, time %s should be", line,
				width, seed, bench.Number(row.Time), c.Width, c.Seed, bench.Number(times[len(c.Rows)]))
		}
		row.Time = times[len(c.Rows)]
		c.Rows = append(c.Rows, row)
	}
}

func parseGapRow(record []string, problem string, p *Parameters) (width int, seed uint64, row Row, err error) {
	if record[0] != problem || record[1] != strconv.Itoa(p.Dim) {
		return 0, 0, row, fmt.Errorf("problem %q in dimension %s, not %q in dimension %d", record[0], record[1], problem, p.Dim)
	}
	if width, err = strconv.Atoi(record[2]); err != nil || !slices.Contains(p.Widths, width) {
		return 0, 0, row, fmt.Errorf("width %q is not one of %v", record[2], p.Widths)
	}
	if seed, err = strconv.ParseUint(record[3], 10, 64); err != nil || seed < p.Seed || seed-p.Seed >= uint64(p.Seeds) {
		return 0, 0, row, fmt.Errorf("seed %q is not one of %d to %d", record[3], p.Seed, p.Seed+uint64(p.Seeds)-1)
	}
	if record[4] != p.Precision {
		return 0, 0, row, fmt.Errorf("precision %q, not %s", record[4], p.Precision)
	}
	for i, x := range row.numbers() {
		if *x, err = strconv.ParseFloat(record[5+i], 64); err != nil || math.IsNaN(*x) || math.IsInf(*x, 0) {
			return 0, 0, row, fmt.Errorf("%q is not a finite number", record[5+i])
		}
	}
	return width, seed, row, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// SortCells puts cells in the order of gap.csv: by width, then seed.
func SortCells(cells []Cell) { slices.SortFunc(cells, compareCells) }

func compareCells(a, b Cell) int {
	return cmp.Or(cmp.Compare(a.Width, b.Width), cmp.Compare(a.Seed, b.Seed))
}
