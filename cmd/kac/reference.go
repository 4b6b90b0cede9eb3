package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"kac/bench"
	"kac/bench/training"
	"kac/internal/progress"
	"kac/internal/quantity"
	"kac/meanfield"
	"kac/particles"
)

type referenceCommand struct {
	problemFlags `embed:""`

	Times   quantities    `group:"Times:" placeholder:"T,T,..." help:"Times to print (paper time), increasing; \"reach 0.1\" is the first time at which the risk is 0.1, and d^1.5 a power of the dimension."`
	Horizon *timeQuantity `group:"Times:" placeholder:"T" help:"Instead of --times: last time (paper time), d^1.5 and \"reach 0.1\" too."`
	Points  *wholeNumber  `group:"Times:" placeholder:"N" help:"With --horizon: number of equally spaced times from 0. Default: 21."`
	Reach   *realNumber   `group:"Times:" placeholder:"RISK" help:"With --horizon: print only the first time at which the risk is at most RISK."`

	Scale *realNumber `group:"Problem:" placeholder:"THETA" help:"With --problem xor: initial norm of neurons and size of their second layer. Default: 1."`
	Loss  string      `group:"Problem:" placeholder:"WORD" help:"With --problem xor: logistic, kappa log(1+exp(-y f)), or square, (1 - y f)^2. Default: logistic."`
	Kappa *realNumber `group:"Problem:" placeholder:"KAPPA" help:"With --problem xor: factor of the logistic loss. Default: 2, the paper's."`

	Method   string       `group:"Method:" default:"exact" placeholder:"WORD" help:"exact, or reduced: by lattice points in the coordinates that the target depends on, whose randomisations give the error; also for random6. Default: exact."`
	Lattice  *wholeNumber `group:"Method:" name:"reference-points" placeholder:"N" help:"With reduced: points of each randomisation, a power of two. Default: 8192."`
	Replicas *wholeNumber `group:"Method:" placeholder:"N" help:"With reduced: independent randomisations. Default: 8."`
	Seed     *seedNumber  `group:"Method:" placeholder:"S" help:"With reduced: seed of the randomisations. Default: 1."`

	Tolerance realNumber `group:"Output:" default:"1e-10" placeholder:"E" help:"Absolute error allowed in the risk, 1e-12 to 1e-2. Default: 1e-10."`
	Format    string     `group:"Output:" default:"csv" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: csv."`
	Panels    bool       `group:"Output:" help:"List the panels of initial positions on standard error."`
	Quiet     bool       `group:"Output:" short:"q" help:"No progress and no summary on standard error."`
}

func (c *referenceCommand) Help() string {
	return "Prints CSV or JSON, and nothing else, on standard output: time (paper time), risk ||f_MF - f*||^2, " +
		"the solver's estimate of its error in the risk (with --method reduced the standard error), and self_energy ||f_MF||^2." +
		"\n\nExamples:\n\n  kac reference --problem he4 --dim 32 --times 0,2,4,8\n  kac reference --problem random6 --method reduced --horizon 50 --points 6\n\n" +
		"With --problem xor (two trained layers, docs/xor.md): margin G, f(x) = y G; loss log(1+exp(-G)) or (1-G)^2, which --reach and \"reach 0.1\" are then of; energy E|w|^2, " +
		"its shares along a neuron's diagonal and in the coordinates 3 to d; the error of the margin.\n\n" +
		"  kac reference --problem xor --dim 24 --scale .5 --times 4,8,12"
}

