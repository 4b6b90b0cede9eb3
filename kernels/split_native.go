//go:build !amxemulator

package kernels

// amxEmulated reports whether AMX instructions are carried out by the emulator of the tests, which needs the build tag amxemulator.
func amxEmulated() bool { return false }
