//go:build linux || darwin || freebsd

package memory

import (
	"math"

	"golang.org/x/sys/unix"
)

func resourceLimits() (space, data float64) {
	get := func(which int) float64 {
		var r unix.Rlimit
		if err := unix.Getrlimit(which, &r); err != nil || uint64(r.Cur) >= 1<<62 {
			return math.Inf(1)
		}
		return float64(r.Cur)
	}
	return get(unix.RLIMIT_AS), get(unix.RLIMIT_DATA)
}
