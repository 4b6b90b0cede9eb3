package training

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/internal/provenance"
	"kac/internal/sealed"
)

// A run that is cut after any step and goes on from its checkpoint writes the same files.
func TestTrainingResumes(t *testing.T) {
	for _, change := range []func(*Parameters){
		func(p *Parameters) { p.Problem, p.Precision = "xor4", bench.Float32 },
		func(p *Parameters) { p.Shared = true },
		func(p *Parameters) { p.Reference = ReferenceReduced },
		func(p *Parameters) { p.Reference, p.Samples = ReferenceExact, 0 },
	} {
		p := shortTraining()
		change(&p)
		var saved [][]byte
		s, err := Run(t.Context(), p, Options{Checkpoint: func(c *Checkpoint) error {
			data, err := c.MarshalBinary()
			saved = append(saved, data)
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		want := trainingCSV(t, s)
		if len(saved) != (p.Steps+1)*p.Runs() {
			t.Fatalf("%d checkpoints", len(saved))
		}
		for i, data := range saved {
			var c Checkpoint
			if err := c.UnmarshalBinary(data); err != nil {
				t.Fatal(err)
			}
			again, err := Run(t.Context(), p, Options{Before: &c})
			if err != nil {
				t.Fatal(err)
			}
			if trainingCSV(t, again) != want {
				t.Errorf("%s against %s: going on from checkpoint %d changes the files", p.Problem, p.Reference, i)
			}
		}
	}
}

// A directory with the checkpoint of other parameters is refused; a finished run leaves none.
func TestTrainingStoreCheckpoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	p, err := shortTraining().Prepare()
	if err != nil {
		t.Fatal(err)
	}
	open := func(level string) *Store {
		store, err := Open(dir, &p, nil, bench.Session{Info: provenance.Info{KernelLevel: level}})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	store := open("avx2")
	if changed := store.Changed(); changed != "" {
		t.Errorf("changed without a checkpoint: %s", changed)
	}
	store.saved = time.Now().Add(-2 * checkpointInterval)
	s, err := Run(t.Context(), p, Options{Checkpoint: store.Checkpoint})
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	other := p
	other.Seed++
	var input *bench.InputError
	if _, err := Open(dir, &other, nil, bench.Session{}); !errors.As(err, &input) || !strings.Contains(err.Error(), "other parameters (seed") {
		t.Errorf("other parameters: %v", err)
	}
	store = open("avx512")
	if b := store.Before(); b == nil || b.Observed != 1 || !store.Interrupted() {
		t.Fatalf("before: %+v", b)
	}
	if changed := store.Changed(); changed != "kernel level avx2, now avx512" {
		t.Errorf("changed: %q", changed)
	}
	if len(store.earlier()) != 1 || store.earlier()[0].WallTime <= 0 {
		t.Fatalf("earlier sessions: %+v", store.earlier())
	}
	store.before.Sessions[0].WallTime = 3600
	if e := store.Elapsed(); e < time.Hour || e > time.Hour+time.Minute {
		t.Errorf("an hour before the checkpoint and the time since opening are %s", e)
	}
	if err := store.Save(s, nil); err != nil {
		t.Fatal(err)
	}
	store.Close()
	var record Record
	if err := json.Unmarshal(benchtest.ReadFile(t, dir, "run.json"), &record); err != nil {
		t.Fatal(err)
	}
	if e := record.Earlier; len(e) != 1 || e[0].KernelLevel != "avx2" || e[0].WallTime != 3600 || record.KernelLevel != "avx512" || record.WallTime > 60 {
		t.Errorf("sessions %+v, last %+v", e, record.Session)
	}
	store = open("avx512")
	if store.Before() != nil || store.Interrupted() {
		t.Error("a finished run leaves its checkpoint")
	}
	store.Close()
}

// Damaged checkpoints of a training: whatever happens to the newest one is noticed and said, and the
// one before is used; without one that is whole the run begins again.
func TestDamagedTrainingCheckpoints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	p, err := shortTraining().Prepare()
	if err != nil {
		t.Fatal(err)
	}
	store, err := Open(dir, &p, nil, bench.Session{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Run(ctx, p, Options{Checkpoint: func(c *Checkpoint) error {
		if seen++; seen == 3 {
			cancel()
		}
		store.saved = time.Time{}
		return store.Checkpoint(c)
	}})
	store.Close()
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	path := filepath.Join(dir, CheckpointFile)
	whole := benchtest.ReadFile(t, path)
	look := func(what string, step int64, damaged int) {
		t.Helper()
		store, err := Open(dir, &p, nil, bench.Session{})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer store.Close()
		got := int64(-1)
		if b := store.Before(); b != nil {
			got = b.Step
		}
		if got != step || len(store.Damaged()) != damaged {
			t.Fatalf("%s: going on after %d steps, want %d; %q", what, got, step, store.Damaged())
		}
	}
	look("whole", 2, 0)
	damages := benchtest.DamagesOf(whole)
	payload, err := sealed.Open(whole, checkpointKind, checkpointVersion)
	if err != nil {
		t.Fatal(err)
	}
	damages = append(damages, benchtest.Damage{What: "version", Data: sealed.Seal(checkpointKind, checkpointVersion+1, payload)},
		benchtest.Damage{What: "half a payload", Data: sealed.Seal(checkpointKind, checkpointVersion, payload[:len(payload)/2])})
	for n := 0; n < len(payload); n += 1 + len(payload)/2000 { // what a checksum does not see is damaged too
		if err := new(Checkpoint).UnmarshalBinary(payload[:n]); !errors.Is(err, sealed.ErrDamaged) {
			t.Fatalf("%d of %d bytes of a state: %v", n, len(payload), err)
		}
	}
	if err := new(Checkpoint).UnmarshalBinary(append(payload[:len(payload):len(payload)], 0)); !errors.Is(err, sealed.ErrDamaged) {
		t.Fatalf("a byte too many: %v", err)
	}
	other := append([]byte{payload[0] ^ 1}, payload[1:]...)
	if err := new(Checkpoint).UnmarshalBinary(other); !errors.Is(err, sealed.ErrDamaged) {
		t.Fatalf("the identity of another study: %v", err)
	}
	for _, d := range damages {
		if err := os.WriteFile(path, d.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		look(d.What, 1, 1)
	}
	if err := os.WriteFile(sealed.Previous(path), whole[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	look("both damaged", -1, 2)
	t.Logf("%d damaged checkpoints of %d bytes noticed", len(damages), len(whole))
}

// Bytes behind a checksum that fits are refused or lead to a run that ends in some way. The study is as small
// as one can be, checked once and in memory, so that thousands of inputs a second are tried.
func FuzzTrainingCheckpoint(f *testing.F) {
	p := shortTraining()
	p.Dim, p.Samples, p.Batch, p.Steps, p.Points, p.Widths, p.Wide, p.Tests, p.Repeats, p.Traced = 3, 4, 4, 3, 2, []int{2}, 2, 2, 1, 1
	s, err := p.Ready(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	_, err = s.Run(f.Context(), Options{Workers: 1, Checkpoint: func(c *Checkpoint) error {
		data, err := c.MarshalBinary()
		f.Add(data)
		f.Add(data[:len(data)/2])
		c.Step++ // further on than it is
		further, failed := c.MarshalBinary()
		c.Step--
		f.Add(further)
		return errors.Join(err, failed)
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c Checkpoint
		if c.UnmarshalBinary(data) != nil {
			return
		}
		c.Parameters = s.Parameters // others are refused
		if !c.fits() {
			return
		}
		_, _ = s.Run(t.Context(), Options{Workers: 1, Before: &c}) // any error will do; its steps are three
	})
}
