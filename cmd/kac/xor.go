package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/bench/xor"
	"kac/internal/plotting"
	"kac/internal/progress"
	"kac/internal/quantity"
)

type xorCommand struct {
	Dim     *wholeNumber `group:"Network:" placeholder:"D" help:"Coordinates d of an input, x uniform on {-1,1}^d, y = -x_1 x_2. Default: 24."`
	Widths  quantities   `group:"Network:" placeholder:"M,M,..." help:"Numbers of neurons, such as 64,128,256 or 2^6..2^10."`
	Scale   *realNumber  `group:"Network:" placeholder:"THETA" help:"Initial |w| and |a|, in f = (1/m) sum a_j relu(<w_j,x>). Default: 1."`
	Halves  bool         `group:"Network:" help:"Second layers +, -, +, ... in place of fair coins."`
	Loss    string       `group:"Network:" placeholder:"WORD" help:"logistic: kappa log(1+exp(-y f)), or square: (1 - y f)^2. Default: logistic."`
	Kappa   *realNumber  `group:"Network:" placeholder:"KAPPA" help:"Factor of the logistic loss. Default: 2, the paper's."`
	Initial string       `group:"Network:" placeholder:"FILE" help:"Neurons of your own, rows of d + 1 numbers, w then a (.npy or .csv); a network takes the first ones, and the infinite one starts from the root of their mean |w|^2."`

	Data   string       `group:"Data:" placeholder:"FILE" help:"Instead of XOR: inputs of your own, one a row (.npy or .csv)."`
	Labels string       `group:"Data:" placeholder:"FILE" help:"Labels of --data, two values."`
	Wide   *wholeNumber `group:"Data:" name:"reference-width" placeholder:"M" help:"With --data: neurons of the network that stands for infinitely many. Default: 4096."`

	Rate    *realNumber  `group:"Descent:" placeholder:"B" help:"Samples per d and unit of time: the batch is B eta d, rounded. Default: 4."`
	Batch   *string      `group:"Descent:" placeholder:"N" help:"Instead: samples of a step, or inf: the whole cube in every step (d <= 14)."`
	Samples *wholeNumber `group:"Descent:" placeholder:"N" help:"Fixed samples, cut into batches anew in every epoch. Default: fresh ones in every step."`
	Eta     *realNumber  `group:"Descent:" placeholder:"ETA" help:"Step (paper time). Default: 0.125."`
	Horizon *realNumber  `group:"Descent:" placeholder:"T" help:"Last time (paper time), a multiple of eta. Default: 12."`

	Seeds *wholeNumber `group:"Work:" placeholder:"N" help:"Networks of each width. Default: 4."`
	Seed  *seedNumber  `group:"Work:" placeholder:"S" help:"First seed. Default: 1."`

	Points    *wholeNumber `group:"Measured:" placeholder:"N" help:"Times from 0 to the horizon. Default: 21."`
	Test      *wholeNumber `group:"Measured:" placeholder:"N" help:"Inputs for testing; the whole cube where it has no more. Default: 4096."`
	Zeta      *realNumber  `group:"Measured:" placeholder:"ZETA" help:"Heavy neurons have |w_perp| + |w_opp| <= zeta |w_sig|. Default: 0.5."`
	Coupling  bool         `group:"Measured:" help:"Also the distance of neurons to those of the infinite network that start with them."`
	Law       string       `group:"Measured:" placeholder:"WORD" help:"Coordinates 3 to d in the infinite network: spherical, or boolean, which draws neurons. Default: boolean up to d = 16, then spherical."`
	Precision string       `group:"Work:" placeholder:"WORD" help:"float64 or float32. Default: float64."`

	Reach *realNumber `group:"What to do:" placeholder:"LEVEL" help:"Count the samples until the test error, and the loss, are LEVEL, such as 0.1."`
	Rates realNumbers `group:"What to do:" placeholder:"B,B,..." help:"Several rates in place of one: the batch's part of the gap apart from the width's; with --reach the samples at each."`
	Dims  quantities  `group:"What to do:" placeholder:"D,D,..." help:"With --reach: dimensions, beside the sample law and the kernel of all products."`
	Paper *realNumber `group:"Descent:" placeholder:"C" help:"Instead of scale, rate and eta: those of the paper's theorem, theta = eta = log(d)^-C, batch d/theta."`

	Plan      bool        `group:"Output:" help:"Say what it will take, by steps of the widest network, and stop."`
	Snapshots realNumbers `group:"Output:" placeholder:"T,T,..." help:"With --out: times at which all neurons are kept, rows (w, a) as .npy."`
	Format    string      `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *xorCommand) Help() string {
	return "Trains both layers of networks on XOR with a logistic loss (Glasgow, ICLR 2024), beside the exact infinite network f = y G(t): error, loss, m * gap, " +
		"what part of the neurons' energy is signal, and how many are heavy. docs/xor.md explains the two phases.\n\n" +
		"Examples:\n\n  kac xor --dim 24 --widths 64,256 --rate 4 --eta .125 --horizon 12 --seeds 8\n" +
		"  kac xor --dim 10 --widths 16,64,256 --batch inf --eta .05 --horizon 6 --seeds 48 --points 4\n" +
		"  kac xor --dim 32 --widths 128,512 --rates 4,16,64 --eta .05 --horizon 6 --seeds 12\n" +
		"  kac xor --dims 16,32,64 --widths 128 --rates 1,4 --reach .1 --seeds 12 --precision float32"
}

// parameters are those of the flags, checked.
func (c *xorCommand) parameters(p *process) (xor.Parameters, error) {
	out := xor.Parameters{
		Dim: xor.DefaultDim, Scale: xor.DefaultScale, Kappa: xor.DefaultKappa, Eta: xor.DefaultEta, Horizon: xor.DefaultHorizon, Points: xor.DefaultPoints,
		Seeds: xor.DefaultSeeds, Seed: 1, Test: xor.DefaultTest, Zeta: xor.DefaultZeta, Halves: c.Halves, Coupling: c.Coupling, Law: c.Law, Loss: c.Loss, Precision: c.Precision, Initial: c.Initial,
	}
	if c.Loss == xor.Square {
		out.Kappa = 0
	}
	for _, set := range []struct {
		from *realNumber
		to   *float64
	}{{c.Scale, &out.Scale}, {c.Kappa, &out.Kappa}, {c.Eta, &out.Eta}, {c.Horizon, &out.Horizon}, {c.Zeta, &out.Zeta}} {
		if set.from != nil {
			*set.to = float64(*set.from)
		}
	}
	for _, set := range []struct {
		from *wholeNumber
		to   *int
	}{{c.Dim, &out.Dim}, {c.Points, &out.Points}, {c.Seeds, &out.Seeds}, {c.Test, &out.Test}} {
		if set.from != nil {
			*set.to = int(*set.from)
		}
	}
	if c.Seed != nil {
		out.Seed = uint64(*c.Seed)
	}
	if c.Samples != nil {
		if out.Fixed = int(*c.Samples); out.Fixed == 0 {
			return out, bench.CheckWhole("samples", 0, 1, xor.MaxBatch, "fixed samples")
		}
	}
	if err := c.batch(&out); err != nil {
		return out, err
	}
	if c.Wide != nil {
		if out.Wide = int(*c.Wide); out.Wide == 0 {
			return out, bench.CheckWhole("reference-width", 0, 1, bench.MaxWidth, "neurons")
		}
	}
	if c.Initial != "" && c.Scale != nil {
		return out, &bench.InputError{Key: "scale", Value: bench.Number(out.Scale), Reason: "not together with --initial, whose neurons have their own; the infinite network beside them starts from the root of their mean |w|^2"}
	}
	if c.Data != "" || c.Labels != "" {
		return c.own(p, out)
	}
	if err := xor.CheckDim(out.Dim); err != nil {
		return out, err
	}
	if c.Paper != nil {
		if err := c.paper(&out); err != nil {
			return out, err
		}
	}
	if out.Law == "" && out.Dim <= 16 {
		out.Law = xor.Boolean
	}
	var err error
	if out.Widths, err = bench.WholesAt("widths", c.Widths, out.Dim, bench.MaxWidth); err != nil {
		return out, err
	}
	return out, out.Check(p.ctx)
}

// own are the parameters of data of the user's.
func (c *xorCommand) own(p *process, out xor.Parameters) (xor.Parameters, error) {
	for _, other := range []struct {
		key   string
		given bool
	}{{"dim", c.Dim != nil}, {"paper", c.Paper != nil}, {"test", c.Test != nil}, {"zeta", c.Zeta != nil}} {
		if other.given {
			return out, &bench.InputError{Key: other.key, Value: "given", Reason: "has no meaning with --data"}
		}
	}
	out.Data, out.Labels = c.Data, c.Labels
	if c.Rate == nil {
		out.Rate = 0
	}
	if out.Wide == 0 {
		out.Wide = xor.DefaultWide
	}
	var err error
	if out.Widths, err = bench.WholesAt("widths", c.Widths, 0, bench.MaxWidth); err != nil {
		return out, err
	}
	return out, out.Check(p.ctx)
}

// paper takes the parameters of the paper's theorem 3.1: theta = eta = log^-C d, b = d/theta. The horizon is that at
// which the infinite network's loss is about .1, or the one that is given, up to the next step.
func (c *xorCommand) paper(out *xor.Parameters) error {
	for _, other := range []struct {
		key   string
		given bool
	}{{"scale", c.Scale != nil}, {"rate", c.Rate != nil}, {"batch", c.Batch != nil}, {"eta", c.Eta != nil}, {"samples", c.Samples != nil}} {
		if other.given {
			return &bench.InputError{Key: other.key, Value: "given", Reason: "not together with --paper, which chooses it"}
		}
	}
	if err := bench.CheckPositive("paper", float64(*c.Paper), 8, "C of theta = eta = log(d)^-C"); err != nil {
		return err
	}
	out.Paper(float64(*c.Paper), c.Horizon == nil)
	return nil
}

// batch reads --rate and --batch.
func (c *xorCommand) batch(out *xor.Parameters) error {
	switch {
	case c.Rate != nil && c.Batch != nil:
		return &bench.InputError{Key: "rate", Value: bench.Number(float64(*c.Rate)), Reason: "not together with --batch; give one of the two"}
	case c.Rate != nil:
		if out.Rate = float64(*c.Rate); out.Rate == 0 {
			return bench.CheckPositive("rate", 0, 1e9, "B, batch = B eta d")
		}
	case c.Batch == nil:
		out.Rate = xor.DefaultRate
	case *c.Batch == "inf":
		out.Cube = true
	default:
		n, err := quantity.Whole(*c.Batch)
		if err != nil {
			return &bench.InputError{Key: "batch", Value: *c.Batch, Reason: "give a whole number, or inf: the whole cube in every step"}
		}
		out.Batch = n
	}
	return nil
}

func (c *xorCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	if err := c.checkRates(); err != nil {
		return err
	}
	parameters, err := c.parameters(p)
	if err != nil {
		return err
	}
	if err := c.checkSnapshots(&parameters); err != nil {
		return err
	}
	defer limitProcessors(workers)()
	switch {
	case c.Reach != nil && c.Plan:
		return &bench.InputError{Key: "plan", Value: "given", Reason: "not together with --reach; a sweep of measure xor-reach has a plan"}
	case c.Reach != nil:
		return c.reach(p, workers)
	case c.Rates != nil && c.Plan:
		return &bench.InputError{Key: "plan", Value: "given", Reason: "not together with --rates; a sweep with rate = [B, B] has a plan"}
	case c.Dims != nil:
		return &bench.InputError{Key: "dims", Value: "given", Reason: "only together with --reach; otherwise give --dim"}
	case c.Rates != nil:
		return c.rates(p, workers)
	case c.Plan:
		return c.plan(p, &parameters, workers)
	}
	return c.study(p, parameters, workers)
}

// checkSnapshots refuses times that are not those of rows.
func (c *xorCommand) checkSnapshots(p *xor.Parameters) error {
	if c.Snapshots == nil {
		return nil
	}
	if c.Out == "" {
		return &bench.InputError{Key: "snapshots", Value: "given", Reason: "only together with --out, where they are kept"}
	}
	for i, t := range c.Snapshots {
		k := slices.IndexFunc(p.Times(), func(x float64) bool { return bench.SameTime(t, x) || x == t })
		if k < 0 {
			return &bench.InputError{Key: "snapshots", Value: bench.Number(t), Reason: "it is not one of the times of the table; --points chooses them"}
		}
		c.Snapshots[i] = p.Times()[k]
	}
	return nil
}

func (c *xorCommand) study(p *process, parameters xor.Parameters, workers int) error {
	record := struct {
		xor.Parameters
		Snapshots []float64 `json:"snapshots,omitempty"`
	}{parameters, c.Snapshots}
	out, err := c.store(p, "kac xor", record, c.files(&parameters)...)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	kept, err := xor.KeepStudy(&parameters, c.Snapshots, out)
	if err != nil {
		return inOut(c.Out, err)
	}
	c.going(p, out, kept)
	start := time.Now()
	bar := progress.New(p.stderr, "kac xor", c.Quiet)
	study, err := xor.RunKept(p.ctx, parameters, kept, c.Snapshots, workers, bar.Update)
	bar.Done()
	if err != nil {
		return c.keep(p, kept, err)
	}
	var undrawn error
	if out != nil {
		tables, pictures := kept.Tables(), []store.File{store.Picture(xor.PictureFile, study.Picture)}
		if len(parameters.Widths) > 1 {
			pictures = append(pictures, store.Picture(xor.WidthsPictureFile, study.WidthsPicture))
		}
		if parameters.Data == "" {
			aligned, err := study.Align(p.ctx, kept, workers)
			if err != nil {
				return c.keep(p, kept, err)
			}
			tables = append(tables, store.File{Name: xor.ReferenceFile, Fill: study.WriteLimit}, store.File{Name: xor.AlignmentLimitFile, Fill: aligned.WriteLimit})
			pictures = append(pictures, store.Picture(xor.AlignmentPictureFile, aligned.Picture))
		}
		if undrawn, err = c.finish(p, "kac xor", out, tables, pictures); err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac xor", parameters: record, csv: study.WriteCSV, text: study.WriteText}); err != nil {
		return err
	}
	took := progress.Duration(time.Since(start))
	if parameters.Data == "" {
		took = fmt.Sprintf("infinite network to %.2g, %s", study.LimitError(), took)
	}
	c.note(p.stderr, "kac xor", "%s", took)
	return undrawn
}

// severalResult is what several groups of networks end up as.
type severalResult interface {
	WriteCSV(w io.Writer) error
	WriteText(w io.Writer) error
	Picture() (*plotting.Figure, error)
}

// several trains groups of networks, whose cells keep keeps, writes the table and the picture beside them, and prints.
func (c *xorCommand) several(p *process, record any, table, picture string, keep func(out *store.Results) (*xor.Kept, error), run func(kept *xor.Kept, update func(float64, string)) (severalResult, error)) error {
	out, err := c.store(p, "kac xor", record, xor.CellsFile, table, picture)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	kept, err := keep(out)
	if err != nil {
		return inOut(c.Out, err)
	}
	c.going(p, out, kept)
	start := time.Now()
	bar := progress.New(p.stderr, "kac xor", c.Quiet)
	result, err := run(kept, bar.Update)
	bar.Done()
	if err != nil {
		return c.keep(p, kept, err)
	}
	var undrawn error
	if out != nil {
		if undrawn, err = c.finish(p, "kac xor", out, append(kept.Tables(), store.File{Name: table, Fill: result.WriteCSV}), []store.File{store.Picture(picture, result.Picture)}); err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac xor", parameters: record, csv: result.WriteCSV, text: result.WriteText}); err != nil {
		return err
	}
	c.note(p.stderr, "kac xor", "%s", progress.Duration(time.Since(start)))
	return undrawn
}

// files are those of a measurement.
func (c *xorCommand) files(p *xor.Parameters) []string {
	files := []string{xor.File, xor.PictureFile}
	if p.Data == "" {
		files = append(files, xor.ReferenceFile, xor.AlignmentFile, xor.AlignmentLimitFile, xor.AlignmentPictureFile)
	}
	if len(p.Widths) > 1 {
		files = append(files, xor.WidthsPictureFile)
	}
	for _, m := range p.Widths {
		for s := range p.Seeds {
			for _, t := range c.Snapshots {
				files = append(files, (&xor.Snapshot{Width: m, Seed: p.Seed + uint64(s), Time: t}).Name())
			}
		}
	}
	return files
}

// going says what an earlier process has finished.
func (c *xorCommand) going(p *process, out *store.Results, kept *xor.Kept) {
	switch {
	case out == nil || kept.Finished() == 0:
	case out.Complete():
		c.note(p.stderr, "kac xor", "all %d cells are in %s already, nothing to train", kept.All(), c.Out)
	default:
		c.note(p.stderr, "kac xor", "going on with %d finished cells in %s", kept.Finished(), c.Out)
	}
}

// keep writes the finished cells of a study that ended early, and says how it goes on.
func (c *xorCommand) keep(p *process, cells *xor.Kept, err error) error {
	if failed := cells.Save(); failed != nil {
		return errors.Join(err, inOut(c.Out, failed))
	}
	if c.Out == "" {
		return err
	}
	return afterKeeping(p, err, cells.Finished(), cells.All(), c.Out)
}
