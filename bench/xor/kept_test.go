package xor

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
)

// open claims a directory for a test's study.
func open(t *testing.T, dir string, files ...string) *store.Results {
	t.Helper()
	out, err := store.OpenResults(disk.Real, dir, "kac xor", "parameters", bench.Session{}, files...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	return out
}

func filled(t *testing.T, fill func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := fill(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A study that is stopped keeps its finished cells, with their snapshots; what goes on from them, and runs a cell whose
// snapshot is damaged again, is the study that was not stopped.
func TestKept(t *testing.T) {
	p := small()
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	snapshots := []float64{p.Times()[2]}
	want := must(runKept(t.Context(), p, must(KeepStudy(&p, nil, nil)), snapshots, smallIdeal(), 1, nil))
	files := []string{File, AlignmentFile}
	for _, s := range want.Snapshots {
		files = append(files, s.Name())
	}
	dir := t.TempDir()
	out := open(t, dir, files...)
	kept := must(KeepStudy(&p, snapshots, out))
	ctx, stop := context.WithCancel(t.Context())
	if _, err := runKept(ctx, p, kept, snapshots, smallIdeal(), 1, func(float64, string) {
		if kept.Finished() == 2 {
			stop()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stopped study ends with %v", err)
	}
	if err := kept.Save(); err != nil {
		t.Fatal(err)
	}
	done := kept.Finished()
	if done < 2 || done >= kept.All() {
		t.Fatalf("%d of %d cells are finished", done, kept.All())
	}
	out.Close()
	last := want.Snapshots[len(want.Snapshots)-1]
	damaged := filepath.Join(dir, last.Name())
	if err := os.WriteFile(damaged, must(os.ReadFile(damaged))[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	kept = must(KeepStudy(&p, snapshots, open(t, dir, files...)))
	if kept.Finished() != done-1 {
		t.Errorf("%d cells are read, of %d one was damaged", kept.Finished(), done)
	}
	got := must(runKept(t.Context(), p, kept, snapshots, smallIdeal(), 2, nil))
	table := filled(t, want.WriteCSV)
	for name, fill := range map[string]func(io.Writer) error{"study": got.WriteCSV, "kept": kept.Tables()[0].Fill} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Equal(filled(t, fill), table) {
				t.Errorf("the table of the %s that goes on differs", name)
			}
		})
	}
	tables := kept.Tables()
	if len(tables) != 2+len(want.Snapshots) || tables[1].Name != AlignmentFile {
		t.Fatalf("%d files", len(tables))
	}
	for i, s := range want.Snapshots {
		if tables[i+2].Name != s.Name() || !bytes.Equal(filled(t, tables[i+2].Fill), filled(t, func(w io.Writer) error { return s.Write(w, p.Dim) })) {
			t.Errorf("%s differs from that of the study that was not stopped", tables[i+2].Name)
		}
	}
	aligned := must(want.Align(t.Context(), kept, 1))
	for time := range p.alignedTimes() {
		counted, weighted := 0.0, 0.0
		for bin := range AlignmentBins {
			counted += aligned.mean(32, time, bin, 2).Value
			weighted += aligned.mean(32, time, bin, 3).Value
		}
		if math.Abs(counted-1) > 1e-12 || math.Abs(weighted-1) > 1e-12 {
			t.Errorf("time %d: bins hold %v of the neurons, %v of their energy", time, counted, weighted)
		}
	}
	again := filled(t, kept.Tables()[1].Fill)
	alone := must(KeepStudy(&p, nil, nil))
	must(runKept(t.Context(), p, alone, nil, smallIdeal(), 3, nil))
	if !bytes.Equal(filled(t, alone.Tables()[1].Fill), again) {
		t.Error("the alignments of the study that goes on differ")
	}
	if _, err := kept.tables[0].parse([]byte("something else\n"), place{}); err == nil {
		t.Error("another table is taken")
	}
}

// Counts of samples are kept likewise.
func TestKeptReach(t *testing.T) {
	groups := []*ReachGroup{reachGroupOf(t, 8, 2), reachGroupOf(t, 12, 2)}
	want := must(RunScaling(t.Context(), groups, 1, nil))
	dir := t.TempDir()
	out := open(t, dir, CellsFile)
	kept := must(KeepReach(groups, out))
	ctx, stop := context.WithCancel(t.Context())
	if _, err := RunScalingKept(ctx, groups, kept, 1, func(float64, string) { stop() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stopped study ends with %v", err)
	}
	if err := kept.Save(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	kept = must(KeepReach(groups, open(t, dir, CellsFile)))
	if n := kept.Finished(); n < 1 || n >= kept.All() {
		t.Fatalf("%d of %d cells are finished", n, kept.All())
	}
	got := must(RunScalingKept(t.Context(), groups, kept, 2, nil))
	if !bytes.Equal(filled(t, got.WriteCSV), filled(t, want.WriteCSV)) || kept.Finished() != kept.All() {
		t.Errorf("the table that goes on differs:\n%s%s", filled(t, got.WriteCSV), filled(t, want.WriteCSV))
	}
}
