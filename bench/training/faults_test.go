package training

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
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

func rows(t *testing.T, s *Study) string {
	t.Helper()
	var b strings.Builder
	if err := s.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func storeFiles(t *testing.T, m *disktest.Memory) map[string]string {
	t.Helper()
	entries, err := m.ReadDir("out")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		data, err := m.ReadFile(path.Join("out", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if out[e.Name()] = string(data); e.Name() == store.RunFile {
			out[e.Name()] = ""
		}
	}
	return out
}

func (s *trained) ends(t *testing.T, what string, m *disktest.Memory, want map[string]string) {
	t.Helper()
	if got := storeFiles(t, m); !maps.Equal(got, want) {
		t.Fatalf("%s: files %q, want %q", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if checked, err := Check(m, "out"); err != nil || len(checked.Bad) > 0 || !checked.Complete || checked.Files != len(want) {
		t.Fatalf("%s: check says %+v, %v", what, checked, err)
	}
}

// The process is killed, or the machine loses power, before any operation of a training's directory,
// the last renames among them: a whole checkpoint that was there is gone on from, a finished study is
// found finished, and the same command ends with the same files.
func TestTrainingKilledAtEveryOperation(t *testing.T) {
	s := trainedStudy(t)
	straight := disktest.NewMemory()
	if _, err := s.run(t, straight); err != nil {
		t.Fatal(err)
	}
	want := storeFiles(t, straight)
	losses := map[string]disktest.Loss{"killed": {Names: true, Data: true}, "power lost": {}, "names kept": {Names: true}, "data kept": {Data: true}}
	reached := map[string]int{}
	for n := 1; ; n++ {
		m := disktest.NewMemory()
		system := &disktest.Faulty{Base: m, Fail: disktest.CrashAt(n)}
		_, err := s.run(t, system)
		for name, loss := range losses {
			what := fmt.Sprintf("%s before operation %d", name, n)
			after := m.PowerLoss(loss)
			if checked, err := Check(after, "out"); err == nil {
				for _, b := range checked.Bad { // a picture may be missing, nothing may be wrong
					if b.Problem != "is missing" || !strings.HasSuffix(b.Path, ".svg") {
						t.Fatalf("%s: %+v", what, b)
					}
				}
			}
			from, err := s.run(t, after)
			if err != nil {
				t.Fatalf("%s: again: %v", what, err)
			}
			if from < reached[name] {
				t.Fatalf("%s: %d checkpoints are behind it, before there were %d", what, from, reached[name])
			}
			reached[name] = from
			s.ends(t, what, after, want)
		}
		if err == nil {
			t.Logf("%d operations", system.Ops())
			if system.Ops() < 60 || reached["killed"] != len(s.checkpoints) {
				t.Errorf("only %d operations, %v", system.Ops(), reached)
			}
			return
		}
		if !errors.Is(err, disktest.ErrCrashed) {
			t.Fatalf("crash at operation %d: %v", n, err)
		}
	}
}

// A disk that fails at any operation: the error says what happened, and the same command ends well on
// a good disk, also where the failure came between the last renames.
func TestTrainingFailingDisk(t *testing.T) {
	s := trainedStudy(t)
	straight := disktest.NewMemory()
	if _, err := s.run(t, straight); err != nil {
		t.Fatal(err)
	}
	want := storeFiles(t, straight)
	for name, failure := range map[string]error{"full": syscall.ENOSPC, "broken": syscall.EIO, "short": disktest.ErrShort} {
		for n := 1; ; n++ {
			m := disktest.NewMemory()
			system := &disktest.Faulty{Base: m, Fail: disktest.FailAt(n, failure)}
			_, err := s.run(t, system)
			if n > system.Ops() {
				break
			}
			what := fmt.Sprintf("%s at operation %d", name, n)
			if err != nil && (!errors.Is(err, failure) || !strings.Contains(err.Error(), "out")) {
				t.Fatalf("%s: error %q does not say what happened where", what, err)
			}
			if _, err := s.run(t, m); err != nil {
				t.Fatalf("%s, then a good disk: %v", what, err)
			}
			s.ends(t, what, m, want)
		}
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
	if files := storeFiles(t, m); files[PictureFile] == "" || files[HistogramPictureFile] == "" {
		t.Errorf("files %q", slices.Sorted(maps.Keys(files)))
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
