// Package pool runs operations that are cut into blocks on a few goroutines, the caller's among them. Which of them
// runs a block is left to chance, so that a block writes what no other one does and results do not depend on the number
// of workers.
package pool

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A Task is an operation cut into blocks that may run in any order and at the same time; worker tells which scratch is
// free.
type Task interface{ Block(index, worker int) }

const (
	// An idle worker looks for work this long before it sleeps, and the caller for the end of a round. A block takes up
	// to some 100 us and a thread about as long to wake: one that slept as soon as it ran out of blocks would come late
	// to the next stage, and the others would take its blocks, whose data lie in its cache.
	patience = 300 * time.Microsecond
	// The same for workers that have to share processors.
	haste = 5 * time.Microsecond
	// Looks, some microseconds, between two readings of the clock; then other goroutines get their turn on the
	// processor, such as the workers of a pool whose caller was of this pool before.
	looks = 2000
	// More blocks than this run as several rounds, so that a share's two bounds fit 32 bits.
	roundMost = 1<<16 - 1
)

// Pool runs tasks on the calling goroutine and workers-1 others.
//
// Each round gives every worker a share of consecutive blocks, the same for the same number of blocks, so that
// successive stages find their data in the worker's own cache; who has finished takes blocks from the others' shares.
// The caller waits for blocks, not for workers: a worker that the operating system is slow to wake delays nobody.
type Pool struct {
	Workers  int
	patience time.Duration
	started  bool
	closed   atomic.Bool
	Stop     <-chan struct{} // once closed, blocks are left out; nil: never
	Alone    bool            // rounds run on the caller's goroutine: they are not worth waking another one
	task     Task
	base     int // first block of the round
	blocks   int64

	round    atomic.Uint32
	shares   []share
	finished atomic.Int64
	waiting  atomic.Bool // the caller sleeps until finished is blocks
	done     chan struct{}
	idle     []sleeper
}

// share is a worker's remaining blocks: the round in the upper 32 bits, then the next block and the end. The round
// makes a claim by a worker that is late fail instead of taking a block of a later round.
type share struct {
	state atomic.Uint64
	_     [56]byte // a cache line each
}

type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      [48]byte
}

// New returns a pool of the calling goroutine and workers-1 others, which start with the first round that needs them.
func New(workers int) *Pool {
	p := &Pool{Workers: workers, patience: patience, done: make(chan struct{}, 1), shares: make([]share, workers), idle: make([]sleeper, workers)}
	if workers > runtime.GOMAXPROCS(0) {
		p.patience = haste
	}
	for i := range p.idle {
		p.idle[i].wake = make(chan struct{}, 1)
	}
	return p
}

// Close ends the goroutines. Later rounds run on the caller's alone.
func (p *Pool) Close() {
	if !p.closed.Swap(true) {
		p.round.Add(1)
		p.rouse()
	}
}

// Run calls t.Block for 0..blocks-1 and returns when all are done. Which worker gets which block is left to chance.
func (p *Pool) Run(blocks int, t Task) {
	if blocks <= 1 || p.Workers == 1 || p.Alone || p.closed.Load() {
		for i := range blocks {
			if !p.stopped() {
				t.Block(i, 0)
			}
		}
		return
	}
	if !p.started {
		p.started = true
		for w := 1; w < p.Workers; w++ {
			go p.serve(w)
		}
	}
	for p.base = 0; p.base < blocks; p.base += roundMost {
		p.runRound(min(roundMost, blocks-p.base), t)
	}
	p.task = nil // the task lives in the workspace; holding it would keep the workspace alive
}

func (p *Pool) runRound(blocks int, t Task) {
	p.task, p.blocks = t, int64(blocks)
	p.finished.Store(0)
	round := p.round.Load() + 1
	for w := range p.shares {
		lo, hi := blocks*w/p.Workers, blocks*(w+1)/p.Workers
		p.shares[w].state.Store(uint64(round)<<32 | uint64(lo)<<16 | uint64(hi))
	}
	p.round.Store(round)
	p.rouse()
	p.work(round, 0)
	if p.comes(func() bool { return p.finished.Load() == p.blocks }) {
		return
	}
	p.waiting.Store(true)
	if p.finished.Load() == p.blocks && p.waiting.CompareAndSwap(true, false) {
		return
	}
	<-p.done
}

// comes looks for an event until it is there or patience ends, and reports whether it came.
func (p *Pool) comes(event func() bool) bool {
	for start := time.Now(); ; {
		for range looks {
			if event() {
				return true
			}
		}
		if time.Since(start) > p.patience {
			return false
		}
		runtime.Gosched()
	}
}

func (p *Pool) stopped() bool {
	select {
	case <-p.Stop:
		return true
	default:
		return false
	}
}

// rouse wakes the workers that sleep.
func (p *Pool) rouse() {
	for w := range p.idle {
		if s := &p.idle[w]; s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
			s.wake <- struct{}{}
		}
	}
}

func (p *Pool) serve(worker int) {
	last := p.round.Load() - 1
	for {
		last = p.await(worker, last)
		if p.closed.Load() {
			return
		}
		p.work(last, worker)
	}
}

// await returns the current round once it differs from the last one.
func (p *Pool) await(worker int, last uint32) uint32 {
	s := &p.idle[worker]
	for {
		if p.comes(func() bool { return p.round.Load() != last }) {
			return p.round.Load()
		}
		s.asleep.Store(true)
		if r := p.round.Load(); r != last && s.asleep.CompareAndSwap(true, false) {
			return r
		}
		<-s.wake
	}
}

// work runs blocks of the round until none is left, the worker's own share first.
func (p *Pool) work(round uint32, worker int) {
	for i := range p.Workers {
		s := &p.shares[(worker+i)%p.Workers]
		for {
			v := s.state.Load()
			next, end := v>>16&0xffff, v&0xffff
			if uint32(v>>32) != round {
				return
			}
			if next >= end {
				break
			}
			if !s.state.CompareAndSwap(v, v+1<<16) {
				continue
			}
			if !p.stopped() {
				p.task.Block(p.base+int(next), worker)
			}
			if blocks := p.blocks; p.finished.Add(1) == blocks && p.waiting.Load() && p.waiting.CompareAndSwap(true, false) {
				p.done <- struct{}{}
			}
		}
	}
}
