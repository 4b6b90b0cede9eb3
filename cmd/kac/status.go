package main

import (
	"fmt"

	"kac/bench"
	"kac/bench/sweep"
)

type statusCommand struct {
	Dir    string       `arg:"" placeholder:"DIR" help:"Directory of a study, the --out of kac sweep."`
	Shards *wholeNumber `placeholder:"N" help:"Also say, in text, which of N shards have cells left."`
	Format string       `default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`
}

func (c *statusCommand) Help() string {
	return "Counts cells: done, running in a process now, begun (with a checkpoint, not running), left. Disturbs nobody."
}

func (c *statusCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	if c.Shards != nil {
		if err := bench.CheckWhole("shards", int(*c.Shards), 1, sweep.MaxCells, "shards"); err != nil {
			return err
		}
	}
	status, err := measures(p).Status(c.Dir)
	if err != nil {
		return err
	}
	if err := p.print(c.Format, output{program: "kac status", csv: status.WriteCSV, text: status.Write}); err != nil {
		return err
	}
	if c.Shards == nil || c.Format != formatText {
		return nil
	}
	left, err := measures(p).UnfinishedShards(c.Dir, int(*c.Shards))
	if err != nil {
		return err
	}
	text := fmt.Sprintf("all %d shards are finished", *c.Shards)
	if len(left) > 0 {
		text = fmt.Sprintf("shards of %d with cells left: %s", *c.Shards, sweep.ShardList(left))
	}
	if _, err := fmt.Fprintln(p.stdout, text); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}
