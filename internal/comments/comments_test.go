package comments

import (
	"strings"
	"testing"
)

// What is too wide is broken between words, and nothing else is touched.
func TestWrap(t *testing.T) {
	long := strings.Repeat("word ", 30)
	for name, c := range map[string]struct{ source, want string }{
		"short":     {"// a\n// b\nx := 1 // " + long, "// a\n// b\nx := 1 // " + long},
		"paragraph": {"\t// " + long + "\n\t// end.\n\t//\n\t// next", "\t// " + strings.TrimSpace(strings.Repeat("word ", 22)) + "\n\t// " + strings.Repeat("word ", 8) + "end.\n\t//\n\t// next"},
		"list": {"// a\n// - " + long + "\n// - b", "// a\n// - " + strings.TrimSpace(strings.Repeat("word ", 23)) + "\n//   " +
			strings.TrimSpace(strings.Repeat("word ", 7)) + "\n// - b"},
		"code":    {"//   " + long + "\n//   b", "//   " + strings.TrimSpace(strings.Repeat("word ", 23)) + "\n//       " + strings.TrimSpace(strings.Repeat("word ", 7)) + "\n//   b"},
		"address": {"// " + strings.Repeat("x", 200), "// " + strings.Repeat("x", 200)},
		"command": {"//go:generate " + long, "//go:generate " + long},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Wrap(c.source); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if wide := Wide(Wrap(c.source)); len(wide) > 0 {
				t.Errorf("lines %v are wide still", wide)
			}
		})
	}
}
