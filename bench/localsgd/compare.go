package localsgd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/golden"
	"kac/internal/portable"
	ideal "kac/meanfield/localsgd"
	"kac/particles/localsgd"
)

// CompareParameters say everything that determines the numbers of kac local --compare: algorithms at equal gradients
// and equal communications, each with its best step.
type CompareParameters struct {
	Parameters
	Rotations []float64 `json:"rotations,omitempty"`
	Spreads   []float64 `json:"spreads,omitempty"`
	Budget    int       `json:"budget,omitempty"` // gradients a client; 0: the rounds are given
	Grid      int       `json:"grid"`
	Low       float64   `json:"eta_low,omitempty"` // of the grid of steps; 0: by the algorithm
	High      float64   `json:"eta_high,omitempty"`
	// TuningSeeds choose the step where the value gap is measured; the seeds that are reported come after them.
	TuningSeeds int `json:"tuning_seeds"`
}

// Defaults of comparisons.
const (
	DefaultGrid        = 40
	DefaultTuningSeeds = 20
)

// Check refuses what cannot be compared.
func (p *CompareParameters) Check(ctx context.Context) error {
	if len(p.Algorithms) < 2 {
		return bench.Refuse("compare", strings.Join(p.Algorithms, ","), "give two algorithms or more")
	}
	for i, name := range p.Algorithms {
		if !slices.Contains(localsgd.Algorithms, name) {
			return bench.Refuse("compare", name, "allowed are %s", strings.Join(localsgd.Algorithms, ", "))
		}
		if slices.Contains(p.Algorithms[:i], name) {
			return bench.Refuse("compare", name, "it is there twice")
		}
	}
	for _, list := range []struct {
		key    string
		values []float64
		most   float64
	}{{"rotation", p.Rotations, 100}, {"spread", p.Spreads, 1e6}} {
		for i, x := range list.values {
			if err := bench.CheckNumber(list.key, x, 0, list.most, ""); err != nil {
				return err
			}
			if slices.Contains(list.values[:i], x) {
				return bench.Refuse(list.key, bench.Number(x), "it is there twice")
			}
		}
		slices.Sort(list.values)
	}
	for _, err := range []error{
		bench.CheckWhole("grid", p.Grid, 5, 10_000, "steps that are tried"),
		bench.CheckWhole("tuning-seeds", p.TuningSeeds, 1, bench.MaxSeeds, "seeds by which steps are chosen"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Low != 0 || p.High != 0 {
		if !(p.Low > 0 && p.Low < p.High) || p.High > 1e6 {
			return bench.Refuse("eta-range", bench.Number(p.Low)+","+bench.Number(p.High), "give LOW,HIGH with 0 < LOW < HIGH")
		}
	}
	if p.Budget > 0 {
		for _, k := range p.LocalSteps {
			if p.Budget%k != 0 {
				return bench.Refuse("budget", p.Budget, "%d gradients a client are no whole number of rounds of %d local steps", p.Budget, k)
			}
		}
		p.Rounds = p.Budget / slices.Min(p.LocalSteps)
	}
	if len(p.Clients) > 1 {
		return bench.Refuse("clients", bench.Wholes(p.Clients, ","), "algorithms are compared at one number of clients")
	}
	p.Eta = 1e-9 // tuned
	if len(p.Rotations) > 0 {
		p.Rotation, p.Spread = p.Rotations[0], p.Spreads[0]
	}
	if err := p.Parameters.Check(ctx); err != nil {
		return err
	}
	if p.kind() != QuadraticWord { // every step of the grid is tried on the seeds of the tuning
		return p.checkWork(float64(p.Seeds) + float64(p.Grid)*float64(p.TuningSeeds))
	}
	return nil
}

// CompareRow is an algorithm with its best step on one objective.
type CompareRow struct {
	Rotation, Spread   float64 // NaN where the objective has none
	Tau, Zeta          float64 // max |A_m - A_n|; rms distance of the optima to x*; NaN elsewhere
	Algorithm          string
	LocalSteps, Rounds int
	Eta, Low, High     float64 // the best step, and the ends of the grid
	AtEdge             bool
	Value              float64
	SE, Error          float64 // NaN: exact, or measured
	Tuned              float64 // the value on the tuning seeds
	Ratio, RatioError  float64 // of the first algorithm's value to this one's
	Verdict            string  // of the first algorithm against this one: wins, loses, ties; "" in its own row
	objective          localsgd.Objective
	parameters         Parameters
	clients            int
}

// Comparison is the result of kac local --compare.
type Comparison struct {
	Parameters CompareParameters
	Rows       []CompareRow
	Warnings   []string // steps at an edge of their grid
}

// cellName names a row.
func (r *CompareRow) cellName() string {
	return fmt.Sprintf("%s K %d rotation %v spread %v", r.Algorithm, r.LocalSteps, r.Rotation, r.Spread)
}

// Cells is how many rows are tuned in all.
func (p *CompareParameters) Cells() int {
	return len(p.Algorithms) * len(p.LocalSteps) * max(len(p.Rotations), 1) * max(len(p.Spreads), 1)
}

// RunCompare tunes and measures. Rows that are kept are not tuned again; cells, and progress, may be nil.
func RunCompare(ctx context.Context, p CompareParameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*Comparison, error) {
	out := &Comparison{Parameters: p}
	rotations, spreads := p.Rotations, p.Spreads
	if len(rotations) == 0 {
		rotations, spreads = []float64{math.NaN()}, []float64{math.NaN()}
	}
	for _, rotation := range rotations {
		for _, spread := range spreads {
			one := p.Parameters
			if !math.IsNaN(rotation) {
				one.Rotation, one.Spread = rotation, spread
			}
			f, err := one.of(ctx, one.Clients[0])
			if err != nil {
				return nil, err
			}
			tau, zeta := math.NaN(), math.NaN()
			if q, is := f.(*localsgd.Quadratics); is {
				h, err := abandoned(ctx, func() (*ideal.Heterogeneity, error) { return ideal.HeterogeneityOf(ctx, q) })
				if err != nil {
					return nil, err
				}
				tau, zeta = h.Tau, h.Zeta
			}
			for _, k := range p.LocalSteps {
				two := one
				if p.Budget > 0 {
					two.Rounds = p.Budget / k
				}
				for _, name := range p.Algorithms {
					out.Rows = append(out.Rows, CompareRow{Rotation: rotation, Spread: spread, Tau: tau, Zeta: zeta, Algorithm: name, LocalSteps: k, Rounds: two.Rounds, objective: f, parameters: two, clients: one.Clients[0]})
				}
			}
		}
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	var mu sync.Mutex
	done := 0
	for i := range out.Rows {
		group.Go(func() error {
			r := &out.Rows[i]
			if kept := cells.Get(r.cellName()); len(kept) == 8 {
				r.Eta, r.Low, r.High, r.AtEdge, r.Value, r.SE, r.Error, r.Tuned = kept[0], kept[1], kept[2], kept[3] != 0, kept[4], kept[5], kept[6], kept[7]
			} else if err := p.tune(inner, r); err != nil {
				return err
			} else if err := cells.Add(r.cellName(), r.Eta, r.Low, r.High, edge(r.AtEdge), r.Value, r.SE, r.Error, r.Tuned); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			if progress != nil {
				progress(float64(done)/float64(len(out.Rows)), "tuning")
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range out.Rows {
		r := &out.Rows[i]
		r.against(&out.Rows[i-i%len(p.Algorithms)])
		if r.AtEdge {
			out.Warnings = append(out.Warnings, fmt.Sprintf("the best step of %s with %d local steps, %s, is at the edge of %s to %s: widen --eta-range", r.Algorithm, r.LocalSteps,
				bench.Number(bench.Significant(r.Eta)), bench.Number(bench.Significant(r.Low)), bench.Number(bench.Significant(r.High))))
		}
	}
	return out, nil
}

func edge(at bool) float64 {
	if at {
		return 1
	}
	return 0
}

// against compares with the first algorithm: a difference of less than two of its errors, or of 1 % of an exact value,
// is a tie.
func (r *CompareRow) against(first *CompareRow) {
	if r == first {
		r.Ratio, r.RatioError = 1, 0
		return
	}
	r.Ratio = first.Value / r.Value
	relative := func(c *CompareRow) float64 {
		if math.IsNaN(c.SE) {
			return c.Error / c.Value
		}
		return c.SE / c.Value
	}
	r.RatioError = r.Ratio * math.Sqrt(relative(first)*relative(first)+relative(r)*relative(r))
	switch band := math.Max(.01, 2*r.RatioError); {
	case r.Ratio < 1-band:
		r.Verdict = "wins"
	case r.Ratio > 1+band:
		r.Verdict = "loses"
	default:
		r.Verdict = "ties"
	}
}

// ends of the grid: for descent up to 2/H, H of the clients or of their mean; heavy balls of momentum b1 are stable up
// to 2 (1+b1)/((1-b1) H); Adam's steps are lengths.
func (p *CompareParameters) ends(r *CompareRow) (low, high float64) {
	if p.High > 0 {
		return p.Low, p.High
	}
	h := r.objective.Smoothness()
	if q, is := r.objective.(*localsgd.Quadratics); is && r.Algorithm != localsgd.LocalSGD && r.Algorithm != localsgd.LocalSGDM {
		h = q.MeanCurvature()
	}
	switch r.Algorithm {
	case localsgd.LocalAdam, localsgd.MinibatchAdam:
		return 1e-4, 10
	case localsgd.LocalSGDM, localsgd.MinibatchSGDM:
		high = 1.98 / h * (1 + p.Momentum) / (1 - p.Momentum)
	default:
		high = 1.98 / h
	}
	return high / 1e4, high
}

// tune finds the best step: on the grid, and where the values are exact by golden sections between its neighbours.
func (p *CompareParameters) tune(ctx context.Context, r *CompareRow) error {
	r.Low, r.High = p.ends(r)
	step := func(x float64) float64 { return r.Low * portable.Pow(r.High/r.Low, x) }
	last := func(x float64) (float64, error) {
		value, err := p.exact(ctx, r, step(x))
		if err != nil {
			return 0, err
		}
		return value.Gap, nil
	}
	known, err := p.exact(ctx, r, step(.5))
	if err != nil {
		return err
	}
	exact := known != nil
	if !exact {
		last = func(x float64) (float64, error) {
			m, err := p.sample(ctx, r, step(x), r.parameters.Seed, p.TuningSeeds)
			return m.Value, err
		}
	}
	best, at := math.Inf(1), 0
	for i := range p.Grid {
		v, err := last(float64(i) / float64(p.Grid-1))
		if err != nil {
			return err
		}
		if v < best {
			best, at = v, i
		}
	}
	x := float64(at) / float64(p.Grid-1)
	r.AtEdge = at == 0 || at == p.Grid-1
	if exact && !r.AtEdge {
		if x, _, err = golden.Section(last, float64(at-1)/float64(p.Grid-1), float64(at+1)/float64(p.Grid-1), 1e-8/float64(p.Grid-1), 0); err != nil {
			return err
		}
	}
	r.Eta, r.Tuned = step(x), best
	r.SE, r.Error = math.NaN(), math.NaN()
	if exact {
		m, err := p.exact(ctx, r, r.Eta)
		if err != nil {
			return err
		}
		r.Value, r.Error, r.Tuned = m.Gap, m.GapError, m.Gap
		return nil
	}
	m, err := p.sample(ctx, r, r.Eta, r.parameters.Seed+uint64(p.TuningSeeds), p.Seeds)
	r.Value, r.SE = m.Value, m.SE
	return err
}

// exact are the moments of the last round; nil where they are not known.
func (p *CompareParameters) exact(ctx context.Context, r *CompareRow, eta float64) (*ideal.Moments, error) {
	f, is := r.objective.(*localsgd.Quadratics)
	if !is {
		return nil, nil
	}
	one := r.parameters
	one.Eta = eta
	a := one.algorithm(r.Algorithm, r.LocalSteps)
	q := &ideal.Quadratic{Objective: f, Eta: eta, Beta: a.Beta, Sigma: one.noise.Sigma, LocalSteps: a.LocalSteps, Start: one.start()}
	if one.noise.Law == localsgd.NoNoise {
		q.Sigma = 0
	}
	m, err := ideal.MomentsOf(ctx, q, &a, one.Rounds)
	if m == nil || err != nil {
		return nil, err
	}
	return &m[len(m)-1], nil
}

// sample is the mean value gap of seeds; steps at which a run is not finite count as infinitely bad.
func (p *CompareParameters) sample(ctx context.Context, r *CompareRow, eta float64, first uint64, seeds int) (bench.Mean, error) {
	one := r.parameters
	one.Eta = eta
	c := &configuration{name: r.Algorithm, clients: r.clients, steps: r.LocalSteps, objective: r.objective, algorithm: one.algorithm(r.Algorithm, r.LocalSteps)}
	var values []float64
	for k := range seeds {
		run := c.run(&one, first+uint64(k), 1)
		for range one.Rounds {
			if err := run.Advance(ctx); err != nil {
				return bench.Mean{}, err
			}
		}
		v := r.objective.Excess(run.Point())
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return bench.Mean{Value: math.Inf(1), SE: math.NaN(), N: seeds}, nil
		}
		values = append(values, v)
	}
	return bench.MeanOf(values), nil
}
