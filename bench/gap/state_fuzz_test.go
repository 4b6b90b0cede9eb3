package gap

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/store"
)

// mended is data with the ensemble's own checksum put right, so that a fuzzer reaches what it guards.
func mended(data []byte) []byte {
	b := append([]byte(nil), data...)
	if len(b) < rowsAt {
		return b
	}
	rows := binary.LittleEndian.Uint64(b[rowsAt-8:])
	if rows > 100 || uint64(len(b)) < rowsAt+8*rowNumbers*rows+8 {
		return b
	}
	body, _, err := store.ReadBytes(b[rowsAt+8*rowNumbers*rows:])
	size := len(body)
	if err != nil || size < 4 {
		return b
	}
	binary.LittleEndian.PutUint32(body[size-4:], crc32.Checksum(body[:size-4], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// Bytes are refused, or are exactly the saved form of what is read from them, from which a run ends in
// some way; nothing crashes or hangs.
func FuzzCellState(f *testing.F) {
	p := small()
	p.ProblemChoice, p.Widths, p.Seeds, p.Points, p.Horizon, p.FlowTolerance = bench.ProblemChoice{Problem: "he4", Dim: 3}, []int{fuzzWidth}, 1, 3, 1, 1e-6
	flow, err := Solve(f.Context(), p, nil)
	if err != nil {
		f.Fatal(err)
	}
	descent := flow.variant(f, DynamicsDescent, bench.Float64)
	for _, g := range []*Study{flow, descent} {
		var state []byte
		ctx, cancel := context.WithCancel(f.Context())
		_, err := g.RunCell(ctx, fuzzWidth, 1, CellOptions{Workers: 1, Save: func(b []byte) error {
			state = append(state[:0], b...)
			return nil
		}, Progress: func(share float64) {
			if share > 0.3 {
				cancel()
			}
		}})
		if cancel(); !errors.Is(err, context.Canceled) {
			f.Fatal(err)
		}
		f.Add(state)
		f.Add(state[:rowsAt])
		f.Add(state[:len(state)-8])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return // nil is no state, but a start
		}
		for _, g := range []*Study{flow, descent} {
			readState(t, g, data)
			if right := mended(data); !bytes.Equal(right, data) {
				readState(t, g, right)
			}
		}
	})
}

// fuzzWidth is that of a cell of which thousands are read in a second.
const fuzzWidth = 2

func readState(t *testing.T, g *Study, data []byte) {
	ctx := cancelAt(40) // after so many looks at it: some steps and an observation
	begin := time.Now()
	c, err := newRunningCell(ctx, g, fuzzWidth, 1, CellOptions{Workers: 1, Before: data})
	if err != nil {
		if !errors.Is(err, ErrCellState) {
			t.Errorf("refused with %v", err)
		}
		return
	}
	if again, err := c.state(); err != nil || !bytes.Equal(again, data) {
		t.Errorf("a state of %d bytes was read and has another form (%v)", len(data), err)
	}
	err = c.run(ctx)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it ran for %v and ended with %v", took, err)
	}
}
