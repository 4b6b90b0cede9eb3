package gap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/provenance"
	"kac/internal/sealed"
)

func session(workers int) bench.Session {
	return bench.Session{Info: provenance.Current(), CommandLine: []string{"kac", "gap"}, Workers: workers}
}

func open(t *testing.T, dir string, p Parameters) *Store {
	t.Helper()
	problem, err := p.Check()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, &p, problem, session(1))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// work runs the study in dir as the command does, and stops it after `limit` new cells.
func work(t *testing.T, g *Study, dir string, limit, workers int) {
	t.Helper()
	s := open(t, dir, g.Parameters)
	defer s.Close()
	if err := s.Begin(g.Reference); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := 0
	if limit == 0 {
		cancel()
	}
	err := g.Run(ctx, RunOptions{Workers: workers, Have: s.Cells(), Finished: func(c Cell) error {
		if done++; done == limit {
			cancel()
		}
		return s.Add(c)
	}})
	if errors.Is(err, context.Canceled) {
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	summary := Summarise(g.Parameters.Widths, s.Cells())
	if err := s.Finish(&summary); err != nil {
		t.Fatal(err)
	}
}

func readRecord(t *testing.T, dir string) RunRecord {
	t.Helper()
	var r RunRecord
	if err := json.Unmarshal(benchtest.ReadFile(t, dir, store.RunFile), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A study stopped after any number of cells and continued, with another number of workers, leaves
// the bytes of one that was never stopped; in between its files are whole and say that they are not
// complete.
func TestResumeEqualsUninterrupted(t *testing.T) {
	g := solve(t, small())
	straight := filepath.Join(t.TempDir(), "straight")
	work(t, g, straight, -1, 2)
	const all = 6
	for stop := 0; stop < all; stop++ {
		dir := t.TempDir()
		work(t, g, dir, stop, 1)
		if r := readRecord(t, dir); r.Complete || r.Cells != stop {
			t.Errorf("stopped after %d cells: complete %v with %d cells", stop, r.Complete, r.Cells)
		}
		if _, err := os.Stat(filepath.Join(dir, PictureFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("stopped after %d cells: there is a picture", stop)
		}
		between, err := ReadCSV(bytes.NewReader(benchtest.ReadFile(t, dir, File)), "he4", &g.Parameters)
		if err != nil || len(between) != stop {
			t.Errorf("stopped after %d cells: %d in gap.csv, error %v", stop, len(between), err)
		}
		work(t, g, dir, -1, 3)
		for _, name := range []string{File, ReferenceFile, PictureFile} {
			if !bytes.Equal(benchtest.ReadFile(t, dir, name), benchtest.ReadFile(t, straight, name)) {
				t.Errorf("stopped after %d cells: %s differs from the uninterrupted one", stop, name)
			}
		}
		r := readRecord(t, dir)
		if !r.Complete || r.Cells != all-stop || (len(r.Earlier) == 1) != (stop > 0) {
			t.Errorf("stopped after %d cells: complete %v, %d new cells, %d earlier sessions", stop, r.Complete, r.Cells, len(r.Earlier))
		}
	}
}

// The directory holds the four files and nothing else, a study in it is recognised as complete, and
// a missing picture makes it incomplete.
func TestStoreComplete(t *testing.T) {
	g := solve(t, small())
	dir := filepath.Join(t.TempDir(), "new", "deep")
	work(t, g, dir, -1, 2)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "gap.csv gap.svg reference.csv run.json" {
		t.Errorf("the directory holds %q", got)
	}
	if head, _, _ := strings.Cut(string(benchtest.ReadFile(t, dir, File)), "\n"); head != "problem,dim,width,seed,precision,time,risk,reference_risk,function_error,coupling_mean,coupling_max,coupling_square" {
		t.Errorf("header of gap.csv: %q", head)
	}
	if head, _, _ := strings.Cut(string(benchtest.ReadFile(t, dir, ReferenceFile)), "\n"); head != bench.ReferenceHeader+","+limitHeader {
		t.Errorf("header of reference.csv: %q", head)
	}
	s := open(t, dir, small())
	if !s.Complete() || len(s.Cells()) != 6 || s.Changed() != "" {
		t.Errorf("complete %v with %d cells, changed %q", s.Complete(), len(s.Cells()), s.Changed())
	}
	s.Close()
	if err := os.Remove(filepath.Join(dir, PictureFile)); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, small())
	if !s.Complete() || s.Drawn() {
		t.Error("without its picture the tables are not complete, or it is said to be drawn")
	}
	s.Close()
	// A finished study whose cells were removed is run again, and finished again.
	if err := os.Remove(filepath.Join(dir, File)); err != nil {
		t.Fatal(err)
	}
	work(t, g, dir, -1, 2)
	if r := readRecord(t, dir); !r.Complete {
		t.Error("not complete after its cells were run again")
	}
}

// run.json holds every parameter, defaults included, and what made the numbers.
func TestRunRecordFields(t *testing.T) {
	g := solve(t, small())
	dir := t.TempDir()
	work(t, g, dir, -1, 1)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(benchtest.ReadFile(t, dir, store.RunFile), &fields); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"version", "command_line", "kernel_level", "workers", "go_version", "goamd64", "cpu_features", "start_time", "wall_time_seconds", "complete", "parameters", "reference"} {
		if _, ok := fields[key]; !ok {
			t.Errorf("run.json has no %q", key)
		}
	}
	var parameters map[string]json.RawMessage
	if err := json.Unmarshal(fields["parameters"], &parameters); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"problem": `"he4"`, "dim": "8", "rank": "1", "seeds": "3", "seed": "5", "horizon": "3", "points": "4",
		"dynamics": `"flow"`, "tolerance": "1e-8", "flow_tolerance": "1e-7", "form": `"auto"`, "precision": `"float64"`,
	} {
		t.Run(key, func(t *testing.T) {
			if got := string(parameters[key]); got != want {
				t.Errorf("parameter %q is %s, want %s", key, got, want)
			}
		})
	}
}

// What is in the way is refused, with the reason, and nothing is touched.
func TestOpenGapRefuses(t *testing.T) {
	g := solve(t, small())
	finished := t.TempDir()
	work(t, g, finished, -1, 1)
	table, err := os.Stat(filepath.Join(finished, File))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		prepare func(dir string) error
		change  func(*Parameters)
		input   bool // a bench.InputError
		want    string
	}{
		"other parameters":  {change: func(p *Parameters) { p.Horizon, p.Dim = 4, 9 }, input: true, want: "dim 8, not 9; horizon 3, not 4"},
		"other dynamics":    {change: func(p *Parameters) { p.Dynamics, p.Eta, p.FlowTolerance = DynamicsDescent, 0.1, 0 }, input: true, want: `dynamics "flow", not "descent"; eta (none), not 0.1; flow-tolerance 1e-7, not (none)`},
		"foreign gap.csv":   {prepare: func(d string) error { return os.Remove(filepath.Join(d, store.RunFile)) }, input: true, want: "no run.json"},
		"damaged run.json":  {prepare: func(d string) error { return os.WriteFile(filepath.Join(d, store.RunFile), []byte("{"), 0o644) }, want: "run.json is damaged"},
		"format from later": {prepare: resigned(`"format": 2`, `"format": 3`), input: true, want: "format 3"},
		"format from before": {prepare: func(d string) error {
			return os.WriteFile(filepath.Join(d, store.RunFile), []byte(`{"program": "kac gap", "format": 1}`), 0o644)
		}, input: true, want: "format 1"},
		"changed run.json":   {prepare: replaceIn(store.RunFile, `"complete": true`, `"complete": null`), want: "run.json is damaged: the checksum"},
		"truncated gap.csv":  {prepare: truncate(File, 400), want: fmt.Sprintf("gap.csv: damaged: it differs from its checksum in run.json (400 bytes, not %d); remove it", table.Size())},
		"gap.csv, bad digit": {prepare: replaceIn(File, "he4,8,16,5,float64,1,", "he4,8,16,5,float64,2,"), want: "gap.csv: damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(finished)); err != nil {
				t.Fatal(err)
			}
			p := small()
			if c.change != nil {
				c.change(&p)
			}
			if c.prepare != nil {
				if err := c.prepare(dir); err != nil {
					t.Fatal(err)
				}
			}
			problem, err := p.Check()
			if err != nil {
				t.Fatal(err)
			}
			before := snapshot(t, dir)
			s, err := Open(dir, &p, problem, session(1))
			if err == nil {
				s.Close()
				t.Errorf("%s: accepted", name)
				return
			}
			var input *bench.InputError
			if errors.As(err, &input) != c.input || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %q (bad input: %v), want one with %q", name, err, errors.As(err, &input), c.want)
			}
			if after := snapshot(t, dir); after != before {
				t.Errorf("%s: the directory changed", name)
			}
		})
	}
}

