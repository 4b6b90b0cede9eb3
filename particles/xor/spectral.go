package xor

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"kac/internal/rng"
	"kac/kernels"
)

// Spectral is the predictor of XOR by the extreme eigenpairs of S = (1/n) sum_i y_i (x_i x_i^T - I), in mean those of
// -(e_1 e_2^T + e_2 e_1^T):
//
//	f(x) = l_+ <v_+, x>^2 + l_- <v_-, x>^2
//
// It finds the two coordinates from about 4 d to 5 d samples, and knows that there are two: a floor for what networks
// take. S is summed exactly, by bits. Not for concurrent use.
type Spectral struct {
	d, n int
	seed uint64
	sum  []int32 // d x d, upper triangle: sum_i y_i x_ic x_ij
	row  []float64
	bits []uint64 // of up to 64 samples: where x_c is -1, then where y x_c is
}

// NewSpectral has no samples yet. They will be those that Fresh draws with the seed, in order.
func NewSpectral(d int, seed uint64) *Spectral {
	return &Spectral{d: d, seed: seed, sum: make([]int32, d*d), row: make([]float64, d), bits: make([]uint64, 2*d)}
}

// Samples is how many there are.
func (s *Spectral) Samples() int { return s.n }

// Draw adds samples.
func (s *Spectral) Draw(count int) {
	for count > 0 {
		some := min(count, 64)
		clear(s.bits)
		for k := range some {
			y := draw(s.row, s.seed, rng.FreshBatch, uint64(s.n+k))
			for c, x := range s.row {
				if x < 0 {
					s.bits[c] |= 1 << k
				}
				if x*y < 0 {
					s.bits[s.d+c] |= 1 << k
				}
			}
		}
		plain, signed := s.bits[:s.d], s.bits[s.d:]
		for c, a := range plain {
			to := s.sum[c*s.d : (c+1)*s.d]
			for j := c + 1; j < s.d; j++ {
				to[j] += int32(some - 2*bits.OnesCount64(a^signed[j]))
			}
		}
		s.n += some
		count -= some
	}
}

// Pair is an eigenvalue of S with its unit eigenvector.
type Pair struct {
	Value  float64
	Vector []float64
}

// lanczosSteps are enough for eigenvalues that stand off from the others; in smaller dimensions they are all.
const lanczosSteps = 64

// Extremes returns the pairs of the least and the greatest eigenvalue, by Lanczos' method with full
// orthogonalisation.
func (s *Spectral) Extremes() (least, greatest Pair) {
	d := s.d
	a := blas64.Symmetric{Uplo: blas.Upper, N: d, Stride: d, Data: make([]float64, d*d)}
	for i, k := range s.sum {
		a.Data[i] = float64(k) / float64(s.n)
	}
	steps := min(d, lanczosSteps)
	start := rng.New(s.seed, rng.Quadrature, uint64(s.n))
	v := make([]float64, d)
	start.FillNormal(v)
	scale(v, 1/norm(v))
	basis := [][]float64{v}
	var diagonal, beside []float64
	for k := range steps {
		w := make([]float64, d)
		blas64.Symv(1, a, blas64.Vector{N: d, Inc: 1, Data: basis[k]}, 0, blas64.Vector{N: d, Inc: 1, Data: w})
		diagonal = append(diagonal, inner(w, basis[k]))
		for range 2 {
			for _, u := range basis {
				along := inner(w, u)
				for i, x := range u {
					w[i] -= along * x
				}
			}
		}
		length := norm(w)
		if k == steps-1 || length < 1e-10 {
			break
		}
		beside = append(beside, length)
		scale(w, 1/length)
		basis = append(basis, w)
	}
	t := mat.NewSymDense(len(diagonal), nil)
	for k, x := range diagonal {
		t.SetSym(k, k, x)
		if k < len(diagonal)-1 {
			t.SetSym(k, k+1, beside[k])
		}
	}
	var eigen mat.EigenSym
	eigen.Factorize(t, true)
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	pair := func(at int) Pair {
		p := Pair{values[at], make([]float64, d)}
		for k, u := range basis {
			c := vectors.At(k, at)
			for i, x := range u {
				p.Vector[i] += c * x
			}
		}
		return p
	}
	return pair(0), pair(len(values) - 1)
}

// Error is the part of inputs x (n x d) whose label y (n) the predictor misses.
func (s *Spectral) Error(x, y []float64) float64 {
	least, greatest := s.Extremes()
	wrong := 0
	for i, label := range y {
		row := x[i*s.d : (i+1)*s.d]
		a, b := kernels.Dot(row, greatest.Vector), kernels.Dot(row, least.Vector)
		if label*(greatest.Value*a*a+least.Value*b*b) <= 0 {
			wrong++
		}
	}
	return float64(wrong) / float64(len(y))
}

func inner(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

func norm(x []float64) float64 { return math.Sqrt(inner(x, x)) }

func scale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}
