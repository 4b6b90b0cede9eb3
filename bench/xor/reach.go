package xor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"kac/bench"
	"kac/bench/store"
	"kac/kernels"
	"kac/particles/xor"
)

// ReachSchema is the form of the tables of how many samples it takes.
var ReachSchema = &bench.Schema{
	Measure: "xor-reach", Size: "width", Sizes: "widths", Letter: "m", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "scale", Meaning: "θ, initial |w| and |a|"},
		{Name: "rate", Meaning: "B = batch/(η d)"},
		{Name: "batch", Kind: bench.Whole, Meaning: "samples of a step"},
		{Name: "eta", Meaning: "step η"},
		{Name: "trained_loss", Kind: bench.Text, Meaning: "logistic, or square"},
		{Name: "level", Meaning: "test error and loss that are looked for"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "0: a row has no time"},
		{Name: "samples_error", Meaning: "samples until the test error is at the level; empty: not by the horizon", How: bench.Averaged},
		{Name: "samples_loss", Meaning: "samples until the loss log(1 + e^{−yf}), or (1 − yf)², is at the level", How: bench.Averaged},
		{Name: "samples_heavy", Meaning: "samples until heavy neurons hold half of the energy", How: bench.Averaged},
		{Name: "time_error", Unit: "paper time", Meaning: "when the test error is at the level"},
		{Name: "time_loss", Unit: "paper time", Meaning: "when the loss is"},
		{Name: "time_heavy", Unit: "paper time", Meaning: "when heavy neurons hold half"},
		{Name: "kernel", Meaning: "samples of least squares on the products x_i x_j until their test error is at the level"},
		{Name: "spectral", Meaning: "samples of the seed until the extreme eigenvectors of (1/n) Σ y x xᵀ have the test error, in quarters of d; empty: not by 64 d", How: bench.Averaged},
	},
}

// looked is the time between two looks at a network.
const looked = .25

// KernelSamples is how many samples the least-squares fit of all d(d-1)/2 products x_i x_j takes to a test error: with
// rho = n/(d(d-1)/2) its margin is normal with mean rho and variance rho (1-rho) for large d, so the error is
// Phi(-sqrt(rho/(1-rho))). No predictor that is linear in these products does better.
func KernelSamples(dim int, level float64) float64 {
	if level >= .5 {
		return 0
	}
	z := distuv.UnitNormal.Quantile(1 - level)
	return z * z / (1 + z*z) * float64(dim) * float64(dim-1) / 2
}

// CheckLevel refuses levels.
func CheckLevel(level float64) error {
	return bench.CheckNumber("reach", level, 1e-3, .49, "test error, and loss, to reach")
}

// ReachGroup is a bench.Study: how many samples networks of one dimension and batch take to a level.
type ReachGroup struct {
	Group
	level float64
}

// NewReachGroup is the group of checked parameters.
func NewReachGroup(p Parameters, level float64) (*ReachGroup, error) {
	if err := CheckLevel(level); err != nil {
		return nil, err
	}
	switch {
	case p.own != nil:
		return nil, bench.Refuse("data", p.Data, "samples are counted as they are drawn; leave it out")
	case p.Cube:
		return nil, bench.Refuse("batch", "inf", "the whole cube draws no samples; give a number, or rate")
	case p.Fixed > 0:
		return nil, bench.Refuse("samples", p.Fixed, "samples are counted as they are drawn; leave it out")
	case p.Coupling:
		return nil, bench.Refuse("coupling", "given", "not together with reach")
	}
	p.Points, p.Law = 2, Spherical
	return &ReachGroup{Group{p}, level}, nil
}

type reachParameters struct {
	Parameters
	Level float64 `json:"reach"`
}

// RestoreReach makes a group of recorded parameters.
func RestoreReach(ctx context.Context, parameters json.RawMessage) (*ReachGroup, error) {
	var p reachParameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	g, err := Restore(ctx, parameters)
	if err != nil {
		return nil, err
	}
	return NewReachGroup(g.parameters, p.Level)
}

// rate is B.
func (p *Parameters) rate() float64 { return float64(p.Batch) / (p.Eta * float64(p.Dim)) }

// Facts implements bench.Study.
func (g *ReachGroup) Facts() bench.Facts {
	f := g.Group.Facts()
	p := g.parameters
	f.Schema, f.Labels = ReachSchema, []any{p.Scale, p.rate(), p.Batch, p.Eta, cmp.Or(p.Loss, Logistic), g.level}
	f.Times, f.Points = []float64{0}, 1
	f.Line = nil
	f.Parameters, f.Identity = reachParameters{p, g.level}, reachParameters{p.ofCell(), g.level}
	return f
}

