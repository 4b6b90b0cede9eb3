package shell

import (
	"os/exec"
	"testing"
)

// Words that shells, terminals or printf read in ways of their own.
var awkward = []string{
	"kac", "--out", "my dir", "two  blanks", "it's", "", "4:0.8,6:0.6", "$HOME `id` \\ \"*\"", "two\nlines", "tab\tand\resc\x1b[31m\a", "-x", "--", "=ls", "a=b",
	"~", "~root/x", "#no comment", "!history", "été/ünï/日本", "no \xff\xfe UTF-8", "100%", "%s%d", `\n \0 \\`, "it's\nboth", "'", "''", "'\n'", "{a,b}", "[a-z]*?",
	"at the end\n", "two\n\n", "\n", "a;b&c|d>e<f(g)", "$(touch no)", "right\u202eleft", "-n\n", "zero\u200bwidth", `\`, `end\`, "wow!\n", "\xe91", "\x01", "\x7f",
}

func TestQuote(t *testing.T) {
	if got := Quote(awkward[:7]...); got != `kac --out 'my dir' 'two  blanks' 'it'\''s' '' 4:0.8,6:0.6` {
		t.Errorf("%s", got)
	}
	for word, want := range map[string]string{"two\nlines": `$'two\012lines'`, "=ls": "'=ls'", "a=b": "'a=b'", "\x1b[31m": `$'\033[31m'`} {
		t.Run(word, func(t *testing.T) {
			if got := Quote(word); got != want {
				t.Errorf("%q becomes %s, want %s", word, got, want)
			}
		})
	}
	if got := Quote("kac", "dim=8"); got != "kac dim=8" {
		t.Errorf("%s", got)
	}
	for _, w := range awkward {
		if got := Quote(w); !prints(got) {
			t.Errorf("%q becomes %q, which is more than a line of text", w, got)
		}
	}
}

// Real shells read the same words back, the first one too.
func TestQuotePasted(t *testing.T) {
	any := false
	for _, shell := range []string{"bash", "zsh", "ksh"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		any = true
		want := ""
		for _, w := range awkward {
			want += "<" + w + ">"
		}
		out, err := exec.Command(path, "-c", "printf '<%s>' "+Quote(awkward...)).Output()
		if err != nil || string(out) != want {
			t.Errorf("%s: %q, %v; want %q", shell, out, err, want)
		}
		for _, w := range awkward {
			out, err := exec.Command(path, "-c", "show() { printf '<%s>' \"$1\"; }; show "+Quote(w)).Output()
			if err != nil || string(out) != "<"+w+">" {
				t.Errorf("%s: %q, %v; want %q", shell, out, err, w)
			}
		}
	}
	if !any {
		t.Skip("no shell on this machine")
	}
}
