package main

import (
	"kac/bench/coding"
	"kac/bench/compare"
	"kac/bench/gap"
	"kac/bench/sweep"
)

// measures are the systems that can be swept, by the word behind `measure =` in a study file; the first is that of files that name none.
func measures() sweep.Measures {
	return append(sweep.Measures{gap.Measure, compare.Measure}, coding.Measures...)
}
