// Package layout fits texts for people into the width of their terminal: wide tables lose columns, long lines are
// broken between words, and what a terminal would obey is shown as text.
package layout

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"kac/internal/visible"
)

// Fit writes a text in lines of at most width columns. A table is a header line, a line of dashes and the lines that
// leave two spaces between all columns of the header. What is left out is named below it; columns with a heading in
// keep go last.
func Fit(w io.Writer, text string, width int, keep ...string) error {
	lines := strings.Split(strings.TrimSuffix(visible.Lines(text), "\n"), "\n")
	var out strings.Builder
	for i := 0; i < len(lines); i++ {
		if i+1 >= len(lines) || !isRule(lines[i+1]) {
			breakLine(&out, lines[i], width)
			continue
		}
		end := i + 2
		table := newTable(lines[i], columns(lines[i+1]))
		for end < len(lines) && table.add(lines[end]) {
			end++
		}
		fitTable(&out, lines[i:end], width, keep)
		i = end - 1
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func columns(line string) int { return utf8.RuneCountInString(line) }

func isRule(line string) bool { return len(line) >= 3 && strings.Trim(line, "-") == "" }

// breakLine breaks a long line between words; what follows is indented as the line is.
func breakLine(out *strings.Builder, line string, width int) {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	for columns(line) > width {
		runes := []rune(line)
		at := width
		for at > len(indent) && runes[at] != ' ' {
			at--
		}
		if at <= len(indent) { // a word longer than the line, such as a path, stays whole
			for at = width; at < len(runes) && runes[at] != ' '; at++ {
			}
		}
		if at >= len(runes) {
			break
		}
		out.WriteString(strings.TrimRight(string(runes[:at]), " ") + "\n")
		line = indent + strings.TrimLeft(string(runes[at:]), " ")
	}
	out.WriteString(line + "\n")
}

// table is the lines of one as far as they are known.
type table struct {
	total, fields int
	rows          [][]rune
}

func newTable(header string, total int) *table {
	t := &table{total: total}
	t.rows = [][]rune{t.pad(header)}
	t.fields = len(split(t.rows, total))
	return t
}

func (t *table) pad(line string) []rune {
	return []rune(line + strings.Repeat(" ", max(0, t.total-columns(line))))
}

// add takes the next line, if it is of the table.
func (t *table) add(line string) bool {
	if line == "" || columns(line) > t.total {
		return false
	}
	rows := append(t.rows, t.pad(line))
	if len(split(rows, t.total)) != t.fields {
		return false
	}
	t.rows = rows
	return true
}

// fitTable leaves out columns from the middle until the rest fits: keys are at the left, results at the right. The
// first two and the last stay, and those to keep while there are others.
func fitTable(out *strings.Builder, lines []string, width int, keep []string) {
	total := columns(lines[1])
	if total <= width {
		out.WriteString(strings.Join(lines, "\n") + "\n")
		return
	}
	rows := make([][]rune, 0, len(lines)-1)
	padding := table{total: total}
	for i, line := range lines {
		if i != 1 {
			rows = append(rows, padding.pad(line))
		}
	}
	fields := split(rows, total)
	kept := slices.Clone(fields)
	var dropped [][2]int
	size := func() int {
		n := -2
		for _, f := range kept {
			n += f[1] - f[0] + 2
		}
		return n
	}
	for size() > width && len(kept) > 3 {
		at := len(kept) / 2
		for i := 2; i < len(kept)-1; i++ { // the nearest to the middle that need not be kept
			if !slices.Contains(keep, heading(rows[0], kept[i])) && (abs(i-len(kept)/2) < abs(at-len(kept)/2) || slices.Contains(keep, heading(rows[0], kept[at]))) {
				at = i
			}
		}
		dropped = append(dropped, kept[at])
		kept = slices.Delete(kept, at, at+1)
	}
	for n, row := range rows {
		line := ""
		for i, f := range kept {
			if i > 0 {
				line += "  "
			}
			line += string(row[f[0]:f[1]])
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
		if n == 0 {
			out.WriteString(strings.Repeat("-", size()) + "\n")
		}
	}
	if len(dropped) == 0 {
		return
	}
	slices.SortFunc(dropped, func(a, b [2]int) int { return a[0] - b[0] })
	var names []string
	for _, f := range dropped {
		names = append(names, heading(rows[0], f))
	}
	breakLine(out, fmt.Sprintf("Left out for lack of room: %s.", strings.Join(names, ", ")), width)
}

func abs(n int) int { return max(n, -n) }

// heading is the text of a column in the header.
func heading(header []rune, column [2]int) string {
	return strings.TrimSpace(string(header[column[0]:column[1]]))
}

// split finds the columns: runs of positions between two that are empty, with their neighbours, in all rows.
func split(rows [][]rune, total int) [][2]int {
	blank := func(at int) bool {
		return !slices.ContainsFunc(rows, func(row []rune) bool { return row[at] != ' ' })
	}
	var fields [][2]int
	from, end := 0, 0 // end: after the last position with ink
	for at := range total {
		if blank(at) {
			continue
		}
		if at-end >= 2 && end > 0 {
			fields = append(fields, [2]int{from, end})
			from = at
		}
		end = at + 1
	}
	return append(fields, [2]int{from, end})
}
