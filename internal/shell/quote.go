// Package shell writes words so that a POSIX shell reads them back.
package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quote returns the words as a command line that can be pasted: on one line, with nothing in it that a
// terminal would obey. A word is in single quotes if it needs them. One with control characters, others
// that do not print, or bytes that are no UTF-8, becomes "$(printf '...')", which every POSIX shell reads;
// only line feeds at the very end of a word, which that would lose, stand as they are.
func Quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		switch {
		case !prints(w):
			quoted[i] = printf(w)
		case plain(w) && !(i == 0 && strings.Contains(w, "=")): // the shell takes a=b in front for a variable
			quoted[i] = w
		default:
			quoted[i] = single(w)
		}
	}
	return strings.Join(quoted, " ")
}

// plain says whether no shell sees anything but letters in the word. An = in front is a path to zsh.
func plain(w string) bool {
	return w != "" && w[0] != '=' && strings.IndexFunc(w, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=+,.:/@%", r))
	}) < 0
}

func single(w string) string { return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'" }

func prints(w string) bool {
	return utf8.ValidString(w) && strings.IndexFunc(w, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

func printf(w string) string {
	body := strings.TrimRight(w, "\n")
	end := w[len(body):]
	if body == "" {
		return single(end)
	}
	var out strings.Builder
	out.WriteString(`"$(printf -- '`)
	for len(body) > 0 {
		r, n := utf8.DecodeRuneInString(body)
		switch {
		case r == '%':
			out.WriteString("%%")
		case r == '\\':
			out.WriteString(`\\`)
		case r == '\'' || !unicode.IsPrint(r) || r == utf8.RuneError && n == 1:
			for _, b := range []byte(body[:n]) {
				fmt.Fprintf(&out, `\%03o`, b)
			}
		default:
			out.WriteString(body[:n])
		}
		body = body[n:]
	}
	out.WriteString(`')"`)
	if end != "" {
		out.WriteString(single(end))
	}
	return out.String()
}
