package main

import (
	"fmt"

	"kac/bench/sweep"
)

type statusCommand struct {
	Dir string `arg:"" placeholder:"DIR" help:"Directory of a study, the --out of kac sweep."`
}

func (c *statusCommand) Help() string {
	return "Counts cells: done, running in a process now, begun (with a checkpoint, not running), left. Disturbs nobody."
}

func (c *statusCommand) Run(p *process) error {
	status, err := sweep.Status(c.Dir)
	if err != nil {
		return err
	}
	if err := status.Write(p.stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}
