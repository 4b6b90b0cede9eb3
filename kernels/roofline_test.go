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
	defer func(runs int, memory int) { rooflineRuns, memorySet = runs, memory }(rooflineRuns, memorySet)
	rooflineRuns, memorySet = 1, 16<<20
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
	if len(r.Memory) != 4 {
		t.Errorf("bandwidths: %+v", r.Memory)
	}
	for _, b := range r.Memory {
		if !(b.Read > 1e8 && b.Triad > 1e8) {
			t.Errorf("bandwidth of %s: %+v", b.Name, b)
		}
	}
	for _, p := range r.Points {
		if !(p.Rate() > 1e6 && p.Peak > 1e6 && p.Intensity() > 0) { // no more can be asked of a machine with other work
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
