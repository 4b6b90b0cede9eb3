package explore

import (
	"context"
	"errors"
	"sync"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/memory"
	"kac/meanfield"
	"kac/particles"
)

// Phases of a run.
const (
	Solving  = "solving"  // the infinite-width reference
	Running  = "running"  // the network
	Finished = "finished" // at the horizon
	Failed   = "failed"
)

// Run is one network on its way, with all its frames.
type Run struct {
	Number     int
	Parameters Parameters
	Problem    particles.Expectations
	Times      []float64

	study   *gap.Parameters
	workers int

	mu      sync.Mutex
	phase   string
	err     error
	head    *Message   // once the reference is solved
	curves  []*Message // exact ones, in the order in which they were found
	frames  []*Frame
	changed func()                                                // tells the viewers
	mayGo   func(ctx context.Context, r *Run, next float64) error // waits until the next frame is wanted
}

// constantPoints are the times at which C(t) is computed; work beyond constantWork (nodes times steps) takes minutes.
const (
	constantPoints = 41
	constantWork   = 60_000
	limitTolerance = 1e-3 // of the reference that C(t) is computed on: a line of a chart is this wide
)

// run goes to the horizon. It returns when the network and the exact curves are done, or ctx is.
func (r *Run) run(ctx context.Context) {
	err := r.train(ctx)
	r.mu.Lock()
	if err != nil && ctx.Err() == nil {
		r.phase, r.err = Failed, err
	}
	r.mu.Unlock()
	r.changed()
}

func (r *Run) train(ctx context.Context) error {
	study, err := gap.Solve(ctx, *r.study, nil)
	if err != nil {
		return err
	}
	head, err := headMessage(r, study.Reference)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.head, r.phase = head, Running
	r.mu.Unlock()
	r.changed()

	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() { r.exact(ctx, study) })

	c := &camera{own: r.Parameters.Eigenvalues == EigenvaluesNetwork}
	defer c.close()
	study.Watch = func(ctx context.Context, o *gap.Observer, _ int, _ uint64, t float64, w []float64) error {
		f, err := c.take(ctx, o, t, w)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.frames = append(r.frames, f)
		n := len(r.frames)
		r.mu.Unlock()
		r.changed()
		if n == len(r.Times) {
			return nil
		}
		return r.mayGo(ctx, r, r.Times[n]-t)
	}
	if _, err := study.RunCell(ctx, r.Parameters.Width, r.Parameters.Seed, gap.CellOptions{Workers: r.workers}); err != nil {
		return err
	}
	r.mu.Lock()
	r.phase = Finished
	r.mu.Unlock()
	r.changed()
	beside.Wait()
	return nil
}

// exact computes what needs no network: the density of mu_t, C(t), and the limit of the coupling.
func (r *Run) exact(ctx context.Context, study *gap.Study) {
	add := func(m *Message) {
		r.mu.Lock()
		r.curves = append(r.curves, m)
		r.mu.Unlock()
		r.changed()
	}
	if d, err := densityOf(ctx, study.Reference, r.Times); err != nil {
		add(noMessage("density", err))
	} else {
		add(densityMessage(d))
	}
	f, err := constants(ctx, study)
	if err == nil {
		var m *Message
		if m, err = constantMessage(f); err == nil {
			add(m)
		}
	}
	if err != nil {
		add(noMessage("constant", err))
	}
}

var errDear = errors.New("it would take minutes here; kac theory computes it")

// constants are C(t) and its like to about a thousandth.
func constants(ctx context.Context, study *gap.Study) (*meanfield.Fluctuation, error) {
	if study.Problem.Rank() > 1 {
		return nil, meanfield.ErrNoReduction
	}
	horizon := study.Parameters.Horizon
	ref, err := meanfield.Solve(ctx, study.Problem, horizon, meanfield.Options{Tolerance: limitTolerance})
	if err != nil {
		return nil, err
	}
	if ref.Stats().Nodes*ref.Stats().Steps > constantWork {
		return nil, errDear
	}
	times := bench.Grid(horizon, constantPoints)
	give, err := memory.Take(ctx, ref.FluctuationMemory(times))
	if err != nil {
		return nil, err
	}
	defer give()
	return meanfield.Fluctuations(ctx, ref, times, meanfield.FluctuationOptions{})
}

// Frames returns the frames so far.
func (r *Run) Frames() []*Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frames[:len(r.frames):len(r.frames)]
}

// Phase returns where the run is, and why it failed.
func (r *Run) Phase() (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase, r.err
}

// known returns the head and the curves so far.
func (r *Run) known() (head *Message, curves []*Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head, r.curves[:len(r.curves):len(r.curves)]
}
