package training

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/disk/disktest"
	"kac/internal/plotting"
)

// trained is a study with all its checkpoints, so that the store alone is run again and again.
type trained struct {
	p           Parameters
	ready       *Ready
	study       *Study
	checkpoints []*Checkpoint
}

func trainedStudy(t *testing.T) *trained {
	t.Helper()
	p := shortTraining()
	p.Steps, p.Samples, p.Traced, p.Snapshots, p.Tests = 2, 128, 2, []float64{0}, 20
	p.Points = 2
	r, err := p.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := &trained{p: r.Parameters, ready: r}
	out.study, err = r.Run(t.Context(), Options{Workers: 1, Checkpoint: func(c *Checkpoint) error {
		data, err := c.MarshalBinary()
		kept := new(Checkpoint)
		if err == nil {
			err = kept.UnmarshalBinary(data)
		}
		if out.checkpoints = append(out.checkpoints, kept); len(out.checkpoints) > 3 {
			out.checkpoints = slices.Delete(out.checkpoints, 1, 2)
		}
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// run is what the command does with its directory, from the newest checkpoint on. It returns how many
// checkpoints were behind it when it began; all of them if the study was finished.
func (s *trained) run(t *testing.T, on disk.FS) (from int, err error) {
	t.Helper()
	out, err := OpenOn(on, "out", &s.p, nil, bench.Session{})
	if err != nil {
		return 0, err
	}
	defer out.Close()
	study := s.study
	if out.Complete() {
		if study, _, err = out.Load(s.ready); err != nil {
			return 0, err
		}
		if rows(t, study) != rows(t, s.study) {
			t.Fatal("the finished study reads back as another one")
		}
		from = len(s.checkpoints)
	} else {
		if b := out.Before(); b != nil {
			from = 1 + slices.IndexFunc(s.checkpoints, func(c *Checkpoint) bool { return c.Step == b.Step && c.Repeat == b.Repeat })
		}
		for _, c := range s.checkpoints[from:] {
			out.saved, out.saving = time.Time{}, 0
			if err := out.Checkpoint(c); err != nil {
				return from, err
			}
		}
		if err := out.Save(s.study, nil); err != nil {
			return from, err
		}
	}
	if out.Drawn() {
		return from, nil
	}
	return from, out.Draw(study, nil, func() (*plotting.Figure, error) {
		return &plotting.Figure{Title: "empty", Width: vg.Inch, Height: vg.Inch, Draw: func(draw.Canvas) {}}, nil
	})
}

// durable is the study as the tests of all stores look at it.
func (s *trained) durable(t *testing.T) *benchtest.Durable {
	reached := 0
	return &benchtest.Durable{
		Run: func(on disk.FS) (err error) {
			reached, err = s.run(t, on)
			return err
		},
		Check: func(on disk.FS) ([]string, error) {
			checked, err := Check(on, "out")
			if err != nil {
				return nil, err
			}
			return checked.Texts(), nil
		},
		Reached: func() int { return reached },
	}
}

func rows(t *testing.T, s *Study) string {
	t.Helper()
	var b strings.Builder
	if err := s.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The process is killed, or the machine loses power, before any operation of a training's directory,
// the last renames among them: a whole checkpoint that was there is gone on from, a finished study is
// found finished, and the same command ends with the same files.
func TestTrainingKilledAtEveryOperation(t *testing.T) {
	if n := trainedStudy(t).durable(t).Killed(t); n < 60 {
		t.Errorf("only %d operations", n)
	}
}

// A disk that fails at any operation: the error says what happened, and the same command ends well on
// a good disk, also where the failure came between the last renames.
func TestTrainingFailingDisk(t *testing.T) {
	if n := trainedStudy(t).durable(t).Failing(t); n < 100 {
		t.Errorf("only %d failures", n)
	}
}

// A picture that cannot be drawn leaves complete tables, and is tried again.
func TestTrainingUndrawn(t *testing.T) {
	s := trainedStudy(t)
	m := disktest.NewMemory()
	out, err := OpenOn(m, "out", &s.p, nil, bench.Session{})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Save(s.study, nil); err != nil {
		t.Fatal(err)
	}
	var undrawn *store.PictureError
	if err := out.Draw(s.study, nil, func() (*plotting.Figure, error) { return nil, errors.New("not drawn") }); !errors.As(err, &undrawn) || !slices.Equal(undrawn.Names, []string{PictureFile}) {
		t.Fatalf("%v", err)
	}
	out.Close()
	again, err := OpenOn(m, "out", &s.p, nil, bench.Session{})
	if err != nil || !again.Complete() || again.Drawn() {
		t.Fatalf("complete %v, drawn %v, %v", again.Complete(), again.Drawn(), err)
	}
	again.Close()
	if _, err := s.run(t, m); err != nil {
		t.Fatal(err)
	}
	if !store.Holds(m, "out", PictureFile) || !store.Holds(m, "out", HistogramPictureFile) {
		t.Error("the pictures are not drawn")
	}
}

// What Load reads gives the text and the pictures of the study itself.
func TestTrainingLoad(t *testing.T) {
	s := trainedStudy(t)
	m := disktest.NewMemory()
	if _, err := s.run(t, m); err != nil {
		t.Fatal(err)
	}
	out, err := OpenOn(m, "out", &s.p, nil, bench.Session{})
	if err != nil {
		t.Fatal(err)
	}
	loaded, _, err := out.Load(s.ready)
	if err != nil {
		t.Fatal(err)
	}
	show := func(study *Study) string {
		var b bytes.Buffer
		summary := study.Summary()
		if err := study.WriteText(&b, &summary); err != nil {
			t.Fatal(err)
		}
		picture, err := study.Picture(&summary, "t")
		if err != nil {
			t.Fatal(err)
		}
		histogram, err := study.HistogramPicture()
		if err != nil {
			t.Fatal(err)
		}
		for _, write := range []func(io.Writer) error{
			study.WriteCSV, study.WriteHistogram,
			func(w io.Writer) error { return picture.Write(w, "svg") }, func(w io.Writer) error { return histogram.Write(w, "svg") },
		} {
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
		}
		return b.String()
	}
	if show(loaded) != show(s.study) {
		t.Error("a study that is read back shows other numbers")
	}
}
