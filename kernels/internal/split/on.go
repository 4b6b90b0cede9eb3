// Package split runs the operations on samples with float32 numbers written as sums of bf16 ones, on an engine's
// abi.SplitSet: outputs, velocities and local Hessians. kernels.Split says what the numbers are and how far results are
// off.
package split

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pool"
)

// On is what an operation runs on: a level's micro-kernels and workers, and the operation in bf16 parts if the
// workspace is for these.
type On struct {
	Set     *abi.Set
	Workers int
	Pool    *pool.Pool
	Split   *Task
}
