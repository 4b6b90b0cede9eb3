package visible

import (
	"fmt"
	"strconv"
	"strings"
)

// Word is the word itself if it is all visible, else Quoted: records in JSON, whose texts are Unicode,
// keep every byte of a path in it, and a shell reads it back.
func Word(s string) string {
	if clean(s, "") && !strings.HasPrefix(s, "$'") {
		return s
	}
	return Quoted(s)
}

// Quoted is the word as the shell's $'...', in ASCII: a byte that is none, or not printed, has three octal
// digits, as bash's own printf %q and ls write it. More digits may follow those, unlike hexadecimal ones.
func Quoted(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// Words is Word of each.
func Words(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Word(s)
	}
	return out
}

// Raw is the word that Word was given.
func Raw(text string) (string, error) {
	inner, quoted := strings.CutPrefix(text, "$'")
	if !quoted {
		return text, nil
	}
	inner, ended := strings.CutSuffix(inner, "'")
	if !ended {
		return "", fmt.Errorf("the word %q has no end", text)
	}
	var b strings.Builder
	for len(inner) > 0 {
		if inner[0] != '\\' {
			b.WriteByte(inner[0])
			inner = inner[1:]
			continue
		}
		switch {
		case len(inner) >= 4 && inner[1] >= '0' && inner[1] <= '3':
			n, err := strconv.ParseUint(inner[1:4], 8, 8)
			if err != nil {
				return "", fmt.Errorf("the word %q has an unknown escape", text)
			}
			b.WriteByte(byte(n))
			inner = inner[4:]
		case len(inner) >= 2 && (inner[1] == '\'' || inner[1] == '\\'):
			b.WriteByte(inner[1])
			inner = inner[2:]
		default:
			return "", fmt.Errorf("the word %q has an unknown escape", text)
		}
	}
	return b.String(), nil
}
