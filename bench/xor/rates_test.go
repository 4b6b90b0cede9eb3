package xor

import (
	"bytes"
	"math"
	"testing"

	"kac/bench"
)

// Gaps at several batches: a larger one has the smaller gap, the parts are those of the fit along widths, and a study
// that is cut goes on with the same bytes.
func TestRates(t *testing.T) {
	var groups []Parameters
	for _, rate := range []float64{4, 16} {
		p := small()
		p.Widths, p.Rate, p.Seeds = []int{16, 32, 64}, rate, 4
		if err := p.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		groups = append(groups, p)
	}
	dir := t.TempDir()
	out := open(t, dir, CellsFile)
	kept := must(KeepRates(groups, out))
	must(runRates(t.Context(), groups[:1], kept, smallIdeal(), 1, nil))
	if err := kept.Save(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	kept = must(KeepRates(groups, open(t, dir, CellsFile)))
	if kept.Finished() != 12 || kept.All() != 24 {
		t.Fatalf("%d of %d cells are kept", kept.Finished(), kept.All())
	}
	got, want := must(runRates(t.Context(), groups, kept, smallIdeal(), 2, nil)), must(runRates(t.Context(), groups, must(KeepRates(groups, nil)), smallIdeal(), 1, nil))
	if !bytes.Equal(filled(t, got.WriteCSV), filled(t, want.WriteCSV)) {
		t.Error("the table that goes on differs")
	}
	last := want.last()
	if len(last) != 2 || last[0].Samples*4 != last[1].Samples || !(last[0].Gap.Value > last[1].Gap.Value) {
		t.Errorf("rows %+v", last)
	}
	// Of exact gaps b + w/m the fit gives b and w.
	s := want.Studies[0]
	for i := range s.Cells {
		c := &s.Cells[i]
		c.Values[4*c.Columns+columnOf("gap")] = .3 + 2/float64(c.Size) + .01*float64(c.Seed)
	}
	row := s.rateRow(0, 4, 2)
	if math.Abs(row.Batch.Value-.325) > 1e-12 || math.Abs(row.Width.Value-2) > 1e-10 {
		t.Errorf("the fit gives %+v and %+v", row.Batch, row.Width)
	}
}

// The constant leaves out rates below the law.
func TestRatesConstant(t *testing.T) {
	r := &Rates{}
	for i, rate := range []float64{4, 16, 64} {
		p := Parameters{Dim: 16, Eta: 1. / 16, Batch: int(rate)}
		r.Studies = append(r.Studies, &Study{Parameters: p})
		off := []float64{1.8, 1, 1}[i]
		r.Rows = append(r.Rows, RateRow{Study: i, Batch: bench.Mean{Value: .35 * off / rate, SE: .02 / rate, N: 8}})
	}
	c, from := r.Constant()
	if math.Abs(c.Value-.35) > 1e-12 || from != 16 || math.Abs(c.SE-.02/math.Sqrt2) > 1e-12 {
		t.Errorf("c = %+v from %v on", c, from)
	}
}
