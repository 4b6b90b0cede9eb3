package main

import (
	"context"
	"io"
	"strings"

	"kac/bench"
	"kac/bench/localsgd"
	"kac/bench/store"
	"kac/internal/plotting"
	particles "kac/particles/localsgd"
)

type localCommand struct {
	Bias       bool   `group:"What to do:" help:"Iterate bias of K local steps: E x_K less descent without noise, exactly."`
	Exact      bool   `group:"What to do:" help:"Quadratics: mean and covariance after every round, exactly."`
	Compare    string `group:"What to do:" placeholder:"NAME,..." help:"Algorithms with their best steps at equal gradients and communications; of several --rotation and --spread, the map where the first one wins."`
	FixedPoint bool   `group:"What to do:" help:"Where rounds of infinitely many clients end: quadratics, with the bounds, kink and smooth-kink."`

	Objective  *string      `group:"Objective:" placeholder:"NAME" help:"kink[:L,R], smooth-kink[:W[,L,R]], quadratic, huber[:TAU], logistic. Default: kink; with --exact and --fixed-point quadratic."`
	Matrices   string       `group:"Objective:" placeholder:"FILE" help:"Quadratics of your own: A, M x d x d (.npy; as text M d rows of d numbers)."`
	Optima     string       `group:"Objective:" placeholder:"FILE" help:"Their optima x*, M x d (.npy or .csv)."`
	Dim        *wholeNumber `group:"Objective:" placeholder:"D" help:"Generated quadratics, huber, drawn data: dimension. Default: 6; of the others 20."`
	Mu         *realNumber  `group:"Objective:" placeholder:"MU" help:"Least curvature of generated quadratics, least lambda of huber, ridge of logistic. Default: 0.05, 0.02, 0.01."`
	Smoothness *realNumber  `group:"Objective:" placeholder:"H" help:"Largest curvature or lambda; between, geometric. Default: 1."`
	Rotation   realNumbers  `group:"Objective:" placeholder:"ANGLE,..." help:"Generated quadratics: how far clients' axes are turned, radians; several with --compare. Default: 0.5."`
	Spread     realNumbers  `group:"Objective:" placeholder:"ZETA,..." help:"Generated quadratics: how far clients' optima are apart; several with --compare. Default: 1."`
	Data       string       `group:"Objective:" placeholder:"FILE" help:"Logistic: inputs of your own, a sample a row (.npy or .csv). Default: drawn."`
	Labels     string       `group:"Objective:" placeholder:"FILE" help:"Logistic: labels of --data, two values."`
	Points     *wholeNumber `group:"Objective:" placeholder:"N" help:"Logistic: drawn samples. Default: 1024."`
	DataSeed   *seedNumber  `group:"Objective:" placeholder:"S" help:"Logistic: seed of drawn samples and of the shares. Default: 1."`
	Shares     *string      `group:"Objective:" placeholder:"HOW" help:"Logistic: how clients share the samples: even, label, dirichlet:C. Default: even."`
	Noise      *string      `group:"Objective:" placeholder:"LAW" help:"Noise of the gradients: none, gaussian:S, rademacher:S, student:NU,S; E|noise|^2 = S^2; of logistic also minibatch:B samples. Default: gaussian:.1."`

	Algorithm     *string      `group:"Algorithm:" placeholder:"NAME,..." help:"local-sgd (beta = 1: FedAvg), minibatch-sgd, accelerated-minibatch, local-sgdm, minibatch-sgdm, local-adam, minibatch-adam. Default: local-sgd."`
	Clients       quantities   `group:"Algorithm:" placeholder:"M,M,..." help:"Numbers of clients."`
	LocalSteps    quantities   `group:"Algorithm:" placeholder:"K,K,..." help:"Numbers of local steps, such as 16, 2,3,128 or 1..1024 (doublings)."`
	Rounds        *wholeNumber `group:"Algorithm:" placeholder:"R" help:"Rounds. Default: 8."`
	Eta           *realNumber  `group:"Algorithm:" placeholder:"ETA" help:"Step; of minibatch algorithms the step on the mean gradient."`
	ServerStep    *realNumber  `group:"Algorithm:" placeholder:"BETA" help:"Step of the server along the clients' average. Default: 1."`
	Momentum      *realNumber  `group:"Algorithm:" placeholder:"B1" help:"Of SGDM and Adam. Default: 0.9."`
	SecondMoments *realNumber  `group:"Algorithm:" placeholder:"B2" help:"Of Adam. Default: 1 - 1/(K^1.5 R^0.5)."`
	Lambda        *realNumber  `group:"Algorithm:" placeholder:"LAMBDA" help:"Of Adam, within the root: u/sqrt(v + lambda^2). Default: 0.1."`
	Clip          *realNumber  `group:"Algorithm:" placeholder:"RHO" help:"Of SGDM and Adam: coordinates of gradients are clipped. Default: not at all."`
	Participation *realNumber  `group:"Algorithm:" placeholder:"SHARE" help:"Share of the clients that take part in a round, drawn anew. Default: 1."`
	StepRule      *string      `group:"Algorithm:" placeholder:"RULE,..." help:"With --fixed-point: fixed (eta), inverse (eta/K), square (eta/K^2). Default: fixed."`
	Start         *realNumber  `group:"Algorithm:" placeholder:"X" help:"Every coordinate of the first point. Default: 0."`

	Seeds *wholeNumber `group:"Work:" placeholder:"N" help:"Independent runs. Default: 100."`
	Seed  *seedNumber  `group:"Work:" placeholder:"S" help:"First seed. Default: 1."`

	Budget      *wholeNumber `group:"Work:" placeholder:"N" help:"With --compare, instead of rounds: gradients a client takes, R = N/K."`
	Grid        *wholeNumber `group:"Work:" placeholder:"N" help:"With --compare: steps that are tried. Default: 40."`
	EtaRange    realNumbers  `group:"Work:" placeholder:"LOW,HIGH" help:"With --compare: ends of the grid of steps. Default: up to what is stable, four decades."`
	TuningSeeds *wholeNumber `group:"Work:" placeholder:"N" help:"With --compare: seeds by which the step is chosen where nothing is exact; those reported come after them. Default: 20."`

	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	Plan bool `group:"Output:" help:"Only say what the runs of finitely many clients will take."`

	outputFlags `embed:""`
}

