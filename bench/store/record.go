package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"kac/bench"
	"kac/internal/disk"
	"kac/internal/regular"
	"kac/internal/sealed"
)

// RunFile is in the output directory of every command but kac sweep and kac report.
const RunFile = "run.json"

// RecordFormat is raised when an old record can no longer be continued.
const RecordFormat = 2

// recordLimit bounds the records that are read; real ones have some kilobytes.
const recordLimit = 1 << 26

// Head is what a record has whatever wrote it.
type Head struct {
	Opening
	Seals
}

// Encode is the content of a record's file; seals are those within record.
func Encode(name string, record any, seals *Seals) ([]byte, error) {
	seals.Checksum = sealed.NoSum
	data, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", name, err)
	}
	return sealed.Sign(append(data, '\n')), nil
}

// decode reads a record's head and checks its checksum. The error wraps sealed.ErrDamaged.
func decode(data []byte) (*Head, error) {
	var head Head
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", sealed.ErrDamaged, err)
	}
	if head.Checksum == "" && head.Format >= 0 && head.Format < RecordFormat {
		return &head, nil // older ones had none; they are refused by their format
	}
	return &head, sealed.Verify(data, head.Checksum)
}

// readRecord reads a record's file. What is too large to be one is damaged.
func readRecord(on disk.FS, path string) ([]byte, error) {
	data, err := disk.ReadFile(on, path, recordLimit)
	if size := (*regular.SizeError)(nil); errors.As(err, &size) {
		return nil, fmt.Errorf("%w: %w", sealed.ErrDamaged, err)
	}
	return data, err
}

// names are those of the files in dir, none where there is no dir.
func names(on disk.FS, dir string) ([]string, error) {
	entries, err := on.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading what the output directory holds: %w", err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out, nil
}

// Literal is the pattern that matches a name alone.
func Literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// ProgramOf is what a record says that made it, whether it is whole or not; "" if it does not say.
func ProgramOf(on disk.FS, dir, record string) string {
	var head Head
	data, err := readRecord(on, filepath.Join(dir, record))
	if err != nil || json.Unmarshal(data, &head) != nil {
		return ""
	}
	return head.Program
}

// Read returns the content of a directory's record, nil where there is none, after a check of its
// checksum, program and format. What is not a run of program is refused with an InputError, and so is a
// directory with a file that matches one of the patterns and that no record tells of: it may be
// somebody's own.
func Read(on disk.FS, dir, record, program string, patterns ...string) ([]byte, error) {
	list, err := names(on, dir)
	if err != nil {
		return nil, err
	}
	at := filepath.Join(dir, record)
	data, err := readRecord(on, at)
	head := &Head{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		data = nil
	case errors.Is(err, sealed.ErrDamaged):
		return nil, Damaged(at, err)
	case err != nil:
		return nil, fmt.Errorf("reading what the output directory holds: %w", err)
	default:
		if head, err = decode(data); err != nil {
			return nil, Damaged(at, err)
		}
		if head.Program != program || head.Format != RecordFormat {
			return nil, bench.Refuse("out", dir, "holds a %q run of format %d, not a %q run of format %d; choose another directory", head.Program, head.Format, program, RecordFormat)
		}
	}
	for _, name := range list {
		for _, pattern := range patterns {
			if ours, _ := path.Match(pattern, name); !ours || head.Sums[name] != nil {
				continue
			}
			if data == nil {
				return nil, bench.Refuse("out", dir, "holds %s but no %s, so it is not known what made it; choose another directory", name, record)
			}
			return nil, bench.Refuse("out", dir, "holds %s, which %s does not know, so it is not of this run; move it away or choose another directory", name, record)
		}
	}
	return data, nil
}

// Damaged says what a damaged record means: nothing else tells what the files beside it are.
func Damaged(path string, err error) error {
	return fmt.Errorf("%s is %w; remove the whole directory or choose another one", path, err)
}
