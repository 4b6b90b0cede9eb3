package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/store"
	"kac/bench/sweep"
	"kac/internal/disk"
	"kac/internal/memory"
	"kac/internal/sealed"
)

// openGap reads the directory of a kac gap, a study of one group. Its files hold no C(t): the
// reference is solved again for it.
func openGap(ctx context.Context, dir string, progress func(float64, string)) (*Study, error) {
	record, err := readRun(dir)
	if err != nil {
		return nil, err
	}
	p := record.Parameters
	problem, err := p.Check()
	if err != nil {
		return nil, damaged(filepath.Join(dir, store.RunFile), err)
	}
	table := filepath.Join(dir, gap.File)
	f, err := disk.Real.Open(table)
	if errors.Is(err, fs.ErrNotExist) && !record.Complete {
		return nil, fmt.Errorf("%s: %w", dir, sweep.ErrIncomplete)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	defer f.Close()
	all, err := gap.ReadCSV(f, problem.Name(), &p)
	if err != nil {
		return nil, damaged(table, err)
	}
	s := &Study{Program: record.Program}
	cells, widths, absent := bench.WholeSizes(p.Widths, p.Seeds, all)
	if !record.Complete || len(absent) > 0 {
		if len(widths) == 0 {
			return nil, fmt.Errorf("%s: %w: no width has all its seeds", dir, sweep.ErrIncomplete)
		}
		s.Missing = missing(len(all), len(p.Widths)*p.Seeds, []string{"m = " + bench.Wholes(absent, ", ")})
		p.Widths = widths
	}
	g := &Group{Solved: record.Reference}
	reference, err := g.solve(ctx, &p, progress)
	if err != nil {
		return nil, err
	}
	name := p.Problem
	if name == "" {
		name = "custom"
	}
	g.Results = gap.NewResults(&gap.Group{Name: fmt.Sprintf("%s-d%d", name, p.Dim), Parameters: p, Problem: problem}, cells, reference)
	s.Groups = []*Group{g}
	s.add(append(record.Earlier, record.Session))
	for _, name := range slices.Sorted(maps.Keys(record.Sums)) {
		if sums := record.Sums[name]; record.Complete && len(sums) == 1 {
			s.Sums = append(s.Sums, Sum{sums[0], name})
		}
	}
	return s, nil
}

// readRun reads run.json after comparing all files with their checksums.
func readRun(dir string) (*gap.RunRecord, error) {
	path := filepath.Join(dir, store.RunFile)
	data, err := disk.ReadFile(disk.Real, path, 1<<26)
	if err != nil {
		return nil, fmt.Errorf("reading a run: %w", err)
	}
	var record gap.RunRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, damaged(path, err)
	}
	if record.Program != "kac gap" {
		return nil, refuse(dir, "holds a run of %q; a report is made of kac sweep, kac gap and kac train", record.Program)
	}
	checked, err := store.Check(disk.Real, dir, store.RunFile)
	if err != nil {
		return nil, err
	}
	if len(checked.Bad) > 0 {
		return nil, checked.Bad[0].In(dir)
	}
	return &record, nil
}

// damaged is the error of a file that is not as it was written.
func damaged(path string, err error) error {
	return fmt.Errorf("%s: %w (%v)", path, sealed.ErrDamaged, err)
}

// solve returns the infinite-width network with C(t), if that is known for the problem.
func (g *Group) solve(ctx context.Context, p *gap.Parameters, progress func(float64, string)) ([]gap.LimitRow, error) {
	study, err := gap.Solve(ctx, *p, func(share float64) { progress(share/2, "reference") })
	if err != nil {
		return nil, err
	}
	rows, _, why, err := study.Limit(ctx, func(share float64) { progress(.5+share/2, "C(t)") })
	if little := (*memory.Error)(nil); errors.As(err, &little) { // the rest of the report needs no more of it
		why, err = "it "+little.Error(), nil
	}
	g.NoConstant = why
	return rows, err
}
