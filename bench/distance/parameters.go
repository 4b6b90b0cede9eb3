package distance

import (
	"context"
	"fmt"
	"math"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/hessian"
	"kac/kernels"
	"kac/particles"
)

// Parameters say everything that determines the numbers.
type Parameters struct {
	bench.ProblemChoice
	Particles   bench.NetworkFile  `json:"particles"`
	SecondLayer *bench.NetworkFile `json:"second_layer,omitempty"`
	Initial     *bench.NetworkFile `json:"initial,omitempty"`
	Width       int                `json:"width"`          // filled in
	Time        *float64           `json:"time,omitempty"` // paper time; nil: the best is sought
	Networks    int                `json:"networks"`       // of the same width, run beside; -1: as many as are cheap
	Seed        uint64             `json:"seed"`           // of the first of them
	Tolerance   float64            `json:"tolerance"`      // of the reference, on its risk
}

// Input is what the parameters name: checked, read, and ready to run.
type Input struct {
	Parameters Parameters
	Problem    particles.Expectations
	Notes      []string
	network    *bench.Network
	second     []float64 // nil: ones
	initial    *bench.Network
}

const (
	defaultNetworks = 8
	// cheapNetworks are the flops up to which networks are run without being asked for: seconds.
	cheapNetworks = 1e11
	maxNetworks   = 1000
)

// Ready checks the parameters, reads the other files, and estimates the memory. network are the particles of
// p.Particles. Every error but the context's is an InputError.
func (p Parameters) Ready(ctx context.Context, network *bench.Network) (*Input, error) {
	p.Dim, p.Width = network.D, network.M
	in := &Input{network: network, Notes: network.Notes}
	var err error
	if in.Problem, err = p.ProblemChoice.Make(); err != nil {
		return nil, err
	}
	if err := bench.CheckTolerance(p.Tolerance); err != nil {
		return nil, err
	}
	if p.Time != nil {
		if err := bench.CheckTimes("time", []float64{*p.Time}); err != nil {
			return nil, err
		}
	}
	if p.Networks >= 0 {
		if err := bench.CheckWhole("networks", p.Networks, 0, maxNetworks, "networks that are run beside yours"); err != nil {
			return nil, err
		}
		if p.Networks == 1 {
			return nil, bench.Refuse("networks", 1, "one network has no spread; give 0, or 2 and more")
		}
	}
	if p.SecondLayer != nil {
		file := *p.SecondLayer // filled in
		p.SecondLayer = &file
		if in.second, err = file.ReadVector(ctx, "second-layer", network.M, p.Particles.Path); err != nil {
			return nil, err
		}
	}
	if p.Initial != nil {
		file := *p.Initial
		p.Initial = &file
		if in.initial, err = file.ReadNetwork(ctx, "initial", network.D); err != nil {
			return nil, err
		}
		if in.initial.M != network.M {
			return nil, bench.Refuse("initial", file.Path, "it is %d x %d, and %s is %d x %d; every particle needs the one that it started as", in.initial.M, in.initial.D, p.Particles.Path, network.M, network.D)
		}
		in.Notes = append(in.Notes, in.initial.Notes...)
	}
	in.Parameters = p
	return in, in.memory().Check()
}

// memory is what a run holds at once.
func (in *Input) memory() bench.Memory {
	p := &in.Parameters
	h := hessian.Parameters{ProblemChoice: p.ProblemChoice, Width: p.Width, Particles: &p.Particles, Form: "auto"}
	return h.Memory(in.Problem)
}

// gapParameters are those of the networks beside, which are at time t.
func (in *Input) gapParameters(t float64) gap.Parameters {
	p := &in.Parameters
	return gap.Parameters{
		ProblemChoice: p.ProblemChoice, Widths: []int{p.Width}, Seeds: p.Networks, Seed: p.Seed, Horizon: math.Max(t, 1), Points: 2,
		Dynamics: gap.DynamicsFlow, FlowTolerance: 1e-8, Tolerance: p.Tolerance, Form: "auto",
	}
}

// settle decides how many networks are run beside, to time t; why says so if there are none.
func (in *Input) settle(t float64) (why string) {
	p := &in.Parameters
	if p.Networks >= 0 {
		return ""
	}
	q := in.Problem.Dual()
	// Six velocities a step, and steps as a tolerance of 1e-8 has them: measured.
	work := defaultNetworks * min(kernels.PairwiseFlops(p.Width, p.Dim, q), kernels.MomentFlops(p.Width, p.Dim, q)) * 6 * (10 + 4*t)
	if p.Networks = defaultNetworks; work <= cheapNetworks {
		return ""
	}
	p.Networks = 0
	return fmt.Sprintf("no networks of width %d were run beside yours, since %d would take about %.2g flops; --networks %d runs them", p.Width, defaultNetworks, work, defaultNetworks)
}
