//go:build !amd64 || purego

package dispatch

import "kac/kernels/internal/abi"

// engineSupported reports whether an engine is built in and the processor has what it uses.
func engineSupported(string) bool { return false }

func assemblySplitSet(engine string, parts int) *abi.SplitSet {
	panic("kernels: no engine " + engine + " in this build")
}
