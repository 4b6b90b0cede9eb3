package bench

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"kac/internal/atomicfile"
)

// TrainingCheckpoint is all from which a training study goes on, bit for bit: batches are functions
// of the step, and an infinite-width reference is run again up to it.
type TrainingCheckpoint struct {
	Parameters TrainingParameters
	Repeat     int         // under way
	Observed   int         // observations of it that are done
	Networks   [][]float64 // positions at the last of them, widened
	Rows       []TrainingRow
	Traces     []TraceRow
	Snapshots  []Snapshot
	Histogram  [][][]int
}

// CheckpointFile holds a TrainingCheckpoint while a study runs.
const CheckpointFile = "checkpoint.bin"

// Between two checkpoints; one is taken at observations only.
const checkpointInterval = 30 * time.Second

// The saved form: "kacT", format (4 bytes), gob of the checkpoint, CRC-32C of all before it.
const checkpointMagic = "kacT"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// MarshalBinary saves the checkpoint.
func (c *TrainingCheckpoint) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(checkpointMagic)
	b.Write(binary.LittleEndian.AppendUint32(nil, recordFormat))
	type plain TrainingCheckpoint // without MarshalBinary, which gob would call
	if err := gob.NewEncoder(&b).Encode((*plain)(c)); err != nil {
		return nil, fmt.Errorf("saving a checkpoint: %w", err)
	}
	return binary.LittleEndian.AppendUint32(b.Bytes(), crc32.Checksum(b.Bytes(), castagnoli)), nil
}

// UnmarshalBinary restores what MarshalBinary saved; bytes that were changed or cut are refused.
func (c *TrainingCheckpoint) UnmarshalBinary(data []byte) error {
	n := len(data) - 4
	if n < 8 || string(data[:4]) != checkpointMagic {
		return errors.New("not a checkpoint of a training")
	}
	if crc32.Checksum(data[:n], castagnoli) != binary.LittleEndian.Uint32(data[n:]) {
		return errors.New("the checkpoint is damaged: its checksum does not fit")
	}
	if v := binary.LittleEndian.Uint32(data[4:]); v != recordFormat {
		return fmt.Errorf("a checkpoint of format %d; this program reads %d", v, recordFormat)
	}
	type plain TrainingCheckpoint
	var p plain
	if err := gob.NewDecoder(bytes.NewReader(data[8:n])).Decode(&p); err != nil {
		return fmt.Errorf("reading a checkpoint: %w", err)
	}
	*c = TrainingCheckpoint(p)
	return nil
}

// readCheckpoint sets s.before, nil if the directory holds none.
func (s *TrainingStore) readCheckpoint(p *TrainingParameters) error {
	path := filepath.Join(s.dir, CheckpointFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading a checkpoint: %w", err)
	}
	var c TrainingCheckpoint
	if err := c.UnmarshalBinary(data); err != nil {
		return fmt.Errorf("%s: %w; remove it or choose another directory", path, err)
	}
	if !reflect.DeepEqual(c.Parameters, *p) {
		return refuse("out", s.dir, "holds an unfinished run of %s with other parameters; choose another directory", c.Parameters.Task)
	}
	s.before = &c
	return nil
}

// Before returns the checkpoint that an earlier process left, or nil.
func (s *TrainingStore) Before() *TrainingCheckpoint { return s.before }

// Checkpoint saves the state of a run under way, if the last time is long enough ago.
func (s *TrainingStore) Checkpoint(c *TrainingCheckpoint) error {
	if time.Since(s.saved) < checkpointInterval {
		return nil
	}
	data, err := c.MarshalBinary()
	if err != nil {
		return err
	}
	s.saved = time.Now()
	return atomicfile.Write(filepath.Join(s.dir, CheckpointFile), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Interrupted reports whether the directory holds a checkpoint to go on from.
func (s *TrainingStore) Interrupted() bool {
	_, err := os.Stat(filepath.Join(s.dir, CheckpointFile))
	return err == nil
}

// finished removes the checkpoint.
func (s *TrainingStore) finished() error {
	if err := os.Remove(filepath.Join(s.dir, CheckpointFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the checkpoint of a finished run: %w", err)
	}
	return nil
}
