package meanfield

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/internal/legendre"
	"kac/particles"
)

// What of the residual's expansion takes part: degrees beyond hold less than this share of E sigma^2 + E f*^2.
const (
	residualShare = 1e-10
	mostResidual  = 64
)

// spectralSamples is x = R (b, sqrt(1-b^2) v) for any activation over inputs whose law is invariant under rotations, by
// the coefficients s_n(R) of sigma and g_n(R) of f* on the sphere of radius R:
//
//	psi_n = s_n(R)/sqrt(q_n) sqrt(N_n/q_n) phi_n(b),   q_n = E s_n^2
//	f* - f_MF = sum_n sqrt(q_n) (G_n/q_n - m_n) psi_n + sum_n (g_n - G_n/q_n s_n) Pbar_n(b)
//
// for the sector's phi_n (sectorSeries), with at least so many points for b. The coarser grid takes every second
// radius.
func (r *Reference) spectralSamples(s *particles.Spectrum, grid, points int, tr *trajectories) (*samples, error) {
	shells, err := r.problem.Task().Shells(mostResidual)
	if err != nil {
		return nil, err
	}
	var radii []int
	for i := range shells.R {
		if len(shells.R) < 8 || grid == 1 || i%2 == 0 {
			radii = append(radii, i)
		}
	}
	mass := 0.0
	for _, i := range radii {
		mass += shells.Mass[i]
	}
	most, degree := sectorDegree(s, grid), residualDegree(s, shells, grid)
	degree = max(degree, most)
	d := s.Dim
	b, wb := coordinateRule(max(points, degree+most+1), d)
	out := &samples{}
	for _, i := range radii {
		for _, w := range wb {
			out.weight = append(out.weight, shells.Mass[i]/mass*w)
		}
	}
	n := len(out.weight)
	out.psi = func(sec *sector) *mat.Dense {
		m := mat.NewDense(sec.functions, n, nil)
		phi, slope := make([]float64, sec.functions), make([]float64, sec.functions)
		degrees := sec.series.degrees()
		for j, x := range b {
			sec.at(x, math.Sqrt((1-x)*(1+x)), phi, slope)
			for f, k := range degrees {
				scale := phi[f] * math.Sqrt(legendre.Harmonics(d, k)) / s.Q[k]
				for i, shell := range radii {
					m.Set(f, i*len(b)+j, scale*shells.Activation[shell][k])
				}
			}
		}
		return m
	}
	// Values of Pbar_n at the nodes.
	bar := make([][]float64, degree+1)
	for k := range bar {
		coef := make([]float64, k+1)
		coef[k] = math.Sqrt(legendre.Harmonics(d, k))
		series := &legendre.Series{Dim: d, Coef: coef}
		bar[k] = make([]float64, len(b))
		for j, x := range b {
			bar[k][j] = series.Eval(x)
		}
	}
	var own []int // degrees with a function
	for k := 0; k <= min(degree, len(s.Q)-1); k++ {
		if s.Q[k] > 0 {
			own = append(own, k)
			if k <= most {
				out.own++
			}
		}
	}
	outside := make([]float64, n)
	square := 0.0
	for k := range bar {
		ratio := 0.0
		if k < len(s.Q) && s.Q[k] > 0 {
			ratio = s.G[k] / s.Q[k]
		}
		for i, shell := range radii {
			x := shells.Link[shell][k] - ratio*shells.Activation[shell][k]
			for j := range b {
				outside[i*len(b)+j] += x * bar[k][j]
			}
			square += shells.Mass[shell] / mass * x * x
		}
	}
	functions := len(own)
	const nothing = 1e-28 // of squares: rounding
	if square > nothing*s.Norm2 {
		functions++
	}
	out.residual = mat.NewDense(functions, n, nil)
	for f, k := range own {
		for i, shell := range radii {
			for j := range b {
				out.residual.Set(f, i*len(b)+j, shells.Activation[shell][k]/math.Sqrt(s.Q[k])*bar[k][j])
			}
		}
	}
	if functions > len(own) {
		out.residual.SetRow(len(own), outside)
	}
	out.rho, err = r.spectralResidual(s, own, functions, grid, tr)
	return out, err
}

// spectralResidual returns rho at the collocation times.
func (r *Reference) spectralResidual(s *particles.Spectrum, own []int, functions, grid int, tr *trajectories) (*mat.Dense, error) {
	rho := mat.NewDense(max(len(tr.a), 1), functions, nil)
	p := r.pathOf(grid)
	m := make([]float64, p.dim)
	for t := range tr.a {
		if err := p.at(math.Min(tr.timeOf(t), p.end()), m); err != nil {
			return nil, err
		}
		for f, k := range own {
			mean := 0.0
			if k < len(m) && !(r.law.half && k%2 == 1) {
				mean = m[k]
			}
			rho.Set(t, f, math.Sqrt(s.Q[k])*(s.G[k]/s.Q[k]-mean))
		}
		if functions > len(own) {
			rho.Set(t, len(own), 1)
		}
	}
	return rho, nil
}

// residualDegree is the largest degree in the residual of a grid.
func residualDegree(s *particles.Spectrum, shells *particles.Shells, grid int) int {
	square := func(l int) float64 {
		x := 0.0
		for i, mass := range shells.Mass {
			x += mass * shells.Link[i][l] * shells.Link[i][l]
		}
		if l < len(s.Q) {
			x += s.Q[l]
		}
		return x
	}
	n, rest := mostResidual, s.DualAtOne+s.Norm2
	for l := 0; l <= n; l++ {
		rest -= square(l)
	}
	rest = math.Max(rest, 0)
	limit := residualShare * (s.DualAtOne + s.Norm2)
	for ; n > 1 && rest+square(n) <= limit; n-- {
		rest += square(n)
	}
	const none = 1e-14
	if grid == 0 && rest > none*(s.DualAtOne+s.Norm2) {
		n = int(fewerShare * float64(n))
	}
	return n
}

// degrees lists n of the sector's functions.
func (s *sectorSeries) degrees() []int {
	var list []int
	for k, x := range s.scale {
		if x != 0 {
			list = append(list, k+s.degree)
		}
	}
	return list
}

// timeOf returns collocation time k.
func (tr *trajectories) timeOf(k int) float64 {
	p := len(tr.rule.node)
	lo, hi := tr.cuts[k/p], tr.cuts[k/p+1]
	if k%p == p-1 {
		return hi
	}
	return lo + (hi-lo)*tr.rule.node[k%p]
}
