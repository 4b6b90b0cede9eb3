package bench

import (
	"strconv"
	"strings"
)

// Wholes writes whole numbers with a separator between them.
func Wholes(list []int, separator string) string {
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.Itoa(n)
	}
	return strings.Join(text, separator)
}

// Numbers writes numbers as the command line takes them.
func Numbers(list []float64) string {
	text := make([]string, len(list))
	for i, x := range list {
		text[i] = Number(x)
	}
	return strings.Join(text, ",")
}