func (c *localCommand) Help() string {
	return "Replicas that are averaged now and then: M clients make K local steps from a common point, are averaged, R rounds. " +
		"Prints the value gap F(x) - F* of finitely many clients beside that of infinitely many, and M * gap, the mean square distance of the two, beside its constant.\n\n" +
		"The same command with the same --out goes on where it was interrupted; cells that are finished are not run again.\n\n" +
		"Examples:\n\n  kac local --compare local-sgd,minibatch-sgd,accelerated-minibatch --objective quadratic --clients 8 --local-steps 32 --rounds 10 --noise gaussian:.3 --rotation 0,.5,1,1.5 --spread 2\n  kac local --objective kink --algorithm local-sgd --clients 16,64,256 --local-steps 64 --rounds 8 --eta .01 --noise gaussian:.1 --seeds 400\n  kac local --bias --objective kink --noise gaussian:.1 --eta .01 --local-steps 1..1024\n" +
		"  kac local --exact --clients 8 --local-steps 32 --rounds 10 --eta .17 --noise gaussian:.3 --spread 2\n" +
		"  kac local --fixed-point --matrices A.npy --optima x.npy --local-steps 1,2,5,10 --eta .1\n  kac local --fixed-point --objective kink --noise gaussian:.1 --local-steps 16,64 --eta .01"
}

// Modes of the verb.
const (
	biasMode       = "bias"
	exactMode      = "exact"
	fixedPointMode = "fixed-point"
	measureMode    = "measure" // none of the switches
	compareMode    = "compare"
)

