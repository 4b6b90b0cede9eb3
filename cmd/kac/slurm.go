package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"kac/bench"
	"kac/bench/sweep"
	"kac/bench/sweep/slurm"
	"kac/internal/progress"
	"kac/internal/provenance"
	"kac/internal/shell"
)

type slurmCommand struct {
	Study     string   `arg:"" placeholder:"STUDY" help:"Study file (TOML)."`
	Overrides []string `arg:"" optional:"" sep:"none" name:"key=value" help:"Instead of what the file says, as for kac sweep."`

	Out     string `group:"Output:" placeholder:"DIR" help:"Directory of the study, on a file system that all nodes share; the scripts come into DIR/slurm."`
	Replace bool   `group:"Output:" help:"Write scripts anew that are there, for other settings."`
	Quiet   bool   `group:"Output:" short:"q" help:"No progress and no notes on standard error."`

	Shards     *wholeNumber `group:"Array:" placeholder:"N" help:"Elements of the array, each a shard of the cells. Default: so many that one takes about an hour, or little more than its dearest cell."`
	Concurrent *wholeNumber `group:"Array:" placeholder:"N" help:"Elements that run at once at most. Default: no limit."`
	CPUs       *wholeNumber `name:"cpus" group:"Array:" placeholder:"N" help:"Processors of an element. Default: 1, or 8 if the study has cells so large that all of them work on one."`
	Time       *clockTime   `group:"Array:" placeholder:"T" help:"Time limit of an element, such as 04:00:00, 1-12:00:00, 90m; one that needs longer is requeued. Default: twice what it takes here, at most a day."`
	Memory     *mebibytes   `group:"Array:" placeholder:"M" help:"Memory of an element, such as 800M or 4G. Default: by the plan."`
	Merge      *mebibytes   `name:"merge-memory" group:"Array:" placeholder:"M" help:"Memory of the job that makes the tables. Default: 4G, or that of an element."`
	Partition  string       `group:"Array:" placeholder:"NAME" help:"Partition. Default: the cluster's."`
	Account    string       `group:"Array:" placeholder:"NAME" help:"Account. Default: the user's."`
	Sbatch     []string     `group:"Array:" sep:"none" placeholder:"OPTION" help:"Another option of sbatch for all jobs, such as qos=long; may be repeated."`

	Checkpoint seconds `group:"Run:" default:"30" placeholder:"S" help:"Seconds between two checkpoints of a cell, or 2m. Default: 30."`
	Level      string  `group:"Run:" placeholder:"LEVEL" help:"Kernels of all nodes: generic, avx2, avx512. Default: the best of each node; nodes of different kinds then agree to rounding only."`
	Program    string  `group:"Run:" placeholder:"PATH" help:"kac on the nodes. Default: this program."`
}

func (c *slurmCommand) Help() string {
	return "Writes scripts for Slurm: an array whose elements run shards of the study by kac sweep --shard, and a job that makes the tables " +
		"when the array has ended. Nothing is submitted. DIR/slurm/submit.sh does that, and options for sbatch may follow it.\n\n" +
		"An element that loses its node, is preempted or comes near its time limit goes back into the queue and on from its checkpoints. " +
		"If some fail for good, the merge job says which shards have cells left, makes no tables, and fails; submit.sh then goes on with what is left.\n\n" +
		"Examples:\n\n  kac slurm study.toml --out /scratch/me/study --partition main\n" +
		"  kac slurm study.toml dim=16 seeds=64 --out DIR --shards 32 --concurrent 8 --cpus 4 --time 12:00:00 --memory 4G --sbatch qos=long\n" +
		"  DIR/slurm/submit.sh\n  kac status DIR"
}

// maxCPUs of an element; nodes have fewer.
const maxCPUs = 4096

func (c *slurmCommand) Run(p *process) error {
	settings, err := c.settings(p)
	if err != nil {
		return err
	}
	study, err := measures(p).Load(c.Study, c.Overrides)
	if err != nil {
		return err
	}
	if err := settings.Check(study.Cells()); err != nil {
		return err
	}
	if settings.Study, err = sweep.ReadFile(c.Study); err != nil {
		return err
	}
	if settings.CPUs == 0 {
		if settings.CPUs = 1; study.Large() {
			settings.CPUs = slurm.LargeCPUs
		}
	}
	if err := settings.CheckForeign(); err != nil {
		var input *bench.InputError
		if errors.As(err, &input) {
			input.Value = c.Out // as it was typed
		}
		return err
	}
	written, err := slurm.Written(settings.Dir)
	if err != nil {
		return err
	}
	if written && !c.Replace {
		if same, err := settings.WrittenFor(); err != nil || !same {
			return errors.Join(err, &bench.InputError{Key: "out", Value: c.Out, Reason: "holds scripts that were written for another directory, as if it had been moved; give --replace to write them anew"})
		}
		return &bench.InputError{Key: "out", Value: c.Out, Reason: fmt.Sprintf("holds scripts already; submit them by %s, or give --replace to write them anew", shell.Quote(filepath.Join(c.Out, slurm.Folder, slurm.SubmitScript)))}
	}
	return c.write(p, study, settings)
}

