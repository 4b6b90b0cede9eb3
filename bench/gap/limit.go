package gap

import (
	"context"
	"fmt"
	"math"
	"slices"

	"kac/internal/memory"
	"kac/meanfield"
	"kac/particles"
)

// Limit holds the exact limits of the scaled gaps as m -> infinity, at the times of a study or closer together: C(t) of
// m E||f_m - f_MF||^2, Coupling of m E(mean_i |Delta_i|^2), and MeanCoupling of m E(mean_i |Delta_i|)^2, each with its
// absolute error; NaN where a limit is not known.
type Limit struct {
	Times                           []float64
	Constant, ConstantError         []float64
	Coupling, CouplingError         []float64
	MeanCoupling, MeanCouplingError []float64
}

const (
	// The limits stand beside means over seeds and under lines of a picture: six digits are more than anyone sees.
	limitTolerance = 1e-6
	// A curve is drawn through at least so many times.
	limitPoints = 25
	// What the limits' products of small matrices cost beside as much arithmetic of the networks' kernels. Measured: .5
	// to 2 GFLOP/s against 30.
	limitPrice = 20
	// Arithmetic of the limits, about a second, that is not worth a thought.
	limitCheap = 1e9
	// Evaluations of the flow's right-hand side in a unit of paper time, at the default tolerance. Measured for he4.
	flowEvaluations = 45
)

// SolveLimit computes the limits of a study with checked parameters. Unless they are asked for, those that cost more
// than the study's own networks are left out: nil, as for targets of rank 2. progress may be nil. A limit that was
// asked for and takes more memory than there is is an error that wraps a *memory.Error.
func SolveLimit(ctx context.Context, problem particles.Expectations, p *Parameters, asked bool, progress func(share float64)) (*Limit, error) {
	if problem.Rank() > 1 {
		return nil, nil
	}
	r, err := meanfield.Solve(ctx, problem, p.Horizon, meanfield.Options{Tolerance: max(p.Tolerance, limitTolerance)})
	if err != nil {
		return nil, fmt.Errorf("solving the limits of m -> infinity: %w", err)
	}
	times, means := limitTimes(p), p.Times()
	if work := r.FluctuationFlops(times, means...); !asked && work > limitCheap && limitPrice*work > networkFlops(p, problem) {
		return nil, nil
	}
	give, err := memory.Take(ctx, r.FluctuationMemory(times, means...))
	switch {
	case err != nil && asked:
		return nil, fmt.Errorf("the limits of m -> infinity: %w", err)
	case err != nil:
		return nil, ctx.Err()
	}
	defer give()
	f, err := meanfield.Fluctuations(ctx, r, times, meanfield.FluctuationOptions{Means: means, Progress: progress})
	if err != nil {
		return nil, fmt.Errorf("solving the limits of m -> infinity: %w", err)
	}
	l := &Limit{
		Times: times, Constant: f.Constant, ConstantError: f.ConstantError, Coupling: f.Coupling, CouplingError: f.CouplingError,
		MeanCoupling: f.MeanCoupling, MeanCouplingError: f.MeanCouplingError,
	}
	l.hide(l.Constant, l.ConstantError)
	l.hide(l.Coupling, l.CouplingError)
	l.hide(l.MeanCoupling, l.MeanCouplingError)
	return l, nil
}

// hide takes out values that are less certain than any mean over seeds.
func (l *Limit) hide(values, errors []float64) {
	for i, e := range errors {
		if l.Times[i] > 0 && !(e < 0.05*math.Abs(values[i])) {
			values[i], errors[i] = math.NaN(), math.NaN()
		}
	}
}

// limitTimes are the study's times, and as many between them as a curve needs.
func limitTimes(p *Parameters) []float64 {
	times := p.Times()
	if len(times) < 2 {
		return times
	}
	parts := (limitPoints + len(times) - 3) / (len(times) - 1)
	var out []float64
	for i, t := range times {
		if out = append(out, t); i+1 == len(times) {
			break
		}
		for k := 1; k < parts; k++ {
			out = append(out, t+(times[i+1]-t)*float64(k)/float64(parts))
		}
	}
	return out
}

// networkFlops is about what the networks of the study take.
func networkFlops(p *Parameters, problem particles.Expectations) float64 {
	g := OfParameters(*p, problem)
	total := 0.0
	for _, m := range p.Widths {
		total += float64(p.Seeds) * g.Cost(m).Work
	}
	if p.Dynamics != DynamicsDescent {
		total *= flowEvaluations
	}
	return total
}

// At gives the limits at the study's times, in the order of the summary's quantities: function error, squared mean of
// the coupling, its mean square. It is nil without limits.
func (l *Limit) At(times []float64) *[quantities]Known {
	if l == nil {
		return nil
	}
	var out [quantities]Known
	for _, t := range times {
		k := slices.Index(l.Times, t)
		for q, from := range [quantities][2][]float64{{l.Constant, l.ConstantError}, {l.MeanCoupling, l.MeanCouplingError}, {l.Coupling, l.CouplingError}} {
			value, wrong := math.NaN(), math.NaN()
			if k >= 0 {
				value, wrong = from[0][k], from[1][k]
			}
			out[q].Value, out[q].Error = append(out[q].Value, value), append(out[q].Error, wrong)
		}
	}
	return &out
}

// Known is a limit at the times of a summary with its absolute error.
type Known struct{ Value, Error []float64 }

// quantities is the number of those in a summary.
const quantities = 3

// row are the values of limitHeader at a time, NaN where they are not known.
func (l *Limit) row(t float64) []float64 {
	out := slices.Repeat([]float64{math.NaN()}, 6)
	if l == nil {
		return out
	}
	if k := slices.Index(l.Times, t); k >= 0 {
		for i, c := range l.columns() {
			out[i] = (*c)[k]
		}
	}
	return out
}
