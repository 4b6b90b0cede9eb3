// Package comments keeps the comments of this module in one width: no line of a comment is wider than Width columns, a
// tab counting four.
package comments

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Width is the number of columns that a line of a comment may take.
const Width = 120

var (
	line = regexp.MustCompile(`^(\t*)// (.*)$`)
	// What stands by itself: code and lists, headings, links, directives, blank comments.
	fixed = regexp.MustCompile(`^(\s+|[-*#|] |\d+[.)] |\[[^]]*\]: |[a-z]+:\S|nolint)`)
)

// columns is the width of a line.
func columns(text string) int {
	return utf8.RuneCountInString(text) + 3*strings.Count(text, "\t")
}

// tooWide reports whether a line is a comment of its own that is too wide. Words that cannot be broken, such as
// addresses, and Go's directives are left alone.
func tooWide(text string) bool {
	m := line.FindStringSubmatch(text)
	return m != nil && columns(text) > Width && strings.Contains(strings.TrimSpace(m[2]), " ")
}

// Wide returns the numbers of the lines that are too wide, from 1.
func Wide(source string) (numbers []int) {
	for i, text := range strings.Split(source, "\n") {
		if tooWide(text) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

// Wrap breaks the paragraphs that have a line which is too wide anew, between words. Paragraphs end at blank comments
// and at lines that stand by themselves; of these the words that are too many go into a line of their own.
func Wrap(source string) string {
	lines := strings.Split(source, "\n")
	var out []string
	for i := 0; i < len(lines); {
		m := line.FindStringSubmatch(lines[i])
		if m == nil {
			out = append(out, lines[i])
			i++
			continue
		}
		indent, words, wide, from := m[1], []string(nil), false, i
		first := fixed.FindString(m[2])
		for ; i < len(lines); i++ {
			n := line.FindStringSubmatch(lines[i])
			if n == nil || n[1] != indent || i > from && (first != "" || fixed.MatchString(n[2])) {
				break
			}
			words, wide = append(words, strings.Fields(n[2])...), wide || tooWide(lines[i])
		}
		if !wide {
			out = append(out, lines[from:i]...)
			continue
		}
		lead := indent + "// "
		hang := lead
		if first != "" && strings.TrimSpace(first) == "" { // code: what is broken stays code
			lead += first
			hang = lead + strings.Repeat(" ", 4)
		} else if first != "" {
			hang += "  "
		}
		text := lead + words[0]
		for _, word := range words[1:] {
			if columns(text+" "+word) > Width {
				out = append(out, text)
				text = hang + word
				continue
			}
			text += " " + word
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}
