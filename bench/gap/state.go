package gap

import (
	"fmt"

	"kac/bench"
	"kac/bench/store"
	"kac/particles"
)

// The state of a cell: a store.CellHead with the rows so far, and then
//
//	bytes of the ensemble (8 bytes), the ensemble: a particles.Snapshot, with the step size and the controller's memory
//	twins: meanfield.Twins, at the last observation or, if that was interrupted, on the way to the next
//
// The infinite-width reference and the directions of the initial particles are not there: they are
// functions of parameters, width and seed, and made again. No random number is drawn after the start.
// The ensemble has a checksum; the rest is for the file around it to guard.
const rowsAt = store.HeadBytes + 8 // the first row

// ErrCellState is wrapped by every refusal of a state to go on from.
var ErrCellState = bench.ErrCellState

// head says whose a state is.
func (c *runningCell) head() (store.CellHead, error) {
	facts := bench.Facts{Problem: c.gap.Problem.Name(), Line: c.gap.Parameters.ofState()}
	identity, err := facts.LineSum()
	return store.CellHead{Identity: identity, Size: uint64(c.width), Seed: c.seed}, err
}

func (c *runningCell) state() ([]byte, error) {
	head, err := c.head()
	if err != nil {
		return nil, err
	}
	ensemble, err := (&particles.Snapshot{Ensemble: c.ensemble}).MarshalBinary()
	if err != nil {
		return nil, err
	}
	twins, err := c.observer.Limit.Moving().MarshalBinary()
	if err != nil {
		return nil, err
	}
	rows := Cell{Rows: c.observer.rows}.values()
	b := make([]byte, 0, rowsAt+8*len(rows)+8+len(ensemble)+len(twins))
	b = store.AppendRows(head.Append(b), rows, rowNumbers)
	return append(store.AppendBytes(b, ensemble), twins...), nil
}

// restore sets a new cell to a saved state.
func (c *runningCell) restore(b []byte) error {
	fail := func(format string, arguments ...any) error {
		return bench.StateError(fmt.Errorf(format, arguments...))
	}
	head, err := c.head()
	if err != nil {
		return err
	}
	if b, err = head.Check(b, Schema.Size); err != nil {
		return fail("it is %w", err)
	}
	times := c.gap.Times
	form := store.CellForm{Times: times, Columns: rowNumbers, Blocks: 1, Partly: true}
	values, b, err := form.Rows(b)
	if err != nil {
		return fail("it is %w", err)
	}
	rows := append(make([]Row, 0, len(times)), cellOf(bench.Cell{Columns: rowNumbers, Values: values}).Rows...)
	count := len(rows)
	particlesOf, twins, err := store.ReadBytes(b)
	if err != nil {
		return fail("it is %w", err)
	}
	var snapshot particles.Snapshot
	if err := snapshot.UnmarshalBinary(particlesOf); err != nil {
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
	case !(e.Time >= 0) || count > 0 && e.Time < times[count-1] || count < len(times) && e.Time > times[count]:
		return fail("its time %s does not follow %d observations", bench.Number(e.Time), count)
	}
	if err := c.observer.Limit.Moving().Restore(twins); err != nil {
		return fail("%w", err)
	}
	if at := c.observer.Limit.Moving().Time(); count > 0 && at < times[count-1] && !bench.SameTime(at, times[count-1]) || at > e.Time {
		return fail("its twins are at time %s, its particles at %s after %d observations", bench.Number(at), bench.Number(e.Time), count)
	}
	c.ensemble, c.observer.rows = e, rows
	return nil
}