func (c *referenceCommand) Run(p *process) error {
	if err := oneOf("method", c.Method, "exact", "reduced"); err != nil {
		return err
	}
	if c.isXor() {
		return c.xor(p)
	}
	if key := c.xorFlag(); key != "" {
		return &bench.InputError{Key: key, Value: "given", Reason: "it belongs to --problem xor"}
	}
	if c.Method == "reduced" {
		return c.reduced(p)
	}
	if key := c.reducedFlag(); key != "" {
		return &bench.InputError{Key: key, Value: "given", Reason: "it belongs to --method reduced"}
	}
	problem, times, err := c.check(p)
	if err != nil {
		return err
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac reference", c.Quiet)
	reference, err := meanfield.Solve(p.ctx, problem, times[len(times)-1], meanfield.Options{
		Tolerance: float64(c.Tolerance),
		Progress:  func(share float64) { bar.Update(share, "") },
	})
	bar.Done()
	if err != nil {
		return fmt.Errorf("solving %s in dimension %d: %w", problem.Name(), problem.Dim(), err)
	}
	if c.Reach != nil {
		t, ok := reference.FirstTime(float64(*c.Reach))
		if !ok {
			end := reference.Horizon()
			return fmt.Errorf("the risk is %.6g at the horizon %g and has not reached %g; give a larger --horizon", reference.Risk(end), end, float64(*c.Reach))
		}
		times = []float64{t}
	}
	if err := c.write(p, times, bench.ReferenceRows(reference, times)); err != nil {
		return err
	}
	if c.Panels {
		printPanels(p.stderr, reference)
	}
	if !c.Quiet {
		s := reference.Stats()
		say(p.stderr, "kac reference: error at most %.2g; %d panels, %d nodes, %d steps, %d right-hand sides, %s\n",
			reference.Error(), s.Panels, s.Nodes, s.Steps, s.Evaluations, progress.Duration(time.Since(start)))
	}
	return nil
}

// referenceParameters are those of the JSON.
type referenceParameters struct {
	bench.ProblemChoice
	Method    string    `json:"method"`
	Times     []float64 `json:"times"`
	Tolerance float64   `json:"tolerance,omitempty"`
	Points    int       `json:"reference_points,omitempty"`
	Replicas  int       `json:"replicas,omitempty"`
	Seed      uint64    `json:"seed,omitempty"`
}

// write prints the rows in the format asked for.
func (c *referenceCommand) write(p *process, times []float64, rows []bench.ReferenceRow) error {
	choice, err := c.choice()
	if err != nil {
		return err
	}
	parameters := referenceParameters{ProblemChoice: choice, Method: c.Method, Times: times, Tolerance: float64(c.Tolerance)}
	if c.Method == "reduced" {
		if _, err := training.ReducedTask(&parameters.ProblemChoice); err != nil {
			return err
		}
		r := c.reducedParameters()
		parameters.Tolerance, parameters.Points, parameters.Replicas, parameters.Seed = 0, r.Points, r.Replicas, r.Seed
	} else if _, err := parameters.Make(); err != nil { // fills in what was left out
		return err
	}
	return p.print(c.Format, output{program: "kac reference", parameters: parameters, csv: func(w io.Writer) error { return bench.WriteReferenceCSV(w, rows) }})
}

// check returns the problem and the times, the horizon last.
func (c *referenceCommand) check(p *process) (particles.Expectations, []float64, error) {
	choice, err := c.choice()
	if err != nil {
		return nil, nil, err
	}
	problem, err := choice.Make()
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(bench.CheckTolerance(float64(c.Tolerance)), checkFormat(c.Format)); err != nil {
		return nil, nil, err
	}
	times, err := c.times(choice.Dim, func(key string) func(float64) (float64, error) {
		return func(risk float64) (float64, error) {
			return bench.FirstTime(p.ctx, key, problem, float64(c.Tolerance), risk)
		}
	})
	return problem, times, err
}

// times returns the times to print in dimension d; reach finds those of a risk.
func (c *referenceCommand) times(d int, reach func(key string) func(risk float64) (float64, error)) ([]float64, error) {
	switch {
	case c.Times != nil && c.Horizon != nil:
		return nil, &bench.InputError{Key: "horizon", Value: quantity.Quantity(*c.Horizon).String(), Reason: "not together with --times; give one of the two"}
	case c.Horizon == nil && c.Points != nil:
		return nil, &bench.InputError{Key: "points", Value: fmt.Sprint(*c.Points), Reason: "only together with --horizon"}
	case c.Horizon == nil && c.Reach != nil:
		return nil, &bench.InputError{Key: "reach", Value: fmt.Sprint(*c.Reach), Reason: "only together with --horizon, up to which it is searched"}
	case c.Horizon == nil:
		times, err := bench.TimesAt("times", c.Times, d, reach("times"))
		if err != nil {
			return nil, err
		}
		return times, bench.CheckTimes("times", times)
	}
	points := 21
	if c.Points != nil {
		points = int(*c.Points)
	}
	if err := bench.CheckWhole("points", points, 2, bench.MaxPoints, "times from 0 to the horizon"); err != nil {
		return nil, err
	}
	if c.Reach != nil {
		if err := bench.CheckPositive("reach", float64(*c.Reach), 1e6, "a risk"); err != nil {
			return nil, err
		}
	}
	last, err := bench.TimesAt("horizon", []quantity.Quantity{quantity.Quantity(*c.Horizon)}, d, reach("horizon"))
	if err != nil {
		return nil, err
	}
	return bench.Grid(last[0], points), bench.CheckPositive("horizon", last[0], bench.MaxTime, "paper time")
}

func printPanels(w io.Writer, r *meanfield.Reference) {
	for _, panel := range r.Panels() {
		fmt.Fprintln(w, panel)
	}
}

// oneOf refuses words that are not in the list.
func oneOf(key, value string, allowed ...string) error {
	text := ""
	for i, a := range allowed {
		if a == value {
			return nil
		}
		switch {
		case i > 0 && i == len(allowed)-1:
			text += " and "
		case i > 0:
			text += ", "
		}
		text += a
	}
	return &bench.InputError{Key: key, Value: value, Reason: "allowed are " + text}
}
