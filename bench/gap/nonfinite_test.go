package gap

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kac/bench"
	"kac/particles"
)

// broken is a field of which one number is wrong from one call on.
type broken struct {
	particles.Field
	calls, from, at int
	value           float64
}

func (b *broken) Velocity(ctx context.Context, v, w []float64, m int) error {
	err := b.Field.Velocity(ctx, v, w, m)
	if b.calls++; b.calls >= b.from {
		v[b.at] = b.value
	}
	return err
}

// A number that is not finite ends a cell in the call that made it, with an error that names width, seed, time and
// particle, whatever the dynamics. No command line leads here: unit particles and the bounds on series and eta keep
// every velocity finite, so the field is broken on purpose.
func TestNonFiniteStopsAtOnce(t *testing.T) {
	base := stateGap(t, bench.ProblemChoice{Problem: "he6", Dim: 6})
	const width, seed, particle, calls = 24, 5, 17, 40
	for _, dynamics := range []string{DynamicsFlow, DynamicsDescent} {
		for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			g := base.variant(t, dynamics, bench.Float64)
			t.Run(fmt.Sprint(dynamics, " ", value), func(t *testing.T) {
				c, err := newRunningCell(t.Context(), g, width, seed, CellOptions{Workers: 1})
				if err != nil {
					t.Fatal(err)
				}
				field := &broken{Field: c.field, from: calls, at: particle*6 + 2, value: value}
				c.field = field
				_, err = c.cell(t.Context())
				var bad *particles.NonFiniteError
				if !errors.As(err, &bad) || bad.Particle != particle || !(bad.Time > 0) || bad.Time >= 3 {
					t.Fatalf("%s, %v: error %v", dynamics, value, err)
				}
				for _, part := range []string{"width 24", "seed 5", "particle 17", "time " + bench.Number(bad.Time)[:3]} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s, %v: %q does not say %q", dynamics, value, err, part)
					}
				}
				if field.calls != calls {
					t.Errorf("%s, %v: %d calls of the field, want %d", dynamics, value, field.calls, calls)
				}
			})
		}
	}
}
