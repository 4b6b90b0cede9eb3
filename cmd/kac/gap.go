package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/progress"
	"kac/internal/provenance"
	"kac/internal/quantity"
	"kac/particles"
)

type gapCommand struct {
	problemFlags `embed:""`

	Widths  quantities   `group:"Study:" required:"" placeholder:"M,M,..." help:"Widths m, the numbers of neurons: 64,128,256, 64,128,...,1024, 2^6..2^10, or d^1.5,d^2 of the dimension d."`
	Seeds   *wholeNumber `group:"Study:" placeholder:"N" help:"Independent networks per width. Default: 8; with --initial 1."`
	Seed    seedNumber   `group:"Study:" default:"1" placeholder:"S" help:"First seed; the others follow it. Default: 1."`
	Horizon timeQuantity `group:"Study:" required:"" placeholder:"T" help:"Last time (paper time): a number, d^1.5, or \"reach 0.1\", the first time at which the infinite network's risk is 0.1."`
	Points  wholeNumber  `group:"Study:" default:"21" placeholder:"N" help:"Number of equally spaced times from 0 to the horizon. Default: 21."`

	Dynamics      string      `group:"Dynamics:" default:"flow" placeholder:"WORD" help:"flow: projected gradient flow; descent: projected gradient descent with step --eta, compared with the infinite-width flow at the same time. Default: flow."`
	Eta           *realNumber `group:"Dynamics:" placeholder:"E" help:"Step of the descent (paper time); all times must be multiples of it. Default: 0.01."`
	Tolerance     realNumber  `group:"Dynamics:" default:"1e-10" placeholder:"E" help:"Absolute error allowed in the reference's risk, 1e-12 to 1e-2. Default: 1e-10."`
	FlowTolerance *realNumber `group:"Dynamics:" placeholder:"E" help:"Error allowed in one step of the flow (coordinates have size one). Default: 7e-9, in float32 1e-7, which is the least there."`
	Form          string      `group:"Dynamics:" default:"auto" placeholder:"WORD" help:"Interaction sum: pairwise, moment (linear in m), or auto, the cheaper one. Default: auto."`
	Precision     string      `group:"Dynamics:" default:"float64" placeholder:"WORD" help:"Of the interaction in velocities: float64; float32, off by about 1e-7; bf16x3 or bf16x6, products of bf16 parts on AMX or AVX512-BF16, off by about 1e-6 and 1e-8. All else is float64. Default: float64."`

	Initial       string `group:"Network:" placeholder:"FILE" help:"Particles that the networks start from, one a row: .npy, .npz, .safetensors or text; every width takes its first rows, and there is one seed. Default: at random, by the seed."`
	InitialTensor string `group:"Network:" placeholder:"NAME" help:"With --initial: name of the array in an .npz or .safetensors file. Default: the only one."`

	Snapshots quantities `group:"Output:" placeholder:"T,T,..." help:"Times (paper time) at which all particles are kept, in --out as particles-m<width>-s<seed>-t<time>.npy, width x d."`

	Out      string       `group:"Output:" placeholder:"DIR" help:"Directory for gap.csv, reference.csv, run.json and gap.svg. Without it only the table is printed."`
	Constant *bool        `group:"Output:" negatable:"" help:"Compute the exact limits of the scaled gaps, C(t) and those of the coupling, or do not: --no-constant. Default: where they cost less than the networks."`
	Format   string       `group:"Output:" default:"text" placeholder:"FORMAT" help:"Table on standard output: text, csv or json. Default: text."`
	Workers  *wholeNumber `group:"Output:" placeholder:"N" help:"Threads; they do not change a digit. Default: one per processor."`
	Plan     bool         `group:"Output:" help:"Only say what the study will take: work, time, memory and disk, by about two seconds of measuring."`
	Quiet    bool         `group:"Output:" short:"q" help:"No progress and no notes on standard error."`
}

func (c *gapCommand) Help() string {
	return "For every width and seed a finite network is run and compared, at every time, with the infinite-width network " +
		"and, particle by particle, with the infinite-width particles that start where its own start. " +
		"Prints m * function error, m * (mean_i |Delta_i|)^2 and m * mean_i |Delta_i|^2, two statistics of the coupling, with standard errors, beside their exact limits as m grows, and the fitted exponent of m.\n\n" +
		"The same command with the same --out goes on where it was interrupted and computes nothing twice; " +
		"a directory with other parameters is refused.\n\n" +
		"Example:\n\n  kac gap --problem he4 --dim 16 --widths 64,128,256 --horizon 20 --out he4"
}

