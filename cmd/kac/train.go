package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"kac/bench"
	"kac/bench/training"
	"kac/internal/plotting"
	"kac/internal/progress"
	"kac/internal/provenance"
	"kac/internal/shell"
)

type trainCommand struct {
	taskFlags `embed:""`

	Data       string `group:"Data:" placeholder:"FILE" help:"Inputs of your own, n x d: .npy, text with a row a line (.csv, .tsv, .txt), or a pipe, for the problem's activation and second layer; needs --labels."`
	Labels     string `group:"Data:" placeholder:"FILE" help:"With --data: the n labels, in the same formats."`
	TestData   string `group:"Data:" placeholder:"FILE" help:"With --data: inputs that nothing is trained on, in the same formats and as wide; the mean square is measured on them too. Needs --test-labels."`
	TestLabels string `group:"Data:" placeholder:"FILE" help:"With --test-data: their labels, in the same formats."`

	Samples *sizeQuantity `group:"Data:" placeholder:"N" help:"Fixed training samples; 0: a fresh batch at every step. Default: 65536."`
	Batch   *sizeQuantity `group:"Data:" placeholder:"N" help:"Samples per step. Default: 2048, or all samples if there are fewer."`
	Noise   realNumber    `group:"Data:" default:"0" placeholder:"S" help:"Standard deviation of the label noise. Default: 0."`

	Widths    quantities   `group:"Study:" required:"" placeholder:"M,M,..." help:"Widths m, the numbers of neurons: 64,128, 2^6..2^10 or d^1.5,d^2; even ones where the second layer is +-C."`
	Eta       realNumber   `group:"Study:" default:"0.02" placeholder:"E" help:"Step (paper time). Default: 0.02."`
	Horizon   timeQuantity `group:"Study:" required:"" placeholder:"T" help:"Last time (paper time), a multiple of --eta; d^1.5 and \"reach 0.1\" (the time at which the exact infinite-width risk is 0.1) move up to one."`
	Points    wholeNumber  `group:"Study:" default:"21" placeholder:"N" help:"Number of observations. Default: 21."`
	Repeats   wholeNumber  `group:"Study:" default:"3" placeholder:"N" help:"Runs with seeds of their own. Default: 3."`
	Seed      seedNumber   `group:"Study:" default:"1" placeholder:"S" help:"First seed; it draws particles and data. Default: 1."`
	Vary      string       `group:"Study:" default:"both" placeholder:"WORD" help:"What the repeats draw anew: both, particles (on the data of --seed) or data (for the particles of --seed). Default: both."`
	Precision string       `group:"Study:" default:"float64" placeholder:"WORD" help:"float64, float32, or bf16x3 or bf16x6: float32 with velocities from products of bf16 parts, on AMX or AVX512-BF16. Default: float64."`
	Form      string       `group:"Study:" default:"auto" placeholder:"WORD" help:"Sums of velocities: pairwise, over all pairs of particles and samples; moment, through moments of both (polynomial activations of degree 1 to 4, cheap in few dimensions); or auto, the cheaper one. Default: auto."`

	Reference       string        `group:"Reference:" default:"wide" placeholder:"WORD" help:"wide: a wide network on the same batches; exact: the exact infinite-width flow; reduced: the same by lattice points, for several teachers; descent: infinite width at this step, by lattice points or, where there are none, exactly. Default: wide."`
	SharedReference bool          `group:"Reference:" help:"Train the wide network once for all repeats: they are then other subsets of its particles, on the same batches, and their spread says nothing of the data's."`
	ReferenceWidth  *sizeQuantity `group:"Reference:" placeholder:"M" help:"Width of the wide network. Default: 8 times the widest."`
	ReferencePoints wholeNumber   `group:"Reference:" default:"8192" placeholder:"N" help:"Lattice points of reduced and descent, a power of two. Default: 8192."`
	TestSamples     *sizeQuantity `group:"Reference:" placeholder:"N" help:"Held-out inputs where function errors have no closed form. Default: 16384."`

	Evaluation *string `group:"Reference:" placeholder:"WORD" help:"Risks and function errors: closed (exact, where there is a closed form) or samples (on --test-samples held-out inputs, with standard errors; reference wide). Default: closed, unless that takes longer."`

	Gaps bool `group:"Reference:" help:"Also tell apart the gaps of width, data and step, one made finite at a time, and what the exact law predicts for each, in gap.csv; with --reference exact or reduced. The data gap is that of --reference-width."`

	Initial       string `group:"Network:" placeholder:"FILE" help:"Particles that the networks start from in every repeat, one a row: .npy, .npz, .safetensors or text; every width takes its first rows, the wide reference too. Default: at random, by the seed."`
	InitialTensor string `group:"Network:" placeholder:"NAME" help:"With --initial: name of the array in an .npz or .safetensors file. Default: the only one."`

	Traced    wholeNumber  `group:"Output:" default:"64" placeholder:"N" help:"Particles of each network in particles.csv, the first ones. Default: 64."`
	Snapshots quantities   `group:"Output:" placeholder:"T,T,..." help:"Times (paper time, multiples of --eta; d^1.5 and \"reach 0.1\" move up to one) at which all particles of the first repeat are kept, in --out as particles-m<width>-t<time>.npy, width x d."`
	Out       string       `group:"Output:" placeholder:"DIR" help:"Directory for training.csv, particles.csv, histogram.csv, run.json and the pictures; with --gaps gap.csv and gap.svg."`
	Format    string       `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`
	Workers   *wholeNumber `group:"Output:" placeholder:"N" help:"Threads; they do not change a digit. Default: one per processor."`
	Plan      bool         `group:"Output:" help:"Only say what the study will take: steps, particle-samples, memory, and its time by a few measured steps."`
	Quiet     bool         `group:"Output:" short:"q" help:"No progress and no notes on standard error."`
}

