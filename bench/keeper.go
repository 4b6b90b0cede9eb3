package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Keeper saves the state of one cell under way, as its CellOptions say: a Runner asks it between steps.
type Keeper struct {
	o    CellOptions
	last time.Time
}

// Keeper is a new one; the first Interval begins now.
func (o CellOptions) Keeper() *Keeper { return &Keeper{o, time.Now()} }

// Due reports whether the Interval since the last state, or since the beginning, is over.
func (k *Keeper) Due() bool { return time.Since(k.last) >= k.o.Interval }

// Between is for between two steps, of which `share` are done: when a state is due or ctx is cancelled, it reports the
// share and saves the state. Before the first step there is nothing to save. The error is the one of state or of Save,
// or the context's.
func (k *Keeper) Between(ctx context.Context, share float64, state func() ([]byte, error)) error {
	stopped := ctx.Err()
	if stopped == nil && !k.Due() || share == 0 {
		return stopped
	}
	if k.o.Progress != nil {
		k.o.Progress(share)
	}
	if err := k.Keep(state); err != nil {
		return err
	}
	return stopped
}

// Keep saves the state now, if states are kept.
func (k *Keeper) Keep(state func() ([]byte, error)) error {
	k.last = time.Now()
	if k.o.Save == nil {
		return nil
	}
	b, err := state()
	if err != nil {
		return err
	}
	return k.o.Save(b)
}

// JSON is a state that is kept as JSON; ReadState reads it.
func JSON(state any) ([]byte, error) {
	b, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("encoding the state of a cell: %w", err)
	}
	return b, nil
}

// ReadState reads a state that JSON made; what is not one is ErrCellState.
func ReadState(b []byte, state any) error {
	if err := json.Unmarshal(b, state); err != nil {
		return StateError(fmt.Errorf("%d bytes: %w", len(b), err))
	}
	return nil
}

// StateError wraps ErrCellState: why a state is not one of the cell.
func StateError(err error) error { return fmt.Errorf("%w: %w", ErrCellState, err) }