func (c *gapCommand) Run(p *process) error {
	parameters, problem, err := c.check(p)
	if err != nil {
		return err
	}
	defer limitProcessors(c.workers())()
	if c.Plan {
		return planGap(p, "kac gap", c.Format, parameters, problem, c.workers(), c.Quiet)
	}
	fits := parameters.Memory(problem, c.workers()).Check()
	if fits != nil && !hasRun(c.Out) {
		return fits
	}
	study := &gapStudy{process: p, command: c, parameters: parameters, problem: problem, start: time.Now()}
	if c.Out != "" {
		study.store, err = gap.Open(c.Out, &parameters, problem, bench.Session{
			Info: provenance.Current(), CommandLine: p.arguments, Workers: c.workers(),
		})
		if err != nil {
			return inOut(c.Out, err)
		}
		defer study.store.Close()
		if fits != nil && !study.store.Complete() { // a finished one is only printed
			return fits
		}
		study.tell(append(study.store.Notes(), study.store.Damaged()...))
	}
	cells, err := study.cells()
	if err != nil {
		return err
	}
	summary := gap.Summarise(parameters.Widths, cells)
	if err := study.limit(&summary); err != nil {
		return err
	}
	if study.store == nil || study.printed() {
		return study.print(&summary)
	}
	finish := study.store.Finish
	if study.store.Complete() && !study.lacksLimit() {
		finish = study.store.Draw
	}
	undrawn, err := picturesOf(inOut(c.Out, finish(&summary)))
	if err != nil {
		return err
	}
	if undrawn == nil {
		study.note("%d cells in %s; gap.csv, reference.csv, run.json and gap.svg are in %s", len(cells), progress.Duration(time.Since(study.start)), c.Out)
	}
	return errors.Join(study.print(&summary), undrawn)
}

func (c *gapCommand) check(p *process) (gap.Parameters, particles.Expectations, error) {
	choice, err := c.choice()
	if err != nil {
		return gap.Parameters{}, nil, err
	}
	start := gap.Parameters{ProblemChoice: choice, Initial: c.Initial, InitialTensor: c.InitialTensor}
	notes, err := start.ReadInitial(p.ctx)
	if err != nil {
		return gap.Parameters{}, nil, err
	}
	choice = start.ProblemChoice
	made, err := choice.Make()
	if err != nil {
		return gap.Parameters{}, nil, err
	}
	widths, err := bench.WholesAt("widths", c.Widths, choice.Dim, bench.MaxWidth)
	if err != nil {
		return gap.Parameters{}, nil, err
	}
	parameters := start // with the file of particles
	parameters.ProblemChoice, parameters.Widths, parameters.Seeds, parameters.Seed = choice, widths, c.seeds(), uint64(c.Seed)
	parameters.Horizon, parameters.Points = 1, int(c.Points)
	parameters.Dynamics, parameters.Tolerance, parameters.Form, parameters.Precision = c.Dynamics, float64(c.Tolerance), c.Form, c.Precision
	if len(c.Snapshots) > 0 && c.Out == "" {
		return parameters, nil, bench.Refuse("snapshots", c.Snapshots, "only with --out, where the particles are kept")
	}
	if err := c.steps(&parameters); err != nil {
		return parameters, nil, err
	}
	if err := checkFormat(c.Format); err != nil {
		return parameters, nil, err
	}
	if c.Workers != nil {
		if err := bench.CheckWhole("workers", int(*c.Workers), 1, 4096, "threads"); err != nil {
			return parameters, nil, err
		}
	}
	if err := c.lastTime(p, &parameters, made); err != nil {
		return parameters, nil, err
	}
	if err := c.keep(p, &parameters, made); err != nil {
		return parameters, nil, err
	}
	problem, err := parameters.Check()
	if err == nil && !c.Quiet {
		for _, text := range notes {
			say(p.stderr, "kac gap: %s\n", text)
		}
	}
	if err == nil {
		err = bench.CheckAvailable(parameters.Precision)
	}
	if err == nil && c.asked() && problem.Rank() > 1 {
		err = bench.Refuse("problem", problem.Name(), "--constant asks for limits that are known for targets of rank 1 only; this one has rank %d", problem.Rank())
	}
	return parameters, problem, err
}