func (c *trainCommand) Help() string {
	return "Trains networks of several widths on the same batches by projected descent, " +
		"and compares each with infinite width, or with a wide network in its place.\n\n" +
		"A run with --out leaves a checkpoint there every half minute; the same command goes on from it, with the same digits.\n\n" +
		"A problem is a name, a name with another activation, law or second layer, or an activation and a target:\n\n" +
		"  --link 4                      h_4(x_1); its mean over S^{R-1} by --rank R\n" +
		"  --link 4 --teachers v.csv     sum_j p_j h_4(<v_j, x>), v_j along the rows\n" +
		"  --link 4 --random-teachers 6  the same, v_j uniform on S^{R-1}\n" +
		"  --parities 1:0.25,4:0.75      .25 x_1 + .75 x_1 x_2 x_3 x_4 (4 alone: xor)\n" +
		"  --teacher-network v.npy       (1/k) sum_j a_j sigma(<v_j, x>), v_j the rows\n\n" +
		"Examples:\n\n  kac train --problem xor4 --widths 64,128 --horizon 10 --eta 0.025\n" +
		"  kac train --activation tanh --second-layer 4 --law boolean --parities 2 \\\n" +
		"            --dim 16 --widths 64 --horizon 10"
}

func (c *trainCommand) Run(p *process) error {
	files := &training.Files{}
	parameters, err := c.parameters(p, files)
	if err != nil {
		return err
	}
	if len(c.Snapshots) > 0 && c.Out == "" {
		return &bench.InputError{Key: "snapshots", Value: c.Snapshots[0].String(), Reason: "the particles are kept in a directory; give it by --out"}
	}
	return runTraining(p, trainingRun{
		name: "kac train", parameters: parameters, files: files, out: c.Out, workers: c.Workers, quiet: c.Quiet, gaps: c.Gaps, plan: c.Plan, format: c.Format,
		label: "paper time *t*",
		print: func(t *training.Study, s *training.Summary, g *training.Gaps) error {
			return p.print(c.Format, output{program: "kac train", parameters: t.Parameters, csv: t.WriteCSV, text: func(w io.Writer) error {
				if err := t.WriteText(w, s); err != nil || g == nil {
					return err
				}
				return g.WriteText(w)
			}, more: gapsTable(g)})
		},
	})
}

// gapsTable is the table of the gaps, if they were measured.
func gapsTable(g *training.Gaps) []moreRows {
	if g == nil {
		return nil
	}
	return []moreRows{{"gaps", g.WriteCSV}}
}

