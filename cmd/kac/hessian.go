package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/hessian"
	"kac/bench/store"
	"kac/internal/atomicfile"
	"kac/internal/progress"
	"kac/internal/quantity"
)

type hessianCommand struct {
	problemFlags `embed:""`

	Width           *wholeNumber `group:"Network:" placeholder:"M" help:"Neurons of a network that starts at random, from --seed."`
	Seed            *seedNumber  `group:"Network:" placeholder:"S" help:"With --width: its seed. Default: 1."`
	Initial         string       `group:"Network:" placeholder:"FILE" help:"Instead: particles at time 0, one a row, that move to --time: .npy, .npz, .safetensors or text."`
	InitialTensor   string       `group:"Network:" placeholder:"NAME" help:"With --initial: name of the array in an .npz or .safetensors file. Default: the only one."`
	Particles       string       `group:"Network:" placeholder:"FILE" help:"Instead: particles as they are, one a row, of a network that somebody else trained; --time says when, for the exact columns."`
	ParticlesTensor string       `group:"Network:" placeholder:"NAME" help:"With --particles: name of the array in an .npz or .safetensors file. Default: the only one."`
	normaliseFlag   `embed:""`
	Time            quantities `group:"Network:" placeholder:"T,T,..." help:"Time, or times along the run (paper time): 5, 0,1,5, d^1.5, or \"reach 0.1\", the first time at which the infinite network's risk is 0.1."`

	Dynamics      *string     `group:"Dynamics:" placeholder:"WORD" help:"flow: projected gradient flow; descent: projected gradient descent with step --eta. Default: flow."`
	Eta           *realNumber `group:"Dynamics:" placeholder:"E" help:"Step of the descent (paper time); all times must be multiples of it. Default: 0.01."`
	FlowTolerance *realNumber `group:"Dynamics:" placeholder:"E" help:"Error allowed in one step of the flow. Default: 7e-9."`
	Form          string      `group:"Dynamics:" default:"auto" placeholder:"WORD" help:"Interaction sum: pairwise, moment (linear in m), or auto, the cheaper one. Default: auto."`
	Tolerance     realNumber  `group:"Dynamics:" default:"1e-10" placeholder:"E" help:"Absolute error allowed in the reference's risk, 1e-12 to 1e-2. Default: 1e-10."`

	Data     string       `group:"Samples:" placeholder:"FILE" help:"Inputs, n x d: expectations are means over them, of the velocities too. Without samples they are exact."`
	Labels   string       `group:"Samples:" placeholder:"FILE" help:"With --data: the n labels. Default: those of the problem's target."`
	Samples  *wholeNumber `group:"Samples:" placeholder:"N" help:"Instead of --data: so many inputs are drawn."`
	DataSeed *seedNumber  `group:"Samples:" placeholder:"S" help:"With --samples: their seed. Default: 1."`

	Tensor string `group:"Output:" placeholder:"FILE" help:"Also write all local Hessians of the last time as .npy, m x d(d+1)/2: of each the upper triangle, row by row."`
	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text (quantiles), csv or json (a line a particle). Default: text."`

	outputFlags `embed:""`
}

func (c *hessianCommand) Help() string {
	return "The local Hessian of a particle is the derivative of its velocity, while the law of all particles stands still: " +
		"a positive eigenvalue says that the loss is not convex where it stands. Prints, for every particle of a finite network, its alignment alpha with the target, " +
		"its speed |nu|, the largest and the smallest eigenvalue on the tangent space with the residuals |D v - lambda v|, the trace, the self-concordance ratio lambda |alpha|/((k-1) d|alpha|/dt), " +
		"and the exact eigenvalues of infinite width at the same alignment and time, in the direction of alpha (exact_parallel) and across (exact_perpendicular; exact_turn for targets of two coordinates).\n\n" +
		"Examples:\n\n  kac hessian --problem he4 --dim 16 --width 256 --seed 1 --time 5\n" +
		"  kac hessian --problem he4 --dim 16 --width 256 --time 0,2,5,10 --out hessians\n" +
		"  kac hessian --particles w.npy --time 5 --samples 16384 --tensor D.npy --format csv"
}

