package bench

import (
	"errors"
	"fmt"
	"strings"

	"kac/internal/visible"
	"kac/particles"
)

// The bases that a series can be given in.
const (
	BasisHermite  = "hermite"  // orthonormal Hermite polynomials of <w, x>
	BasisLegendre = "legendre" // orthonormal Legendre polynomials of dimension d of <w, x>/sqrt d
)

// hermite reports whether the choice is of Hermite series over Gaussian inputs, whose closed forms are polynomials.
func (c *ProblemChoice) hermite() bool {
	_, first := particles.ParseSeries(c.Activation)
	_, second := particles.ParseSeries(c.Link)
	return first == nil && second == nil && c.Basis != BasisLegendre && c.Law != particles.Sphere.String()
}

// checkInputs checks basis and law, and writes the defaults as "".
func (c *ProblemChoice) checkInputs() error {
	switch c.Basis {
	case "", BasisLegendre:
	case BasisHermite:
		c.Basis = ""
	default:
		return Refuse("basis", c.Basis, "allowed are hermite and legendre")
	}
	switch law, err := particles.ParseLaw(c.Law); {
	case c.Law == "":
	case err != nil || law == particles.Boolean:
		return Refuse("law", c.Law, "allowed are gaussian and sphere, whose inputs have an exact infinite-width limit")
	case law == particles.Gaussian:
		c.Law = ""
	}
	return nil
}

// isotropic makes a problem of any activation and link of one coordinate.
func (c *ProblemChoice) isotropic() (particles.Expectations, error) {
	activation, err := c.function("activation", c.Activation)
	if err != nil {
		return nil, err
	}
	link, err := c.function("link", c.Link)
	if err != nil {
		return nil, err
	}
	if c.Rank != 1 {
		return nil, Refuse("rank", c.Rank, "targets of more than one coordinate are known for Hermite series over gaussian inputs only; leave rank out")
	}
	target, err := particles.NewSingleIndex(link)
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", Reason(err))
	}
	law := particles.Gaussian
	if c.Law != "" {
		law = particles.Sphere
	}
	c.Activation, c.Link = c.spelling(activation, c.Activation), c.spelling(link, c.Link)
	task, err := particles.NewTask(particles.Spec{Name: c.isotropicName(), Dim: c.Dim, Law: law, Activation: activation, Target: target})
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", Reason(err))
	}
	p, err := task.Isotropic()
	var parse *particles.ParseError
	switch {
	case errors.As(err, &parse):
		return nil, Refuse(parse.What, parse.Text, "%s", parse.Err)
	case err != nil:
		return nil, Refuse("link", c.Link, "%s", Reason(err))
	}
	return p, nil
}

// function reads an activation or link.
func (c *ProblemChoice) function(key, text string) (particles.Activation, error) {
	if c.Basis == BasisLegendre {
		if s, err := particles.ParseSeries(text); err == nil {
			a, err := particles.NewLegendreActivation(s, c.Dim)
			if err != nil {
				return a, Refuse(key, text, "%s", Reason(err))
			}
			return a, nil
		}
	}
	if a, is, err := ownFunction(text); is {
		if err != nil {
			return a, Refuse(key, text, "%s", Reason(err))
		}
		return a, nil
	}
	a, err := particles.ParseActivation(text)
	switch {
	case err != nil && (text[0] < 'a' || text[0] > 'z'):
		return a, Refuse(key, text, "%s", SeriesReason(err))
	case err != nil:
		return a, Refuse(key, text, "%s", Reason(err))
	}
	return a, nil
}

// spelling is how the parameters of a run write a function: the basis is told apart.
func (c *ProblemChoice) spelling(a particles.Activation, text string) string {
	if s, err := particles.ParseSeries(text); err == nil {
		return s.String()
	}
	if strings.HasPrefix(text, tablePrefix) { // without its digest
		return text
	}
	return a.String()
}

// isotropicName is free of commas, so that it stays one plain CSV field.
func (c *ProblemChoice) isotropicName() string {
	name := fmt.Sprintf("activation=%s;link=%s;rank=1", visible.Text(c.Activation), visible.Text(c.Link))
	if c.Basis != "" {
		name += ";basis=" + c.Basis
	}
	if c.Law != "" {
		name += ";law=" + c.Law
	}
	return strings.NewReplacer(",", "+", " ", "_", "\"", "_", "\n", "_").Replace(name)
}
