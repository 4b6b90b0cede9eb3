// Package shell writes words so that a shell reads them back.
package shell

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kac/internal/visible"
)

// Quote returns the words as a command line that can be pasted: on one line, with nothing in it that a
// terminal would obey. A word is in single quotes if it needs them. One with control characters, others
// that do not print, or bytes that are no UTF-8, becomes $'...', which bash, zsh, ksh and today's POSIX
// read: it is ASCII, and an exclamation mark in it is not taken for history.
func Quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		switch {
		case !prints(w):
			quoted[i] = visible.Quoted(w)
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
