package main

import (
	"time"

	"kac/bench"
	"kac/bench/distance"
	"kac/bench/store"
	"kac/internal/progress"
	"kac/internal/quantity"
)

type measureCommand struct {
	problemFlags `embed:""`

	Particles         string `group:"Network:" required:"" placeholder:"FILE" help:"Particles of the network, one a row: .npy, .npz, .safetensors or text."`
	ParticlesTensor   string `group:"Network:" placeholder:"NAME" help:"Name of the array in an .npz or .safetensors file. Default: the only one."`
	SecondLayer       string `group:"Network:" placeholder:"FILE" help:"Second layer a, f(x) = (1/m) sum_i a_i sigma(<w_i, x>): m numbers. Default: ones."`
	SecondLayerTensor string `group:"Network:" placeholder:"NAME" help:"With --second-layer: name of the array. Default: the only one."`
	Initial           string `group:"Network:" placeholder:"FILE" help:"The particles at time 0, row by row: the coupling to their infinite-width twins is measured."`
	InitialTensor     string `group:"Network:" placeholder:"NAME" help:"With --initial: name of the array. Default: the only one."`
	normaliseFlag     `embed:""`

	Time      *timeQuantity `group:"Limit:" placeholder:"T" help:"Paper time that the network has trained: a number, d^1.5, or \"reach 0.1\". Default: that at which the infinite network is nearest."`
	Networks  *wholeNumber  `group:"Limit:" placeholder:"N" help:"Networks of the same width that start at random and are run beside, to see what is usual; 0: none. Default: 8 where that takes seconds."`
	Seed      *seedNumber   `group:"Limit:" placeholder:"S" help:"Seed of the first of them. Default: 1001."`
	Tolerance realNumber    `group:"Limit:" default:"1e-10" placeholder:"E" help:"Absolute error allowed in the reference's risk, 1e-12 to 1e-2. Default: 1e-10."`

	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *measureCommand) Help() string {
	return "How far is a network that somebody else trained from its mean-field limit? Prints its risk, its distance ||f_m - f_MF(t)||^2 to the infinite network, " +
		"m times that beside the exact constant C(t) and beside networks of the same width, the coupling to the twins of the initial particles, alignments and local Hessians, " +
		"and says in one sentence whether the width is in the 1/m regime. A script that exports a network from PyTorch or JAX is in docs/own-network.md.\n\n" +
		"Examples:\n\n  kac measure --particles w.npy --problem he4 --dim 16 --time 5\n" +
		"  kac measure --particles net.safetensors --particles-tensor fc1.weight --initial w0.npy --problem he4 --format json"
}

func (c *measureCommand) Run(p *process) error {
	workers, err := c.workers()
	if err != nil {
		return err
	}
	in, err := c.input(p)
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	out, err := c.store(p, "kac measure", in.Parameters, "measure.csv", "measure.json", hessiansFile)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	for _, text := range in.Notes {
		c.note(p.stderr, "kac measure", "%s", text)
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac measure", c.Quiet)
	result, err := in.Run(p.ctx, workers, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	if out != nil {
		tables := []store.File{{Name: "measure.csv", Fill: result.WriteCSV}, {Name: "measure.json", Fill: result.WriteJSON}}
		if result.Hessians != nil {
			tables = append(tables, store.File{Name: hessiansFile, Fill: result.Hessians.WriteCSV})
		}
		if _, err := c.finish(p, "kac measure", out, tables, nil); err != nil {
			return err
		}
	}
	if c.Format == formatJSON {
		if err := result.WriteJSON(p.stdout); err != nil {
			return err
		}
	} else if err := p.print(c.Format, output{program: "kac measure", csv: result.WriteCSV, text: result.WriteText}); err != nil {
		return err
	}
	for _, text := range []string{result.NoConstant, result.NoNetworks} {
		if text != "" {
			c.note(p.stderr, "kac measure", "%s", text)
		}
	}
	c.note(p.stderr, "kac measure", "%s", progress.Duration(time.Since(start)))
	return nil
}

// hessiansFile has the particles' rows of kac hessian.
const hessiansFile = "particles.csv"

// input checks everything that was typed, and reads the files.
func (c *measureCommand) input(p *process) (*distance.Input, error) {
	if err := checkFormat(c.Format); err != nil {
		return nil, err
	}
	choice, err := c.choice()
	if err != nil {
		return nil, err
	}
	q := distance.Parameters{ProblemChoice: choice, Particles: *c.networkFile(c.Particles, c.ParticlesTensor), Networks: -1, Seed: 1001, Tolerance: float64(c.Tolerance)}
	for _, f := range []struct{ key, tensor, file string }{{"second-layer", c.SecondLayerTensor, c.SecondLayer}, {"initial", c.InitialTensor, c.Initial}} {
		if f.tensor != "" && f.file == "" {
			return nil, bench.Refuse(f.key+"-tensor", f.tensor, "only with --%s", f.key)
		}
	}
	q.SecondLayer, q.Initial = c.networkFile(c.SecondLayer, c.SecondLayerTensor), c.networkFile(c.Initial, c.InitialTensor)
	if q.SecondLayer != nil {
		q.SecondLayer.Normalise = false
	}
	if c.Networks != nil {
		q.Networks = int(*c.Networks)
		if q.Networks < 0 {
			return nil, bench.Refuse("networks", q.Networks, "allowed are whole numbers from 0")
		}
	}
	if c.Seed != nil {
		q.Seed = uint64(*c.Seed)
	}
	network, err := q.Particles.ReadNetwork(p.ctx, "particles", choice.Dim)
	if err != nil {
		return nil, err
	}
	q.Dim = network.D
	problem, err := q.Make()
	if err != nil {
		return nil, err
	}
	if c.Time != nil {
		times, err := bench.TimesAt("time", []quantity.Quantity{quantity.Quantity(*c.Time)}, q.Dim, func(risk float64) (float64, error) {
			return bench.FirstTime(p.ctx, "time", problem, q.Tolerance, risk)
		})
		if err != nil {
			return nil, err
		}
		q.Time = &times[0]
	}
	return q.Ready(p.ctx, network)
}