// settings are those of the flags, checked each on its own.
func (c *slurmCommand) settings(p *process) (*slurm.Settings, error) {
	if c.Out == "" {
		return nil, &bench.InputError{Key: "out", Reason: "give the directory of the study"}
	}
	dir, err := filepath.Abs(c.Out)
	if err != nil {
		return nil, fmt.Errorf("finding the directory %s: %w", c.Out, err)
	}
	program := c.Program
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("finding this program: %w", err)
		}
	}
	if !filepath.IsAbs(program) {
		return nil, &bench.InputError{Key: "program", Value: program, Reason: "give an absolute path"}
	}
	s := &slurm.Settings{
		Dir: dir, Program: program, Name: queueName(c.Study), Overrides: c.Overrides, Partition: c.Partition, Account: c.Account,
		Extra: c.Sbatch, Checkpoint: time.Duration(c.Checkpoint), Level: c.Level,
		Author: "kac " + provenance.Version + ": " + shell.Quote(p.arguments...),
	}
	for _, n := range []struct {
		flag  string
		value *wholeNumber
		into  *int
		most  int
		what  string
	}{{"shards", c.Shards, &s.Shards, sweep.MaxCells, "elements, at most one for each cell"}, {"concurrent", c.Concurrent, &s.Concurrent, sweep.MaxCells, "elements"}, {"cpus", c.CPUs, &s.CPUs, maxCPUs, "processors"}} {
		if n.value == nil {
			continue
		}
		*n.into = int(*n.value)
		if err := bench.CheckWhole(n.flag, *n.into, 1, n.most, n.what); err != nil {
			return nil, err
		}
	}
	if c.Time != nil {
		s.Time = time.Duration(*c.Time)
	}
	if c.Memory != nil {
		s.Memory = int(*c.Memory)
	}
	if c.Merge != nil {
		s.MergeMemory = int(*c.Merge)
	}
	return s, nil
}

// write claims the directory, chooses what is not said, and writes.
func (c *slurmCommand) write(p *process, study *sweep.Study, s *slurm.Settings) error {
	if s.Most = slurm.MostShards(p.ctx); s.Most > 0 && s.Shards > s.Most && !c.Quiet {
		say(p.stderr, "kac slurm: --shards %d: this cluster takes arrays of at most %d elements (its MaxArraySize less one)\n", s.Shards, s.Most)
	}
	bar := progress.New(p.stderr, "kac slurm", c.Quiet)
	o := sweep.Options{CommandLine: p.arguments, Progress: bar.Update, Note: func(line string) { say(p.stderr, "kac slurm: %s\n", line) }}
	err := study.Claim(p.ctx, c.Out, o)
	var plan *sweep.Plan
	if err == nil && s.NeedsPlan() {
		plan, err = study.Plan(p.ctx, o)
	}
	bar.Done()
	if err == nil {
		s.Choose(plan)
		err = s.Write()
	}
	if input := (*bench.InputError)(nil); errors.As(err, &input) && input.Key != "out" {
		return sweep.InStudy(c.Study, c.Overrides, err)
	}
	if errors.Is(err, context.Canceled) {
		return &failure{err: err, note: "no scripts are written; the same command writes them"}
	}
	if err != nil {
		return err
	}
	submit := filepath.Join(c.Out, slurm.Folder, slurm.SubmitScript)
	if !strings.ContainsRune(submit, filepath.Separator) {
		submit = "./" + submit
	}
	_, err = fmt.Fprintf(p.stdout, "%s; an array of %s, each with at most %s, %s, %d MiB, %s\n%ssubmit: %s\nwatch:  %s\n",
		slurm.Count(study.Cells(), "cell"), slurm.Count(s.Shards, "element"), slurm.Count((study.Cells()+s.Shards-1)/s.Shards, "cell"),
		slurm.Count(s.CPUs, "CPU"), s.Memory, slurm.Clock(s.Time), expectation(plan, s),
		shell.Quote(submit), shell.Quote("kac", "status", c.Out))
	if err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// expectation says how long the elements will run, if that was measured.
func expectation(plan *sweep.Plan, s *slurm.Settings) string {
	if plan == nil {
		return ""
	}
	need := plan.Shard(s.Shards, s.CPUs)
	text := fmt.Sprintf("the longest takes about %s on processors like these, as busy as they are now", progress.Duration(time.Duration(need.Seconds*float64(time.Second))))
	if need.Seconds > s.Time.Seconds() {
		text += "; it will be requeued at its time limit, and go on"
	}
	return text + "\n"
}

// queueName is the study's name as squeue shows it.
func queueName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".toml")
	return "kac-" + regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(name, "_")
}
