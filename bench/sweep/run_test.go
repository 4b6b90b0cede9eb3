package sweep

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kac/bench"
	"kac/internal/disk"
	"kac/internal/disk/disktest"
)

// tiny has 2 groups of 2 x 2 cells that take milliseconds, flow and descent, rank 1 so that there is
// a C(t), few steps so that faults can be put at every operation.
const tiny = "dim=4\nwidths=[2,3]\nseeds=2\nhorizon=0.5\npoints=3\ntolerance=1e-2\ndynamics=['flow','descent']\neta=0.125\nflow-tolerance=1e-3"

// gaps keeps the references that tests solve again and again.
var gaps = struct {
	sync.Mutex
	solved map[string]bench.Runner
}{solved: map[string]bench.Runner{}}

func solveOnce(ctx context.Context, g *Group) (bench.Runner, error) {
	gaps.Lock()
	defer gaps.Unlock()
	id, err := g.Facts.IdentitySum()
	if err != nil {
		return nil, err
	}
	key := string(id[:])
	if study := gaps.solved[key]; study != nil {
		return study, nil
	}
	study, err := g.Study.Prepare(ctx, nil)
	if err == nil {
		gaps.solved[key] = study
	}
	return study, err
}

// table locks, for file systems in memory; a new one is what a new process finds.
type memoryLocks struct {
	mu   sync.Mutex
	held map[string]int // -1: exclusive
}

type memoryLock struct {
	t    *memoryLocks
	path string
}

func (l memoryLock) release() {
	l.t.mu.Lock()
	defer l.t.mu.Unlock()
	if l.t.held[l.path] == -1 {
		l.t.held[l.path] = 0
	} else {
		l.t.held[l.path]--
	}
}

func (l memoryLock) remove() { l.release() }

func (t *memoryLocks) try(path string, shared bool) (held, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.held[path]; n == -1 || n > 0 && !shared {
		return nil, disk.ErrLocked
	}
	if shared {
		t.held[path]++
	} else {
		t.held[path] = -1
	}
	return memoryLock{t, path}, nil
}

func on(system disk.FS) Options {
	return Options{
		Workers: 1, Interval: time.Nanosecond, FS: system, prepare: solveOnce,
		claims: &memoryLocks{held: map[string]int{}}, CommandLine: []string{"kac", "sweep"},
	}
}

// whole runs a study to its tables.
func whole(ctx context.Context, s *Study, dir string, o Options) error {
	if _, err := Run(ctx, s, dir, o); err != nil {
		return err
	}
	_, err := Merge(ctx, s, dir, o)
	return err
}

// tables are the results whose bytes depend on the study alone.
func tables(t *testing.T, system disk.FS, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range []string{TableFile, ParquetFile, ReferenceFile, SummaryFile, SlopesFile} {
		out[name] = read(t, system, filepath.Join(dir, name))
	}
	entries, err := system.ReadDir(filepath.Join(dir, arraysDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out[e.Name()] = read(t, system, filepath.Join(dir, arraysDir, e.Name()))
	}
	return out
}

func read(t *testing.T, system disk.FS, name string) string {
	t.Helper()
	data, err := disk.ReadFile(system, name, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if !maps.Equal(got, want) {
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s: %s differs", what, name)
			}
		}
		t.Fatalf("%s: %d files, want %d", what, len(got), len(want))
	}
}

// everything lists all files below dir.
func everything(t *testing.T, system disk.FS, dir string) []string {
	t.Helper()
	var out []string
	entries, err := system.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, everything(t, system, path.Join(dir, e.Name()))...)
		} else {
			out = append(out, path.Join(dir, e.Name()))
		}
	}
	return out
}

// straight is the study in memory, never interrupted.
func straight(t *testing.T, text string) (*disktest.Memory, map[string]string) {
	t.Helper()
	m := disktest.NewMemory()
	if err := whole(t.Context(), parse(t, text), "out", on(m)); err != nil {
		t.Fatal(err)
	}
	checked, err := ms.check(m, "out")
	if err != nil || len(checked.Bad) > 0 || !checked.Complete {
		t.Fatalf("check: %+v, %v", checked, err)
	}
	return m, tables(t, m, "out")
}

