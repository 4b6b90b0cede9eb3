package localsgd

import (
	"context"
	"encoding/json"
	"math"

	"kac/bench"
)

// ExactSchema is the form of the tables of exact moments in sweeps: the time is the round, and nothing is drawn.
var ExactSchema = &bench.Schema{
	Measure: "local-exact", Size: "clients", Sizes: "clients", Letter: "M", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "local_steps", Kind: bench.Whole, Meaning: "K"},
		{Name: "eta", Meaning: "the step"},
		{Name: "server_step", Meaning: "the server's step along the clients' average"},
		{Name: "rotation", Meaning: "how far the clients' axes are turned, radians; empty with matrices of your own"},
		{Name: "spread", Meaning: "how far the clients' optima are apart; empty with matrices of your own"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "rounds", Meaning: "rounds that are done"},
		{Name: "value_gap", Meaning: "E F(x) − F*, exactly", How: bench.Averaged, Formula: "E *F*(*x*) − *F*^{\\*}"},
		{Name: "value_gap_error", Meaning: "how wrong it may be"},
		{Name: "value_gap_mean", Meaning: "of it what the mean point has, which more clients cannot remove"},
		{Name: "value_gap_noise", Meaning: "of it what noise adds", How: bench.Scaled, Mean: "scaled_value_gap_noise"},
		{Name: "distance", Meaning: "root of E |x − x*|²"},
		{Name: "distance_error", Meaning: "how wrong it may be"},
	},
}

// exactGroup is one algorithm with one number of local steps.
type exactGroup struct{ ExactParameters }

// NewExactGroup makes a study of parameters with one algorithm and one number of local steps.
func NewExactGroup(ctx context.Context, p ExactParameters) (bench.Study, error) {
	if err := p.Check(ctx); err != nil {
		return nil, err
	}
	if len(p.LocalSteps) > 1 {
		return nil, bench.Refuse("local-steps", bench.Wholes(p.LocalSteps, ","), "a group has one number of local steps; in a study file give a list")
	}
	return &exactGroup{p}, nil
}

// RestoreExact is the study of recorded parameters.
func RestoreExact(ctx context.Context, parameters json.RawMessage) (bench.Study, error) {
	var p ExactParameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	if p.Matrices != "" { // they say it themselves
		p.Clients = nil
	}
	return NewExactGroup(ctx, p)
}

// Facts implements bench.Study.
func (g *exactGroup) Facts() bench.Facts {
	identity := g.ExactParameters
	identity.Clients = nil
	var times []float64
	for _, r := range shownRounds(g.Rounds)[1:] {
		times = append(times, float64(r))
	}
	rotation, spread := g.angles()
	return bench.Facts{
		Schema: ExactSchema, Problem: g.Algorithms[0], Dim: g.dim(), Labels: []any{g.LocalSteps[0], g.Eta, g.ServerStep, rotation, spread}, Sizes: g.Clients, FirstSeed: 1, Seeds: 1,
		Points: len(times), Times: times, Parameters: g.ExactParameters, Identity: identity, Precision: bench.Float64,
	}
}

// Cost implements bench.Study: powers of matrices, and rounds.
func (g *exactGroup) Cost(clients int) bench.Cost {
	d := float64(g.dim())
	return bench.Cost{Work: d * d * d * (40*float64(clients) + 8*float64(g.Rounds)), Memory: 32 * float64(clients) * d * d}
}

// Prepare implements bench.Study: there is nothing that cells share.
func (g *exactGroup) Prepare(context.Context, func(share float64)) (bench.Runner, error) {
	return g, nil
}

// RunCell implements bench.Runner.
func (g *exactGroup) RunCell(ctx context.Context, clients int, _ uint64, _ bench.CellOptions) ([]float64, error) {
	one := g.ExactParameters
	one.Clients = []int{clients}
	t, err := RunExact(ctx, one, nil)
	if err != nil {
		return nil, err
	}
	var out []float64
	for _, round := range shownRounds(g.Rounds)[1:] {
		r := t.Rows[round-1]
		root := math.Sqrt(r.Distance2)
		out = append(out, float64(r.Round), r.Gap, r.GapError, r.GapMean, r.GapNoise, root, r.DistanceError/math.Max(2*root, 1e-300))
	}
	return out, nil
}

