// Package visible shows texts of others, names and paths above all, so that a terminal prints them and
// does nothing else, and writes words so that they can be read back whatever their bytes are.
package visible

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text escapes what a terminal would obey or hide: control characters (a line break is \n), marks that
// turn the direction of writing, line separators, other invisible characters, and bytes that are not UTF-8.
func Text(s string) string {
	if clean(s, "") {
		return s
	}
	return escaped(s, "")
}

// Lines is Text for a text of several lines and with tabs, both of which stay.
func Lines(s string) string {
	if clean(s, "\n\t") {
		return s
	}
	return escaped(s, "\n\t")
}

func clean(s, stay string) bool {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) || hidden(r) && !strings.ContainsRune(stay, r) {
			return false
		}
	}
	return true
}

// hidden reports whether a character is not printed as itself. Joiners, which some scripts need, stay.
func hidden(r rune) bool {
	return r != ' ' && !unicode.IsPrint(r) && r != '\u200c' && r != '\u200d' && !unicode.Is(unicode.Zs, r)
}

func escaped(s, stay string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !hidden(r) || strings.ContainsRune(stay, r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}
