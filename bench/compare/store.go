package compare

import (
	"bytes"
	"io"
	"time"

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

// Every so often the finished cells are written: what a killed process loses.
const savedEvery = 5 * time.Second

// Cellar keeps finished cells in compare.csv while a study runs.
type Cellar struct {
	p     *Parameters
	out   *store.Results
	rows  []Row
	saved time.Time
	every time.Duration
	dirty bool
}

// OpenCellar reads the cells that earlier processes finished; out is nil where nothing is kept.
func OpenCellar(p *Parameters, out *store.Results) (*Cellar, error) {
	c := &Cellar{p: p, out: out, saved: time.Now(), every: savedEvery}
	if out == nil {
		return c, nil
	}
	data, err := out.Kept(File)
	if err != nil || data == nil {
		return c, err
	}
	c.rows, err = p.ReadRows(bytes.NewReader(data))
	return c, err
}

// Rows are those of all finished cells, in order.
func (c *Cellar) Rows() []Row { return c.rows }

// Finished counts the cells.
func (c *Cellar) Finished() int {
	n := 0
	for i := range c.rows {
		if i == 0 || c.rows[i].Cell != c.rows[i-1].Cell {
			n++
		}
	}
	return n
}

// Add takes the rows of a finished cell.
func (c *Cellar) Add(_ Cell, rows []Row) error {
	c.rows = append(c.rows, rows...)
	SortRows(c.rows)
	c.dirty = true
	if c.out == nil || time.Since(c.saved) < c.every {
		return nil
	}
	return c.Save()
}

// Save writes the finished cells, if any is new.
func (c *Cellar) Save() error {
	if c.out == nil || !c.dirty {
		return nil
	}
	if err := c.out.Save(c.table()); err != nil {
		return err
	}
	c.saved, c.dirty = time.Now(), false
	return nil
}

func (c *Cellar) table() store.File {
	return store.File{Name: File, Fill: func(w io.Writer) error { return c.p.WriteRows(w, c.rows) }}
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
