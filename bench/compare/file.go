package compare

import (
	"fmt"
	"strings"

	"kac/bench"
	"kac/bench/keys"
	"kac/internal/quantity"
)

// Measure are networks on n samples in sweeps: `measure = "compare"`.
var Measure = bench.Measure{
	Name:    Schema.Measure,
	Keys:    []string{"problem", "activation", "link", "dims", "samples", "noise", "widths", "eta", "horizon", "points", "seeds", "seed"},
	Read:    read,
	Restore: restore,
}

// declared is what a study file says, with defaults filled in.
type declared struct {
	Measure    string   `json:"measure"`
	Problem    string   `json:"problem,omitempty"`
	Activation string   `json:"activation,omitempty"`
	Link       string   `json:"link,omitempty"`
	Dims       []int    `json:"dims"`
	Samples    []string `json:"samples"`
	Noise      float64  `json:"noise"`
	Widths     []int    `json:"widths"`
	Eta        float64  `json:"eta"`
	Horizon    float64  `json:"horizon"`
	Points     int      `json:"points"`
	Seeds      int      `json:"seeds"`
	Seed       uint64   `json:"seed"`
}

// Defaults, those of kac compare's flags.
const (
	defaultProblem = "quartic"
	defaultWidth   = 1024
	defaultEta     = .1
	defaultHorizon = 12
	defaultPoints  = 13
	defaultSeeds   = 8
)

// read makes a group for each dimension and width.
func read(values map[string]any) (*bench.Sweep, error) {
	r := &keys.Reader{Values: values}
	d := declared{Measure: Schema.Measure,
		Activation: r.Text("activation", ""), Link: r.Text("link", ""), Eta: defaultEta, Horizon: defaultHorizon,
		Points: r.Whole("points", defaultPoints), Seeds: r.Whole("seeds", defaultSeeds), Seed: r.Seed("seed", 1),
	}
	if d.Activation == "" && d.Link == "" {
		d.Problem = r.Text("problem", defaultProblem)
	} else {
		d.Problem = r.Text("problem", "")
	}
	for key, x := range map[string]*float64{"noise": &d.Noise, "eta": &d.Eta, "horizon": &d.Horizon} {
		if y, given := r.Number(key); given {
			*x = y
		}
	}
	dims, samples, widths := r.Quantities("dims"), r.Quantities("samples"), r.Quantities("widths")
	if r.Err != nil {
		return nil, r.Err
	}
	if len(samples) == 0 {
		return nil, bench.Refuse("samples", "", `give numbers of samples, such as samples = "d^1.5..d^3:0.25"`)
	}
	if len(widths) == 0 {
		widths = []quantity.Quantity{{Factor: defaultWidth}}
	}
	var err error
	if d.Dims, err = bench.WholesAt("dims", dims, 0, bench.MaxDim); err != nil {
		return nil, err
	}
	if d.Widths, err = bench.WholesAt("widths", widths, 0, bench.MaxWidth); err != nil {
		return nil, err
	}
	for _, q := range samples {
		d.Samples = append(d.Samples, q.String())
	}
	return d.groups()
}

func (d *declared) groups() (*bench.Sweep, error) {
	out := &bench.Sweep{}
	whole := &group{Parameters{Problem: d.Problem, Activation: d.Activation, Link: d.Link, Dims: d.Dims, Samples: d.Samples, Noise: d.Noise, Widths: d.Widths,
		Draws: d.Seeds, Seed: d.Seed, Eta: d.Eta, Horizon: d.Horizon, Points: d.Points}}
	if err := whole.check(); err != nil {
		return nil, err
	}
	p := whole.p
	d.Activation, d.Link, d.Dims, d.Samples, d.Widths = p.Activation, p.Link, p.Dims, p.Samples, p.Widths
	for _, dim := range d.Dims {
		for _, width := range d.Widths {
			g := &group{p}
			g.p.Dims, g.p.Widths = []int{dim}, []int{width}
			if err := g.check(); err != nil {
				return nil, err
			}
			name := d.Problem
			if name == "" {
				name = "custom"
			}
			name += fmt.Sprintf("-d%d", dim)
			if len(d.Widths) > 1 {
				name += fmt.Sprintf("-m%d", width)
			}
			out.Groups = append(out.Groups, bench.Group{Name: name, Study: g})
		}
	}
	out.Declared = *d
	return out, nil
}

// field is the problem as a plain CSV field.
func (p *Parameters) field() string {
	if p.Problem != "" {
		return p.Problem
	}
	plus := func(s string) string { return strings.ReplaceAll(s, ",", "+") }
	return fmt.Sprintf("activation=%s;link=%s;basis=legendre", plus(p.Activation), plus(p.Link))
}
