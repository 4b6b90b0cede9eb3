package compare

import (
	"bytes"
	"io"
	"maps"
	"slices"

	"kac/bench/store"
)

// Names of the files of a study.
const (
	File           = "compare.csv"
	EquivalentFile = "equivalent.csv"
	CrossingFile   = "crossing.csv"
	LimitFile      = "limit.csv"
	PictureFile    = "compare.svg"
)

// Files are those beside run.json.
var Files = []string{File, EquivalentFile, CrossingFile, LimitFile, PictureFile}

// Cellar keeps finished cells in compare.csv while a study runs.
type Cellar struct {
	*store.Keeper[Cell, []Row]
}

// OpenCellar reads the cells that earlier processes finished; out is nil where nothing is kept.
func OpenCellar(p *Parameters, out *store.Results) (*Cellar, error) {
	var have []Row
	if out != nil {
		data, err := out.Kept(File)
		if err != nil {
			return nil, err
		}
		if data != nil {
			if have, err = p.ReadRows(bytes.NewReader(data)); err != nil {
				return nil, err
			}
		}
	}
	return p.cellar(have, out), nil
}

func (p *Parameters) cellar(have []Row, out *store.Results) *Cellar {
	cells := map[Cell][]Row{}
	for _, r := range have {
		cells[r.Cell] = append(cells[r.Cell], r)
	}
	return &Cellar{store.Keep(out, cells, func(cells map[Cell][]Row, _ []Cell) []store.File {
		return []store.File{{Name: File, Fill: func(w io.Writer) error { return p.WriteRows(w, rowsOf(cells)) }}}
	})}
}

// Rows are those of all finished cells, in order.
func (c *Cellar) Rows() []Row { return rowsOf(c.Cells()) }

// Finished counts the cells.
func (c *Cellar) Finished() int { return len(c.Cells()) }

func rowsOf(cells map[Cell][]Row) []Row {
	rows := slices.Concat(slices.Collect(maps.Values(cells))...)
	SortRows(rows)
	return rows
}

// Tables are the files of a finished study but for its picture.
func (r *Result) Tables() []store.File {
	p := r.Parameters
	return []store.File{
		{Name: File, Fill: func(w io.Writer) error { return p.WriteRows(w, r.Rows) }},
		{Name: EquivalentFile, Fill: func(w io.Writer) error { return p.WriteEquivalents(w, r.Equivalents) }},
		{Name: CrossingFile, Fill: func(w io.Writer) error { return p.WriteCrossings(w, r.Crossings) }},
		{Name: LimitFile, Fill: func(w io.Writer) error { return WriteLimits(w, r.Limits) }},
	}
}
