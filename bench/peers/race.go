package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"kac/kernels"
)

// pause lets a library's threads, which may wait in a loop for a while, go to sleep before the next library runs.
const pause = 20 * time.Millisecond

// result is one case: times by library and round, and how far each library's answer is from float64.
type result struct {
	work      work
	libraries []library
	seconds   [][]float64 // by library, then round
	errors    []float64   // largest difference, relative to the largest element
	peaks     []float64   // flop/s of register-only multiply-adds, by round, measured before and after kac
	pairs     []float64   // kac's times in sums over pairs, where it takes moments
}

// race gives every library the same work, compares the answers, and lets them take turns.
func race(ctx context.Context, w work, libraries []library, rounds int) (result, error) {
	r := result{work: w, libraries: libraries, seconds: make([][]float64, len(libraries))}
	d := w.data()
	truth, err := inFloat64(w, d)
	if err != nil {
		return r, err
	}
	peak, done := gauge(w.typ)
	defer done()
	for i, l := range libraries {
		if err := l.load(w, d); err != nil {
			return r, err
		}
		seconds, err := l.run() // warms up, unless it is all there is
		if err != nil {
			return r, err
		}
		if w.once() {
			if r.seconds[i] = []float64{seconds}; i == 0 {
				r.peaks = []float64{peak()}
			}
		}
		got, err := l.result()
		if err != nil {
			return r, err
		}
		r.errors = append(r.errors, distance(w.answer(got, d), w.answer(truth, d)))
	}
	if w.once() {
		return r, ctx.Err()
	}
	var inPairs *inProcess
	if w.byMoments() {
		inPairs = newKac(runtime.GOMAXPROCS(0))
		inPairs.pairs = true
		defer inPairs.close()
		if err := inPairs.load(w, d); err != nil {
			return r, err
		}
		if _, err := inPairs.run(); err != nil { // warms up
			return r, err
		}
		got, err := inPairs.result()
		if err != nil {
			return r, err
		}
		if e := distance(w.answer(got, d), w.answer(truth, d)); !(e <= w.tolerance()) {
			return r, fmt.Errorf("the result of kac's pairs differs by %.2g of the largest element", e)
		}
	}
	for range rounds {
		for i, l := range libraries {
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			time.Sleep(pause)
			before := 0.0
			if i == 0 {
				before = peak()
			}
			seconds, err := l.run()
			if err != nil {
				return r, err
			}
			r.seconds[i] = append(r.seconds[i], seconds)
			if i == 0 {
				r.peaks = append(r.peaks, max(before, peak()))
			}
		}
		if inPairs != nil {
			time.Sleep(pause)
			seconds, err := inPairs.run()
			if err != nil {
				return r, err
			}
			r.pairs = append(r.pairs, seconds)
		}
	}
	return r, nil
}

// gauge returns a measurement of the multiply-adds' peak with as many workers as there are processors in use.
func gauge(typ string) (peak func() float64, done func()) {
	if typ == "f32" {
		ws := kernels.NewWorkspace[float32](0)
		return func() float64 { return kernels.PeakRate(ws, 8*time.Millisecond) }, ws.Close
	}
	ws := kernels.NewWorkspace[float64](0)
	return func() float64 { return kernels.PeakRate(ws, 8*time.Millisecond) }, ws.Close
}

// inFloat64 is kac's answer in float64 for the same numbers.
func inFloat64(w work, d data) ([]float64, error) {
	w.typ = "f64"
	l := newKac(0)
	defer l.close()
	if err := l.load(w, d); err != nil {
		return nil, err
	}
	if _, err := l.run(); err != nil {
		return nil, err
	}
	return l.result()
}

// distance is the largest difference, relative to the largest element of want.
func distance(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	size, worst := 0.0, 0.0
	for i, v := range want {
		size = max(size, math.Abs(v)) // NaN stays
		worst = max(worst, math.Abs(got[i]-v))
	}
	if size == 0 {
		return math.NaN()
	}
	return worst / size
}

// check returns an error if a library's answer is not the same as kac's.
func (r *result) check() error {
	for i, e := range r.errors {
		if !(e <= r.work.tolerance()) {
			return fmt.Errorf("%s: the result of %s differs by %.2g of the largest element, allowed are %.2g", r.work, r.libraries[i].name(), e, r.work.tolerance())
		}
	}
	return nil
}

// share is kac's rate over the peak measured around it, the median over the rounds.
func (r *result) share() float64 {
	shares := make([]float64, len(r.peaks))
	for i, peak := range r.peaks {
		shares[i] = r.ownFlops() / r.seconds[0][i] / peak
	}
	return median(shares)
}

// ownFlops is what kac took.
func (r *result) ownFlops() float64 {
	flops := r.work.ownFlops()
	if kac, is := r.libraries[0].(*inProcess); is && kac.products > 0 && r.work.operation == "ridge" {
		flops *= float64(kac.products)
	}
	return flops
}

// ratios are a library's times over kac's of the same round: how many times faster kac is.
func (r *result) ratios(library int) []float64 {
	out := make([]float64, len(r.seconds[library]))
	for i, s := range r.seconds[library] {
		out[i] = s / r.seconds[0][i]
	}
	return out
}

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
