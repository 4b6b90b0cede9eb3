package rng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// The saved form of a Stream, little-endian:
//
//	offset  0  "kacS"     magic
//	        4  version    1
//	        5  used       words given out of the current block, 0..4
//	        6  ready      1 if a spare normal waits
//	        7  zero
//	        8  seed, stream, index, block, spare     five words
//	       48  CRC-32C of bytes 0..47
const (
	stateMagic   = "kacS"
	stateVersion = 1
	stateSize    = 52
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrState is wrapped by every refusal of UnmarshalBinary.
var ErrState = errors.New("rng: not a saved stream")

// MarshalBinary saves the exact place of the stream; it never fails.
func (s Stream) MarshalBinary() ([]byte, error) {
	b := make([]byte, stateSize)
	copy(b, stateMagic)
	b[4], b[5] = stateVersion, s.used
	spare := uint64(0)
	if s.ready {
		b[6] = 1
		spare = math.Float64bits(s.spare)
	}
	for i, v := range [...]uint64{s.key[0], s.key[1], s.index, s.block, spare} {
		binary.LittleEndian.PutUint64(b[8+8*i:], v)
	}
	binary.LittleEndian.PutUint32(b[48:], crc32.Checksum(b[:48], castagnoli))
	return b, nil
}

// UnmarshalBinary restores a stream that MarshalBinary saved. Any change of
// the bytes is refused with an error that wraps ErrState, and s is untouched.
func (s *Stream) UnmarshalBinary(b []byte) error {
	if len(b) != stateSize {
		return fmt.Errorf("%w: %d bytes, want %d", ErrState, len(b), stateSize)
	}
	if string(b[:4]) != stateMagic {
		return fmt.Errorf("%w: wrong first bytes %q", ErrState, b[:4])
	}
	if got, want := binary.LittleEndian.Uint32(b[48:]), crc32.Checksum(b[:48], castagnoli); got != want {
		return fmt.Errorf("%w: checksum %08x, want %08x", ErrState, got, want)
	}
	if b[4] != stateVersion {
		return fmt.Errorf("%w: version %d, this program reads %d", ErrState, b[4], stateVersion)
	}
	var v [5]uint64
	for i := range v {
		v[i] = binary.LittleEndian.Uint64(b[8+8*i:])
	}
	r := Stream{key: [2]uint64{v[0], v[1]}, index: v[2], block: v[3], used: b[5]}
	if r.used > 4 || b[6] > 1 || b[7] != 0 || (r.used < 4 && r.block == 0) {
		return fmt.Errorf("%w: impossible place %d of block %d", ErrState, r.used, r.block)
	}
	if r.used < 4 {
		r.words = philox([4]uint64{r.block - 1, r.index, 0, 0}, r.key)
	}
	if b[6] == 1 {
		r.spare, r.ready = math.Float64frombits(v[4]), true
	}
	*s = r
	return nil
}
