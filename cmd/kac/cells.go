package main

import (
	"context"
	"errors"
	"io"
	"time"

	"kac/bench/store"
	"kac/internal/progress"
)

// studyResult is what a study of cells ends up as.
type studyResult struct {
	tables, pictures []store.File
	text             func(io.Writer) error // nil: the first table
	notes            []string              // for people
	json             func(io.Writer) error // nil: the first table
}

// study computes, writes and prints. all is how many cells there are, which an interruption keeps; names are those of
// the tables and pictures.
func (f *outputFlags) study(p *process, program, format string, parameters any, all int, names []string, compute func(cells *store.Cells, update func(share float64, what string)) (*studyResult, error)) error {
	if all > 0 {
		names = append(names[:len(names):len(names)], store.Unfinished)
	}
	out, err := f.store(p, program, parameters, names...)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	cells, err := store.OpenCells(out)
	if err != nil {
		return inOut(f.Out, err)
	}
	if n := cells.Finished(); n > 0 {
		f.note(p.stderr, program, "going on with %d finished cells in %s", n, f.Out)
	}
	start := time.Now()
	bar := progress.New(p.stderr, program, f.Quiet)
	r, err := compute(cells, bar.Update)
	bar.Done()
	if err != nil {
		return f.keep(p, cells, all, err)
	}
	for _, text := range r.notes {
		f.note(p.stderr, program, "%s", text)
	}
	var undrawn error
	if out != nil {
		if undrawn, err = f.finish(p, program, out, r.tables, r.pictures); err != nil {
			return err
		}
	}
	if format == formatJSON && r.json != nil {
		err = r.json(p.stdout)
	} else {
		err = p.print(format, output{program: program, parameters: parameters, csv: r.tables[0].Fill, text: r.text})
	}
	if err != nil {
		return err
	}
	f.note(p.stderr, program, "%s", progress.Duration(time.Since(start)))
	return undrawn
}

// keep saves the cells after an error and says how to go on.
func (f *outputFlags) keep(p *process, cells *store.Cells, all int, err error) error {
	if failed := cells.Save(); failed != nil {
		return errors.Join(err, inOut(f.Out, failed))
	}
	if f.Out == "" || all == 0 || !errors.Is(err, context.Canceled) && cells.Finished() == 0 {
		return err
	}
	return afterKeeping(p, err, cells.Finished(), all, f.Out)
}
