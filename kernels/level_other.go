//go:build !amd64 || purego

package kernels

// levelSupported reports whether a level is built in and the processor has every feature its kernels use.
func levelSupported(name string) bool { return name == "generic" }

func assemblySet(string, bool) *kernelSet { return nil }

func rowDotsF64(*call) bool   { return false }
func rowDotsF32(*call) bool   { return false }
func rowTotalsF64(*call) bool { return false }
func rowTotalsF32(*call) bool { return false }
