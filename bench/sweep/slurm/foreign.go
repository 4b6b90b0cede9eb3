package slurm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
)

// JobsFile is where submit.sh keeps the numbers of its jobs.
const JobsFile = "jobs.txt"

// mark is in every script, with the version and the command line after it.
const mark = "# Written by kac"

// fileLimit bounds the files that are read; scripts have some kilobytes.
const fileLimit = 1 << 24

// CheckForeign refuses, with an InputError, a directory in which a file that Write or submit.sh replaces is
// of somebody else: a script without the mark; a study file or a list of jobs without a script of ours
// beside it, unless it is the study file that would be written. Nothing but regular files is opened.
func (s *Settings) CheckForeign() error {
	ours := false
	refuse := func(name, why string) error {
		return bench.Refuse("out", s.Dir, "holds %s, %s; move it away or choose another directory", filepath.Join(Folder, name), why)
	}
	read := func(name string) ([]byte, error) {
		data, err := disk.ReadFile(disk.Real, filepath.Join(s.Folder(), name), fileLimit)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil
		case store.IsBad(err):
			return nil, refuse(name, fmt.Sprintf("which kac slurm did not write (%v)", err))
		case err != nil:
			return nil, fmt.Errorf("looking for scripts: %w", err)
		case data == nil:
			data = []byte{}
		}
		return data, nil
	}
	for _, name := range []string{ArrayScript, MergeScript, SubmitScript} {
		text, err := read(name)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		if !bytes.Contains(text, []byte("\n"+mark)) {
			return refuse(name, "which kac slurm did not write")
		}
		ours = true
	}
	for _, name := range []string{StudyFile, JobsFile} {
		text, err := read(name)
		if err != nil {
			return err
		}
		if text == nil || ours || name == StudyFile && bytes.Equal(text, s.Study) {
			continue
		}
		return refuse(name, "and no script of kac slurm beside it, so it is not known what made it")
	}
	return nil
}
