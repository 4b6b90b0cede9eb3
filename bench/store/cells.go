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
	"sync"
	"time"
)

// Cells are the finished cells of a study under way, and how far the others are, kept in Unfinished of the output
// directory, so that the same command goes on where it was interrupted: a line a cell, of its name, which has no comma,
// and its numbers, which read back exactly. nil keeps nothing.
type Cells struct {
	out   *Results
	mu    sync.Mutex
	cells map[string][]float64
	fresh bool // there are cells that are not saved
	saved time.Time
	took  time.Duration
}

// Partly is the end of the names of cells that are not finished.
const Partly = " partly"

// OpenCells reads what an earlier process of the study left in out, which may be nil.
func OpenCells(out *Results) (*Cells, error) {
	if out == nil {
		return nil, nil
	}
	c := &Cells{out: out, cells: map[string][]float64{}, saved: time.Now()}
	data, err := out.Kept(Unfinished)
	if err != nil {
		return nil, err
	}
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
		c.cells[fields[0]] = numbers
	}
	return c, nil
}

// Finished is how many cells need not be run.
func (c *Cells) Finished() int {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for name := range c.cells {
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
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cells[name]
}

// Partly is a cell that was interrupted, nil if there is none.
func (c *Cells) Partly(name string) []float64 { return c.Get(name + Partly) }

// Add takes a finished cell, and saves all cells now and then.
func (c *Cells) Add(name string, numbers ...float64) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cells[name], c.fresh = numbers, true
	delete(c.cells, name+Partly)
	if time.Since(c.saved) < max(20*time.Second, 20*c.took) {
		return nil
	}
	return c.save()
}

// AddPartly takes a cell that is interrupted.
func (c *Cells) AddPartly(name string, numbers ...float64) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cells[name+Partly], c.fresh = numbers, true
}

// Save writes all cells.
func (c *Cells) Save() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.fresh {
		return nil
	}
	return c.save()
}

func (c *Cells) save() error {
	start := time.Now()
	err := c.out.Save(File{Name: Unfinished, Fill: func(w io.Writer) error {
		out := bufio.NewWriter(w)
		var line []byte
		for _, name := range slices.Sorted(maps.Keys(c.cells)) {
			line = append(line[:0], name...)
			for _, x := range c.cells[name] {
				line = strconv.AppendFloat(append(line, ','), x, 'g', -1, 64)
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return out.Flush()
	}})
	c.saved, c.took, c.fresh = time.Now(), time.Since(start), err != nil
	return err
}