func replaceIn(name, old, new string) func(string) error {
	return func(dir string) error {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.Contains(data, []byte(old)) {
			return errors.New(name + " does not hold " + old)
		}
		return os.WriteFile(path, bytes.Replace(data, []byte(old), []byte(new), 1), 0o644)
	}
}

// resigned changes run.json and puts its checksum right.
func resigned(old, new string) func(string) error {
	return func(dir string) error {
		if err := replaceIn(store.RunFile, old, new)(dir); err != nil {
			return err
		}
		path := filepath.Join(dir, store.RunFile)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var head store.Head
		if err := json.Unmarshal(data, &head); err != nil {
			return err
		}
		return os.WriteFile(path, sealed.Sign(bytes.Replace(data, []byte(head.Checksum), []byte(sealed.NoSum), 1)), 0o644)
	}
}

func truncate(name string, size int64) func(string) error {
	return func(dir string) error { return os.Truncate(filepath.Join(dir, name), size) }
}

func snapshot(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, e := range entries {
		out.WriteString(e.Name() + "\n" + string(benchtest.ReadFile(t, dir, e.Name())))
	}
	return out.String()
}

// Whatever happens to the files of a study, under way or finished, is noticed: a damaged gap.csv or
// run.json is refused, the others are made again.
func TestDamagedGapFiles(t *testing.T) {
	g := solve(t, small())
	for what, limit := range map[string]int{"under way": 3, "finished": -1} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			work(t, g, dir, limit, 1)
			want := snapshot(t, dir)
			names := []string{File, store.RunFile, ReferenceFile}
			if limit < 0 {
				names = append(names, PictureFile)
			}
			for _, name := range names {
				path := filepath.Join(dir, name)
				whole := benchtest.ReadFile(t, path)
				list := benchtest.DamagesOf(whole)
				for i, d := range list {
					if err := os.WriteFile(path, d.Data, 0o644); err != nil {
						t.Fatal(err)
					}
					checked, err := store.Check(disk.Real, dir, store.RunFile)
					if err != nil || len(checked.Bad) != 1 || checked.Bad[0].Path != name {
						t.Fatalf("%s, %s, %s: check says %+v, %v", what, name, d.What, checked, err)
					}
					if i%8 > 0 && (name == ReferenceFile || name == PictureFile) {
						continue // nothing goes on from them
					}
					p := g.Parameters
					s, err := Open(dir, &p, g.Problem, session(1))
					switch {
					case err == nil && (name == File || name == store.RunFile || s.Drawn() || len(s.Damaged()) != 1):
						t.Fatalf("%s, %s, %s: accepted", what, name, d.What)
					case err == nil:
						s.Close()
					case !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "damaged"):
						t.Fatalf("%s, %s, %s: %v", what, name, d.What, err)
					}
				}
				t.Logf("%s: %d of %d damages to %s noticed", what, len(list), len(list), name)
				if err := os.WriteFile(path, whole, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if checked, err := store.Check(disk.Real, dir, store.RunFile); err != nil || len(checked.Bad) > 0 || checked.Complete != (limit < 0) || checked.Files != len(names) {
				t.Errorf("%s: whole: %+v, %v", what, checked, err)
			}
			// A damaged picture or reference is made again, with the bytes that it had.
			if limit < 0 {
				for _, name := range []string{ReferenceFile, PictureFile} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				work(t, g, dir, -1, 1)
				if got := snapshot(t, dir); strings.Split(got, store.RunFile)[0] != strings.Split(want, store.RunFile)[0] {
					t.Error("damaged files were not made again as they were")
				}
			}
		})
	}
}

