package particles

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"testing"
)

func save(t *testing.T, s Snapshot) []byte {
	t.Helper()
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A run saved half way and restored ends with the bits of one that was not,
// and its streams go on with the same numbers.
func TestRunsContinueFromASnapshot(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 6), Auto, 1)
	for _, dyn := range bothDynamics(.05, Tolerances{}) {
		run := func(e *Ensemble[float64], times ...float64) {
			if _, err := dyn.run(context.Background(), e, f, times, nil); err != nil {
				t.Fatal(err)
			}
		}
		whole, half := NewUniform(20, 6, 3), NewUniform(20, 6, 3)
		run(whole, .5, 1, 2)
		run(half, .5, 1)
		var back Snapshot
		if err := back.UnmarshalBinary(save(t, Snapshot{half})); err != nil {
			t.Fatal(err)
		}
		if back.Ensemble.Time != 1 || back.Ensemble.M != 20 || back.Ensemble.D != 6 {
			t.Errorf("%s: restored %+v", dyn.name, back)
		}
		run(back.Ensemble, 2)
		for i, x := range back.Ensemble.W {
			if math.Float64bits(x) != math.Float64bits(whole.W[i]) {
				t.Fatalf("%s: coordinate %d differs after restoring", dyn.name, i)
			}
		}
	}
}

func TestSnapshotKeepsEveryNumber(t *testing.T) {
	e := &Ensemble[float64]{W: []float64{0, math.Copysign(0, -1), 5e-324, math.MaxFloat64, -1, 1. / 3}, M: 2, D: 3, Space: FreeSpace, Time: -0.25,
		control: control{step: .1, lastError: 1e-4, afterReject: true}}
	var back Snapshot
	if err := back.UnmarshalBinary(save(t, Snapshot{Ensemble: e})); err != nil {
		t.Fatal(err)
	}
	for i, x := range back.Ensemble.W {
		if math.Float64bits(x) != math.Float64bits(e.W[i]) {
			t.Errorf("number %d: %g, want %g", i, x, e.W[i])
		}
	}
	if back.Ensemble.Space != e.Space || back.Ensemble.control != e.control || back.Ensemble.Time != e.Time {
		t.Errorf("restored %+v, want %+v", back.Ensemble, e)
	}
	empty := NewUniform(0, 3, 1)
	if err := back.UnmarshalBinary(save(t, Snapshot{Ensemble: empty})); err != nil || back.Ensemble.M != 0 {
		t.Errorf("no particles: %v", err)
	}
	e.M = 3
	if _, err := (&Snapshot{Ensemble: e}).MarshalBinary(); err == nil {
		t.Error("an ensemble of the wrong length is saved")
	}
}

// Every flipped bit and every cut is refused and changes nothing.
func TestDamagedSnapshotIsRefused(t *testing.T) {
	s := Snapshot{NewUniform(3, 4, 1)}
	b := save(t, s)
	untouched := NewUniform(1, 2, 3)
	refused := func(b []byte, what string, n int) {
		back := Snapshot{Ensemble: untouched}
		if err := back.UnmarshalBinary(b); !errors.Is(err, ErrSnapshot) || back.Ensemble != untouched {
			t.Fatalf("%s %d: %v", what, n, err)
		}
	}
	for bit := range 8 * len(b) {
		b[bit/8] ^= 1 << (bit % 8)
		refused(b, "flipped bit", bit)
		b[bit/8] ^= 1 << (bit % 8)
	}
	for n := range b {
		refused(b[:n], "cut to", n)
	}
	refused(append(b, 0), "longer by", 1)
}

// sealed appends the checksum, so that damage gets past it.
func sealed(body []byte) []byte {
	b := append([]byte(nil), body...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func FuzzSnapshot(f *testing.F) {
	b, err := (&Snapshot{NewUniform(2, 3, 1)}).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[:len(b)-4])
	f.Add([]byte("kacE\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var s Snapshot
		if err := s.UnmarshalBinary(sealed(body)); err != nil {
			return
		}
		again, err := s.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back Snapshot
		if err := back.UnmarshalBinary(again); err != nil || back.Ensemble.M != s.Ensemble.M {
			t.Errorf("saved again it is refused: %v", err)
		}
	})
}
