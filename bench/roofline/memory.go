package roofline

import "kac/bench"

// Memory is what Measure holds at once: a working set per worker that no cache takes, and the kernels' shapes.
func Memory(workers int) bench.Memory {
	return bench.Memory{{Key: "workers", Value: workers, Bytes: float64(workers)*(192<<20) + 32<<20, Lower: "it"}}
}
