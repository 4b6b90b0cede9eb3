package distance

import (
	"context"
	"fmt"
	"math"
	"slices"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/hessian"
	"kac/internal/memory"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// Result is what was measured, at Time. NaN is what is not known.
type Result struct {
	Parameters Parameters
	Problem    particles.Expectations

	Time      float64
	TimeFound bool // the best, else given
	AtEnd     bool // it is the last time of the search: the network is beyond, or never comes near

	Risk                          float64 // ||f_m - f*||^2
	ReferenceRisk, ReferenceWrong float64 // ||f_MF - f*||^2 and its error
	FunctionError                 float64 // ||f_m - f_MF||^2
	Constant, ConstantError       float64 // C(t) = lim m E ||f_m - f_MF||^2
	NoConstant                    string  // why there is none

	// Function errors of networks of the same width that start at random.
	Networks   []float64
	NoNetworks string

	// Coupling to the twins of the initial particles, and the limits of m times their squares.
	CouplingMean, CouplingMax, CouplingSquare float64
	CouplingConstant, MeanCouplingConstant    float64

	Hessians *hessian.Study
	// Alignment has the quantiles hessian.Levels of the particles and of infinite width.
	Alignment, ExactAlignment []float64
}

// Run measures.
func (in *Input) Run(ctx context.Context, workers int, progress func(share float64, what string)) (*Result, error) {
	p := &in.Parameters
	r := &run{Input: in, workers: workers, progress: progress, out: &Result{Problem: in.Problem}}
	nan := math.NaN()
	for _, x := range []*float64{&r.out.Constant, &r.out.ConstantError, &r.out.CouplingMean, &r.out.CouplingMax, &r.out.CouplingSquare, &r.out.CouplingConstant, &r.out.MeanCouplingConstant} {
		*x = nan
	}
	r.field = particles.NewPopulation(in.Problem, particles.Auto, workers)
	defer r.field.Close()
	rank := in.Problem.Rank()
	r.points = make([]float64, p.Width*(rank+1))
	meanfield.Reduce(r.points, in.network.W, p.Width, p.Dim, rank)
	for _, step := range []func(context.Context) error{r.energies, r.time, r.errors, r.constants, r.beside, r.coupling, r.curvature} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.out.Parameters = *p
	return r.out, nil
}

type run struct {
	*Input
	workers   int
	progress  func(share float64, what string)
	out       *Result
	field     *particles.Population
	points    []float64 // m x (r+1)
	self      float64   // ||f_m||^2
	overlap   float64   // E f* f_m
	reference *meanfield.Reference
}

// energies computes what does not depend on the limit.
func (r *run) energies(ctx context.Context) (err error) {
	m := r.Parameters.Width
	if r.second != nil {
		r.self, r.overlap, err = weighted(ctx, r.Problem, r.network.W, r.second, m, r.workers)
	} else if r.self, err = r.field.SelfEnergy(ctx, r.network.W, m); err == nil {
		r.overlap, err = r.field.MeanOverlap(r.network.W, m)
	}
	r.out.Risk = bench.NotNegative(r.Problem.TargetNorm2() - 2*r.overlap + r.self)
	return err
}

// time finds the time at which the infinite network is nearest, if none is given, and solves it to there.
func (r *run) time(ctx context.Context) error {
	p := &r.Parameters
	if p.Time != nil {
		r.out.Time = *p.Time
	} else {
		var err error
		if r.out.Time, r.out.AtEnd, err = r.nearest(ctx); err != nil {
			return err
		}
		r.out.TimeFound = true
	}
	horizon := r.out.Time
	if horizon == 0 {
		horizon = 1 // there is nothing to follow in no time
	}
	return r.solve(ctx, horizon)
}

func (r *run) solve(ctx context.Context, horizon float64) (err error) {
	r.reference, err = meanfield.Solve(ctx, r.Problem, horizon, meanfield.Options{Tolerance: r.Parameters.Tolerance, Progress: func(x float64) { r.progress(x/4, "reference") }})
	if err != nil {
		return fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", r.Problem.Name(), r.Parameters.Dim, err)
	}
	return nil
}

// apart is ||f_m - f_MF(t)||^2 = ||f_m||^2 - 2 mean_i a_i U_t(w_i) + ||f_MF||^2.
func (r *run) apart(field *meanfield.Field, t float64) (float64, error) {
	if err := field.Set(t); err != nil {
		return 0, err
	}
	rank, u := r.Problem.Rank(), make([]float64, r.Parameters.Width)
	for i := range u {
		z := r.points[i*(rank+1) : i*(rank+1)+rank]
		if u[i] = field.Potential(alignment(z)); r.second != nil {
			u[i] *= r.second[i]
		}
	}
	return bench.NotNegative(r.self - 2*kernels.Sum(u)/float64(len(u)) + r.reference.SelfEnergy(t)), nil
}

// alignment is a for one coordinate, the norm of several.
func alignment(z []float64) float64 {
	if len(z) == 1 {
		return z[0]
	}
	sum := 0.0
	for _, x := range z {
		sum += float64(x * x)
	}
	return math.Sqrt(sum)
}

// errors compares the network with the infinite one.
func (r *run) errors(context.Context) error {
	t := r.out.Time
	field, err := r.reference.At(t)
	if err != nil {
		return err
	}
	r.out.ReferenceRisk, r.out.ReferenceWrong = r.reference.Risk(t), r.reference.RiskError(t)
	r.out.FunctionError, err = r.apart(field, t)
	return err
}

// constants computes the limits of m times the errors, where they are known.
func (r *run) constants(ctx context.Context) error {
	times := []float64{r.out.Time}
	give, err := memory.Take(ctx, r.reference.FluctuationMemory(times, times...))
	if err != nil {
		r.out.NoConstant = fmt.Sprintf("C(t) is not computed: %v", err)
		return ctx.Err()
	}
	defer give()
	f, err := meanfield.Fluctuations(ctx, r.reference, times, meanfield.FluctuationOptions{Means: times, Progress: func(x float64) { r.progress(.25+x/4, "C(t)") }})
	if stop := ctx.Err(); stop != nil {
		return stop
	}
	if err != nil {
		r.out.NoConstant = err.Error()
		return nil
	}
	r.out.Constant, r.out.ConstantError = f.Constant[0], f.ConstantError[0]
	r.out.CouplingConstant, r.out.MeanCouplingConstant = f.Coupling[0], f.MeanCoupling[0]
	return nil
}

// beside runs networks of the same width that start at random.
func (r *run) beside(ctx context.Context) error {
	p := &r.Parameters
	if r.out.NoNetworks = r.settle(r.out.Time); p.Networks == 0 {
		return nil
	}
	study := &gap.Study{Parameters: r.gapParameters(r.out.Time), Problem: r.Problem, Reference: r.reference, Times: []float64{r.out.Time}}
	var cells []gap.Cell
	err := study.Run(ctx, gap.RunOptions{Workers: r.workers, Progress: func(x float64, what string) { r.progress(.5+x/2, what) }, Finished: func(c gap.Cell) error {
		cells = append(cells, c)
		return nil
	}})
	if err != nil {
		return err
	}
	gap.SortCells(cells)
	for _, c := range cells {
		r.out.Networks = append(r.out.Networks, c.Rows[0].FunctionError)
	}
	return nil
}

// coupling compares the particles with the infinite-width ones that start where theirs did.
func (r *run) coupling(ctx context.Context) error {
	p := &r.Parameters
	if r.initial == nil {
		return nil
	}
	rank := r.Problem.Rank()
	start := make([]float64, len(r.points))
	meanfield.Reduce(start, r.initial.W, p.Width, p.Dim, rank)
	if err := r.initial.CheckTwins("initial", p.Initial.Path, p.Width, rank); err != nil {
		return err
	}
	frame, err := meanfield.NewFrame(r.initial.W, start, p.Width, p.Dim, rank)
	if err != nil {
		return err
	}
	limit, err := r.reference.NewLimit(start)
	if err != nil {
		return err
	}
	if err := limit.Advance(ctx, r.out.Time); err != nil {
		return err
	}
	delta := make([]float64, p.Width)
	frame.Displacements(delta, r.network.W, limit.Twins())
	r.out.CouplingMean, r.out.CouplingMax = kernels.Sum(delta)/float64(p.Width), slices.Max(delta)
	for i, x := range delta {
		delta[i] = float64(x * x)
	}
	r.out.CouplingSquare = kernels.Sum(delta) / float64(p.Width)
	return nil
}
