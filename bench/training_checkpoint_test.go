package bench

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A run that is cut at any observation and goes on from its checkpoint writes the same files.
func TestTrainingResumes(t *testing.T) {
	for _, change := range []func(*TrainingParameters){
		func(p *TrainingParameters) { p.Task, p.Precision = "xor4", Float32 },
		func(p *TrainingParameters) { p.Shared = true },
		func(p *TrainingParameters) { p.Reference = ReferenceReduced },
		func(p *TrainingParameters) { p.Reference, p.Samples = ReferenceExact, 0 },
	} {
		p := shortTraining()
		change(&p)
		var saved [][]byte
		s, err := RunTraining(t.Context(), p, TrainingOptions{Checkpoint: func(c *TrainingCheckpoint) error {
			data, err := c.MarshalBinary()
			saved = append(saved, data)
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		want := trainingCSV(t, s)
		if len(saved) != 4*p.Runs() {
			t.Fatalf("%d checkpoints", len(saved))
		}
		for i, data := range saved {
			var c TrainingCheckpoint
			if err := c.UnmarshalBinary(data); err != nil {
				t.Fatal(err)
			}
			again, err := RunTraining(t.Context(), p, TrainingOptions{Before: &c})
			if err != nil {
				t.Fatal(err)
			}
			if trainingCSV(t, again) != want {
				t.Errorf("%s against %s: going on from checkpoint %d changes the files", p.Task, p.Reference, i)
			}
		}
		for i := range 40 {
			bad := slices.Clone(saved[3])
			bad[(i*7919)%len(bad)] ^= 1 << (i % 8)
			if new(TrainingCheckpoint).UnmarshalBinary(bad) == nil {
				t.Error("a changed bit is not seen")
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
	open := func() *TrainingStore {
		store, err := OpenTraining(dir, &p, Session{})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	store := open()
	store.saved = time.Now().Add(-2 * checkpointInterval)
	s, err := RunTraining(t.Context(), p, TrainingOptions{Checkpoint: store.Checkpoint})
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	other := p
	other.Seed++
	var input *InputError
	if _, err := OpenTraining(dir, &other, Session{}); !errors.As(err, &input) || !strings.Contains(err.Error(), "unfinished run of he4") {
		t.Errorf("other parameters: %v", err)
	}
	store = open()
	if b := store.Before(); b == nil || b.Observed != 1 || !store.Interrupted() {
		t.Fatalf("before: %+v", b)
	}
	summary := s.Summary()
	picture, err := s.Picture(&summary, 1, "time")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(s, nil, picture); err != nil {
		t.Fatal(err)
	}
	store.Close()
	store = open()
	if store.Before() != nil || store.Interrupted() {
		t.Error("a finished run leaves its checkpoint")
	}
	store.Close()
}
