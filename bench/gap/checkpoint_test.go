package gap

import (
	"context"
	"errors"
	"testing"

	"kac/bench/internal/benchtest"
	"kac/internal/disk"
	"kac/internal/disk/disktest"
	"kac/internal/sealed"
)

// These tests put states of cells into sealed files on disks that lose, change and refuse things.

const checkpointKind, checkpointVersion, checkpointPath = "cell", 1, "c.ckpt"

// checkpointed runs a cell that saves after every step, from the newest checkpoint on the disk, if
// there is one. damaged tells which were not used.
func checkpointed(g *Study, on disk.FS) (cell Cell, from string, damaged []error, err error) {
	state, from, damaged := sealed.ReadNewest(on, checkpointPath, checkpointKind, checkpointVersion)
	cell, err = g.RunCell(context.Background(), 24, 1, CellOptions{Workers: 1, Before: state, Save: func(b []byte) error {
		return sealed.WriteNext(on, checkpointPath, checkpointKind, checkpointVersion, b)
	}})
	return cell, from, damaged, err
}

// checkpointStudy is a cell of about ten steps, and its right end.
func checkpointStudy(t *testing.T) (*Study, Cell) {
	t.Helper()
	p := small()
	p.Widths, p.Seeds, p.Points, p.Horizon, p.FlowTolerance = []int{24}, 1, 3, 4, 1e-4
	g := solve(t, p)
	want, err := g.RunCell(t.Context(), 24, 1, CellOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return g, want
}

// The process is killed before every operation on the disk, and the machine may lose power then:
// the same command ends with the same bits, and no checkpoint is found damaged.
func TestKillAtEveryOperationOfARun(t *testing.T) {
	g, want := checkpointStudy(t)
	losses := []disktest.Loss{{}, {Names: true}, {Data: true}, {Names: true, Data: true}}
	n, resumed := 0, 0
	for done := false; !done; {
		n++
		memory := disktest.NewMemory()
		_, _, _, err := checkpointed(g, &disktest.Faulty{Base: memory, Fail: disktest.CrashAt(n)})
		done = err == nil
		if err != nil && !errors.Is(err, disktest.ErrCrashed) {
			t.Fatal(err)
		}
		ends := []*disktest.Memory{memory}
		for _, loss := range losses {
			ends = append(ends, memory.PowerLoss(loss))
		}
		for i, after := range ends {
			got, from, damaged, err := checkpointed(g, after)
			if from != "" {
				resumed++
			}
			if err != nil || damaged != nil {
				t.Fatalf("killed before operation %d, end %d: %v, damaged %v", n, i, err, damaged)
			}
			if err := sameCell(got, want); err != nil {
				t.Fatalf("killed before operation %d, end %d: %v", n, i, err)
			}
		}
	}
	t.Logf("killed before each of %d operations, with 5 kinds of end; %d of them went on from a checkpoint", n, resumed)
	if n < 50 || resumed < 4*n {
		t.Errorf("only %d operations, %d ends with a checkpoint", n, resumed)
	}
}

// A disk that is full, fails or writes short at some operation, or at every n-th: the run ends with
// that error or does not notice, and the same command on a healthy disk ends with the same bits.
func TestFailingDiskUnderARun(t *testing.T) {
	g, want := checkpointStudy(t)
	full, broken := errors.New("no space left on device"), errors.New("input/output error")
	for _, failure := range []error{full, broken, disktest.ErrShort} {
		failed := 0
		for n := 1; n < 120; n++ {
			for what, fail := range map[string]func(disktest.Op) error{"at": disktest.FailAt(n, failure), "every": disktest.FailEvery(n, failure)} {
				memory := disktest.NewMemory()
				_, _, _, err := checkpointed(g, &disktest.Faulty{Base: memory, Fail: fail})
				if err != nil {
					failed++
					if !errors.Is(err, failure) {
						t.Fatalf("%s %d: %v does not tell of %v", what, n, err, failure)
					}
				}
				got, _, damaged, err := checkpointed(g, memory)
				if err != nil || damaged != nil {
					t.Fatalf("%s %d, %v: then %v, damaged %v", what, n, failure, err, damaged)
				}
				if err := sameCell(got, want); err != nil {
					t.Fatalf("%s %d, %v: %v", what, n, failure, err)
				}
			}
		}
		t.Logf("%v: %d runs failed and went on", failure, failed)
		if failed < 100 {
			t.Errorf("%v: only %d runs failed", failure, failed)
		}
	}
}

// Bit flips, truncations, blocks of zeros and another version: each is noticed, the generation
// before is used, and the end has the same bits.
func TestDamagedCheckpoints(t *testing.T) {
	g, want := checkpointStudy(t)
	memory := disktest.NewMemory()
	if _, _, _, err := checkpointed(g, &disktest.Faulty{Base: memory, Fail: disktest.CrashAt(60)}); !errors.Is(err, disktest.ErrCrashed) {
		t.Fatal(err)
	}
	whole, err := memory.ReadFile(checkpointPath)
	if err != nil {
		t.Fatal(err)
	}
	list := benchtest.DamagesOf(whole)
	payload, err := sealed.Open(whole, checkpointKind, checkpointVersion)
	if err != nil {
		t.Fatal(err)
	}
	list = append(list,
		benchtest.Damage{What: "another version", Data: sealed.Seal(checkpointKind, checkpointVersion+1, payload)},
		benchtest.Damage{What: "another kind", Data: sealed.Seal("table", checkpointVersion, payload)})
	for _, d := range list {
		on := memory.PowerLoss(disktest.Loss{Names: true, Data: true}) // a copy
		put(t, on, checkpointPath, d.Data)
		got, from, damaged, err := checkpointed(g, on)
		if err != nil || from != sealed.Previous(checkpointPath) || len(damaged) != 1 {
			t.Fatalf("%s: %v, went on from %q, damaged %v", d.What, err, from, damaged)
		}
		if err := sameCell(got, want); err != nil {
			t.Fatalf("%s: %v", d.What, err)
		}
	}
	t.Logf("%d of %d damaged checkpoints of %d bytes detected", len(list), len(list), len(whole))
}

// put writes a file as it is.
func put(t *testing.T, on disk.FS, path string, data []byte) {
	t.Helper()
	f, err := on.CreateTemp(".", "raw*")
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close(), on.Rename(f.Name(), path))
	}
	if err != nil {
		t.Fatal(err)
	}
}
