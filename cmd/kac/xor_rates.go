package main

import (
	"errors"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/bench/xor"
	"kac/internal/progress"
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
	out, err := c.store(p, "kac xor", record, xor.CellsFile, xor.RatesFile, xor.RatesPictureFile)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	kept, err := xor.KeepRates(groups, out)
	if err != nil {
		return inOut(c.Out, err)
	}
	c.going(p, out, kept)
	start := time.Now()
	bar := progress.New(p.stderr, "kac xor", c.Quiet)
	result, err := xor.RunRates(p.ctx, groups, kept, workers, bar.Update)
	bar.Done()
	if err != nil {
		return c.keep(p, kept, err)
	}
	var undrawn error
	if out != nil {
		if undrawn, err = c.finish(p, "kac xor", out, append(kept.Tables(), store.File{Name: xor.RatesFile, Fill: result.WriteCSV}), []store.File{store.Picture(xor.RatesPictureFile, result.Picture)}); err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac xor", parameters: record, csv: result.WriteCSV, text: result.WriteText}); err != nil {
		return err
	}
	c.note(p.stderr, "kac xor", "%s", progress.Duration(time.Since(start)))
	return errors.Join(undrawn)
}