// FixedPointSchema is the form of the tables of fixed points in sweeps; a row has neither chance nor time.
var FixedPointSchema = &bench.Schema{
	Measure: "local-fixed-point", Size: "local_steps", Sizes: "local-steps", Letter: "K", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "step_rule", Kind: bench.Text, Meaning: "fixed (eta), inverse (eta/K) or square (eta/K²)"},
		{Name: "base_eta", Meaning: "eta of the rule"},
		{Name: "clients", Kind: bench.Whole, Meaning: "M"},
		{Name: "rotation", Meaning: "how far the clients' axes are turned, radians; empty with matrices of your own"},
		{Name: "spread", Meaning: "how far the clients' optima are apart; empty with matrices of your own"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "rounds", Meaning: "0: where rounds end"},
		{Name: "eta", Meaning: "the step"},
		{Name: "distance", Meaning: "|x_∞ − x*|, the floor", How: bench.Averaged, Formula: "|*x*_∞ − *x*^{\\*}|"},
		{Name: "distance_error", Meaning: "how wrong it may be"},
		{Name: "bound", Meaning: "upper bound of it, Proposition 21 of Patel et al."},
		{Name: "bound_direct", Meaning: "upper bound of it (L.2)"},
		{Name: "distance_average", Meaning: "|x_∞ − mean x*_m|"},
		{Name: "bound_average", Meaning: "upper bound of it, Proposition 21"},
		{Name: "contraction", Meaning: "of a round, the server's step being 1"},
		{Name: "value_gap", Meaning: "F(x_∞) − F*", How: bench.Averaged},
		{Name: "tau", Meaning: "max |A_m − A_n|, or a bound of it"},
		{Name: "zeta", Meaning: "rms distance of the clients' optima to x*"},
	},
}

// fixedPointGroup is one rule of steps.
type fixedPointGroup struct{ FixedPointParameters }

// NewFixedPointGroup makes a study of parameters with one rule of steps.
func NewFixedPointGroup(ctx context.Context, p FixedPointParameters) (bench.Study, error) {
	if p.Objective != "" {
		return nil, bench.Refuse("objective", p.Objective, "studies of fixed points are those of quadratic")
	}
	if err := p.Check(ctx); err != nil {
		return nil, err
	}
	return &fixedPointGroup{p}, nil
}

// RestoreFixedPoint is the study of recorded parameters.
func RestoreFixedPoint(ctx context.Context, parameters json.RawMessage) (bench.Study, error) {
	var p FixedPointParameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	return NewFixedPointGroup(ctx, p)
}

// Facts implements bench.Study.
func (g *fixedPointGroup) Facts() bench.Facts {
	identity := g.FixedPointParameters
	identity.LocalSteps = nil
	rotation, spread := g.angles()
	return bench.Facts{
		Schema: FixedPointSchema, Problem: "fixed-point", Dim: g.read.Dim(), Labels: []any{g.Rules[0], g.Eta, g.read.Clients(), rotation, spread}, Sizes: g.LocalSteps, FirstSeed: 1, Seeds: 1,
		Points: 1, Times: []float64{0}, Parameters: g.FixedPointParameters, Identity: identity, Precision: bench.Float64,
	}
}

// Cost implements bench.Study.
func (g *fixedPointGroup) Cost(int) bench.Cost {
	d, m := float64(g.read.Dim()), float64(g.read.Clients())
	return bench.Cost{Work: 40 * d * d * d * m, Memory: 32 * m * d * d}
}

// Prepare implements bench.Study: how much the clients differ is what cells share.
func (g *fixedPointGroup) Prepare(context.Context, func(share float64)) (bench.Runner, error) {
	return g, nil
}

// RunCell implements bench.Runner.
func (g *fixedPointGroup) RunCell(ctx context.Context, steps int, _ uint64, _ bench.CellOptions) ([]float64, error) {
	one := g.FixedPointParameters
	one.LocalSteps = []int{steps}
	t, err := RunFixedPoint(ctx, one, nil)
	if err != nil {
		return nil, err
	}
	r, h := t.Rows[0], t.Heterogeneity
	return []float64{0, r.Eta, r.Distance, r.Error, float64(r.Bound), float64(r.BoundDirect), r.DistanceAverage, float64(r.BoundAverage), r.Contraction, r.ValueGap, h.Tau, h.Zeta}, nil
}

// angles are the rotation and the spread of generated quadratics.
func (q *Quadratics) angles() (rotation, spread float64) {
	if q.Matrices != "" {
		return math.NaN(), math.NaN()
	}
	return q.Rotation, q.Spread
}

// dim is d.
func (q *Quadratics) dim() int {
	if q.read != nil {
		return q.read.Dim()
	}
	return q.Dim
}
