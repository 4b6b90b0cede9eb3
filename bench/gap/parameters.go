package gap

import (
	"math"

	"kac/bench"
	"kac/kernels"
	"kac/particles"
)

// Dynamics of the finite network.
const (
	DynamicsFlow    = "flow"    // projected gradient flow, dw/dt = nu(w)
	DynamicsDescent = "descent" // w <- normalise(w + eta nu(w)), time = steps * eta
)

// Limits of the gap study. MaxRows keeps the table in memory.
const (
	MaxRows = 20_000_000
	// One more and time s*eta loses digits that the observation times need.
	maxSteps = 1e9
)

// Parameters say everything that determines the numbers of a gap study. Two runs with equal
// parameters give equal files; the number of workers is not one of them.
type Parameters struct {
	bench.ProblemChoice
	Widths    []int   `json:"widths"`        // m, kept in increasing order
	Seeds     int     `json:"seeds"`         // replicas per width
	Seed      uint64  `json:"seed"`          // the replicas have seeds Seed, Seed+1, ...
	Horizon   float64 `json:"horizon"`       // last time, paper time
	Points    int     `json:"points"`        // equally spaced times, 0 and horizon among them
	Dynamics  string  `json:"dynamics"`      // DynamicsFlow or DynamicsDescent
	Eta       float64 `json:"eta,omitempty"` // step of the descent, paper time; 0 under the flow
	Tolerance float64 `json:"tolerance"`     // of the reference, on its risk
	// FlowTolerance bounds the error that one step of the flow makes, relative to coordinates of
	// size one; 0 under the descent.
	FlowTolerance float64 `json:"flow_tolerance,omitempty"`
	Form          string  `json:"form"` // auto, pairwise or moment
	// Precision of the interaction in velocities: Float64, or one of particles.Precisions, whose velocities are off by
	// particles.Float32VelocityError and the like. State, time, energies and all comparisons are float64.
	Precision string `json:"precision"`
	// Initial is a file of particles that the networks start from, their first rows; "": at random.
	Initial       string `json:"initial,omitempty"`
	InitialTensor string `json:"initial_tensor,omitempty"`
	InitialSum    string `json:"initial_sha256,omitempty"` // of the numbers, filled in by ReadInitial
	// Snapshots are times at which the particles are kept.
	Snapshots []float64 `json:"snapshots,omitempty"`
	initial   *bench.Network
}

