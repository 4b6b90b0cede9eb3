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
	for _, info := range particles.Presets() {
		if err == nil {
			_, err = fmt.Fprintf(p.stdout, "\n%s  (d = %d, rank %d, information exponent %d)\n  %s\n",
				info.Name, info.Dim, info.Rank, info.InformationExponent, formula.Replace(info.Formula))
		}
	}
	if err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

type versionCommand struct{}

func (c *versionCommand) Run(p *process) error {
	if err := provenance.Current().Print(p.stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}
