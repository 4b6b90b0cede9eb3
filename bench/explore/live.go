package explore

import (
	"context"
	"math"
	"sync"
	"time"

	"kac/bench"
)

// What a run does when the last viewer has gone.
const (
	LeavePause = "pause" // it waits for the next one
	LeaveRun   = "run"   // it goes on
)

// MaxSpeed bounds the speed, paper time per second; 0 is as fast as it goes.
const MaxSpeed = 1e4

// Live holds the run that viewers see, and what they have asked of it. Its methods may be called concurrently.
type Live struct {
	ctx     context.Context // a field, as the runs that requests begin outlive these
	stop    context.CancelFunc
	workers int
	alone   bool // the run goes on without a viewer
	group   sync.WaitGroup

	mu      sync.Mutex
	change  chan struct{} // closed, and made anew, whenever there is something new
	version int           // of the state
	number  int           // of the present run
	current *Run
	end     context.CancelFunc // of the present run
	gone    chan struct{}      // closed when it has ended
	paused  bool
	steps   int // frames that are let through a pause
	speed   float64
	viewers int
	closed  bool
}

// NewLive starts a run. Until ctx ends or Close is called it has goroutines of its own. leave says what a run does
// without viewers.
func NewLive(ctx context.Context, p Parameters, workers int, speed float64, leave string) (*Live, error) {
	if leave != LeavePause && leave != LeaveRun {
		return nil, bench.Refuse("leave", leave, "allowed are %s and %s", LeavePause, LeaveRun)
	}
	l := &Live{workers: workers, alone: leave == LeaveRun, change: make(chan struct{})}
	if err := l.Speed(speed); err != nil {
		return nil, err
	}
	l.ctx, l.stop = context.WithCancel(ctx)
	if err := l.Start(p); err != nil {
		l.stop()
		return nil, err
	}
	return l, nil
}

// Start ends the present run and starts another. Parameters that are not allowed are an InputError, and the present
// run goes on.
func (l *Live) Start(p Parameters) error {
	study, problem, err := p.Check()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return context.Canceled
	}
	if l.end != nil {
		l.end()
	}
	before := l.gone
	l.number++
	l.paused, l.steps = false, 0
	r := &Run{
		Number: l.number, Parameters: p, Problem: problem, Times: study.Times(), study: study, workers: l.workers, phase: Solving,
		changed: l.wake, mayGo: l.mayGo,
	}
	ctx, end := context.WithCancel(l.ctx)
	gone := make(chan struct{})
	l.current, l.end, l.gone = r, end, gone
	l.tell()
	l.group.Go(func() {
		defer close(gone)
		defer end()
		if before != nil { // one network at a time has the processors and the memory
			<-before
		}
		r.run(ctx)
	})
	return nil
}

// Run is the present one.
func (l *Live) Run() *Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current
}

// Pause stops the run before its next frame, or lets it go on.
func (l *Live) Pause(paused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused, l.steps = paused, 0
	l.tell()
}

// Step pauses the run after one more frame.
func (l *Live) Step() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused {
		l.steps++
	}
	l.paused = true
	l.tell()
}

// Speed sets the paper time per second, 0 for as fast as it goes.
func (l *Live) Speed(speed float64) error {
	if !(speed >= 0 && speed <= MaxSpeed) {
		return bench.Refuse("speed", bench.Number(speed), "allowed are numbers from 0, as fast as it goes, to %g (paper time per second)", float64(MaxSpeed))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.speed = speed
	l.tell()
	return nil
}

// Close ends the run and all views, and waits for the run's goroutines.
func (l *Live) Close() {
	l.mu.Lock()
	l.closed = true
	l.tell()
	l.mu.Unlock()
	l.stop()
	l.group.Wait()
}

// Wait returns when the present run has ended, by its horizon or an error, or ctx is done.
func (l *Live) Wait(ctx context.Context) error {
	l.mu.Lock()
	gone := l.gone
	l.mu.Unlock()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Viewers is how many are looking.
func (l *Live) Viewers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.viewers
}

// wake tells the viewers that there is more of the run.
func (l *Live) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell()
}

// tell is wake under the lock.
func (l *Live) tell() {
	l.version++
	close(l.change)
	l.change = make(chan struct{})
}

// mayGo waits until the run may compute the frame that is so much paper time away.
func (l *Live) mayGo(ctx context.Context, r *Run, next float64) error {
	began := time.Now()
	for {
		l.mu.Lock()
		change, due := l.change, time.Duration(0)
		if l.speed > 0 {
			due = time.Duration(min(next/l.speed*1e9, math.MaxInt64/2))
		}
		looked := l.viewers > 0 || l.alone
		step := l.paused && l.steps > 0
		left := due - time.Since(began)
		if l.current == r && looked && (step || !l.paused && left <= 0) {
			if step {
				l.steps--
			}
			l.mu.Unlock()
			return ctx.Err()
		}
		wait := looked && !l.paused
		l.mu.Unlock()
		var clock <-chan time.Time
		if wait {
			clock = time.After(left) // one that is not waited for is collected
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-change:
		case <-clock:
		}
	}
}
