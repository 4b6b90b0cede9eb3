//go:build unix

package disk_test

import (
	"errors"
	"testing"

	"kac/internal/disk"
)

// A lock excludes others until it is released.
func TestLockExcludes(t *testing.T) {
	dir := t.TempDir()
	release, err := disk.Real.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Real.Lock(dir); !errors.Is(err, disk.ErrLocked) {
		t.Fatalf("second claim: error %v, want ErrLocked", err)
	}
	release()
	again, err := disk.Real.Lock(dir)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	again()
	if _, err := disk.Real.Lock(dir + "/absent"); err == nil {
		t.Error("a missing directory was locked")
	}
}
