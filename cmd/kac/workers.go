package main

import "runtime"

// limitProcessors has nothing of the program, references and matrix products included, run on more processors
// than --workers says. The function that it returns undoes it.
func limitProcessors(workers int) func() {
	before := runtime.GOMAXPROCS(0)
	if workers < 1 || workers >= before {
		return func() {}
	}
	runtime.GOMAXPROCS(workers)
	return func() { runtime.GOMAXPROCS(before) }
}

// workersOr is the value of --workers, or one per processor.
func workersOr(flag *wholeNumber) int {
	if flag == nil {
		return runtime.GOMAXPROCS(0)
	}
	return int(*flag)
}
