// Package slurm writes the scripts that run a sweep on a cluster with the Slurm workload manager: an
// array whose elements each run a shard of the cells, a job that makes the tables when the array has
// ended, and the command that submits both.
//
//	DIR/slurm/study.toml   the study file as it was, for edits of the original do not matter to jobs
//	DIR/slurm/array.sh     one shard of the cells an element; stops before its time limit and is requeued
//	DIR/slurm/merge.sh     the tables, or what is missing
//	DIR/slurm/submit.sh    submits the two, and again after anything went wrong
//	DIR/slurm/log/         what they say
//
// Shards share no cell, so two elements never write one file; an element that takes over from one
// whose node died finds its cells and checkpoints.
package slurm

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"kac/internal/atomicfile"
	"kac/internal/shell"
)

// Names in a study's directory.
const (
	Folder       = "slurm"
	StudyFile    = "study.toml"
	ArrayScript  = "array.sh"
	MergeScript  = "merge.sh"
	SubmitScript = "submit.sh"
	LogFolder    = "log"
)

// Settings are what the scripts say.
type Settings struct {
	Dir       string // the study's directory, absolute
	Program   string // kac, by a path that the nodes know
	Study     []byte // the study file
	Name      string // of the study, for the queue
	Overrides []string

	Shards      int
	Most        int // elements that the cluster allows, of MostShards; 0: not known
	Concurrent  int // elements that run at once; 0: no limit
	CPUs        int // of an element
	Time        time.Duration
	Memory      int // of an element, MiB
	MergeMemory int // MiB
	Partition   string
	Account     string
	Extra       []string // options of sbatch, without dashes
	Checkpoint  time.Duration
	Level       string // of the kernels, on all nodes; "": the best of each

	Author string // who wrote them: version and command line
}

// MinTime is the shortest time limit: elements stop lead before it.
const (
	MinTime = 5 * time.Minute
	lead    = 120 * time.Second
)

//go:embed scripts
var scripts embed.FS

// Written reports whether the study's directory holds scripts.
func Written(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, Folder, ArrayScript))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for scripts: %w", err)
	}
	return true, nil
}

// WrittenFor reports whether the scripts in the settings' directory were written for that directory: they
// hold its path, so a directory that was moved has scripts for another one.
func (s *Settings) WrittenFor() (bool, error) {
	text, err := os.ReadFile(filepath.Join(s.Folder(), SubmitScript))
	if err != nil {
		return false, fmt.Errorf("reading the scripts: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if quoted, ok := strings.CutPrefix(line, "folder="); ok {
			return strings.TrimSuffix(quoted, "\n") == shell.Quote(s.Folder()), nil
		}
	}
	return true, nil // of a version that says it otherwise
}

// Write writes study file and scripts, submit.sh last.
func (s *Settings) Write() error {
	folder := filepath.Join(s.Dir, Folder)
	if err := s.CheckForeign(); err != nil { // again: the plan has taken a while
		return err
	}
	if err := atomicfile.MakeDir(filepath.Join(folder, LogFolder)); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(folder, StudyFile), s.Study); err != nil {
		return err
	}
	for _, name := range []string{ArrayScript, MergeScript, SubmitScript} {
		text, err := s.Script(name)
		if err != nil {
			return err
		}
		path := filepath.Join(folder, name)
		if err := atomicfile.WriteBytes(path, text); err != nil {
			return err
		}
		if err := os.Chmod(path, 0o755); err != nil {
			return fmt.Errorf("making %s executable: %w", path, err)
		}
	}
	return nil
}

// Script returns the text of a script.
func (s *Settings) Script(name string) ([]byte, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"quote": func(words ...string) string { return shell.Quote(words...) },
		"clock": Clock, "count": Count, "directive": directive,
	}).ParseFS(scripts, "scripts/"+name, "scripts/where.txt")
	if err != nil {
		return nil, fmt.Errorf("reading the template of %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(io.Writer(&out), s); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// Folder is where the scripts are.
func (s *Settings) Folder() string { return filepath.Join(s.Dir, Folder) }

// Lead is how many seconds before the time limit an element is told to stop.
func (s *Settings) Lead() int { return int(lead / time.Second) }

// Sweep is the command line of kac sweep without its last flags, quoted.
func (s *Settings) Sweep() string {
	words := append([]string{filepath.Join(s.Folder(), StudyFile)}, s.Overrides...)
	return shell.Quote(append(words, "--out", s.Dir)...)
}

// By is the author on one line: it stands in comments.
func (s *Settings) By() string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s.Author)
}

// directive quotes a value of an #SBATCH line, which sbatch reads by rules of its own.
func directive(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// Count prints a number of things.
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Clock prints a time limit as Slurm reads it: 12:00:00, 2-00:00:00.
func Clock(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600%24, s/60%60, s%60)
	if days := s / 86400; days > 0 {
		text = fmt.Sprintf("%d-%s", days, text)
	}
	return text
}
