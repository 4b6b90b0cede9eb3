package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"kac/bench"
	"kac/bench/sweep"
	"kac/internal/progress"
	"kac/internal/quantity"
	"kac/internal/regular"
	"kac/internal/shell"
)

type sweepCommand struct {
	Study     string   `arg:"" placeholder:"STUDY" help:"Study file (TOML)."`
	Overrides []string `arg:"" optional:"" sep:"none" name:"key=value" help:"Instead of what the file says: dim=16 'widths=[\"d^2\"]' horizon='reach 0.1'."`

	Out  string `group:"Output:" placeholder:"DIR" help:"Directory of the study; the same command goes on with what is there."`
	Plan bool   `group:"Output:" help:"Only say what the study is and what it will cost."`

	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output, at the end: text, csv (summary.csv) or json. Default: text."`

	Shard      shardNumber  `group:"Run:" placeholder:"I/N" help:"Run part I of N of the cells, and make no tables; for other machines."`
	Merge      bool         `group:"Run:" help:"Run no cell: make the tables, or say that cells are missing and fail."`
	Checkpoint seconds      `group:"Run:" default:"30" placeholder:"S" help:"Seconds between two checkpoints of a cell, or 2m. Default: 30."`
	MaxTime    *seconds     `group:"Run:" placeholder:"S" help:"Stop in order after so many seconds, or 90m, 1h30m."`
	Workers    *wholeNumber `group:"Run:" placeholder:"N" help:"Threads; they do not change a digit. Default: one per processor."`
	Quiet      bool         `group:"Run:" short:"q" help:"No progress and no notes on standard error."`
}

func (c *sweepCommand) Help() string {
	return "A study is a grid: problems x dimensions x horizons x widths x seeds. The keys of its file are the flags of kac gap, " +
		"without dashes; dim, widths and horizon may be numbers, lists, doublings such as 2^7..2^16 or powers of the dimension such as " +
		"3*d^1.5, and horizon may be \"reach 0.1\", the first time at which the infinite network's risk is 0.1. An example:\n\n" +
		"  problem = \"he4\"\n  dim     = [8, 16, 32]\n  widths  = [\"d^1.5\", \"d^2\", \"d^2.5\"]\n  horizon = \"reach 0.1\"\n  seeds   = 8\n\n" +
		"A file with measure = \"train\" has the flags of kac train as its keys; problem, dim, samples, batch, noise, eta and precision may be lists.\n\n" +
		"Whatever ends it, the same command goes on, and the tables come out byte for byte as if nothing had happened. " +
		"Several processes may work on one directory."
}

func (c *sweepCommand) Run(p *process) error {
	if err := c.check(); err != nil {
		return err
	}
	study, err := measures(p).Load(c.Study, c.Overrides)
	if err != nil {
		return err
	}
	defer limitProcessors(workersOr(c.Workers))()
	run := &sweepRun{process: p, command: c, study: study, start: time.Now(), said: map[string]bool{}}
	for _, precision := range study.Precisions() {
		if err := bench.CheckAvailable(precision); err != nil {
			return run.inFile(err)
		}
	}
	if c.Plan {
		return run.inFile(run.plan())
	}
	return run.inFile(run.run())
}

func (c *sweepCommand) check() error {
	if c.Workers != nil {
		if err := bench.CheckWhole("workers", int(*c.Workers), 1, 4096, "threads"); err != nil {
			return err
		}
	}
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	switch {
	case c.Plan && c.Shard.of > 0:
		return &bench.InputError{Key: "shard", Value: c.Shard.String(), Reason: "not together with --plan, which is of the whole study"}
	case c.Merge && (c.Plan || c.Shard.of > 0):
		return &bench.InputError{Key: "merge", Value: "true", Reason: "not together with --plan or --shard, which make no tables"}
	case !c.Plan && c.Out == "":
		return &bench.InputError{Key: "out", Reason: "give the directory of the study (or --plan)"}
	}
	if c.Merge {
		return sweep.CheckMerge(c.Out)
	}
	return nil
}

// sweepRun is a sweep command under way.
type sweepRun struct {
	process *process
	command *sweepCommand
	study   *sweep.Study
	start   time.Time
	bar     progress.Reporter
	said    map[string]bool // notes
}

// inFile says of bad input that it is in the study file or in an argument, unless it is the directory.
func (r *sweepRun) inFile(err error) error {
	if input := (*bench.InputError)(nil); errors.As(err, &input) && input.Key == "out" {
		return err
	}
	return sweep.InStudy(r.command.Study, r.command.Overrides, err)
}

func (r *sweepRun) note(line string) {
	if !r.command.Quiet {
		say(r.process.stderr, "kac sweep: %s\n", line)
	}
}

