package sweep

import (
	"errors"
	"fmt"
	"slices"

	"kac/bench"
	"kac/bench/gap"
	"kac/particles"
)

// Limits of a sweep; a cell is a file, and the table is made in memory.
const (
	MaxCells  = 200_000
	MaxGroups = 10_000
)

// Study is a checked study file: a grid of groups.
type Study struct {
	Groups   []*Group
	Declared Declared
}

// Group is one gap study of the grid: everything but width and seed is fixed in it.
type Group struct {
	Name string // the slug that names its files, such as he4-d16
	// Parameters hold a horizon of 0 until Study.Resolve, if Reach is above 0.
	Parameters gap.Parameters
	Problem    particles.Expectations
	Reach      float64 // the horizon is the first time with at most this risk; 0: a given time
}

// Declared is what a study file says, with defaults filled in, one spelling for one meaning. Two
// files with equal Declared are the same study.
type Declared struct {
	Problems      []string `json:"problem,omitempty"`
	Dims          []string `json:"dim,omitempty"`
	Activation    string   `json:"activation,omitempty"`
	Link          string   `json:"link,omitempty"`
	Rank          int      `json:"rank,omitempty"`
	Widths        []string `json:"widths"`
	Seeds         int      `json:"seeds"`
	Seed          uint64   `json:"seed"`
	Horizons      []string `json:"horizon"`
	Points        int      `json:"points"`
	Dynamics      []string `json:"dynamics"`
	Eta           float64  `json:"eta,omitempty"`
	Tolerance     float64  `json:"tolerance"`
	FlowTolerance float64  `json:"flow_tolerance,omitempty"` // 0: that of the precision
	Form          string   `json:"form"`
	Precisions    []string `json:"precision"`
}

// Defaults of the keys, those of kac gap's flags.
const (
	defaultProblem   = "he4"
	defaultSeeds     = 8
	defaultSeed      = 1
	defaultPoints    = 21
	defaultEta       = 0.01
	defaultTolerance = 1e-10
	defaultForm      = "auto"
)

// declare turns the values of a file into a study.
func declare(values map[string]any) (*Study, error) {
	r := &reader{values: values}
	d := Declared{
		Activation: r.text("activation", ""), Link: r.text("link", ""), Rank: r.whole("rank", 0),
		Seeds: r.whole("seeds", defaultSeeds), Seed: r.seed("seed", defaultSeed), Points: r.whole("points", defaultPoints),
		Dynamics: r.words("dynamics", gap.DynamicsFlow), Tolerance: defaultTolerance,
		Form: r.text("form", defaultForm), Precisions: r.words("precision", bench.Float64),
	}
	if d.Activation == "" && d.Link == "" {
		d.Problems = r.words("problem", defaultProblem)
	} else {
		d.Problems = r.words("problem")
	}
	dims, widths, horizons := r.quantities("dim"), r.quantities("widths"), r.quantities("horizon")
	if x, ok := r.number("tolerance"); ok {
		d.Tolerance = x
	}
	eta, hasEta := r.number("eta")
	flow, hasFlow := r.number("flow-tolerance")
	if r.err != nil {
		return nil, r.err
	}
	if err := d.steps(eta, hasEta, flow, hasFlow); err != nil {
		return nil, err
	}
	for _, list := range []struct {
		quantities []Quantity
		text       *[]string
	}{{dims, &d.Dims}, {widths, &d.Widths}, {horizons, &d.Horizons}} {
		for _, q := range list.quantities {
			*list.text = append(*list.text, q.String())
		}
	}
	s := &Study{Declared: d}
	if err := s.expand(dims, widths, horizons); err != nil {
		return nil, err
	}
	return s, s.checkSize()
}

// steps keeps eta and flow-tolerance, or refuses what belongs to dynamics that are not there.
func (d *Declared) steps(eta float64, hasEta bool, flow float64, hasFlow bool) error {
	flows, descends := slices.Contains(d.Dynamics, gap.DynamicsFlow), slices.Contains(d.Dynamics, gap.DynamicsDescent)
	switch {
	case hasEta && !descends:
		return refuse("eta", number(eta), "the flow has no step; use it with dynamics descent only")
	case hasFlow && !flows:
		return refuse("flow-tolerance", number(flow), "the descent has no tolerance; use it with dynamics flow only")
	case hasFlow && !(flow > 0):
		return refuse("flow-tolerance", number(flow), "give a number above 0")
	case hasEta:
		d.Eta = eta
	case descends:
		d.Eta = defaultEta
	}
	d.FlowTolerance = flow
	return nil
}

