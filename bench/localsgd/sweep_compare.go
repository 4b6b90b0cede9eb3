package localsgd

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"kac/bench"
	"kac/particles/localsgd"
)

// CompareSchema is the form of the tables of algorithms with their best steps in sweeps; `problem` is the algorithm.
// Its seeds are within a row: those by which a step is chosen, and those that are reported.
var CompareSchema = &bench.Schema{
	Measure: "local-compare", Size: "local_steps", Sizes: "local-steps", Letter: "K", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "objective", Kind: bench.Text, Meaning: "what the clients minimise, as it was asked for"},
		{Name: "against", Kind: bench.Text, Meaning: "the first algorithm, which the ratio is of"},
		{Name: "clients", Kind: bench.Whole, Meaning: "M"},
		{Name: "rotation", Meaning: "how far the clients' axes are turned, radians; empty where nothing is generated"},
		{Name: "spread", Meaning: "how far the clients' optima are apart; empty where nothing is generated"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "rounds", Meaning: "0: a row is the last round"},
		{Name: "rounds", Kind: bench.Whole, Meaning: "R"},
		{Name: "tau", Meaning: "max |A_m − A_n|, or a bound of it; empty but for quadratics"},
		{Name: "zeta", Meaning: "rms distance of the clients' optima to x*; empty but for quadratics"},
		{Name: "best_eta", Meaning: "the best step"},
		{Name: "eta_low", Meaning: "least step that was tried"},
		{Name: "eta_high", Meaning: "largest"},
		{Name: "at_edge", Kind: bench.Whole, Meaning: "1: the best step is at one of them"},
		{Name: "value_gap", Meaning: "E F(x) − F* with the best step", How: bench.Averaged, Formula: "E *F*(*x*) − *F*^{\\*}"},
		{Name: "value_gap_se", Meaning: "its standard error; empty where it is exact"},
		{Name: "value_gap_error", Meaning: "how wrong it may be, where it is exact"},
		{Name: "tuned_value_gap", Meaning: "what it was on the seeds that chose the step"},
		{Name: "ratio", Meaning: "value gap of the first algorithm over this one's", How: bench.Averaged},
		{Name: "ratio_error", Meaning: "of it"},
	},
}

// compareGroup is one algorithm beside the first, on one objective.
type compareGroup struct {
	CompareParameters
	first string
}

// NewCompareGroup makes a study of parameters with the algorithms compared and one rotation and spread: that of the
// named one.
func NewCompareGroup(ctx context.Context, p CompareParameters, name string) (bench.Study, error) {
	if err := p.Check(ctx); err != nil {
		return nil, err
	}
	if len(p.Rotations) > 1 || len(p.Spreads) > 1 {
		return nil, bench.Refuse("rotation", fmt.Sprint(p.Rotations), "a group has one rotation and one spread; in a study file give lists")
	}
	if !slices.Contains(p.Algorithms, name) {
		return nil, bench.Refuse("algorithm", name, "it is none of those that are compared")
	}
	g := &compareGroup{p, p.Algorithms[0]}
	if g.Algorithms = []string{g.first}; name != g.first {
		g.Algorithms = []string{g.first, name}
	}
	return g, nil
}

// compareRecord is what a group is made again of.
type compareRecord struct {
	CompareParameters
	Own string `json:"own"` // algorithm
}

// RestoreCompare is the study of recorded parameters.
func RestoreCompare(ctx context.Context, parameters json.RawMessage) (bench.Study, error) {
	var p compareRecord
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	if p.Matrices != "" { // they say it themselves
		p.Clients = nil
	}
	if len(p.Algorithms) == 1 { // the first one's own group; any other completes the pair that a comparison needs
		other := localsgd.MinibatchSGD
		if p.Own == other {
			other = localsgd.LocalSGD
		}
		p.Algorithms = append(p.Algorithms, other)
	}
	return NewCompareGroup(ctx, p.CompareParameters, p.Own)
}

// Facts implements bench.Study.
func (g *compareGroup) Facts() bench.Facts {
	name := g.Algorithms[len(g.Algorithms)-1]
	parameters := g.CompareParameters
	parameters.solved = nil // parameters are compared, and this is none
	identity := parameters
	identity.LocalSteps, identity.Rounds = nil, 0
	if g.Budget == 0 {
		identity.Rounds = g.Rounds
	}
	rotation, spread := math.NaN(), math.NaN()
	if len(g.Rotations) > 0 {
		rotation, spread = g.Rotations[0], g.Spreads[0]
	}
	return bench.Facts{
		Schema: CompareSchema, Problem: name, Dim: g.Parameters.dim(), Labels: []any{g.Word, g.first, g.Clients[0], rotation, spread}, Sizes: g.LocalSteps, FirstSeed: 1, Seeds: 1,
		Points: 1, Times: []float64{0}, Parameters: compareRecord{parameters, name}, Identity: compareRecord{identity, name}, Precision: bench.Float64,
	}
}

// Cost implements bench.Study.
func (g *compareGroup) Cost(steps int) bench.Cost {
	rounds := g.Rounds
	if g.Budget > 0 {
		rounds = g.Budget / steps
	}
	one := g.Parameters
	one.Seeds = 1
	d := float64(g.Parameters.dim())
	work := 20 * d * float64(g.Clients[0]) * float64(steps) * float64(rounds) * float64(g.Seeds+g.Grid*g.TuningSeeds)
	if g.kind() == QuadraticWord {
		work = d * d * d * (40*float64(g.Clients[0]) + 8*float64(rounds)) * float64(g.Grid+80)
	}
	return bench.Cost{Work: work * float64(len(g.Algorithms)), Memory: one.memory().Bytes()}
}

// Prepare implements bench.Study: there is nothing that cells share.
func (g *compareGroup) Prepare(context.Context, func(share float64)) (bench.Runner, error) {
	return g, nil
}

// RunCell implements bench.Runner.
func (g *compareGroup) RunCell(ctx context.Context, steps int, _ uint64, o bench.CellOptions) ([]float64, error) {
	one := g.CompareParameters
	one.LocalSteps = []int{steps}
	if one.Budget > 0 {
		one.Rounds = one.Budget / steps
	}
	c, err := RunCompare(ctx, one, o.Workers, nil, o.Told)
	if err != nil {
		return nil, err
	}
	r := c.Rows[len(c.Rows)-1]
	return []float64{0, float64(r.Rounds), r.Tau, r.Zeta, r.Eta, r.Low, r.High, edge(r.AtEdge), r.Value, r.SE, r.Error, r.Tuned, r.Ratio, r.RatioError}, nil
}
