package compare

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"kac/bench"
	"kac/meanfield/ridge"
)

// Row is one predictor on one draw; of networks, at one time.
type Row struct {
	Cell
	Predictor string
	Width     int     // of networks; else 0
	Time      float64 // paper time of networks; else NaN
	Ridge     float64 // of kernels; else NaN
	ridge.Risk
	RiskError  float64 // at most, of what an unfinished solution leaves; 0 where risks are closed forms
	TrainRisk  float64 // mean square of y - f on the samples; NaN of the floor
	Iterations int     // steps of the network, products with the kernel matrix
	Residual   float64 // of the kernels' equations, relative; else NaN
}

// header are the columns of compare.csv.
func (p *Parameters) header() []string {
	out := []string{"dim", "samples", "draw", "predictor", "width", "time", "ridge", "risk", "risk_error"}
	for _, k := range p.degrees() {
		out = append(out, fmt.Sprintf("risk_%d", k))
	}
	return append(out, "train_risk", "iterations", "residual")
}

// record is a row of compare.csv.
func (r *Row) record() []string {
	width, iterations := "", ""
	if r.Predictor == Network {
		width = strconv.Itoa(r.Width)
	}
	if r.Predictor != Floor {
		iterations = strconv.Itoa(r.Iterations)
	}
	out := []string{strconv.Itoa(r.Dim), strconv.Itoa(r.Samples), strconv.Itoa(r.Draw), r.Predictor, width, field(r.Time), field(r.Ridge), field(r.Total), field(r.RiskError)}
	for _, part := range r.Parts {
		out = append(out, field(part))
	}
	return append(out, field(r.TrainRisk), iterations, field(r.Residual))
}

// WriteRows writes compare.csv: rows in the order of cells.
func (p *Parameters) WriteRows(w io.Writer, rows []Row) error {
	out := csv.NewWriter(bufio.NewWriter(w))
	if err := out.Write(p.header()); err != nil {
		return err
	}
	for i := range rows {
		if err := out.Write(rows[i].record()); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// ErrOtherTable says that a table is not one of these parameters.
var ErrOtherTable = errors.New("compare.csv has other columns or rows than these parameters give")

// ReadRows reads compare.csv; only whole cells come back, in their order.
func (p *Parameters) ReadRows(r io.Reader) ([]Row, error) {
	records, err := csv.NewReader(r).ReadAll()
	if err != nil || len(records) == 0 || !slices.Equal(records[0], p.header()) {
		return nil, ErrOtherTable
	}
	byCell := map[Cell][]Row{}
	for _, record := range records[1:] {
		row, err := p.parse(record)
		if err != nil {
			return nil, err
		}
		byCell[row.Cell] = append(byCell[row.Cell], row)
	}
	var rows []Row
	for _, c := range p.Cells() {
		if list := byCell[c]; len(list) == p.rowsOf(c.Dim, c.Samples) {
			rows = append(rows, list...)
		}
	}
	return rows, nil
}

func (p *Parameters) parse(record []string) (row Row, err error) {
	failed := false
	whole := func(text string) int {
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		failed = failed || err != nil
		return n
	}
	number := func(text string) float64 {
		if text == "" {
			return math.NaN()
		}
		x, err := strconv.ParseFloat(text, 64)
		failed = failed || err != nil
		return x
	}
	degrees := len(p.degrees())
	row.Dim, row.Samples, row.Draw, row.Predictor = whole(record[0]), whole(record[1]), whole(record[2]), record[3]
	row.Width, row.Time, row.Ridge, row.Total, row.RiskError = whole(record[4]), number(record[5]), number(record[6]), number(record[7]), number(record[8])
	for _, text := range record[9 : 9+degrees] {
		row.Parts = append(row.Parts, number(text))
	}
	row.TrainRisk, row.Iterations, row.Residual = number(record[9+degrees]), whole(record[10+degrees]), number(record[11+degrees])
	if failed {
		return row, ErrOtherTable
	}
	return row, nil
}

// SortRows puts rows of whole cells in the order of cells; within a cell the order stays.
func SortRows(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int { return a.Cell.compare(b.Cell) })
}

func (c Cell) compare(o Cell) int {
	for _, pair := range [][2]int{{c.Dim, o.Dim}, {c.Samples, o.Samples}, {c.Draw, o.Draw}} {
		if pair[0] != pair[1] {
			return pair[0] - pair[1]
		}
	}
	return 0
}

// meanOf returns the mean risk over draws of the rows that pass.
func meanOf(rows []Row, pass func(*Row) bool) bench.Mean {
	var list []float64
	for i := range rows {
		if pass(&rows[i]) {
			list = append(list, rows[i].Total)
		}
	}
	return bench.MeanOf(list)
}
