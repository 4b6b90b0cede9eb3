package theory

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"kac/bench"
	"kac/internal/portable"
	"kac/meanfield"
	"kac/particles"
)

// ScalingRow is one problem in one dimension.
type ScalingRow struct {
	Problem string
	Dim     int
	Time    float64 // T(delta); 0 if the risk is below at the start; NaN if it was not found, see Scaling.Unsolved
	Limit   float64 // its asymptote for d -> infinity, see limitTime; NaN where that is not known
	Next    float64 // that with the next orders in 1/d, see nextOrderTime; NaN likewise
	// WorstJ and SquareJ are the two parts of J_max, with their error estimates.
	WorstJ  float64 // sup ||J_{t,s}(w)|| over s <= t <= T and w
	SquareJ float64 // sup E_w ||J_{t,s}(w)||^2 over s <= t <= T; NaN if T is too long

	WorstJError, SquareJError float64

	// SupConstant is the largest C(t) among 0, T/64, T/16, T/4, T, with its error estimate; NaN if T is too long.
	SupConstant, SupConstantError float64
	InitialConstant               float64 // C(0)

	// SupData, SupSGD and SupStep are the largest C_data, C_sgd and C_step among the same times.
	SupData, SupSGD, SupStep meanfield.Estimate
}

// ScalingFit is the exponents in d of one problem.
type ScalingFit struct {
	Problem                   string
	Promised                  float64 // (k-2)/2, k the information exponent: of T (Theorem 9)
	Time, WorstJ, SquareJ     *bench.Exponent
	SupConstant               *bench.Exponent
	SupData, SupSGD, SupStep  *bench.Exponent
	Local                     []float64 // of T between neighbouring dimensions, all of them
	FitDims, FitConstantsDims []int
}

// Scaling is the sweep in d, and with it in T, that the paper left open (its Remark 18).
type Scaling struct {
	Parameters ScalingParameters
	Rows       []ScalingRow
	Fits       []ScalingFit
	Unsolved   []ScalingStop
}

// ScalingStop is why a problem has no T from a dimension on: larger ones, which are harder, were not tried.
type ScalingStop struct {
	Problem string
	Dim     int
	Err     error
}

// Incomplete returns the error of a sweep in which a T was not found, else nil.
func (s *Scaling) Incomplete() error {
	var list []error
	for _, u := range s.Unsolved {
		list = append(list, fmt.Errorf("%s in dimension %d, where its rows end: %w", u.Problem, u.Dim, u.Err))
	}
	return errors.Join(list...)
}

// RunScaling computes all rows. Where a T is not found, the problem's other rows from there on have only their
// asymptotes, Unsolved says why, and the sweep goes on with the next problem; it is an error if nothing was found at
// all. progress may be nil.
func RunScaling(ctx context.Context, p ScalingParameters, progress func(share float64, what string)) (*Scaling, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	s := &Scaling{Parameters: p}
	for i, name := range p.Problems {
		var before *ScalingRow
		for j, d := range p.Dims {
			done := (float64(i) + float64(j)/float64(len(p.Dims))) / float64(len(p.Problems))
			what := fmt.Sprintf("%s, d = %d", name, d)
			progress(done, what)
			row, err := s.row(ctx, name, d, before, func(share float64, missed string) {
				progress(done+share/float64(len(p.Dims)*len(p.Problems)), what+missed)
			})
			if input := (*bench.InputError)(nil); errors.As(err, &input) {
				return nil, err
			}
			if err != nil && ctx.Err() != nil {
				return nil, fmt.Errorf("%s in dimension %d: %w", name, d, err)
			}
			if err != nil {
				s.Unsolved = append(s.Unsolved, ScalingStop{name, d, err})
				if err := s.leaveOut(name, p.Dims[j:]); err != nil {
					return nil, err
				}
				break
			}
			s.Rows = append(s.Rows, row)
			before = &row
		}
		s.Fits = append(s.Fits, s.fit(name))
	}
	if !slices.ContainsFunc(s.Rows, func(r ScalingRow) bool { return r.Time >= 0 }) {
		return nil, s.Incomplete()
	}
	return s, nil
}