func (c *localCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	mode, err := c.mode()
	if err != nil {
		return err
	}
	if err := c.unused(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	switch mode {
	case biasMode:
		return c.bias(p)
	case exactMode:
		return c.exact(p)
	case fixedPointMode:
		return c.fixedPoint(p)
	case compareMode:
		return c.compare(p, workers)
	}
	return c.measure(p, workers)
}

// mode is what is asked for; flags that it does not use are refused.
func (c *localCommand) mode() (string, error) {
	chosen := ""
	for _, m := range []struct {
		name string
		on   bool
	}{{biasMode, c.Bias}, {exactMode, c.Exact}, {fixedPointMode, c.FixedPoint}, {compareMode, c.Compare != ""}} {
		if m.on && chosen != "" {
			return "", &bench.InputError{Key: m.name, Value: "given", Reason: "not together with --" + chosen}
		}
		if m.on {
			chosen = m.name
		}
	}
	mode := chosen
	if mode == "" {
		mode = measureMode
	}
	for _, f := range c.given() {
		if f.given && !strings.Contains(f.modes, mode) {
			reason := "has no meaning with --" + chosen
			if chosen == "" {
				reason = "only with --" + strings.ReplaceAll(f.modes, " ", " or --")
			}
			return "", &bench.InputError{Key: f.key, Value: "given", Reason: reason}
		}
	}
	return chosen, nil
}

// modeFlag is a flag, and the modes that use it.
type modeFlag struct {
	key   string
	given bool
	modes string
}

// quadraticModes are those that use what says which quadratics there are.
const quadraticModes = "measure exact fixed-point compare"

func (c *localCommand) given() []modeFlag {
	const quadratics, runs = quadraticModes, "measure compare"
	return []modeFlag{
		{"matrices", c.Matrices != "", quadratics}, {"optima", c.Optima != "", quadratics}, {"dim", c.Dim != nil, quadratics}, {"mu", c.Mu != nil, quadratics},
		{"smoothness", c.Smoothness != nil, quadratics}, {"rotation", c.Rotation != nil, quadratics}, {"spread", c.Spread != nil, quadratics},
		{"noise", c.Noise != nil, "measure bias exact fixed-point compare"}, {"eta", c.Eta != nil, "measure bias exact fixed-point"}, {"algorithm", c.Algorithm != nil, "measure exact"}, {"clients", c.Clients != nil, quadratics},
		{"rounds", c.Rounds != nil, "measure exact compare"}, {"server-step", c.ServerStep != nil, "measure exact compare"}, {"step-rule", c.StepRule != nil, fixedPointMode},
		{"start", c.Start != nil, "measure bias exact compare"}, {"budget", c.Budget != nil, compareMode}, {"grid", c.Grid != nil, compareMode},
		{"eta-range", c.EtaRange != nil, compareMode}, {"tuning-seeds", c.TuningSeeds != nil, compareMode}, {"data", c.Data != "", runs}, {"labels", c.Labels != "", runs}, {"points", c.Points != nil, runs},
		{"data-seed", c.DataSeed != nil, runs}, {"shares", c.Shares != nil, runs}, {"momentum", c.Momentum != nil, runs + " exact"}, {"second-moments", c.SecondMoments != nil, runs},
		{"plan", c.Plan, measureMode}, {"lambda", c.Lambda != nil, runs}, {"clip", c.Clip != nil, runs}, {"participation", c.Participation != nil, runs}, {"seeds", c.Seeds != nil, runs}, {"seed", c.Seed != nil, runs},
	}
}

// value is what a flag points to, or a default.
func value[T, U any](flag *T, otherwise U, as func(T) U) U {
	if flag == nil {
		return otherwise
	}
	return as(*flag)
}

func real64(x realNumber) float64 { return float64(x) }
func whole(x wholeNumber) int     { return int(x) }
func text(x string) string        { return x }

// single is the one number of a list that only --compare takes whole.
func single(key string, list realNumbers, otherwise float64) (float64, error) {
	switch len(list) {
	case 0:
		return otherwise, nil
	case 1:
		return list[0], nil
	}
	return 0, &bench.InputError{Key: key, Value: "given", Reason: "several are for --compare; give one"}
}

// step is --eta, which has no default.
func (c *localCommand) step() (float64, error) {
	if c.Eta == nil {
		return 0, &bench.InputError{Key: "eta", Reason: "give the step, such as .01"}
	}
	return float64(*c.Eta), nil
}

func (c *localCommand) steps() ([]int, error) {
	if c.LocalSteps == nil {
		return nil, &bench.InputError{Key: "local-steps", Reason: "give numbers of local steps, such as 16 or 1,2,4"}
	}
	return bench.WholesAt("local-steps", c.LocalSteps, 0, localsgd.MaxLocalSteps)
}

func (c *localCommand) quadratics() (localsgd.Quadratics, error) {
	q := localsgd.Quadratics{Matrices: c.Matrices, Optima: c.Optima}
	if c.Objective != nil && *c.Objective != localsgd.QuadraticWord {
		return q, &bench.InputError{Key: "objective", Value: *c.Objective, Reason: "exact moments and fixed points are known for quadratic; its iterate bias has kac local --bias"}
	}
	if c.Matrices == "" && c.Optima == "" {
		q.Dim = value(c.Dim, localsgd.DefaultDim, whole)
		q.Mu, q.Smoothness = value(c.Mu, localsgd.DefaultMu, real64), value(c.Smoothness, localsgd.DefaultSmoothness, real64)
		var err error
		if q.Rotation, err = single("rotation", c.Rotation, .5); err == nil {
			q.Spread, err = single("spread", c.Spread, 1)
		}
		return q, err
	}
	for key, given := range map[string]bool{"dim": c.Dim != nil, "mu": c.Mu != nil, "smoothness": c.Smoothness != nil, "rotation": c.Rotation != nil, "spread": c.Spread != nil} {
		if given {
			return q, &bench.InputError{Key: key, Value: "given", Reason: "belongs to generated quadratics; with --matrices leave it out"}
		}
	}
	return q, nil
}

// localTable is what a mode computes.
type localTable struct {
	csv     func(io.Writer) error
	text    func(io.Writer) error
	json    func(io.Writer) error // nil: the table
	picture func() (*plotting.Figure, error)
	more    []store.File // beside the table
}

// table is what every mode ends with.
func (c *localCommand) table(p *process, name string, parameters any, compute func(update func(float64, string)) (*localTable, error), files ...string) error {
	return c.cells(p, name, parameters, 0, func(_ *store.Cells, update func(float64, string)) (*localTable, error) { return compute(update) }, files...)
}

// cells is table for modes that have cells, which an interruption keeps.
func (c *localCommand) cells(p *process, name string, parameters any, all int, compute func(cells *store.Cells, update func(float64, string)) (*localTable, error), files ...string) error {
	names := append([]string{name + ".csv", name + ".svg"}, files...)
	return c.study(p, "kac local", c.Format, parameters, all, names, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		t, err := compute(cells, update)
		if err != nil {
			return nil, err
		}
		tables := append([]store.File{{Name: name + ".csv", Fill: t.csv}}, t.more...)
		return &studyResult{tables: tables, pictures: []store.File{store.Picture(name+".svg", t.picture)}, text: t.text, json: t.json}, nil
	})
}

