package theory

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/portable"
	"kac/meanfield"
	"kac/particles"
)

// Row is the theory at one time, beside what was measured. Bounds on m E ||f_m - f_MF||^2 hold
// to leading order in 1/m.
type Row struct {
	Time          float64 // paper time
	Risk          float64
	Constant      float64 // C(t) = lim m E ||f_m - f_MF||^2
	ConstantError float64
	Coupling      float64 // lim m E_i ||Delta_i||^2
	CouplingError float64
	// MeanCoupling is lim m E (mean_i ||Delta_i||)^2, of the squared mean, at the times asked for; NaN at the
	// picture's.
	MeanCoupling, MeanCouplingError float64
	// HessianODE is Lemma 5's equation with its eps as it is, solved (Coupling), put into Lemma 1.
	HessianODE float64
	// Log10Potential and Log10Groenwall are the same with eq. (8), C = 1, and eq. (5).
	Log10Potential, Log10Groenwall float64

	Lipschitz, Sampling, StrongConvexity float64
	SelfConcordance, SelfConcordanceNorm float64
	WorstJ, SquareJ, AverageJ            float64
	RootIntegral                         float64 // int_0^t sqrt(L)

	Error RowError

	Gaps GapRow

	Measured  []bench.Mean // m times the function error, by width
	Potential []Potential  // by width; none if the activation is not even
}

// RowError says how wrong the numbers of a row may be; Potential and Groenwall are those of the logarithms.
type RowError struct {
	Risk, HessianODE, Potential, Groenwall float64
	Lipschitz, Sampling, StrongConvexity   float64
	SelfConcordance, SelfConcordanceNorm   float64
	WorstJ, SquareJ, AverageJ              float64
	RootIntegral                           float64
}

// Study is the result of `kac theory`.
type Study struct {
	Parameters Parameters
	Problem    particles.Expectations
	Reference  *meanfield.Reference
	Rows       []Row // at the grid's times
	Weak       Weak
	// SelfConcordance are the largest of the rows' two ratios over the bounds' finer grid of times too.
	SelfConcordance, SelfConcordanceNorm float64

	cells []gap.Cell
}

