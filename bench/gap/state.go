package gap

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"kac/bench"
	"kac/particles"
)

// The state of a cell, little-endian:
//
//	"kacC", version 2 (4 bytes each)
//	SHA-256 of the parameters that decide the cell's numbers, as JSON (32 bytes)
//	width, seed, rows, bytes of the ensemble (8 bytes each)
//	rows: time, risk, reference risk, function error, mean, largest and mean square coupling (8 bytes each)
//	ensemble: a particles.Snapshot, with the step size and the controller's memory
//	twins: meanfield.Twins, at the last observation or, if that was interrupted, on the way to the next
//
// The infinite-width reference and the directions of the initial particles are not there: they are
// functions of parameters, width and seed, and made again. No random number is drawn after the start.
// The ensemble has a checksum; the rest is for the file around it to guard.
const (
	cellMagic   = "kacC"
	cellVersion = 2
	cellHeader  = 8 + sha256.Size + 4*8
)

// ErrCellState is wrapped by every refusal of a state to go on from.
var ErrCellState = bench.ErrCellState

// identity is a hash of all parameters that decide a cell's numbers: widths, seeds and the first
// seed are left out, so that a study may grow.
func (g *Study) identity() ([sha256.Size]byte, error) {
	p := g.Parameters
	p.Widths, p.Seeds, p.Seed = nil, 0, 0
	data, err := json.Marshal(&p)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("encoding the parameters: %w", err)
	}
	return sha256.Sum256(data), nil
}

// StateOf says whose state it is: the hash of the parameters, width and seed. The error wraps
// ErrCellState.
func StateOf(state []byte) (identity [sha256.Size]byte, width int, seed uint64, err error) {
	if len(state) < cellHeader || string(state[:4]) != cellMagic {
		return identity, 0, 0, fmt.Errorf("%w: %d bytes of something else", ErrCellState, len(state))
	}
	copy(identity[:], state[8:])
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(state[8+sha256.Size+8*i:]) }
	return identity, int(word(0)), word(1), nil
}

func (c *runningCell) state() ([]byte, error) {
	fail := func(err error) ([]byte, error) {
		return nil, fmt.Errorf("making the state at time %s: %w", bench.Number(c.ensemble.Time), err)
	}
	identity, err := c.gap.identity()
	if err != nil {
		return fail(err)
	}
	ensemble, err := (&particles.Snapshot{Ensemble: c.ensemble}).MarshalBinary()
	if err != nil {
		return fail(err)
	}
	twins, err := c.observer.Limit.Moving().MarshalBinary()
	if err != nil {
		return fail(err)
	}
	rows := c.observer.rows
	b := make([]byte, 0, cellHeader+8*rowNumbers*len(rows)+len(ensemble)+len(twins))
	b = append(b, cellMagic...)
	b = binary.LittleEndian.AppendUint32(b, cellVersion)
	b = append(b, identity[:]...)
	for _, v := range [...]uint64{uint64(c.width), c.seed, uint64(len(rows)), uint64(len(ensemble))} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	for i := range rows {
		for _, x := range rows[i].numbers() {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(*x))
		}
	}
	b = append(b, ensemble...)
	return append(b, twins...), nil
}

// restore sets a new cell to a saved state.
func (c *runningCell) restore(b []byte) error {
	fail := func(format string, arguments ...any) error {
		return fmt.Errorf("%w: %w", ErrCellState, fmt.Errorf(format, arguments...))
	}
	if len(b) < cellHeader || string(b[:4]) != cellMagic {
		return fail("%d bytes of something else", len(b))
	}
	if v := binary.LittleEndian.Uint32(b[4:]); v != cellVersion {
		return fail("format %d; this program reads format %d", v, cellVersion)
	}
	identity, err := c.gap.identity()
	if err != nil {
		return err
	}
	if !bytes.Equal(b[8:8+sha256.Size], identity[:]) {
		return fail("it is of a study with other parameters")
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8+sha256.Size+8*i:]) }
	if word(0) != uint64(c.width) || word(1) != c.seed {
		return fail("it is of width %d and seed %d", word(0), word(1))
	}
	body := b[cellHeader:]
	times, count, size := c.gap.Times, word(2), word(3)
	if count > uint64(len(times)) || uint64(len(body)) < 8*rowNumbers*count || uint64(len(body))-8*rowNumbers*count < size {
		return fail("%d rows and %d bytes of particles in %d bytes", count, size, len(b))
	}
	rows := make([]Row, count, len(times))
	for i := range rows {
		for _, x := range rows[i].numbers() {
			*x = math.Float64frombits(binary.LittleEndian.Uint64(body))
			body = body[8:]
		}
		if !bench.SameTime(rows[i].Time, times[i]) {
			return fail("row %d is of time %s, not %s", i+1, bench.Number(rows[i].Time), bench.Number(times[i]))
		}
		rows[i].Time = times[i]
	}
	var snapshot particles.Snapshot
	if err := snapshot.UnmarshalBinary(body[:size]); err != nil {
		return fail("%w", err)
	}
	e := snapshot.Ensemble
	for _, t := range times {
		if bench.SameTime(e.Time, t) { // of the version that wrote other neighbours of t
			e.Time = t
		}
	}
	switch {
	case e.M != c.width || e.D != c.ensemble.D:
		return fail("%d particles of dimension %d", e.M, e.D)
	case !(e.Time >= 0) || count > 0 && e.Time < times[count-1] || count < uint64(len(times)) && e.Time > times[count]:
		return fail("its time %s does not follow %d observations", bench.Number(e.Time), count)
	}
	if err := c.observer.Limit.Moving().Restore(body[size:]); err != nil {
		return fail("%w", err)
	}
	if at := c.observer.Limit.Moving().Time(); count > 0 && at < times[count-1] && !bench.SameTime(at, times[count-1]) || at > e.Time {
		return fail("its twins are at time %s, its particles at %s after %d observations", bench.Number(at), bench.Number(e.Time), count)
	}
	c.ensemble, c.observer.rows = e, rows
	return nil
}
