package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kac/bench"
	"kac/internal/disk"
	"kac/internal/sealed"
)

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
	if s.finished(dir, o) != nil {
		r := newRunner(s, dir, o, cancel)
		r.o.Note = func(string) {} // told of below
		if err := r.scan(ctx); err == nil && r.tally.Found == len(r.jobs) {
			r.remark()
			return r.tally, nil
		}
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
	r := newRunner(s, dir, o, cancel)
	if err := r.scan(ctx); err != nil {
		return r.tally, err
	}
	r.remark()
	if record.Complete && r.tally.Found < len(r.jobs) {
		if err := s.again(ctx, dir, o); err != nil {
			return r.tally, err
		}
	}
	r.run(ctx)
	return r.tally, r.err
}

// prepared is what all cells of a group share, made when the first one needs it.
type prepared struct {
	once   sync.Once
	runner bench.Runner
	err    error
}

type runner struct {
	study  *Study
	dir    string
	o      Options
	me     Session
	cancel context.CancelFunc
	jobs   []*job

	mu     sync.Mutex
	tally  Tally
	total  float64 // cost of what was to do at first
	ahead  float64 // done of it
	ready  map[*Group]*prepared
	left   map[*Group]int // cells that are not finished
	first  int            // jobs before it are finished
	others map[string]int // finished cells by what is other of their makers
	err    error
}

func newRunner(s *Study, dir string, o Options, cancel context.CancelFunc) *runner {
	return &runner{
		study: s, dir: dir, o: o, me: session(o), cancel: cancel, ready: map[*Group]*prepared{}, left: map[*Group]int{},
		others: map[string]int{}, jobs: s.jobs(o.Shard, o.Of),
	}
}

// changed notes, for the remark, that a process of another build or processor made something.
func (r *runner) changed(j *job, made []Session) {
	for _, s := range made {
		if text := bench.Changed(s.Info, r.me.Info, j.group.Facts.Precision); text != "" {
			r.others[text]++
			return
		}
	}
}

// remark says of the cells that were finished before which are of other builds or processors.
func (r *runner) remark() {
	for _, text := range slices.Sorted(maps.Keys(r.others)) {
		r.o.Remark(fmt.Sprintf("%d of the %d finished cells come from another build or processor (%s); last digits may differ from one run", r.others[text], r.tally.Found, text))
	}
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
	_, by, err := readCell(r.o.FS, r.dir, j.cell)
	switch {
	case err == nil:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed(j, append(by.Earlier, by.Session))
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
	for large < len(r.jobs) && r.jobs[large].large() {
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
			delete(r.ready, j.group) // nobody needs it any more
		}
	}
}

// attempt runs a job that no other process has or has finished.
func (r *runner) attempt(ctx context.Context, j *job, workers int) error {
	lock, err := r.o.claims.try(filepath.Join(r.dir, j.base()+lockExt), false)
	if errors.Is(err, disk.ErrLocked) {
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

// resume, advance, report: the caller holds the mutex.

// resume takes what a checkpoint holds out of the work of this call, or the time left would be
// extrapolated from work that took none.
func (r *runner) resume(j *job, share float64) {
	r.advance(j, j.before)
	r.total += j.cost * (j.before - share)
	j.before, j.share = share, share
}

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
