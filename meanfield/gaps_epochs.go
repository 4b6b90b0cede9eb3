package meanfield

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// EpochSums are sum_e D_e of data and of label noise at one time, see Epochs.
type EpochSums struct {
	Data, DataError   float64
	Noise, NoiseError float64
}

// Epochs returns, at each time, what the passes through shuffled samples take off the gap of batches: with n samples,
// batches of B, the step eta and epochs of the length T_e = eta floor(n/B), the last one cut,
//
//	n E gap = C_data + (n eta/B) C_sgd - sum_e D_e,   D_e = sum_l N_l {E_x |int_e R_l r_s psi_l ds|^2 - 1{l=0} |E_x ...|^2}
//
// and the same of label noise. Within the first epoch this is the gap of fresh batches; T_e -> 0 leaves C_data. Errors:
// a length that is not positive, no FluctuationOptions.Reaction.
func (g *GapConstants) Epochs(length float64) ([]EpochSums, error) {
	if !(length > 0) {
		return nil, errors.New("meanfield: the length of an epoch is not positive")
	}
	var both [2][]EpochSums
	for i, e := range g.reaction {
		if e == nil {
			return nil, errors.New("meanfield: these constants were computed without the reaction of samples")
		}
		both[i] = make([]EpochSums, len(e.times))
		for o := range e.times {
			both[i][o] = e.epochs(o, length)
		}
	}
	for o := range both[1] {
		a, b := &both[1][o], both[0][o]
		a.DataError, a.NoiseError = margin*math.Abs(a.Data-b.Data), margin*math.Abs(a.Noise-b.Noise)
	}
	return both[1], nil
}

func (e *reaction) epochs(o int, length float64) (sums EpochSums) {
	end := e.times[o]
	count := int(math.Ceil(end/length - 1e-9))
	for i := range count {
		weights := e.between(o, float64(i)*length, math.Min(end, float64(i+1)*length))
		for _, s := range e.sectors {
			data, noise := e.epoch(&s, o, weights)
			sums.Data += s.sector.count * data
			sums.Noise += s.sector.count * noise
		}
	}
	return sums
}

// epoch is D_e of one sector.
func (e *reaction) epoch(s *reactionSector, o int, weights []float64) (data, noise float64) {
	x := s.rows[o]
	functions, points := e.space.residual.Dims()
	inf := mat.NewDense(s.rank, points, nil)
	sum, part := mat.NewDense(s.rank, s.rank, nil), mat.NewDense(s.rank, points, nil)
	integrate := func(rho func(j int) float64) {
		sum.Zero()
		for j, w := range weights {
			if w == 0 {
				continue
			}
			y := w * rho(j) / e.tr.step(j)
			for a := range s.rank {
				for b := range s.rank {
					sum.Set(a, b, sum.At(a, b)+y*x.At(a, j*s.rank+b))
				}
			}
		}
	}
	integrate(func(int) float64 { return 1 })
	f := mat.Norm(sum, 2)
	noise = f * f
	for g := range functions {
		integrate(func(j int) float64 { return e.space.rho.At(j, g) })
		part.Mul(sum, s.psi)
		for a := range s.rank {
			to, from := inf.RawRowView(a), part.RawRowView(a)
			for q, y := range e.space.residual.RawRowView(g) {
				to[q] += y * from[q]
			}
		}
	}
	for a := range s.rank {
		mean := 0.0
		for q, y := range inf.RawRowView(a) {
			data += e.space.weight[q] * y * y
			mean += e.space.weight[q] * y
		}
		if s.sector.degree == 0 {
			data -= mean * mean
		}
	}
	return data, noise
}

// between returns the weights of the values at the collocation times, up to that of output o, in the integral from lo
// to hi.
func (e *reaction) between(o int, lo, hi float64) []float64 {
	rule, p := e.tr.rule, len(e.tr.rule.node)
	out := make([]float64, e.ends[o]+1)
	for b := range len(out) / p {
		from, length := e.tr.cuts[b], e.tr.cuts[b+1]-e.tr.cuts[b]
		z0, z1 := math.Max(0, math.Min(1, (lo-from)/length)), math.Max(0, math.Min(1, (hi-from)/length))
		if z0 == z1 {
			continue
		}
		for j := range p {
			for n, x := range gauss.x { // exact: the Lagrange polynomials have degree p-1 < 24
				out[b*p+j] += length * gauss.w[n] / 2 * (z1 - z0) * rule.lagrange(j, (z0+z1)/2+(z1-z0)/2*x)
			}
		}
	}
	return out
}
