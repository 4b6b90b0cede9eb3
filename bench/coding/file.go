package coding

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"kac/bench"
	"kac/bench/keys"
	"kac/internal/quantity"
)

// codeKeys are the keys of the code and its stragglers.
var codeKeys = []string{"graph", "blocks", "degree", "schemes", "straggle", "lose", "seeds", "seed"}

func withKeys(more ...string) []string {
	return append(codeKeys[:len(codeKeys):len(codeKeys)], more...)
}

// Measures are codes in sweeps: decoding, an adversary, descent.
var Measures = []bench.Measure{
	{
		Name: Schema.Measure, Keys: withKeys("delays", "wait", "deadline", "draws", "rare", "tolerance"),
		Read: func(values map[string]any) (*bench.Sweep, error) {
			return readSweep(Schema.Measure, values, nil, ofCode)
		},
		Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) { return restored(parameters) },
	},
	{
		Name: AdversarySchema.Measure, Keys: withKeys("rounds"), Read: readAdversary,
		Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
			var p adversaryParameters
			if err := bench.ReadParameters(parameters, &p); err != nil {
				return nil, err
			}
			code, err := p.Code.again()
			return &adversaryGroup{*code, p.Rounds}, err
		},
	},
	{
		Name: DescendSchema.Measure, Keys: withKeys("delays", "wait", "deadline", "loss", "data", "labels", "points", "features", "data-seed", "step", "steps", "adversarial"),
		Read: readDescend,
		Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
			var p DescendParameters
			if err := bench.ReadParameters(parameters, &p); err != nil {
				return nil, err
			}
			code, err := p.Code.again()
			if err != nil {
				return nil, err
			}
			p.Code = code.asked()
			return descendGroupOf(context.Background(), p)
		},
	},
}

func ofCode(ctx context.Context, p Parameters) (bench.Study, error) { return groupOf(ctx, p) }

// readAdversary reads the study file of adversaries.
func readAdversary(values map[string]any) (*bench.Sweep, error) {
	r := &keys.Reader{Values: values}
	rounds := r.Whole("rounds", DefaultRounds)
	if r.Err != nil {
		return nil, r.Err
	}
	if err := bench.CheckWhole("rounds", rounds, 1, 1_000_000, "rounds of a search"); err != nil {
		return nil, err
	}
	return readSweep(AdversarySchema.Measure, values, struct {
		Rounds int `json:"rounds"`
	}{rounds}, func(ctx context.Context, p Parameters) (bench.Study, error) {
		g, err := groupOf(ctx, p)
		if err != nil {
			return nil, err
		}
		return &adversaryGroup{*g, rounds}, nil
	})
}

// readDescend reads the study file of descents.
func readDescend(values map[string]any) (*bench.Sweep, error) {
	r := &keys.Reader{Values: values}
	d := DescendParameters{
		Loss: r.Text("loss", "square"), Data: r.Text("data", ""), Labels: r.Text("labels", ""), Points: r.Whole("points", DefaultPoints),
		Features: r.Whole("features", DefaultFeatures), DataSeed: r.Seed("data-seed", 1), Step: DefaultStep, Steps: r.Whole("steps", DefaultSteps),
	}
	if x, given := r.Number("step"); given {
		d.Step = x
	}
	if r.Err != nil {
		return nil, r.Err
	}
	var err error
	if d.Adversarial, err = truth(values, "adversarial"); err != nil {
		return nil, err
	}
	for _, key := range []string{"points", "features", "data-seed"} {
		if _, given := values[key]; given && d.Data != "" {
			return nil, bench.Refuse(key, keys.TOML(values[key]), "belongs to drawn data; with data leave it out")
		}
	}
	// What is declared has every key once: records are compared by key.
	more := struct {
		Loss        string  `json:"loss"`
		Data        string  `json:"data,omitempty"`
		Labels      string  `json:"labels,omitempty"`
		Points      int     `json:"points"`
		Features    int     `json:"features"`
		DataSeed    uint64  `json:"data_seed"`
		Step        float64 `json:"step"`
		Steps       int     `json:"steps"`
		Adversarial bool    `json:"adversarial,omitempty"`
	}{d.Loss, d.Data, d.Labels, d.Points, d.Features, d.DataSeed, d.Step, d.Steps, d.Adversarial}
	return readSweep(DescendSchema.Measure, values, more, func(ctx context.Context, p Parameters) (bench.Study, error) {
		one := d
		one.Code = p
		return descendGroupOf(ctx, one)
	})
}

// truth is a key that is true or false.
func truth(values map[string]any, key string) (bool, error) {
	x, given := values[key]
	if !given {
		return false, nil
	}
	is, ok := x.(bool)
	if !ok {
		return false, bench.Refuse(key, keys.TOML(x), "give true or false")
	}
	return is, nil
}