// leaveOut adds rows with the asymptotes alone.
func (s *Scaling) leaveOut(name string, dims []int) error {
	nan := math.NaN()
	for _, d := range dims {
		problem, err := bench.ExactPreset(name, d)
		if err != nil {
			return err
		}
		s.Rows = append(s.Rows, ScalingRow{Problem: name, Dim: d, Time: nan, Limit: limitTime(problem, s.Parameters.Delta), Next: nextOrderTime(problem, s.Parameters.Delta),
			WorstJ: nan, SquareJ: nan, WorstJError: nan, SquareJError: nan, SupConstant: nan, SupConstantError: nan, InitialConstant: nan, SupData: noEstimate, SupSGD: noEstimate, SupStep: noEstimate})
	}
	return nil
}

func (s *Scaling) row(ctx context.Context, name string, d int, before *ScalingRow, report func(share float64, missed string)) (ScalingRow, error) {
	problem, err := bench.ExactPreset(name, d)
	if err != nil {
		return ScalingRow{}, err
	}
	missed := ""
	ref, T, err := s.reach(ctx, problem, before, func(share float64) { report(share, missed) }, func(m miss) { missed = m.String() })
	if err != nil {
		return ScalingRow{}, err
	}
	row := ScalingRow{Problem: name, Dim: d, Time: T, Limit: limitTime(problem, s.Parameters.Delta), Next: nextOrderTime(problem, s.Parameters.Delta),
		SupConstant: math.NaN(), SupConstantError: math.NaN(), SupData: noEstimate, SupSGD: noEstimate, SupStep: noEstimate}
	if T == 0 { // nothing has moved: J is the identity, and C the sampling of the start
		row.WorstJ, row.SquareJ, row.InitialConstant = 1, 1, initialConstant(problem, ref)
		row.SupConstant, row.SupConstantError = row.InitialConstant, 0
		return row, nil
	}
	if err := row.stabilityConstants(ctx, ref); err != nil {
		return ScalingRow{}, err
	}
	row.InitialConstant = initialConstant(problem, ref)
	if T > s.Parameters.ConstantsTime {
		return row, nil
	}
	if err := constantsMemory(ref, []float64{0, T / 64, T / 16, T / 4, T}, nil, true, "constants-time", bench.Number(s.Parameters.ConstantsTime)).Check(); err != nil {
		return ScalingRow{}, err
	}
	f, err := meanfield.Fluctuations(ctx, ref, []float64{0, T / 64, T / 16, T / 4, T}, meanfield.FluctuationOptions{Gaps: true})
	if err != nil {
		return ScalingRow{}, err
	}
	row.SupConstant = 0
	for i, c := range f.Constant {
		if c > row.SupConstant {
			row.SupConstant, row.SupConstantError = c, f.ConstantError[i]
		}
	}
	g := f.Gaps
	row.SupData, row.SupSGD, row.SupStep = largest(g.Data, g.DataError), largest(g.SGD, g.SGDError), largest(g.Step, g.StepError)
	return row, nil
}

// noEstimate stands for what was not computed.
var noEstimate = meanfield.Estimate{Value: math.NaN(), Error: math.NaN()}

func largest(value, wrong []float64) meanfield.Estimate {
	at := 0
	for i, x := range value {
		if x > value[at] {
			at = i
		}
	}
	return meanfield.Estimate{Value: value[at], Error: wrong[at], N: 1}
}

// exponentOf is k, the information exponent.
func exponentOf(p particles.Expectations) int {
	if o, is := p.Overlap().(*particles.AxisOverlap); is {
		return o.Spectrum.Exponent()
	}
	k, _ := p.Task().Exponent()
	return k
}

// initialConstant is C(0) = q(1) - E q(<w, w'>), m times the sampling error of m independent particles.
func initialConstant(p particles.Expectations, ref *meanfield.Reference) float64 {
	q1, _, _ := p.Dual().Eval(1)
	return q1 - ref.SelfEnergy(0)
}

