package explore

import (
	"errors"
	"fmt"

	"kac/bench"
	"kac/bench/gap"
	"kac/particles"
)

// Whose top eigenvalues colour the particles.
const (
	EigenvaluesNetwork = "network" // of the finite network's own local Hessians, by the batched kernel
	EigenvaluesLimit   = "limit"   // of the infinite-width one at the particle's place, exact
	EigenvaluesAuto    = "auto"    // the network's where they cost less than autoFlops a frame
)

// MaxPoints bounds the frames of a run.
const MaxPoints = 20_001

// Local Hessians of a network take about 2 m^2 d^2 flops; above this many a frame takes a tenth of a second.
const autoFlops = 1e9

// Parameters say what network is shown. Equal parameters give equal frames.
type Parameters struct {
	bench.ProblemChoice
	Width       int     `json:"width"`
	Seed        uint64  `json:"seed,string"` // scripts of a page keep 53 bits of a number
	Horizon     float64 `json:"horizon"`     // last time, paper time; under the descent moved up to a multiple of the steps between frames
	Points      int     `json:"points"`      // frames, equally spaced from 0 to the horizon
	Dynamics    string  `json:"dynamics"`
	Eta         float64 `json:"eta,omitempty"`
	Tolerance   float64 `json:"tolerance"`
	Eigenvalues string  `json:"eigenvalues"`
}

// Check fills in what follows from the rest and returns the gap study of this one network. Every error is a
// bench.InputError that names the parameter by its key.
func (p *Parameters) Check() (*gap.Parameters, particles.Expectations, error) {
	if err := bench.CheckWhole("width", p.Width, 1, bench.MaxWidth, "neurons"); err != nil {
		return nil, nil, err
	}
	if err := bench.CheckWhole("points", p.Points, 2, MaxPoints, "frames from time 0 to the horizon"); err != nil {
		return nil, nil, err
	}
	g := &gap.Parameters{
		ProblemChoice: p.ProblemChoice, Widths: []int{p.Width}, Seeds: 1, Seed: p.Seed, Horizon: p.Horizon, Points: p.Points,
		Dynamics: p.Dynamics, Eta: p.Eta, Tolerance: p.Tolerance, Form: "auto", Precision: bench.Float64,
	}
	if p.Dynamics == gap.DynamicsDescent {
		if err := bench.CheckPositive("eta", p.Eta, 1e3, "paper time per step"); err != nil {
			return nil, nil, err
		}
		g.Horizon = g.RoundUp(p.Horizon)
	} else {
		_, g.FlowTolerance = bench.FlowTolerances(g.Precision)
	}
	problem, err := g.Check()
	if err != nil {
		return nil, nil, err
	}
	p.ProblemChoice, p.Horizon, p.Points = g.ProblemChoice, g.Horizon, g.Points
	switch p.Eigenvalues {
	case EigenvaluesNetwork, EigenvaluesLimit:
	case EigenvaluesAuto:
		p.Eigenvalues = EigenvaluesLimit
		if md := float64(p.Width) * float64(p.Dim); 2*md*md <= autoFlops {
			p.Eigenvalues = EigenvaluesNetwork
		}
	default:
		return nil, nil, bench.Refuse("eigenvalues", p.Eigenvalues, "allowed are %s, %s and %s", EigenvaluesNetwork, EigenvaluesLimit, EigenvaluesAuto)
	}
	return g, problem, p.memory(g, problem).Check()
}

// memory is what a run holds at once: the network, its local Hessians, and all frames, once more while they are sent.
func (p *Parameters) memory(g *gap.Parameters, problem particles.Expectations) bench.Memory {
	m, d := float64(p.Width), float64(p.Dim)
	network := gap.CellMemory(g, problem, p.Width) + 8*2*m*d
	if p.Eigenvalues == EigenvaluesNetwork {
		network += 8 * m * (d*(d+1)/2 + 2*d + 2)
	}
	frames := float64(p.Points) * (m*clouds*8 + 400) * 1.5
	return bench.Memory{
		{Key: "width", Value: p.Width, Bytes: network, Lower: fmt.Sprintf("--width, or --dim (%d)", p.Dim)},
		{Key: "points", Value: p.Points, Bytes: frames, Lower: "--points or --width"},
	}
}

// asInput is the InputError in err, if there is one.
func asInput(err error) *bench.InputError {
	var input *bench.InputError
	errors.As(err, &input)
	return input
}
