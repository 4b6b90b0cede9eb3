package training

import (
	"context"
	"fmt"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
)

// ReadRun reads the directory of a finished training, compared with its checksums: its gaps if it has them, else its
// networks.
func ReadRun(_ context.Context, dir string) (*bench.Run, error) {
	var record Record
	if _, err := store.ReadRecord(disk.Real, dir, program, &record, patterns...); err != nil {
		return nil, err
	}
	if !record.Complete {
		return nil, &bench.InputError{Value: dir, Reason: "its training is not finished; the command that made it goes on"}
	}
	checked, err := store.Check(disk.Real, dir, store.RunFile)
	if err != nil {
		return nil, err
	}
	if len(checked.Bad) > 0 {
		return nil, checked.Bad[0].In(dir)
	}
	p := record.Parameters
	task, err := p.Check()
	if err != nil {
		return nil, err
	}
	ready := &Ready{Parameters: p, Task: task, given: p}
	s := &Store{on: disk.Real, path: dir, gaps: record.Gaps}
	study, gaps, err := s.Load(ready)
	if err != nil {
		return nil, err
	}
	result := &bench.Result{}
	result.Name = fmt.Sprintf("%s-d%d", nameOf(&p), p.Dim)
	var cells func(repeat int) []float64
	times := len(p.Observations())
	if gaps == nil {
		group := &Group{ready}
		result.Study, result.Facts = group, group.Facts()
		cells = func(repeat int) []float64 {
			n := times * len(p.Widths)
			one := &Study{Parameters: p, Rows: study.Rows[repeat*n : (repeat+1)*n]}
			return one.values()
		}
	} else {
		group := &GapsGroup{ready, gaps.Parameters}
		result.Study, result.Facts = group, group.Facts()
		cells = func(repeat int) []float64 { return gaps.values(gaps.Rows[repeat*times : (repeat+1)*times]) }
	}
	columns := len(result.Facts.Schema.Columns)
	for i, m := range p.Widths {
		for repeat := range p.Repeats {
			all := cells(repeat)
			result.Cells = append(result.Cells, bench.Cell{Size: m, Seed: p.Seed + uint64(repeat), Columns: columns, Values: all[i*times*columns : (i+1)*times*columns]})
		}
	}
	result.Means = bench.Summarise(result.Facts.Schema, p.Widths, times, result.Cells)
	out := &bench.Run{Result: result, Sessions: append(record.Earlier, record.Session), Sums: map[string]string{}}
	for name, sums := range record.Sums {
		if len(sums) == 1 {
			out.Sums[name] = sums[0]
		}
	}
	return out, nil
}

// nameOf is the problem's in names of files.
func nameOf(p *Parameters) string {
	if p.Problem == "" {
		return "custom"
	}
	return p.Problem
}
