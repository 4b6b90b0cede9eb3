package hessian

import (
	"context"
	"fmt"
	"math"
	"time"

	"kac/bench/gap"
	"kac/internal/sphere"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
	"kac/particles/hessian"
)

// Row is one particle at one time.
type Row struct {
	Particle int     // from 0
	Time     float64 // paper time; NaN: not known
	Alpha    float64 // alignment: <w, e_1> for rank 1, |(w_1, ..., w_r)| above
	Speed    float64 // |nu(w)|
	// Eigenvalues of the symmetric local Hessian on the tangent space, with their residuals.
	Top, TopResidual           float64
	Smallest, SmallestResidual float64
	Trace                      float64
	// SelfConcordance is max(Top, 0) |alpha| / ((k-1) v), k the activation's degree and v = d|alpha|/dt; NaN where v <=
	// 0.
	SelfConcordance float64
	// Parallel, Perpendicular and Turn are the eigenvalues of infinite width at this alignment (meanfield's
	// Field.Eigenvalues); Turn is NaN for rank 1, all of them where the time is not known.
	Parallel, Perpendicular, Turn float64
}

// Exact is the largest eigenvalue of infinite width.
func (r *Row) Exact() float64 {
	top := math.Max(r.Parallel, r.Perpendicular)
	if !math.IsNaN(r.Turn) {
		top = math.Max(top, r.Turn)
	}
	return top
}

// State is the network at one time.
type State struct {
	Time float64
	W    []float64 // m x d
	Rows []Row
}

// Study is what a run found.
type Study struct {
	Parameters Parameters
	Problem    particles.Expectations
	States     []State
	D          []float64            // of the last state, packed, m x d(d+1)/2, if it was asked for
	Reference  *meanfield.Reference // nil: no time is known
	// Forming is what the local Hessians of the last state took, and Flops what they count for.
	Forming time.Duration
	Flops   float64
}

// Options steer Run; they change no number.
type Options struct {
	Workers  int
	Keep     bool                             // D of the last state
	Progress func(share float64, what string) // may be nil
}

