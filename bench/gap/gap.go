package gap

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// Study is a checked study with its solved reference, ready to run cells.
type Study struct {
	Parameters Parameters
	Problem    particles.Expectations
	Reference  *meanfield.Reference
	Times      []float64 // of the observations
	// Watch, if set, sees every network at every time, after its row. May be called concurrently.
	Watch func(ctx context.Context, o *Observer, width int, seed uint64, t float64, w []float64) error
	// Snapshot, if set, keeps the particles of every network at the parameters' Snapshots. May be called concurrently.
	Snapshot func(width int, seed uint64, t float64, w []float64) error
	// Final, if set, keeps every network at the last time. May be called concurrently.
	Final func(Final) error
}

// Solve checks the parameters and solves the reference to the horizon. progress may be nil.
func Solve(ctx context.Context, p Parameters, progress func(share float64)) (*Study, error) {
	problem, err := p.Check()
	if err != nil {
		return nil, err
	}
	ref, err := meanfield.Solve(ctx, problem, p.Horizon, meanfield.Options{Tolerance: p.Tolerance, Progress: progress})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", problem.Name(), p.Dim, err)
	}
	return &Study{Parameters: p, Problem: problem, Reference: ref, Times: p.Times()}, nil
}

// RunOptions steer Study.Run; none of them changes a number.
type RunOptions struct {
	Workers int    // 0: one per processor
	Have    []Cell // finished cells, not run again
	// Before, if set, gives the state that a network goes on from, nil for its start. May be called concurrently.
	Before   func(width int, seed uint64) ([]byte, error)
	Finished func(Cell) error                 // called once per new cell, in no particular order, never concurrently
	Progress func(share float64, what string) // may be called concurrently
}

// Cells whose particles have more coordinates than this run one after another, each on all workers;
// smaller ones run side by side, each on one worker, which wastes nothing on synchronisation. A
// flow holds 12 arrays of that many float64, 100 MiB here.
const largeCell = 1 << 20

// Run runs the cells that o.Have does not hold. On the first error, cancellation included, it stops
// and returns that error; the cells that Finished has received are whole and valid.
func (g *Study) Run(ctx context.Context, o RunOptions) error {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	r := &studyRun{gap: g, options: o}
	pending := r.pending()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.cancel = cancel

	side := o.Workers
	if len(pending) < o.Workers {
		side = 1
	}
	split := slices.IndexFunc(pending, func(c *pendingCell) bool { return c.width*g.Problem.Dim() <= largeCell })
	if split < 0 {
		split = len(pending)
	}
	r.pool(ctx, pending[:split], 1, o.Workers)
	r.pool(ctx, pending[split:], side, max(1, o.Workers/side))
	return r.err
}

type studyRun struct {
	gap     *Study
	options RunOptions
	cancel  context.CancelFunc

	mu       sync.Mutex
	total    float64 // work, in flops of a right-hand side over the cells to run
	done     float64
	finished int // cells, old ones included
	all      int
	err      error
}

// pending lists the cells to run, the dearest first so that no worker starts a long one last.
func (r *studyRun) pending() []*pendingCell {
	p := &r.gap.Parameters
	have := map[[2]uint64]bool{}
	for _, c := range r.options.Have {
		have[[2]uint64{uint64(c.Width), c.Seed}] = true
	}
	q := r.gap.Problem.Dual()
	var list []*pendingCell
	for _, m := range p.Widths {
		flops := min(kernels.PairwiseFlops(m, p.Dim, q), kernels.MomentFlops(m, p.Dim, q))
		for i := range p.Seeds {
			seed := p.Seed + uint64(i)
			r.all++
			if have[[2]uint64{uint64(m), seed}] {
				r.finished++
				continue
			}
			list = append(list, &pendingCell{width: m, seed: seed, cost: flops})
			r.total += flops
		}
	}
	slices.SortStableFunc(list, func(a, b *pendingCell) int { return cmp.Compare(b.cost, a.cost) })
	return list
}

// pool runs cells on `side` goroutines with `workers` kernel workers each, and waits for them.
func (r *studyRun) pool(ctx context.Context, cells []*pendingCell, side, workers int) {
	queue := make(chan *pendingCell)
	var group sync.WaitGroup
	for range min(side, len(cells)) {
		group.Go(func() {
			for c := range queue {
				r.collect(r.cell(ctx, c, workers))
			}
		})
	}
	for _, c := range cells {
		if ctx.Err() != nil {
			break
		}
		queue <- c
	}
	close(queue)
	group.Wait()
	if err := ctx.Err(); err != nil {
		r.fail(err)
	}
}

func (r *studyRun) cell(ctx context.Context, c *pendingCell, workers int) (Cell, error) {
	o := CellOptions{Workers: workers, Progress: c.progress(r)}
	if r.options.Before != nil {
		var err error
		if o.Before, err = r.options.Before(c.width, c.seed); err != nil {
			return Cell{}, inCell(c.width, c.seed, err)
		}
	}
	return r.gap.RunCell(ctx, c.width, c.seed, o)
}

func (r *studyRun) collect(c Cell, err error) {
	if err != nil {
		r.fail(err)
		return
	}
	r.mu.Lock()
	r.finished++
	if r.options.Finished != nil {
		err = r.options.Finished(c)
	}
	r.mu.Unlock()
	if err != nil {
		r.fail(err)
	}
}

// fail stops the run and keeps the first error; what follows from the stop is not news.
func (r *studyRun) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.cancel()
}

// pendingCell is a cell to run.
type pendingCell struct {
	width int
	seed  uint64
	cost  float64
	share float64 // done of it
}

// progress returns what adds the cell's share to the whole; nil if nobody asks.
func (c *pendingCell) progress(r *studyRun) func(share float64) {
	if r.options.Progress == nil {
		return nil
	}
	return func(share float64) {
		r.progress(c.cost * (share - c.share))
		c.share = share
	}
}

func (r *studyRun) progress(cost float64) {
	r.mu.Lock()
	r.done += cost
	share, what := r.done/r.total, fmt.Sprintf("%d of %d cells", r.finished, r.all)
	r.mu.Unlock()
	r.options.Progress(share, what)
}
