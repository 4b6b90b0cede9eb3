package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kac/bench"
	"kac/internal/sealed"
	"kac/kernels"
)

// Cells whose particles have more coordinates than this run one after another, each on all workers;
// smaller ones run side by side, each on one.
const largeCell = 1 << 20

// Tally says what Run found and did.
type Tally struct {
	Cells int // in this shard
	Found int // finished before
	Ran   int // by this process
}

// Run runs the cells that are not finished yet and waits for those that other processes run. A cell
// under way is checkpointed; a cancelled context stops all of them with a last checkpoint, and the
// error wraps the context's. Other errors: an InputError for a directory of something else, the first
// failure of a cell, of a disk. Finished cells stay in any case.
func Run(ctx context.Context, s *Study, dir string, o Options) (Tally, error) {
	o = o.filled()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.MaxTime > 0 {
		timer := time.AfterFunc(o.MaxTime, cancel)
		defer timer.Stop()
	}
	record, err := s.open(ctx, dir, o)
	if err != nil {
		return Tally{}, err
	}
	presence, err := s.present(ctx, dir, o)
	if err != nil {
		return Tally{}, err
	}
	defer presence.release()
	r := &runner{study: s, dir: dir, o: o, me: session(o), cancel: cancel, gaps: map[*Group]*solved{}, left: map[*Group]int{}}
	r.jobs = s.jobs(o.Shard, o.Of)
	if err := r.scan(ctx); err != nil {
		return r.tally, err
	}
	if record.Complete && r.tally.Found < len(r.jobs) {
		if err := s.again(ctx, dir, o); err != nil {
			return r.tally, err
		}
	}
	r.run(ctx)
	return r.tally, r.err
}

// job is a cell to run.
type job struct {
	cell
	cost  float64 // nominal flops, up to the number of steps per time
	state jobState
	share float64
	retry time.Time // when it is elsewhere
}

type jobState int

const (
	todo jobState = iota
	taken
	elsewhere // another process has it
	done
)

// jobs lists the cells of a shard: large ones first, then group by group, the dearest first.
func (s *Study) jobs(shard, of int) []*job {
	var all []*job
	total := map[*Group]float64{}
	for _, g := range s.Groups {
		p := &g.Parameters
		q := g.Problem.Dual()
		for _, m := range p.Widths {
			cost := min(kernels.PairwiseFlops(m, p.Dim, q), kernels.MomentFlops(m, p.Dim, q)) * p.Horizon
			if p.Eta > 0 {
				cost /= p.Eta
			}
			for i := range p.Seeds {
				all = append(all, &job{cell: cell{g, m, p.Seed + uint64(i)}, cost: cost})
				total[g] += cost
			}
		}
	}
	// Dealt out by falling cost, so that shards are alike.
	slices.SortStableFunc(all, func(a, b *job) int { return cmp.Compare(b.cost, a.cost) })
	var mine []*job
	for i, j := range all {
		if i%of == shard-1 {
			mine = append(mine, j)
		}
	}
	order := map[*Group]int{}
	for i, g := range s.Groups {
		order[g] = i
	}
	small := func(j *job) int {
		if j.width*j.group.Parameters.Dim > largeCell {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(mine, func(a, b *job) int {
		return cmp.Or(cmp.Compare(small(a), small(b)), cmp.Compare(total[b.group], total[a.group]),
			cmp.Compare(order[a.group], order[b.group]), cmp.Compare(b.cost, a.cost))
	})
	return mine
}

// solved is a group's reference, made when its first cell needs it.
type solved struct {
	once sync.Once
	gap  *bench.Gap
	err  error
}

type runner struct {
	study  *Study
	dir    string
	o      Options
	me     Session
	cancel context.CancelFunc
	jobs   []*job

	mu    sync.Mutex
	tally Tally
	total float64 // cost of what was to do at first
	ahead float64 // done of it
	gaps  map[*Group]*solved
	left  map[*Group]int // cells that are not finished
	first int            // jobs before it are finished
	err   error
}

// scan finds the finished cells.
func (r *runner) scan(ctx context.Context) error {
	r.tally.Cells = len(r.jobs)
	for i, j := range r.jobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		finished, err := r.finished(j)
		if err != nil {
			return err
		}
		if finished {
			j.state = done
			r.tally.Found++
		} else {
			r.total += j.cost
			r.left[j.group]++
		}
		if i%1000 == 999 {
			r.o.Progress(0, fmt.Sprintf("looked at %d of %d cells", i+1, len(r.jobs)))
		}
	}
	return nil
}

// finished reads the cell's file. A damaged one is told of and counts as absent.
func (r *runner) finished(j *job) (bool, error) {
	_, _, err := readCell(r.o.FS, r.dir, j.cell)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, errOther):
		return false, refuse("out", r.dir, "%s is %v; choose another directory", j.base()+cellExt, errOther)
	}
	if version := (*sealed.VersionError)(nil); !errors.Is(err, sealed.ErrDamaged) && !errors.As(err, &version) {
		return false, err // the disk's: the cell may be whole
	}
	r.o.Note(fmt.Sprintf("%v; the cell is run again", err))
	return false, nil
}

func (r *runner) run(ctx context.Context) {
	large := 0
	for large < len(r.jobs) && r.jobs[large].width*r.jobs[large].group.Parameters.Dim > largeCell {
		large++
	}
	r.pool(ctx, r.jobs[:large], 1, r.o.Workers, false)
	left := 0
	for _, j := range r.jobs {
		if j.state != done {
			left++
		}
	}
	side := max(1, min(left, r.o.Workers))
	r.pool(ctx, r.jobs, side, max(1, r.o.Workers/side), true)
	if err := ctx.Err(); err != nil {
		r.fail(err)
	}
}