func (c *hessianCommand) Run(p *process) error {
	workers, err := c.workers()
	if err != nil {
		return err
	}
	in, err := c.input(p)
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	if err := c.roomForTensor(); err != nil {
		return err
	}
	out, err := c.store(p, "kac hessian", in.Parameters, in.Parameters.Names()...)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	for _, text := range in.Notes {
		c.note(p.stderr, "kac hessian", "%s", text)
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac hessian", c.Quiet)
	study, err := in.Run(p.ctx, hessian.Options{Workers: workers, Keep: c.Tensor != "", Progress: bar.Update})
	bar.Done()
	if err != nil {
		return err
	}
	if c.Tensor != "" {
		if err := atomicfile.Write(c.Tensor, study.WriteTensor); err != nil {
			return &failure{err: err, note: "--tensor " + c.Tensor + " was not written"}
		}
	}
	var undrawn error
	if out != nil {
		if undrawn, err = c.finish(p, "kac hessian", out, study.Tables(), []store.File{store.Picture(hessian.PictureFile, study.Picture)}); err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac hessian", parameters: study.Parameters, csv: study.WriteCSV, text: func(w io.Writer) error { return study.WriteText(w) }}); err != nil {
		return err
	}
	if !c.Quiet {
		took, rate := progress.Duration(time.Since(start)), study.Flops/study.Forming.Seconds()
		c.note(p.stderr, "kac hessian", "the local Hessians took %s, %.3g flops a second, %.0f %% of what the processors can; %s in all", progress.Duration(study.Forming), rate, 100*rate/hessian.Peak(workers), took)
	}
	return errors.Join(undrawn)
}

// roomForTensor makes the folder of --tensor, so that a path that cannot be written is told of before any work.
func (c *hessianCommand) roomForTensor() error {
	if c.Tensor == "" {
		return nil
	}
	if info, err := os.Stat(c.Tensor); err == nil && info.IsDir() {
		return bench.Refuse("tensor", c.Tensor, "it is a directory; the local Hessians are one file")
	}
	if err := atomicfile.MakeDir(filepath.Dir(c.Tensor)); err != nil {
		return fmt.Errorf("--tensor %s: %w", c.Tensor, err)
	}
	return nil
}

// input checks everything that was typed, and reads the files.
func (c *hessianCommand) input(p *process) (*hessian.Input, error) {
	if err := checkFormat(c.Format); err != nil {
		return nil, err
	}
	choice, err := c.choice()
	if err != nil {
		return nil, err
	}
	q := hessian.Parameters{ProblemChoice: choice, Seed: 1, Moves: c.Particles == "", Dynamics: gap.DynamicsFlow, Form: c.Form, Tolerance: float64(c.Tolerance), Data: c.Data, Labels: c.Labels}
	if err := c.together(&q); err != nil {
		return nil, err
	}
	if err := c.steps(&q); err != nil {
		return nil, err
	}
	key := "initial"
	q.Particles = c.networkFile(c.Initial, c.InitialTensor)
	if c.Particles != "" {
		key, q.Particles = "particles", c.networkFile(c.Particles, c.ParticlesTensor)
	}
	var network *bench.Network
	if q.Particles != nil {
		if network, err = q.Particles.ReadNetwork(p.ctx, key, choice.Dim); err != nil {
			return nil, err
		}
		q.Dim = network.D
	}
	problem, err := q.Make()
	if err != nil {
		return nil, err
	}
	q.Times, err = bench.TimesAt("time", []quantity.Quantity(c.Time), q.Dim, func(risk float64) (float64, error) {
		return bench.FirstTime(p.ctx, "time", problem, q.Tolerance, risk)
	})
	if err != nil {
		return nil, err
	}
	return q.Ready(p.ctx, network)
}

// together refuses flags that do not belong together, and takes over the others.
func (c *hessianCommand) together(q *hessian.Parameters) error {
	refuse := func(key, format string, arguments ...any) error {
		return bench.Refuse(key, "given", format, arguments...)
	}
	file := c.Particles + c.Initial
	switch {
	case c.Particles != "" && c.Initial != "":
		return refuse("initial", "not together with --particles, which are as they are")
	case c.Width == nil && file == "":
		return bench.Refuse("width", "", "give the number of neurons, or the particles of a file by --particles or --initial")
	case c.Width != nil && file != "":
		return refuse("width", "the rows of the file are the neurons; leave it out")
	case c.Seed != nil && file != "":
		return refuse("seed", "belongs to --width; the particles of a file have none")
	case c.Particles == "" && c.ParticlesTensor != "":
		return refuse("particles-tensor", "only with --particles")
	case c.Initial == "" && c.InitialTensor != "":
		return refuse("initial-tensor", "only with --initial")
	case c.Normalise && file == "":
		return refuse("normalise", "only with --particles or --initial")
	case c.Labels != "" && c.Data == "":
		return refuse("labels", "only with --data")
	case c.Samples != nil && c.Data != "":
		return refuse("samples", "not together with --data, whose rows are the samples")
	case c.DataSeed != nil && c.Samples == nil:
		return refuse("data-seed", "only with --samples")
	}
	if c.Particles != "" {
		for key, given := range map[string]bool{"dynamics": c.Dynamics != nil, "eta": c.Eta != nil, "flow-tolerance": c.FlowTolerance != nil} {
			if given {
				return refuse(key, "the particles of --particles stay as they are; --initial moves them")
			}
		}
	}
	if c.Width != nil {
		q.Width = int(*c.Width)
	}
	if c.Seed != nil {
		q.Seed = uint64(*c.Seed)
	}
	if c.Samples != nil {
		if q.Samples = int(*c.Samples); q.Samples == 0 {
			return bench.Refuse("samples", 0, "allowed are whole numbers from 1 to %d", hessian.MaxSamples)
		}
		if q.DataSeed = 1; c.DataSeed != nil {
			q.DataSeed = uint64(*c.DataSeed)
		}
	}
	return nil
}

// steps fills in what depends on the dynamics, and refuses what belongs to the other one.
func (c *hessianCommand) steps(q *hessian.Parameters) error {
	if c.Dynamics != nil {
		q.Dynamics = *c.Dynamics
	}
	descent := q.Dynamics == gap.DynamicsDescent
	switch {
	case descent && c.FlowTolerance != nil:
		return bench.Refuse("flow-tolerance", "given", "the descent has no tolerance; use it with --dynamics flow only")
	case !descent && c.Eta != nil:
		return bench.Refuse("eta", "given", "the flow has no step; use it with --dynamics descent only")
	}
	q.Eta = 0.01
	_, q.FlowTolerance = bench.FlowTolerances(bench.Float64)
	if c.Eta != nil {
		q.Eta = float64(*c.Eta)
	}
	if c.FlowTolerance != nil {
		q.FlowTolerance = float64(*c.FlowTolerance)
	}
	return nil
}
