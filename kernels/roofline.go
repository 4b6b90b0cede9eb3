package kernels

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/cpuid/v2"

	"kac/kernels/internal/abi"
)

// Roofline is what a machine can do at one level with a number of workers, and what the kernels reach: flops and bytes
// per second, medians of a few runs.
type Roofline struct {
	Level   string
	Workers int
	Peaks   map[string]float64 // "f64", "f32": register-only multiply-adds, flop/s of all workers together
	Memory  []Bandwidth        // from the first cache level to memory
	Points  []RooflinePoint
}

// Bandwidth is the rate of reading, and of the triad a = b + s c (bytes read and written), with a working set per
// worker.
type Bandwidth struct {
	Name  string // L1, L2, L3, DRAM
	Bytes int    // working set of one worker
	Read  float64
	Triad float64
}

// RooflinePoint is one kernel at one shape. Bytes are the compulsory ones: every input read once, every output written
// once.
type RooflinePoint struct {
	Operation, Type, Shape string
	Flops, Bytes           float64 // of one call
	Seconds                float64 // of one call, median
	Peak                   float64 // flop/s of multiply-adds measured beside it
}

// Intensity returns flops per compulsory byte.
func (p RooflinePoint) Intensity() float64 { return p.Flops / p.Bytes }

// Rate returns flop/s.
func (p RooflinePoint) Rate() float64 { return p.Flops / p.Seconds }

// PeakRate returns the flop/s of register-only multiply-adds on all workers of the workspace at once, over about the
// given time: the limit that kernels are measured against.
func PeakRate[T Float](ws *Workspace[T], duration time.Duration) float64 {
	t := &ws.gauge
	t.plan(ws)
	t.mode, t.rounds = gaugePeak, 4000
	return t.together(ws.workers, duration) * float64(t.rounds) * float64(ws.set.PeakFlops)
}

// together runs the measuring kernel over and over on all workers at once and returns the calls per second of all of
// them. The pool would not do: its workers take each other's blocks, and one that is already awake would do all the
// work while the others are woken.
func (t *gaugeTask[T]) together(workers int, duration time.Duration) float64 {
	rates := make([]float64, workers)
	var ready, done sync.WaitGroup
	ready.Add(workers)
	done.Add(workers)
	for w := range workers {
		go func() {
			defer done.Done()
			t.Block(w, w) // warm
			ready.Done()
			ready.Wait()
			calls, start := 0, time.Now()
			for calls == 0 || time.Since(start) < duration {
				t.Block(w, w)
				calls++
			}
			rates[w] = float64(calls) / time.Since(start).Seconds()
		}()
	}
	done.Wait()
	sum := 0.0
	for _, r := range rates {
		sum += r
	}
	return sum
}

// Runs a median is taken of, and the working set that shall not fit any cache; tests make both smaller.
var (
	rooflineRuns = 5
	memorySet    = 192 << 20
)

// MeasureRoofline measures everything; it takes some ten seconds, during which the machine should do nothing else.
// progress, which may be nil, is told what is being measured.
func MeasureRoofline(ctx context.Context, level string, workers int, progress func(what string)) (*Roofline, error) {
	ws64, err := NewWorkspaceAt[float64](workers, level)
	if err != nil {
		return nil, fmt.Errorf("measuring the roofline: %w", err)
	}
	defer ws64.Close()
	ws32, err := NewWorkspaceAt[float32](workers, level)
	if err != nil {
		return nil, fmt.Errorf("measuring the roofline: %w", err)
	}
	defer ws32.Close()
	if progress == nil {
		progress = func(string) {}
	}
	r := &Roofline{Level: level, Workers: ws64.Workers(), Peaks: map[string]float64{}}
	progress("multiply-adds")
	r.Peaks["f64"] = medianOf(rooflineRuns, func() float64 { return PeakRate(ws64, 20*time.Millisecond) })
	r.Peaks["f32"] = medianOf(rooflineRuns, func() float64 { return PeakRate(ws32, 20*time.Millisecond) })
	for _, b := range workingSets() {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("measuring the roofline: %w", err)
		}
		progress("bandwidth of " + b.Name)
		b.Read = medianOf(rooflineRuns, func() float64 { return bandwidth(ws64, gaugeRead, b.Bytes) })
		b.Triad = medianOf(rooflineRuns, func() float64 { return bandwidth(ws64, gaugeTriad, b.Bytes) })
		r.Memory = append(r.Memory, b)
	}
	if err := rooflinePoints(ctx, r, ws64, "f64", progress); err != nil {
		return nil, err
	}
	if err := rooflinePoints(ctx, r, ws32, "f32", progress); err != nil {
		return nil, err
	}
	return r, nil
}

