package xor

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"kac/bench"
	"kac/bench/store"
)

// place is a cell of a table: its dimension, batch, width and seed.
type place struct {
	dim, batch, width int
	seed              uint64
}

func (p *Parameters) place(width int, seed uint64) place {
	return place{p.Dim, p.Batch, width, seed}
}

// places of all cells.
func (p *Parameters) places() []place {
	var out []place
	for _, m := range p.Widths {
		for s := range p.Seeds {
			out = append(out, p.place(m, p.Seed+uint64(s)))
		}
	}
	return out
}

// Kept are finished cells, in tables of an output directory while a study runs: what a later process of the same study
// need not run again. Without a directory they are in memory alone. Its methods may be called concurrently.
type Kept struct {
	*store.Keeper[place, kept]
	places []place
	tables []cellTable // that of the cells, and where there is one that of their neurons
}

// kept is a finished cell: its rows in each table, and the files beside them.
type kept struct {
	rows  [2][]float64
	files []store.File
}

// cellTable is a table of cells, one after the other.
type cellTable struct {
	file, header string
	columns      int
	many         bool                  // of several groups: rows begin with the dimension and the batch
	times        func(place) []float64 // of a cell's rows
}

// KeepStudy reads the cells of a measurement that earlier processes left in xor.csv, with their snapshots; out may be
// nil.
func KeepStudy(p *Parameters, snapshots []float64, out *store.Results) (*Kept, error) {
	times := p.Times()
	tables := []cellTable{{file: File, header: Header, columns: len(Schema.Columns), times: func(place) []float64 { return times }}}
	if p.own == nil {
		var rows []float64
		for _, t := range p.alignedTimes() {
			rows = append(rows, slices.Repeat([]float64{t}, AlignmentBins)...)
		}
		tables = append(tables, cellTable{file: AlignmentFile, header: AlignmentHeader, columns: alignmentColumns, times: func(place) []float64 { return rows }})
	}
	return keep(out, p.places(), tables, func(at place) []string {
		var names []string
		for _, t := range snapshots {
			names = append(names, (&Snapshot{Width: at.width, Seed: at.seed, Time: t}).Name())
		}
		return names
	})
}

// KeepReach is KeepStudy for counts of samples, in cells.csv.
func KeepReach(groups []*ReachGroup, out *store.Results) (*Kept, error) {
	var places []place
	for _, g := range groups {
		places = append(places, g.parameters.places()...)
	}
	table := cellTable{file: CellsFile, header: CellsHeader, columns: len(ReachSchema.Columns), many: true, times: func(place) []float64 { return []float64{0} }}
	return keep(out, places, []cellTable{table}, nil)
}

// KeepRates is KeepStudy for networks with several batches, in cells.csv.
func KeepRates(groups []Parameters, out *store.Results) (*Kept, error) {
	var places []place
	for i := range groups {
		places = append(places, groups[i].places()...)
	}
	times := groups[0].Times()
	table := cellTable{file: CellsFile, header: RateCellsHeader, columns: len(Schema.Columns), many: true, times: func(place) []float64 { return times }}
	return keep(out, places, []cellTable{table}, nil)
}

// keep takes the cells of which all rows, and all files beside them, are there.
func keep(out *store.Results, places []place, tables []cellTable, files func(place) []string) (*Kept, error) {
	k := &Kept{places: places, tables: tables}
	cells := map[place]kept{}
	if out != nil {
		found := make([]map[place][]float64, len(tables))
		for i := range tables {
			data, err := out.Kept(tables[i].file)
			if err == nil && data != nil {
				found[i], err = tables[i].parse(data, places[0])
			}
			if err != nil {
				return nil, err
			}
		}
		for _, at := range places {
			var one kept
			whole := true
			for i := range tables {
				one.rows[i] = found[i][at]
				whole = whole && tables[i].whole(at, one.rows[i])
			}
			if files != nil {
				for _, name := range files(at) {
					data, err := out.Kept(name)
					if err != nil {
						return nil, err
					}
					whole = whole && data != nil
					one.files = append(one.files, store.File{Name: name, Fill: func(w io.Writer) error { _, err := w.Write(data); return err }})
				}
			}
			if whole {
				cells[at] = one
			}
		}
	}
	k.Keeper = store.Keep(out, cells, func(cells map[place]kept, fresh []place) []store.File {
		var list []store.File // before the tables that tell of them
		for _, at := range fresh {
			list = append(list, cells[at].files...)
		}
		for i := range slices.Backward(tables) {
			list = append(list, k.table(i, cells))
		}
		return list
	})
	return k, nil
}

