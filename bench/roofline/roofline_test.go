package roofline

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"

	"kac/kernels"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
)

// measured is a roofline with round numbers: two points at one place, and two that are bound by memory.
func measured() *Record {
	return newRooflineRecord(&kernels.Roofline{
		Level: "generic", Workers: 2,
		Peaks: map[string]float64{"f64": 200e9, "f32": 400e9},
		Memory: []kernels.Bandwidth{
			{Name: "L1", Bytes: 24 << 10, Read: 500e9, Triad: 400e9},
			{Name: "L2", Bytes: 1 << 20, Read: 300e9, Triad: 350e9},
			{Name: "DRAM", Bytes: 192 << 20, Read: 30e9, Triad: 25e9},
		},
		Points: []kernels.RooflinePoint{
			{Operation: "Velocity he3", Type: "f64", Shape: "n=4096 m=1024 d=64", Flops: 1.5e9, Bytes: 5e6, Seconds: 0.01, Peak: 190e9},
			{Operation: "Velocity relu", Type: "f64", Shape: "n=4096 m=1024 d=64", Flops: 1.5e9, Bytes: 5e6, Seconds: 0.01, Peak: 200e9},
			{Operation: "NormalizeRows", Type: "f64", Shape: "m=4096 d=64", Flops: 8e5, Bytes: 4e6, Seconds: 1e-4, Peak: 200e9},
			{Operation: "Velocity he3", Type: "f32", Shape: "n=4096 m=1024 d=64", Flops: 1.5e9, Bytes: 2.5e6, Seconds: 0.005, Peak: 400e9},
		},
	})
}

func TestRooflineText(t *testing.T) {
	var out bytes.Buffer
	if err := WriteText(&out, measured()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Roofline of level generic, 2 workers", "f64                200\n", "f32                400\n",
		"L1               24 KiB        500         400\n", "DRAM            192 MiB       30.0        25.0\n",
		"Velocity he3   f64   n=4096 m=1024 d=64      150         79        300\n",
		"NormalizeRows  f64   m=4096 d=64            8.00          4       0.20\n",
		"Velocity he3   f32   n=4096 m=1024 d=64      300         75        600\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if utf8.RuneCountInString(line) > 81 {
			t.Errorf("more than 80 columns: %q", line)
		}
	}
}

// The files: JSON that reads back as it was, with the level that was measured, and a picture with every kernel and
// roof.
func TestWriteRoofline(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	r := measured()
	for range 2 { // the second time over the first
		out, err := store.OpenResults(disk.Real, dir, "kac roofline", struct{}{}, bench.Session{}, File, PictureFile)
		if err == nil {
			err = out.Finish(Files(r))
			out.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	var back Record
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, r) {
		t.Errorf("read back:\n%+v\nwritten:\n%+v", &back, r)
	}
	if k := back.Kernels[0]; back.KernelLevel != "generic" || back.GoVersion == "" || k.Rate != 150e9 || math.Abs(k.Share-150.0/190) > 1e-15 || k.Intensity != 300 {
		t.Errorf("level %q, Go %q, first kernel %+v", back.KernelLevel, back.GoVersion, k)
	}
	svg, err := os.ReadFile(filepath.Join(dir, PictureFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.NewDecoder(bytes.NewReader(svg)).Decode(new(struct{})); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("the picture is not well-formed: %v", err)
	}
	for _, want := range []string{"\"level generic, 2 workers\"", "\"L1, 500 GB/s\"", "\"L2, 350 GB/s\"", "\"DRAM, 30.0 GB/s\"", "\"f64 peak, 200 GFLOP/s\"", "\"f32 peak, 400 GFLOP/s\""} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("no %q in the picture", want)
		}
	}
	for _, k := range r.Kernels {
		if n := bytes.Count(svg, []byte("\""+k.Operation+", "+k.Type+"\"")); n != 1 {
			t.Errorf("the picture names %s, %s %d times", k.Operation, k.Type, n)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 { // run.json is the third
		t.Errorf("the directory holds %v", left)
	}
}

// Kernels above their roof are spoken of, in the picture and below the table; others are not. A picture that cannot be
// drawn leaves the numbers.
func TestAboveTheRoof(t *testing.T) {
	for rate, above := range map[float64]int{150e9: 0, 205e9: 0, 215e9: 1} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) { // of a kernel with peak 200e9
			r := measured()
			r.Kernels[0].Rate = rate
			var table, svg bytes.Buffer
			picture, err := Picture(r)
			if err == nil {
				err = errors.Join(picture.Write(&svg, "svg"), WriteText(&table, r))
			}
			if err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{"picture": svg.String(), "table": table.String()} {
				t.Run(what, func(t *testing.T) {
					if got := strings.Count(text, "1 kernel is faster than the roofs"); min(got, 1) != above {
						t.Errorf("rate %g, %s: %d remarks, want %d", rate, what, got, above)
					}
				})
			}
		})
	}
	dir, r := t.TempDir(), measured()
	r.Kernels[1].Rate = 0
	out, err := store.OpenResults(disk.Real, dir, "kac roofline", struct{}{}, bench.Session{}, File, PictureFile)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var undrawn *store.PictureError
	if err := out.Finish(Files(r)); !errors.As(err, &undrawn) {
		t.Errorf("a rate of 0 was drawn: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, File)); err != nil {
		t.Error(err)
	}
}

