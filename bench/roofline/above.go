package roofline

import (
	"fmt"

	"kac/internal/plotting"
)

// Two measurements of one thing on a quiet machine differ by less, in parts of it.
const sameRate = 0.05

// above are the kernels that are faster than their roof, which cannot be: roofs are measured first, and where other
// work slowed the machine then, kernels that ran later stand above them.
func (r *Record) above() []Kernel {
	best := 0.0
	for _, b := range r.Memory {
		best = max(best, b.Read, b.Triad)
	}
	var out []Kernel
	for _, k := range r.Kernels {
		if roof := min(r.Peaks[k.Type], best*k.Intensity); k.Rate > (1+sameRate)*roof {
			out = append(out, k)
		}
	}
	return out
}

// aboveText is the remark about them, "" if there are none.
func (r *Record) aboveText() string {
	n := len(r.above())
	if n == 0 {
		return ""
	}
	verb := "are"
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s %s faster than the roofs: other work slowed the machine while these were measured. Measure again when it is quiet.", plotting.Count(n, "kernel"), verb)
}
