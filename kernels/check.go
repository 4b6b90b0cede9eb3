package kernels

import (
	"fmt"
	"slices"
	"unsafe"
)

// checkLen panics unless a slice has the length its shape demands.
func checkLen(op, name string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("kernels: %s: %s has length %d, want %d", op, name, got, want))
	}
}

// checkShape panics on negative dimensions.
func checkShape(op string, dims ...int) {
	for _, n := range dims {
		if n < 0 {
			panic(fmt.Sprintf("kernels: %s: negative dimension in %v", op, slices.Clone(dims))) // a copy, so that dims stays on the stack
		}
	}
}

// checkApart panics if an output overlaps an input that is read after the output is first written.
func checkApart[T Float](op, out, in string, a, b []T) {
	if overlap(a, b) {
		panic(fmt.Sprintf("kernels: %s: %s (length %d) overlaps %s (length %d)", op, out, len(a), in, len(b)))
	}
}

func overlap[T Float](a, b []T) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	size := unsafe.Sizeof(a[0])
	a0, b0 := uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&b[0]))
	return a0 < b0+uintptr(len(b))*size && b0 < a0+uintptr(len(a))*size
}
