// Package kernels is the batched arithmetic under a one-hidden-layer network seen as particles on a sphere: velocities,
// local Hessians, pair sums, and the vector operations of a time step. It knows shapes and flops, no physics, and of
// this module it imports only the elementary functions of internal/portable, whose bits are the same on every
// processor.
//
//	W (m x d), q   ── Pairwise | Moment ──────────────────────> G (m x d)       population: a dual q(s) in place of samples
//	X (n x d), W   ── Forward ────────────────────────────────> f (n)           samples: Z = X W^T is never stored
//	f, y           ── LossStep ───────────────────────────────> r (n), sum of losses
//	X, W, r        ── Velocity ───────────────────────────────> V (m x d)
//	X, W, y        ── ForwardVelocity | LossVelocity ─────────> f, V            the three above in one pass; Packed, for many networks
//	X, W, y        ── MomentForwardVelocity ──────────────────> f, V            through moments, linear in n + m
//	X, W, r | q    ── LocalHessian | PopulationHessian ───────> D (m x d(d+1)/2) ── TopEigen ──> eigenvalues
//	V, W           ── ProjectTangent, Combine, NormalizeRows ─> the next W
//	y, u, v, g     ── AdamStep ───────────────────────────────> the next y, u, v
//	y, signs       ── SignSteps ──────────────────────────────> y after up to 64 steps
//	tau            ── TanhSech ───────────────────────────────> tanh tau, sech² tau
//	X (n x d)      ── Gram ───────────────────────────────────> G + X X^T (n x n)
//	A, B           ── MultiplyAdd ────────────────────────────> C + alpha A B
//	X, Y           ── Softmax ────────────────────────────────> Y p', X p, p the softmax of the rows of X' Y, which is never stored
//
// f' is the first derivative of a function f, d2f the second. All matrices are row-major and contiguous: row i of an m
// x d matrix w is w[i*d : (i+1)*d].
//
// # Levels
//
// Every operation exists in pure Go (level "generic"), and on amd64 in AVX2 and AVX-512 assembly. The best level the
// processor has is taken at start; the environment variable KAC_LEVEL forces one, and a level that is unknown or not
// there is an error (LevelError), never another level. The build tag purego leaves only the generic level. Beside the
// levels there are engines that multiply float32 numbers as sums of bf16 ones, on AMX or AVX512-BF16, where a caller
// asks for them (Split).
//
// The folders are the dispatch. A task cuts an operation into blocks of work and these into calls of micro-kernels,
// which it finds in a table. Tasks know no instruction set; each level and engine fills one table:
//
//	kernels              the public operations: they check shapes, say what is computed and how far it is off, and give the work to a task
//	  internal/samples   Forward, Velocity, ForwardVelocity
//	  internal/moments   Moment, MomentSum; MomentForwardVelocity
//	  internal/hessians  LocalHessian, HessianVector, PopulationHessian
//	  internal/split     the operations on samples in bf16 parts
//	  internal/pack      operands as micro-kernels read them
//	  internal/sums      Sum and Dot
//	  internal/pool      the workers, who take blocks of a task
//	  internal/dispatch  which levels and engines there are, which the processor can run, whose table an operation gets
//	  internal/abi       the tables (Set, SplitSet) and the arguments of micro-kernels (Call, SplitCall)
//	  internal/generic   level and engine generic: pure Go, the documentation and the oracle of the others
//	  internal/avx2      level avx2: assembly, declarations, table
//	  internal/avx512    level avx512
//	  internal/bf16      engine avx512-bf16
//	  internal/amx       engine amx
//	  internal/scalar    activations and duals at one number, which generic and the tests call
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
