package kernels

import "unsafe"

// kernelSet is one level for one element type: the micro-kernels that do nearly all flops, and the tile shape they share.
//
// A tile is rows particles by lanes samples. Operands are packed so that every kernel reads memory in order and needs no
// edge cases; padding is zero.
//
//	x panel   lanes samples of X, transposed: x[a*lanes + l]                                    (product side)
//	w tile    rows particles of W, transposed: w[a*rows + r]
//	s tile    what the activation left of Z: s[r*lanes + l]; for a chunk: s[tile][panel][r][l]
//	y panel   width coordinates of (scaled) X by sample: y[k*width + c], width one of widths    (accumulation side)
//	g panel   width coordinates of the result by particle: g[j*width + c]
type kernelSet struct {
	name   string
	rows   int   // particles per tile
	lanes  int   // samples per panel
	widths []int // coordinate panel widths, widest first; each divides the one before it
	align  int   // particles are padded to a multiple of this: what the narrowest accumulate takes at once

	// product writes s = W X^T for tiles x one panel: s[t*stride + r*lanes + l] = sum_a w[t][a*rows+r] x[a*lanes+l].
	product func(*call)
	// polynomial is product followed by an activation: s holds p1(z) (skipped if there are no c1), and f[l] grows by
	// sum a[t*rows+r] p0(z) (skipped if there are no c0). p(z) = z^shift * sum_k c[k] u^k, u = z^2 or z.
	polynomial func(*call)
	// relu is product followed by max(z, 0): s holds 1 where z > 0, else 0, and f[l] grows by sum a max(z, 0).
	relu func(*call)
	// activate replaces z in s by sigma'(z), and adds a sigma(z) to f, for the tiles of one panel. Nil: polynomial.
	activate [activationKinds]func(*call)
	// accumulate adds s y to g, summed over samples: g[j*width+c] += sum_k s[j][k] y[k*width+c], for tiles (all particles of
	// them, tiles*rows a multiple of align) and panels*lanes samples; consecutive tiles of s are stride apart. By width.
	accumulate []func(*call)
	// accumulateT is the same with s transposed: g[l*width+c] += sum_j s[j][l] y[j*width+c], for one panel's lanes, summed over
	// the particles of all tiles. By width.
	accumulateT []func(*call)
	// multiply writes n rows of lanes products into s tiles, starting at s, which is row r0 of its tile: row i is x[l] w[i*lanes+l].
	multiply func(*call)
	// signs are kernels for samples whose coordinates are all +-1. Nil: none.
	signs *signKernels
	// columnDots adds to f[l] the sum over n rows of z d1, z[i*lanes+l] d1[i*lanes+l]. addRows adds to n rows g of lanes the products of those of z with w[l].
	columnDots, addRows func(*call)
	// transpose packs lanes rows of d elements at z into an x panel at g, columns up to a multiple of square. Nil: Go.
	transpose func(*call)
	square    int
	// scaleRows writes n rows of a panel width to g, y[i] times the elements at z + i*stride. By width. Nil: Go.
	scaleRows []func(*call)
	// rowSums adds, for each particle of tiles laid out as in a chunk (z and d1: [tile][panel][r][l]), the sum over samples of
	// z d1 y, y[panel][l], to partial sums g[row*partial + i], of which the caller adds up the partial ones.
	rowSums func(*call)
	partial int
	// times writes d1 = z d2, n values (a multiple of lanes).
	times func(*call)
	// read reads z, and triad writes d1 = z + c0[0] d2, n elements, a multiple of eight vectors: for measuring bandwidth.
	read, triad func(*call)
	// peak does n rounds of peakFlops register-only flops, for measuring against.
	peak      func(*call)
	peakFlops int
	// derivatives writes sigma' and sigma'' for n values z (a multiple of lanes) to d1 and d2 (which may be z).
	derivatives [activationKinds]func(*call)
	// The operations of a time step, bit for bit as in Go: n rows of d elements at z. rowDots: g[row] = <z, y> in float64, and rowTotals: the sum
	// of z, by the lanes of one block of Sum (d <= sumBlock). rowDivide: z /= g[row]; rowSubtract: z -= g[row] y, both in float64.
	// combine: d1 = z + c1[0] sum_s c0[s] x[s] over tiles stages, n elements, a multiple of four vectors. Nil: Go.
	rowDots, rowTotals, rowDivide, rowSubtract, combine func(*call)
	// exp, tanh and erf write the function of n values z (a multiple of lanes) to d1, which may be z. Nil: package math.
	exp, tanh, erf func(*call)
}

// call is what a micro-kernel needs: pointers into packed buffers, and counts. It lives in per-worker scratch, because a
// pointer handed to an indirect call escapes. Element offsets, not bytes, except where a name says so.
type call struct {
	x, w, s, f, a, y, g    unsafe.Pointer
	d, tiles, stride       int
	panels                 int
	c0, c1                 unsafe.Pointer // polynomial coefficients of value and derivative, constant term first
	n0, n1                 int
	square, shift0, shift1 int // 1 or 0
	z, d1, d2              unsafe.Pointer
	n, r0                  int
	c2                     unsafe.Pointer
	sink                   float64 // keeps the compiler from dropping a measured loop
	n2, shift2             int
}

func at[T any](s []T, i int) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s[i:])) }

func slice[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

// setFor returns the level's kernels for the element type.
func setFor[T Float](level string) *kernelSet {
	var zero T
	wide := unsafe.Sizeof(zero) == 8
	if set := assemblySet(level, wide); set != nil {
		return set
	}
	if wide {
		return genericSet64
	}
	return genericSet32
}
