package gap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/atomicfile"
	"kac/internal/disk/disktest"
	"kac/internal/sealed"
)

// A gap.csv is refused, or holds whole cells of the study; a run.json under a checksum that fits is
// refused, or belongs to the study.
func FuzzGapFiles(f *testing.F) {
	p := small()
	g, err := Solve(context.Background(), p, nil)
	if err != nil {
		f.Fatal(err)
	}
	var cells []Cell
	err = g.Run(f.Context(), RunOptions{Workers: 1, Finished: func(c Cell) error { cells = append(cells, c); return nil }})
	if err != nil {
		f.Fatal(err)
	}
	SortCells(cells)
	var table bytes.Buffer
	if err := WriteCSV(&table, g.Problem.Name(), &g.Parameters, cells); err != nil {
		f.Fatal(err)
	}
	record := RunRecord{Opening: store.Opening{Program: program, Format: store.RecordFormat}, Parameters: g.Parameters}
	record.Sums = map[string][]string{File: {sealed.NoSum}}
	run, err := store.Encode(store.RunFile, &record, &record.Seals)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(table.Bytes(), run)
	f.Add(table.Bytes()[:len(table.Bytes())/2], []byte(`{"program": "kac gap", "format": 1}`))
	const dir = "out"
	m := disktest.NewMemory() // a real disk takes ten times as long as all that is tested
	if err := m.MkdirAll(dir, 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, table, run []byte) {
		cells, err := ReadCSV(bytes.NewReader(table), g.Problem.Name(), &g.Parameters)
		for _, c := range cells {
			if err == nil && len(c.Rows) != g.Parameters.Points {
				t.Fatalf("width %d, seed %d has %d rows", c.Width, c.Seed, len(c.Rows))
			}
		}
		var head store.Head
		if json.Unmarshal(run, &head) == nil && len(head.Checksum) == len(sealed.NoSum) && bytes.Contains(run, []byte(head.Checksum)) {
			run = sealed.Sign(bytes.Replace(run, []byte(head.Checksum), []byte(sealed.NoSum), 1))
		}
		err = atomicfile.WriteOn(m, filepath.Join(dir, store.RunFile), func(w io.Writer) error {
			_, err := w.Write(run)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &Store{on: m, path: dir, problem: g.Problem, before: new(RunRecord), record: RunRecord{Parameters: g.Parameters}}
		s.Run = store.NewRun(m, dir, program, &s.record, bench.Session{}, File, ReferenceFile)
		is, err := s.Look(s.before)
		if is {
			err = s.compare()
		}
		var input *bench.InputError
		if err != nil && !errors.As(err, &input) && !errors.Is(err, sealed.ErrDamaged) {
			t.Fatalf("refused with %v", err)
		}
		_, _ = store.Check(m, dir, store.RunFile) // it may say no in any words
	})
}
