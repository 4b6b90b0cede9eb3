package localsgd

import (
	"context"
	"math"
	"slices"
	"strings"

	"kac/bench"
	"kac/particles/localsgd"
)

// Parameters say everything that determines the numbers of a measurement.
type Parameters struct {
	Objective
	Noise         string   `json:"noise"`
	Algorithms    []string `json:"algorithm"`
	Clients       []int    `json:"clients"`
	LocalSteps    []int    `json:"local_steps"`
	Rounds        int      `json:"rounds"`
	Eta           float64  `json:"eta"`
	ServerStep    float64  `json:"server_step"`
	Momentum      float64  `json:"momentum"`
	SecondMoments float64  `json:"second_moments,omitempty"` // 0: 1 - 1/(K^{3/2} R^{1/2})
	Lambda        float64  `json:"lambda"`
	Clip          float64  `json:"clip,omitempty"` // 0: none
	Participation float64  `json:"participation"`
	Start         float64  `json:"start"`
	Seeds         int      `json:"seeds"`
	Seed          uint64   `json:"seed"`

	noise localsgd.Noise
}

// More defaults of the flags.
const (
	DefaultMomentum = .9
	DefaultLambda   = .1
	DefaultSeeds    = 100
)

// Check refuses what cannot be run.
func (p *Parameters) Check(ctx context.Context) (err error) {
	if p.noise, err = noise("noise", p.Noise); err != nil {
		return err
	}
	for i, name := range p.Algorithms {
		if !slices.Contains(localsgd.Algorithms, name) {
			return bench.Refuse("algorithm", name, "allowed are %s", strings.Join(localsgd.Algorithms, ", "))
		}
		if slices.Contains(p.Algorithms[:i], name) {
			return bench.Refuse("algorithm", name, "it is there twice")
		}
	}
	slices.Sort(p.LocalSteps)
	slices.Sort(p.Clients)
	for _, err := range []error{
		increasing("local-steps", p.LocalSteps, MaxLocalSteps, "local steps"),
		bench.CheckWhole("rounds", p.Rounds, 1, MaxRounds, "rounds"),
		bench.CheckPositive("eta", p.Eta, 1e6, "step size"),
		bench.CheckPositive("server-step", p.ServerStep, 100, "step of the server"),
		bench.CheckNumber("momentum", p.Momentum, 0, .999999, "of SGDM and Adam"),
		bench.CheckNumber("second-moments", p.SecondMoments, 0, 1, "of Adam"),
		bench.CheckPositive("lambda", p.Lambda, 1e6, "of Adam, within the root"),
		bench.CheckNumber("clip", p.Clip, 0, 1e9, "of a coordinate; 0: none"),
		bench.CheckNumber("start", p.Start, -1e6, 1e6, "every coordinate of the first point"),
		bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "seeds"),
	} {
		if err != nil {
			return err
		}
	}
	if !(p.Participation > 0 && p.Participation <= 1) {
		return bench.Refuse("participation", bench.Number(p.Participation), "allowed are numbers above 0 and up to 1 (share of the clients a round)")
	}
	if p.Matrices != "" && len(p.Clients) > 0 {
		return bench.Refuse("clients", bench.Wholes(p.Clients, ","), "the matrices say how many clients there are; leave it out")
	}
	if p.Matrices == "" {
		if err := increasing("clients", p.Clients, MaxClients, "clients"); err != nil {
			return err
		}
	}
	if err := p.Objective.check(ctx, p.Clients); err != nil {
		return err
	}
	if m := p.fixedClients(); m > 0 {
		p.Clients = []int{m}
	}
	if p.noise.Law == localsgd.MinibatchNoise && p.kind() != LogisticWord {
		return bench.Refuse("noise", p.Noise, "samples belong to logistic; %s has none", p.kind())
	}
	if err := p.memory().Check(); err != nil {
		return err
	}
	if err := p.checkWork(float64(p.Seeds)); err != nil {
		return err
	}
	return p.checkStep(ctx)
}

// work is what a seed takes, nominal floating-point operations.
func (p *Parameters) work(clients, steps int) float64 {
	d := float64(p.dim())
	each := 20 * d
	switch p.kind() {
	case QuadraticWord:
		each += 2 * d * d
	case LogisticWord:
		each += 4 * d * float64(p.Points) / float64(clients)
	}
	return each * float64(clients) * float64(steps) * float64(p.Rounds)
}