// keep sets the times of the snapshots.
func (c *gapCommand) keep(p *process, parameters *gap.Parameters, problem particles.Expectations) (err error) {
	parameters.Snapshots, err = bench.TimesAt("snapshots", []quantity.Quantity(c.Snapshots), parameters.Dim, func(risk float64) (float64, error) {
		return bench.FirstTime(p.ctx, "snapshots", problem, parameters.Tolerance, risk)
	})
	if err == nil && bench.Computed(c.Snapshots) {
		for i, t := range parameters.Snapshots {
			parameters.Snapshots[i] = parameters.StepUp(t)
		}
	}
	return err
}

// seeds is how many networks of a width there are.
func (c *gapCommand) seeds() int {
	switch {
	case c.Seeds != nil:
		return int(*c.Seeds)
	case c.Initial != "":
		return 1
	}
	return 8
}

// lastTime sets the horizon. One that follows from the dimension or a risk moves up to a multiple of the steps between
// two observations.
func (c *gapCommand) lastTime(p *process, parameters *gap.Parameters, problem particles.Expectations) error {
	q := quantity.Quantity(c.Horizon)
	bar := progress.New(p.stderr, "kac gap", c.Quiet)
	defer bar.Done()
	times, err := bench.TimesAt("horizon", []quantity.Quantity{q}, parameters.Dim, func(risk float64) (float64, error) {
		trial := *parameters
		trial.Horizon = trial.RoundUp(trial.Horizon)
		if _, err := trial.Check(); err != nil { // what is wrong with the rest is said before the search
			return 0, err
		}
		if err := bench.CheckAvailable(parameters.Precision); err != nil {
			return 0, err
		}
		bar.Update(0, "the time of "+q.String())
		return bench.FirstTime(p.ctx, "horizon", problem, parameters.Tolerance, risk)
	})
	if err != nil {
		return err
	}
	if parameters.Horizon = times[0]; bench.Computed([]quantity.Quantity{q}) {
		parameters.Horizon = parameters.RoundUp(times[0])
	}
	return nil
}

// steps fills in the defaults that depend on the dynamics, and refuses what belongs to the other one.
func (c *gapCommand) steps(parameters *gap.Parameters) error {
	descent := c.Dynamics == gap.DynamicsDescent
	switch {
	case descent && c.FlowTolerance != nil:
		return &bench.InputError{Key: "flow-tolerance", Value: fmt.Sprint(*c.FlowTolerance), Reason: "the descent has no tolerance; use it with --dynamics flow only"}
	case !descent && c.Eta != nil:
		return &bench.InputError{Key: "eta", Value: fmt.Sprint(*c.Eta), Reason: "the flow has no step; use it with --dynamics descent only"}
	case descent && c.Eta == nil:
		parameters.Eta = 0.01
	case descent:
		parameters.Eta = float64(*c.Eta)
	case c.FlowTolerance == nil:
		_, parameters.FlowTolerance = bench.FlowTolerances(c.Precision)
	default:
		parameters.FlowTolerance = float64(*c.FlowTolerance)
	}
	return nil
}

func (c *gapCommand) workers() int {
	if c.Workers == nil {
		return runtime.GOMAXPROCS(0)
	}
	return int(*c.Workers)
}

// gapStudy is a gap command under way. Without --out its store is nil and cells stay in memory.
type gapStudy struct {
	process    *process
	command    *gapCommand
	parameters gap.Parameters
	problem    particles.Expectations
	store      *gap.Store
	start      time.Time
}

func (s *gapStudy) note(format string, arguments ...any) {
	if !s.command.Quiet {
		say(s.process.stderr, "kac gap: "+format+"\n", arguments...)
	}
}

