package memory

import (
	"math"
	"os"
	"strconv"
	"strings"
)

// system is where the limits are read; tests put files of their own there.
type system struct {
	root string // before /proc and /sys paths
	// resource returns the soft limits on address space and data; +Inf where there is none.
	resource func() (space, data float64)
}

var here = system{resource: resourceLimits}

func (s system) tightest() Limit {
	best := Limit{Left: math.Inf(1), Name: "no limit is known"}
	for _, l := range append(s.groups(), s.machine(), s.promised(), s.space(), s.data()) {
		if l.Left < best.Left {
			best = l
		}
	}
	best.Left = math.Max(0, best.Left)
	return best
}

var none = Limit{Left: math.Inf(1)}

// machine is the memory that can be had without swapping.
func (s system) machine() Limit {
	info := s.table("/proc/meminfo")
	if left, ok := info["MemAvailable"]; ok {
		return Limit{left, "what this machine has available"}
	}
	if free, ok := info["MemFree"]; ok { // kernels before 3.14
		return Limit{free + info["Buffers"] + info["Cached"], "what this machine has available"}
	}
	return none
}

// promised is what a kernel that does not overcommit still gives away.
func (s system) promised() Limit {
	mode, err := os.ReadFile(s.root + "/proc/sys/vm/overcommit_memory")
	if err != nil || strings.TrimSpace(string(mode)) != "2" {
		return none
	}
	info := s.table("/proc/meminfo")
	limit, ok := info["CommitLimit"]
	if !ok {
		return none
	}
	return Limit{limit - info["Committed_AS"], "the kernel's CommitLimit, vm.overcommit_memory being 2"}
}

// The runtime reserves address space in arenas, and threads come with stacks: so much of the limit is
// theirs.
const (
	spaceReserve = 256 << 20
	dataReserve  = 64 << 20
)

func (s system) space() Limit {
	limit, _ := s.resource()
	return Limit{limit - s.table("/proc/self/status")["VmSize"] - spaceReserve, "the limit on address space, ulimit -v"}
}

func (s system) data() Limit {
	_, limit := s.resource()
	return Limit{limit - s.table("/proc/self/status")["VmData"] - dataReserve, "the limit on data, ulimit -d"}
}

// table reads lines such as "MemFree: 12 kB" and "total_inactive_file 49152", in bytes; what is no number
// is left out.
func (s system) table(path string) map[string]float64 {
	out := map[string]float64{}
	data, err := os.ReadFile(s.root + path)
	if err != nil {
		return out
	}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		x, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			continue
		}
		if len(words) > 2 && words[2] == "kB" {
			x *= 1024
		}
		out[strings.TrimSuffix(words[0], ":")] = x
	}
	return out
}

// number reads a file that holds a number, +Inf for "max" and for version 1's "no limit".
func (s system) number(path string) (float64, bool) {
	data, err := os.ReadFile(s.root + path)
	if err != nil {
		return 0, false
	}
	text := strings.TrimSpace(string(data))
	if text == "max" {
		return math.Inf(1), true
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	if x >= 1<<60 {
		x = math.Inf(1)
	}
	return x, true
}
