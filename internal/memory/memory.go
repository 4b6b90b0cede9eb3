// Package memory tells how many bytes this process may still take, so that work is refused before it
// starts instead of dying in the middle of it.
//
// Five limits are looked at, the tightest counts: what the machine has available (Linux: MemAvailable),
// what it promises where it does not overcommit, every control group from the process's own up to the
// root (versions 1 and 2), and the resource limits on address space (ulimit -v) and data (ulimit -d).
// Where a limit cannot be read, as on systems other than Linux, it is taken for absent.
package memory

import (
	"fmt"
	"math"
	"runtime/debug"
)

// Limit is a bound on what the process may still take.
type Limit struct {
	Left float64 // bytes; +Inf without a limit
	Name string  // whose it is, for people
}

// Error says that something needs more than is left.
type Error struct {
	Need  float64 // bytes
	Limit Limit
}

func (e *Error) Error() string {
	return fmt.Sprintf("needs about %s of memory, and %s are left (%s)", Text(e.Need), Text(e.Limit.Left), e.Limit.Name)
}

// Check returns an *Error if need (bytes, beside what the process holds already) is more than is left.
func Check(need float64) error {
	limit := Tightest()
	if need <= limit.Left {
		return nil
	}
	return &Error{Need: need, Limit: limit}
}

// Tightest returns the smallest of the process's limits as they are now.
func Tightest() Limit { return here.tightest() }

// Obey has the garbage collector keep the process below nine tenths of the tightest limit, if the user has
// not said otherwise by GOMEMLIMIT. Near the limit garbage is then collected sooner, instead of the heap
// growing to twice what is in use.
func Obey() {
	limit := Tightest()
	set := debug.SetMemoryLimit(-1)
	if math.IsInf(limit.Left, 1) || set != math.MaxInt64 {
		return
	}
	debug.SetMemoryLimit(int64(math.Max(0.9*limit.Left, 64<<20)))
}

// Text prints bytes for people.
func Text(bytes float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	k := 0
	for ; bytes >= 1000 && k+1 < len(units); k++ {
		bytes /= 1024
	}
	if k == 0 || bytes >= 100 {
		return fmt.Sprintf("%.0f %s", bytes, units[k])
	}
	return fmt.Sprintf("%.3g %s", bytes, units[k])
}
