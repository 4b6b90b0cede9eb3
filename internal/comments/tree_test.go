package comments

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module calls visit with every Go file of this module.
func module(t *testing.T, visit func(path, source string)) {
	t.Helper()
	root, files := filepath.Join("..", ".."), 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root || entry.Name() == "testdata" {
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err == nil && !strings.Contains(string(data[:min(len(data), 200)]), "Code generated") { // its generator's
			files++
			visit(path, string(data))
		}
		return err
	})
	if err != nil || files < 300 {
		t.Fatalf("%d files read: %v", files, err)
	}
}

// No line of a comment is too wide, and no derivative is written with the closing quote that gofmt makes of two primes.
// KAC_WRAP=1 wraps instead (make comments).
func TestComments(t *testing.T) {
	wrap := os.Getenv("KAC_WRAP") != ""
	module(t, func(path, source string) {
		if wrap && len(Wide(source)) > 0 {
			if err := os.WriteFile(path, []byte(Wrap(source)), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		for _, n := range Wide(source) {
			t.Errorf("%s:%d: a comment wider than %d columns; make comments wraps it", path, n, Width)
		}
		const quote = "\u201d"
		if at := strings.Index(source, quote); at >= 0 {
			t.Errorf("%s:%d: %s for a second derivative; name it, such as d2q", path, 1+strings.Count(source[:at], "\n"), quote)
		}
	})
}
