package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"kac/bench"
	"kac/bench/roofline"
	"kac/internal/progress"
	"kac/kernels"
)

type rooflineCommand struct {
	Level   *string      `group:"Measurement:" placeholder:"WORD" help:"Kernel level: avx512, avx2 or generic. Default: the one in use."`
	Workers *wholeNumber `group:"Measurement:" placeholder:"N" help:"Threads, at most one per processor. Default: one per processor."`

	Out    string `group:"Output:" placeholder:"DIR" help:"Directory for roofline.svg and roofline.json; older ones are replaced."`
	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv (the kernels) or json. Default: text."`
	Quiet  bool   `group:"Output:" short:"q" help:"No progress and no notes on standard error."`
}

func (c *rooflineCommand) Help() string {
	return "Measures multiply-adds, the bandwidth of every memory level, and each kernel at one shape, its share of the peak " +
		"taken from multiply-adds measured between its runs. Takes about five seconds and 200 MB of memory per thread; " +
		"the machine should do nothing else.\n\n" +
		"Example:\n\n  kac roofline --workers 1 --out roofline"
}

func (c *rooflineCommand) Run(p *process) error {
	level, workers, err := c.check()
	if err != nil {
		return err
	}
	if err := roofline.Memory(workers).Check(); err != nil {
		return err
	}
	output := outputFlags{Out: c.Out, Workers: c.Workers, Quiet: c.Quiet}
	// All rooflines of a directory have the same parameters, none: a new one replaces the last.
	out, err := output.store(p, "kac roofline", struct{}{}, roofline.File, roofline.PictureFile)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac roofline", c.Quiet)
	record, err := roofline.Measure(p.ctx, level, workers, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	record.CommandLine = p.arguments
	var undrawn error
	if out != nil {
		output.note(p.stderr, "kac roofline", "measured in %s", progress.Duration(time.Since(start)))
		tables, pictures := roofline.Files(record)
		if undrawn, err = output.finish(p, "kac roofline", out, tables, pictures); err != nil {
			return err
		}
	}
	write := func(w io.Writer, r *roofline.Record) error {
		return p.fitted(func(w io.Writer) error { return roofline.WriteText(w, r) })(w)
	}
	switch c.Format {
	case formatJSON:
		write = roofline.WriteJSON
	case formatCSV:
		write = kernelsTable
	}
	if err := write(p.stdout, record); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return undrawn
}

// kernelsTable writes the kernels of a roofline as CSV.
func kernelsTable(w io.Writer, r *roofline.Record) error {
	rows := [][]string{{"operation", "type", "shape", "flops", "bytes", "seconds", "flops_per_second", "peak_beside_it", "share_of_peak", "flops_per_byte"}}
	for _, k := range r.Kernels {
		row := []string{k.Operation, k.Type, k.Shape}
		for _, x := range []float64{k.Flops, k.Bytes, k.Seconds, k.Rate, k.Peak, k.Share, k.Intensity} {
			row = append(row, bench.Number(x))
		}
		rows = append(rows, row)
	}
	return tableOf(rows)(w)
}

// check returns the level and the number of workers. More workers than processors would measure waiting.
func (c *rooflineCommand) check() (level string, workers int, err error) {
	level, workers = kernels.Level(), runtime.GOMAXPROCS(0)
	if c.Level != nil {
		level = *c.Level
		if err := oneOf("level", level, kernels.Levels()...); err != nil {
			return "", 0, err
		}
	}
	if c.Workers != nil {
		workers = int(*c.Workers)
		if err := bench.CheckWhole("workers", workers, 1, max(runtime.NumCPU(), runtime.GOMAXPROCS(0)), "threads, one per processor"); err != nil {
			return "", 0, err
		}
	}
	return level, workers, checkFormat(c.Format)
}