// Between run.json and the file that it announces a kill leaves the old file or the new one; both are
// in order.
func TestKilledBetweenRecordAndFile(t *testing.T) {
	g := solve(t, small())
	cells := runAll(t, g, 1)
	dir := t.TempDir()
	store := open(t, dir, g.Parameters)
	if err := store.Begin(g.Reference); err != nil {
		t.Fatal(err)
	}
	save := func(cells []Cell) []byte {
		store.saved = time.Now() // so that Add does not
		for _, c := range cells {
			if err := store.Add(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.Save(); err != nil {
			t.Fatal(err)
		}
		return benchtest.ReadFile(t, dir, File)
	}
	old := save(cells[:2])
	next := save(cells[2:4])
	store.Close()
	for what, content := range map[string][]byte{"old": old, "new": next} {
		t.Run(what, func(t *testing.T) {
			after := t.TempDir()
			if err := os.CopyFS(after, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(after, File), content, 0o644); err != nil {
				t.Fatal(err)
			}
			s := open(t, after, g.Parameters)
			if n := len(s.Cells()); n != map[string]int{"old": 2, "new": 4}[what] {
				t.Errorf("%s: %d cells", what, n)
			}
			s.Close()
		})
	}
}

// Two processes cannot write one study: the second is told.
func TestStoreIsExclusive(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, small())
	p := small()
	problem, err := p.Check()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, &p, problem, session(1)); err == nil {
		t.Error("two claims on one directory")
	}
	s.Close()
	open(t, dir, small()).Close()
}