// Check fills in what follows from the rest and returns the problem. Every error is a bench.InputError
// that names the parameter by its key.
func (p *Parameters) Check() (particles.Expectations, error) {
	problem, err := p.ProblemChoice.Make()
	if err != nil {
		return nil, err
	}
	for _, check := range []func() error{ // each may rely on those before it
		p.checkWidths,
		func() error { return bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "replicas per width") },
		p.checkSeed,
		func() error { return bench.CheckPositive("horizon", p.Horizon, bench.MaxTime, "paper time") },
		func() error {
			return bench.CheckWhole("points", p.Points, 2, bench.MaxPoints, "observation times from 0 to the horizon")
		},
		func() error { // a horizon of a few of the smallest numbers has no more times
			if math.Abs(p.Horizon) < float64(bench.MaxPoints)*5e-324 {
				p.Points = len(p.Times())
			}
			return nil
		},
		func() error { return bench.CheckTolerance(p.Tolerance) },
		p.checkSize,
		p.checkPrecision,
		p.checkDynamics,
		func() error { return p.checkForm(problem) },
		p.checkSnapshots,
		func() error { return p.checkInitial(problem) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return problem, nil
}

func (p *Parameters) checkPrecision() error {
	if p.Precision == "" {
		p.Precision = bench.Float64
	}
	return bench.CheckPrecision(p.Precision)
}

func (p *Parameters) checkWidths() (err error) {
	p.Widths, err = bench.CheckWidths(p.Widths)
	return err
}

func (p *Parameters) checkSeed() error {
	if p.Seed > math.MaxUint64-uint64(p.Seeds-1) {
		return bench.Refuse("seed", p.Seed, "the last of %d seeds would exceed %d", p.Seeds, uint64(math.MaxUint64))
	}
	return nil
}

func (p *Parameters) checkSize() error {
	rows := float64(len(p.Widths)) * float64(p.Seeds) * float64(p.Points)
	if rows > MaxRows {
		return bench.Refuse("points", p.Points, "with %d widths and %d seeds the table has %.3g rows; allowed are %.3g", len(p.Widths), p.Seeds, rows, float64(MaxRows))
	}
	return nil
}

func (p *Parameters) checkDynamics() error {
	switch p.Dynamics {
	case DynamicsFlow:
		if p.Eta != 0 {
			return bench.Refuse("eta", bench.Number(p.Eta), "the flow has no step; use eta with dynamics descent only")
		}
		least, _ := bench.FlowTolerances(p.Precision)
		return bench.CheckNumber("flow-tolerance", p.FlowTolerance, least, 1e-2, "error of one step in "+p.Precision+", coordinates are of size one")
	case DynamicsDescent:
		p.FlowTolerance = 0
		return p.checkEta()
	}
	return bench.Refuse("dynamics", p.Dynamics, "allowed are flow and descent")
}

// checkEta asks that every observation time is a whole number of steps, within the 1e-6 of a step
// that particles.Descend allows.
func (p *Parameters) checkEta() error {
	if err := bench.CheckPositive("eta", p.Eta, 1e3, "paper time per step"); err != nil {
		return err
	}
	if p.Horizon/p.Eta > maxSteps {
		return bench.Refuse("eta", bench.Number(p.Eta), "%.3g steps to the horizon %s; allowed are %.3g", p.Horizon/p.Eta, bench.Number(p.Horizon), float64(maxSteps))
	}
	spacing := p.Horizon / float64(p.Points-1)
	for _, t := range p.Times() {
		if steps := t / p.Eta; math.Abs(steps-math.Round(steps)) > 1e-6 {
			return bench.Refuse("eta", bench.Number(p.Eta), "the time %s is not a whole number of steps; the spacing of the times, %s, must be a multiple of eta", bench.Number(t), bench.Number(spacing))
		}
	}
	return nil
}

func (p *Parameters) checkForm(problem particles.Expectations) error {
	form, err := particles.ParseForm(p.Form)
	if err != nil {
		return bench.Refuse("form", p.Form, "allowed are auto, pairwise and moment")
	}
	if precision, _ := particles.ParsePrecision(p.Precision); precision.BF16() && form == particles.MomentForm {
		return bench.Refuse("form", p.Form, "precision %s sums over pairs; use pairwise, or auto, which leaves the moments to the energies", p.Precision)
	}
	if m := p.Widths[len(p.Widths)-1]; form == particles.MomentForm && math.IsInf(kernels.MomentFlops(m, p.Dim, problem.Dual()), 1) {
		return bench.Refuse("form", p.Form, "dimension %d and degree %d need too many moments; use pairwise or auto", p.Dim, problem.Activation().Degree())
	}
	return nil
}

// Times returns the observation times, paper time.
func (p *Parameters) Times() []float64 { return bench.Grid(p.Horizon, p.Points) }

// RoundUp moves a computed horizon up so that all observation times are steps of a descent.
func (p *Parameters) RoundUp(horizon float64) float64 {
	if p.Dynamics != DynamicsDescent || !(p.Eta > 0) || p.Points < 2 {
		return horizon
	}
	steps := math.Ceil(horizon/p.Eta/float64(p.Points-1)-1e-9) * float64(p.Points-1)
	if !(steps < 1<<53) {
		return horizon // refused where the steps are counted
	}
	return bench.StepTime(int64(steps), p.Eta)
}
