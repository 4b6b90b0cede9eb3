package compare

import (
	"context"
	"fmt"

	"kac/bench"
	"kac/kernels"
	"kac/particles"
)

// standing is where the training of one draw stands between two steps.
type standing struct {
	Samples  int         `json:"samples"`
	Seed     uint64      `json:"seed"`
	Step     int64       `json:"step"`     // steps done
	Risks    [][]float64 `json:"risks"`    // at the times so far, the networks of a time beside each other: on the samples, total, by degree
	Networks [][]float64 `json:"networks"` // positions
}

// stand takes down where a trainer stands.
func stand[T kernels.Float](t *particles.Trainer[T], seen [][]float64) standing {
	at := standing{Step: t.Step(), Risks: seen}
	for _, e := range t.Networks() {
		w := make([]float64, len(e.W))
		for i, z := range e.W {
			w[i] = float64(z)
		}
		at.Networks = append(at.Networks, w)
	}
	return at
}

// keeping is where a training goes on from and what it leaves behind; without any, neither.
type keeping struct {
	from *standing
	// between is asked between two steps, of which `share` are done.
	between func(ctx context.Context, share float64, now func() standing) error
}

func (k *keeping) save(ctx context.Context, share float64, now func() standing) error {
	if k.between == nil {
		return nil
	}
	return k.between(ctx, share, now)
}

// keeping is that of the cell of a sweep. Errors: ErrCellState.
func (p *Parameters) keeping(samples int, seed uint64, degrees int, o bench.CellOptions) (k keeping, err error) {
	keeper := o.Keeper()
	k.between = func(ctx context.Context, share float64, now func() standing) error {
		return keeper.Between(ctx, share, func() ([]byte, error) {
			at := now()
			at.Samples, at.Seed = samples, seed
			return bench.JSON(at)
		})
	}
	if o.Before == nil {
		return k, nil
	}
	k.from = new(standing)
	if err := bench.ReadState(o.Before, k.from); err != nil {
		return k, err
	}
	return k, p.fits(k.from, samples, seed, degrees)
}

// fits says whether a standing is one of the draw.
func (p *Parameters) fits(at *standing, samples int, seed uint64, degrees int) error {
	refuse := func(format string, arguments ...any) error {
		return bench.StateError(fmt.Errorf(format, arguments...))
	}
	if at.Samples != samples || at.Seed != seed {
		return refuse("it is of %d samples and seed %d", at.Samples, at.Seed)
	}
	times := len(at.Risks) / len(p.Widths)
	if len(at.Risks)%len(p.Widths) != 0 || times < 1 || times >= len(p.steps) || at.Step < p.steps[times-1] || at.Step >= p.steps[times] {
		return refuse("step %d does not follow %d rows", at.Step, len(at.Risks))
	}
	for _, risks := range at.Risks {
		if len(risks) != 2+degrees {
			return refuse("a row of %d risks, not %d", len(risks), 2+degrees)
		}
	}
	if len(at.Networks) != len(p.Widths) {
		return refuse("%d networks, not %d", len(at.Networks), len(p.Widths))
	}
	for i, w := range at.Networks {
		if len(w) != p.Widths[i]*p.Dims[0] {
			return refuse("%d coordinates of a network of %d particles", len(w), p.Widths[i])
		}
	}
	return nil
}
