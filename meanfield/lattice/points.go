package lattice

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"

	"kac/internal/rng"
	"kac/particles"
)

// latticeVector is the beginning of the generating vector of an embedded
// rank-1 lattice in base 2, good for every power of two up to 2^20 points and
// all two-dimensional projections: R. Cools, F. Y. Kuo, D. Nuyens,
// Constructing embedded lattice rules for multivariate integration, SIAM J.
// Sci. Comput. 28(6), 2162-2188 (2006), doi:10.1137/06065074X (exod2_base2_m20_CKN).
var latticeVector = [MaxRank]uint64{1, 182667, 469891, 498753, 110745, 446247, 250185, 118627}

// MaxPoints is the most points of the lattice.
const MaxPoints = 1 << 20

// Points returns n points (a, c) of the initial law of the reduction, a the
// first r coordinates of a uniform point of S^{d-1} and c >= 0 the norm of the
// others, at time 0: a rank-1 lattice, shifted at random modulo 1 as a
// function of (seed, replica) (Cranley and Patterson, SIAM J. Numer. Anal. 13,
// 1976), mapped to the law one coordinate after the other:
//
//	a_1 = t_1,  a_j = (1 - a_1^2 - ... - a_{j-1}^2)^{1/2} t_j,  (1+t_j)/2 ~ Beta((d-j)/2, (d-j)/2)
//
// Means over the points are unbiased, and replicas tell their error. n must be
// a power of two up to MaxPoints.
func (f *Reduction) Points(n int, seed uint64, replica int) (*particles.Ensemble[float64], error) {
	if n < 1 || n > MaxPoints || n&(n-1) != 0 {
		return nil, fmt.Errorf("%d reduced points: their number must be a power of two up to %d", n, MaxPoints)
	}
	r := f.rank
	e := &particles.Ensemble[float64]{W: make([]float64, n*(r+1)), M: n, D: r + 1}
	shift := make([]float64, r)
	s := rng.New(seed, rng.Quadrature, uint64(replica))
	s.FillUniform(shift)
	f.parallel((n+reducedBlock-1)/reducedBlock, func(b int, _ []float64) {
		for i := b * reducedBlock; i < min(n, (b+1)*reducedBlock); i++ {
			row, c := e.Row(i), 1.0
			for j := range r {
				_, u := math.Modf(float64(uint64(i)*latticeVector[j]%uint64(n))/float64(n) + shift[j])
				t, below := firstCoordinate(f.task.Dim()-j, u)
				row[j] = c * t
				c *= below
			}
			row[r] = c
		}
	})
	return e, nil
}

// firstCoordinate maps u in [0, 1) to t with the law of the first coordinate
// of a uniform point of S^{n-1}, increasing, and returns sqrt(1-t^2) with it.
func firstCoordinate(n int, u float64) (t, below float64) {
	p := float64(n-1) / 2
	// The lower half keeps its digits; the law is symmetric.
	low := math.Max(math.Min(u, 1-u), 0x1p-60)
	x := mathext.InvRegIncBeta(p, p, low)
	t, below = 2*x-1, 2*math.Sqrt(x*(1-x))
	if u > .5 {
		t = -t
	}
	return t, below
}
