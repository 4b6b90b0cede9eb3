//go:build !amxemulator

package dispatch

// Emulated reports whether AMX instructions are carried out by the emulator of the tests, which needs the build tag
// amxemulator.
func Emulated() bool { return false }
