package training

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kac/internal/sealed"
)

// Load reads a finished study back from its tables, which are compared with their checksums already:
// all that is printed and drawn, without traces and snapshots. gaps is nil unless they were asked for.
func (s *Store) Load(ready *Ready) (*Study, *Gaps, error) {
	p, task := ready.Parameters, ready.Task
	out := &Study{Parameters: p, Task: task, data: ready.data, heldOut: ready.heldOut, initial: ready.initial, notes: ready.Notes}
	header, _ := p.header()
	if err := s.read(File, header, out.readRow); err != nil {
		return nil, nil, err
	}
	if want := p.Repeats * len(p.Observations()) * len(p.Widths); len(out.Rows) != want {
		return nil, nil, s.wrong(File, fmt.Errorf("%d rows, not %d", len(out.Rows), want))
	}
	if err := s.read(HistogramFile, HistogramHeader, out.readBin); err != nil {
		return nil, nil, err
	}
	if s.gaps == nil {
		return out, nil, nil
	}
	p.Wide, p.Nodes = s.gaps.Wide, s.gaps.Nodes
	gaps := &Gaps{Parameters: p, Task: task}
	if err := s.read(GapsFile, GapsHeader, gaps.readRow); err != nil {
		return nil, nil, err
	}
	if want := p.Repeats * len(p.Observations()); len(gaps.Rows) != want {
		return nil, nil, s.wrong(GapsFile, fmt.Errorf("rows of %d times, not %d", len(gaps.Rows), want))
	}
	return out, gaps, nil
}

func (s *Store) wrong(name string, err error) error {
	return fmt.Errorf("%s: %w: %w", filepath.Join(s.path, name), sealed.ErrDamaged, err)
}

// read gives the lines after the header to row.
func (s *Store) read(name, header string, row func(line string) error) error {
	f, err := s.on.Open(filepath.Join(s.path, name))
	if err != nil {
		return fmt.Errorf("reading a finished study: %w", err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		if n == 1 && in.Text() == header {
			continue
		}
		err := fmt.Errorf("its columns are not those that this program writes (%s); to make the tables anew, remove the directory and run the same command", header)
		if n > 1 {
			err = row(in.Text())
		}
		if err != nil {
			return s.wrong(name, fmt.Errorf("line %d: %w", n, err))
		}
	}
	return in.Err()
}

// fields are numbers at the end of a line; whole ones come first.
func fields(line string, whole, all int) (ints []int, numbers []float64, err error) {
	words := strings.Split(line, ",")
	if len(words) < all {
		return nil, nil, io.ErrUnexpectedEOF
	}
	words = words[len(words)-all:] // a name before them may have commas
	for i, word := range words {
		if i < whole {
			n, err := strconv.Atoi(word)
			if err != nil {
				return nil, nil, err
			}
			ints = append(ints, n)
			continue
		}
		x, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, nil, err
		}
		numbers = append(numbers, x)
	}
	return ints, numbers, nil
}

func (s *Study) readRow(line string) error {
	_, numbers := s.Parameters.header()
	n, x, err := fields(line, 3, 3+numbers)
	if err != nil {
		return err
	}
	p, steps := &s.Parameters, s.Parameters.Observations()
	at := len(s.Rows)
	repeat, t, i := at/(len(p.Widths)*len(steps)), at/len(p.Widths)%len(steps), at%len(p.Widths)
	if repeat >= p.Repeats || n[0] != p.Widths[i] || n[1] != repeat+1 || int64(n[2]) != steps[t] {
		return errors.New("not the row that comes here")
	}
	r := Row{Width: n[0], Repeat: repeat, Step: steps[t]}
	for i, into := range r.numbers()[:numbers] {
		*into = x[i]
	}
	s.Rows = append(s.Rows, r)
	return nil
}

func (s *Study) readBin(line string) error {
	words := strings.Split(line, ",")
	if len(words) != 5 {
		return io.ErrUnexpectedEOF
	}
	width, err1 := strconv.Atoi(words[0])
	_, x, err2 := fields(strings.Join(words[1:4], ","), 0, 3)
	count, err3 := strconv.Atoi(words[4])
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	i := slices.Index(s.Parameters.Widths, width)
	if i < 0 {
		return fmt.Errorf("width %d", width)
	}
	// The nearest observation and bin: their numbers are printed, perhaps with fewer digits.
	steps := s.Parameters.Observations()
	t := nearest(len(steps), func(k int) float64 { return math.Abs(float64(steps[k])*s.Parameters.Eta - x[0]) })
	k := 0
	if x[1] > 0 {
		k = 1 + nearest(histogramBins, func(k int) float64 { return math.Abs(binEdge(k+1) - x[1]) })
	}
	s.count(i, t, nil)
	s.Histogram[i][t][k] = count
	return nil
}

func nearest(n int, distance func(int) float64) int {
	best := 0
	for i := range n {
		if distance(i) < distance(best) {
			best = i
		}
	}
	return best
}