func (r *sweepRun) options() sweep.Options {
	c := r.command
	o := sweep.Options{
		Shard: c.Shard.shard, Of: c.Shard.of, Interval: time.Duration(c.Checkpoint), CommandLine: r.process.arguments,
		Progress: r.bar.Update,
		// Damage is told of even when quiet.
		Note: func(line string) {
			if !r.said[line] { // by the run, before the tables were made
				say(r.process.stderr, "kac sweep: %s\n", line)
			}
			r.said[line] = true
		},
		Remark: r.note,
	}
	if c.Workers != nil {
		o.Workers = int(*c.Workers)
	}
	if c.MaxTime != nil {
		o.MaxTime = time.Duration(*c.MaxTime)
	}
	return o
}

func (r *sweepRun) plan() error {
	r.bar = progress.New(r.process.stderr, "kac sweep", r.command.Quiet)
	plan, err := r.study.Plan(r.process.ctx, r.options())
	r.bar.Done()
	if err != nil {
		return err
	}
	return r.process.print(r.command.Format, cellsPlan("kac sweep", r.study.Declared, plan))
}

func (r *sweepRun) run() error {
	c := r.command
	if c.Merge {
		return r.merge(sweep.Tally{Cells: r.study.Cells()})
	}
	if err := r.study.Memory(workersOr(c.Workers)).Check(); err != nil && !r.study.Finished(c.Out, sweep.Options{}) { // which is only printed
		return err
	}
	r.bar = progress.New(r.process.stderr, "kac sweep", c.Quiet)
	tally, err := sweep.Run(r.process.ctx, r.study, c.Out, r.options())
	r.bar.Done()
	if err != nil {
		return r.keep(tally, err)
	}
	if tally.Found > 0 {
		r.note(fmt.Sprintf("%d of %d cells were finished before", tally.Found, tally.Cells))
	}
	if c.Shard.of > 0 {
		r.note(fmt.Sprintf("%d cells of shard %s in %s; make the tables with --merge when all shards are done", tally.Cells, &c.Shard, progress.Duration(time.Since(r.start))))
		return nil
	}
	return r.merge(tally)
}

func (r *sweepRun) merge(tally sweep.Tally) error {
	c := r.command
	r.bar = progress.New(r.process.stderr, "kac sweep", c.Quiet)
	results, err := sweep.Merge(r.process.ctx, r.study, c.Out, r.options())
	r.bar.Done()
	if errors.Is(err, sweep.ErrIncomplete) {
		return err // another command than this one goes on
	}
	if err != nil {
		return r.keep(tally, err)
	}
	r.note(fmt.Sprintf("%d cells in %s; the tables are in %s", tally.Cells, progress.Duration(time.Since(r.start)), c.Out))
	return r.process.print(c.Format, output{
		program: "kac sweep", parameters: r.study.Declared,
		csv:  func(w io.Writer) error { return sweep.WriteSummary(w, results.Groups) },
		text: func(w io.Writer) error { return sweep.WriteText(w, r.study, results.Groups) },
	})
}

// keep says, after an error in the run, what stays and how to go on.
func (r *sweepRun) keep(tally sweep.Tally, err error) error {
	if input := (*bench.InputError)(nil); errors.As(err, &input) || errors.Is(err, regular.ErrNotRegular) {
		return err // the same command would say the same
	}
	note := "go on with: " + shell.Quote(r.process.arguments...)
	switch {
	case r.command.Merge:
		note = "the cells are kept in " + r.command.Out + "; " + note
	case tally.Cells > 0: // before that nothing was begun
		note = fmt.Sprintf("%s; checkpoints are kept too; %s", kept(tally.Found+tally.Ran, tally.Cells, r.command.Out), note)
	}
	if errors.Is(err, context.Canceled) && r.process.ctx.Err() == nil {
		note = "the time of --max-time is over; " + note
	}
	return &failure{err: err, note: note}
}

// seconds is a flag: a number of seconds, or a duration such as 1h30m.
type seconds time.Duration

func (s *seconds) Decode(ctx *kong.DecodeContext) error {
	const what = "a time above 0: seconds, or for example 90s, 10m, 1h30m"
	text, err := pop(ctx, "give "+what)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		var x float64
		if x, err = quantity.Value(text); err == nil && x*1e9 < math.MaxInt64 {
			d = time.Duration(x * float64(time.Second))
		}
	}
	if err != nil || d <= 0 {
		return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: "give " + what}
	}
	*s = seconds(d)
	return nil
}

// shardNumber is a flag: 2/8 is the second of eight parts.
type shardNumber struct{ shard, of int }

func (s *shardNumber) String() string { return fmt.Sprintf("%d/%d", s.shard, s.of) }

func (s *shardNumber) Decode(ctx *kong.DecodeContext) error {
	const what = "a part and their number, such as 1/8, 2/8, ..., 8/8"
	text, err := pop(ctx, "give "+what)
	if err != nil {
		return err
	}
	part, of, _ := strings.Cut(text, "/")
	i, err1 := quantity.Whole(part)
	n, err2 := quantity.Whole(of)
	if err1 != nil || err2 != nil || i < 1 || i > n || n > sweep.MaxCells {
		return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: "give " + what}
	}
	*s = shardNumber{i, n}
	return nil
}
