package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/store"
	"kac/bench/sweep"
	"kac/internal/disk"
)

const sweepProgram = "kac sweep"

// Study is what a report is about.
type Study struct {
	Program  string // that made it: kac sweep, kac gap or another command with a Measure
	Groups   []*Group
	General  []*bench.Result     // of a sweep of another system than the gap, in the place of Groups
	Costs    []sweep.GroupRecord // its
	Sessions []sweep.SessionRecord
	Merged   *sweep.Session // the process that made the tables of a sweep
	Missing  string         // what is not there of a study that is not finished, a sentence; "" if it is
	Sums     []Sum          // of result files, by name
}

// Group is a gap study of the grid.
type Group struct {
	*gap.Results
	Solved     gap.ReferenceRecord
	NoConstant string             // why C(t) is not known; "" if it is
	Cost       []sweep.CostRecord // by width; none of a kac gap
}

// Sum is a file's checksum.
type Sum struct{ SHA256, Name string }

// Open reads a study: the --out directory of kac sweep, of kac gap, or of a command whose measure has a Run. Of one
// that is not finished it takes the widths of which every seed is, and says so in Missing. Errors: a *sweep.FileError
// for a directory that holds none of them; sweep.ErrIncomplete (wrapped) if no width is finished; sealed.ErrDamaged
// (wrapped) with the file that is not as it was written. progress may be nil.
func Open(ctx context.Context, measures sweep.Measures, dir string, progress func(share float64, what string)) (*Study, error) {
	if progress == nil {
		progress = func(float64, string) {}
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, refuse(dir, "cannot be read (%v)", cause(err))
	}
	_, noSweep := os.Stat(filepath.Join(dir, sweep.StudyFile))
	if _, err := os.Stat(filepath.Join(dir, store.RunFile)); err == nil && noSweep != nil {
		program := store.ProgramOf(disk.Real, dir, store.RunFile)
		for _, m := range measures {
			if m.Run != nil && m.Program == program {
				return openRun(ctx, m, dir)
			}
		}
		return openGap(ctx, dir, progress)
	}
	if _, err := os.Stat(filepath.Join(dir, "cells")); err != nil && noSweep != nil {
		return nil, refuse(dir, "holds no %s and no %s; give the --out directory of kac sweep, kac gap or kac train", sweep.StudyFile, store.RunFile)
	}
	return openSweep(ctx, measures, dir, progress)
}

// openRun reads the directory of one command of a system, a study of one group.
func openRun(ctx context.Context, m bench.Measure, dir string) (*Study, error) {
	run, err := m.Run(ctx, dir)
	if err != nil {
		return nil, err
	}
	s := &Study{Program: m.Program, General: []*bench.Result{run.Result}}
	s.add(run.Sessions)
	for _, name := range slices.Sorted(maps.Keys(run.Sums)) {
		s.Sums = append(s.Sums, Sum{run.Sums[name], name})
	}
	return s, nil
}

// add adds the processes of a command.
func (s *Study) add(sessions []bench.Session) {
	for _, session := range sessions {
		s.Sessions = append(s.Sessions, sweep.SessionRecord{
			Session: sweep.Session{Info: session.Info, CommandLine: session.CommandLine, Workers: session.Workers, StartTime: session.StartTime},
			Cells:   session.Cells, Seconds: session.WallTime,
		})
	}
}

func refuse(path, format string, arguments ...any) error {
	return &sweep.FileError{Path: path, Err: &bench.InputError{Value: path, Reason: fmt.Sprintf(format, arguments...)}}
}

// cause is a path error without its path.
func cause(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

func openSweep(ctx context.Context, measures sweep.Measures, dir string, progress func(float64, string)) (*Study, error) {
	results, err := measures.Results(dir)
	if errors.Is(err, sweep.ErrIncomplete) {
		return openPart(ctx, measures, dir, progress)
	}
	if err != nil {
		return nil, err
	}
	s, err := newStudy(results)
	if err != nil {
		return nil, err
	}
	s.Sums, err = readSums(dir)
	return s, err
}

// openPart reads a sweep that is not finished.
func openPart(ctx context.Context, measures sweep.Measures, dir string, progress func(float64, string)) (*Study, error) {
	part, err := measures.Part(ctx, dir, sweep.Options{Progress: progress})
	if err != nil {
		return nil, err
	}
	s, err := newStudy(&part.Results)
	if err != nil {
		return nil, err
	}
	s.Missing = missing(part.Finished, part.Cells, part.LeftOut)
	return s, nil
}

// missing says what is not there.
func missing(finished, all int, leftOut []string) string {
	text := fmt.Sprintf("%d of %d networks are finished.", finished, all)
	if len(leftOut) == 0 {
		return text + " The tables are not made yet."
	}
	return text + " Left out are widths with a seed missing: " + strings.Join(leftOut, "; ") + "."
}

func newStudy(results *sweep.Results) (*Study, error) {
	s := &Study{Program: results.Record.Program, Sessions: results.Record.Sessions, Merged: results.Record.Merged}
	if results.Study.Measure.Name != gap.Measure.Name {
		s.General, s.Costs = results.Groups, results.Record.Groups
		return s, nil
	}
	for i, g := range results.Groups {
		record := results.Record.Groups[i]
		own := &Group{Results: gap.ResultsOf(g), NoConstant: record.NoConstant, Cost: record.Cost}
		if record.Reference != nil {
			if err := json.Unmarshal(record.Reference, &own.Solved); err != nil {
				return nil, fmt.Errorf("%s: how the reference of %s was solved: %w", sweep.StudyFile, g.Name, err)
			}
		}
		s.Groups = append(s.Groups, own)
	}
	return s, nil
}

// readSums reads SHA256SUMS, which OpenResults has compared with the files, without the cells.
func readSums(dir string) ([]Sum, error) {
	data, err := disk.ReadFile(disk.Real, filepath.Join(dir, sweep.SumsFile), 1<<28)
	if err != nil {
		return nil, fmt.Errorf("reading the checksums: %w", err)
	}
	var out []Sum
	for line := range strings.Lines(string(data)) {
		if sum, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok && !strings.HasSuffix(name, ".cell") {
			out = append(out, Sum{sum, name})
		}
	}
	return out, nil
}
