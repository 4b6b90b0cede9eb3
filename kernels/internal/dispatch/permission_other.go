//go:build amd64 && !purego && !linux

package dispatch

// allowMatrixUnits: only Linux is known to let a process use them.
func allowMatrixUnits() bool { return false }
