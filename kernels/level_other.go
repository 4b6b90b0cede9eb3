//go:build !amd64 || purego

package kernels

// levelSupported reports whether a level is built in and the processor has every feature its kernels use.
func levelSupported(name string) bool { return name == "generic" }

func assemblySet(string, bool) *kernelSet { return nil }
