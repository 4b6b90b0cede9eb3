package theory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kac/bench"
	"kac/internal/portable"
	"kac/meanfield"
)

func smallScaling() ScalingParameters {
	return ScalingParameters{Problems: []string{"he4"}, Dims: []int{12, 8, 16}, Delta: math.Sqrt(.1), Tolerance: 1e-5, ConstantsTime: 12, MaxTime: 1e3}
}

// T(.1) of he4 at d = 16 as published, exponents, table and picture.
func TestScaling(t *testing.T) {
	s, err := RunScaling(context.Background(), smallScaling(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rows) != 3 || s.Rows[2].Dim != 16 || math.Abs(s.Rows[2].Time-23.83) > 0.01 {
		t.Fatalf("rows %+v", s.Rows)
	}
	for _, r := range s.Rows {
		if want := 1 - 3/float64(r.Dim*(r.Dim+2)); math.Abs(r.InitialConstant-want) > 1e-6 {
			t.Errorf("d = %d: C(0) = %g, want %g", r.Dim, r.InitialConstant, want)
		}
		if followed := r.Time <= 12; followed == math.IsNaN(r.SupConstant) || followed && r.SupConstant < r.InitialConstant {
			t.Errorf("d = %d, T = %g: sup C = %g", r.Dim, r.Time, r.SupConstant)
		}
	}
	f := s.Fits[0]
	if f.Promised != 1 || f.Time == nil || math.Abs(f.Time.Value-(f.Local[0]+f.Local[1])/2) > 0.1 || f.WorstJ == nil || !(f.WorstJ.Value > 0.5) {
		t.Errorf("fit %+v", f)
	}
	var text, table bytes.Buffer
	if err := errors.Join(s.WriteText(&text), s.WriteCSV(&table)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(table.String(), "\n"); n != 4 || !strings.HasPrefix(table.String(), ScalingHeader+"\n") || strings.Contains(table.String(), "NaN") {
		t.Errorf("table of %d lines\n%s", n, table.String())
	}
	if !strings.Contains(text.String(), "(k-2)/2") || strings.Contains(text.String(), "NaN") {
		t.Errorf("text\n%s", text.String())
	}
	checkPicture(t, s.Picture)
}

// A T that is not found ends its problem's rows, and nothing else.
func TestScalingIncomplete(t *testing.T) {
	p := smallScaling()
	p.Problems, p.Dims, p.FitFrom, p.MaxTime = []string{"he6", "he4"}, []int{8, 10, 16}, 8, 40
	s, err := RunScaling(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, r := range s.Rows {
		found = append(found, fmt.Sprintf("%s/%d:%t", r.Problem, r.Dim, r.Time > 0))
		if !(r.Limit > 0) {
			t.Errorf("%s, d = %d: no asymptote", r.Problem, r.Dim)
		}
	}
	if got, want := strings.Join(found, " "), "he6/8:true he6/10:false he6/16:false he4/8:true he4/10:true he4/16:true"; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
	if err := s.Incomplete(); err == nil || len(s.Unsolved) != 1 || !strings.Contains(err.Error(), "he6 in dimension 10") {
		t.Errorf("unsolved %+v: %v", s.Unsolved, err)
	}
	var text, table bytes.Buffer
	if err := errors.Join(s.WriteText(&text), s.WriteCSV(&table)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String()+table.String(), "NaN") {
		t.Errorf("text\n%s\ntable\n%s", text.String(), table.String())
	}
	checkPicture(t, s.Picture)
	p.Problems, p.Dims, p.FitFrom = p.Problems[:1], []int{16, 32, 64}, 16
	if _, err := RunScaling(context.Background(), p, nil); err == nil {
		t.Error("a sweep without any T is no error")
	}
}

// A risk that creeps is told of, with the power by which it falls; so is a plan's T that was not found in its time.
func TestScalingTellsOfMisses(t *testing.T) {
	p := ScalingParameters{Problems: []string{"he3"}, Dims: []int{8, 12}, Delta: .3, Tolerance: 1e-4, MaxTime: 40}
	var told []string
	_, err := RunScaling(context.Background(), p, func(_ float64, what string) { told = append(told, what) })
	if err == nil || !strings.Contains(err.Error(), "has not reached delta^2 = 0.09") {
		t.Error(err)
	}
	ref := struct{ half, full float64 }{}
	problem, err := bench.ExactPreset("he3", 8)
	if err != nil {
		t.Fatal(err)
	}
	h := 3 * 2 * math.Sqrt(8) // the second horizon, and the first in the next line
	solved, err := meanfield.Solve(context.Background(), problem, h, meanfield.Options{Tolerance: 1e-6})
	if err != nil {
		t.Fatal(err)
	}
	ref.half, ref.full = solved.Risk(h/2), solved.Risk(h)
	want := fmt.Sprintf("he3, d = 8: risk %.3g at time %.4g, wanted 0.09; falls like t^-%.2g", ref.full, h, math.Log2(ref.half/ref.full))
	if !strings.Contains(strings.Join(told, "\n"), want) {
		t.Errorf("nothing says %q", want)
	}
	plan := &ScalingPlan{Parameters: p}
	plan.Parameters.MaxTime = 1e9
	row := plan.scaled(&Scaling{Parameters: plan.Parameters}, problem, nil, ScalingPlanRow{}, &miss{horizon: 1000, risk: .36, level: .09, power: .5}, 2)
	if row.Measured || math.Abs(row.Time-16000) > 1e-6 || math.Abs(row.Seconds-2*64) > 1e-9 {
		t.Errorf("%+v", row)
	}
}

// On a long T the suprema come from chosen positions; both ways agree.
func TestStabilityConstantsAgree(t *testing.T) {
	p := smallScaling()
	p.Dims, p.ConstantsTime = []int{8, 10}, 0
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	s := &Scaling{Parameters: p}
	problem, err := (&bench.ProblemChoice{Problem: "he4", Dim: 10}).Make()
	if err != nil {
		t.Fatal(err)
	}
	ref, T, err := s.reach(context.Background(), problem, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	row := ScalingRow{Time: T}
	if err := row.stabilityConstants(context.Background(), ref); err != nil {
		t.Fatal(err)
	}
	chosen, err := worstOfPositions(context.Background(), ref, graded(T))
	if err != nil {
		t.Fatal(err)
	}
	if over := chosen - row.WorstJ; over > row.WorstJError || over < -0.01*chosen || !(row.WorstJError < 1e-4*row.WorstJ) {
		t.Errorf("sup ||J|| = %g +- %g, %g on chosen positions", row.WorstJ, row.WorstJError, chosen)
	}
	st, err := ref.Stability(context.Background(), graded(T))
	if err != nil {
		t.Fatal(err)
	}
	// The times' grid takes the suprema from below.
	means := st.MeanSquare()
	if under := means[len(means)-1]; !(under <= row.SquareJ+row.SquareJError && under > 0.99*row.SquareJ) {
		t.Errorf("sup E||J||^2 = %g +- %g, %g on the grid", row.SquareJ, row.SquareJError, under)
	}
}

// The supremum of problems that are not even is at the pole w = -e_1, which particles leave.
func TestScalingReachesThePole(t *testing.T) {
	p := ScalingParameters{Problems: []string{"he3"}, Dims: []int{6, 8}, Delta: math.Sqrt(.5), Tolerance: 1e-6, MaxTime: 100}
	s, err := RunScaling(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	row := s.Rows[1]
	problem, err := bench.ExactPreset("he3", 8)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := meanfield.Solve(context.Background(), problem, row.Time, meanfield.Options{Tolerance: 1e-8})
	if err != nil {
		t.Fatal(err)
	}
	field, err := ref.At(0)
	if err != nil {
		t.Fatal(err)
	}
	// exp int F'(-1) dt by Simpson's rule: D across e_1 at the pole is -a F' = F'(-1).
	const n = 2000
	sum := 0.0
	for k := range n + 1 {
		if err := field.Set(row.Time * float64(k) / n); err != nil {
			t.Fatal(err)
		}
		w := 2.0 + 2*float64(k%2)
		if k == 0 || k == n {
			w = 1
		}
		_, perp, _ := field.Eigenvalues(-1)
		sum += w * perp * row.Time / n / 3
	}
	if want := math.Exp(sum); math.Abs(row.WorstJ-want) > row.WorstJError+1e-5*want || !(row.WorstJError < 1e-3*want) {
		t.Errorf("T = %g: sup ||J|| = %g +- %g, at the pole %g", row.Time, row.WorstJ, row.WorstJError, want)
	}
}

// worstOfPositions is the supremum of ||J|| over chosen positions: a geometric grid, and finer ones, 40
// times each, around the front at the last time. The particles there have been stretched for longest.
func worstOfPositions(ctx context.Context, ref *meanfield.Reference, times []float64) (worst float64, err error) {
	const rounds, refinement = 3, 40
	low, high, ratio := 0.02/math.Sqrt(float64(ref.Task().Dim())), 0.95, 1.02
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
		wide := portable.Pow(ratio, 6)
		low, high = a0[front]/wide, math.Min(0.95, a0[front]*wide)
		ratio = 1 + (ratio-1)/refinement
	}
	return worst, nil
}

func TestScalingRefuses(t *testing.T) {
	for key, change := range map[string]func(*ScalingParameters){
		"problem":   func(p *ScalingParameters) { p.Problems = []string{"he4", "circle"} },
		"dims":      func(p *ScalingParameters) { p.Dims = []int{8, 8} },
		"delta":     func(p *ScalingParameters) { p.Delta = 0 },
		"tolerance": func(p *ScalingParameters) { p.Delta, p.Tolerance = .01, 1e-3 },
		"fit-from":  func(p *ScalingParameters) { p.FitFrom = 16 },
	} {
		t.Run(key, func(t *testing.T) {
			p := smallScaling()
			change(&p)
			var input *bench.InputError
			if err := p.Check(); !errors.As(err, &input) || input.Key != key {
				t.Errorf("%s: error %v", key, err)
			}
		})
	}
	p := smallScaling()
	p.MaxTime = 3
	if _, err := RunScaling(context.Background(), p, nil); err == nil || !strings.Contains(err.Error(), "--max-time") {
		t.Errorf("a T out of reach: %v", err)
	}
}

// Figures 2 and 6 at a small size: the inequality of figure 6, twins that start with the network,
// eigenvalues whose sign follows the alignment.
func TestFigures2And6(t *testing.T) {
	ctx := context.Background()
	p := DefaultFigure2()
	p.Dim, p.Width, p.Horizon, p.Points, p.Shown = 8, 24, 6, 7, 5
	f, err := RunFigure2(ctx, p, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := len(f.Times) - 1
	for i := range p.Width {
		if f.Delta[0][i] > 1e-12 {
			t.Errorf("neuron %d starts at distance %g", i, f.Delta[0][i])
		}
		if f.Alpha[last][i] > 0.99 && f.Eigenvalue[last][i] > 0 {
			t.Errorf("neuron %d: alpha %g, eigenvalue %g", i, f.Alpha[last][i], f.Eigenvalue[last][i])
		}
	}
	if !(f.MeanDelta[last] > 1e-3 && f.Phi[last] >= f.MeanDelta[last] && f.Phi[last] <= 2*f.MeanDelta[last]*(1+1e-12)) {
		t.Errorf("mean |Delta| = %g, Phi = %g", f.MeanDelta[last], f.Phi[last])
	}
	var out bytes.Buffer
	if err := f.WriteCSV(&out); err != nil || strings.Count(out.String(), "\n") != 1+5*7 {
		t.Errorf("%d lines, error %v", strings.Count(out.String(), "\n"), err)
	}
	checkPicture(t, f.Picture)

	g, err := RunFigure6(ctx, DefaultFigure6())
	if err != nil {
		t.Fatal(err)
	}
	if gap, ratio := g.Closest(); !(gap > 0 && ratio < 1 && ratio > 0.9) {
		t.Errorf("bound minus eigenvalue %g, ratio %g", gap, ratio)
	}
	checkPicture(t, g.Picture)
}

// Where the risk is below delta^2 at the start, T is 0: J is the identity there and sup C the start's C(0);
// such rows are in no fit, and other dimensions stay as they are without them.
func TestScalingBelowAtTheStart(t *testing.T) {
	p := smallScaling()
	p.ConstantsTime = 130
	for _, c := range []struct {
		dims  []int
		delta float64
		zeros int
	}{{[]int{3, 4, 5}, .9, 1}, {[]int{3, 4}, .98, 2}, {[]int{3, 8}, 1, 2}} {
		t.Run(fmt.Sprint(c.dims, c.delta), func(t *testing.T) {
			p.Dims, p.Delta, p.FitFrom = c.dims, c.delta, 0
			s, err := RunScaling(t.Context(), p, nil)
			if err != nil {
				t.Fatalf("%v, delta = %g: %v", c.dims, c.delta, err)
			}
			for i, r := range s.Rows {
				d := float64(r.Dim)
				start := 1 - 3/(d*(d+2)) // C(0) of he4
				if (r.Time == 0) != (i < c.zeros) {
					t.Errorf("d = %d, delta = %g: T = %g", r.Dim, c.delta, r.Time)
				}
				if r.Time == 0 && (r.WorstJ != 1 || r.SquareJ != 1 || math.Abs(r.SupConstant-start) > 1e-6 || r.SupConstantError != 0) {
					t.Errorf("d = %d, delta = %g: %+v", r.Dim, c.delta, r)
				}
			}
			if f := s.Fits[0]; len(f.FitDims) != len(c.dims)-c.zeros || (f.Time != nil) != (len(f.FitDims) > 1) || f.Time != nil && !(f.Time.Value > 0 && f.Time.Value < 10) {
				t.Errorf("%v, delta = %g: fit %+v", c.dims, c.delta, f)
			}
			var text, table bytes.Buffer
			if err := errors.Join(s.WriteText(&text), s.WriteCSV(&table), s.Incomplete()); err != nil {
				t.Fatal(err)
			}
			if all := text.String() + table.String(); strings.Contains(all, "NaN") || strings.Contains(all, "Inf") || !strings.Contains(all, "T = 0: the risk is at most") {
				t.Errorf("delta = %g:\n%s", c.delta, all)
			}
			checkPicture(t, s.Picture)
		})
	}
}
