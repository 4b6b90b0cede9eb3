package slurm

import (
	"math"
	"sort"
	"time"

	"kac/bench/sweep"
)

// What a user does not say is chosen so that elements are worth the seconds that starting one costs,
// and short enough for a scheduler to place.
const (
	target    = time.Hour      // of an element, unless a cell takes longer
	maxShards = 1000           // the index that Slurm allows unless its MaxArraySize is changed
	maxTime   = 24 * time.Hour // an element that needs more is requeued
	slack     = 2.0            // nodes may be slower than this machine, and busy

	programMemory = 512  // MiB, beside the cells
	mergeMemory   = 4096 // MiB; C(t) of he4 in dimension 32 to time 52 takes 320
)

// LargeCPUs is the choice for studies with cells on which all CPUs of an element work.
const LargeCPUs = 8

// NeedsPlan reports whether Choose needs to know what the study costs.
func (s *Settings) NeedsPlan() bool { return s.Shards == 0 || s.Time == 0 || s.Memory == 0 }

// Choose fills in shards, time and memory where they are 0. plan may be nil if none is.
func (s *Settings) Choose(plan *sweep.Plan) {
	if s.NeedsPlan() {
		if s.Shards == 0 {
			s.Shards = shards(plan, s.CPUs, s.Most)
		}
		need := plan.Shard(s.Shards, s.CPUs)
		if s.Time == 0 {
			s.Time = limit(need.Seconds)
		}
		if s.Memory == 0 {
			s.Memory = programMemory * int(math.Ceil(1+1.5*need.Memory/(1<<20)/programMemory))
		}
	}
	if s.MergeMemory == 0 {
		s.MergeMemory = max(s.Memory, mergeMemory)
	}
}

// shards is the smallest number for which no element takes much longer than the target or its
// dearest cell.
func shards(plan *sweep.Plan, cpus, allowed int) int {
	most := min(plan.Cells, maxShards)
	if allowed > 0 {
		most = min(most, allowed)
	}
	n := 1 + sort.Search(most-1, func(i int) bool {
		need := plan.Shard(i+1, cpus)
		return need.Seconds <= math.Max(target.Seconds(), 1.25*need.Longest)
	})
	return n
}

// limit is a time limit for what should take so many seconds.
func limit(seconds float64) time.Duration {
	if !(slack*seconds < maxTime.Seconds()) {
		return maxTime
	}
	step := 10 * time.Minute
	d := time.Duration(slack * seconds * float64(time.Second))
	if d > 2*time.Hour {
		step = time.Hour
	}
	return max(step, (d+step-1)/step*step)
}
