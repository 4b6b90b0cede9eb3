package shell

import (
	"os/exec"
	"testing"
)

func TestQuote(t *testing.T) {
	words := []string{"kac", "--out", "my dir", "it's", "", "4:0.8,6:0.6", "$HOME `id` \\ \"*\"", "two\nlines"}
	if got := Quote(words[:6]...); got != `kac --out 'my dir' 'it'\''s' '' 4:0.8,6:0.6` {
		t.Errorf("%s", got)
	}
	// A real shell reads the same words back.
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine")
	}
	want := ""
	for _, w := range words {
		want += "<" + w + ">"
	}
	out, err := exec.Command(sh, "-c", "printf '<%s>' "+Quote(words...)).Output()
	if err != nil || string(out) != want {
		t.Errorf("%q, %v; want %q", out, err, want)
	}
}
