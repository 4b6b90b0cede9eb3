package main

import (
	"fmt"
	"strings"

	"kac/internal/provenance"
	"kac/particles"
)

type problemsCommand struct{}

// formula puts target and network in two aligned lines.
var formula = strings.NewReplacer("target ", "target   ", ", network ", "\n  network  ")

func (c *problemsCommand) Run(p *process) error {
	_, err := fmt.Fprint(p.stdout, "Inputs x ~ N(0, I_d); h_k is the normalised probabilists' Hermite polynomial of\n"+
		"degree k. d is the dimension of the paper's figure, and the default of --dim.\n")
	presets := particles.Presets()
	for _, info := range presets {
		if err == nil && info.Exact {
			_, err = fmt.Fprintf(p.stdout, "\n%s  (d = %d, rank %d, information exponent %d)\n  %s\n",
				info.Name, info.Dim, info.Rank, info.InformationExponent, formula.Replace(described(info)))
		}
	}
	if err == nil {
		_, err = fmt.Fprint(p.stdout, "\nTasks for kac train alone:\n")
	}
	for _, info := range presets {
		if err == nil && !info.Exact {
			_, err = fmt.Fprintf(p.stdout, "\n%s  (d = %d)\n  %s\n", info.Name, info.Dim, taskFormula.Replace(described(info)))
		}
	}
	if err == nil {
		_, err = fmt.Fprint(p.stdout, "\nxor1 to xor32 are the parities of so many coordinates, with a second layer of\n+-2^k/sqrt k. Others are spelled out: kac train --help.\n")
	}
	if err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// described is the formula of a preset without its name, and without the inputs that the heading tells.
func described(info particles.PresetInfo) string {
	text := strings.TrimPrefix(info.Formula, info.Name+": ")
	if info.Exact {
		text, _, _ = strings.Cut(text, ", x ~")
	}
	return text
}

// taskFormula puts target, network, inputs and second layer in aligned lines.
var taskFormula = strings.NewReplacer("target ", "target   ", ", network ", "\n  network  ", ", x uniform", "\n  inputs   x uniform", ", x ~", "\n  inputs   x ~")

type versionCommand struct{}

func (c *versionCommand) Run(p *process) error {
	if err := provenance.Current().Print(p.stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}
