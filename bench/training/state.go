package training

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/sealed"
)

// The state of a training, little-endian: a store.CellHead, of all sizes and of the seed of the repeat under way, and
// then
//
//	how far it is: bytes of JSON (8 bytes), a standing
//	networks: their number (8 bytes); of each the number of its coordinates (8 bytes), these as float64
//	rows of the table, traces: store.Rows of rowColumns and traceColumns
//	snapshots: their number (8 bytes); of each width, step and time, the number of its coordinates, these
//	histogram: the number of widths (8 bytes); of each store.Rows of the bins, a row an observation
//
// The bytes have no checksum: that is for the file around them.

// standing is what of a state is no array.
type standing struct {
	Parameters Parameters      `json:"parameters"`
	Repeat     int             `json:"repeat"`
	Step       int64           `json:"step"`
	Observed   int             `json:"observed"`
	Sessions   []bench.Session `json:"sessions"`
}

// head says whose a state is; studies up to later times go on from it.
func (p *Parameters) head(repeat int) (store.CellHead, error) {
	facts := bench.Facts{Problem: p.Problem, Identity: p.ofState()}
	identity, err := facts.IdentitySum()
	return store.CellHead{Identity: identity, Seed: p.Seed + uint64(repeat)}, err
}

// MarshalBinary saves the checkpoint.
func (c *Checkpoint) MarshalBinary() ([]byte, error) {
	head, err := c.Parameters.head(c.Repeat)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(standing{c.Parameters, c.Repeat, c.Step, c.Observed, c.Sessions})
	if err != nil {
		return nil, fmt.Errorf("saving a checkpoint: %w", err)
	}
	size := store.HeadBytes + len(text) + 8*(6+rowColumns*len(c.Rows)+traceColumns*len(c.Traces))
	for _, w := range c.Networks {
		size += 8 * (1 + len(w))
	}
	b := store.AppendBytes(head.Append(make([]byte, 0, size)), text)
	b = appendCount(b, len(c.Networks))
	for _, w := range c.Networks {
		b = store.AppendNumbers(appendCount(b, len(w)), w...)
	}
	var values []float64
	for i := range c.Rows {
		values = c.Rows[i].append(values)
	}
	b = store.AppendRows(b, values, rowColumns)
	values = values[:0]
	for _, r := range c.Traces {
		values = append(values, float64(r.Width), float64(r.Particle), r.Time, r.Delta, r.Overlap)
	}
	b = appendCount(store.AppendRows(b, values, traceColumns), len(c.Snapshots))
	for _, s := range c.Snapshots {
		b = store.AppendNumbers(b, float64(s.Width), float64(s.Step), s.Time)
		b = store.AppendNumbers(appendCount(b, len(s.W)), s.W...)
	}
	b = appendCount(b, len(c.Histogram))
	for _, times := range c.Histogram {
		values = values[:0]
		for _, bins := range times {
			for _, n := range bins {
				values = append(values, float64(n))
			}
		}
		b = store.AppendRows(b, values, histogramBins+1)
	}
	return b, nil
}

