// Package kernels is the batched arithmetic under a one-hidden-layer network seen as particles on a sphere: velocities,
// local Hessians, pair sums, and the vector operations of a time step. It knows shapes and flops, no physics, and of
// this module it imports only the elementary functions of internal/portable, whose bits are the same on every processor.
//
//	W (m x d)  --Pairwise | Moment-->  g (m x d)          population: no samples, a dual q(s) instead
//	X (n x d), W  --Forward-->  f (n)                     samples: Z = X W^T is never stored
//	X, W, y  --Velocity | MomentForwardVelocity-->  V (m x d)  --ProjectTangent, Combine, NormalizeRows-->  the next W
//
// All matrices are row-major and contiguous: row i of an m x d matrix w is w[i*d : (i+1)*d].
//
// # Levels
//
// Every operation exists in pure Go (level "generic"), and on amd64 in AVX2 and AVX-512 assembly. The best level the
// processor has is taken at start; the environment variable KAC_LEVEL forces one, and a level that is unknown or not
// there is an error (LevelError), never another level. The build tag purego leaves only the generic level. Beside the levels
// there are engines that multiply float32 numbers as sums of bf16 ones, on AMX or AVX512-BF16, where a caller asks for them (Split).
//
// The folders are the dispatch. An operation cuts its work into calls of micro-kernels, which it finds in a table (abi.Set, abi.SplitSet); each folder fills
// one for its instruction set, and this package fills that of the generic level:
//
//	kernels              operations, packing, workers; the generic level and engine (kernels_generic.go, split_generic.go)
//	  internal/abi       the tables and the arguments of micro-kernels
//	  internal/avx2      level avx2: assembly, declarations, table
//	  internal/avx512    level avx512
//	  internal/bf16      engine avx512-bf16
//	  internal/amx       engine amx
//	  internal/gen       writes the assembly (go generate); internal/tilemu emulates AMX for tests
//
// # Results
//
// Work is cut into blocks whose sizes depend on the shapes and the level alone, and block results are added in a fixed
// order, so a result is bitwise the same for any number of workers. Between levels results differ by rounding.
//
// # Mistakes
//
// A slice shorter or longer than its shape says, a negative dimension, or an output that overlaps an input where the
// operation forbids it is a programmer's error: the call panics with the operation and both lengths. Dimensions of zero
// are allowed: there is then nothing to write, a mean over no particles is 0, and inner products of vectors without
// coordinates are 0. NaN and infinities pass through the arithmetic.
package kernels

// Float is the set of element types. Float64 is the default and the truth; float32 is chosen by the caller, and each
// operation states its error.
type Float interface{ float32 | float64 }
