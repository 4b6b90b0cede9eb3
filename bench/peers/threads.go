package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// best is one peer at several numbers of threads, each of which computes every work; the fastest counts, round by
// round, which is to the peer's advantage. Libraries of their own threads can be slower on two than on one.
type best struct {
	of      []library
	threads []int
	last    int // the fastest of the last round
}

// threadCounts are those that peers are given: one, and all that kac has.
func threadCounts(most int) []int {
	if most == 1 {
		return []int{1}
	}
	return []int{1, most}
}

func (b *best) name() string { return b.of[0].name() }

func (b *best) version() string {
	if len(b.threads) == 1 {
		return b.of[0].version()
	}
	return fmt.Sprintf("%s, the better of %s threads", b.of[0].version(), strings.ReplaceAll(strings.Trim(fmt.Sprint(b.threads), "[]"), " ", " and "))
}

func (b *best) load(w work, d data) error {
	for _, l := range b.of {
		if err := l.load(w, d); err != nil {
			return err
		}
	}
	return nil
}

func (b *best) run() (float64, error) {
	least := 0.0
	for i, l := range b.of {
		seconds, err := l.run()
		if err != nil {
			return 0, err
		}
		if i == 0 || seconds < least {
			least, b.last = seconds, i
		}
	}
	return least, nil
}

func (b *best) result() ([]float64, error) { return b.of[b.last].result() }

func (b *best) processorTime() float64 {
	sum := 0.0
	for _, l := range b.of {
		sum += l.processorTime()
	}
	return sum
}

func (b *best) close() (err error) {
	for _, l := range b.of {
		err = errors.Join(err, l.close())
	}
	return err
}

// onThreads is a library of this program on so many processors.
type onThreads struct {
	library
	threads int
}

func (l onThreads) run() (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(l.threads))
	return l.library.run()
}
