package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"kac/kernels"
	"kac/particles"
)

// Dynamics of the finite network.
const (
	DynamicsFlow    = "flow"    // projected gradient flow, dw/dt = nu(w)
	DynamicsDescent = "descent" // w <- normalise(w + eta nu(w)), time = steps * eta
)

// Limits of the gap study. The last keeps the table in memory.
const (
	MaxWidth  = 1 << 24
	MaxSeeds  = 100_000
	MaxPoints = 1_000_001
	MaxRows   = 20_000_000
	// One more and time s*eta loses digits that the observation times need.
	maxSteps = 1e9
)

// GapParameters say everything that determines the numbers of a gap study. Two runs with equal
// parameters give equal files; the number of workers is not one of them.
type GapParameters struct {
	ProblemChoice
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
	// Precision of the interaction in velocities: Float64, or one of particles.Precisions, whose
	// velocities are off by particles.Float32VelocityError and the like. State, time, energies and all comparisons are float64.
	Precision string `json:"precision"`
}

// Check fills in what follows from the rest and returns the problem. Every error is an InputError
// that names the parameter by its key.
func (p *GapParameters) Check() (*particles.Problem, error) {
	problem, err := p.ProblemChoice.Make()
	if err != nil {
		return nil, err
	}
	for _, check := range []func() error{ // each may rely on those before it
		p.checkWidths,
		func() error { return CheckWhole("seeds", p.Seeds, 1, MaxSeeds, "replicas per width") },
		p.checkSeed,
		func() error { return CheckPositive("horizon", p.Horizon, MaxTime, "paper time") },
		func() error {
			return CheckWhole("points", p.Points, 2, MaxPoints, "observation times from 0 to the horizon")
		},
		func() error { return CheckTolerance(p.Tolerance) },
		p.checkSize,
		p.checkPrecision,
		p.checkDynamics,
		func() error { return p.checkForm(problem) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return problem, nil
}

// FlowTolerances returns the least tolerance of the flow that makes sense in a precision, and the
// default: what rounding errors of velocities leave to gain.
func FlowTolerances(precision string) (least, standard float64) {
	if p, err := particles.ParsePrecision(precision); err == nil && p != particles.Float64 {
		return p.FlowTolerance(), p.FlowTolerance()
	}
	return 1e-13, 1e-8
}

func (p *GapParameters) checkPrecision() error {
	if p.Precision == "" {
		p.Precision = Float64
	}
	return checkPrecision(p.Precision)
}

// checkPrecision refuses what is no precision. Results in one that this machine does not have can be read on it.
func checkPrecision(name string) error {
	if _, err := particles.ParsePrecision(name); err != nil {
		all := particles.Precisions()
		return refuse("precision", name, "allowed are %s and %s", strings.Join(all[:len(all)-1], ", "), all[len(all)-1])
	}
	return nil
}

// CheckAvailable returns the InputError of a run in a precision that this machine does not have. No other precision takes its place.
func CheckAvailable(precision string) error {
	p, err := particles.ParsePrecision(cmp.Or(precision, Float64))
	if err == nil {
		err = p.Available()
	}
	if err != nil {
		return refuse("precision", precision, "%v", err)
	}
	return nil
}

// CheckTolerance refuses reference tolerances that the solver does not offer.
func CheckTolerance(tolerance float64) error {
	return CheckNumber("tolerance", tolerance, 1e-13, 1e-2, "absolute error of the reference risk")
}

func (p *GapParameters) checkWidths() error {
	value := strings.Trim(fmt.Sprint(p.Widths), "[]")
	value = strings.ReplaceAll(value, " ", ",")
	if len(p.Widths) == 0 {
		return refuse("widths", value, "give at least one width, such as 64,128,256")
	}
	p.Widths = slices.Clone(p.Widths)
	slices.Sort(p.Widths)
	for i, m := range p.Widths {
		switch {
		case m < 1 || m > MaxWidth:
			return refuse("widths", value, "%d is not allowed; widths are whole numbers from 1 to %d", m, MaxWidth)
		case i > 0 && m == p.Widths[i-1]:
			return refuse("widths", value, "%d is there twice; every width may appear once", m)
		}
	}
	return nil
}

func (p *GapParameters) checkSeed() error {
	if p.Seed > math.MaxUint64-uint64(p.Seeds-1) {
		return refuse("seed", p.Seed, "the last of %d seeds would exceed %d", p.Seeds, uint64(math.MaxUint64))
	}
	return nil
}

func (p *GapParameters) checkSize() error {
	rows := float64(len(p.Widths)) * float64(p.Seeds) * float64(p.Points)
	if rows > MaxRows {
		return refuse("points", p.Points, "with %d widths and %d seeds the table has %.3g rows; allowed are %.3g", len(p.Widths), p.Seeds, rows, float64(MaxRows))
	}
	return nil
}

func (p *GapParameters) checkDynamics() error {
	switch p.Dynamics {
	case DynamicsFlow:
		if p.Eta != 0 {
			return refuse("eta", number(p.Eta), "the flow has no step; use eta with dynamics descent only")
		}
		least, _ := FlowTolerances(p.Precision)
		return CheckNumber("flow-tolerance", p.FlowTolerance, least, 1e-2, "error of one step in "+p.Precision+", coordinates are of size one")
	case DynamicsDescent:
		p.FlowTolerance = 0
		return p.checkEta()
	}
	return refuse("dynamics", p.Dynamics, "allowed are flow and descent")
}

// checkEta asks that every observation time is a whole number of steps, within the 1e-6 of a step
// that particles.Descend allows.
func (p *GapParameters) checkEta() error {
	if err := CheckPositive("eta", p.Eta, 1e3, "paper time per step"); err != nil {
		return err
	}
	if p.Horizon/p.Eta > maxSteps {
		return refuse("eta", number(p.Eta), "%.3g steps to the horizon %s; allowed are %.3g", p.Horizon/p.Eta, number(p.Horizon), float64(maxSteps))
	}
	spacing := p.Horizon / float64(p.Points-1)
	for _, t := range p.Times() {
		if steps := t / p.Eta; math.Abs(steps-math.Round(steps)) > 1e-6 {
			return refuse("eta", number(p.Eta), "the time %s is not a whole number of steps; the spacing of the times, %s, must be a multiple of eta", number(t), number(spacing))
		}
	}
	return nil
}

func (p *GapParameters) checkForm(problem *particles.Problem) error {
	form, err := particles.ParseForm(p.Form)
	if err != nil {
		return refuse("form", p.Form, "allowed are auto, pairwise and moment")
	}
	if precision, _ := particles.ParsePrecision(p.Precision); precision.BF16() && form == particles.MomentForm {
		return refuse("form", p.Form, "precision %s sums over pairs; use pairwise, or auto, which leaves the moments to the energies", p.Precision)
	}
	if m := p.Widths[len(p.Widths)-1]; form == particles.MomentForm && math.IsInf(kernels.MomentFlops(m, p.Dim, problem.Dual()), 1) {
		return refuse("form", p.Form, "dimension %d and degree %d need too many moments; use pairwise or auto", p.Dim, problem.Activation().Degree())
	}
	return nil
}

// Times returns the observation times, paper time.
func (p *GapParameters) Times() []float64 { return Grid(p.Horizon, p.Points) }

// Grid returns `points` equally spaced times from 0 to the horizon; points is at least 2.
func Grid(horizon float64, points int) []float64 {
	times := make([]float64, points)
	for i := range times {
		times[i] = horizon * float64(i) / float64(points-1)
	}
	return times
}

// differences lists, for people, in which parameters two checked sets differ.
func (p *GapParameters) differences(q *GapParameters) ([]string, error) {
	a, err := asMap(p)
	if err != nil {
		return nil, err
	}
	b, err := asMap(q)
	if err != nil {
		return nil, err
	}
	union := maps.Clone(a)
	maps.Copy(union, b)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(union)) {
		if x, y := string(a[key]), string(b[key]); x != y {
			out = append(out, fmt.Sprintf("%s %s, not %s", strings.ReplaceAll(key, "_", "-"), orNone(x), orNone(y)))
		}
	}
	return out, nil
}

func asMap(p *GapParameters) (map[string]json.RawMessage, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encoding the parameters: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("decoding the parameters: %w", err)
	}
	return fields, nil
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
