package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"kac/bench"
	"kac/bench/gap"
	reports "kac/bench/report"
	"kac/bench/roofline"
	"kac/bench/store"
	"kac/bench/sweep"
	"kac/bench/training"
	"kac/internal/disk"
	"kac/internal/visible"
)

type checkCommand struct {
	Dir string `arg:"" placeholder:"DIR" help:"Directory that kac has written: the --out of any command, finished or not."`

	Format string `default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json, the bad files with what is wrong. Default: text."`
}

func (c *checkCommand) Help() string {
	return "Compares every cell, checkpoint and table with its checksum. Prints one line per bad file; exit code 1 if there is one. " +
		"A picture that a killed command had still to draw is told of, and is no bad file: nothing is lost without it. " +
		"The same kac sweep command mends what can be mended: it runs damaged cells again and makes the tables again.\n\n" +
		"A finished sweep can be checked without kac, too: sha256sum -c SHA256SUMS in its directory. The checksums of other " +
		"commands' files are in their run.json."
}

func (c *checkCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	checked, err := c.check(p, disk.Real)
	if err != nil {
		return err
	}
	if c.Format != formatText {
		return c.table(p, checked)
	}
	for _, b := range checked.Bad {
		if _, err := fmt.Fprintf(p.stdout, "%s: %s\n", visible.Text(b.Path), oneLine(b.Problem)); err != nil {
			return fmt.Errorf("writing to standard output: %w", err)
		}
	}
	if n := len(checked.Bad); n > 0 {
		return fmt.Errorf("%d of %d files in %s are not in order", n, checked.Files, c.Dir)
	}
	for _, name := range checked.Undrawn {
		if _, err := fmt.Fprintf(p.stdout, "%s: is not drawn yet; the same command as before draws it\n", visible.Text(name)); err != nil {
			return fmt.Errorf("writing to standard output: %w", err)
		}
	}
	state := "the study is not finished"
	switch {
	case checked.Complete && len(checked.Undrawn) > 0:
		state = "the study is finished, but for its pictures"
	case checked.Complete:
		state = "the study is finished"
	}
	if _, err := fmt.Fprintf(p.stdout, "%d files are in order; %s\n", checked.Files, state); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// table prints the bad files for programs.
func (c *checkCommand) table(p *process, checked *store.Checked) error {
	rows := [][]string{{"path", "fault"}}
	for _, b := range checked.Bad {
		rows = append(rows, []string{visible.Word(b.Path), oneLine(b.Problem)})
	}
	err := p.print(c.Format, output{
		program: "kac check", csv: tableOf(rows),
		parameters: map[string]string{"dir": visible.Word(c.Dir)},
		summary:    map[string]any{"files": checked.Files, "bad": len(checked.Bad), "finished": checked.Complete},
	})
	if n := len(checked.Bad); err == nil && n > 0 {
		err = fmt.Errorf("%d of %d files in %s are not in order", n, checked.Files, c.Dir)
	}
	return err
}

// check finds out what made the directory's files: run.json says so, study.json is a sweep's, and
// reports have a record beside their page. Without one of them the names tell.
func (c *checkCommand) check(p *process, on disk.FS) (*store.Checked, error) {
	entries, err := on.ReadDir(c.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading what the directory holds: %w", err)
	}
	if store.Holds(on, c.Dir, store.RunFile) {
		checked, err := store.Check(on, c.Dir, store.RunFile)
		if err == nil && checked.Program == "kac train" {
			return training.Check(on, c.Dir)
		}
		return checked, err
	}
	holds := func(patterns ...string) bool {
		for _, e := range entries {
			for _, p := range patterns {
				if ok, _ := path.Match(p, e.Name()); ok {
					return true
				}
			}
		}
		return false
	}
	switch {
	case holds(sweep.StudyFile, sweep.SumsFile, "cells", sweep.TableFile):
		return measures(p).Check(c.Dir)
	case holds(training.CheckpointFile, training.CheckpointFile+".prev"):
		checked, err := training.Check(on, c.Dir)
		if err == nil && holds(training.File, training.ParticlesFile) {
			checked.Add(c.Dir, store.RunFile, errors.New("is missing"))
		}
		return checked, err
	}
	if len(entries) > 0 {
		if checked, err := reports.Check(on, c.Dir); checked != nil || err != nil {
			return checked, err
		}
	}
	if holds(gap.File, gap.PictureFile, training.File, training.PictureFile, "theory.csv", "scaling.csv", "budget.csv", "figure?.csv", roofline.File) {
		checked := &store.Checked{}
		checked.Add(c.Dir, store.RunFile, errors.New("is missing"))
		return checked, nil
	}
	return nil, &sweep.FileError{Path: c.Dir, Err: &bench.InputError{Reason: fmt.Sprintf("holds no %s, no %s and no report; give the --out directory of a kac command", sweep.StudyFile, store.RunFile)}}
}
