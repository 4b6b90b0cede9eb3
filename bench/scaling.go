package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"kac/meanfield"
	"kac/particles"
)

// ScalingParameters say everything that determines the numbers of `kac scaling`.
type ScalingParameters struct {
	Problems []string `json:"problems"` // presets of rank 1
	Dims     []int    `json:"dims"`
	Delta    float64  `json:"delta"` // T(delta) = first time with risk <= delta^2, Theorem 9 of the paper
	// FitFrom is the smallest dimension in the fits, 0: the third largest.
	FitFrom   int     `json:"fit_from"`
	Tolerance float64 `json:"tolerance"`
	// ConstantsTime bounds T for computing C(t) up to T; beyond, its cost, which grows like T^2 to T^3, is
	// out of reach and the column is empty.
	ConstantsTime float64 `json:"constants_time"`
	MaxTime       float64 `json:"max_time"` // T is searched up to here
}

// Check fills in what follows from the rest. Every error is an InputError that names the parameter.
func (p *ScalingParameters) Check() error {
	if len(p.Problems) == 0 {
		return refuse("problem", "", "name one or more problems by name, such as he4,he6")
	}
	if len(p.Dims) < 2 {
		return refuse("dims", strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Dims), " ", ","), "[]"), "give at least two dimensions, such as 32,64,128")
	}
	p.Dims = slices.Clone(p.Dims)
	slices.Sort(p.Dims)
	for i, name := range p.Problems {
		if slices.Contains(p.Problems[:i], name) {
			return refuse("problem", strings.Join(p.Problems, ","), "%s is there twice; every problem may appear once", name)
		}
		for j, d := range p.Dims {
			if j > 0 && d == p.Dims[j-1] {
				return refuse("dims", d, "it is there twice; every dimension may appear once")
			}
			if d == 0 {
				return refuse("dims", d, "allowed are dimensions from 3 to %d", MaxDim)
			}
			c := ProblemChoice{Problem: name, Dim: d}
			problem, err := c.Make()
			var input *InputError
			if errors.As(err, &input) && input.Key == "dim" {
				input.Key = "dims"
			}
			if err != nil {
				return err
			}
			if problem.Rank() > 1 {
				return noReduction("problem", problem)
			}
		}
	}
	for _, err := range []error{
		CheckPositive("delta", p.Delta, 1, "root of the risk to reach"),
		CheckTolerance(p.Tolerance),
		CheckPositive("max-time", p.MaxTime, MaxTime, "paper time"),
		CheckNumber("constants-time", p.ConstantsTime, 0, MaxTime, "paper time"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Tolerance > p.Delta*p.Delta/10 {
		return refuse("tolerance", number(p.Tolerance), "must be at most a tenth of delta^2 = %s, the risk to reach", number(p.Delta*p.Delta))
	}
	if p.FitFrom == 0 {
		p.FitFrom = p.Dims[max(0, len(p.Dims)-3)]
	}
	if n := len(p.Dims); p.FitFrom > p.Dims[n-2] {
		return refuse("fit-from", p.FitFrom, "leaves fewer than two dimensions to fit; allowed are numbers up to %d", p.Dims[n-2])
	}
	return nil
}

// ScalingRow is one problem in one dimension.
type ScalingRow struct {
	Problem string
	Dim     int
	Time    float64 // T(delta); NaN if it was not found, see Scaling.Unsolved
	Limit   float64 // its asymptote for d -> infinity, see limitTime; NaN where that is not known
	Next    float64 // that with the next orders in 1/d, see nextOrderTime; NaN likewise
	WorstJ  float64 // sup ||J_{t,s}(w)|| over s <= t <= T and w
	SquareJ float64 // sup E_w ||J_{t,s}(w)||^2 over s <= t <= T; NaN if T is too long
	// SupConstant is the largest C(t) among 0, T/64, T/16, T/4, T, with its error estimate; NaN if T is too long.
	SupConstant, SupConstantError float64
	InitialConstant               float64 // C(0)
}

// ScalingFit is the exponents in d of one problem.
type ScalingFit struct {
	Problem                   string
	Promised                  float64 // (k-2)/2, k the information exponent: of T (Theorem 9)
	Time, WorstJ, SquareJ     *Exponent
	SupConstant               *Exponent
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

// RunScaling computes all rows. Where a T is not found, the problem's other rows from there on have only their asymptotes, Unsolved says
// why, and the sweep goes on with the next problem; it is an error if nothing was found at all. progress may be nil.
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
			row, err := s.row(ctx, name, d, before, func(share float64) {
				progress(done+share/float64(len(p.Dims)*len(p.Problems)), what)
			})
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
	if !slices.ContainsFunc(s.Rows, func(r ScalingRow) bool { return r.Time > 0 }) {
		return nil, s.Incomplete()
	}
	return s, nil
}

// leaveOut adds rows with the asymptotes alone.
func (s *Scaling) leaveOut(name string, dims []int) error {
	nan := math.NaN()
	for _, d := range dims {
		problem, err := particles.Preset(name, d)
		if err != nil {
			return err
		}
		s.Rows = append(s.Rows, ScalingRow{Problem: name, Dim: d, Time: nan, Limit: limitTime(problem, s.Parameters.Delta), Next: nextOrderTime(problem, s.Parameters.Delta),
			WorstJ: nan, SquareJ: nan, SupConstant: nan, SupConstantError: nan, InitialConstant: nan})
	}
	return nil
}

func (s *Scaling) row(ctx context.Context, name string, d int, before *ScalingRow, report func(float64)) (ScalingRow, error) {
	problem, err := particles.Preset(name, d)
	if err != nil {
		return ScalingRow{}, err
	}
	ref, T, err := s.reach(ctx, problem, before, report)
	if err != nil {
		return ScalingRow{}, err
	}
	row := ScalingRow{Problem: name, Dim: d, Time: T, Limit: limitTime(problem, s.Parameters.Delta), Next: nextOrderTime(problem, s.Parameters.Delta),
		SupConstant: math.NaN(), SupConstantError: math.NaN()}
	if row.WorstJ, row.SquareJ, err = stabilityConstants(ctx, ref, T); err != nil {
		return ScalingRow{}, err
	}
	row.InitialConstant = initialConstant(problem, ref)
	if T > s.Parameters.ConstantsTime {
		return row, nil
	}
	f, err := meanfield.Fluctuations(ctx, ref, []float64{0, T / 64, T / 16, T / 4, T}, meanfield.FluctuationOptions{})
	if err != nil {
		return ScalingRow{}, err
	}
	row.SupConstant = 0
	for i, c := range f.Constant {
		if c > row.SupConstant {
			row.SupConstant, row.SupConstantError = c, f.ConstantError[i]
		}
	}
	return row, nil
}

// initialConstant is C(0) = q(1) - E q(<w, w'>), m times the sampling error of m independent particles.
func initialConstant(p *particles.Problem, ref *meanfield.Reference) float64 {
	q1, _, _ := p.Dual().Eval(1)
	return q1 - ref.SelfEnergy(0)
}

// Up to this T (paper time) the means over all particles are computed on a quadrature; the nodes that
// its ever narrower front needs make them too dear beyond.
const meansTime = 150

// stabilityConstants returns the two parts of J_max up to T; the mean is NaN if T is too long. Then the
// supremum over w is found on a geometric grid of positions and a finer one around its best.
func stabilityConstants(ctx context.Context, ref *meanfield.Reference, T float64) (worst, square float64, err error) {
	times := graded(T)
	last := len(times) - 1
	if T <= meansTime {
		st, err := ref.Stability(ctx, times)
		if err != nil {
			return 0, 0, err
		}
		return st.Worst()[last], st.MeanSquare()[last], nil
	}
	worst, err = worstOfPositions(ctx, ref, times)
	return worst, math.NaN(), err
}

// worstOfPositions is the supremum of ||J|| over chosen positions: a geometric grid, and finer ones, 40
// times each, around the front at the last time. The particles there have been stretched for longest.
func worstOfPositions(ctx context.Context, ref *meanfield.Reference, times []float64) (worst float64, err error) {
	const rounds, refinement = 3, 40
	low, high, ratio := 0.02/math.Sqrt(float64(ref.Problem().Dim())), 0.95, 1.02
	last := len(times) - 1
	for range rounds {
		var a0 []float64
		for a := low; a < high; a *= ratio {
			a0 = append(a0, a)
		}
		st, err := ref.StabilityOf(ctx, a0, times)
		if err != nil {
			return 0, err
		}
		worst = math.Max(worst, st.Worst()[last])
		front := 0 // the first that has escaped
		for front < len(a0)-1 && st.Position(last, front) < 0.5 {
			front++
		}
		// Six cells to each side: the supremum is near the front, not at it.
		wide := math.Pow(ratio, 6)
		low, high = a0[front]/wide, math.Min(0.95, a0[front]*wide)
		ratio = 1 + (ratio-1)/refinement
	}
	return worst, nil
}

// reach solves until the risk is delta^2: first to where the asymptote, or the dimension before, leads
// to expect it, then half as far again each time.
func (s *Scaling) reach(ctx context.Context, p *particles.Problem, before *ScalingRow, report func(float64)) (*meanfield.Reference, float64, error) {
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
		horizon *= 1.5
	}
}

