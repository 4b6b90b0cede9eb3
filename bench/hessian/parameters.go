package hessian

import (
	"context"
	"math"

	"kac/bench"
	"kac/bench/gap"
	"kac/particles"
)

// Parameters say everything that determines the numbers.
type Parameters struct {
	bench.ProblemChoice
	// The network: Width particles of Seed, or those of a file.
	Width     int                `json:"width"`
	Seed      uint64             `json:"seed"`
	Particles *bench.NetworkFile `json:"particles,omitempty"`
	// Moves says that the network starts there at time 0 and moves to Times; else it is as it is in the file, at
	// Times[0] if that is known.
	Moves         bool      `json:"moves"`
	Times         []float64 `json:"times"` // paper time, increasing; none: not known
	Dynamics      string    `json:"dynamics,omitempty"`
	Eta           float64   `json:"eta,omitempty"`
	FlowTolerance float64   `json:"flow_tolerance,omitempty"`
	Form          string    `json:"form"`
	Tolerance     float64   `json:"tolerance"` // of the reference, on its risk
	// Samples: expectations are means over them, in the velocities too; 0 and no Data: exact ones.
	Data     string `json:"data,omitempty"`
	Labels   string `json:"labels,omitempty"`
	Sum      string `json:"data_sha256,omitempty"` // of the numbers, filled in
	Samples  int    `json:"samples,omitempty"`
	DataSeed uint64 `json:"data_seed,omitempty"`
}

// Input is what the parameters name: checked, read, and ready to run.
type Input struct {
	Parameters Parameters
	Problem    particles.Expectations
	Notes      []string
	// Second are second-layer weights of the particles, which stay as they are; nil: ones. Eigenvalues of infinite
	// width are then those in the field of its network, times a particle's own weight.
	Second  []float64
	start   *particles.Ensemble[float64]
	samples *particles.Samples
	form    particles.Form
}

// MaxSamples bounds the samples.
const MaxSamples = 1 << 26

// Ready checks the parameters, reads the samples, and estimates the memory. network are the particles of
// p.Particles, nil without. Every error but the context's is an InputError.
func (p Parameters) Ready(ctx context.Context, network *bench.Network) (*Input, error) {
	in := &Input{Parameters: p}
	q := &in.Parameters
	var err error
	if network != nil {
		q.Dim, q.Width, q.Seed = network.D, network.M, 0
		in.Notes = network.Notes
	}
	if in.Problem, err = q.ProblemChoice.Make(); err != nil {
		return nil, err
	}
	if err := q.check(in); err != nil {
		return nil, err
	}
	if err := q.Memory(in.Problem).Check(); err != nil {
		return nil, err
	}
	if p.Data != "" {
		if in.samples, err = bench.ReadData(ctx, in.Problem.Task(), p.Data, p.Labels); err != nil {
			return nil, err
		}
		q.Samples, q.Sum = in.samples.N, bench.Checksum(append(append([]float64(nil), in.samples.X...), in.samples.Y...))
		in.Notes = append(in.Notes, in.samples.Notes...)
	}
	if network != nil {
		in.start = &particles.Ensemble[float64]{W: network.W, M: network.M, D: network.D}
	}
	return in, nil
}

func (p *Parameters) check(in *Input) (err error) {
	if err := bench.CheckWhole("width", p.Width, 1, bench.MaxWidth, "neurons"); err != nil {
		return err
	}
	if len(p.Times) > 0 || p.Moves {
		if err := bench.CheckTimes("time", p.Times); err != nil {
			return err
		}
	}
	if err := bench.CheckTolerance(p.Tolerance); err != nil {
		return err
	}
	if !p.Moves && len(p.Times) > 1 {
		return bench.Refuse("time", len(p.Times), "the particles of a file are at one time; --initial moves them to several")
	}
	if p.Samples != 0 || p.Data != "" {
		if p.Data == "" {
			if err := bench.CheckWhole("samples", p.Samples, 1, MaxSamples, "inputs that are drawn"); err != nil {
				return err
			}
		}
	}
	if in.form, err = particles.ParseForm(p.Form); err != nil {
		return bench.Refuse("form", p.Form, "allowed are auto, pairwise and moment")
	}
	if !p.Moves {
		p.Dynamics, p.Eta, p.FlowTolerance = "", 0, 0
		return nil
	}
	return p.checkDynamics()
}

func (p *Parameters) checkDynamics() error {
	switch p.Dynamics {
	case gap.DynamicsFlow:
		p.Eta = 0
		return bench.CheckNumber("flow-tolerance", p.FlowTolerance, 1e-13, 1e-2, "error of one step, coordinates are of size one")
	case gap.DynamicsDescent:
		p.FlowTolerance = 0
		if err := bench.CheckPositive("eta", p.Eta, 1e3, "paper time per step"); err != nil {
			return err
		}
		for _, t := range p.Times {
			if steps := t / p.Eta; math.Abs(steps-math.Round(steps)) > 1e-6 || steps > 1e9 {
				return bench.Refuse("eta", bench.Number(p.Eta), "the time %s is not a whole number of steps, or more than 1e9", bench.Number(t))
			}
		}
		return nil
	}
	return bench.Refuse("dynamics", p.Dynamics, "allowed are flow and descent")
}

// Memory estimates what a run holds at once: the matrices with their vectors, the network's motion, the samples.
func (p *Parameters) Memory(problem particles.Expectations) bench.Memory {
	m, d, n := float64(p.Width), float64(p.Dim), float64(p.Samples)
	motion := gap.CellMemory(&gap.Parameters{Dynamics: p.Dynamics, Form: p.Form, ProblemChoice: p.ProblemChoice}, problem, p.Width)
	out := bench.Memory{
		{Key: "width", Value: p.Width, Bytes: 8*(m*d*(d+1)/2+4*m*d) + rowBytes*m*float64(max(1, len(p.Times))) + motion, Lower: "--width, or --dim"},
		{Key: "samples", Value: p.Samples, Bytes: 8 * n * (2*d + 4), Lower: "--samples"},
	}
	if p.Particles != nil {
		out[0].Key, out[0].Value, out[0].Lower = "particles", p.Particles.Path, "the number of rows"
	}
	return out
}

// rowBytes is what a particle takes in the table and while it is printed.
const rowBytes = 600
