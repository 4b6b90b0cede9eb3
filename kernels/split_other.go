//go:build !amd64 || purego

package kernels

// splitSupported reports whether an engine is built in and the processor has what it uses.
func splitSupported(string) bool { return false }

func assemblySplitSet(engine string, s Split) *splitSet {
	panic("kernels: no engine " + engine + " in this build")
}
