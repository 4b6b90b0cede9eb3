// Package amx is the products of bf16 parts on the matrix units of processors with AMX: nothing on other processors.
// Its assembly is written by kernels/internal/gen; make generate remakes it.
package amx
