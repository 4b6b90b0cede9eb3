package main

import (
	"runtime/debug"
	"time"

	"kac/kernels"
)

// library computes one work at a time: load, then run as often as wanted, then result.
type library interface {
	name() string
	version() string
	load(w work, d data) error
	run() (seconds float64, err error)
	result() ([]float64, error)
	processorTime() float64 // seconds that other processes took for it so far
	close() error
}

// inProcess is a library that is part of this program: prepare makes a function that computes, and one that returns
// what was computed.
type inProcess struct {
	title, release string
	pairs          bool // no moments
	products       int  // with a kernel's matrix, of the last solution; else 0
	prepare        func(w work, d data) (compute func(), result func() []float64)
	compute        func()
	values         func() []float64
	closing        func()
}

func (l *inProcess) name() string           { return l.title }
func (l *inProcess) version() string        { return l.release }
func (l *inProcess) processorTime() float64 { return 0 }

func (l *inProcess) load(w work, d data) error {
	l.compute, l.values = l.prepare(w, d)
	return nil
}

func (l *inProcess) run() (float64, error) {
	start := time.Now()
	l.compute()
	return time.Since(start).Seconds(), nil
}

func (l *inProcess) result() ([]float64, error) { return l.values(), nil }

func (l *inProcess) close() error {
	l.closing()
	return nil
}

// newKac is package kernels at the level in use.
func newKac(threads int) *inProcess {
	ws64, ws32 := kernels.NewWorkspace[float64](threads), kernels.NewWorkspace[float32](threads)
	l := &inProcess{title: "kac", release: "level " + kernels.Level(), closing: func() { ws64.Close(); ws32.Close() }}
	l.prepare = func(w work, d data) (func(), func() []float64) {
		switch {
		case w.operation == "ridge":
			return prepareRidge(w, d, threads, &l.products)
		case w.operation == "xor" && w.typ == "f32":
			return prepareXor(w, d, ws32)
		case w.operation == "xor":
			return prepareXor(w, d, ws64)
		case w.operation == "step" && w.typ == "f32":
			return prepareStep(w, d, l.pairs, ws32)
		case w.operation == "step":
			return prepareStep(w, d, l.pairs, ws64)
		case w.typ == "f32":
			return prepareKac(w, d, ws32)
		}
		return prepareKac(w, d, ws64)
	}
	return l
}

func prepareKac[T kernels.Float](w work, d data, ws *kernels.Workspace[T]) (func(), func() []float64) {
	x, p, y := convert[T](d.x), convert[T](d.w), convert[T](d.y)
	out, f := make([]T, w.size()), make([]T, w.n)
	he3, s4 := kernels.HermiteActivation([]float64{0, 0, 0, 1}), kernels.PolynomialDual([]float64{0, 0, 0, 0, 1})
	compute := map[string]func(){
		"velocity": func() { kernels.ForwardVelocity(out, f, x, y, p, nil, w.n, w.m, w.d, he3, ws) },
		"hessian":  func() { kernels.LocalHessian(out, x, p, nil, y, w.n, w.m, w.d, he3, ws) },
		"pairwise": func() { kernels.Pairwise(out, p, w.m, w.d, s4, ws) },
	}[w.operation]
	return compute, func() []float64 { return widen(out) }
}

// moduleVersion is the version of a module that this program was built with.
func moduleVersion(path string) string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, m := range build.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "version not recorded"
}