// Run moves the network and measures it at all times.
func (in *Input) Run(ctx context.Context, o Options) (*Study, error) {
	p := &in.Parameters
	s := &Study{Parameters: *p, Problem: in.Problem}
	if o.Progress == nil {
		o.Progress = func(float64, string) {}
	}
	if len(p.Times) > 0 {
		horizon := p.Times[len(p.Times)-1]
		if horizon == 0 {
			horizon = 1 // there is nothing to follow in no time
		}
		var err error
		s.Reference, err = meanfield.Solve(ctx, in.Problem, horizon, meanfield.Options{Tolerance: p.Tolerance, Progress: func(x float64) { o.Progress(x/4, "reference") }})
		if err != nil {
			return nil, fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", in.Problem.Name(), p.Dim, err)
		}
	}
	r := &run{Input: in, study: s, options: o, population: particles.NewPopulation(in.Problem, in.form, o.Workers)}
	defer r.population.Close()
	if err := r.takeSamples(); err != nil {
		return nil, err
	}
	if r.curvature != nil {
		defer r.curvature.Close()
	}
	if err := r.move(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// run is a network on its way.
type run struct {
	*Input
	study      *Study
	options    Options
	population *particles.Population
	empirical  *particles.Empirical // nil: the population's
	curvature  *hessian.Curvature   // likewise
}

// takeSamples makes the fields of samples, if there are any.
func (r *run) takeSamples() (err error) {
	p, task := &r.Parameters, r.Problem.Task()
	if r.samples == nil && p.Samples > 0 {
		r.samples = task.Samples(p.Samples, p.DataSeed, 0)
	}
	if r.samples == nil {
		return nil
	}
	if r.empirical, err = particles.NewEmpirical(task, r.samples, r.options.Workers); err != nil {
		return err
	}
	r.curvature, err = hessian.NewCurvature(r.samples.X, r.samples.Y, r.samples.N, r.samples.D, task.Activation().Kernel(), nil, r.options.Workers)
	return err
}

// field is what moves the particles.
func (r *run) field() particles.Field {
	if r.empirical != nil {
		return r.empirical
	}
	return r.population
}

// move runs the network and looks at it at all times.
func (r *run) move(ctx context.Context) error {
	p := &r.Parameters
	e := r.start
	if e == nil {
		e = particles.NewUniform(p.Width, p.Dim, p.Seed)
	} else {
		e = e.Clone()
	}
	observe := func(t float64, w []float64) error { return r.observe(ctx, t, w) }
	if !p.Moves {
		t := math.NaN()
		if len(p.Times) > 0 {
			t = p.Times[0]
		}
		return observe(t, e.W)
	}
	var err error
	if p.Dynamics == gap.DynamicsDescent {
		_, err = particles.Descend(ctx, e, r.field(), p.Eta, p.Times, observe)
	} else {
		_, err = particles.Flow(ctx, e, r.field(), particles.Tolerances{Relative: p.FlowTolerance, Absolute: p.FlowTolerance}, p.Times, observe)
	}
	return err
}

// observe adds the state of time t.
func (r *run) observe(ctx context.Context, t float64, w []float64) error {
	p := &r.Parameters
	m, d := p.Width, p.Dim
	done := float64(len(r.study.States)) / float64(max(1, len(p.Times)))
	r.options.Progress(.25+.75*done, "local Hessians")
	v, D := make([]float64, m*d), make([]float64, m*kernels.PackedLen(d))
	if err := r.second(ctx, D, v, w); err != nil {
		return err
	}
	spectra, err := hessian.SpectraOf(ctx, D, w, m, d, r.options.Workers)
	if err != nil {
		return err
	}
	state := State{Time: t, W: append([]float64(nil), w...), Rows: make([]Row, m)}
	var field *meanfield.Field
	if r.study.Reference != nil {
		if field, err = r.study.Reference.At(t); err != nil {
			return err
		}
	}
	k := float64(Degree(r.Problem))
	for j := range state.Rows {
		row := &state.Rows[j]
		at, nu := w[j*d:(j+1)*d], v[j*d:(j+1)*d]
		*row = Row{
			Particle: j, Time: t, Alpha: alignment(at, r.Problem.Rank()), Speed: sphere.Norm(nu),
			Top: spectra.Top[j], TopResidual: spectra.TopResidual[j], Smallest: spectra.Smallest[j], SmallestResidual: spectra.SmallestResidual[j], Trace: spectra.Trace[j],
			Parallel: math.NaN(), Perpendicular: math.NaN(), Turn: math.NaN(),
		}
		row.SelfConcordance = selfConcordance(row, rise(at, nu, r.Problem.Rank()), k)
		if field != nil {
			row.Parallel, row.Perpendicular, row.Turn = field.Eigenvalues(row.Alpha)
			if r.Second != nil {
				row.Parallel, row.Perpendicular, row.Turn = r.Second[j]*row.Parallel, r.Second[j]*row.Perpendicular, r.Second[j]*row.Turn
			}
		}
	}
	if r.options.Keep {
		r.study.D = D
	}
	r.study.States = append(r.study.States, state)
	return nil
}

// second writes the local Hessians and the velocities.
func (r *run) second(ctx context.Context, D, v, w []float64) error {
	m, d := r.Parameters.Width, r.Parameters.Dim
	if r.Second == nil {
		if err := r.field().Velocity(ctx, v, w, m); err != nil {
			return err
		}
		particles.UnitSphere.Tangent(v, w, m, d)
		return r.hessians(ctx, D, w)
	}
	began := time.Now()
	h := hessian.NewPopulation(r.population)
	defer h.Close()
	err := h.WeightedHessians(ctx, D, v, w, r.Second, m)
	r.study.Flops, r.study.Forming = float64(m)*float64(m)*float64(d)*float64(d+3), time.Since(began)
	return err
}

// hessians writes the local Hessians.
func (r *run) hessians(ctx context.Context, D, w []float64) error {
	m, d := r.Parameters.Width, r.Parameters.Dim
	began := time.Now()
	var err error
	if r.curvature != nil {
		err = r.curvature.LocalHessians(ctx, D, w, m)
		r.study.Flops = kernels.HessianFlops(r.samples.N, m, d)
	} else {
		second := hessian.NewPopulation(r.population)
		err = second.LocalHessians(ctx, D, w, m)
		second.Close()
		r.study.Flops = float64(m) * float64(m) * float64(d) * float64(d+3)
	}
	r.study.Forming = time.Since(began)
	return err
}

// Degree is k of the self-concordance ratio: the activation's degree, that of its spectrum where it is no polynomial.
func Degree(p particles.Expectations) int {
	if o, is := p.Overlap().(*particles.AxisOverlap); is {
		return o.Spectrum.Degree()
	}
	return p.Activation().Degree()
}

// alignment is <w, e_1> for rank 1, |(w_1, ..., w_r)| above.
func alignment(w []float64, rank int) float64 {
	if rank == 1 {
		return w[0]
	}
	return sphere.Norm(w[:rank])
}

// rise is d|alpha|/dt.
func rise(w, nu []float64, rank int) float64 {
	sum := 0.0
	for k, x := range w[:rank] {
		sum += float64(x * nu[k])
	}
	return sum / sphere.Norm(w[:rank])
}

func selfConcordance(r *Row, v, k float64) float64 {
	if !(v > 0) || !(k > 1) {
		return math.NaN()
	}
	return math.Max(r.Top, 0) * math.Abs(r.Alpha) / ((k - 1) * v)
}

// Peak measures the flops a second of multiply-adds in registers on that many workers: the best of short looks, since
// other programs can only take away.
func Peak(workers int) float64 {
	ws := kernels.NewWorkspace[float64](workers)
	defer ws.Close()
	best := 0.0
	for range 8 {
		best = math.Max(best, kernels.PeakRate(ws, 8*time.Millisecond))
	}
	return best
}
