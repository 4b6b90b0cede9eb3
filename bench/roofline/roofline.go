// Package roofline measures this machine's limits, multiply-adds and bandwidths, and sets each kernel beside them.
package roofline

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"kac/bench/store"
	"kac/internal/plotting"
	"kac/internal/provenance"
	"kac/internal/visible"
	"kac/kernels"
)

// Files of a roofline.
const (
	File        = "roofline.json"
	PictureFile = "roofline.svg"
)

// Record is roofline.json: what the machine can do and what the kernels reach, with the program and processor that were
// measured. Rates are per second, all workers together.
type Record struct {
	Program string             `json:"program"`
	Peaks   map[string]float64 `json:"peaks_flops"` // "f64", "f32": register-only multiply-adds
	Memory  []Bandwidth        `json:"bandwidths"`
	Kernels []Kernel           `json:"kernels"`
	provenance.Info
	CommandLine visible.Arguments `json:"command_line"`
	Workers     int               `json:"workers"`
	StartTime   string            `json:"start_time"` // RFC 3339
	WallTime    float64           `json:"wall_time_seconds"`
}

// Bandwidth is a level of the memory, bytes per second.
type Bandwidth struct {
	Name  string  `json:"name"`
	Bytes int     `json:"working_set_bytes"` // of one worker
	Read  float64 `json:"read"`
	Triad float64 `json:"triad"` // a = b + s c, bytes read and written
}

// Kernel is one operation at one shape.
type Kernel struct {
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

// Steps that kernels.Measure tells of, about; for the progress bar only.
const rooflineSteps = 23

// Measure measures the machine and the kernels at one of kernels.Levels with a number of workers; it takes some
// seconds. progress, which may be nil, gets the finished share and what is being measured.
func Measure(ctx context.Context, level string, workers int, progress func(share float64, what string)) (*Record, error) {
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

func newRooflineRecord(r *kernels.Roofline) *Record {
	record := &Record{Program: "kac roofline", Peaks: r.Peaks, Info: provenance.Current(), Workers: r.Workers}
	record.KernelLevel = r.Level // what was measured, whatever the program would use
	for _, b := range r.Memory {
		record.Memory = append(record.Memory, Bandwidth(b))
	}
	for _, p := range r.Points {
		record.Kernels = append(record.Kernels, Kernel{
			Operation: p.Operation, Type: p.Type, Shape: p.Shape, Flops: p.Flops, Bytes: p.Bytes, Seconds: p.Seconds,
			Rate: p.Rate(), Peak: p.Peak, Share: p.Rate() / p.Peak, Intensity: p.Intensity(),
		})
	}
	return record
}

// WriteJSON writes the record, indented.
func WriteJSON(w io.Writer, r *Record) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(r); err != nil {
		return fmt.Errorf("encoding the roofline: %w", err)
	}
	return nil
}

// Files are the table of a roofline and its picture, for a store.
func Files(r *Record) (tables, pictures []store.File) {
	return []store.File{{Name: File, Fill: func(w io.Writer) error { return WriteJSON(w, r) }}},
		[]store.File{store.Picture(PictureFile, func() (*plotting.Figure, error) { return Picture(r) })}
}
