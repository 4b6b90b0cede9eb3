package main

import (
	"context"
	"slices"
	"strings"

	"kac/bench"
	"kac/bench/localsgd"
	"kac/bench/store"
	"kac/bench/sweep"
	"kac/internal/progress"
	particles "kac/particles/localsgd"
)

// parameters of the runs of finitely many clients.
func (c *localCommand) parameters() (localsgd.Parameters, error) {
	p := localsgd.Parameters{
		Noise: value(c.Noise, localsgd.DefaultNoise, text), Algorithms: strings.Split(value(c.Algorithm, particles.LocalSGD, text), ","),
		Rounds: value(c.Rounds, localsgd.DefaultRounds, whole), ServerStep: value(c.ServerStep, 1, real64), Momentum: value(c.Momentum, localsgd.DefaultMomentum, real64),
		SecondMoments: value(c.SecondMoments, 0, real64), Lambda: value(c.Lambda, localsgd.DefaultLambda, real64), Clip: value(c.Clip, 0, real64),
		Participation: value(c.Participation, 1, real64), Start: value(c.Start, 0, real64), Seeds: value(c.Seeds, localsgd.DefaultSeeds, whole),
		Seed: value(c.Seed, 1, func(s seedNumber) uint64 { return uint64(s) }),
	}
	if c.Clip != nil && !(p.Clip > 0) {
		return p, bench.Refuse("clip", bench.Number(p.Clip), "allowed are numbers above 0; without the flag nothing is clipped")
	}
	if c.SecondMoments != nil && !(p.SecondMoments > 0) {
		return p, bench.Refuse("second-moments", bench.Number(p.SecondMoments), "allowed are numbers above 0 and up to 1 (of Adam)")
	}
	var err error
	if p.Objective, err = c.objective(); err != nil {
		return p, err
	}
	if c.Compare == "" {
		if p.Eta, err = c.step(); err != nil {
			return p, err
		}
	}
	if p.LocalSteps, err = c.steps(); err != nil {
		return p, err
	}
	p.Clients, err = bench.WholesAt("clients", c.Clients, 0, localsgd.MaxClients)
	return p, err
}

// unused refuses flags of SGDM and Adam where neither is asked for. Studies of several algorithms, which have one
// file for all, do not ask it.
func (c *localCommand) unused() error {
	names := value(c.Algorithm, particles.LocalSGD, text)
	if c.Compare != "" {
		names = c.Compare
	}
	momentum, squares := false, false
	for name := range strings.SplitSeq(names, ",") {
		if !slices.Contains(particles.Algorithms, name) {
			return nil // refused by name
		}
		a := particles.Algorithm{Name: name}
		momentum, squares = momentum || a.HasMomentum(), squares || a.HasSquares()
	}
	for _, f := range []struct {
		key       string
		given, of bool
		names     string
	}{
		{"momentum", c.Momentum != nil, momentum, "SGDM and Adam"}, {"clip", c.Clip != nil, momentum, "SGDM and Adam"},
		{"lambda", c.Lambda != nil, squares, "Adam"}, {"second-moments", c.SecondMoments != nil, squares, "Adam"},
	} {
		if f.given && !f.of {
			return &bench.InputError{Key: f.key, Value: "given", Reason: "belongs to " + f.names + "; the algorithms are " + strings.ReplaceAll(names, ",", ", ")}
		}
	}
	return nil
}

// objective fills in what belongs to the word, and refuses what does not.
func (c *localCommand) objective() (localsgd.Objective, error) {
	o := localsgd.Objective{Word: value(c.Objective, localsgd.KinkWord, text)}
	if c.Objective == nil && c.Matrices+c.Optima != "" {
		o.Word = localsgd.QuadraticWord
	}
	kind, _, _ := strings.Cut(o.Word, ":")
	for _, f := range []struct {
		key   string
		given bool
		kinds string
	}{
		{"matrices", c.Matrices != "", "quadratic"}, {"optima", c.Optima != "", "quadratic"}, {"dim", c.Dim != nil, "quadratic huber logistic"}, {"mu", c.Mu != nil, "quadratic huber logistic"},
		{"smoothness", c.Smoothness != nil, "quadratic huber"}, {"rotation", c.Rotation != nil, "quadratic"}, {"spread", c.Spread != nil, "quadratic"}, {"data", c.Data != "", "logistic"},
		{"labels", c.Labels != "", "logistic"}, {"points", c.Points != nil, "logistic"}, {"data-seed", c.DataSeed != nil, "logistic"}, {"shares", c.Shares != nil, "logistic"},
	} {
		if f.given && !strings.Contains(f.kinds, kind) {
			return o, &bench.InputError{Key: f.key, Value: "given", Reason: "belongs to the objective " + strings.ReplaceAll(f.kinds, " ", " or ") + "; the objective is " + kind}
		}
	}
	switch kind {
	case localsgd.QuadraticWord:
		word := c.Objective
		c.Objective = nil
		q, err := c.quadratics()
		c.Objective = word
		o.Quadratics = q
		return o, err
	case localsgd.HuberWord:
		o.Dim, o.Mu, o.Smoothness = value(c.Dim, localsgd.DefaultHuberDim, whole), value(c.Mu, localsgd.DefaultHuberMu, real64), value(c.Smoothness, localsgd.DefaultSmoothness, real64)
	case localsgd.LogisticWord:
		o.Data, o.Labels, o.Mu = c.Data, c.Labels, value(c.Mu, localsgd.DefaultRidge, real64)
		o.DataSeed, o.Shares = value(c.DataSeed, 1, func(s seedNumber) uint64 { return uint64(s) }), value(c.Shares, localsgd.DefaultShares, text)
		if c.Data+c.Labels == "" {
			o.Points, o.Dim = value(c.Points, localsgd.DefaultPoints, whole), value(c.Dim, localsgd.DefaultHuberDim, whole)
		} else if c.Points != nil || c.Dim != nil {
			return o, &bench.InputError{Key: map[bool]string{true: "points", false: "dim"}[c.Points != nil], Value: "given", Reason: "belongs to drawn data; with --data leave it out"}
		}
	}
	return o, nil
}

