package slurm

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"kac/bench"
)

// A file of somebody else in the place of any that is written is refused and stays; our own are replaced.
func TestForeignFiles(t *testing.T) {
	names := []string{StudyFile, ArrayScript, MergeScript, SubmitScript, JobsFile}
	for _, beside := range []bool{false, true} { // scripts of ours
		for _, name := range names {
			s := settings(t.TempDir())
			if beside {
				if err := s.Write(); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(s.Folder(), name)
			if err := os.MkdirAll(s.Folder(), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("mine\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			err := s.Write()
			if beside && (name == StudyFile || name == JobsFile) { // known by the scripts
				if err != nil {
					t.Errorf("%s beside scripts: %v", name, err)
				}
				continue
			}
			var input *bench.InputError
			if !errors.As(err, &input) || input.Key != "out" {
				t.Errorf("%s: %v", name, err)
			}
			if data, _ := os.ReadFile(path); string(data) != "mine\n" {
				t.Errorf("%s was overwritten", name)
			}
			if entries, _ := os.ReadDir(s.Folder()); !beside && len(entries) != 1 {
				t.Errorf("%s: %d files were written", name, len(entries)-1)
			}
		}
	}
	for _, name := range names { // a directory, opened by nobody
		s := settings(t.TempDir())
		if err := os.MkdirAll(filepath.Join(s.Folder(), name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(); err == nil {
			t.Errorf("a directory in the place of %s was accepted", name)
		}
	}
	s := settings(t.TempDir()) // a command killed after the first file
	if err := errors.Join(os.MkdirAll(s.Folder(), 0o755), os.WriteFile(filepath.Join(s.Folder(), StudyFile), s.Study, 0o644), s.Write(), s.Write()); err != nil {
		t.Error(err)
	}
}