// expect is a time likely to be a little above T(delta).
func (s *Scaling) expect(p *particles.Problem, before *ScalingRow) float64 {
	if next := nextOrderTime(p, s.Parameters.Delta); !math.IsNaN(next) {
		if before == nil {
			return 1.2 * next
		}
		return 1.05 * next * before.Time / before.Next
	}
	power := float64(p.InformationExponent()-2) / 2
	if before == nil {
		return 2 * math.Pow(float64(p.Dim()), power)
	}
	return 1.4 * before.Time * math.Pow(float64(p.Dim())/float64(before.Dim), power)
}

func (s *Scaling) fit(name string) ScalingFit {
	f := ScalingFit{Problem: name}
	var dims, constantDims, squareDims []int
	var times, worst, square, constants [][]float64
	var before *ScalingRow
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.Problem != name || math.IsNaN(r.Time) {
			continue
		}
		if before != nil {
			f.Local = append(f.Local, math.Log(r.Time/before.Time)/math.Log(float64(r.Dim)/float64(before.Dim)))
		}
		before = r
		if r.SupConstant > 0 {
			constantDims, constants = append(constantDims, r.Dim), append(constants, []float64{r.SupConstant})
		}
		if r.Dim < s.Parameters.FitFrom {
			continue
		}
		dims = append(dims, r.Dim)
		times, worst = append(times, []float64{r.Time}), append(worst, []float64{r.WorstJ})
		if !math.IsNaN(r.SquareJ) {
			squareDims, square = append(squareDims, r.Dim), append(square, []float64{r.SquareJ})
		}
	}
	if p, err := particles.Preset(name, s.Parameters.Dims[0]); err == nil {
		f.Promised = float64(p.InformationExponent()-2) / 2
	}
	f.FitDims, f.FitConstantsDims = dims, constantDims
	f.Time, f.WorstJ, f.SquareJ, f.SupConstant = trend(dims, times), trend(dims, worst), trend(squareDims, square), trend(constantDims, constants)
	return f
}

