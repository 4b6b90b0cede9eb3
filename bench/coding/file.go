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

// Measure is a code in sweeps.
var Measure = bench.Measure{
	Name: Schema.Measure,
	Keys: []string{"graph", "blocks", "degree", "schemes", "straggle", "lose", "delays", "wait", "deadline", "seeds", "seed", "draws", "rare", "tolerance"},
	Read: readSweep,
	Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return restored(parameters)
	},
}

// Declared is what a study file says, with defaults filled in, one spelling for one meaning.
type Declared struct {
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
}

// readSweep makes the groups out of the values of a study file: schemes, then degrees, then settings.
func readSweep(values map[string]any) (*bench.Sweep, error) {
	r := &keys.Reader{Values: values}
	p := Parameters{
		Graph: r.Text("graph", "regular"), Lose: r.Text("lose", ""), Delays: r.Text("delays", ""), Schemes: r.Words("schemes"),
		Seeds: r.Whole("seeds", DefaultSeeds), Seed: r.Seed("seed", 1), Draws: DefaultDraws, Tolerance: DefaultTolerance,
	}
	if on, given := values["rare"]; given {
		is, ok := on.(bool)
		if !ok {
			return nil, bench.Refuse("rare", keys.TOML(on), "give true or false")
		}
		if p.Rare = is; is {
			p.Draws = DefaultRareDraws
		}
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
	var err error
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
	out := &bench.Sweep{Declared: Declared{all.Graph, all.Blocks, all.Degrees, all.Schemes, all.Straggle, all.Lose, all.Delays, all.Wait, all.Deadline, all.Seeds, all.Seed, all.Draws, all.Rare, all.Tolerance}}
	for _, name := range all.Schemes {
		for i := range all.Degrees {
			for k := range all.settings() {
				one := p
				one.Schemes = []string{name}
				if len(p.Degrees) > 0 {
					one.Degrees = all.Degrees[i : i+1]
				}
				setting := one.only(&all, k)
				g, err := groupOf(ctx, one)
				if err != nil {
					return nil, err
				}
				words := []string{name}
				if len(all.Degrees) > 1 {
					words = append(words, "d"+join(all.Degrees[i:i+1]))
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
