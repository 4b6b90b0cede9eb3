package main

import (
	"errors"

	"kac/bench"
	"kac/bench/store"
	"kac/bench/xor"
)

// checkRates refuses what --rates does not go with.
func (c *xorCommand) checkRates() error {
	if c.Rates == nil {
		return nil
	}
	for _, other := range []struct {
		key   string
		given bool
	}{
		{"rate", c.Rate != nil}, {"batch", c.Batch != nil}, {"samples", c.Samples != nil}, {"paper", c.Paper != nil}, {"data", c.Data != ""}, {"labels", c.Labels != ""},
		{"snapshots", c.Snapshots != nil}, {"coupling", c.Coupling},
	} {
		if other.given {
			return &bench.InputError{Key: other.key, Value: "given", Reason: "not together with --rates, which chooses the batches of fresh samples"}
		}
	}
	for i, b := range c.Rates {
		if i > 0 && !(b > c.Rates[i-1]) {
			return bench.Refuse("rates", bench.Number(b), "rates must increase")
		}
	}
	return nil
}

// eachRate are the commands of one rate each.
func (c *xorCommand) eachRate() []xorCommand {
	if c.Rates == nil {
		return []xorCommand{*c}
	}
	var out []xorCommand
	for _, b := range c.Rates {
		one, rate := *c, realNumber(b)
		one.Rate, one.Rates = &rate, nil
		out = append(out, one)
	}
	return out
}

// ofRates names the flag that was typed.
func (c *xorCommand) ofRates(wrong *bench.InputError) {
	if c.Rates != nil && wrong.Key == "rate" {
		wrong.Key = "rates"
	}
}

// rates measures gaps at several rates.
func (c *xorCommand) rates(p *process, workers int) error {
	var groups []xor.Parameters
	for _, one := range c.eachRate() {
		parameters, err := one.parameters(p)
		if err != nil {
			if wrong := (*bench.InputError)(nil); errors.As(err, &wrong) {
				c.ofRates(wrong)
			}
			return err
		}
		if n := len(groups); n > 0 && parameters.Batch == groups[n-1].Batch {
			return bench.Refuse("rates", bench.Number(parameters.Rate), "its batch rounds to %d, as that of the rate before it", parameters.Batch)
		}
		groups = append(groups, parameters)
	}
	record := struct {
		Rates realNumbers    `json:"rates"`
		First xor.Parameters `json:"parameters"`
	}{c.Rates, groups[0]}
	return c.several(p, record, xor.RatesFile, xor.RatesPictureFile, func(out *store.Results) (*xor.Kept, error) {
		return xor.KeepRates(groups, out)
	}, func(kept *xor.Kept, update func(float64, string)) (severalResult, error) {
		return xor.RunRates(p.ctx, groups, kept, workers, update)
	})
}