// whole reports whether rows are all those of a cell.
func (t *cellTable) whole(at place, rows []float64) bool {
	times := t.times(at)
	if len(rows) != len(times)*t.columns {
		return false
	}
	for i := range times {
		if rows[i*t.columns] != times[i] {
			return false
		}
	}
	return true
}

// parse reads a table that write wrote; only is the dimension and the batch of one of a single group.
func (t *cellTable) parse(data []byte, only place) (map[place][]float64, error) {
	other := fmt.Errorf("%s is not a table of this version; remove the directory or choose another one", t.file)
	reader := csv.NewReader(bytes.NewReader(data))
	records, err := reader.ReadAll()
	head, _, _ := bytes.Cut(data, []byte("\n"))
	if err != nil || string(head) != t.header {
		return nil, other
	}
	rows := map[place][]float64{}
	for _, record := range records[1:] {
		at := place{dim: only.dim, batch: only.batch}
		if t.many {
			var wrong error
			if at.dim, err = strconv.Atoi(record[0]); err != nil {
				return nil, other
			}
			if at.batch, wrong = strconv.Atoi(record[1]); wrong != nil {
				return nil, other
			}
			record = record[2:]
		}
		width, err1 := strconv.Atoi(record[0])
		seed, err2 := strconv.ParseUint(record[1], 10, 64)
		if err1 != nil || err2 != nil {
			return nil, other
		}
		at.width, at.seed = width, seed
		for _, text := range record[2:] {
			x := math.NaN()
			if text != "" {
				if x, err = strconv.ParseFloat(text, 64); err != nil {
					return nil, other
				}
			}
			rows[at] = append(rows[at], x)
		}
	}
	return rows, nil
}

// of are the rows of a cell in the table of cells, nil if it is not finished.
func (k *Kept) of(at place) []float64 { return k.rowsOf(0, at) }

// neurons are those in the table beside it.
func (k *Kept) neurons(at place) []float64 { return k.rowsOf(1, at) }

func (k *Kept) rowsOf(table int, at place) []float64 {
	one, _ := k.Get(at)
	return one.rows[table]
}

// add takes a finished cell, with its rows of the table beside, and writes what is new every so often.
func (k *Kept) add(at place, values, beside []float64, files ...store.File) error {
	return k.Add(at, kept{[2][]float64{values, beside}, files})
}

// table is one of the tables, with the rows of the finished cells in order.
func (k *Kept) table(i int, cells map[place]kept) store.File {
	t := &k.tables[i]
	return store.File{Name: t.file, Fill: func(w io.Writer) error {
		out := bufio.NewWriter(w)
		fmt.Fprintln(out, t.header)
		for _, at := range k.places {
			for row := range slices.Chunk(cells[at].rows[i], t.columns) {
				if t.many {
					fmt.Fprintf(out, "%d,%d,", at.dim, at.batch)
				}
				fmt.Fprintf(out, "%d,%d,%s\n", at.width, at.seed, bench.Fields(row...))
			}
		}
		return out.Flush()
	}}
}

// Tables are the tables of the cells and the files beside them.
func (k *Kept) Tables() []store.File {
	cells := k.Cells()
	var list []store.File
	for i := range k.tables {
		list = append(list, k.table(i, cells))
	}
	for _, at := range k.places {
		list = append(list, cells[at].files...)
	}
	return list
}

// Finished is the number of finished cells, All that of all.
func (k *Kept) Finished() int { return len(k.Cells()) }

// All is the number of cells.
func (k *Kept) All() int { return len(k.places) }
