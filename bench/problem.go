package bench

import (
	"fmt"
	"strings"

	"kac/particles"
)

// MaxDim bounds the dimension of the inputs.
const MaxDim = 4096

// ProblemChoice names a preset, or spells out activation and link; exactly one of the two.
type ProblemChoice struct {
	Problem    string `json:"problem,omitempty"`    // a preset's name
	Activation string `json:"activation,omitempty"` // Hermite series, "4:0.8,6:0.6"
	Link       string `json:"link,omitempty"`       // Hermite series
	Rank       int    `json:"rank"`                 // r; 0: the preset's, or 1
	Dim        int    `json:"dim"`                  // d; 0: the preset's
}

// Make checks the choice, fills in rank and dimension, and returns the problem. Every error is an
// InputError.
func (c *ProblemChoice) Make() (*particles.Problem, error) {
	if c.Problem == "" {
		return c.custom()
	}
	switch {
	case c.Activation != "":
		return nil, Refuse("activation", c.Activation, "not together with problem %s; give a preset, or activation and link", c.Problem)
	case c.Link != "":
		return nil, Refuse("link", c.Link, "not together with problem %s; give a preset, or activation and link", c.Problem)
	}
	preset, err := findPreset(c.Problem)
	if err != nil {
		return nil, err
	}
	if c.Rank != 0 && c.Rank != preset.Rank {
		return nil, Refuse("rank", c.Rank, "%s has rank %d; leave rank out, or give activation and link", preset.Name, preset.Rank)
	}
	c.Rank = preset.Rank
	if c.Dim == 0 {
		c.Dim = preset.Dim
	}
	if err := c.checkDim(preset.Name); err != nil {
		return nil, err
	}
	p, err := particles.Preset(c.Problem, c.Dim)
	if err != nil {
		return nil, Refuse("problem", c.Problem, "%v", err)
	}
	return p, nil
}

func (c *ProblemChoice) custom() (*particles.Problem, error) {
	switch {
	case c.Activation == "" && c.Link == "":
		return nil, Refuse("problem", "", "name a preset (%s), or give activation and link", presetNames())
	case c.Activation == "":
		return nil, Refuse("activation", "", "give it together with link %s, for example 4:0.8,6:0.6", c.Link)
	case c.Link == "":
		return nil, Refuse("link", "", "give it together with activation %s, for example 4:1", c.Activation)
	}
	if c.Rank == 0 {
		c.Rank = 1
	}
	if c.Rank < 1 || c.Rank > 2 {
		return nil, Refuse("rank", c.Rank, "allowed are 1 (target link(x_1)) and 2 (link averaged over the circle)")
	}
	if c.Dim == 0 {
		return nil, Refuse("dim", c.Dim, "a problem given by activation and link needs a dimension, from %d to %d", c.Rank+2, MaxDim)
	}
	if err := c.checkDim(fmt.Sprintf("a target of rank %d", c.Rank)); err != nil {
		return nil, err
	}
	activation, err := particles.ParseSeries(c.Activation)
	if err != nil {
		return nil, Refuse("activation", c.Activation, "%s", SeriesReason(err))
	}
	link, err := particles.ParseSeries(c.Link)
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", SeriesReason(err))
	}
	p, err := particles.NewProblem(particles.Spec{
		Name: customName(activation, link, c.Rank), Dim: c.Dim, Activation: activation, Link: link, Rank: c.Rank,
	})
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", AfterColon(err.Error(), `": `))
	}
	c.Activation, c.Link = activation.String(), link.String()
	return p, nil
}

func (c *ProblemChoice) checkDim(who string) error {
	if c.Dim >= c.Rank+2 && c.Dim <= MaxDim {
		return nil
	}
	return Refuse("dim", c.Dim, "%s needs a dimension from %d to %d", who, c.Rank+2, MaxDim)
}

// customName is free of commas, so that it stays one plain CSV field.
func customName(activation, link particles.Series, rank int) string {
	plus := func(s particles.Series) string { return strings.ReplaceAll(s.String(), ",", "+") }
	return fmt.Sprintf("activation=%s;link=%s;rank=%d", plus(activation), plus(link), rank)
}

// SeriesReason drops the repetition of the whole series from ParseSeries' errors and says the form.
func SeriesReason(err error) string {
	return AfterColon(err.Error(), `": `) + "; write degree:coefficient pairs such as 4:0.8,6:0.6"
}

// AfterColon cuts everything up to the first occurrence of separator.
func AfterColon(text, separator string) string {
	if _, after, found := strings.Cut(text, separator); found {
		return after
	}
	return text
}

func findPreset(name string) (particles.PresetInfo, error) {
	for _, p := range particles.Presets() {
		if p.Name == name {
			return p, nil
		}
	}
	// Preset sorts the known names by their likeness to this one.
	_, err := particles.Preset(name, 0)
	return particles.PresetInfo{}, Refuse("problem", name, "%s", "no such problem; known are "+AfterColon(err.Error(), "known are "))
}

func presetNames() string {
	var names []string
	for _, p := range particles.Presets() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
