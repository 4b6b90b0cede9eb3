// Package bf16 is the products of bf16 parts on AVX512-BF16, and what is done to their blocks: nothing on other
// processors. Its assembly is written by kernels/internal/gen; make generate remakes it.
package bf16
