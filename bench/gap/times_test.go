package gap

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"kac/particles"
)

func below(x float64) float64 { return math.Nextafter(x, 0) }

// gap.csv of the version that multiplied times in float64 has neighbours of the times: it is read, with
// the times of today; any other time is refused.
func TestTableWithNeighbouringTimes(t *testing.T) {
	g := solve(t, small())
	table := gapCSV(t, g, runAll(t, g, 1))
	at := func(x float64) []byte { return fmt.Appendf(nil, ",float64,%v,", x) }
	last := g.Times[len(g.Times)-2]
	old := bytes.ReplaceAll(table, at(last), at(below(last)))
	if bytes.Equal(old, table) {
		t.Fatal("nothing was replaced")
	}
	cells, err := ReadCSV(bytes.NewReader(old), "he4", &g.Parameters)
	if err != nil || !bytes.Equal(gapCSV(t, g, cells), table) {
		t.Errorf("read and written again the table differs (error %v)", err)
	}
	if _, err := ReadCSV(bytes.NewReader(bytes.ReplaceAll(table, at(last), at(last*(1+1e-14)))), "he4", &g.Parameters); err == nil {
		t.Error("another time was accepted")
	}
}

// A cell under way of that version goes on.
func TestStateWithNeighbouringTimes(t *testing.T) {
	g := stateGap(t, stateProblems()[1])
	var state []byte
	want, err := g.RunCell(t.Context(), 24, 1, CellOptions{Workers: 1, Save: func(b []byte) error {
		if binary.LittleEndian.Uint64(b[rowsAt-8:]) == 3 && state == nil {
			state = bytes.Clone(b)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if state == nil {
		t.Fatal("no state with three rows")
	}
	change := func(by func(float64) float64) []byte {
		b := bytes.Clone(state)
		for i := range 3 {
			row := b[rowsAt+8*rowNumbers*i:]
			binary.LittleEndian.PutUint64(row, math.Float64bits(by(math.Float64frombits(binary.LittleEndian.Uint64(row)))))
		}
		from := rowsAt + 8*rowNumbers*3 + 8
		size := int(binary.LittleEndian.Uint64(b[from-8:]))
		var snapshot particles.Snapshot
		if err := snapshot.UnmarshalBinary(b[from : from+size]); err != nil {
			t.Fatal(err)
		}
		snapshot.Ensemble.Time = by(snapshot.Ensemble.Time)
		ensemble, err := snapshot.MarshalBinary()
		if err != nil || len(ensemble) != size {
			t.Fatal(len(ensemble), size, err)
		}
		return append(append(b[:from:from], ensemble...), b[from+size:]...)
	}
	got, err := g.RunCell(context.Background(), 24, 1, CellOptions{Workers: 1, Before: change(below)})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got.Rows {
		if r.Time != want.Rows[i].Time || math.Abs(r.Risk-want.Rows[i].Risk) > 1e-9*want.Rows[i].Risk {
			t.Errorf("row %d is %+v, not %+v", i, r, want.Rows[i])
		}
	}
	if _, err := g.RunCell(context.Background(), 24, 1, CellOptions{Before: change(func(x float64) float64 { return x * (1 + 1e-14) })}); !errors.Is(err, ErrCellState) {
		t.Errorf("other times: %v", err)
	}
}
