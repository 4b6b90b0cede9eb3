package margin

import (
	"fmt"
	"strings"

	"kac/bench"
)

func join(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
}

func numbers(list []float64) string {
	text := make([]string, len(list))
	for i, x := range list {
		text[i] = bench.Number(x)
	}
	return strings.Join(text, ",")
}
