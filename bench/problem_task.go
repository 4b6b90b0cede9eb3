package bench

import (
	"context"
	"errors"
	"math"
	"strings"

	"kac/internal/quantity"
	"kac/particles"
)

// Task checks a choice that is learned from samples, fills in the dimension and the checksum of teachers, and returns
// the task. Every error is an InputError, or the context's.
func (c *ProblemChoice) Task(ctx context.Context, from Sources) (*particles.Task, error) {
	m := making{Sources: from}
	if err := c.checkBasis(); err != nil {
		return nil, err
	}
	if c.Problem != "" {
		if c.hasTarget() || c.ofTarget() {
			return nil, Refuse("problem", c.Problem, "it has a target; leave the problem out to give another one")
		}
		return c.task(ctx, m)
	}
	switch {
	case m.Data == "" && !c.hasTarget():
		return nil, Refuse("problem", "", "name a preset, or give an activation and a target: link, parities or teacher-network")
	case c.Activation == "":
		return nil, Refuse("activation", "", "without a problem's name it must be given: relu, tanh, sigmoid, erf, gelu, softplus:T, a Hermite series, expr:FORMULA or table:FILE")
	case c.Dim == 0:
		return nil, Refuse("dim", 0, "without a problem's name it must be given, up to %d", MaxDim)
	}
	if err := CheckWhole("dim", c.Dim, 2, MaxDim, "dimension of the inputs"); err != nil {
		return nil, err
	}
	return c.task(ctx, m)
}

// checkBasis writes the default basis as "".
func (c *ProblemChoice) checkBasis() error {
	switch c.Basis {
	case "", BasisLegendre:
		return nil
	case BasisHermite:
		c.Basis = ""
		return nil
	}
	return Refuse("basis", c.Basis, "allowed are hermite and legendre")
}

// task makes a choice that its caller has looked at as a whole: a preset with its changes, or one of its parts.
func (c *ProblemChoice) task(ctx context.Context, m making) (*particles.Task, error) {
	before := c.TablesSum
	c.TablesSum = "" // filled in while tables are read
	task, err := c.taskOf(ctx, m)
	if err == nil && before != "" && before != c.TablesSum {
		key, text := "activation", c.Activation
		if !strings.HasPrefix(text, tablePrefix) {
			key, text = "link", c.Link
		}
		return nil, Refuse(key, text, "its numbers are not those that the run began with")
	}
	return task, err
}

func (c *ProblemChoice) taskOf(ctx context.Context, m making) (*particles.Task, error) {
	if c.Problem != "" {
		task, err := c.preset()
		if err != nil {
			return nil, err
		}
		if c.Dim = task.Dim(); c.unchanged() && m.Data == "" {
			return task, nil
		}
		return c.finish(particles.Spec{Dim: c.Dim, Law: task.Law(), Target: task.Target(), Activation: task.Activation(), Halves: task.Halves()}, m)
	}
	activation, err := c.function("activation", c.Activation, m)
	if err != nil {
		return nil, err
	}
	spec := particles.Spec{Dim: c.Dim, Activation: activation}
	if m.Data == "" {
		if spec.Target, err = c.target(ctx, activation, m); err != nil {
			return nil, err
		}
		if spec.Target.Rank() > spec.Dim {
			return nil, Refuse("dim", spec.Dim, "the target depends on %d coordinates", spec.Target.Rank())
		}
	}
	return c.finish(spec, m)
}

// finish applies what the choice changes, and names the task.
func (c *ProblemChoice) finish(spec particles.Spec, m making) (*particles.Task, error) {
	spec.Name = c.name(m)
	if m.Data != "" {
		if c.Law != "" || c.hasTarget() || c.ofTarget() {
			return nil, Refuse("data", m.Data, "data from a file have their own law and target; leave law, target and teachers out")
		}
		spec.Target = ownLabels(m.Labels)
	}
	var err error
	if c.Problem != "" && c.Activation != "" {
		if spec.Activation, err = c.function("activation", c.Activation, m); err != nil {
			return nil, err
		}
	}
	if c.Law != "" {
		if spec.Law, err = particles.ParseLaw(c.Law); err != nil {
			return nil, Refuse("law", c.Law, "allowed are gaussian, sphere and boolean")
		}
	}
	switch c.SecondLayer {
	case "":
	case "ones":
		spec.Halves = 0
	default:
		if spec.Halves, err = quantity.Value(c.SecondLayer); err != nil || !(spec.Halves > 0) || spec.Halves > 1e6 {
			return nil, Refuse("second-layer", c.SecondLayer, "allowed are ones, and C > 0 up to 1e6 for a second layer of +-C in equal halves")
		}
	}
	task, err := particles.NewTask(spec)
	var learned *particles.NothingLearnedError
	switch {
	case errors.As(err, &learned):
		key, value := c.blame()
		return nil, Refuse(key, value, "%s", Reason(err))
	case err != nil:
		return nil, Refuse("dim", c.Dim, "%s", Reason(err))
	}
	return task, nil
}

// function reads an activation or link.
func (c *ProblemChoice) function(key, text string, m making) (particles.Activation, error) {
	if c.Basis == BasisLegendre {
		if s, err := particles.ParseSeries(text); err == nil {
			a, err := particles.NewLegendreActivation(s, c.Dim)
			if err != nil {
				return a, Refuse(key, text, "%s", Reason(err))
			}
			return a, nil
		}
	}
	a, digest, err := ParseActivation(text)
	switch {
	case err == nil:
		if digest != "" {
			c.TablesSum = digests(c.TablesSum, digest)
		}
		return a, nil
	case isOwn(text):
		return a, Refuse(key, text, "%s", Reason(err))
	case m.exact && (text[0] < 'a' || text[0] > 'z'):
		return a, Refuse(key, text, "%s", SeriesReason(err))
	case !m.exact && key == "link":
		_, err = particles.ParseSeries(text)
		return a, Refuse(key, text, "%s, or one of relu, tanh, sigmoid, erf, gelu, softplus:T, expr:FORMULA and table:FILE", SeriesReason(err))
	}
	return a, Refuse(key, text, "%s", Reason(err))
}

// spelling is the one way in which the parameters of a run write a function, whose basis is told apart: a formula or a
// table as it was typed.
func spelling(text string) string {
	if s, err := particles.ParseSeries(text); err == nil {
		return s.String()
	}
	if a, err := particles.ParseActivation(text); err == nil {
		return a.String()
	}
	return text
}

// ownLabels is the target of data from a file: nothing is known of it but its labels there.
type ownLabels string

// Value implements particles.Target.
func (l ownLabels) Value([]float64) float64 { return math.NaN() }

// Rank implements particles.Target.
func (l ownLabels) Rank() int { return 1 }

// String implements particles.Target.
func (l ownLabels) String() string { return "labels of " + string(l) }
