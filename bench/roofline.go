package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"kac/internal/atomicfile"
	"kac/internal/provenance"
	"kac/kernels"
)

// Files of a roofline.
const (
	RooflineFile        = "roofline.json"
	RooflinePictureFile = "roofline.svg"
)

// RooflineRecord is roofline.json: what the machine can do and what the kernels reach, with the program and processor that were measured.
// Rates are per second, all workers together.
type RooflineRecord struct {
	Program string              `json:"program"`
	Peaks   map[string]float64  `json:"peaks_flops"` // "f64", "f32": register-only multiply-adds
	Memory  []RooflineBandwidth `json:"bandwidths"`
	Kernels []RooflineKernel    `json:"kernels"`
	provenance.Info
	CommandLine []string `json:"command_line"`
	Workers     int      `json:"workers"`
	StartTime   string   `json:"start_time"` // RFC 3339
	WallTime    float64  `json:"wall_time_seconds"`
}

// RooflineBandwidth is a level of the memory, bytes per second.
type RooflineBandwidth struct {
	Name  string  `json:"name"`
	Bytes int     `json:"working_set_bytes"` // of one worker
	Read  float64 `json:"read"`
	Triad float64 `json:"triad"` // a = b + s c, bytes read and written
}

// RooflineKernel is one operation at one shape.
type RooflineKernel struct {
	Operation string  `json:"operation"`
	Type      string  `json:"type"`
	Shape     string  `json:"shape"`
	Flops     float64 `json:"flops"`
	Bytes     float64 `json:"bytes"` // compulsory: inputs once, outputs once
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"flops_per_second"`
	Peak      float64 `json:"peak_beside_it"` // flop/s of multiply-adds measured between the runs
	Share     float64 `json:"share_of_peak"`
	Intensity float64 `json:"flops_per_byte"`
}

// Steps that kernels.MeasureRoofline tells of, about; for the progress bar only.
const rooflineSteps = 23

// MeasureRoofline measures the machine and the kernels at one of kernels.Levels with a number of workers; it takes some seconds. progress,
// which may be nil, gets the finished share and what is being measured.
func MeasureRoofline(ctx context.Context, level string, workers int, progress func(share float64, what string)) (*RooflineRecord, error) {
	start := time.Now()
	step := 0.0
	r, err := kernels.MeasureRoofline(ctx, level, workers, func(what string) {
		if progress != nil {
			progress(min(step/rooflineSteps, 0.99), what)
		}
		step++
	})
	if err != nil {
		return nil, err
	}
	record := newRooflineRecord(r)
	record.StartTime = start.UTC().Format(time.RFC3339)
	record.WallTime = time.Since(start).Seconds()
	return record, nil
}

func newRooflineRecord(r *kernels.Roofline) *RooflineRecord {
	record := &RooflineRecord{Program: "kac roofline", Peaks: r.Peaks, Info: provenance.Current(), Workers: r.Workers}
	record.KernelLevel = r.Level // what was measured, whatever the program would use
	for _, b := range r.Memory {
		record.Memory = append(record.Memory, RooflineBandwidth(b))
	}
	for _, p := range r.Points {
		record.Kernels = append(record.Kernels, RooflineKernel{
			Operation: p.Operation, Type: p.Type, Shape: p.Shape, Flops: p.Flops, Bytes: p.Bytes, Seconds: p.Seconds,
			Rate: p.Rate(), Peak: p.Peak, Share: p.Rate() / p.Peak, Intensity: p.Intensity(),
		})
	}
	return record
}

// WriteRooflineJSON writes the record, indented.
func WriteRooflineJSON(w io.Writer, r *RooflineRecord) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(r); err != nil {
		return fmt.Errorf("encoding the roofline: %w", err)
	}
	return nil
}

// WriteRoofline puts roofline.svg and roofline.json in dir, replacing older ones. Each file is replaced whole.
func WriteRoofline(dir string, r *RooflineRecord) error {
	if err := atomicfile.MakeDir(dir); err != nil {
		return err
	}
	picture, err := RooflinePicture(r)
	if err != nil {
		return err
	}
	return errors.Join(
		atomicfile.Write(filepath.Join(dir, RooflinePictureFile), func(w io.Writer) error { return picture.Write(w, "svg") }),
		atomicfile.Write(filepath.Join(dir, RooflineFile), func(w io.Writer) error { return WriteRooflineJSON(w, r) }),
	)
}