func (c *trainCommand) parameters(process *process, files *training.Files) (training.Parameters, error) {
	p := training.Parameters{
		Inputs: c.Data, Labels: c.Labels, TestInputs: c.TestData, TestLabels: c.TestLabels, Noise: float64(c.Noise),
		Eta: float64(c.Eta), Points: int(c.Points), Reference: c.Reference, Nodes: int(c.ReferencePoints),
		Repeats: int(c.Repeats), Seed: uint64(c.Seed), Precision: c.Precision, Form: c.Form, Traced: int(c.Traced), Shared: c.SharedReference,
		Vary: c.Vary, Initial: c.Initial, InitialTensor: c.InitialTensor,
	}
	if err := checkFormat(c.Format); err != nil {
		return p, err
	}
	if c.Evaluation != nil {
		if err := oneOf("evaluation", *c.Evaluation, training.EvaluationClosed, training.EvaluationSamples); err != nil {
			return p, err
		}
		p.Evaluation = *c.Evaluation
	}
	if err := oneOf("vary", c.Vary, "both", training.VaryParticles, training.VaryData); err != nil {
		return p, err
	}
	if c.Vary == "both" {
		p.Vary = training.VaryBoth
	}
	if err := c.set(&p); err != nil {
		return p, err
	}
	if c.Data != "" {
		for _, own := range []struct {
			key   string
			given *sizeQuantity
		}{{"samples", c.Samples}, {"test-samples", c.TestSamples}} {
			if own.given != nil {
				return p, bench.Refuse(own.key, own.given, "data from a file have their own number; leave it out")
			}
		}
	}
	s := trainSizes{trainCommand: c, process: process, files: files}
	var err error
	if s.d, err = s.dimension(&p); err != nil {
		return p, err
	}
	for _, set := range []func(*training.Parameters) error{s.counts, s.widths, s.steps} {
		if err := set(&p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// counts sets the numbers of samples; those that nobody typed are chosen so that they fit.
func (c *trainSizes) counts(p *training.Parameters) error {
	p.Samples, p.Tests = 65536, 16384
	for _, n := range []struct {
		key   string
		given *sizeQuantity
		into  *int
	}{{"batch", c.Batch, &p.Batch}, {"samples", c.Samples, &p.Samples}, {"test-samples", c.TestSamples, &p.Tests}} {
		if n.given == nil {
			continue
		}
		var err error
		if *n.into, err = n.given.at(n.key, c.d); err != nil {
			return err
		}
	}
	if c.Batch != nil && p.Batch < 1 { // which stands for the default
		return bench.Refuse("batch", p.Batch, "allowed are whole numbers from 1 (samples per step)")
	}
	if c.Data != "" {
		p.Samples, p.Tests = 0, 0
	}
	return nil
}

// trainingRun is a study that a command runs, saves and prints.
type trainingRun struct {
	name       string
	parameters training.Parameters
	files      *training.Files // what was read of the user's; nil: nothing
	out        string
	workers    *wholeNumber
	quiet      bool
	label      string // of the picture's time axis
	gaps       bool   // measure width, data and step apart
	format     string // of the plan
	plan       bool   // only say what the study will take
	print      func(*training.Study, *training.Summary, *training.Gaps) error
}

func runTraining(p *process, r trainingRun) error {
	workers := runtime.GOMAXPROCS(0)
	if r.workers != nil {
		if err := bench.CheckWhole("workers", int(*r.workers), 1, 4096, "threads"); err != nil {
			return err
		}
		workers = int(*r.workers)
	}
	ready, err := r.parameters.ReadyWith(p.ctx, r.files)
	if err == nil {
		err = bench.CheckAvailable(ready.Parameters.Precision)
	}
	if err != nil {
		return err
	}
	parameters := ready.Parameters
	for _, note := range ready.Notes {
		if !r.quiet {
			say(p.stderr, "%s: %s\n", r.name, note)
		}
	}
	var three *training.GapsRecord
	if r.gaps {
		if three, err = ready.CheckGaps(); err != nil {
			return err
		}
	}
	defer limitProcessors(workers)()
	if r.plan {
		return printPlan(p, r, ready, workers)
	}
	fits := ready.Memory(workers, r.gaps).Check()
	if fits != nil && !hasRun(r.out) {
		return fits
	}
	var store *training.Store
	if r.out != "" {
		store, err = training.Open(r.out, &parameters, three, bench.Session{Info: provenance.Current(), CommandLine: p.arguments, Workers: workers})
		if err != nil {
			return inOut(r.out, err)
		}
		defer store.Close()
		if fits != nil && !store.Complete() { // a finished one is only printed
			return fits
		}
		for _, line := range append(store.Notes(), store.Damaged()...) { // told of even when quiet
			say(p.stderr, "%s: %s\n", r.name, line)
		}
		if store.Complete() {
			return r.again(p, store, ready)
		}
	}
	options := training.Options{Workers: workers}
	if store != nil {
		options.Before, options.Checkpoint = store.Before(), store.Checkpoint
		options.Final = func(c *training.Checkpoint) error { return inOut(r.out, store.Final(c)) }
		if b := options.Before; b != nil && !r.quiet {
			say(p.stderr, "%s: going on from the checkpoint in %s, repeat %d, after %d steps\n", r.name, r.out, b.Repeat+1, b.Step)
		}
		if changed := store.Changed(); changed != "" && !r.quiet {
			say(p.stderr, "%s: the checkpoint comes from another build or processor (%s); last digits may differ from one run\n", r.name, changed)
		}
	}
	if work := parameters.ParticleSamples(); !r.quiet && work > 1e12 {
		say(p.stderr, "%s: %.3g particle-samples, which take hours; --plan says how many\n", r.name, work)
	}
	start := time.Now()
	bar := progress.New(p.stderr, r.name, r.quiet)
	options.Progress = bar.Update
	t, err := ready.Run(p.ctx, options)
	wall := time.Since(start)
	if store != nil {
		wall = store.Elapsed()
	}
	var gaps *training.Gaps
	if r.gaps && err == nil {
		gaps, err = ready.RunGaps(p.ctx, training.Options{Workers: workers, Progress: bar.Update})
	}
	bar.Done()
	if errors.Is(err, context.Canceled) && store != nil && store.Interrupted() {
		return &failure{err: err, note: "with the same --out the run goes on from its last checkpoint: " + shell.Quote(p.arguments...)}
	}
	if err != nil {
		return err
	}
	if store != nil {
		if err := store.Save(t, gaps); err != nil {
			return inOut(r.out, err)
		}
	}
	return r.finish(p, store, t, gaps, func(files []string) string {
		work, where := t.Parameters.ParticleSamples(), ""
		if len(files) > 0 {
			where = "; " + fileList(files) + " are in " + r.out
		}
		return fmt.Sprintf("%.3g particle-samples in %s, %.3g a second%s", work, progress.Duration(wall), work/wall.Seconds(), where)
	})
}

// again prints a finished study from its tables, and draws what is missing of its pictures.
func (r *trainingRun) again(p *process, store *training.Store, ready *training.Ready) error {
	t, gaps, err := store.Load(ready)
	if err != nil {
		return inOut(r.out, err)
	}
	return r.finish(p, store, t, gaps, func([]string) string {
		return "the finished study is in " + r.out + " already, nothing to compute"
	})
}

// finish draws the pictures of a study whose tables are saved, says what was done, and prints it.
func (r *trainingRun) finish(p *process, store *training.Store, t *training.Study, gaps *training.Gaps, note func(files []string) string) error {
	summary := t.Summary()
	var undrawn error
	var files []string
	if store != nil && !store.Drawn() {
		err := inOut(r.out, store.Draw(t, gaps, func() (*plotting.Figure, error) { return t.Picture(&summary, r.label) }))
		if undrawn, err = picturesOf(err); err != nil {
			return err
		}
	}
	if store != nil {
		files = store.Files()
	}
	if !r.quiet && undrawn == nil {
		say(p.stderr, "%s: %s\n", r.name, note(files))
	}
	if err := r.print(t, &summary, gaps); err != nil {
		return err
	}
	return undrawn
}

// printPlan says what the study will take; it writes no file.
func printPlan(p *process, r trainingRun, ready *training.Ready, workers int) error {
	plan, err := ready.Plan(p.ctx, workers)
	if err != nil {
		return err
	}
	if err := p.print(r.format, trainingPlan(r.name, plan)); err != nil {
		return err
	}
	if r.gaps && !r.quiet {
		say(p.stderr, "%s: --gaps comes on top\n", r.name)
	}
	return nil
}
