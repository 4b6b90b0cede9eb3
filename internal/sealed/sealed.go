// Package sealed keeps bytes in files under a checksum over everything, so that a file that was
// changed, cut or mixed up is never taken for a good one, and keeps the generation before the newest.
//
//	path       the newest content
//	path.prev  the content before it, good whenever path is being replaced
package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"kac/internal/atomicfile"
	"kac/internal/disk"
)

// The sealed form, little-endian:
//
//	offset  0  "kacSeal\n"
//	        8  kind, 16 bytes, zeros after the name
//	       24  version of the payload's format, 4 bytes
//	       28  length of the payload, 8 bytes
//	       36  payload
//	        .  SHA-256 of everything before it, 32 bytes
const (
	magic      = "kacSeal\n"
	kindSize   = 16
	headerSize = len(magic) + kindSize + 4 + 8
	overhead   = headerSize + sha256.Size
)

// ErrDamaged is wrapped by every refusal of a file whose bytes are not those that were written, or
// that is of another kind.
var ErrDamaged = errors.New("damaged")

// VersionError says that a file is whole but of a format that this program does not read.
type VersionError struct {
	Kind      string
	Got, Want uint32
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("a %s of format %d; this program reads format %d", e.Kind, e.Got, e.Want)
}

// Seal returns the sealed form. It panics if kind is empty or longer than 16 bytes.
func Seal(kind string, version uint32, payload []byte) []byte {
	if kind == "" || len(kind) > kindSize {
		panic(fmt.Sprintf("sealed: kind %q", kind))
	}
	b := make([]byte, 0, overhead+len(payload))
	b = append(b, magic...)
	b = append(b, kind...)
	b = append(b, make([]byte, kindSize-len(kind))...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(payload)))
	b = append(b, payload...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// Open returns the payload of a sealed form, a slice of data. Errors wrap ErrDamaged or are a
// *VersionError.
func Open(data []byte, kind string, version uint32) ([]byte, error) {
	fail := func(format string, args ...any) ([]byte, error) {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
	}
	if len(data) < overhead {
		return fail("%d bytes are too few", len(data))
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return fail("the checksum does not fit")
	}
	// From here on the bytes are those of some Seal, or of someone who computed a checksum.
	if string(body[:len(magic)]) != magic {
		return fail("it begins with %q", body[:len(magic)])
	}
	at := body[len(magic):]
	if got := string(bytes.TrimRight(at[:kindSize], "\x00")); got != kind {
		return fail("it is a %q, not a %q", got, kind)
	}
	at = at[kindSize:]
	if length := binary.LittleEndian.Uint64(at[4:]); length != uint64(len(body)-headerSize) {
		return fail("a payload of %d bytes in %d", length, len(data))
	}
	if got := binary.LittleEndian.Uint32(at); got != version {
		return nil, &VersionError{Kind: kind, Got: got, Want: version}
	}
	return body[headerSize:], nil
}

// Write replaces the file at path by the sealed payload, durably.
func Write(on disk.FS, path, kind string, version uint32, payload []byte) error {
	return atomicfile.WriteOn(on, path, fill(kind, version, payload))
}

func fill(kind string, version uint32, payload []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(Seal(kind, version, payload))
		return err
	}
}

// Read returns the payload of the file at path. Errors: those of the file system, a *VersionError,
// or one that wraps ErrDamaged.
func Read(on disk.FS, path, kind string, version uint32) ([]byte, error) {
	data, err := readWhole(on, path)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var payload []byte
	if err == nil {
		payload, err = Open(data, kind, version)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return payload, nil
}

// readWhole reads a file whose header fits its size. Of any other, however large, it reads the header
// alone.
func readWhole(on disk.FS, path string) ([]byte, error) {
	f, err := on.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := f.Size()
	if size < int64(overhead) {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrDamaged, size)
	}
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(f, header); err != nil {
		return nil, err
	}
	if length := binary.LittleEndian.Uint64(header[headerSize-8:]); length != uint64(size-int64(overhead)) {
		return nil, fmt.Errorf("%w: a payload of %d bytes in %d", ErrDamaged, length, size)
	}
	if string(header[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: it begins with %q", ErrDamaged, header[:len(magic)])
	}
	if size > large {
		if err := checkLarge(on, path, size); err != nil {
			return nil, err
		}
	}
	data := make([]byte, size)
	copy(data, header)
	if _, err := io.ReadFull(f, data[headerSize:]); err != nil {
		return nil, err
	}
	return data, nil
}

// large is from when on memory is taken only for a file whose checksum fits.
const large = 1 << 30

func checkLarge(on disk.FS, path string, size int64) error {
	f, err := on.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.CopyN(sum, f, size-sha256.Size); err != nil {
		return err
	}
	stored := make([]byte, sha256.Size)
	if _, err := io.ReadFull(f, stored); err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), stored) {
		return fmt.Errorf("%w: the checksum does not fit", ErrDamaged)
	}
	return nil
}

// Looks reports whether the file at path begins as every sealed file does, whole or not.
func Looks(on disk.FS, path string) bool {
	f, err := on.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begins := make([]byte, len(magic))
	_, err = io.ReadFull(f, begins)
	return err == nil && string(begins) == magic
}

// Previous is where WriteNext keeps the generation before path.
func Previous(path string) string { return path + ".prev" }

// WriteNext replaces the file at path and keeps what it held as path.prev. At every moment, through
// a crash or a power loss too, one of the two is a whole generation if one was before: the new
// content is on disk before the old is renamed, and a damaged file at path (or one of another
// version) is not let push a good path.prev away.
func WriteNext(on disk.FS, path, kind string, version uint32, payload []byte) error {
	staged, err := atomicfile.Stage(on, path, fill(kind, version, payload))
	if err != nil {
		return err
	}
	if _, err := Read(on, path, kind, version); err == nil {
		// Without locks another process may have renamed it since.
		if err := on.Rename(path, Previous(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			_ = staged.Discard() // the first error is the one to tell
			return fmt.Errorf("keeping the previous %s: %w", path, err)
		}
	}
	return staged.Commit()
}

// ReadNewest returns the newest whole generation of path and the name of the file it is from; nil
// and "" if there is none. damaged tells why newer files, or all, were not used; files that do not
// exist are not mentioned.
func ReadNewest(on disk.FS, path, kind string, version uint32) (payload []byte, from string, damaged []error) {
	for _, name := range []string{path, Previous(path)} {
		payload, err := Read(on, name, kind, version)
		if err == nil {
			return payload, name, damaged
		}
		if !errors.Is(err, fs.ErrNotExist) {
			damaged = append(damaged, err)
		}
	}
	return nil, "", damaged
}

// Remove deletes both generations, the older first, so that a crash between leaves the newest.
func Remove(on disk.FS, path string) error {
	for _, name := range []string{Previous(path), path} {
		if err := on.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing %s: %w", name, err)
		}
	}
	return nil
}
