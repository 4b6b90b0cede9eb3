package particles

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// Snapshot is everything from which a flow or a descent goes on: the particles
// with their time and step size.
//
// A descent or a flow continued from a snapshot, taken between two calls or by
// the ensemble's AfterStep, gives the same bits as one that was not
// interrupted, if it is asked for the same times from there on.
type Snapshot struct {
	Ensemble *Ensemble[float64]
}

// The saved form, little-endian:
//
//	"kacE", version 2 (4 bytes each)
//	m, d, time, step size, last error, flags (8 bytes each; flags bit 0: the last step was rejected, bit 1: free space)
//	0 (8 bytes)
//	W, m*d numbers (8 bytes each)
//	CRC-32C of all of it (4 bytes)
//
// Version 1 had the same fields; its step size was that of a method of order 5.
const (
	snapshotMagic   = "kacE"
	snapshotVersion = 2
	snapshotHeader  = 8 + 7*8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrSnapshot is wrapped by every refusal of UnmarshalBinary.
var ErrSnapshot = errors.New("not a valid snapshot")

// MarshalBinary saves the snapshot. It fails only for an ensemble whose W does
// not have M*D coordinates.
func (s *Snapshot) MarshalBinary() ([]byte, error) {
	e := s.Ensemble
	if err := e.check(e.D); err != nil {
		return nil, fmt.Errorf("saving a snapshot: %w", err)
	}
	b := make([]byte, 0, snapshotHeader+8*len(e.W)+4)
	b = append(b, snapshotMagic...)
	b = binary.LittleEndian.AppendUint32(b, snapshotVersion)
	flags := uint64(0)
	if e.control.afterReject {
		flags = 1
	}
	if e.Space == FreeSpace {
		flags |= 2
	}
	for _, v := range [...]uint64{
		uint64(e.M), uint64(e.D), math.Float64bits(e.Time),
		math.Float64bits(e.control.step), math.Float64bits(e.control.lastError), flags,
		0,
	} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	for _, x := range e.W {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

// UnmarshalBinary restores what MarshalBinary saved. Bytes that were changed,
// cut or written by another version are refused with an error that wraps
// ErrSnapshot, and s is untouched.
func (s *Snapshot) UnmarshalBinary(b []byte) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrSnapshot, fmt.Sprintf(format, args...))
	}
	if len(b) < snapshotHeader+4 {
		return fail("%d bytes are too few", len(b))
	}
	if string(b[:4]) != snapshotMagic {
		return fail("wrong first bytes %q", b[:4])
	}
	body := b[:len(b)-4]
	if got, want := binary.LittleEndian.Uint32(b[len(body):]), crc32.Checksum(body, castagnoli); got != want {
		return fail("checksum %08x, want %08x", got, want)
	}
	if v := binary.LittleEndian.Uint32(b[4:]); v != snapshotVersion {
		return fail("version %d, this program reads %d", v, snapshotVersion)
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8+8*i:]) }
	number := func(i int) float64 { return math.Float64frombits(word(i)) }
	m, d := word(0), word(1)
	if word(5) > 3 || word(6) != 0 {
		return fail("flags %#x, %#x", word(5), word(6))
	}
	if step, last := number(3), number(4); !(step >= 0) || math.IsInf(step, 0) || !(last >= 0) || math.IsNaN(number(2)) {
		return fail("time %g, step %g, last error %g", number(2), step, last)
	}
	rest := uint64(len(body) - snapshotHeader)
	// d > 0 and m <= rest/8/d, so that m*d does not overflow.
	if d == 0 || d > math.MaxInt32 || m > rest/8/d || m*d*8 != rest {
		return fail("%d particles of dimension %d in %d bytes", m, d, rest)
	}
	r := Snapshot{
		Ensemble: &Ensemble[float64]{
			W: make([]float64, m*d), M: int(m), D: int(d), Time: number(2),
			control: control{step: number(3), lastError: number(4), afterReject: word(5)&1 == 1},
			Space:   Space(word(5) >> 1),
		},
	}
	at := body[snapshotHeader:]
	for i := range r.Ensemble.W {
		r.Ensemble.W[i] = math.Float64frombits(binary.LittleEndian.Uint64(at[8*i:]))
	}
	*s = r
	return nil
}