// A table cut anywhere but between cells is refused; cut there, it is a shorter table.
func TestReadGapCSVCut(t *testing.T) {
	g := solve(t, small())
	data := gapCSV(t, g, runAll(t, g, 1))
	lines := bytes.SplitAfter(data, []byte("\n"))
	for n := 1; n < len(lines); n++ {
		cells, err := ReadCSV(bytes.NewReader(bytes.Join(lines[:n], nil)), "he4", &g.Parameters)
		if whole := (n-1)%g.Parameters.Points == 0; whole != (err == nil) || whole && len(cells) != (n-1)/g.Parameters.Points {
			t.Errorf("%d lines: %d cells, error %v", n, len(cells), err)
		}
	}
	if _, err := ReadCSV(strings.NewReader(""), "he4", &g.Parameters); err == nil {
		t.Error("an empty file was accepted")
	}
	again, err := ReadCSV(bytes.NewReader(data), "he4", &g.Parameters)
	if err != nil || !bytes.Equal(gapCSV(t, g, again), data) {
		t.Errorf("read and written again the table differs (error %v)", err)
	}
	swapped := bytes.Join([][]byte{lines[0], bytes.Join(lines[5:9], nil), bytes.Join(lines[1:5], nil)}, nil)
	if _, err := ReadCSV(bytes.NewReader(swapped), "he4", &g.Parameters); err == nil {
		t.Error("cells out of order were accepted")
	}
	for old, new := range map[string]string{",16,5,float64,0,": ",17,5,float64,0,", ",16,7,float64,0,": ",16,8,float64,0,", ",16,5,float64,1,": ",16,5,float64,NaN,", "he4,8": "he4,9", "float64": "float32"} {
		t.Run(old, func(t *testing.T) {
			if _, err := ReadCSV(bytes.NewReader(bytes.Replace(data, []byte(old), []byte(new), 1)), "he4", &g.Parameters); err == nil || !bytes.Contains(data, []byte(old)) {
				t.Errorf("%q changed to %q was accepted", old, new)
			}
		})
	}
}
