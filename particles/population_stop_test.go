package particles

import (
	"context"
	"errors"
	"testing"
)

// A cancelled context ends velocities and energies with its error, and what another field computes is untouched.
func TestPopulationStops(t *testing.T) {
	problem := mustPreset(t, "he4", 8)
	e := NewUniform(300, 8, 1)
	v := make([]float64, len(e.W))
	for _, precision := range []Precision{Float64, Float32} {
		for _, form := range []Form{PairwiseForm, MomentForm} {
			f := NewPopulationIn(precision, problem, form, 2)
			ctx, cancel := context.WithCancel(t.Context())
			if err := f.Velocity(ctx, v, e.W, e.M); err != nil {
				t.Fatal(err)
			}
			cancel()
			if err := f.Velocity(ctx, v, e.W, e.M); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, %v: velocity: %v", precision, form, err)
			}
			if _, err := f.SelfEnergy(ctx, e.W, e.M); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, %v: energy: %v", precision, form, err)
			}
		}
	}
}
