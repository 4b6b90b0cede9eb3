package bench

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// A table of more times than this shows evenly spaced ones; the CSV files have all.
const tableTimes = 21

// TimeStep returns every how many times a table for people shows one.
func TimeStep(times int) int { return (times-1)/(tableTimes) + 1 }

// AlignRight sets rows of equal length in right-aligned columns, with a rule below the first row.
func AlignRight(rows [][]string) string { return Align(rows, 0) }

// Align sets rows of equal length in columns, the first ones left-aligned and the others right-aligned, with a rule
// below the first row.
func Align(rows [][]string, left int) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			if i > 0 {
				out.WriteString("  ")
			}
			width := widths[i]
			if i < left {
				width = -width
			}
			fmt.Fprintf(&out, "%*s", width, cell)
		}
		out.WriteByte('\n')
		if n == 0 {
			total := -2
			for _, w := range widths {
				total += w + 2
			}
			out.WriteString(strings.Repeat("-", total) + "\n")
		}
	}
	return out.String()
}

// Finite returns nil for NaN and infinities, which JSON does not have.
func Finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Fields are numbers as fields of CSV, with commas between; what is not finite is empty.
func Fields(list ...float64) string {
	text := make([]string, len(list))
	for i, x := range list {
		text[i] = OrEmpty(Finite(x))
	}
	return strings.Join(text, ",")
}

// Known prints a number by a format, "-" for NaN.
func Known(format string, x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf(format, x)
}

// OrEmpty prints a number, or nothing for nil.
func OrEmpty(x *float64) string {
	if x == nil {
		return ""
	}
	return Number(*x)
}

// Columns aligns rows of equal length, the first `left` columns to the left, with a rule below the first row and no
// spaces at the ends of lines.
func Columns(rows [][]string, left int) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, field := range row {
			widths[i] = max(widths[i], len([]rune(field)))
		}
	}
	var out strings.Builder
	for n, row := range rows {
		line := ""
		for i, field := range row {
			if i > 0 {
				line += "  "
			}
			width := widths[i]
			if i < left {
				width = -width
			}
			line += fmt.Sprintf("%*s", width, field)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
		if n == 0 {
			out.WriteString(strings.Repeat("-", len([]rune(line))) + "\n")
		}
	}
	return out.String()
}
