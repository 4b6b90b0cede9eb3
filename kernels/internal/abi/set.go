// Package abi is what the levels share: the table of micro-kernels that each of them fills, and the argument that a
// micro-kernel takes.
//
// Package kernels draws the folders. memory.go has the few lines on slices that all of them share.
package abi

import "unsafe"

// Set is one level for one element type: the micro-kernels that do nearly all flops, and the tile shape they share.
//
// A tile is rows particles by lanes samples. Operands are packed so that every kernel reads memory in order and needs
// no edge cases; padding is zero.
//
//	x panel   lanes samples of X, transposed: x[a*lanes + l]                                    (product side)
//	w tile    rows particles of W, transposed: w[a*rows + r]
//	s tile    what the activation left of Z: s[r*lanes + l]; for a chunk: s[tile][panel][r][l]
//	y panel   width coordinates of (scaled) X by sample: y[k*width + c], width one of widths    (accumulation side)
//	g panel   width coordinates of the result by particle: g[j*width + c]
type Set struct {
	Name   string
	Rows   int   // particles per tile
	Lanes  int   // samples per panel
	Widths []int // coordinate panel widths, widest first; each divides the one before it
	Align  int   // particles are padded to a multiple of this: what the narrowest accumulate takes at full speed

	// Product writes s = W X^T for tiles x one panel: s[t*stride + r*lanes + l] = sum_a w[t][a*rows+r] x[a*lanes+l].
	Product func(*Call)
	// Polynomial is product followed by an activation: s holds p1(z) (skipped if there are no c1), and f[l] grows by
	// sum a[t*rows+r] p0(z) (skipped if there are no c0). p(z) = z^shift * sum_k c[k] u^k, u = z^2 or z.
	Polynomial func(*Call)
	// Relu is product followed by max(z, 0): s holds 1 where z > 0, else 0, and f[l] grows by sum a max(z, 0).
	Relu func(*Call)
	// Activate replaces z in s by sigma'(z), and adds a sigma(z) to f, for the tiles of one panel. Nil: polynomial.
	Activate [Kinds]func(*Call)
	// Accumulate adds s y to g, summed over samples: g[j*width+c] += sum_k s[j][k] y[k*width+c], for all particles of
	// tiles and panels*lanes samples; consecutive tiles of s are stride apart. By width.
	Accumulate []func(*Call)
	// AccumulateT is the same with s transposed: g[l*width+c] += sum_j s[j][l] y[j*width+c], for one panel's lanes,
	// summed over the particles of all tiles. By width.
	AccumulateT []func(*Call)
	// Multiply writes n rows of lanes products into s tiles, starting at s, which is row r0 of its tile: row i is x[l]
	// w[i*lanes+l].
	Multiply func(*Call)
	// Signs are kernels for samples whose coordinates are all +-1. Nil: none.
	Signs *Signs
	// ColumnDots adds to f[l] the sum over n rows of z d1, z[i*lanes+l] d1[i*lanes+l]. SpreadRows adds to n rows g of
	// lanes the products of those of z with w[l], and then to f[l], which may be one of those rows, that sum.
	ColumnDots, SpreadRows func(*Call)
	// Transpose writes n rows of d elements at z to the first n columns of rows of stride elements at g, n and d down
	// to multiples of square. Nil: Go.
	Transpose func(*Call)
	Square    int
	// ScaleRows writes n rows of a panel width to g, y[i] times the elements at z + i*stride. By width. Nil: Go.
	ScaleRows []func(*Call)
	// RowSums adds, for each particle of tiles laid out as in a chunk (z and d1: [tile][panel][r][l]), the sum over
	// samples of z d1 y, y[panel][l], to partial sums g[row*partial + i], of which the caller adds up the partial ones.
	RowSums func(*Call)
	Partial int
	// Times writes d1 = z d2, n values (a multiple of lanes).
	Times func(*Call)
	// Read reads z, and Triad writes d1 = z + c0[0] d2, n elements, a multiple of eight vectors: for measuring
	// bandwidth.
	Read, Triad func(*Call)
	// Peak does n rounds of peakFlops register-only flops, for measuring against.
	Peak      func(*Call)
	PeakFlops int
	// Derivatives writes sigma' and sigma'' for n values z (a multiple of lanes) to d1 and d2 (which may be z).
	Derivatives [Kinds]func(*Call)
	// The operations of a time step, bit for bit as in Go: n rows of d elements at z. RowDots: g[row] = <z, y> in
	// float64, and RowTotals: the sum of z, by the lanes of one block of Sum (d <= sumBlock). RowDivide: z /= g[row];
	// RowSubtract: z -= g[row] y, both in float64. Combine: d1 = z + c1[0] sum_s c0[s] x[s] over tiles stages, n
	// elements, a multiple of a vector. Nil: Go.
	RowDots, RowTotals, RowDivide, RowSubtract, Combine func(*Call)
	// Of n elements, a multiple of a vector, bit for bit as in Go. AdamStep: with the six numbers eta, b1, 1-b1, b2,
	// 1-b2 and square at c0 and g at x, d1 = b1 d1 + (1-b1) g, d2 = b2 d2 + (1-b2) g g, z -= eta d1/sqrt(d2 + square).
	// RootRatio: d1 = d2 z/sqrt(1 + z z). Nil: Go.
	AdamStep, RootRatio func(*Call)
	// SignSteps, of float64 alone: d > 0 steps z = c0[0] z - c0[1] |z| + c0[2] of n chains, the last sign changed where
	// the bit of the step is set in the chain's word at x, lowest first.
	SignSteps func(*Call)
	// TanhSech, of float64 alone: d1 = tanh z and d2 = 1 - tanh^2 z of n values, a multiple of a vector, bit for bit as
	// in Go. Nil: Go.
	TanhSech func(*Call)
	// Exp, Tanh and Erf write the function of n values z (a multiple of lanes) to d1, which may be z. Nil: package
	// math.
	Exp, Tanh, Erf func(*Call)
}

