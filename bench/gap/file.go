package gap

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"kac/bench"
	"kac/bench/keys"
	"kac/internal/quantity"
	"kac/particles"
)

// MaxGroups bounds the groups of a study file.
const MaxGroups = 10_000

// Measure is the gap in sweeps.
var Measure = bench.Measure{
	Name: Schema.Measure, Keys: Keys,
	Read: func(values map[string]any) (*bench.Sweep, error) {
		f, err := declare(values)
		if err != nil {
			return nil, err
		}
		out := &bench.Sweep{Declared: f.Declared}
		for _, g := range f.Groups {
			out.Groups = append(out.Groups, bench.Group{Name: g.Name, Study: g.study()})
		}
		return out, nil
	},
	Restore: func(parameters json.RawMessage, reach float64) (bench.Study, error) {
		g, err := groupOf(parameters)
		if err != nil {
			return nil, err
		}
		g.Reach = reach
		return g, nil
	},
	Plan: plan,
	Text: sweepText,
}

// Keys are the keys of a study file: the flags of kac gap, without their dashes.
var Keys = []string{
	"problem", "dim", "activation", "link", "rank", "basis", "law", "widths", "seeds", "seed", "horizon", "points",
	"dynamics", "eta", "tolerance", "flow-tolerance", "form", "precision", "initial", "initial-tensor",
}

// file is a checked study file: a grid of groups.
type file struct {
	Groups   []*Group
	Declared Declared
	initial  *bench.Network
}

// Declared is what a study file says, with defaults filled in, one spelling for one meaning. Two
// files with equal Declared are the same study.
type Declared struct {
	Problems      []string `json:"problem,omitempty"`
	Dims          []string `json:"dim,omitempty"`
	Activation    string   `json:"activation,omitempty"`
	Link          string   `json:"link,omitempty"`
	Rank          int      `json:"rank,omitempty"`
	Basis         string   `json:"basis,omitempty"`
	Law           string   `json:"law,omitempty"`
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
	Initial       string   `json:"initial,omitempty"`
	InitialTensor string   `json:"initial_tensor,omitempty"`
	InitialSum    string   `json:"initial_sha256,omitempty"`
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
func declare(values map[string]any) (*file, error) {
	r := &keys.Reader{Values: values}
	d := Declared{
		Activation: r.Text("activation", ""), Link: r.Text("link", ""), Rank: r.Whole("rank", 0),
		Basis: r.Text("basis", ""), Law: r.Text("law", ""),
		Seeds: r.Whole("seeds", defaultSeeds), Seed: r.Seed("seed", defaultSeed), Points: r.Whole("points", defaultPoints),
		Dynamics: r.Words("dynamics", DynamicsFlow), Tolerance: defaultTolerance,
		Form: r.Text("form", defaultForm), Precisions: r.Words("precision", bench.Float64), Initial: r.Text("initial", ""), InitialTensor: r.Text("initial-tensor", ""),
	}
	if d.Activation == "" && d.Link == "" {
		d.Problems = r.Words("problem", defaultProblem)
	} else {
		d.Problems = r.Words("problem")
	}
	dims, widths, horizons := r.Quantities("dim"), r.Quantities("widths"), r.Quantities("horizon")
	if x, ok := r.Number("tolerance"); ok {
		d.Tolerance = x
	}
	eta, hasEta := r.Number("eta")
	flow, hasFlow := r.Number("flow-tolerance")
	if r.Err != nil {
		return nil, r.Err
	}
	if err := d.steps(eta, hasEta, flow, hasFlow); err != nil {
		return nil, err
	}
	network, err := d.readInitial(values)
	if err != nil {
		return nil, err
	}
	for _, list := range []struct {
		quantities []quantity.Quantity
		text       *[]string
	}{{dims, &d.Dims}, {widths, &d.Widths}, {horizons, &d.Horizons}} {
		for _, q := range list.quantities {
			*list.text = append(*list.text, q.String())
		}
	}
	s := &file{Declared: d, initial: network}
	if err := s.expand(dims, widths, horizons); err != nil {
		return nil, err
	}
	return s, nil
}

// steps keeps eta and flow-tolerance, or refuses what belongs to dynamics that are not there.
func (d *Declared) steps(eta float64, hasEta bool, flow float64, hasFlow bool) error {
	flows, descends := slices.Contains(d.Dynamics, DynamicsFlow), slices.Contains(d.Dynamics, DynamicsDescent)
	switch {
	case hasEta && !descends:
		return bench.Refuse("eta", bench.Number(eta), "the flow has no step; use it with dynamics descent only")
	case hasFlow && !flows:
		return bench.Refuse("flow-tolerance", bench.Number(flow), "the descent has no tolerance; use it with dynamics flow only")
	case hasFlow && !(flow > 0):
		return bench.Refuse("flow-tolerance", bench.Number(flow), "give a number above 0")
	case hasEta:
		d.Eta = eta
	case descends:
		d.Eta = defaultEta
	}
	d.FlowTolerance = flow
	return nil
}

// expand makes the groups: problems, then dimensions, horizons, dynamics, precisions.
func (s *file) expand(dims, widths, horizons []quantity.Quantity) error {
	if len(widths) == 0 {
		return bench.Refuse("widths", "", `give at least one width, such as widths = ["d^1.5", "d^2"]`)
	}
	if len(horizons) == 0 {
		return bench.Refuse("horizon", "", `give a last time (paper time), such as horizon = 20 or horizon = "reach 0.1"`)
	}
	problems := s.Declared.Problems
	if len(problems) == 0 {
		problems = []string{""}
	}
	names := map[string]bool{}
	for _, problem := range problems {
		choice := bench.ProblemChoice{Problem: problem, Activation: s.Declared.Activation, Link: s.Declared.Link, Rank: s.Declared.Rank, Basis: s.Declared.Basis, Law: s.Declared.Law}
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

func (s *file) expandIn(choice bench.ProblemChoice, p particles.Expectations, widths, horizons []quantity.Quantity, names map[string]bool) error {
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
				g := &Group{Problem: p, Reach: h.reach, Parameters: Parameters{
					ProblemChoice: choice, Widths: m, Seeds: d.Seeds, Seed: d.Seed, Points: d.Points,
					Dynamics: dynamics, Tolerance: d.Tolerance, Form: d.Form, Precision: precision,
					Initial: d.Initial, InitialTensor: d.InitialTensor, InitialSum: d.InitialSum, initial: s.initial,
				}}
				if dynamics == DynamicsDescent {
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
					return bench.Refuse("dim", fmt.Sprint(choice.Dim), "the grid has more than %d groups", MaxGroups)
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
			return bench.Refuse("horizon", "reach "+bench.Number(h.reach), "the risk must be above the tolerance %s", bench.Number(checked.Tolerance))
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
	return bench.Refuse(input.Key, input.Value, "in dimension %d: %s", g.Parameters.Dim, input.Reason)
}

// slug names a group by its problem and dimension, and by those of the other keys that vary.
func (s *file) slug(g *Group, h horizon) string {
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
