package sweep

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"kac/internal/disk"
)

// Any file of a study that was extended to a terabyte of zeros is named in one line, at once and in
// little memory; nothing reads it.
func TestTerabyteFiles(t *testing.T) {
	dir, _ := onDisk(t, smallest)
	var paths []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.HasSuffix(path, lockExt) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil || len(paths) < 8 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 1<<40); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		checked, err := ms.check(disk.Real, dir)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if err != nil || len(checked.Bad) == 0 || strings.Contains(checked.Bad[0].Problem, "\n") {
			t.Errorf("%s: check says %+v, %v", name, checked, err)
		} else if texts := strings.Join(checked.Texts(), "\n"); !strings.Contains(texts, filepath.ToSlash(name)+": ") {
			t.Errorf("%s: check says %q", name, texts)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<28 || took > 20*time.Second {
			t.Errorf("%s: %d bytes were allocated in %v", name, used, took)
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
