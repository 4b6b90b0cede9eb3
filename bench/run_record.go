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

// recordFormat is raised when an old run.json can no longer be continued.
const recordFormat = 2

// Seals are the end of every run.json: checksums of the files beside it, and its own.
type Seals struct {
	// Sums are SHA-256 by file name. A file that is replaced while a study runs has two, of its content
	// and of the next one: whichever a killed process leaves is in order.
	Sums     map[string][]string `json:"sha256,omitempty"`
	Checksum string              `json:"checksum"` // SHA-256 of run.json with zeros in place of these 64 digits
}

// keep returns a fill that also stores the checksum of what it writes under name, as the only one.
func (s *Seals) keep(name string, fill func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		sum := sha256.New()
		if err := fill(io.MultiWriter(w, sum)); err != nil {
			return err
		}
		s.set(name, hex.EncodeToString(sum.Sum(nil)))
		return nil
	}
}

func (s *Seals) set(name string, sums ...string) {
	if s.Sums == nil {
		s.Sums = map[string][]string{}
	}
	s.Sums[name] = sums
}

// verify compares content with the checksums of a file.
func (s *Seals) verify(name string, data []byte) error {
	sum := sha256.Sum256(data)
	if !slices.Contains(s.Sums[name], hex.EncodeToString(sum[:])) {
		return fmt.Errorf("%w: it differs from its checksum in %s", sealed.ErrDamaged, RunFile)
	}
	return nil
}

// encodeRun is the content of run.json; seals are those within record.
func encodeRun(record any, seals *Seals) ([]byte, error) {
	seals.Checksum = sealed.NoSum
	data, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", RunFile, err)
	}
	return sealed.Sign(append(data, '\n')), nil
}

func writeRun(dir string, record any, seals *Seals) error {
	data, err := encodeRun(record, seals)
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, RunFile), data)
}

// runHead is what run.json has whatever wrote it.
type runHead struct {
	Program  string `json:"program"`
	Format   int    `json:"format"`
	Complete bool   `json:"complete"`
	Seals
}

// decodeRun reads run.json's head and checks its checksum. The error wraps sealed.ErrDamaged.
func decodeRun(data []byte) (*runHead, error) {
	var head runHead
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", sealed.ErrDamaged, err)
	}
	if head.Checksum == "" && head.Format >= 0 && head.Format < recordFormat {
		return &head, nil // older ones had none; they are refused by their format
	}
	return &head, sealed.Verify(data, head.Checksum)
}

// readRun returns the content of the directory's run.json, nil where there is none, after a check of
// its checksum, program and format. What is not a run of program is refused with an InputError, and so
// is a directory with one of files but no run.json.
func readRun(dir, program string, files ...string) ([]byte, error) {
	path := filepath.Join(dir, RunFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		for _, name := range files {
			if name == "" {
				continue
			}
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return nil, refuse("out", dir, "holds %s but no %s, so it is not known what made it; choose another directory", name, RunFile)
			}
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what the output directory holds: %w", err)
	}
	head, err := decodeRun(data)
	if err != nil {
		return nil, damagedRun(path, err)
	}
	if head.Program != program || head.Format != recordFormat {
		return nil, refuse("out", dir, "holds a %q run of format %d, not a %q run of format %d; choose another directory", head.Program, head.Format, program, recordFormat)
	}
	return data, nil
}

// damagedRun says what a damaged run.json means: nothing else tells what the files beside it are.
func damagedRun(path string, err error) error {
	return fmt.Errorf("%s is %w; remove the whole directory or choose another one", path, err)
}

// claimDir locks dir for this process, creating it if need be, and removes what killed processes left.
// look reads what is there: before anything is written, and again when nobody else can change it.
func claimDir(dir string, look func() error) (release func(), err error) {
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
