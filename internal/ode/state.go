package ode

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The saved form of a State, little-endian, 8 bytes each: time, next step, last error, flags (1: the
// last attempt was rejected), accepted, rejected, evaluations, n, then the n components of Y. It has
// no checksum; that is the business of the file around it.
const stateWords = 8

// MarshalBinary saves the state; it never fails.
func (s State) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, 8*(stateWords+len(s.Y)))
	flags := uint64(0)
	if s.AfterReject {
		flags = 1
	}
	for _, v := range [stateWords]uint64{
		math.Float64bits(s.Time), math.Float64bits(s.NextStep), math.Float64bits(s.LastError), flags,
		uint64(s.Stats.Accepted), uint64(s.Stats.Rejected), uint64(s.Stats.Evaluations), uint64(len(s.Y)),
	} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	for _, y := range s.Y {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(y))
	}
	return b, nil
}

// UnmarshalBinary restores what MarshalBinary saved. Bytes that cannot be from there are refused and
// s is untouched.
func (s *State) UnmarshalBinary(b []byte) error {
	if len(b) < 8*stateWords || len(b)%8 != 0 {
		return fmt.Errorf("ode: %d bytes are no saved state", len(b))
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	number := func(i int) float64 { return math.Float64frombits(word(i)) }
	n := len(b)/8 - stateWords
	if word(7) != uint64(n) || word(3) > 1 {
		return fmt.Errorf("ode: a saved state of %d components with flags %d in %d bytes", word(7), word(3), len(b))
	}
	r := State{Time: number(0), NextStep: number(1), LastError: number(2), AfterReject: word(3) == 1, Y: make([]float64, n)}
	for i, counter := range []*int{&r.Stats.Accepted, &r.Stats.Rejected, &r.Stats.Evaluations} {
		v := word(4 + i)
		if v > math.MaxInt {
			return fmt.Errorf("ode: a saved state after %d steps", v)
		}
		*counter = int(v)
	}
	if math.IsNaN(r.Time) || !(r.NextStep >= 0) || math.IsInf(r.Time+r.NextStep, 0) || !(r.LastError > 0) {
		return fmt.Errorf("ode: a saved state at time %g with step %g and error %g", r.Time, r.NextStep, r.LastError)
	}
	for i := range r.Y {
		r.Y[i] = number(stateWords + i)
	}
	*s = r
	return nil
}
