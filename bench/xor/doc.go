// Package xor measures networks of two trained layers on XOR against the exact infinite network (meanfield/xor).
package xor