// expand makes the groups: problems, then dimensions, horizons, dynamics, precisions.
func (s *Study) expand(dims, widths, horizons []Quantity) error {
	if len(widths) == 0 {
		return refuse("widths", "", `give at least one width, such as widths = ["d^1.5", "d^2"]`)
	}
	if len(horizons) == 0 {
		return refuse("horizon", "", `give a last time (paper time), such as horizon = 20 or horizon = "reach 0.1"`)
	}
	problems := s.Declared.Problems
	if len(problems) == 0 {
		problems = []string{""}
	}
	names := map[string]bool{}
	for _, problem := range problems {
		choice := bench.ProblemChoice{Problem: problem, Activation: s.Declared.Activation, Link: s.Declared.Link, Rank: s.Declared.Rank}
		list, err := dimensions(dims)
		if err != nil {
			return err
		}
		for _, choice.Dim = range list {
			made := choice
			p, err := made.Make()
			if err != nil {
				return err
			}
			if err := s.expandIn(made, p, widths, horizons, names); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Study) expandIn(choice bench.ProblemChoice, p particles.Expectations, widths, horizons []Quantity, names map[string]bool) error {
	m, err := widthsAt(widths, choice.Dim)
	if err != nil {
		return err
	}
	times, err := horizonsAt(horizons, choice.Dim)
	if err != nil {
		return err
	}
	d := &s.Declared
	for _, h := range times {
		for _, dynamics := range d.Dynamics {
			for _, precision := range d.Precisions {
				g := &Group{Problem: p, Reach: h.reach, Parameters: gap.Parameters{
					ProblemChoice: choice, Widths: m, Seeds: d.Seeds, Seed: d.Seed, Points: d.Points,
					Dynamics: dynamics, Tolerance: d.Tolerance, Form: d.Form, Precision: precision,
				}}
				if dynamics == gap.DynamicsDescent {
					g.Parameters.Eta = d.Eta
				} else if g.Parameters.FlowTolerance = d.FlowTolerance; d.FlowTolerance == 0 {
					_, g.Parameters.FlowTolerance = bench.FlowTolerances(precision)
				}
				if err := g.setHorizon(h); err != nil {
					return err
				}
				g.Name = unique(names, s.slug(g, h))
				s.Groups = append(s.Groups, g)
				if len(s.Groups) > MaxGroups {
					return refuse("dim", fmt.Sprint(choice.Dim), "the grid has more than %d groups", MaxGroups)
				}
			}
		}
	}
	return nil
}

// setHorizon sets the last time and checks all parameters; those of a horizon that is not known yet
// are checked with another one.
func (g *Group) setHorizon(h horizon) error {
	checked := g.Parameters
	checked.Horizon = h.time
	if h.reach > 0 {
		if h.reach <= checked.Tolerance {
			return refuse("horizon", "reach "+number(h.reach), "the risk must be above the tolerance %s", number(checked.Tolerance))
		}
		checked.Horizon = 1
	}
	if h.computed {
		checked.Horizon = g.Parameters.RoundUp(checked.Horizon)
	}
	if _, err := checked.Check(); err != nil {
		return g.explain(err)
	}
	if h.reach > 0 {
		checked.Horizon = 0
	}
	g.Parameters = checked
	return nil
}

// explain adds where in the grid a refused value comes from.
func (g *Group) explain(err error) error {
	input := (*bench.InputError)(nil)
	if !errors.As(err, &input) || input.Key != "widths" && input.Key != "horizon" {
		return err
	}
	return refuse(input.Key, input.Value, "in dimension %d: %s", g.Parameters.Dim, input.Reason)
}

// slug names a group by its problem and dimension, and by those of the other keys that vary.
func (s *Study) slug(g *Group, h horizon) string {
	name := g.Parameters.Problem
	if name == "" {
		name = "custom"
	}
	name += fmt.Sprintf("-d%d", g.Parameters.Dim)
	if h.slug != "" {
		name += "-" + h.slug
	}
	if len(s.Declared.Dynamics) > 1 {
		name += "-" + g.Parameters.Dynamics
	}
	if len(s.Declared.Precisions) > 1 {
		name += "-" + g.Parameters.Precision
	}
	return name
}

func unique(taken map[string]bool, name string) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	taken[free] = true
	return free
}

func (s *Study) checkSize() error {
	cells, rows := 0.0, 0.0
	for _, g := range s.Groups {
		n := float64(len(g.Parameters.Widths)) * float64(g.Parameters.Seeds)
		cells, rows = cells+n, rows+n*float64(g.Parameters.Points)
	}
	switch {
	case cells > MaxCells:
		return refuse("seeds", fmt.Sprint(s.Declared.Seeds), "the grid has %.3g cells; allowed are %d", cells, MaxCells)
	case rows > gap.MaxRows:
		return refuse("points", fmt.Sprint(s.Declared.Points), "the table has %.3g rows; allowed are %.3g", rows, float64(gap.MaxRows))
	}
	return nil
}