// trend is fitOrNil; two points, which have no scatter, give a slope with an interval of NaN.
func trend(dims []int, values [][]float64) *Exponent {
	if len(dims) == 2 && values[0][0] > 0 && values[1][0] > 0 {
		slope := math.Log(values[1][0]/values[0][0]) / math.Log(float64(dims[1])/float64(dims[0]))
		return &Exponent{Value: slope, Low: math.NaN(), High: math.NaN(), SE: math.NaN()}
	}
	return fitOrNil(dims, values)
}

// ScalingHeader is the first line of scaling.csv.
const ScalingHeader = "problem,dim,time_to_delta,limit_time,next_order_time,j_worst,j_square,sup_gap_constant,sup_gap_constant_error,initial_gap_constant"

// WriteCSV writes the rows; what was not computed is empty.
func (s *Scaling) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, ScalingHeader)
	for _, r := range s.Rows {
		fmt.Fprintf(out, "%s,%d", r.Problem, r.Dim)
		for _, x := range []float64{r.Time, r.Limit, r.Next, r.WorstJ, r.SquareJ, r.SupConstant, r.SupConstantError, r.InitialConstant} {
			fmt.Fprintf(out, ",%s", orEmpty(finite(x)))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// WriteText prints table and fits for people.
func (s *Scaling) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := &s.Parameters
	fmt.Fprintf(out, "Scaling with the dimension d; T is the first paper time with risk <= %s^2.\n", number(p.Delta))
	fmt.Fprintf(out, "J: sup ||J_{t,s}(w)|| over s <= t <= T and w; J2: sup E_w ||J_{t,s}(w)||^2; C: lim m E||f_m - f_MF||^2.\n")
	fmt.Fprintf(out, "limit: T as d -> infinity, proportional to d^((k-2)/2); far from T/limit = 1 the slope is not yet the limit's.\n")
	fmt.Fprintf(out, "next: the same with the next orders in 1/d; where T/next is near 1, these are what is missing from the limit.\n\n")
	rows := [][]string{{"problem", "d", "T", "T/limit", "T/next", "slope of T", "J", "J2", "sup C", "C(0)"}}
	for _, f := range s.Fits {
		i := 0
		for _, r := range s.Rows {
			if r.Problem != f.Problem {
				continue
			}
			slope := "-"
			if 0 < i && i <= len(f.Local) {
				slope = fmt.Sprintf("%.3f", f.Local[i-1])
			}
			i++
			rows = append(rows, []string{r.Problem, fmt.Sprint(r.Dim), known("%.5g", r.Time), known("%.3f", r.Time/r.Limit), known("%.3f", r.Time/r.Next),
				slope, known("%.4g", r.WorstJ), known("%.4g", r.SquareJ), known("%.4f", r.SupConstant), known("%.4f", r.InitialConstant)})
		}
	}
	fmt.Fprint(out, alignRight(rows))
	fmt.Fprintf(out, "\nExponents of d from d >= %d (with 95 %% intervals from the scatter about the line):\n\n", p.FitFrom)
	rows = [][]string{{"problem", "T", "(k-2)/2", "J", "J2", "sup C (d of the table)"}}
	for _, f := range s.Fits {
		rows = append(rows, []string{f.Problem, slopeText(f.Time), number(f.Promised), slopeText(f.WorstJ), slopeText(f.SquareJ), slopeText(f.SupConstant)})
	}
	fmt.Fprint(out, alignRight(rows))
	return out.Flush()
}

// known prints a number, "-" for NaN.
func known(format string, x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf(format, x)
}

// slopeText prints an exponent with its interval, if it has one.
func slopeText(e *Exponent) string {
	switch {
	case e == nil:
		return "-"
	case math.IsNaN(e.SE):
		return fmt.Sprintf("%.3f", e.Value)
	}
	return fmt.Sprintf("%.3f [%.3f,%.3f]", e.Value, e.Low, e.High)
}