// Kind is a kind of activation.
type Kind uint8

// The kinds, those of the closed-form duals among them.
const (
	Polynomial Kind = iota
	ReLU
	Tanh
	Sigmoid
	Softplus
	Erf
	GELU
	ReLUDual
	ErfDual
	Legendre // a series, by Clenshaw's recurrence
	ReLUPower
	Own   // a Go function
	Kinds // how many there are
)

// Call is what a micro-kernel needs: pointers into packed buffers, and counts. It lives in per-worker scratch, because
// a pointer handed to an indirect call escapes. Element offsets, not bytes, except where a name says so.
type Call struct {
	X, W, S, F, A, Y, G    unsafe.Pointer
	D, Tiles, Stride       int
	Panels                 int
	C0, C1                 unsafe.Pointer // polynomial coefficients of value and derivative, constant term first
	N0, N1                 int
	Square, Shift0, Shift1 int // 1 or 0
	Z, D1, D2              unsafe.Pointer
	N, R0                  int
	C2                     unsafe.Pointer
	Sink                   float64 // keeps the compiler from dropping a measured loop
	N2, Shift2             int
}

// Signs do the products and sums of Forward, Velocity and ForwardVelocity for samples whose coordinates are all +-1 by
// picking sums of four terms from tables of the 16 there are. The w tables of a tile take the place of its w tile,
// [group][row][16] with a group four coordinates; a pattern's number for every group and sample, int32 [group][lanes],
// that of the x panel; r times the signs of the sample's bit in 16 patterns, [sample][16], and the number of the
// pattern of every four samples at a coordinate, int32 [samples/4][width], that of the y panel.
type Signs struct {
	// Tables writes those of tiles w tiles of d coordinates, a multiple of four, to g; c0 is the signs of each bit in
	// all patterns.
	Tables func(*Call)
	// Product, Polynomial and Relu are those of Set, Accumulate too: y holds the patterns times r, x the numbers.
	Product, Polynomial, Relu func(*Call)
	Accumulate                []func(*Call)
}
