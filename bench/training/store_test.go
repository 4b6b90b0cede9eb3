package training

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench"
	"kac/internal/plotting"
)

// The directory: files, a second run with the same parameters, and refusals.
func TestTrainingStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	p := shortTraining()
	s := train(t, p, 0)
	summary := s.Summary()
	for range 2 {
		store, err := Open(dir, &s.Parameters, nil, bench.Session{})
		if err != nil {
			t.Fatal(err)
		}
		err = store.Save(s, nil)
		if err == nil {
			err = store.Draw(s, nil, func() (*plotting.Figure, error) { return s.Picture(&summary, "time") })
		}
		if err != nil {
			t.Fatal(err)
		}
		store.Close()
	}
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil || !strings.HasPrefix(string(data), Header+"\nhe4,8,8,1,0,0,") || strings.Count(string(data), "\n") != 1+2*4*3 {
		t.Errorf("%s, %v", data, err)
	}
	other := s.Parameters
	other.Seed++
	var input *bench.InputError
	if _, err := Open(dir, &other, nil, bench.Session{}); !errors.As(err, &input) || !strings.Contains(err.Error(), "other parameters") {
		t.Errorf("other parameters: %v", err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, File), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(foreign, &other, nil, bench.Session{}); !errors.As(err, &input) {
		t.Errorf("a foreign directory: %v", err)
	}
	var text bytes.Buffer
	if err := s.WriteText(&text, &summary); err != nil {
		t.Fatal(err)
	}
	he4, _ := FindPaperFigure(3)
	if err := he4.WriteComparison(&text, s, &summary, ScaleLaptop); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"width 64 on the same batches", "0.50 for the widest", "Risks and function errors in closed form", "Figure 3 of the paper", "0.09"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}
