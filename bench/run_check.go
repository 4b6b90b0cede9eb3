package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kac/internal/disk"
	"kac/internal/sealed"
)

// CheckpointFile holds the state of a training under way, sealed with this kind and version, and the file of sealed.Previous the one before it.
const (
	CheckpointFile    = "checkpoint.bin"
	CheckpointKind    = "kac training"
	CheckpointVersion = 4
)

// Finding is a file that is not as it was written.
type Finding struct {
	Path    string // within the directory, slashed
	Problem string
}

// Checked is what a look at all files of a directory has shown.
type Checked struct {
	Files    int // looked at
	Complete bool
	Bad      []Finding // by path
}

// HoldsRun reports whether dir has a run.json.
func HoldsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, RunFile))
	return err == nil
}

// CheckRun compares every file of a directory with a run.json with its checksum: those that run.json
// lists, run.json itself, and the checkpoints of a training. Errors are those of the disk, or tell of a
// run.json of another format.
func CheckRun(dir string) (*Checked, error) {
	path := filepath.Join(dir, RunFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what the directory holds: %w", err)
	}
	out := &Checked{Files: 1}
	bad := func(name string, err error) {
		out.Bad = append(out.Bad, Finding{name, strings.TrimPrefix(err.Error(), filepath.Join(dir, name)+": ")})
	}
	head, err := decodeRun(data)
	switch {
	case err != nil:
		bad(RunFile, err)
		return out, nil // nothing else is known
	case head.Format != RecordFormat:
		return nil, fmt.Errorf("%s is of a %q run of format %d, which has no checksums; this program checks format %d", path, head.Program, head.Format, RecordFormat)
	}
	out.Complete = head.Complete
	for _, name := range slices.Sorted(maps.Keys(head.Sums)) {
		if filepath.Base(name) != name {
			bad(RunFile, fmt.Errorf("it lists %q, which is not a file beside it", name))
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			if head.Complete {
				out.Files++
				bad(name, errors.New("is missing"))
			}
			continue // a run under way may have been stopped before it
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		out.Files++
		if err := head.Verify(name, data); err != nil {
			bad(name, err)
		}
	}
	for _, name := range []string{CheckpointFile, sealed.Previous(CheckpointFile)} {
		_, err := sealed.Read(disk.Real, filepath.Join(dir, name), CheckpointKind, CheckpointVersion)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		out.Files++
		if err != nil {
			bad(name, err)
		}
	}
	slices.SortStableFunc(out.Bad, func(a, b Finding) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}
