package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"kac/bench"
	"kac/bench/xor"
	"kac/internal/progress"
)

// xorFlag names a flag of --problem xor that is given, "" if none is.
func (c *referenceCommand) xorFlag() string {
	switch {
	case c.Scale != nil:
		return "scale"
	case c.Loss != "":
		return "loss"
	case c.Kappa != nil:
		return "kappa"
	}
	return ""
}

// isXor says whether the infinite network is that of two trained layers on XOR.
func (c *referenceCommand) isXor() bool { return c.Problem != nil && *c.Problem == "xor" }

// xorParameters are those of the flags, without the times.
func (c *referenceCommand) xorParameters() (xor.ReferenceParameters, error) {
	p := xor.ReferenceParameters{Scale: xor.DefaultScale, Loss: c.Loss, Kappa: xor.DefaultKappa, Law: c.Law}
	for _, other := range []struct {
		key   string
		given bool
	}{
		{"activation", c.Activation != ""}, {"link", c.Link != ""}, {"basis", c.Basis != ""}, {"rank", c.Rank != nil}, {"panels", c.Panels},
		{"tolerance", c.Tolerance != 1e-10}, {c.reducedFlag(), c.reducedFlag() != ""}, {"method", c.Method != "exact"},
	} {
		if other.given {
			return p, &bench.InputError{Key: other.key, Value: "given", Reason: "has no meaning with --problem xor"}
		}
	}
	if c.Dim != nil {
		if p.Dim = int(*c.Dim); p.Dim == 0 {
			return p, xor.CheckDim(0)
		}
	}
	if c.Scale != nil {
		p.Scale = float64(*c.Scale)
	}
	if c.Loss == xor.Square {
		p.Kappa = 0
	}
	if c.Kappa != nil {
		p.Kappa = float64(*c.Kappa)
	}
	return p, errors.Join(p.Check(), checkFormat(c.Format))
}

// xor prints the infinite network of two trained layers on XOR.
func (c *referenceCommand) xor(p *process) error {
	parameters, err := c.xorParameters()
	if err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	first := func(key string) func(float64) (float64, error) {
		return func(loss float64) (float64, error) {
			return parameters.FirstTime(p.ctx, key, loss, workers)
		}
	}
	times, err := c.times(parameters.Dim, first)
	if err != nil {
		return err
	}
	if c.Reach != nil {
		horizon := times[len(times)-1]
		t, err := first("reach")(float64(*c.Reach))
		if err != nil {
			return err
		}
		if t > horizon {
			return fmt.Errorf("the loss %g is reached at the time %.6g, after the horizon %g; give a larger --horizon", float64(*c.Reach), t, horizon)
		}
		times = []float64{t}
	}
	parameters.Times = times
	start := time.Now()
	bar := progress.New(p.stderr, "kac reference", c.Quiet)
	points, err := parameters.Points(p.ctx, workers, func(share float64) { bar.Update(share, "") })
	bar.Done()
	if err != nil {
		return err
	}
	if err := p.print(c.Format, output{program: "kac reference", parameters: parameters, csv: func(w io.Writer) error { return xor.WriteReference(w, points) }}); err != nil {
		return err
	}
	if !c.Quiet {
		wrong := 0.0
		for _, x := range points {
			wrong = math.Max(wrong, x.Error)
		}
		say(p.stderr, "kac reference: error of the margin at most %.2g, %s\n", wrong, progress.Duration(time.Since(start)))
	}
	return nil
}
