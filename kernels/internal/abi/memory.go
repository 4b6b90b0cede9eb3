package abi

import "unsafe"

// At is a pointer to element i of s, for a Call.
func At[T any](s []T, i int) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s[i:])) }

// Slice is the n elements at p.
func Slice[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

// Grow returns a slice of length n, reusing s where it is large enough. Its content is arbitrary.
func Grow[E any](s []E, n int) []E {
	if cap(s) < n {
		return make([]E, n)
	}
	return s[:n]
}

// RoundUp returns the least multiple of to that is not below n.
func RoundUp(n, to int) int { return (n + to - 1) / to * to }

// BlocksOf returns how many blocks of the given size hold n.
func BlocksOf(n, size int) int { return (n + size - 1) / size }

// B2i is 1 for true.
func B2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Float is the set of element types.
type Float interface{ float32 | float64 }