// workingSets are half of each cache by what the processor says of it, which virtual machines get wrong for the last
// level: its set is a few times the second level's.
func workingSets() []Bandwidth {
	l1, l2 := cpuid.CPU.Cache.L1D, cpuid.CPU.Cache.L2
	if l1 <= 0 {
		l1 = 32 << 10
	}
	if l2 <= 0 {
		l2 = 1 << 20
	}
	return []Bandwidth{{Name: "L1", Bytes: l1 / 2}, {Name: "L2", Bytes: l2 / 2}, {Name: "L3", Bytes: 4 * l2}, {Name: "DRAM", Bytes: memorySet}}
}

func medianOf(n int, measure func() float64) float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = measure()
	}
	slices.Sort(v)
	return v[n/2]
}

type gaugeMode uint8

const (
	gaugePeak gaugeMode = iota
	gaugeRead
	gaugeTriad
)

// gaugeTask runs a measuring kernel once per worker.
type gaugeTask[T Float] struct {
	set    *kernelSet
	mode   gaugeMode
	rounds int
	size   int // elements of a worker's working set
	calls  []call
	memory [][]T
	factor T
}

func (t *gaugeTask[T]) plan(ws *Workspace[T]) {
	t.set = ws.set
	if len(t.calls) < ws.workers {
		t.calls = make([]call, ws.workers)
		t.memory = make([][]T, ws.workers)
	}
	t.factor = 3
}

func (t *gaugeTask[T]) Block(index, _ int) {
	c := &t.calls[index]
	if t.mode == gaugePeak {
		c.N = t.rounds
		t.set.Peak(c)
		return
	}
	mem := t.memory[index]
	for range t.rounds {
		// In pieces of 64 Ki elements, for calls to stay short.
		for lo := 0; lo < t.size; lo += 1 << 16 {
			c.N = min(1<<16, t.size-lo)
			c.Z = abi.At(mem, lo)
			if t.mode == gaugeRead {
				t.set.Read(c)
				continue
			}
			c.D1, c.D2, c.C0 = abi.At(mem, t.size+lo), abi.At(mem, 2*t.size+lo), pointerTo(&t.factor)
			t.set.Triad(c)
		}
	}
}

// bandwidth returns bytes per second over some 20 ms with a working set of so many bytes per worker.
func bandwidth(ws *Workspace[float64], mode gaugeMode, bytes int) float64 {
	t := &ws.gauge
	t.plan(ws)
	t.mode = mode
	arrays := 1
	if mode == gaugeTriad {
		arrays = 3
	}
	t.size = max(bytes/8/arrays/128*128, 128)
	for i := range ws.workers {
		if len(t.memory[i]) < arrays*t.size {
			t.memory[i] = make([]float64, arrays*t.size)
			for k := range t.memory[i] {
				t.memory[i][k] = 1 // pages that were never written would all be one page of zeros
			}
		}
	}
	t.rounds = max(1, 1<<20/(t.size*8))
	return t.together(ws.workers, 20*time.Millisecond) * float64(t.rounds*arrays*t.size*8)
}