func (c *localCommand) measure(p *process, workers int) error {
	parameters, err := c.parameters()
	if err == nil {
		err = parameters.Check(p.ctx)
	}
	if err != nil {
		return err
	}
	if c.Plan {
		return c.plan(p, parameters, workers)
	}
	return c.cells(p, "local", parameters, parameters.Cells(), func(cells *store.Cells, update func(float64, string)) (*localTable, error) {
		s, err := localsgd.Run(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &localTable{csv: s.WriteCSV, text: s.WriteText, picture: s.Picture, more: []store.File{{Name: "seeds.csv", Fill: s.WriteSeeds}}}, nil
	}, "seeds.csv")
}

// plan says what a measurement takes, by the plan of a sweep.
func (c *localCommand) plan(p *process, parameters localsgd.Parameters, workers int) error {
	const program = "kac local"
	bar := progress.New(p.stderr, program, c.Quiet)
	defer bar.Done()
	study := sweep.OfGroups(&bench.Measure{Name: localsgd.Schema.Measure}, parameters.Groups()...)
	plan, err := study.Plan(p.ctx, sweep.Options{Workers: workers, Progress: bar.Update})
	if err != nil {
		return err
	}
	return p.print(c.Format, cellsPlan(program, parameters, plan))
}

func (c *localCommand) compareParameters(ctx context.Context) (localsgd.CompareParameters, error) {
	var none localsgd.CompareParameters
	rotations, spreads := c.Rotation, c.Spread
	c.Rotation, c.Spread = nil, nil
	one, err := c.parameters()
	if err != nil {
		return none, err
	}
	one.Algorithms = strings.Split(c.Compare, ",")
	parameters := localsgd.CompareParameters{Parameters: one, Grid: value(c.Grid, localsgd.DefaultGrid, whole), TuningSeeds: value(c.TuningSeeds, localsgd.DefaultTuningSeeds, whole)}
	if strings.HasPrefix(one.Word, localsgd.QuadraticWord) && one.Matrices == "" {
		if parameters.Rotations, parameters.Spreads = rotations, spreads; len(rotations) == 0 {
			parameters.Rotations = []float64{.5}
		}
		if len(spreads) == 0 {
			parameters.Spreads = []float64{1}
		}
	} else if len(rotations)+len(spreads) > 0 {
		return none, &bench.InputError{Key: map[bool]string{true: "rotation", false: "spread"}[len(rotations) > 0], Value: "given", Reason: "belongs to generated quadratics; the objective is " + one.Word}
	}
	if c.Budget != nil {
		if c.Rounds != nil {
			return none, &bench.InputError{Key: "budget", Value: "given", Reason: "not together with --rounds; the rounds follow from it"}
		}
		if parameters.Budget = int(*c.Budget); parameters.Budget < 1 {
			return none, bench.Refuse("budget", parameters.Budget, "give a whole number above 0, gradients a client")
		}
	}
	switch len(c.EtaRange) {
	case 0:
	case 2:
		if parameters.Low, parameters.High = c.EtaRange[0], c.EtaRange[1]; parameters.Low != 0 {
			break
		}
		fallthrough
	default:
		return none, &bench.InputError{Key: "eta-range", Value: "given", Reason: "give LOW,HIGH with 0 < LOW < HIGH, such as .001,2"}
	}
	return parameters, parameters.Check(ctx)
}

func (c *localCommand) compare(p *process, workers int) error {
	parameters, err := c.compareParameters(p.ctx)
	if err != nil {
		return err
	}
	return c.cells(p, "compare", parameters, parameters.Cells(), func(cells *store.Cells, update func(float64, string)) (*localTable, error) {
		s, err := localsgd.RunCompare(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		for _, warning := range s.Warnings {
			say(p.stderr, "kac local: warning: %s\n", warning)
		}
		return &localTable{csv: s.WriteCSV, text: s.WriteText, picture: s.Picture}, nil
	})
}
