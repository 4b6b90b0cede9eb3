package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kac/particles"
)

// Make checks a choice that must have an exact infinite-width limit, fills in rank and dimension, spells activation and
// link in one way, and returns the problem's closed forms. Every error is an InputError.
func (c *ProblemChoice) Make() (particles.Expectations, error) {
	if err := c.checkExact(); err != nil {
		return nil, err
	}
	task, err := c.task(context.Background(), making{exact: true})
	if err != nil {
		return nil, err
	}
	p, err := task.Exact()
	var parse *particles.ParseError
	switch {
	case err == nil:
		c.Rank, c.Activation, c.Link = p.Rank(), spelling(c.Activation), spelling(c.Link)
		return p, nil
	case c.Problem != "":
		return nil, Refuse("problem", c.Problem, "%s", Reason(err))
	case errors.As(err, &parse):
		return nil, Refuse(parse.What, parse.Text, "%s", parse.Err)
	}
	return nil, Refuse("link", c.Link, "%s", Reason(err))
}

// checkExact refuses what has no exact limit, and writes defaults in one way.
func (c *ProblemChoice) checkExact() error {
	if err := c.checkBasis(); err != nil {
		return err
	}
	switch law, err := particles.ParseLaw(c.Law); {
	case c.Law == "":
	case err != nil || law == particles.Boolean:
		return Refuse("law", c.Law, "allowed are gaussian and sphere, whose inputs have an exact infinite-width limit")
	case law == particles.Gaussian:
		c.Law = ""
	}
	for _, more := range [][2]string{
		{"second-layer", c.SecondLayer}, {"teachers", c.Teachers}, {"random-teachers", countOrNone(c.RandomTeachers)}, {"parities", c.Parities},
		{"teacher-network", c.TeacherNetwork}, {"teacher-activation", c.TeacherActivation}, {"teacher-weights", listed(c.Weights)},
	} {
		if more[1] != "" {
			return Refuse(more[0], more[1], "an exact infinite-width limit is known for a link alone, and a second layer of ones")
		}
	}
	if c.Problem != "" {
		return c.checkExactPreset()
	}
	switch {
	case c.Activation == "" && c.Link == "":
		return Refuse("problem", "", "name a preset (%s), or give activation and link", strings.Join(exactPresets(), ", "))
	case c.Activation == "":
		return Refuse("activation", "", "give it together with link %s, for example 4:0.8,6:0.6", c.Link)
	case c.Link == "":
		return Refuse("link", "", "give it together with activation %s, for example 4:1", c.Activation)
	}
	if c.Rank == 0 {
		c.Rank = 1
	}
	if c.Rank < 1 || c.Rank > 2 {
		return Refuse("rank", c.Rank, "allowed are 1 (target link(x_1)) and 2 (link averaged over the circle)")
	}
	if c.Dim == 0 {
		return Refuse("dim", c.Dim, "a problem given by activation and link needs a dimension, from %d to %d", c.Rank+2, MaxDim)
	}
	return c.checkExactDim(fmt.Sprintf("a target of rank %d", c.Rank))
}

// checkExactPreset is checkExact of a name, which stands alone.
func (c *ProblemChoice) checkExactPreset() error {
	switch {
	case c.Basis != "":
		return Refuse("basis", c.Basis, "not together with problem %s; give activation and link", c.Problem)
	case c.Law != "":
		return Refuse("law", c.Law, "not together with problem %s; give activation and link", c.Problem)
	case c.Activation != "":
		return Refuse("activation", c.Activation, "not together with problem %s; give a preset, or activation and link", c.Problem)
	case c.Link != "":
		return Refuse("link", c.Link, "not together with problem %s; give a preset, or activation and link", c.Problem)
	}
	preset, err := findExactPreset(c.Problem)
	if err != nil {
		return err
	}
	if c.Rank != 0 && c.Rank != preset.Rank {
		return Refuse("rank", c.Rank, "%s has rank %d; leave rank out, or give activation and link", preset.Name, preset.Rank)
	}
	c.Rank = preset.Rank
	if c.Dim == 0 {
		c.Dim = preset.Dim
	}
	return c.checkExactDim(preset.Name)
}

func (c *ProblemChoice) checkExactDim(who string) error {
	if c.Dim >= c.Rank+2 && c.Dim <= MaxDim {
		return nil
	}
	return Refuse("dim", c.Dim, "%s needs a dimension from %d to %d", who, c.Rank+2, MaxDim)
}

// Key tells choices apart that Make has checked.
func (c *ProblemChoice) Key() string {
	return fmt.Sprintf("%q %q %q %q %q %d %d", c.Problem, c.Activation, c.Link, c.Basis, c.Law, c.Rank, c.Dim)
}

// hermite reports whether the choice is of Hermite series over Gaussian inputs, whose closed forms are polynomials.
func (c *ProblemChoice) hermite() bool {
	_, first := particles.ParseSeries(c.Activation)
	_, second := particles.ParseSeries(c.Link)
	return first == nil && second == nil && c.Basis != BasisLegendre && c.Law != particles.Sphere.String()
}

// countOrNone is a number as text, "" for none.
func countOrNone(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
