package margin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"kac/bench"
	"kac/bench/keys"
	"kac/bench/store"
	"kac/internal/quantity"
	"kac/kernels"
	ideal "kac/meanfield/margin"
	"kac/particles/margin"
)

// Measure is max-margin classifiers in sweeps.
var Measure = bench.Measure{
	Name: Schema.Measure, Keys: []string{"samples", "dim", "kappa", "variance", "fraction", "draw", "seeds", "seed"},
	Read: readSweep,
	Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		var p Parameters
		if err := bench.ReadParameters(parameters, &p); err != nil {
			return nil, err
		}
		return groupOf(p)
	},
}

// Declared is what a study file says.
type Declared struct {
	Measure string `json:"measure"`
	Parameters
}

// readSweep makes a group of every kappa or variance.
func readSweep(values map[string]any) (*bench.Sweep, error) {
	r := &keys.Reader{Values: values}
	p := Parameters{Samples: r.Whole("samples", 0), Fraction: DefaultFraction, Draw: r.Text("draw", DrawVectors), Seeds: r.Whole("seeds", DefaultSeeds), Seed: r.Seed("seed", 1)}
	if x, given := r.Number("fraction"); given {
		p.Fraction = x
	}
	dims, kappas, variances := r.Quantities("dim"), r.Quantities("kappa"), r.Quantities("variance")
	if r.Err != nil {
		return nil, r.Err
	}
	var err error
	if p.Dims, err = bench.WholesAt("dim", dims, 0, MaxDim); err != nil {
		return nil, err
	}
	if p.Kappas, err = plain("kappa", kappas); err != nil {
		return nil, err
	}
	if p.Variances, err = plain("variance", variances); err != nil {
		return nil, err
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	out := &bench.Sweep{Declared: Declared{Schema.Measure, p}}
	for i := range p.settings() {
		one, name := p, ""
		if len(p.Kappas) > 0 {
			one.Kappas = p.Kappas[i : i+1]
			name = "kappa" + bench.Number(p.Kappas[i])
		} else {
			one.Variances = p.Variances[i : i+1]
			name = "variance" + bench.Number(p.Variances[i])
		}
		out.Groups = append(out.Groups, bench.Group{Name: name, Study: &group{one}})
	}
	return out, nil
}

// plain are numbers that depend on nothing.
func plain(key string, list []quantity.Quantity) ([]float64, error) {
	var out []float64
	for _, q := range list {
		if q.Power != 0 || q.Reach > 0 {
			return nil, bench.Refuse(key, q.String(), "give numbers")
		}
		out = append(out, q.At(0)...)
	}
	return out, nil
}

// group is one kappa or variance: all but dimension and seed is fixed.
type group struct{ Parameters }

func groupOf(p Parameters) (*group, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if p.settings() != 1 {
		return nil, fmt.Errorf("a group of %d kappas and variances", p.settings())
	}
	return &group{p}, nil
}

// Facts implements bench.Study.
func (g *group) Facts() bench.Facts {
	identity := g.Parameters
	identity.Dims, identity.Seeds, identity.Seed = nil, 0, 0
	return bench.Facts{
		Schema: Schema, Problem: "linear", Dim: g.Samples, Labels: []any{g.kappa(g.Dims[0], 0), g.Fraction},
		Sizes: g.Dims, FirstSeed: g.Seed, Seeds: g.Seeds, Points: 1, Times: []float64{0},
		Parameters: g.Parameters, Identity: identity, Precision: bench.Float64,
	}
}

// Cost implements bench.Study.
func (g *group) Cost(d int) bench.Cost {
	c := bench.Cost{Memory: g.cellBytes(), State: 64}
	if g.Draw == DrawVectors {
		c.State += 8 * float64(g.Samples) * float64(g.Samples)
	}
	if d > 0 {
		c.Work = g.work(d)
		return c
	}
	for _, d := range g.Dims {
		c.Work += g.work(d)
	}
	return c
}

// Prepare implements bench.Study.
func (g *group) Prepare(context.Context, func(share float64)) (bench.Runner, error) { return g, nil }

// Limit implements bench.Limited; with a fixed variance there is none.
func (g *group) Limit(context.Context) (*bench.Limit, error) {
	nan := math.NaN()
	out := &bench.Limit{Rows: [][]float64{{0, nan, nan, nan}}, Record: struct {
		Kappa *float64 `json:"kappa,omitempty"`
	}{}}
	if len(g.Kappas) == 0 {
		out.Note, out.Lacks = "with a fixed variance kappa falls with the dimension, and there is no limit", "the limit"
		return out, nil
	}
	k := g.Kappas[0]
	out.Rows[0] = []float64{0, ideal.Margin(k), ideal.Signal(k), -float64(g.Samples) / k}
	return out, nil
}

// RunCell implements bench.Runner.
func (g *group) RunCell(ctx context.Context, d int, seed uint64, o bench.CellOptions) ([]float64, error) {
	r, err := g.draw(ctx, d, 0, seed, o.Workers, func(data *margin.Data, gram []float64, ws *kernels.Workspace[float64]) error {
		return resumed(ctx, data, gram, ws, o)
	})
	if err != nil {
		return nil, err
	}
	return []float64{0, float64(r.Support), r.Q, r.Margin, 1/r.Q - 1/g.kappa(d, 0), r.Signal, r.Error, r.LogError / math.Ln10, r.FlipValue, r.FlipError, r.Memoriser, r.Worst, r.Residual}, nil
}

// resumed adds up the Gram matrix and saves it now and then with the next coordinate.
func resumed(ctx context.Context, data *margin.Data, gram []float64, ws *kernels.Workspace[float64], o bench.CellOptions) error {
	first := 0
	if o.Before != nil {
		list, rest, err := store.ReadNumbers(o.Before, 1+len(gram))
		if err != nil || len(rest) > 0 {
			return bench.StateError(fmt.Errorf("%d bytes", len(o.Before)))
		}
		first = int(list[0])
		if float64(first) != list[0] || first < 0 || first%margin.Block != 0 || first > data.Dim-1+margin.Block {
			return bench.StateError(fmt.Errorf("coordinate %v", list[0]))
		}
		copy(gram, list[1:])
	}
	keeper := o.Keeper()
	return data.AddGram(ctx, gram, first, ws, func(next int) error {
		return keeper.Between(ctx, math.Min(float64(next)/float64(data.Dim), 1), func() ([]byte, error) {
			return store.AppendNumbers(store.AppendNumbers(nil, float64(next)), gram...), nil
		})
	})
}