// UnmarshalBinary restores what MarshalBinary saved. The error wraps sealed.ErrDamaged.
func (c *Checkpoint) UnmarshalBinary(data []byte) error {
	var in Checkpoint
	r := reader{rest: data}
	head := r.head()
	var is standing
	if text := r.bytes(); r.err == nil {
		if err := json.Unmarshal(text, &is); err != nil {
			r.fail(err)
		}
	}
	in.Parameters, in.Repeat, in.Step, in.Observed, in.Sessions = is.Parameters, is.Repeat, is.Step, is.Observed, is.Sessions
	if own, err := in.Parameters.head(in.Repeat); r.err == nil && (err != nil || own != head) {
		r.fail(fmt.Errorf("its parameters are not those of its first bytes"))
	}
	for range r.count(1) {
		in.Networks = append(in.Networks, r.numbers(r.count(1)))
	}
	for values := r.rows(rowColumns); len(values) > 0; values = values[rowColumns:] {
		in.Rows = append(in.Rows, rowOf(values))
	}
	for v := r.rows(traceColumns); len(v) > 0; v = v[traceColumns:] {
		in.Traces = append(in.Traces, TraceRow{Width: int(v[0]), Particle: int(v[1]), Time: v[2], Delta: v[3], Overlap: v[4]})
	}
	for range r.count(4) {
		v := r.numbers(3)
		if w := r.numbers(r.count(1)); r.err == nil {
			in.Snapshots = append(in.Snapshots, Snapshot{Width: int(v[0]), Step: int64(v[1]), Time: v[2], W: w})
		}
	}
	for range r.count(1) {
		var times [][]int
		for values := r.rows(histogramBins + 1); len(values) > 0; values = values[histogramBins+1:] {
			bins := make([]int, histogramBins+1)
			for k := range bins {
				bins[k] = int(values[k])
			}
			times = append(times, bins)
		}
		in.Histogram = append(in.Histogram, times)
	}
	if r.err == nil && len(r.rest) > 0 {
		r.fail(fmt.Errorf("%d bytes too many", len(r.rest)))
	}
	if r.err != nil {
		return fmt.Errorf("reading a checkpoint: %w", r.err)
	}
	*c = in
	return nil
}

// rowColumns are the numbers of a Row in a state, traceColumns those of a TraceRow.
const rowColumns, traceColumns = 23, 5

func (r *Row) append(b []float64) []float64 {
	b = append(b, float64(r.Width), float64(r.Repeat), float64(r.Step), r.Time)
	for _, m := range r.means() {
		b = append(b, m.Value, m.SE, float64(m.N))
	}
	return append(b, r.CouplingMean, r.CouplingMax, r.CouplingSquare, r.Turn)
}

func rowOf(v []float64) Row {
	r := Row{Width: int(v[0]), Repeat: int(v[1]), Step: int64(v[2]), Time: v[3]}
	v = v[4:]
	for _, m := range r.means() {
		*m = bench.Mean{Value: v[0], SE: v[1], N: int(v[2])}
		v = v[3:]
	}
	r.CouplingMean, r.CouplingMax, r.CouplingSquare, r.Turn = v[0], v[1], v[2], v[3]
	return r
}

// means are the estimates of a row.
func (r *Row) means() []*bench.Mean {
	return []*bench.Mean{&r.Risk, &r.ReferenceRisk, &r.FunctionError, &r.TestRisk, &r.ReferenceTestRisk}
}

func appendCount(b []byte, n int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(n)) }

// reader takes a state apart; after the first error it gives nothing more.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(err error) { r.rest, r.err = nil, fmt.Errorf("%w: %w", sealed.ErrDamaged, err) }

func (r *reader) head() (h store.CellHead) {
	h, r.rest, r.err = store.ReadHead(r.rest)
	return h
}

func (r *reader) bytes() (part []byte) {
	if r.err == nil {
		part, r.rest, r.err = store.ReadBytes(r.rest)
	}
	return part
}

// count is a number of parts, of at least so many numbers each.
func (r *reader) count(each int) int {
	if r.err != nil {
		return 0
	}
	if len(r.rest) < 8 || binary.LittleEndian.Uint64(r.rest) > uint64(len(r.rest)-8)/8/uint64(each) {
		r.fail(fmt.Errorf("a part is longer than the %d bytes that there are", len(r.rest)))
		return 0
	}
	n := int(binary.LittleEndian.Uint64(r.rest))
	r.rest = r.rest[8:]
	return n
}

func (r *reader) numbers(n int) (list []float64) {
	if r.err == nil {
		list, r.rest, r.err = store.ReadNumbers(r.rest, n)
	}
	return list
}

func (r *reader) rows(columns int) []float64 { return r.numbers(columns * r.count(columns)) }
