//go:build unix

package atomicfile

import (
	"errors"
	"testing"
)

func TestLockExcludes(t *testing.T) {
	dir := t.TempDir()
	release, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); !errors.Is(err, ErrLocked) {
		t.Fatalf("second claim: error %v, want ErrLocked", err)
	}
	release()
	again, err := Lock(dir)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	again()
	if _, err := Lock(dir + "/absent"); err == nil {
		t.Error("a missing directory was locked")
	}
}
