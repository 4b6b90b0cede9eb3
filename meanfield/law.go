package meanfield

import (
	"math"

	"kac/internal/portable"
)

// law is the law of theta_0, a_0 = sin(theta_0), for w_0 uniform on S^{d-1}.
// Its density is proportional to |sin|^{r-1} cos^{d-r-1}: smooth for every d
// and r, unlike that of a_0 itself.
type law struct {
	dim, rank int
	half      bool // theta in [0, pi/2]: r >= 2, or r = 1 folded by symmetry
	logNorm   float64
}

func newLaw(dim, rank int, half bool) law {
	l := law{dim: dim, rank: rank, half: half}
	// int_0^{pi/2} sin^{r-1} cos^{d-r-1} = B(r/2, (d-r)/2)/2
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	r, q := float64(rank), float64(dim-rank)
	l.logNorm = lg(r/2) + lg(q/2) - lg((r+q)/2)
	if half {
		l.logNorm -= math.Ln2
	}
	return l
}

// density at theta, with respect to d theta on the law's interval.
func (l law) density(theta float64) float64 {
	s, c := math.Sincos(theta)
	logp := float64(l.dim-l.rank-1)*math.Log(c) - l.logNorm
	if l.rank > 1 {
		logp += float64(l.rank-1) * math.Log(s)
	}
	return portable.Exp(logp)
}

// breaks are the first panels: geometric from the width 1/sqrt(d) of the law's
// bulk up to pi/2, so that no peak hides between nodes.
func (l law) breaks() []float64 {
	half := []float64{0}
	for w := 1 / math.Sqrt(float64(l.dim)); w < 0.8*math.Pi/2; w *= 1.7 {
		half = append(half, w)
	}
	half = append(half, math.Pi/2)
	if l.half {
		return half
	}
	full := make([]float64, 0, 2*len(half)-1)
	for i := len(half) - 1; i > 0; i-- {
		full = append(full, -half[i])
	}
	return append(full, half...)
}
