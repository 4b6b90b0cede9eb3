package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"kac/internal/atomicfile"
	"kac/internal/sealed"
)

// RunFile is in the output directory of every command but kac sweep.
const RunFile = "run.json"

// RecordFormat is raised when an old run.json can no longer be continued.
const RecordFormat = 2

// Seals are the end of every run.json: checksums of the files beside it, and its own.
type Seals struct {
	// Sums are SHA-256 by file name. A file that is replaced while a study runs has two, of its content
	// and of the next one: whichever a killed process leaves is in order.
	Sums     map[string][]string `json:"sha256,omitempty"`
	Checksum string              `json:"checksum"` // SHA-256 of run.json with zeros in place of these 64 digits
}

// Keep returns a fill that also stores the checksum of what it writes under name, as the only one.
func (s *Seals) Keep(name string, fill func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		sum := sha256.New()
		if err := fill(io.MultiWriter(w, sum)); err != nil {
			return err
		}
		s.Set(name, hex.EncodeToString(sum.Sum(nil)))
		return nil
	}
}

// Set stores the checksums of a file.
func (s *Seals) Set(name string, sums ...string) {
	if s.Sums == nil {
		s.Sums = map[string][]string{}
	}
	s.Sums[name] = sums
}

// Verify compares content with the checksums of a file.
func (s *Seals) Verify(name string, data []byte) error {
	sum := sha256.Sum256(data)
	if !slices.Contains(s.Sums[name], hex.EncodeToString(sum[:])) {
		return fmt.Errorf("%w: it differs from its checksum in %s", sealed.ErrDamaged, RunFile)
	}
	return nil
}

// EncodeRun is the content of run.json; seals are those within record.
func EncodeRun(record any, seals *Seals) ([]byte, error) {
	seals.Checksum = sealed.NoSum
	data, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", RunFile, err)
	}
	return sealed.Sign(append(data, '\n')), nil
}

// WriteRun replaces the run.json of a directory; seals are those within record.
func WriteRun(dir string, record any, seals *Seals) error {
	data, err := EncodeRun(record, seals)
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, RunFile), data)
}

// RunHead is what run.json has whatever wrote it.
type RunHead struct {
	Program  string `json:"program"`
	Format   int    `json:"format"`
	Complete bool   `json:"complete"`
	Seals
}

// decodeRun reads run.json's head and checks its checksum. The error wraps sealed.ErrDamaged.
func decodeRun(data []byte) (*RunHead, error) {
	var head RunHead
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", sealed.ErrDamaged, err)
	}
	if head.Checksum == "" && head.Format >= 0 && head.Format < RecordFormat {
		return &head, nil // older ones had none; they are refused by their format
	}
	return &head, sealed.Verify(data, head.Checksum)
}

// ReadRun returns the content of the directory's run.json, nil where there is none, after a check of
// its checksum, program and format. What is not a run of program is refused with an InputError, and so
// is a directory with one of files but no run.json.
func ReadRun(dir, program string, files ...string) ([]byte, error) {
	path := filepath.Join(dir, RunFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		for _, name := range files {
			if name == "" {
				continue
			}
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return nil, Refuse("out", dir, "holds %s but no %s, so it is not known what made it; choose another directory", name, RunFile)
			}
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what the output directory holds: %w", err)
	}
	head, err := decodeRun(data)
	if err != nil {
		return nil, DamagedRun(path, err)
	}
	if head.Program != program || head.Format != RecordFormat {
		return nil, Refuse("out", dir, "holds a %q run of format %d, not a %q run of format %d; choose another directory", head.Program, head.Format, program, RecordFormat)
	}
	return data, nil
}

// DamagedRun says what a damaged run.json means: nothing else tells what the files beside it are.
func DamagedRun(path string, err error) error {
	return fmt.Errorf("%s is %w; remove the whole directory or choose another one", path, err)
}

// ClaimDir locks dir for this process, creating it if need be, and removes what killed processes left.
// look reads what is there: before anything is written, and again when nobody else can change it.
func ClaimDir(dir string, look func() error) (release func(), err error) {
	if err := look(); err != nil {
		return nil, err
	}
	if err := atomicfile.MakeDir(dir); err != nil {
		return nil, err
	}
	if release, err = atomicfile.Lock(dir); err != nil {
		return nil, err
	}
	if err := errors.Join(look(), atomicfile.RemoveLeftovers(dir)); err != nil {
		release()
		return nil, err
	}
	return release, nil
}