// cells returns all cells, old ones and those it computes now.
func (s *gapStudy) cells() ([]gap.Cell, error) {
	var have []gap.Cell
	if s.store != nil {
		have = s.store.Cells()
		if s.printed() {
			s.note("all %d cells are in %s already, nothing to compute", len(have), s.command.Out)
			return have, nil
		}
		if grown := s.store.Grown(); grown != "" {
			s.note("%s holds the study without what is new: %s", s.command.Out, grown)
		}
		if len(have) > 0 {
			s.note("going on with %d finished cells in %s", len(have), s.command.Out)
		}
		if changed := s.store.Changed(); changed != "" && !s.store.Complete() {
			s.note("the finished cells come from another build or processor (%s); last digits may differ from one run", changed)
		}
	}
	study, err := s.solve()
	if err != nil {
		return nil, err
	}
	if s.store == nil {
		return s.run(study, nil)
	}
	study.Snapshot = s.store.Snapshot
	if s.parameters.KeepsFinals() {
		study.Final = s.store.Final
	}
	if s.store.Complete() { // but for its picture
		s.store.Solved(study.Reference)
		return have, nil
	}
	if err := s.store.Begin(study.Reference); err != nil {
		return nil, fmt.Errorf("--out %s: %w", s.command.Out, err)
	}
	if _, err := s.run(study, have); err != nil {
		return nil, s.keep(err)
	}
	return s.store.Cells(), nil
}

// asked reports whether the limits are wanted whatever they cost.
func (c *gapCommand) asked() bool { return c.Constant != nil && *c.Constant }

// lacksLimit reports whether limits were asked for that the directory does not have.
func (s *gapStudy) lacksLimit() bool { return s.command.asked() && s.store.Limit() == nil }

// printed reports whether the directory has all that is to be printed.
func (s *gapStudy) printed() bool { return s.store.Drawn() && !s.lacksLimit() }

// limit puts the exact limits beside the summary: those of the directory, or new ones.
func (s *gapStudy) limit(summary *gap.Summary) error {
	off := s.command.Constant != nil && !*s.command.Constant
	switch {
	case s.store != nil && s.store.Complete() && !s.lacksLimit():
		if summary.Limit = s.store.Limit(); s.store.Drawn() || summary.Limit == nil {
			if off {
				summary.Limit = nil
			}
			return nil
		}
	case off:
		return nil
	}
	bar := progress.New(s.process.stderr, "kac gap", s.command.Quiet)
	defer bar.Done()
	asked := s.command.asked() || summary.Limit != nil // for a curve, at more times than the table has
	found, err := gap.SolveLimit(s.process.ctx, s.problem, &s.parameters, asked, func(share float64) { bar.Update(share, "limits") })
	switch {
	case err == nil:
		summary.Limit = found
		return nil
	case s.process.ctx.Err() == nil && !s.command.asked(): // the measurements stand without it
		bar.Done()
		s.tell([]string{"no limits: " + oneLine(err.Error())})
		return nil
	case s.store != nil && !s.store.Complete():
		return s.keep(err)
	}
	return err
}

func (s *gapStudy) solve() (*gap.Study, error) {
	bar := progress.New(s.process.stderr, "kac gap", s.command.Quiet)
	defer bar.Done()
	return gap.Solve(s.process.ctx, s.parameters, func(share float64) { bar.Update(share, "reference") })
}

func (s *gapStudy) run(study *gap.Study, have []gap.Cell) ([]gap.Cell, error) {
	var cells []gap.Cell
	bar := progress.New(s.process.stderr, "kac gap", s.command.Quiet)
	defer bar.Done()
	options := gap.RunOptions{
		Workers: s.command.workers(),
		Have:    have,
		Finished: func(c gap.Cell) error {
			if s.store != nil {
				return s.store.Add(c)
			}
			cells = append(cells, c)
			return nil
		},
		Progress: bar.Update,
	}
	if s.store != nil {
		options.Before = s.store.Before
	}
	err := study.Run(s.process.ctx, options)
	gap.SortCells(cells)
	return cells, err
}

// keep saves the finished cells after an error and says how to go on.
func (s *gapStudy) keep(err error) error {
	out := s.command.Out
	if failed := s.store.Save(); failed != nil {
		return errors.Join(err, fmt.Errorf("--out %s: %w", out, failed))
	}
	return afterKeeping(s.process, err, len(s.store.Cells()), len(s.parameters.Widths)*s.parameters.Seeds, out)
}

// tell says what a person should know, also when quiet.
func (s *gapStudy) tell(lines []string) {
	for _, line := range lines {
		say(s.process.stderr, "kac gap: %s\n", line)
	}
}

func (s *gapStudy) print(summary *gap.Summary) error {
	return s.process.print(s.command.Format, output{
		program: "kac gap", parameters: s.parameters,
		csv:  func(w io.Writer) error { return gap.WriteSummaryCSV(w, summary) },
		text: func(w io.Writer) error { return gap.WriteText(w, s.problem, &s.parameters, summary) },
	})
}