// pool runs jobs on `side` goroutines with `workers` kernel workers each; if patient, until all are
// finished, by whomever.
func (r *runner) pool(ctx context.Context, jobs []*job, side, workers int, patient bool) {
	var group sync.WaitGroup
	for range side {
		group.Go(func() {
			for ctx.Err() == nil {
				j, waiting := r.next(jobs, patient)
				if j != nil {
					if err := r.attempt(ctx, j, workers); err != nil {
						r.fail(err)
					}
					continue
				}
				if !waiting || sleep(ctx, lockPoll) != nil {
					return
				}
			}
		})
	}
	group.Wait()
}

// next takes a job. Without one, waiting says whether another process still has some.
func (r *runner) next(jobs []*job, patient bool) (j *job, waiting bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.first < len(r.jobs) && r.jobs[r.first].state == done {
		r.first++
	}
	for _, j := range jobs[min(r.first, len(jobs)):] {
		switch {
		case j.state == todo, j.state == elsewhere && patient && time.Now().After(j.retry):
			j.state = taken
			return j, false
		case j.state == elsewhere && patient:
			waiting = true
		}
	}
	if waiting {
		r.report()
	}
	return nil, waiting
}

func (r *runner) set(j *job, s jobState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j.state, j.retry = s, time.Now().Add(lockPoll)
	if s == done {
		r.advance(j, 1)
		if r.left[j.group]--; r.left[j.group] == 0 {
			delete(r.gaps, j.group) // nobody needs the reference any more
		}
	}
}

// attempt runs a job that no other process has or has finished.
func (r *runner) attempt(ctx context.Context, j *job, workers int) error {
	lock, err := r.o.claims.try(filepath.Join(r.dir, j.base()+lockExt), false)
	if errors.Is(err, errLocked) {
		r.set(j, elsewhere)
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.remove()
	finished, err := r.finished(j)
	if err == nil && !finished {
		if err = r.runCell(ctx, j, workers); err == nil {
			r.mu.Lock()
			r.tally.Ran++
			r.mu.Unlock()
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", j.group.Name, err)
	}
	r.set(j, done)
	return nil
}

func (r *runner) gap(ctx context.Context, g *Group) (*bench.Gap, error) {
	r.mu.Lock()
	s := r.gaps[g]
	if s == nil {
		s = &solved{}
		r.gaps[g] = s
	}
	r.mu.Unlock()
	s.once.Do(func() { s.gap, s.err = bench.SolveGap(ctx, g.Parameters, nil) })
	return s.gap, s.err
}

// runCell runs a claimed cell from its newest checkpoint that is whole.
func (r *runner) runCell(ctx context.Context, j *job, workers int) error {
	gap, err := r.gap(ctx, j.group)
	if err != nil {
		return err
	}
	path := filepath.Join(r.dir, j.base()+checkpointExt)
	for _, name := range []string{path, sealed.Previous(path)} {
		payload, err := sealed.Read(r.o.FS, name, checkpointKind, checkpointVersion)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var share float64
		var spent time.Duration
		var state []byte
		if err == nil {
			share, spent, state, err = decodeCheckpoint(payload)
		}
		if err == nil {
			err = r.runFrom(ctx, gap, j, workers, path, share, spent, state)
			if !errors.Is(err, bench.ErrCellState) {
				return err
			}
		}
		r.o.Note(fmt.Sprintf("%s cannot be used (%v); going on from the checkpoint before, or from the start", name, err))
	}
	return r.runFrom(ctx, gap, j, workers, path, 0, 0, nil)
}

func (r *runner) runFrom(ctx context.Context, gap *bench.Gap, j *job, workers int, path string, share float64, spent time.Duration, state []byte) error {
	began := time.Now()
	r.mu.Lock()
	r.advance(j, share)
	r.mu.Unlock()
	out, err := gap.RunCell(ctx, j.width, j.seed, bench.CellOptions{
		Workers: workers, Before: state, Interval: r.o.Interval,
		Save: func(state []byte) error {
			payload := encodeCheckpoint(share, spent+time.Since(began), state)
			return sealed.WriteNext(r.o.FS, path, checkpointKind, checkpointVersion, payload)
		},
		Progress: func(s float64) {
			share = math.Max(0, math.Min(1, s))
			r.mu.Lock()
			r.advance(j, share)
			r.report()
			r.mu.Unlock()
		},
	})
	if err != nil {
		return err
	}
	seconds := (spent + time.Since(began)).Seconds()
	payload, err := encodeCell(j.group, out, maker{Session: r.me, Seconds: seconds, Workers: workers})
	if err != nil {
		return err
	}
	if err := sealed.Write(r.o.FS, filepath.Join(r.dir, j.base()+cellExt), cellKind, cellVersion, payload); err != nil {
		return err
	}
	return sealed.Remove(r.o.FS, path)
}

// advance, report: the caller holds the mutex.
func (r *runner) advance(j *job, share float64) {
	r.ahead += j.cost * (share - j.share)
	j.share = share
}

func (r *runner) report() {
	finished, others := 0, 0
	var running []string
	for _, j := range r.jobs {
		switch j.state {
		case done:
			finished++
		case elsewhere:
			others++
		case taken:
			if len(running) < 2 {
				running = append(running, fmt.Sprintf("%s %.0f %%", j.cell, math.Floor(100*j.share)))
			}
		}
	}
	what := fmt.Sprintf("%d of %d cells", finished, len(r.jobs))
	if others > 0 {
		what += fmt.Sprintf(", %d with other processes", others)
	}
	if len(running) > 0 {
		what += "; " + strings.Join(running, ", ")
	}
	r.o.Progress(r.ahead/r.total, what)
}

// fail stops the run and keeps the first error; what follows from the stop is not news.
func (r *runner) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.cancel()
}
