//go:build unix

package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Files and directories have the modes that the umask leaves, no more and no fewer.
func TestUmask(t *testing.T) {
	for mask, want := range map[int][2]fs.FileMode{0o022: {0o644, 0o755}, 0o077: {0o600, 0o700}, 0o002: {0o664, 0o775}} {
		t.Run(fmt.Sprint(mask), func(t *testing.T) {
			before := syscall.Umask(mask)
			dir := filepath.Join(t.TempDir(), "d")
			err := MakeDir(dir)
			if err == nil {
				err = WriteBytes(filepath.Join(dir, "a"), nil)
			}
			syscall.Umask(before)
			if err != nil {
				t.Fatal(err)
			}
			for name, mode := range map[string]fs.FileMode{filepath.Join(dir, "a"): want[0], dir: want[1]} {
				t.Run(name, func(t *testing.T) {
					if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
						t.Errorf("umask %o: %s has mode %v, want %v (%v)", mask, name, info.Mode().Perm(), mode, err)
					}
				})
			}
		})
	}
}