const (
	// operationsPerSecond are those of work that a thread does on an ordinary processor: a step of a coordinate takes
	// some 10 ns.
	operationsPerSecond = 2e9
	// longestWork is a year of one thread: no run of that length is meant.
	longestWork = 365 * 86400 * operationsPerSecond
)

// checkWork refuses what takes longer than a year of one thread for so many seeds, by the largest of what makes it
// long.
func (p *Parameters) checkWork(seeds float64) error {
	work := 0.0
	for _, k := range p.LocalSteps {
		for _, m := range p.Clients {
			work += p.work(m, k)
		}
	}
	if work *= seeds * float64(len(p.Algorithms)); work <= longestWork {
		return nil
	}
	clients, steps := p.Clients[len(p.Clients)-1], p.LocalSteps[len(p.LocalSteps)-1]
	key, value := "rounds", p.Rounds
	if steps > value {
		key, value = "local-steps", steps
	}
	if clients > value {
		key, value = "clients", clients
	}
	if p.Seeds > value {
		key, value = "seeds", p.Seeds
	}
	return bench.Refuse(key, value, "%d clients x %d local steps x %d rounds x %.0f seeds take about %.2g years of one thread; allowed is one: lower rounds, local-steps, clients or seeds; --plan says what it takes then",
		clients, steps, p.Rounds, seeds, work/longestWork)
}

// checkStep refuses steps of descent beyond 2/H. Momentum of b1 and clipping have wider limits, which are not told.
func (p *Parameters) checkStep(ctx context.Context) error {
	if !slices.ContainsFunc(p.Algorithms, func(name string) bool {
		return name == localsgd.LocalSGD || name == localsgd.MinibatchSGD || name == localsgd.AcceleratedMinibatch
	}) {
		return nil
	}
	f, err := p.of(ctx, p.Clients[0])
	if err != nil {
		return err
	}
	if slices.Contains(p.Algorithms, localsgd.LocalSGD) {
		return stable(p.Eta, f.Smoothness(), "the clients' objectives")
	}
	most := f.Smoothness()
	if q, is := f.(*localsgd.Quadratics); is {
		most = q.MeanCurvature()
	}
	return stable(p.Eta, most, "the mean objective")
}

func (p *Parameters) dim() int {
	switch p.kind() {
	case KinkWord, SmoothKinkWord:
		return 1
	}
	if p.read != nil {
		return p.read.Dim()
	}
	return p.Dim
}

// memory of all results, and of one cell on every worker.
func (p *Parameters) memory() bench.Memory {
	d := float64(p.dim())
	most := p.Clients[len(p.Clients)-1]
	a := p.algorithm(localsgd.LocalAdam, p.LocalSteps[0])
	parts := bench.Memory{
		{Key: "seeds", Value: p.Seeds, Bytes: 8 * 5 * float64(p.Seeds) * float64(p.Rounds) * float64(len(p.Algorithms)*len(p.LocalSteps)*len(p.Clients)), Lower: "it, or rounds"},
		{Key: "clients", Value: bench.Wholes(p.Clients, ","), Bytes: 4 * localsgd.Memory(&a, p.dim(), most, 4), Lower: "it"},
	}
	if p.kind() == QuadraticWord {
		parts = append(parts, bench.MemoryPart{Key: "dim", Value: p.dim(), Bytes: 32 * float64(most) * d * d, Lower: "it, or clients"})
	}
	return parts
}

// algorithm makes one of the algorithms.
func (p *Parameters) algorithm(name string, steps int) localsgd.Algorithm {
	a := localsgd.Algorithm{Name: name, Eta: p.Eta, Beta: p.ServerStep, LocalSteps: steps, Momentum: p.Momentum, SecondMoments: p.SecondMoments, Lambda: p.Lambda, Clip: p.Clip, Share: p.Participation}
	if a.SecondMoments == 0 {
		a.SecondMoments = localsgd.DefaultSecondMoments(steps, p.Rounds)
	}
	if a.Clip == 0 {
		a.Clip = math.Inf(1)
	}
	return a
}

// start is the first point.
func (p *Parameters) start() []float64 {
	x := make([]float64, p.dim())
	for i := range x {
		x[i] = p.Start
	}
	return x
}