// Declared is what a study file says, with defaults filled in, one spelling for one meaning.
type Declared struct {
	Measure   string    `json:"measure"` // by which a recorded study is known
	Graph     string    `json:"graph"`
	Blocks    []int     `json:"blocks,omitempty"`
	Degrees   []int     `json:"degree,omitempty"`
	Schemes   []string  `json:"schemes"`
	Straggle  []float64 `json:"straggle,omitempty"`
	Lose      string    `json:"lose,omitempty"`
	Delays    string    `json:"delays,omitempty"`
	Wait      []float64 `json:"wait,omitempty"`
	Deadline  []float64 `json:"deadline,omitempty"`
	Seeds     int       `json:"seeds"`
	Seed      uint64    `json:"seed"`
	Draws     int       `json:"draws"`
	Rare      bool      `json:"rare,omitempty"`
	Tolerance float64   `json:"tolerance"`
	More      any       `json:"more,omitempty"` // of an adversary or a descent
}

// readSweep makes the groups out of the values of a study file: schemes, then degrees, then settings. more is what else
// is declared, and make makes the study of a group.
func readSweep(measure string, values map[string]any, more any, make func(context.Context, Parameters) (bench.Study, error)) (*bench.Sweep, error) {
	r := &keys.Reader{Values: values}
	p := Parameters{
		Graph: r.Text("graph", "regular"), Lose: r.Text("lose", ""), Delays: r.Text("delays", ""), Schemes: r.Words("schemes"),
		Seeds: r.Whole("seeds", DefaultSeeds), Seed: r.Seed("seed", 1), Draws: DefaultDraws, Tolerance: DefaultTolerance,
	}
	var err error
	if p.Rare, err = truth(values, "rare"); err != nil {
		return nil, err
	}
	if p.Rare {
		p.Draws = DefaultRareDraws
	}
	p.Draws = r.Whole("draws", p.Draws)
	if x, given := r.Number("tolerance"); given {
		p.Tolerance = x
	}
	blocks, degrees := r.Quantities("blocks"), r.Quantities("degree")
	straggle, wait, deadline := r.Quantities("straggle"), r.Quantities("wait"), r.Quantities("deadline")
	if r.Err != nil {
		return nil, r.Err
	}
	if p.Blocks, err = bench.WholesAt("blocks", blocks, 0, MaxBlocks); err != nil {
		return nil, err
	}
	if p.Degrees, err = bench.WholesAt("degree", degrees, 0, 10_000); err != nil {
		return nil, err
	}
	for _, list := range []struct {
		key  string
		from []quantity.Quantity
		to   *[]float64
	}{{"straggle", straggle, &p.Straggle}, {"wait", wait, &p.Wait}, {"deadline", deadline, &p.Deadline}} {
		if *list.to, err = plain(list.key, list.from); err != nil {
			return nil, err
		}
	}
	// All together first: what is wrong with the lists is told with the lists.
	all := p
	ctx := context.Background()
	if err := all.Check(ctx); err != nil {
		return nil, err
	}
	out := &bench.Sweep{Declared: Declared{measure, all.Graph, all.Blocks, all.Degrees, all.Schemes, all.Straggle, all.Lose, all.Delays, all.Wait, all.Deadline, all.Seeds, all.Seed, all.Draws, all.Rare, all.Tolerance, more}}
	for _, name := range all.Schemes {
		for i := range all.Degrees {
			for k := range all.settings() {
				one := p
				one.Schemes = []string{name}
				if len(p.Degrees) > 0 {
					one.Degrees = all.Degrees[i : i+1]
				}
				setting := one.only(&all, k)
				g, err := make(ctx, one)
				if err != nil {
					return nil, err
				}
				words := []string{name}
				if len(all.Degrees) > 1 {
					words = append(words, "d"+bench.Wholes(all.Degrees[i:i+1], ","))
				}
				if all.settings() > 1 {
					words = append(words, setting)
				}
				out.Groups = append(out.Groups, bench.Group{Name: strings.Join(words, "-"), Study: g})
			}
		}
	}
	return out, nil
}

// only leaves the setting of that number of all, and names it.
func (p *Parameters) only(all *Parameters, k int) string {
	p.Straggle, p.Wait, p.Deadline = nil, nil, nil
	switch {
	case all.Delays == "":
		p.Straggle = all.Straggle[k : k+1]
		return "p" + bench.Number(all.Straggle[k])
	case k < len(all.Wait):
		p.Wait = all.Wait[k : k+1]
		return "wait" + bench.Number(all.Wait[k])
	}
	p.Deadline = all.Deadline[k-len(all.Wait) : k-len(all.Wait)+1]
	return "deadline" + bench.Number(p.Deadline[0])
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
	if key != "straggle" {
		slices.Sort(out)
	}
	return out, nil
}