func TestRooflinePictureRefuses(t *testing.T) {
	for name, spoil := range map[string]func(r *Record){
		"a rate of 0":           func(r *Record) { r.Kernels[1].Rate = 0 },
		"a bandwidth of 0":      func(r *Record) { r.Memory[0].Read, r.Memory[0].Triad = 0, 0 },
		"an intensity NaN":      func(r *Record) { r.Kernels[2].Intensity = math.NaN() },
		"no kernels, no memory": func(r *Record) { r.Kernels, r.Memory = nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			r := measured()
			spoil(r)
			if _, err := Picture(r); err == nil || !strings.Contains(err.Error(), "drawing the roofline") {
				t.Errorf("%s: error %v", name, err)
			}
		})
	}
}

func TestMeasureRoofline(t *testing.T) {
	last, calls := -1.0, 0
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Measure(ctx, kernels.Level(), 1, func(share float64, what string) {
		if share < last || share >= 1 || what == "" {
			t.Errorf("share %g after %g, %q", share, last, what)
		}
		last = share
		if calls++; calls == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	if _, err := Measure(t.Context(), "mmx", 1, nil); err == nil {
		t.Error("an unknown level is measured")
	}
}

// spread keeps the order and the distance, stays inside if there is room, and moves nothing without need.
func TestSpread(t *testing.T) {
	for _, c := range []struct{ wanted, want []vg.Length }{
		{nil, []vg.Length{}},
		{[]vg.Length{5, 50}, []vg.Length{5, 50}},
		{[]vg.Length{50, 50}, []vg.Length{45, 55}},
		{[]vg.Length{40, 50, 52}, []vg.Length{37.333, 47.333, 57.333}},
		{[]vg.Length{2, 3, 4}, []vg.Length{0, 10, 20}},
		{[]vg.Length{97, 98}, []vg.Length{90, 100}},
		{[]vg.Length{10, 10, 24, 24}, []vg.Length{2, 12, 22, 32}},
	} {
		t.Run(fmt.Sprint(c.wanted), func(t *testing.T) {
			got := spread(c.wanted, 10, 0, 100)
			same := len(got) == len(c.want)
			for i := range got {
				same = same && math.Abs(float64(got[i]-c.want[i])) < 1e-3
			}
			if !same {
				t.Errorf("spread(%v) = %v, want %v", c.wanted, got, c.want)
			}
		})
	}
}
