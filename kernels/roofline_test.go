package kernels

import (
	"context"
	"errors"
	"testing"
)

func TestRoofline(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	var said int
	r, err := MeasureRoofline(context.Background(), Level(), 1, func(string) { said++ })
	if err != nil {
		t.Fatal(err)
	}
	if r.Level != Level() || r.Workers != 1 || said < 10 {
		t.Errorf("level %s, workers %d, %d messages", r.Level, r.Workers, said)
	}
	for _, typ := range []string{"f64", "f32"} {
		if r.Peaks[typ] < 1e8 {
			t.Errorf("peak of %s: %g flop/s", typ, r.Peaks[typ])
		}
	}
	if len(r.Memory) != 4 || r.Memory[0].Read < r.Memory[3].Read {
		t.Errorf("bandwidths: %+v", r.Memory)
	}
	for _, p := range r.Points {
		if !(p.Rate() > 0 && p.Rate() < 1.2*p.Peak && p.Intensity() > 0) {
			t.Errorf("%s %s: %g flop/s at a peak of %g, intensity %g", p.Operation, p.Type, p.Rate(), p.Peak, p.Intensity())
		}
	}
}

func TestRooflineErrors(t *testing.T) {
	if _, err := MeasureRoofline(context.Background(), "mmx", 1, nil); err == nil {
		t.Error("an unknown level is measured")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := MeasureRoofline(ctx, "generic", 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
