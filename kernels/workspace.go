package kernels

import (
	"runtime"
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
	"kac/kernels/internal/hessians"
	"kac/kernels/internal/moments"
	"kac/kernels/internal/pool"
	"kac/kernels/internal/samples"
	"kac/kernels/internal/split"
)

// Workspace holds what batched calls need besides their arguments: packed panels, scratch and workers. It is made once
// and passed to every call; buffers grow to the largest shape seen and are then reused, so calls allocate nothing in
// steady state. A Workspace is not for concurrent use.
//
// Its worker goroutines start at the first call that needs them and end when the Workspace is closed or collected.
type Workspace[T Float] struct {
	workers int
	pool    *pool.Pool

	set      *kernelSet
	sample   samples.Task[T]
	moment   moments.Population[T]
	tensor   moments.Samples[T]
	square   moments.Samples[T] // of particles with themselves
	second   hessians.Task[T]
	eigen    eigenTask[T]
	vec      vecTask[T]
	gauge    gaugeTask[T]
	ones     []T
	means    []T
	rows     rowsTask[T]
	comb     combineTask[T]
	adam     adamTask[T]
	ratio    ratioTask[T]
	signs    signTask
	tanhSech tanhSechTask
	gram     gramTask[T]
	product  multiplyTask[T]
	softmax  softmaxTask[T]
	loss     lossScratch[T]
	split    *split.Task // of a workspace for bf16 parts

	wide    *Workspace[float64] // for sums of float32 data, which run in float64
	widened []float64
}

// NewWorkspace returns a workspace with the given number of workers; workers <= 0 means GOMAXPROCS. Results do not
// depend on the number. It panics if LevelError is not nil: a program that reads its environment checks that first.
func NewWorkspace[T Float](workers int) *Workspace[T] {
	if err := LevelError(); err != nil {
		panic("kernels: NewWorkspace: " + err.Error())
	}
	return newWorkspace[T](workers, Level())
}

// NewWorkspaceAt is NewWorkspace for one of Levels, whatever KAC_LEVEL says; for comparing levels in one process.
func NewWorkspaceAt[T Float](workers int, level string) (*Workspace[T], error) {
	if _, err := dispatch.Choose(level, Levels()); err != nil {
		return nil, err
	}
	return newWorkspace[T](workers, level), nil
}

func newWorkspace[T Float](workers int, level string) *Workspace[T] {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ws := &Workspace[T]{workers: workers, pool: pool.New(workers), set: setFor[T](level)}
	// The goroutines know the pool, not the workspace, so an abandoned workspace is collected and takes them with it.
	runtime.AddCleanup(ws, (*pool.Pool).Close, ws.pool)
	return ws
}

// on is what the workspace's operations run on.
func (ws *Workspace[T]) on() split.On {
	return split.On{Set: ws.set, Workers: ws.workers, Pool: ws.pool, Split: ws.split}
}

// Workers returns the number of workers.
func (ws *Workspace[T]) Workers() int { return ws.workers }

// StopWhen makes calls with this workspace end early once done is closed, within about a millisecond: the work not yet
// begun is left out, and what such a call writes or returns is undefined, so that the caller looks at done after it.
// nil, as at the start, means never. It must not be called during another call.
func (ws *Workspace[T]) StopWhen(done <-chan struct{}) {
	ws.pool.Stop = done
	if ws.wide != nil {
		ws.wide.StopWhen(done)
	}
}

// Close ends the worker goroutines now instead of when the workspace is collected. Later calls run on one worker.
func (ws *Workspace[T]) Close() {
	ws.pool.Close()
	if ws.wide != nil {
		ws.wide.Close()
	}
}

// widen returns w in float64 and a workspace for it. For float64 data both are the originals.
func (ws *Workspace[T]) widen(w []T) ([]float64, *Workspace[float64]) {
	if same, ok := any(ws).(*Workspace[float64]); ok {
		return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(w))), len(w)), same // T is float64
	}
	if ws.wide == nil {
		ws.wide = newWorkspace[float64](ws.workers, ws.set.Name)
		ws.wide.StopWhen(ws.pool.Stop)
	}
	ws.widened = abi.Grow(ws.widened, len(w))
	for i, x := range w {
		ws.widened[i] = float64(x)
	}
	return ws.widened, ws.wide
}
