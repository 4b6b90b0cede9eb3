package theory

import (
	"math"
	"slices"
	"strconv"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/portable"
	"kac/particles"
)

// Parameters say everything that determines the numbers of `kac theory`.
type Parameters struct {
	bench.ProblemChoice
	Times     []float64 `json:"times"`     // paper time, increasing
	Tau       float64   `json:"tau"`       // radius of B_tau; 0: 1/(5 degree), Lemma 48 of the paper
	Tolerance float64   `json:"tolerance"` // of the reference, on its risk
	Curves    bool      `json:"curves"`    // also on a grid of times, for the picture

	// Finite networks to compare with; none if there are no widths.
	Widths []int  `json:"widths,omitempty"`
	Seeds  int    `json:"seeds,omitempty"`
	Seed   uint64 `json:"seed,omitempty"`
}

// Check fills in what follows from the rest and returns the problem. Every error is a bench.InputError
// that names the parameter by its key.
func (p *Parameters) Check() (particles.Expectations, error) {
	problem, err := p.ProblemChoice.Make()
	if err != nil {
		return nil, err
	}
	if problem.Rank() > 1 {
		if p.Problem == "" {
			return nil, noReduction("rank", strconv.Itoa(p.Rank), problem)
		}
		return nil, noReduction("problem", p.Problem, problem)
	}
	if err := bench.CheckTimes("times", p.Times); err != nil {
		return nil, err
	}
	if err := bench.CheckTolerance(p.Tolerance); err != nil {
		return nil, err
	}
	if p.Tau == 0 {
		p.Tau = 1 / (5 * float64(degree(problem)))
	}
	if !(p.Tau > 0 && p.Tau <= 1) {
		return nil, bench.Refuse("tau", bench.Number(p.Tau), "allowed are numbers above 0 and up to 1 (distance to the target's direction)")
	}
	if len(p.Widths) == 0 {
		p.Seeds, p.Seed = 0, 0
		return problem, nil
	}
	study := p.gapParameters()
	if _, err := study.Check(); err != nil {
		return nil, err
	}
	p.Widths = study.Widths
	return problem, nil
}

// horizon is the last time; 1 where that is 0, as there is nothing to follow in no time.
func (p *Parameters) horizon() float64 {
	if last := p.Times[len(p.Times)-1]; last > 0 {
		return last
	}
	return 1
}

// noReduction says what is there for a problem without the single-index closed forms.
func noReduction(key, value string, problem particles.Expectations) error {
	return bench.Refuse(key, value, "C(t), J_{t,s} in closed form and the bounds need a single-index target (rank 1), this one has rank %d; "+
		"available for it are the measured gap (kac gap) and the risk (kac reference)", problem.Rank())
}

// degree is the activation's; of one that is no polynomial that of its spectrum.
func degree(p particles.Expectations) int {
	if o, is := p.Overlap().(*particles.AxisOverlap); is {
		return o.Spectrum.Degree()
	}
	return p.Activation().Degree()
}

// gapParameters are those of the finite networks' gap study; its times are replaced later.
func (p *Parameters) gapParameters() gap.Parameters {
	return gap.Parameters{
		ProblemChoice: p.ProblemChoice, Widths: p.Widths, Seeds: p.Seeds, Seed: p.Seed, Horizon: p.horizon(), Points: 2,
		Dynamics: gap.DynamicsFlow, FlowTolerance: 1e-8, Tolerance: p.Tolerance, Form: "auto",
	}
}

// Points of the picture's curves, besides the times asked for.
const curvePoints = 41

// grid returns the times at which the constants are computed, those asked for among them.
func (p *Parameters) grid() []float64 {
	if !p.Curves {
		return p.Times
	}
	return merge(p.Times, bench.Grid(p.horizon(), curvePoints))
}

// Times on which suprema and bounds are discretised, besides those asked for: dense at the start,
// where the first particles escape. With these J_avg at d = 8 to 32 has settled to three digits.
const gradedPoints = 65

func graded(horizon float64) []float64 {
	times := make([]float64, gradedPoints)
	for i := range times {
		times[i] = horizon * portable.Pow(float64(i)/(gradedPoints-1), 3)
	}
	times[gradedPoints-1] = horizon
	return slices.Compact(times) // a horizon of a few of the smallest numbers has no more points
}

// merge returns the union of increasing lists; times closer than 1e-9 of the second's last are one,
// that of the first list.
func merge(first, second []float64) []float64 {
	out := slices.Clone(first)
	near := 1e-9 * second[len(second)-1]
	for _, t := range second {
		if !slices.ContainsFunc(first, func(x float64) bool { return math.Abs(x-t) <= near }) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}