// Cost implements bench.Study: looks at the test inputs are most of the work where batches are small. About 15 units of
// time are passed.
func (g *ReachGroup) Cost(width int) bench.Cost {
	c := g.Group.Cost(width)
	if width > 0 {
		p := g.parameters
		md, end := float64(width)*float64(p.Dim), math.Min(p.Horizon, 15)
		c.Work = end/p.Eta*4*(float64(p.Batch)+2)*md + end/looked*2*float64(p.tests())*md + spectralWork(&p)
	}
	return c
}

// Prepare implements bench.Study: there is no limit to solve.
func (g *ReachGroup) Prepare(context.Context, func(share float64)) (bench.Runner, error) {
	return g, nil
}

// RunCell implements bench.Runner.
func (g *ReachGroup) RunCell(ctx context.Context, width int, seed uint64, o bench.CellOptions) ([]float64, error) {
	p := g.parameters
	var r *reached
	var err error
	if p.Precision == bench.Float32 {
		r, err = reach[float32](ctx, &p, g.level, width, seed, o)
	} else {
		r, err = reach[float64](ctx, &p, g.level, width, seed, o)
	}
	if err != nil {
		return nil, err
	}
	floor, err := spectral(ctx, &p, g.level, seed)
	if err != nil {
		return nil, err
	}
	return []float64{0, r.samples[0], r.samples[1], r.samples[2], r.times[0], r.times[1], r.times[2], KernelSamples(p.Dim, g.level), floor}, nil
}

// reached are the samples and times of a test error, of a loss, and of half of the energy being heavy; NaN: not yet.
type reached struct{ samples, times [3]float64 }

func reach[T kernels.Float](ctx context.Context, p *Parameters, level float64, width int, seed uint64, o bench.CellOptions) (*reached, error) {
	out := &reached{}
	for k := range out.samples {
		out.samples[k], out.times[k] = math.NaN(), math.NaN()
	}
	net, err := start[T](p, width, seed)
	if err != nil {
		return nil, err
	}
	step := int64(0)
	if o.Before != nil {
		numbers, rest, err := store.ReadNumbers(o.Before, 7+width*(p.Dim+1))
		if err != nil || len(rest) > 0 || !(numbers[0] >= 0) {
			return nil, bench.StateError(errors.Join(err, fmt.Errorf("%d bytes too many", len(rest))))
		}
		step = int64(numbers[0])
		copy(out.samples[:], numbers[1:4])
		copy(out.times[:], numbers[4:7])
		if net, err = xor.FromSnapshot[T](numbers[7:], p.Dim); err != nil {
			return nil, bench.StateError(err)
		}
	}
	source, err := batches[T](p, seed)
	if err != nil {
		return nil, err
	}
	test, err := tester[T](p)
	if err != nil {
		return nil, err
	}
	r, err := xor.NewTrainer(net, source, p.trained(), p.Eta, o.Workers)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	r.Resume(step)
	keeper := o.Keeper()
	state := func() ([]byte, error) {
		b := store.AppendNumbers(nil, float64(r.Step()))
		b = store.AppendNumbers(b, out.samples[:]...)
		b = store.AppendNumbers(b, out.times[:]...)
		return store.AppendNumbers(b, r.Network().Snapshot()...), nil
	}
	every := max(int64(math.Round(looked/p.Eta)), 1)
	for {
		if r.Step()%every == 0 {
			t := test.Of(r, 0, nil)
			at := [3]bool{t.Error <= level, t.Loss <= level, net.Parts(p.Zeta).HeavyMass >= .5}
			open := false
			for i, is := range at {
				if is && math.IsNaN(out.times[i]) {
					out.samples[i], out.times[i] = float64(r.Step())*float64(p.Batch), bench.StepTime(r.Step(), p.Eta)
				}
				open = open || math.IsNaN(out.times[i])
			}
			if err := bench.CheckTable(fmt.Sprintf("width %d, seed %d", width, seed), r.Time(), []string{"the loss"}, t.Loss); err != nil {
				return nil, err
			}
			if !open {
				return out, nil
			}
		}
		if r.Step() >= p.Steps() {
			return out, nil
		}
		if err := r.Advance(ctx, 1); err != nil {
			if far := nonFinite(err, width, seed); far != nil {
				return nil, far
			}
			return nil, cmp.Or(keeper.Keep(state), err)
		}
		if err := keeper.Between(ctx, math.Min(1, r.Time()/math.Min(p.Horizon, 15)), state); err != nil {
			return nil, err
		}
	}
}
