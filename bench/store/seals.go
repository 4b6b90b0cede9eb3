package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"kac/internal/disk"
	"kac/internal/sealed"
)

// Seals are the end of every record: checksums of the files beside it, and its own.
type Seals struct {
	// Sums are SHA-256 by file name. A file that is replaced while a study runs has two, of its content
	// and of the next one: whichever a killed process leaves is in order.
	Sums map[string][]string `json:"sha256,omitempty"`
	// Bytes are the sizes that belong to Sums: a file of another size need not be read.
	Bytes map[string][]int64 `json:"bytes,omitempty"`
	// Drawing are the pictures that are being drawn: if the process is killed they may not be there.
	Drawing  []string `json:"drawing,omitempty"`
	Checksum string   `json:"checksum"` // SHA-256 of the record with zeros in place of these 64 digits
}

// content is what tells contents of one file apart.
type content struct {
	sums  []string
	bytes []int64
}

func (c content) and(d content) content {
	return content{append(slices.Clone(c.sums), d.sums...), append(slices.Clone(c.bytes), d.bytes...)}
}

// measured returns a fill that also says what it has written.
func measured(fill func(io.Writer) error, c *content) func(io.Writer) error {
	return func(w io.Writer) error {
		sum, size := sha256.New(), new(counter)
		if err := fill(io.MultiWriter(w, sum, size)); err != nil {
			return err
		}
		*c = content{[]string{hex.EncodeToString(sum.Sum(nil))}, []int64{int64(*size)}}
		return nil
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (s *Seals) of(name string) content { return content{s.Sums[name], s.Bytes[name]} }

func (s *Seals) set(name string, c content) {
	if s.Sums == nil {
		s.Sums = map[string][]string{}
	}
	if s.Bytes == nil {
		s.Bytes = map[string][]int64{}
	}
	s.Sums[name], s.Bytes[name] = c.sums, c.bytes
	if len(c.sums) == 0 {
		delete(s.Sums, name)
	}
	if len(c.bytes) != len(c.sums) || len(c.sums) == 0 { // a record of before there were sizes
		delete(s.Bytes, name)
	}
}

// largest bounds the files whose size a record of an earlier version does not tell.
const largest = 1 << 36

// Verify compares a file of dir with its checksums, which record has, and returns which one fits. The
// error wraps sealed.ErrDamaged, or is the disk's.
func (s *Seals) Verify(on disk.FS, dir, record, name string) (Seals, error) {
	f, err := on.Open(filepath.Join(dir, name))
	if err != nil {
		return Seals{}, err
	}
	defer f.Close()
	size := f.Size()
	if known := s.Bytes[name]; size > largest || len(known) > 0 && !slices.Contains(known, size) {
		return Seals{}, fmt.Errorf("%w: it differs from its checksum in %s (%d bytes, not %s)", sealed.ErrDamaged, record, size, sizes(known))
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return Seals{}, err
	}
	is := content{[]string{hex.EncodeToString(sum.Sum(nil))}, []int64{size}}
	if !slices.Contains(s.Sums[name], is.sums[0]) {
		return Seals{}, fmt.Errorf("%w: it differs from its checksum in %s", sealed.ErrDamaged, record)
	}
	var one Seals
	one.set(name, is)
	return one, nil
}

func sizes(known []int64) string {
	if len(known) == 0 {
		return fmt.Sprintf("at most %d", int64(largest))
	}
	return strings.Trim(fmt.Sprint(known), "[]")
}

// Keep takes over the checksums that another has of one file, whatever that file is now: a run that makes it again and
// is killed before then must know that the file is its own.
func (s *Seals) Keep(other *Seals, name string) { s.set(name, other.of(name)) }

// Adopt takes over the checksums of another.
func (s *Seals) Adopt(other Seals) {
	for name := range other.Sums {
		s.set(name, other.of(name))
	}
}
