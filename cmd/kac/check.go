package main

import (
	"fmt"

	"kac/bench"
	"kac/bench/sweep"
)

type checkCommand struct {
	Dir string `arg:"" placeholder:"DIR" help:"Directory of a study, the --out of kac sweep or of another command, finished or not."`
}

func (c *checkCommand) Help() string {
	return "Compares every cell, checkpoint and table with its checksum. Prints one line per bad file; exit code 1 if there is one. " +
		"The same kac sweep command mends what can be mended: it runs damaged cells again and makes the tables again.\n\n" +
		"A finished sweep can be checked without kac, too: sha256sum -c SHA256SUMS in its directory. The checksums of other " +
		"commands' files are in their run.json."
}

func (c *checkCommand) Run(p *process) error {
	check := sweep.Check
	if bench.HoldsRun(c.Dir) {
		check = bench.CheckRun
	}
	checked, err := check(c.Dir)
	if err != nil {
		return err
	}
	for _, b := range checked.Bad {
		if _, err := fmt.Fprintf(p.stdout, "%s: %s\n", b.Path, oneLine(b.Problem)); err != nil {
			return fmt.Errorf("writing to standard output: %w", err)
		}
	}
	if n := len(checked.Bad); n > 0 {
		return fmt.Errorf("%d of %d files in %s are not in order", n, checked.Files, c.Dir)
	}
	state := "the study is not finished"
	if checked.Complete {
		state = "the study is finished"
	}
	if _, err := fmt.Fprintf(p.stdout, "%d files are in order; %s\n", checked.Files, state); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}
