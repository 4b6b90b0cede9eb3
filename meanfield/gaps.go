package meanfield

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// GapConstants are the leading orders of the other gaps of a finite network, at the times of a Fluctuation: with n
// samples, batches of B, the step eta and label noise of variance tau^2
//
//	E ||f - f_MF||^2 = C/m + (Data + tau^2 Noise)/n + eta/B (SGD + tau^2 SGDNoise) + eta^2 Step + smaller
//
// (docs/mathematics.md, (G.4)). Data and Noise are for n fixed samples used in every step, SGD and SGDNoise for
// fresh batches.
type GapConstants struct {
	Data, DataError         []float64
	Noise, NoiseError       []float64
	SGD, SGDError           []float64
	SGDNoise, SGDNoiseError []float64
	Step, StepError         []float64
	// RiskSlope is d risk/d eta at eta = 0.
	RiskSlope, RiskSlopeError []float64
	// Shift is the second order of the data gap.
	Shift []MeanShift
	// Threshold is n* = |b|^2/Data, b the mean shift of data without label noise: the leading order needs n >> n*.
	Threshold, ThresholdError []float64

	// What Resummed and Epochs need, if FluctuationOptions.Reaction asked for it; of both grids.
	reaction [2]*reaction
}

// MeanShift is b = lim n E[f_n - f_MF] = Data + tau^2 Noise by its parts: E risk_n = risk + (C_data - 2 rho.b)/n + ...,
// gap = C_data/n + |b|^2/n^2 + ...
type MeanShift struct {
	Data2, Cross, Noise2 float64 // |b_data|^2, b_data.b_noise, |b_noise|^2
	RiskData, RiskNoise  float64 // -2 rho.b
}

// Square is |b|^2 for label noise of variance tau2.
func (b MeanShift) Square(tau2 float64) float64 {
	return b.Data2 + 2*tau2*b.Cross + tau2*tau2*b.Noise2
}

func newGapConstants(n int) *GapConstants {
	g := &GapConstants{Shift: make([]MeanShift, n)}
	for _, x := range g.slices() {
		*x.value, *x.wrong = make([]float64, n), make([]float64, n)
	}
	return g
}

type valueAndError struct{ value, wrong *[]float64 }

func (g *GapConstants) slices() []valueAndError {
	return []valueAndError{{&g.Data, &g.DataError}, {&g.Noise, &g.NoiseError}, {&g.SGD, &g.SGDError}, {&g.SGDNoise, &g.SGDNoiseError},
		{&g.Step, &g.StepError}, {&g.RiskSlope, &g.RiskSlopeError}, {&g.Threshold, &g.ThresholdError}}
}

// gapSolver adds up the sectors of one grid.
type gapSolver struct {
	r        *Reference
	grid     int
	times    []float64
	ends     []int // their collocation indices
	near, tr *trajectories
	space    *samples
	shift    *shift
	reaction *reaction // nil where nobody asks
	out      *GapConstants
}

func (r *Reference) gapSolver(times []float64, reacting bool, grid int, near, tr *trajectories) (*gapSolver, error) {
	g := &gapSolver{r: r, grid: grid, times: times, near: near, tr: tr, out: newGapConstants(len(times))}
	for _, t := range times {
		g.ends = append(g.ends, tr.index(t))
	}
	if len(tr.a) == 0 {
		return g, nil
	}
	var err error
	if g.space, err = r.samplesOf(grid, tr); err != nil {
		return nil, err
	}
	if reacting {
		if g.reaction, err = g.newReaction(); err != nil {
			return nil, err
		}
		g.out.reaction[grid] = g.reaction
	}
	g.shift, err = g.newShift()
	return g, err
}

// add adds the part of the sector of v, whose factors are known.
func (g *gapSolver) add(ctx context.Context, v *volterra) error {
	if len(v.tr.a) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("meanfield: constants of the gaps: %w", err)
	}
	q, err := v.equation()
	if err != nil {
		return err
	}
	x, err := q.resolvent(g.ends)
	if err != nil {
		return err
	}
	psi := g.space.psi(v.sector)
	moving := g.moving(v.by, psi)
	for o, rows := range x {
		if rows == nil {
			continue
		}
		g.noise(o, v, rows)
		g.data(o, v, rows, psi)
		g.batches(o, v, rows, moving)
	}
	if v.sector.degree == 0 {
		if err := g.step(q); err != nil {
			return err
		}
	}
	if g.reaction != nil {
		if err := g.reaction.add(q, x); err != nil {
			return err
		}
	}
	return g.shift.add(q, psi)
}

// block is X_j of the rows of a time.
func block(x *mat.Dense, j, rank int) mat.Matrix { return x.Slice(0, rank, j*rank, (j+1)*rank) }