// Up to this T (paper time) the means over all particles are computed on a quadrature; the nodes that
// its ever narrower front needs make them too dear beyond.
const meansTime = 150

// stabilityConstants sets the two parts of J_max up to T with their errors; the mean is NaN if T is too long.
func (r *ScalingRow) stabilityConstants(ctx context.Context, ref *meanfield.Reference) error {
	times := graded(r.Time)
	last := len(times) - 1
	r.SquareJ, r.SquareJError = math.NaN(), math.NaN()
	if r.Time <= meansTime {
		square, wrong, err := ref.SquareJ(ctx, times)
		if err != nil {
			return err
		}
		r.SquareJ, r.SquareJError = square[last], wrong[last]
	}
	log, wrong, err := ref.WorstJ(ctx, times[last:])
	if err != nil {
		return err
	}
	r.WorstJ = portable.Exp(log[0])
	r.WorstJError = r.WorstJ * math.Expm1(wrong[0])
	return nil
}

// miss is a solve that did not reach the level.
type miss struct {
	horizon, risk, level float64
	power                float64 // the risk fell like t^-power over the second half
}

// estimate is the time at which the risk is at the level if it goes on to fall like that; one that creeps, ever more
// slowly, takes longer.
func (m miss) estimate() float64 { return m.horizon * portable.Pow(m.risk/m.level, 1/m.power) }

// String says how far the search has come, behind the problem and its dimension.
func (m miss) String() string {
	text := fmt.Sprintf(": risk %.3g at time %.4g, wanted %.3g", m.risk, m.horizon, m.level)
	if at := m.estimate(); m.power < 1 && at < bench.MaxTime {
		text += fmt.Sprintf("; falls like t^-%.2g, so at about %.2g", m.power, at)
	}
	return text
}

// reach solves until the risk is delta^2: first to where the asymptote, or the dimension before, leads to expect it,
// then to where the risk's last slope does, within one and a half to three times as far each time. missed is told of
// solves that do not go far enough; it may be nil.
func (s *Scaling) reach(ctx context.Context, p particles.Expectations, before *ScalingRow, report func(float64), missed func(miss)) (*meanfield.Reference, float64, error) {
	level := s.Parameters.Delta * s.Parameters.Delta
	horizon := s.expect(p, before)
	for {
		horizon = math.Min(horizon, s.Parameters.MaxTime)
		ref, err := meanfield.Solve(ctx, p, horizon, meanfield.Options{Tolerance: s.Parameters.Tolerance, Progress: report})
		if err != nil {
			return nil, 0, fmt.Errorf("solving the reference up to %g: %w", horizon, err)
		}
		if t, ok := ref.FirstTime(level); ok {
			return ref, t, nil
		}
		if horizon == s.Parameters.MaxTime {
			return nil, 0, fmt.Errorf("the risk is %.4g at time %g and has not reached delta^2 = %g; give a larger --max-time or --delta", ref.Risk(horizon), horizon, level)
		}
		m := miss{horizon: horizon, risk: ref.Risk(horizon), level: level, power: math.Log2(ref.Risk(horizon/2) / ref.Risk(horizon))}
		if missed != nil {
			missed(m)
		}
		horizon *= math.Min(math.Max(1.05*m.estimate()/horizon, 1.5), 3)
	}
}

// expect is a time likely to be a little above T(delta).
func (s *Scaling) expect(p particles.Expectations, before *ScalingRow) float64 {
	if before != nil && before.Time == 0 {
		before = nil
	}
	if next := nextOrderTime(p, s.Parameters.Delta); !math.IsNaN(next) {
		if before == nil {
			return 1.2 * next
		}
		return 1.05 * next * before.Time / before.Next
	}
	power := float64(max(exponentOf(p), 2)-2) / 2
	if before == nil {
		return 2 * portable.Pow(float64(p.Dim()), power)
	}
	return 1.4 * before.Time * portable.Pow(float64(p.Dim())/float64(before.Dim), power)
}
