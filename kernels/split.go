package kernels

import (
	"fmt"
	"slices"
	"strings"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
	"kac/kernels/internal/split"
)

// Split says in how many bf16 numbers a float32 is written, for matrix units and instructions that multiply bf16 and
// add in float32. It is chosen with NewSplitWorkspace and by nothing else. With parts
//
//	x_0 = bf16(x), x_1 = bf16(x - x_0), x_2 = bf16(x - x_0 - x_1)
//
// rounded to nearest even (differences are exact), a product x w becomes sum x_s w_t over s + t < Split: 3 products of
// 2 parts or 6 of 3.
//
// # Sums
//
// An inner product is cut into blocks of 32 terms. For every block and every pair (s, t) the 32 products, which float32
// holds exactly, are added in float32, and the sum is added to a float32 accumulator. Accumulators over samples move to
// float64 after 4096 of them, as in float32. The order inside a block is the engine's (see SplitEngines).
//
// # Error
//
// With u = 2^-8, bf16's unit roundoff, |x - x_0| <= u |x| and |x - x_0 - x_1| <= u^2 |x|; three parts hold all 24 bits,
// x = x_0 + x_1 + x_2. What the kept products leave out of x w is at most
//
//	bf16x3  |x_1 w_1| + |x - x_0 - x_1| |w| + |x| |w - w_0 - w_1|  <=  3 u^2 (1 + 2u) |x w|  =  775 eps |x w|
//	bf16x6  |x_1 w_2| + |x_2 w_1| + |x_2 w_2|                      <=  2 u^3 (1 + 2u) |x w|  =  2.1 eps |x w|
//
// with eps = 2^-24. Of the sums' roundings at most 32 + 3 are of the size of a block's largest pair (0, 0), others a
// 2^-8 of it, and each of the K/32 blocks of K terms adds to the accumulator 3 or 6 times. An inner product of K terms
// is therefore off by at most
//
//	SplitTerms(K) eps sum |x w|,  SplitTerms(K) = 775 + 36 + 3 ceil(K/32)  or  3 + 36 + 6 ceil(K/32),
//
// and a velocity's component, where inner products are the arguments of sigma' and sigma' is multiplied by r x, rounded
// once, by SplitTerms(d) + SplitTerms(min(n, 4096)) and the activation's own error, in eps times the sums of absolute
// terms. Errors of random sign are far smaller: 1e-5 of the largest component for bf16x3, 1e-7 for bf16x6.
//
// # Special values
//
// Parts, products and sums below 2^-126 count as 0, as the instructions have no subnormal numbers: an absolute error of
// at most 2^-124 (1 + |x| + |w|) a term. An infinite x, w or r x counts as NaN, because infinity minus infinity is one,
// and so does a number of which the first part rounds to infinity, from (1 - 2^-9) 2^128 on. NaN passes. What is not
// split, the second layer and the values of sigma, is float32.
type Split int

const (
	BF16x3 Split = 2 // two parts, three products
	BF16x6 Split = 3 // three parts, six products
)

// String returns "bf16x3" or "bf16x6".
func (s Split) String() string {
	switch s {
	case BF16x3:
		return "bf16x3"
	case BF16x6:
		return "bf16x6"
	}
	return fmt.Sprintf("Split(%d)", int(s))
}

// Terms returns SplitTerms(k) of the type's documentation: an inner product of k terms is off by at most that many
// eps32 sum |terms|.
func (s Split) Terms(k int) int {
	blocks := abi.BlocksOf(k, tileSide)
	if s == BF16x3 {
		return 775 + 36 + 3*blocks
	}
	return 3 + 36 + 6*blocks
}

// SplitEngines returns the engines that this build has and this processor can run, best first: "amx" multiplies 16 x 32
// by 32 x 16 tiles (TDPBF16PS), "avx512-bf16" vectors (VDPBF16PS), and "generic" does in Go, slowly, what amx does, bit
// for bit. "generic", which only NewSplitWorkspaceAt gives, is always there.
func SplitEngines() []string { return dispatch.Engines() }

// SplitEngine returns the engine of NewSplitWorkspace, "amx" or "avx512-bf16", or why there is none: the processor
// lacks both, or KAC_LEVEL forces a level below avx512. There is no quiet fallback.
func SplitEngine() (string, error) {
	if Level() != "avx512" {
		return "", fmt.Errorf("bf16 precisions need level avx512 and AMX-BF16 or AVX512-BF16; the level in use is %s", Level())
	}
	if best := SplitEngines()[0]; best != "generic" {
		return best, nil
	}
	return "", fmt.Errorf("bf16 precisions need AMX-BF16 or AVX512-BF16, and this processor or build has neither; use float32")
}

// NewSplitWorkspace is NewWorkspace for float32 data whose products are made of bf16 parts, in Forward, Velocity,
// ForwardVelocity (Packed too), Pairwise, LocalHessian and PopulationHessian; other operations are as in float32.
// Errors: those of SplitEngine.
func NewSplitWorkspace(workers int, s Split) (*Workspace[float32], error) {
	engine, err := SplitEngine()
	if err != nil {
		return nil, err
	}
	return NewSplitWorkspaceAt(workers, s, engine)
}

// NewSplitWorkspaceAt is NewSplitWorkspace on one of SplitEngines, for comparing them.
func NewSplitWorkspaceAt(workers int, s Split, engine string) (*Workspace[float32], error) {
	if !slices.Contains(SplitEngines(), engine) {
		return nil, fmt.Errorf("bf16 engine %q: this processor or build has %s", engine, strings.Join(SplitEngines(), ", "))
	}
	if s != BF16x3 && s != BF16x6 {
		panic(fmt.Sprintf("kernels: NewSplitWorkspaceAt: %v", s))
	}
	level := "avx512"
	if engine == "generic" {
		level = "generic"
	}
	ws := newWorkspace[float32](workers, level)
	ws.split = &split.Task{Set: dispatch.SplitSet(engine, int(s))}
	return ws, nil
}

// Engine returns the engine of a split workspace, or "" if the workspace is none.
func (ws *Workspace[T]) Engine() string {
	if ws.split == nil {
		return ""
	}
	return ws.split.Set.Engine
}