// noise adds N_l |int R ds|^2 and N_l int |R|^2 ds.
func (g *gapSolver) noise(o int, v *volterra, x *mat.Dense) {
	sum := mat.NewDense(v.rank, v.rank, nil)
	square := 0.0
	for j := range g.ends[o] + 1 {
		b := block(x, j, v.rank)
		sum.Add(sum, b)
		f := mat.Norm(b, 2)
		square += f * f / v.tr.step(j)
	}
	f := mat.Norm(sum, 2)
	g.out.Noise[o] += v.sector.count * f * f
	g.out.SGDNoise[o] += v.sector.count * square
}

// data adds N_l {E_x |inf_l|^2 - 1{l=0} |E_x inf_0|^2}, inf_l(t; x) = int R_l(t,s) r_s(x) ds psi_l(x).
func (g *gapSolver) data(o int, v *volterra, x, psi *mat.Dense) {
	_, points := psi.Dims()
	inf := mat.NewDense(v.rank, points, nil)
	functions, _ := g.space.residual.Dims()
	for f := range functions {
		part := v.by.of(g.along(o, v, x, f), psi)
		value := g.space.residual.RawRowView(f)
		for a := range v.rank {
			to, from := inf.RawRowView(a), part.RawRowView(a)
			for q, y := range value {
				to[q] += y * from[q]
			}
		}
	}
	square, mean2 := 0.0, 0.0
	for a := range v.rank {
		mean := 0.0
		for q, y := range inf.RawRowView(a) {
			square += g.space.weight[q] * y * y
			mean += g.space.weight[q] * y
		}
		mean2 += mean * mean
	}
	if v.sector.degree > 0 {
		mean2 = 0
	}
	g.out.Data[o] += v.sector.count * (square - mean2)
}

// along is sum_j X_j rho_f(t_j).
func (g *gapSolver) along(o int, v *volterra, x *mat.Dense, f int) *mat.Dense {
	sum := mat.NewDense(v.rank, v.rank, nil)
	for j := range g.ends[o] + 1 {
		rho := g.space.rho.At(j, f)
		for a := range v.rank {
			to, from := sum.RawRowView(a), x.RawRowView(a)[j*v.rank:(j+1)*v.rank]
			for b, y := range from {
				to[b] += rho * y
			}
		}
	}
	return sum
}

// moving returns E_x[r_t(x)^2 psi psi^T] at all collocation times, the matrices packed by rows.
func (g *gapSolver) moving(by multiplier, psi *mat.Dense) *mat.Dense {
	rank, points := psi.Dims()
	r := by.of(g.space.rho, g.space.residual)
	times, _ := r.Dims()
	for t := range times {
		row := r.RawRowView(t)
		for q := range row {
			row[q] *= row[q]
		}
	}
	products := mat.NewDense(points, rank*(rank+1)/2, nil)
	for q, w := range g.space.weight {
		row := products.RawRowView(q)
		k := 0
		for a := range rank {
			for b := range a + 1 {
				row[k] = w * psi.At(a, q) * psi.At(b, q)
				k++
			}
		}
	}
	return by.of(r, products)
}

// batches adds N_l int {E_x |R_l r_s psi_l|^2 - 1{l=0} |R_0 rho_{F_0}|^2} ds.
func (g *gapSolver) batches(o int, v *volterra, x, moving *mat.Dense) {
	r := v.rank
	t := mat.NewSymDense(r, nil)
	total := 0.0
	var y mat.Dense
	for j := range g.ends[o] + 1 {
		packed := moving.RawRowView(j)
		k := 0
		for a := range r {
			for b := range a + 1 {
				t.SetSym(a, b, packed[k])
				k++
			}
		}
		b := block(x, j, r)
		y.Mul(b, t)
		sum := 0.0
		for i := range r {
			for k := range r {
				sum += y.At(i, k) * b.At(i, k)
			}
		}
		if v.sector.degree == 0 {
			for i := range r {
				mean := 0.0
				for k := range r {
					mean += b.At(i, k) * g.space.rho.At(j, k)
				}
				sum -= mean * mean
			}
		}
		total += sum / v.tr.step(j)
	}
	g.out.SGD[o] += v.sector.count * total
}

// finish closes the sums.
func (g *gapSolver) finish() (*GapConstants, error) {
	if g.shift == nil {
		return g.out, nil
	}
	if err := g.shift.finish(); err != nil {
		return nil, err
	}
	for o, b := range g.out.Shift {
		if g.out.Data[o] > 0 {
			g.out.Threshold[o] = b.Data2 / g.out.Data[o]
		}
	}
	return g.out, nil
}

// setErrors sets the errors of the finer grid's constants.
func (g *GapConstants) setErrors(coarse *GapConstants, distance func(fine, coarse []float64) []float64) {
	was := coarse.slices()
	g.reaction[0] = coarse.reaction[0]
	for i, x := range g.slices() {
		*x.wrong = distance(*x.value, *was[i].value)
	}
}
