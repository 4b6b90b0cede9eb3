package main

import (
	"fmt"
	"strconv"
	"strings"

	"kac/internal/provenance"
	"kac/particles"
)

type problemsCommand struct {
	Format string `default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`
}

func (c *problemsCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	if c.Format != formatText {
		return c.table(p)
	}
	_, err := fmt.Fprint(p.stdout, "Inputs x ~ N(0, I_d) unless said; h_k is the normalised probabilists' Hermite\n"+
		"polynomial of degree k, Pbar_k the Legendre polynomial of dimension d, orthonormal\n"+
		"on the sphere. d is the dimension of the paper's figure, and the default of --dim.\n")
	presets := particles.Presets()
	for _, info := range presets {
		if err == nil && info.Exact {
			_, err = fmt.Fprintf(p.stdout, "\n%s  (d = %d, rank %d, information exponent %d)\n  %s\n",
				info.Name, info.Dim, info.Rank, info.InformationExponent, taskFormula.Replace(described(info)))
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

// table prints the presets for programs; what has no information exponent has an empty field.
func (c *problemsCommand) table(p *process) error {
	rows := [][]string{{"problem", "dim", "rank", "information_exponent", "exact", "formula"}}
	for _, info := range particles.Presets() {
		exponent := ""
		if info.InformationExponent > 0 {
			exponent = strconv.Itoa(info.InformationExponent)
		}
		rows = append(rows, []string{info.Name, strconv.Itoa(info.Dim), strconv.Itoa(info.Rank), exponent, strconv.FormatBool(info.Exact), info.Formula})
	}
	return p.print(c.Format, output{program: "kac problems", csv: tableOf(rows)})
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

type versionCommand struct {
	Format string `default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`
}

func (c *versionCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	if c.Format != formatText {
		i := provenance.Current()
		return p.print(c.Format, output{program: "kac version", csv: tableOf([][]string{
			{"version", "revision", "go_version", "os", "arch", "goamd64", "cpu", "cpu_features", "kernel_level", "bf16_engine"},
			{i.Version, i.Revision, i.GoVersion, i.OS, i.Arch, i.GOAMD64, i.CPU, strings.Join(i.CPUFeatures, " "), i.KernelLevel, i.BF16Engine},
		})})
	}
	if err := provenance.Current().Print(p.stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}