func (c *localCommand) biasParameters() (localsgd.BiasParameters, error) {
	parameters := localsgd.BiasParameters{Objective: value(c.Objective, localsgd.KinkWord, text), Noise: value(c.Noise, localsgd.DefaultNoise, text), Start: value(c.Start, 0, real64)}
	var err error
	if parameters.Eta, err = c.step(); err != nil {
		return parameters, err
	}
	if parameters.LocalSteps, err = c.steps(); err != nil {
		return parameters, err
	}
	return parameters, parameters.Check()
}

func (c *localCommand) bias(p *process) error {
	parameters, err := c.biasParameters()
	if err != nil {
		return err
	}
	return c.table(p, "bias", parameters, func(update func(float64, string)) (*localTable, error) {
		t, err := localsgd.RunBias(p.ctx, parameters, update)
		if err != nil {
			return nil, err
		}
		return &localTable{csv: t.WriteCSV, text: t.WriteText, picture: t.Picture}, nil
	})
}

func (c *localCommand) exactParameters(ctx context.Context) (localsgd.ExactParameters, error) {
	q, err := c.quadratics()
	if err != nil {
		return localsgd.ExactParameters{}, err
	}
	parameters := localsgd.ExactParameters{Quadratics: q, Algorithms: strings.Split(value(c.Algorithm, particles.LocalSGD, text), ","), Rounds: value(c.Rounds, localsgd.DefaultRounds, whole),
		ServerStep: value(c.ServerStep, 1, real64), Momentum: value(c.Momentum, localsgd.DefaultMomentum, real64), Noise: value(c.Noise, localsgd.DefaultNoise, text), Start: value(c.Start, 0, real64)}
	if parameters.Eta, err = c.step(); err != nil {
		return parameters, err
	}
	if parameters.LocalSteps, err = c.steps(); err != nil {
		return parameters, err
	}
	if parameters.Clients, err = bench.WholesAt("clients", c.Clients, 0, localsgd.MaxClients); err != nil {
		return parameters, err
	}
	return parameters, parameters.Check(ctx)
}

