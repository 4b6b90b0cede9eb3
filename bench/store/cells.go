package store

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Cells is a Keeper of cells that are numbers, and of how far the others are, in Unfinished of the output directory: a
// line a cell, of its name, which has no comma, and its numbers, which read back exactly. nil keeps nothing.
type Cells struct{ kept *Keeper[string, []float64] }

// Partly is the end of the names of cells that are not finished.
const Partly = " partly"

// OpenCells reads what an earlier process of the study left in out, which may be nil.
func OpenCells(out *Results) (*Cells, error) {
	if out == nil {
		return nil, nil
	}
	data, err := out.Kept(Unfinished)
	if err != nil {
		return nil, err
	}
	cells := map[string][]float64{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), ",")
		numbers := make([]float64, len(fields)-1)
		for i, text := range fields[1:] {
			if numbers[i], err = strconv.ParseFloat(text, 64); err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", Unfinished, n, err)
			}
		}
		cells[fields[0]] = numbers
	}
	return &Cells{Keep(out, cells, func(cells map[string][]float64, _ []string) []File {
		return []File{{Name: Unfinished, Fill: func(w io.Writer) error { return writeCells(w, cells) }}}
	})}, nil
}

func writeCells(w io.Writer, cells map[string][]float64) error {
	out := bufio.NewWriter(w)
	var line []byte
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		line = append(line[:0], name...)
		for _, x := range cells[name] {
			line = strconv.AppendFloat(append(line, ','), x, 'g', -1, 64)
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Finished is how many cells need not be run.
func (c *Cells) Finished() int {
	if c == nil {
		return 0
	}
	n := 0
	for name := range c.kept.Cells() {
		if !strings.HasSuffix(name, Partly) {
			n++
		}
	}
	return n
}

// Get is a cell, nil if it is not finished.
func (c *Cells) Get(name string) []float64 {
	if c == nil {
		return nil
	}
	numbers, _ := c.kept.Get(name)
	return numbers
}

// Partly is a cell that was interrupted, nil if there is none.
func (c *Cells) Partly(name string) []float64 { return c.Get(name + Partly) }

// Add takes a finished cell, and saves all cells now and then.
func (c *Cells) Add(name string, numbers ...float64) error {
	if c == nil {
		return nil
	}
	c.kept.Drop(name + Partly)
	return c.kept.Add(name, numbers)
}

// AddPartly takes a cell that is interrupted.
func (c *Cells) AddPartly(name string, numbers ...float64) {
	if c != nil {
		c.kept.Put(name+Partly, numbers)
	}
}

// Save writes all cells.
func (c *Cells) Save() error {
	if c == nil {
		return nil
	}
	return c.kept.Save()
}
