//go:build amd64 && !purego

package dispatch

import "golang.org/x/sys/unix"

const (
	archReqXcompPerm = 0x1023 // ARCH_REQ_XCOMP_PERM, asm/prctl.h
	xfeatureTileData = 18     // XFEATURE_XTILEDATA
)

// allowMatrixUnits asks Linux for the tile registers, which take 8 KB of every signal frame and therefore need
// permission: once, for all threads.
func allowMatrixUnits() bool {
	_, _, errno := unix.Syscall(unix.SYS_ARCH_PRCTL, archReqXcompPerm, xfeatureTileData, 0)
	return errno == 0
}
