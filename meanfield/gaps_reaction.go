package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// reaction holds the resolvents of all sectors at all collocation times, and a quadrature over samples fine enough for
// functions that are no polynomials.
type reaction struct {
	times   []float64
	ends    []int
	tr      *trajectories
	space   *samples
	sectors []reactionSector
}

type reactionSector struct {
	sector sector
	rank   int
	full   *mat.Dense // R: rows (time, f), columns (time, f), with the weights of the collocation
	rows   []*mat.Dense
	psi    *mat.Dense // functions x points
}

// ErrNoReaction says that the resummation is for polynomials.
var ErrNoReaction = errors.New("the reaction of samples to themselves is computed for polynomial activations and links only, where rare samples weigh most")

// Points of the quadrature, of the coarser and the finer grid: x_1 (half of them by symmetry), the radius.
var (
	reactionPoints = [2]int{28, 40}
	reactionRadii  = [2]int{14, 20}
)

// Reacts returns ErrNoReaction (wrapped) where FluctuationOptions.Reaction is refused.
func (r *Reference) Reacts() error {
	if s := r.spectrum(); s != nil && (s.Tail > 0 || len(s.Q) > mostSectors) {
		return fmt.Errorf("meanfield: %s: %w", r.problem.Name(), ErrNoReaction)
	}
	return nil
}

func (g *gapSolver) newReaction() (*reaction, error) {
	if err := g.r.Reacts(); err != nil {
		return nil, err
	}
	e := &reaction{times: g.times, ends: g.ends, tr: g.tr}
	if s := g.r.spectrum(); s != nil {
		var err error
		e.space, err = g.r.spectralSamples(s, g.grid, reactionPoints[g.grid], g.tr)
		return e, err
	}
	e.space = g.r.hermiteSamples(g.tr, reactionPoints[g.grid], reactionRadii[g.grid])
	return e, nil
}

// add keeps the resolvent of a sector: R = I - (I+K)^{-1}, block by block of the lower triangle.
func (e *reaction) add(q *equation, rows []*mat.Dense) error {
	v := q.v
	n := len(v.tr.a) * v.rank
	_, inner := v.left.Dims()
	z := mat.NewDense(n, n, nil)
	for b := range q.lu {
		lo, hi := b*q.size, (b+1)*q.size
		rhs := mat.NewDense(q.size, hi, nil)
		if b > 0 {
			k := v.by.of(q.rows(v.left, b), v.right.Slice(0, lo, 0, inner).T())
			for i := range q.size {
				row := k.RawRowView(i)
				for j := range row {
					row[j] *= v.tr.step(j / v.rank)
				}
			}
			v.by.add(rhs.Slice(0, q.size, 0, lo).(*mat.Dense), -1, k, z.Slice(0, lo, 0, lo))
		}
		for i := range q.size {
			rhs.Set(i, lo+i, 1)
		}
		if err := q.lu[b].SolveTo(z.Slice(lo, hi, 0, hi).(*mat.Dense), false, rhs); err != nil {
			return fmt.Errorf("meanfield: resolvent of degree %d: %w", v.sector.degree, err)
		}
	}
	z.Scale(-1, z)
	for i := range n {
		z.Set(i, i, z.At(i, i)+1)
	}
	e.sectors = append(e.sectors, reactionSector{sector: *v.sector, rank: v.rank, full: z, rows: rows, psi: e.space.psi(v.sector)})
	return nil
}

// SampleLaw is C_data(t; n) and C_noise(t; n): the leading order with the reaction of every sample to itself summed up,
//
//	r~_t(x) = r_t(x) - (1/n) int_0^t chi_x(t,s) r~_s(x) ds,   chi_x(t,s) = sum_l N_l psi_l^T R_l(t,s) psi_l
//
// in place of r; rare samples that weigh much on average no longer do. Shift is n |E_x of what the reaction changes|^2,
// a part of n |E f_n - f_MF|^2.
type SampleLaw struct {
	Data, DataError   float64
	Noise, NoiseError float64
	Shift, ShiftError float64
}

// Resummed returns C_data(t; n) and C_noise(t; n) for each n and each time. Errors: no FluctuationOptions.Reaction.
func (g *GapConstants) Resummed(ctx context.Context, samples []float64) ([][]SampleLaw, error) {
	var both [2][][]SampleLaw
	for i, e := range g.reaction {
		if e == nil {
			return nil, errors.New("meanfield: these constants were computed without the reaction of samples")
		}
		var err error
		if both[i], err = e.resum(ctx, samples); err != nil {
			return nil, err
		}
	}
	for i, row := range both[1] {
		for t := range row {
			a, b := &both[1][i][t], &both[0][i][t]
			a.DataError, a.NoiseError, a.ShiftError = margin*math.Abs(a.Data-b.Data), margin*math.Abs(a.Noise-b.Noise), margin*math.Abs(a.Shift-b.Shift)
		}
	}
	return both[1], nil
}

