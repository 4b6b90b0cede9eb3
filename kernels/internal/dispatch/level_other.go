//go:build !amd64 || purego

package dispatch

import "kac/kernels/internal/abi"

// levelSupported reports whether a level is built in and the processor has every feature its kernels use.
func levelSupported(name string) bool { return name == "generic" }

func Assembly(string, bool) *abi.Set { return nil }

func RowDotsF64(*abi.Call) bool   { return false }
func RowDotsF32(*abi.Call) bool   { return false }
func RowTotalsF64(*abi.Call) bool { return false }
func RowTotalsF32(*abi.Call) bool { return false }