// Run computes all of it. progress may be nil.
func Run(ctx context.Context, p Parameters, workers int, progress func(share float64, what string)) (*Study, error) {
	problem, err := p.Check()
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	th := &Study{Parameters: p, Problem: problem}
	horizon := p.horizon()
	th.Reference, err = meanfield.Solve(ctx, problem, horizon, meanfield.Options{Tolerance: p.Tolerance, Progress: func(s float64) { progress(s, "reference") }})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", problem.Name(), p.Dim, err)
	}
	times := p.grid()
	if err := constantsMemory(th.Reference, times, p.Times, true, "times", bench.Number(horizon)).Check(); err != nil {
		return nil, err
	}
	progress(0, "constants and bounds")
	var bounds *meanfield.Bounds
	var fluctuation *meanfield.Fluctuation
	both, inner := errgroup.WithContext(ctx) // they take about as long as each other
	both.Go(func() (err error) {
		bounds, err = th.bounds(inner, horizon)
		return err
	})
	both.Go(func() (err error) {
		fluctuation, err = meanfield.Fluctuations(inner, th.Reference, times, meanfield.FluctuationOptions{
			Means: p.Times, Gaps: true, Progress: func(s float64) { progress(s, "constants and bounds") }})
		if err != nil {
			err = fmt.Errorf("the 1/m constant of %s in dimension %d: %w", problem.Name(), p.Dim, err)
		}
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	th.SelfConcordance, th.SelfConcordanceNorm = slices.Max(bounds.SelfConcordance), slices.Max(bounds.SelfConcordanceNorm)
	for i, t := range times {
		th.Rows = append(th.Rows, th.row(t, i, fluctuation, bounds))
	}
	if len(p.Widths) > 0 {
		if err := th.measure(ctx, bounds, workers, progress); err != nil {
			return nil, err
		}
	}
	th.Weak = FitWeak(th.Reference, p.Widths, th.cells)
	return th, nil
}

// bounds measures on the graded grid and all times to be shown.
func (th *Study) bounds(ctx context.Context, horizon float64) (*meanfield.Bounds, error) {
	times := merge(th.Parameters.grid(), graded(horizon))
	if times[0] > 0 { // a time next to 0 took its place
		times = slices.Insert(times, 0, 0)
	}
	b, err := th.Reference.Bounds(ctx, times, th.Parameters.Tau, meanfield.AverageOptions{At: th.Parameters.Times})
	if err != nil {
		return nil, fmt.Errorf("the bounds of %s in dimension %d: %w", th.Problem.Name(), th.Parameters.Dim, err)
	}
	return b, nil
}

func (th *Study) row(t float64, i int, f *meanfield.Fluctuation, b *meanfield.Bounds) Row {
	r := th.Reference
	at := nearest(b.Times, t)
	bound := func(log []float64) float64 { return r.LogGapBound(t, log[at]) / math.Ln10 }
	bounds := func(log, wrong []float64) float64 { // the bound grows with log less than twice as fast
		if math.IsInf(log[at], -1) {
			return 0
		}
		return (r.LogGapBound(t, log[at]+wrong[at]) - r.LogGapBound(t, log[at])) / math.Ln10
	}
	hessian := func(coupling float64) float64 {
		return portable.Exp(r.LogGapBound(t, math.Log(math.Max(coupling, 0))/2))
	}
	root := rootIntegral(r, t, 1)
	risk := r.Risk(t)
	e := &b.Error
	return Row{
		Time: t, Risk: risk,
		Constant: f.Constant[i], ConstantError: f.ConstantError[i], Coupling: f.Coupling[i], CouplingError: f.CouplingError[i],
		MeanCoupling: f.MeanCoupling[i], MeanCouplingError: f.MeanCouplingError[i],
		Gaps:            gapRow(f.Gaps, i),
		HessianODE:      hessian(f.Coupling[i]),
		Log10Potential:  bound(b.LogPotential),
		Log10Groenwall:  bound(b.LogGroenwall),
		Lipschitz:       b.Lipschitz[at],
		Sampling:        b.Sampling[at],
		StrongConvexity: b.StrongConvexity[at],
		SelfConcordance: b.SelfConcordance[at], SelfConcordanceNorm: b.SelfConcordanceNorm[at],
		WorstJ: b.WorstJ[at], SquareJ: b.SquareJ[at], AverageJ: b.AverageJ[at],
		RootIntegral: root,
		Error: RowError{
			Risk:       r.RiskError(t),
			HessianODE: hessian(f.Coupling[i]+f.CouplingError[i]) - hessian(f.Coupling[i]) + 2*r.RiskError(t),
			Potential:  bounds(b.LogPotential, e.LogPotential), Groenwall: bounds(b.LogGroenwall, e.LogGroenwall),
			Lipschitz: e.Lipschitz[at], Sampling: e.Sampling[at], StrongConvexity: e.StrongConvexity[at],
			SelfConcordance: e.SelfConcordance[at], SelfConcordanceNorm: e.SelfConcordanceNorm[at],
			WorstJ: e.WorstJ[at], SquareJ: e.SquareJ[at], AverageJ: e.AverageJ[at],
			// The risk falls, so that its error weighs most at the end.
			RootIntegral: 2*math.Abs(root-rootIntegral(r, t, .5)) + t*math.Sqrt(r.RiskError(t))*math.Min(1, math.Sqrt(r.RiskError(t)/risk)),
		},
	}
}

func nearest(times []float64, t float64) int {
	best := 0
	for i, x := range times {
		if math.Abs(x-t) < math.Abs(times[best]-t) {
			best = i
		}
	}
	return best
}

// measure runs the finite networks, observed at every second of the bounds' times besides the grid's.
func (th *Study) measure(ctx context.Context, b *meanfield.Bounds, workers int, progress func(float64, string)) error {
	var times []float64
	for i, t := range b.Times {
		if i%2 == 0 || slices.Contains(th.Parameters.grid(), t) {
			times = append(times, t)
		}
	}
	g := &gap.Study{Parameters: th.Parameters.gapParameters(), Problem: th.Problem, Reference: th.Reference, Times: times}
	watch := &potentialWatch{traces: map[[2]uint64]*potentialTrace{}, energy: th.Parameters.grid()}
	if hasPotential(th.Problem) {
		g.Watch = watch.observe
	}
	err := g.Run(ctx, gap.RunOptions{Workers: workers, Progress: progress, Finished: func(c gap.Cell) error {
		th.cells = append(th.cells, c)
		return nil
	}})
	if err != nil {
		return err
	}
	gap.SortCells(th.cells)
	summary := gap.Summarise(th.Parameters.Widths, th.cells)
	for i := range th.Rows {
		th.Rows[i].Measured = summary.Function.Mean[nearest(times, th.Rows[i].Time)]
	}
	if g.Watch == nil {
		return nil
	}
	for _, m := range th.Parameters.Widths {
		potential := watch.summarise(m, times, th.Reference, b)
		for i := range th.Rows {
			th.Rows[i].Potential = append(th.Rows[i].Potential, potential[nearest(times, th.Rows[i].Time)])
		}
	}
	return nil
}

// Asked returns the rows of the times asked for.
func (th *Study) Asked() []Row {
	var rows []Row
	for _, r := range th.Rows {
		if slices.Contains(th.Parameters.Times, r.Time) {
			rows = append(rows, r)
		}
	}
	return rows
}

// Header is the first line of theory.csv without widths, before GapHeader; each width adds theoryWidthHeader between
// them.
const Header = "time,risk,risk_error,gap_constant,gap_constant_error,coupling_constant,coupling_constant_error," +
	"mean_coupling_constant,mean_coupling_constant_error," +
	"hessian_ode_bound,hessian_ode_bound_error,potential_bound_log10,potential_bound_log10_error,groenwall_bound_log10,groenwall_bound_log10_error," +
	"lipschitz,lipschitz_error,sampling_error,sampling_error_error,strong_convexity,strong_convexity_error," +
	"self_concordance,self_concordance_error,self_concordance_norm,self_concordance_norm_error," +
	"j_worst,j_worst_error,j_square,j_square_error,j_average,j_average_error,sqrt_risk_integral,sqrt_risk_integral_error"

// The potential's columns are empty if the activation is not even.
const theoryWidthHeader = ",measured_m%[1]d,measured_m%[1]d_se,potential_m%[1]d,potential_m%[1]d_se,potential_constant_m%[1]d,interaction_energy_m%[1]d,interaction_energy_m%[1]d_se"

// WriteCSV writes the header and one line a row. Bounds that leave the range of floating-point
// numbers are given by their decimal logarithms.
func WriteCSV(w io.Writer, widths []int, rows []Row) error {
	out := bufio.NewWriter(w)
	header := Header
	for _, m := range widths {
		header += fmt.Sprintf(theoryWidthHeader, m)
	}
	fmt.Fprintln(out, header+GapHeader)
	for _, r := range rows {
		e := &r.Error
		values := []float64{
			r.Time, r.Risk, e.Risk, r.Constant, r.ConstantError, r.Coupling, r.CouplingError, r.MeanCoupling, r.MeanCouplingError,
			r.HessianODE, e.HessianODE, r.Log10Potential, e.Potential, r.Log10Groenwall, e.Groenwall,
			r.Lipschitz, e.Lipschitz, r.Sampling, e.Sampling, r.StrongConvexity, e.StrongConvexity,
			r.SelfConcordance, e.SelfConcordance, r.SelfConcordanceNorm, e.SelfConcordanceNorm,
			r.WorstJ, e.WorstJ, r.SquareJ, e.SquareJ, r.AverageJ, e.AverageJ, r.RootIntegral, e.RootIntegral,
		}
		for i, m := range r.Measured {
			p := Potential{Phi: noMean, Constant: math.NaN(), Energy: noMean}
			if r.Potential != nil {
				p = r.Potential[i]
			}
			values = append(values, m.Value, m.SE, p.Phi.Value, p.Phi.SE, p.Constant, p.Energy.Value, p.Energy.SE)
		}
		fmt.Fprintln(out, bench.Fields(append(values, r.Gaps.values()...)...))
	}
	return out.Flush()
}

var noMean = bench.MeanOf(nil)