func (e *reaction) resum(ctx context.Context, samples []float64) ([][]SampleLaw, error) {
	out := make([][]SampleLaw, len(samples))
	for i := range out {
		out[i] = make([]SampleLaw, len(e.times))
	}
	times := len(e.tr.a)
	if times == 0 {
		return out, nil
	}
	functions, _ := e.space.residual.Dims()
	// Sums over samples of degree 0, by n, time and function: of r~ psi answered, and of r psi answered.
	means := make([][][][2]float64, len(samples))
	for i := range means {
		means[i] = make([][][2]float64, len(e.times))
		for o := range means[i] {
			means[i][o] = make([][2]float64, e.space.own)
		}
	}
	chi := make([]float64, times*times)
	plain := [2][]float64{make([]float64, times), make([]float64, times)}
	reacted := make([]float64, times)
	for q, weight := range e.space.weight {
		const nothing = 1e-18
		if weight < nothing {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("meanfield: reaction of samples: %w", err)
		}
		e.reactions(chi, q)
		for t := range times {
			plain[1][t], plain[0][t] = 1, 0
			for f := range functions {
				plain[0][t] += e.space.rho.At(t, f) * e.space.residual.At(f, q)
			}
		}
		for i, n := range samples {
			for kind, r := range plain {
				if err := e.react(reacted, chi, r, n); err != nil {
					return nil, err
				}
				for o := range e.times {
					square := e.influence(o, q, weight, reacted, r, means[i][o], kind == 0)
					if kind == 0 {
						out[i][o].Data += weight * square
					} else {
						out[i][o].Noise += weight * square
					}
				}
			}
		}
	}
	for i, n := range samples {
		for o := range e.times {
			for _, m := range means[i][o] {
				out[i][o].Data -= m[0] * m[0]
				out[i][o].Shift += n * (m[0] - m[1]) * (m[0] - m[1])
			}
		}
	}
	return out, nil
}

// reactions fills chi_x(t_i, t_j) of point q, with the collocation's weights.
func (e *reaction) reactions(chi []float64, q int) {
	clear(chi)
	times := len(e.tr.a)
	p := len(e.tr.rule.node)
	for _, s := range e.sectors {
		psi := make([]float64, s.rank)
		for f := range psi {
			psi[f] = s.psi.At(f, q)
		}
		along := make([]float64, times*s.rank)
		for t := range times {
			to := (t/p + 1) * p // causal, but for the panel's own
			clear(along)
			for f, x := range psi {
				for k, y := range s.full.RawRowView(t*s.rank + f)[:to*s.rank] {
					along[k] += x * y
				}
			}
			for j := range to {
				sum := 0.0
				for f, x := range psi {
					sum += along[j*s.rank+f] * x
				}
				chi[t*times+j] += s.sector.count * sum
			}
		}
	}
}

// react solves (1 + chi/n) out = r, panel by panel.
func (e *reaction) react(out, chi, r []float64, n float64) error {
	times, p := len(r), len(e.tr.rule.node)
	m, rhs := mat.NewDense(p, p, nil), mat.NewVecDense(p, nil)
	var x mat.VecDense
	for lo := 0; lo < times; lo += p {
		for i := range p {
			row := chi[(lo+i)*times : (lo+i+1)*times]
			sum := r[lo+i]
			for j, y := range out[:lo] {
				sum -= row[j] / n * y
			}
			rhs.SetVec(i, sum)
			for j := range p {
				m.Set(i, j, row[lo+j]/n)
			}
			m.Set(i, i, m.At(i, i)+1)
		}
		if err := x.SolveVec(m, rhs); err != nil {
			return fmt.Errorf("meanfield: reaction of samples at n = %g: %w", n, err)
		}
		for i := range p {
			out[lo+i] = x.AtVec(i)
		}
	}
	return nil
}

// influence is sum_l N_l |int R r~ psi_l|^2 at output o, and adds to the means of degree 0.
func (e *reaction) influence(o, q int, weight float64, reacted, plain []float64, means [][2]float64, centred bool) float64 {
	total := 0.0
	for _, s := range e.sectors {
		x := s.rows[o]
		if x == nil {
			return 0
		}
		for a := range s.rank {
			sum, without := 0.0, 0.0
			row := x.RawRowView(a)
			for j := range e.ends[o] + 1 {
				part := 0.0
				for f := range s.rank {
					part += row[j*s.rank+f] * s.psi.At(f, q)
				}
				sum += part * reacted[j]
				without += part * plain[j]
			}
			total += s.sector.count * sum * sum
			if centred && s.sector.degree == 0 {
				means[a][0] += weight * sum
				means[a][1] += weight * without
			}
		}
	}
	return total
}
