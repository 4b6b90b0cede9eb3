package bench

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"kac/particles"
)

// MaxDim bounds the dimension of the inputs.
const MaxDim = 4096

// ProblemChoice names a preset, or spells out activation and link; exactly one of the two.
type ProblemChoice struct {
	Problem    string `json:"problem,omitempty"`    // a preset's name
	Activation string `json:"activation,omitempty"` // a series, "4:0.8,6:0.6", or what particles.ParseActivation reads
	Link       string `json:"link,omitempty"`       // likewise
	Basis      string `json:"basis,omitempty"`      // of series: BasisLegendre, or "" for Hermite
	Law        string `json:"law,omitempty"`        // of the inputs: "sphere", or "" for Gaussian
	Rank       int    `json:"rank"`                 // r; 0: the preset's, or 1
	Dim        int    `json:"dim"`                  // d; 0: the preset's
}

// Make checks the choice, fills in rank and dimension, and returns the problem's closed forms. Every error is an
// InputError.
func (c *ProblemChoice) Make() (particles.Expectations, error) {
	if err := c.checkInputs(); err != nil {
		return nil, err
	}
	if c.Problem == "" {
		return c.custom()
	}
	switch {
	case c.Basis != "":
		return nil, Refuse("basis", c.Basis, "not together with problem %s; give activation and link", c.Problem)
	case c.Law != "":
		return nil, Refuse("law", c.Law, "not together with problem %s; give activation and link", c.Problem)
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
	p, err := ExactPreset(c.Problem, c.Dim)
	if err != nil {
		return nil, Refuse("problem", c.Problem, "%s", Reason(err))
	}
	return p, nil
}

func (c *ProblemChoice) custom() (particles.Expectations, error) {
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
	if !c.hermite() {
		return c.isotropic()
	}
	activation, err := particles.ParseSeries(c.Activation)
	if err != nil {
		return nil, Refuse("activation", c.Activation, "%s", SeriesReason(err))
	}
	link, err := particles.ParseSeries(c.Link)
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", SeriesReason(err))
	}
	target, err := particles.NewLink(link, c.Rank)
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", Reason(err))
	}
	task, err := particles.NewTask(particles.Spec{
		Name: customName(activation, link, c.Rank), Dim: c.Dim, Activation: particles.NewActivation(activation), Target: target,
	})
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", Reason(err))
	}
	c.Activation, c.Link = activation.String(), link.String()
	return task.Closed()
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

// SeriesReason is why ParseSeries refuses a text, and the form that it reads.
func SeriesReason(err error) string {
	return Reason(err) + "; write degree:coefficient pairs such as 4:0.8,6:0.6"
}

// Reason is what package particles says against an input, without the input, which an InputError names.
func Reason(err error) string {
	var parse *particles.ParseError
	var task *particles.TaskError
	var closed *particles.ClosedFormError
	switch {
	case errors.As(err, &parse):
		return parse.Err.Error()
	case errors.As(err, &task):
		return task.Err.Error()
	case errors.As(err, &closed):
		return closed.Reason
	}
	return err.Error()
}

// findPreset returns the problem of a name that has an exact limit.
func findPreset(name string) (particles.PresetInfo, error) {
	for _, p := range particles.Presets() {
		if p.Name == name && p.Exact {
			return p, nil
		}
	}
	_, err := particles.Preset(name, 0)
	var unknown *particles.UnknownError
	if !errors.As(err, &unknown) {
		return particles.PresetInfo{}, Refuse("problem", name, "it has no exact infinite-width limit; kac train learns it from samples. Known here are %s", presetNames())
	}
	known := slices.DeleteFunc(unknown.Known, func(other string) bool { return !slices.Contains(exactPresets(), other) })
	return particles.PresetInfo{}, Refuse("problem", name, "no such problem; known are %s", strings.Join(known, ", "))
}

// ExactPreset returns the closed forms of a preset with an exact limit.
func ExactPreset(name string, dim int) (particles.Expectations, error) {
	task, err := particles.Preset(name, dim)
	if err != nil {
		return nil, err
	}
	return task.Isotropic()
}

func presetNames() string { return strings.Join(exactPresets(), ", ") }

// exactPresets are the presets with an exact limit.
func exactPresets() (names []string) {
	for _, p := range particles.Presets() {
		if p.Exact {
			names = append(names, p.Name)
		}
	}
	return names
}
