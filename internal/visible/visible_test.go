package visible

import (
	"os/exec"
	"testing"
	"unicode/utf8"
)

// What a terminal obeys is shown as text; what people write stays.
func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"plain 'text' \\x41":      "plain 'text' \\x41",
		"d\xe9.npy":               `d\xe9.npy`,
		"dé 数 \u00a0\u200d.npy":   "dé 数 \u00a0\u200d.npy",
		"\x1b[31mred\x1b]0;t\x07": `\x1b[31mred\x1b]0;t\x07`,
		"\u009b31m":               `\u009b31m`, // CSI of one character
		"a\nb\r\tc\x7f":           `a\nb\r\tc\x7f`,
		"txt.\u202egpj":           `txt.\u202egpj`,
		"\u2066x\u2069\u200f":     `\u2066x\u2069\u200f`,
		"line\u2028end\ufeff":     `line\u2028end\ufeff`,
		"\ufffd":                  "\ufffd",
		"\U000e0041":              `\U000e0041`,
	} {
		t.Run(text, func(t *testing.T) {
			if got := Text(text); got != want {
				t.Errorf("Text(%q) = %q, want %q", text, got, want)
			}
		})
	}
	if got := Lines("a\x1b\n\tb\u202e\n"); got != "a\\x1b\n\tb\\u202e\n" {
		t.Errorf("Lines: %q", got)
	}
}

// A word comes back from a record, and from a shell, as it was.
func TestWord(t *testing.T) {
	for _, s := range []string{"", "plain", "dé", "d\xe9.npy", "it's\x1b", "\n", "$'x'", `$'\101'`, "a\\\x01", "\u202e", "\xff'\\", "\xe91", "\x017"} {
		word := Word(s)
		if back, err := Raw(word); err != nil || back != s || !utf8.ValidString(word) {
			t.Errorf("%q is written as %q and read as %q, error %v", s, word, back, err)
		}
		if word == s {
			continue
		}
		if out, err := exec.Command("bash", "-c", "printf %s "+word).Output(); err == nil && string(out) != s {
			t.Errorf("bash reads %s as %q, want %q", word, out, s)
		}
	}
	for _, text := range []string{"$'", "$'x", `$'\q'`, `$'\4'`, `$'\09z'`, `$'\777'`} {
		if back, err := Raw(text); err == nil {
			t.Errorf("Raw(%q) = %q", text, back)
		}
	}
}
