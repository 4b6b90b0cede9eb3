package main

import (
	"errors"
	"fmt"
	"time"

	"kac/bench"
	reports "kac/bench/report" // report is what this package does with errors
	"kac/bench/sweep"
	"kac/internal/progress"
	"kac/internal/provenance"
	"kac/internal/visible"
)

type reportCommand struct {
	Dir   string `arg:"" placeholder:"DIR" help:"Directory of a study: the --out of kac sweep, kac gap or kac train."`
	Out   string `placeholder:"PATH" help:"Directory for the report, or its name if that ends in .html. Default: DIR/report."`
	Quiet bool   `short:"q" help:"No progress and no notes on standard error."`
}

func (c *reportCommand) Help() string {
	return "Makes one HTML file, report.html, that needs no network: question, answer and parameters in words, scaled gaps with bands and " +
		"the exact constant C(t) where it is known, fitted exponents with intervals, references, tables and provenance. Under the pointer " +
		"charts show values, their legends hide curves, their axes change between linear and logarithmic. Of kac train --gaps, and of sweeps of it, the laws of all gaps are drawn over the measured ones. Beside it every chart as SVG and PDF. " +
		"Prints the path of the file.\n\nEvery file is compared with its checksum first; a damaged one is named, and no report is made. Of a study that is not finished " +
		"the report holds the widths of which every seed is finished, and says what is missing."
}

func (c *reportCommand) Run(p *process) error {
	start := time.Now()
	bar := progress.New(p.stderr, "kac report", c.Quiet)
	study, err := reports.Open(p.ctx, measures(p), c.Dir, bar.Update)
	if err != nil {
		bar.Done()
		if errors.Is(err, sweep.ErrIncomplete) {
			return &failure{err: err, note: "the command that made it goes on; kac status tells how far a sweep is"}
		}
		return err
	}
	path := reports.Path(c.Dir, c.Out)
	charts, err := study.Write(path, bench.Session{Info: provenance.Current(), CommandLine: p.arguments, Workers: 1, StartTime: start.UTC().Format(time.RFC3339)})
	bar.Done()
	undrawn, err := picturesOf(err)
	if err != nil {
		return err
	}
	if study.Missing != "" && !c.Quiet {
		say(p.stderr, "kac report: not finished: %s\n", study.Missing)
	}
	if !c.Quiet {
		say(p.stderr, "kac report: %d charts, each also as SVG and PDF; %s\n", charts, progress.Duration(time.Since(start)))
	}
	if p.isTerminal() { // elsewhere the path is for a program, byte for byte
		path = visible.Text(path)
	}
	if _, err := fmt.Fprintln(p.stdout, path); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return undrawn
}