func (c *localCommand) exact(p *process) error {
	parameters, err := c.exactParameters(p.ctx)
	if err != nil {
		return err
	}
	return c.table(p, "exact", parameters, func(update func(float64, string)) (*localTable, error) {
		t, err := localsgd.RunExact(p.ctx, parameters, update)
		if err != nil {
			return nil, err
		}
		return &localTable{csv: t.WriteCSV, text: t.WriteText, picture: t.Picture}, nil
	})
}

// onLine says whether the objective is one of one coordinate.
func (c *localCommand) onLine() bool {
	if c.Objective == nil {
		return false
	}
	word, _, _ := strings.Cut(*c.Objective, ":")
	return word == localsgd.KinkWord || word == localsgd.SmoothKinkWord
}

// fixedPointQuadratics are those of --fixed-point; on a line there are none, nor flags of theirs.
func (c *localCommand) fixedPointQuadratics() (localsgd.Quadratics, error) {
	var none localsgd.Quadratics
	if !c.onLine() {
		switch {
		case c.Objective != nil && *c.Objective != localsgd.QuadraticWord:
			return none, &bench.InputError{Key: "objective", Value: *c.Objective, Reason: "fixed points are known for quadratic, kink and smooth-kink"}
		case c.Noise != nil:
			return none, &bench.InputError{Key: "noise", Value: *c.Noise, Reason: "fixed points of quadratic do not depend on noise; leave it out"}
		}
		return c.quadratics()
	}
	for _, f := range c.given() {
		if f.given && f.modes == quadraticModes {
			return none, &bench.InputError{Key: f.key, Value: "given", Reason: "belongs to quadratic; on " + *c.Objective + " fixed points are those of infinitely many clients"}
		}
	}
	return none, nil
}

func (c *localCommand) fixedPointParameters(ctx context.Context) (localsgd.FixedPointParameters, error) {
	q, err := c.fixedPointQuadratics()
	if err != nil {
		return localsgd.FixedPointParameters{}, err
	}
	parameters := localsgd.FixedPointParameters{Quadratics: q, Rules: strings.Split(value(c.StepRule, localsgd.FixedRule, text), ",")}
	if parameters.Eta, err = c.step(); err != nil {
		return parameters, err
	}
	if parameters.LocalSteps, err = c.steps(); err != nil {
		return parameters, err
	}
	if c.onLine() {
		parameters.Objective, parameters.Noise = *c.Objective, value(c.Noise, localsgd.DefaultNoise, text)
		return parameters, parameters.Check(ctx)
	}
	clients, err := bench.WholesAt("clients", c.Clients, 0, localsgd.MaxClients)
	if err != nil {
		return parameters, err
	}
	switch {
	case len(clients) == 1:
		parameters.Clients = clients[0]
	case len(clients) > 1:
		return parameters, &bench.InputError{Key: "clients", Value: "given", Reason: "fixed points are those of one number of clients"}
	}
	return parameters, parameters.Check(ctx)
}

func (c *localCommand) fixedPoint(p *process) error {
	parameters, err := c.fixedPointParameters(p.ctx)
	if err != nil {
		return err
	}
	return c.table(p, "fixed-points", parameters, func(update func(float64, string)) (*localTable, error) {
		t, err := localsgd.RunFixedPoint(p.ctx, parameters, update)
		if err != nil {
			return nil, err
		}
		return &localTable{csv: t.WriteCSV, text: t.WriteText, json: t.WriteJSON, picture: t.Picture}, nil
	})
}
