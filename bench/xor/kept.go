package xor

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"kac/bench"
	"kac/bench/store"
)

// savedEvery is how often finished cells are written: what a killed process loses.
const savedEvery = 5 * time.Second

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

// Kept are finished cells, in a table of an output directory while a study runs: what a later process of the same study
// need not run again. Without a directory they are in memory alone. Its methods may be called concurrently.
type Kept struct {
	out     *store.Results // nil: none
	file    string
	header  string
	columns int
	many    bool                  // of several groups: rows begin with the dimension and the batch
	rowsOf  func(place) []float64 // the times of a cell's rows
	places  []place
	beside  *Kept // another table of the same cells; nil: none

	mu    sync.Mutex
	cells map[place][]float64
	more  map[place][]store.File // files of a cell beside its rows
	saved time.Time
	dirty []place // not yet written
}

// KeepStudy reads the cells of a measurement that earlier processes left in xor.csv, with their snapshots; out may be
// nil.
func KeepStudy(p *Parameters, snapshots []float64, out *store.Results) (*Kept, error) {
	times := p.Times()
	k := &Kept{out: out, file: File, header: Header, columns: len(Schema.Columns), rowsOf: func(place) []float64 { return times }, places: p.places()}
	if p.own == nil {
		var rows []float64
		for _, t := range p.alignedTimes() {
			rows = append(rows, slices.Repeat([]float64{t}, AlignmentBins)...)
		}
		k.beside = &Kept{out: out, file: AlignmentFile, header: AlignmentHeader, columns: alignmentColumns, rowsOf: func(place) []float64 { return rows }, places: k.places}
		if err := k.beside.read(func(place) []string { return nil }); err != nil {
			return nil, err
		}
	}
	return k, k.read(func(at place) []string {
		var names []string
		for _, t := range snapshots {
			names = append(names, (&Snapshot{Width: at.width, Seed: at.seed, Time: t}).Name())
		}
		return names
	})
}

// KeepReach is KeepStudy for counts of samples, in cells.csv.
func KeepReach(groups []*ReachGroup, out *store.Results) (*Kept, error) {
	k := &Kept{out: out, file: CellsFile, header: CellsHeader, columns: len(ReachSchema.Columns), many: true, rowsOf: func(place) []float64 { return []float64{0} }}
	for _, g := range groups {
		k.places = append(k.places, g.parameters.places()...)
	}
	return k, k.read(func(place) []string { return nil })
}

// KeepRates is KeepStudy for networks with several batches, in cells.csv.
func KeepRates(groups []Parameters, out *store.Results) (*Kept, error) {
	times := groups[0].Times()
	k := &Kept{out: out, file: CellsFile, header: RateCellsHeader, columns: len(Schema.Columns), many: true, rowsOf: func(place) []float64 { return times }}
	for i := range groups {
		k.places = append(k.places, groups[i].places()...)
	}
	return k, k.read(func(place) []string { return nil })
}

// read takes the cells of which all rows, and all files beside them, are there.
func (k *Kept) read(files func(place) []string) error {
	k.cells, k.more, k.saved = map[place][]float64{}, map[place][]store.File{}, time.Now()
	if k.out == nil {
		return nil
	}
	data, err := k.out.Kept(k.file)
	if err != nil || data == nil {
		return err
	}
	rows, err := k.parse(data)
	if err != nil {
		return err
	}
	for _, at := range k.places {
		values := rows[at]
		times := k.rowsOf(at)
		whole := len(values) == len(times)*k.columns
		for i := 0; whole && i < len(times); i++ {
			whole = values[i*k.columns] == times[i]
		}
		var more []store.File
		for _, name := range files(at) {
			data, err := k.out.Kept(name)
			if err != nil {
				return err
			}
			if whole = whole && data != nil; whole {
				more = append(more, store.File{Name: name, Fill: func(w io.Writer) error { _, err := w.Write(data); return err }})
			}
		}
		if whole && (k.beside == nil || k.beside.cells[at] != nil) {
			k.cells[at], k.more[at] = values, more
		}
	}
	return nil
}

// parse reads a table that write wrote.
func (k *Kept) parse(data []byte) (map[place][]float64, error) {
	other := fmt.Errorf("%s is not a table of this version; remove the directory or choose another one", k.file)
	reader := csv.NewReader(bytes.NewReader(data))
	records, err := reader.ReadAll()
	head, _, _ := bytes.Cut(data, []byte("\n"))
	if err != nil || string(head) != k.header {
		return nil, other
	}
	rows := map[place][]float64{}
	for _, record := range records[1:] {
		var at place
		if k.many {
			var wrong error
			if at.dim, err = strconv.Atoi(record[0]); err != nil {
				return nil, other
			}
			if at.batch, wrong = strconv.Atoi(record[1]); wrong != nil {
				return nil, other
			}
			record = record[2:]
		} else {
			at.dim, at.batch = k.places[0].dim, k.places[0].batch
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

// of are the rows of a cell, nil if it is not finished.
func (k *Kept) of(at place) []float64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cells[at]
}

// add takes a finished cell, with its rows of the table beside, and writes what is new every so often.
func (k *Kept) add(at place, values, beside []float64, more ...store.File) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cells[at], k.more[at], k.dirty = values, more, append(k.dirty, at)
	if k.beside != nil {
		k.beside.cells[at] = beside
	}
	if time.Since(k.saved) < savedEvery {
		return nil
	}
	return k.save()
}

// Save writes the finished cells, if any is new.
func (k *Kept) Save() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.save()
}

func (k *Kept) save() error {
	if k.out == nil || len(k.dirty) == 0 {
		return nil
	}
	var files []store.File // before the table that tells of them
	for _, at := range k.dirty {
		files = append(files, k.more[at]...)
	}
	if k.beside != nil {
		files = append(files, store.File{Name: k.beside.file, Fill: k.beside.write})
	}
	if err := k.out.Save(append(files, store.File{Name: k.file, Fill: k.write})...); err != nil {
		return err
	}
	k.saved, k.dirty = time.Now(), nil
	return nil
}

// write writes the rows of the finished cells, in order.
func (k *Kept) write(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintln(&out, k.header)
	for _, at := range k.places {
		values := k.cells[at]
		for row := range slices.Chunk(values, k.columns) {
			if k.many {
				fmt.Fprintf(&out, "%d,%d,", at.dim, at.batch)
			}
			fmt.Fprintf(&out, "%d,%d,%s\n", at.width, at.seed, bench.Fields(row...))
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// Tables are the table of the cells and the files beside it.
func (k *Kept) Tables() []store.File {
	tables := []store.File{{Name: k.file, Fill: k.write}}
	if k.beside != nil {
		tables = append(tables, store.File{Name: k.beside.file, Fill: k.beside.write})
	}
	for _, at := range k.places {
		tables = append(tables, k.more[at]...)
	}
	return tables
}

// Finished is the number of finished cells, All that of all.
func (k *Kept) Finished() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.cells)
}

// All is the number of cells.
func (k *Kept) All() int { return len(k.places) }
