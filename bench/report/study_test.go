package report

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/store"
	"kac/bench/sweep"
	"kac/internal/sealed"
)

// A directory of kac gap, with C(t) solved for it; one that is damaged; one of another command.
func TestGapDirectory(t *testing.T) {
	dir := makeGap(t, all)
	out := write(t, dir, filepath.Join(dir, "r"))
	for _, want := range []string{"up to a given time?", `id="he4-d6-gap"`, "limit <i>C</i>(<i>t</i>)", "gradient descent", "kac gap of kac", "gap.csv"} {
		if !bytes.Contains(out[PageFile], []byte(want)) {
			t.Errorf("no %q", want)
		}
	}
	study, err := Open(t.Context(), ms, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	// q(1) - E q(<w,w'>) = 1 - 3/(d(d+2)) for q = s^4.
	if got, want := study.Groups[0].Reference[0].Constant, 1-3.0/48; math.Abs(got-want) > 1e-9 {
		t.Errorf("C(0) = %g, want %g", got, want)
	}
	path := filepath.Join(dir, gap.File)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), ms, dir, nil); !errors.Is(err, sealed.ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("half a table: %v", err)
	}
}

// A kac gap under way is reported like a sweep under way.
func TestUnfinishedGap(t *testing.T) {
	s, err := Open(t.Context(), ms, makeGap(t, func(c gap.Cell) bool { return c.Width == 8 || c.Seed == 1 }), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "3 of 4 networks are finished. Left out are widths with a seed missing: m = 16."; s.Missing != want {
		t.Errorf("%q, want %q", s.Missing, want)
	}
	if got := s.Groups[0].Summary.Widths; !slices.Equal(got, []int{8}) {
		t.Errorf("widths %v", got)
	}
	if _, err := Open(t.Context(), ms, makeGap(t, func(c gap.Cell) bool { return c.Seed == 1 }), nil); !errors.Is(err, sweep.ErrIncomplete) {
		t.Errorf("no width is finished: %v", err)
	}
}

func all(gap.Cell) bool { return true }

// makeGap is a kac gap of which some cells are finished.
func makeGap(t *testing.T, finished func(gap.Cell) bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "gap")
	p := gap.Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 6}, Widths: []int{8, 16}, Seeds: 2, Seed: 1,
		Horizon: 1, Points: 3, Dynamics: gap.DynamicsDescent, Eta: 0.05, Tolerance: 1e-6, Form: "auto",
	}
	study, err := gap.Solve(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	store, err := gap.Open(dir, &study.Parameters, study.Problem, bench.Session{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.Begin(study.Reference)
	if err == nil {
		err = study.Run(t.Context(), gap.RunOptions{Workers: 1, Finished: func(c gap.Cell) error {
			if !finished(c) {
				return nil
			}
			return store.Add(c)
		}})
	}
	summary := gap.Summarise(p.Widths, store.Cells())
	if err = errors.Join(err, store.Finish(&summary)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A sweep under way: the widths with all seeds are reported, and the page says what is missing, until
// nothing is left. The finished widths read as in the finished study.
func TestUnfinished(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	study, err := ms.Parse([]byte(smallStudy), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sweep.Run(t.Context(), study, dir, sweep.Options{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	at := func() *Study {
		t.Helper()
		s, err := Open(t.Context(), ms, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	whole := at()
	if whole.Missing != "12 of 12 networks are finished. The tables are not made yet." || len(whole.Groups) != 2 {
		t.Errorf("%d groups, %q", len(whole.Groups), whole.Missing)
	}
	cells, err := filepath.Glob(filepath.Join(dir, "cells", "*", "*.cell"))
	if err != nil || len(cells) != 12 {
		t.Fatalf("%q, %v", cells, err)
	}
	remove := func(pattern string) {
		t.Helper()
		for _, c := range cells {
			if ok, err := filepath.Match(filepath.Join(dir, "cells", pattern), c); err != nil {
				t.Fatal(err)
			} else if ok {
				if err := os.Remove(c); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	remove("he4-d7/m*14-s*2.cell")
	out := write(t, dir, filepath.Join(t.TempDir(), "out"))
	for _, want := range []string{"<strong>Not finished.</strong> 11 of 12 networks are finished. Left out are widths with a seed missing: he4-d7: m = 14.", `id="he4-d7-gap"`} {
		if !bytes.Contains(out[PageFile], []byte(want)) {
			t.Errorf("no %q", want)
		}
	}
	part := at()
	if got := part.Groups[1].Summary; !slices.Equal(got.Widths, []int{19}) || got.Function.Mean[4][0] != whole.Groups[1].Summary.Function.Mean[4][1] {
		t.Errorf("widths %v, gap %v", got.Widths, got.Function.Mean[4])
	}
	if got, want := part.Groups[0].Summary.Function.Exponents[4], whole.Groups[0].Summary.Function.Exponents[4]; *got != *want {
		t.Errorf("the exponent of the finished group: %v, want %v", got, want)
	}
	remove("*/*-s*1.cell")
	if _, err := Open(t.Context(), ms, dir, nil); !errors.Is(err, sweep.ErrIncomplete) || !strings.Contains(err.Error(), "7 of 12") {
		t.Errorf("no width is finished: %v", err)
	}
}

// Directories of which no report is made: the message names what is wrong, and nothing is written.
func TestRefused(t *testing.T) {
	dir := makeStudy(t, smallStudy)
	var file *sweep.FileError
	for _, c := range []struct{ path, says string }{
		{filepath.Join(dir, "absent"), "cannot be read (no such file or directory)"},
		{t.TempDir(), "holds no study.json and no run.json"},
	} {
		t.Run(c.path, func(t *testing.T) {
			if _, err := Open(t.Context(), ms, c.path, nil); !errors.As(err, &file) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.path, err)
			}
		})
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, store.RunFile), []byte(`{"program":"kac theory"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), ms, other, nil); !errors.As(err, &file) || !strings.Contains(err.Error(), `"kac theory"`) {
		t.Errorf("another command's directory: %v", err)
	}
	for _, name := range []string{sweep.TableFile, sweep.SlopesFile, sweep.StudyFile, "arrays/he4-d5-risk.npy", "cells/he4-d5/m000010-s0001.cell", sweep.SumsFile} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(data)
		bad[len(bad)/2] ^= 1
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), ms, dir, nil); !errors.Is(err, sealed.ErrDamaged) || !strings.Contains(err.Error(), name) {
			t.Errorf("damaged %s: %v", name, err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(stopped, ms, makeGap(t, all), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