// The bytes do not depend on workers, shards, interruptions, or what was there before; a finished
// directory holds what it should and nothing else.
func TestBytesDependOnTheStudyAlone(t *testing.T) {
	m, want := straight(t, tiny)
	s := parse(t, tiny)
	var names []string
	for _, name := range append(s.names(), SumsFile) {
		names = append(names, "out/"+name)
	}
	for _, c := range s.cells() {
		names = append(names, "out/"+c.base()+finalExt)
	}
	slices.Sort(names)
	if got := everything(t, m, "out"); !slices.Equal(got, names) {
		t.Errorf("the directory holds %q, want %q", got, names)
	}
	for _, workers := range []int{2, 3, 4, 7, 8} {
		m := disktest.NewMemory()
		o := on(m)
		o.Workers = workers
		if err := whole(t.Context(), parse(t, tiny), "out", o); err != nil {
			t.Fatal(err)
		}
		same(t, "workers", tables(t, m, "out"), want)
	}
	for _, shards := range []int{2, 3, 8, 11} {
		m := disktest.NewMemory()
		for i := shards; i >= 1; i-- {
			o := on(m)
			o.Shard, o.Of = i, shards
			if i == shards/2 {
				if _, err := Merge(t.Context(), parse(t, tiny), "out", on(m)); !errors.Is(err, ErrIncomplete) {
					t.Errorf("%d shards, some missing: merge says %v", shards, err)
				}
			}
			if _, err := Run(t.Context(), parse(t, tiny), "out", o); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Merge(t.Context(), parse(t, tiny), "out", on(m)); err != nil {
			t.Fatal(err)
		}
		same(t, "shards", tables(t, m, "out"), want)
	}
}

// A study whose process is stopped again and again, each time a little later, loses no work that was
// saved, and ends with the same bytes.
func TestStopAndGoOn(t *testing.T) {
	_, want := straight(t, tiny)
	m := disktest.NewMemory()
	stops := 0
	for ; ; stops++ {
		ctx, cancel := context.WithCancel(t.Context())
		system := &disktest.Faulty{Base: m, Fail: func(op disktest.Op) error {
			if op.N > 60+stops { // in the middle of things, often of a checkpoint
				cancel()
			}
			return nil
		}}
		o := on(system)
		o.Workers = 1 + stops%3
		err := whole(ctx, parse(t, tiny), "out", o)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if stops > 200 {
			t.Fatal("no progress in 200 runs")
		}
		if checked, err := ms.check(m, "out"); err != nil || len(checked.Bad) > 0 {
			t.Fatalf("after stop %d: %+v, %v", stops, checked, err)
		}
	}
	if stops < 3 {
		t.Errorf("only %d stops", stops)
	}
	same(t, "stopped", tables(t, m, "out"), want)
}

// Finished cells are not run again, and a finished study is not touched.
func TestFinishedStaysFinished(t *testing.T) {
	m, want := straight(t, tiny)
	before := map[string]string{}
	for _, name := range everything(t, m, "out") {
		before[name] = read(t, m, name)
	}
	o := on(m)
	o.prepare = func(context.Context, *Group) (bench.Runner, error) { return nil, errors.New("solved again") }
	tally, err := Run(t.Context(), parse(t, tiny), "out", o)
	if err != nil || tally != (Tally{Cells: 8, Found: 8}) {
		t.Fatalf("%+v, %v", tally, err)
	}
	results, err := Merge(t.Context(), parse(t, tiny), "out", o)
	if err != nil || len(results.Groups) != 2 {
		t.Fatalf("%+v, %v", results, err)
	}
	for _, name := range everything(t, m, "out") {
		if read(t, m, name) != before[name] {
			t.Errorf("%s was written again", name)
		}
	}
	same(t, "again", tables(t, m, "out"), want)
	if s := results.Record.Sessions; len(s) != 1 || s[0].Cells != 8 || s[0].CommandLine[1] != "sweep" {
		t.Errorf("sessions %+v", s)
	}
}

// A directory of something else is refused before anything is written.
func TestOtherDirectories(t *testing.T) {
	m, _ := straight(t, tiny)
	var input *bench.InputError
	for _, c := range []struct{ change, says string }{
		{"seeds=1", "seeds 2, not 1"}, {"horizon=0.75", "horizon"}, {"widths=[2]", "widths"}, {"tolerance=1e-3", "tolerance 0.01, not 0.001"},
	} {
		t.Run(c.change, func(t *testing.T) {
			other, err := ms.Parse([]byte(tiny), []string{c.change})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Run(t.Context(), other, "out", on(m)); !errors.As(err, &input) || input.Key != "out" || !strings.Contains(input.Reason, c.says) {
				t.Errorf("%s: %v", c.change, err)
			}
		})
	}
	put(t, m, "other/run.json", "{}")
	if _, err := Run(t.Context(), parse(t, tiny), "other", on(m)); !errors.As(err, &input) || !strings.Contains(input.Reason, "another command") {
		t.Errorf("a directory of another command: %v", err)
	}
	// Cells that are whole but of other parameters, without a study.json that says so.
	if err := m.Remove("out/" + StudyFile); err != nil {
		t.Fatal(err)
	}
	other := parse(t, tiny, "tolerance=1e-3")
	if _, err := Run(t.Context(), other, "out", on(m)); !errors.As(err, &input) || !strings.Contains(input.Reason, "other parameters") {
		t.Errorf("cells of another study: %v", err)
	}
	if _, err := ms.check(m, "nowhere"); !errors.As(err, &input) {
		t.Errorf("check of nothing: %v", err)
	}
}

// put puts a file into memory, durably.
func put(t *testing.T, m *disktest.Memory, name, content string) {
	t.Helper()
	if err := m.MkdirAll(path.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := m.CreateTemp(path.Dir(name), "*")
	if err == nil {
		_, err = f.Write([]byte(content))
		err = errors.Join(err, f.Sync(), f.Close(), m.Rename(f.Name(), name), m.SyncDir(path.Dir(name)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func exists(system disk.FS, name string) bool {
	_, err := system.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
