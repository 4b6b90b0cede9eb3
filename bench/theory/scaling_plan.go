package theory

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"kac/bench"
	"kac/internal/portable"
	"kac/meanfield"
	"kac/particles"
)

// ScalingPlan is what a sweep in the dimension will take: the smallest dimensions are computed, the others
// are scaled from them.
type ScalingPlan struct {
	Parameters ScalingParameters
	Rows       []ScalingPlanRow
}

// ScalingPlanRow is one problem in one dimension.
type ScalingPlanRow struct {
	Problem  string
	Dim      int
	Time     float64 // T(delta), paper time: computed, or expected
	Seconds  float64
	Memory   float64 // bytes
	Measured bool
}

// Each problem is measured for so long: as many dimensions as begin within it, and what is begun gets three
// times as long.
const plannedScaling = 2 * time.Second

// MakeScalingPlan measures for some seconds a problem; the context ends it at once. progress may be nil.
func MakeScalingPlan(ctx context.Context, p ScalingParameters, progress func(what string)) (*ScalingPlan, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(string) {}
	}
	out := &ScalingPlan{Parameters: p}
	for _, name := range p.Problems {
		if err := out.problem(ctx, name, progress); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *ScalingPlan) problem(ctx context.Context, name string, progress func(string)) error {
	began := time.Now()
	s := &Scaling{Parameters: t.Parameters}
	limited, cancel := context.WithTimeout(ctx, 3*plannedScaling)
	defer cancel()
	var before *ScalingRow
	var last ScalingPlanRow
	var missed *miss // of the first dimension, if its T is not found in the time
	for _, d := range t.Parameters.Dims {
		problem, err := bench.ExactPreset(name, d)
		if err != nil {
			return err
		}
		if last.Dim == 0 || last.Measured && time.Since(began) < plannedScaling {
			progress(fmt.Sprintf("%s, d = %d", name, d))
			row, result, err := s.plannedRow(limited, problem, before, func(m miss) { missed = &m })
			if err == nil {
				before, last, missed = result, row, nil
				t.Rows = append(t.Rows, row)
				continue
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("%s in dimension %d: %w", name, d, err)
			}
		}
		last = t.scaled(s, problem, before, last, missed, time.Since(began).Seconds())
		if missed != nil {
			before, missed = &ScalingRow{Dim: d, Time: last.Time, Next: nextOrderTime(problem, s.Parameters.Delta)}, nil
		}
		t.Rows = append(t.Rows, last)
	}
	return nil
}

// plannedRow computes a row, and how long that took.
func (s *Scaling) plannedRow(ctx context.Context, problem particles.Expectations, before *ScalingRow, missed func(miss)) (ScalingPlanRow, *ScalingRow, error) {
	began := time.Now()
	ref, T, err := s.reach(ctx, problem, before, nil, missed)
	if err != nil {
		return ScalingPlanRow{}, nil, err
	}
	out := ScalingPlanRow{Problem: problem.Name(), Dim: problem.Dim(), Time: T, Memory: bench.Memory(nil).Bytes(), Measured: true}
	row := &ScalingRow{Problem: problem.Name(), Dim: problem.Dim(), Time: T, Next: nextOrderTime(problem, s.Parameters.Delta)}
	if T > 0 {
		if err := row.stabilityConstants(ctx, ref); err != nil {
			return out, nil, err
		}
		if times := []float64{0, T / 64, T / 16, T / 4, T}; T <= s.Parameters.ConstantsTime {
			out.Memory += ref.FluctuationMemory(times) + ref.GapConstantsMemory(times)
			if _, err := meanfield.Fluctuations(ctx, ref, times, meanfield.FluctuationOptions{Gaps: true}); err != nil {
				return out, nil, err
			}
		}
	}
	out.Seconds = time.Since(began).Seconds()
	return out, row, nil
}

// scaled predicts a row from the one before: the reference's work grows with T and its nodes, that of C(t)
// between T^2 and T^3, its memory like T.
func (t *ScalingPlan) scaled(s *Scaling, problem particles.Expectations, before *ScalingRow, last ScalingPlanRow, missed *miss, spent float64) ScalingPlanRow {
	out := ScalingPlanRow{Problem: problem.Name(), Dim: problem.Dim(), Time: s.expect(problem, before) / 1.05, Memory: bench.Memory(nil).Bytes()}
	if missed != nil { // solves up to ever later horizons end here, and took the time so far
		out.Time = math.Max(out.Time, math.Min(missed.estimate(), t.Parameters.MaxTime))
	}
	if last.Dim == 0 { // nothing could be measured in the time
		out.Seconds = 2 * spent
		if missed != nil {
			out.Seconds = spent * portable.Pow(math.Max(out.Time/missed.horizon, 2), 1.5)
		}
		return out
	}
	ratio := out.Time / math.Max(last.Time, 1e-3)
	power := 1.5
	if out.Time <= t.Parameters.ConstantsTime {
		power = 2.5
		out.Memory += (last.Memory - bench.Memory(nil).Bytes()) * ratio
	}
	out.Seconds = last.Seconds * portable.Pow(math.Max(ratio, 1), power)
	return out
}

// Seconds is the sum of the rows; they are computed one after another.
func (t *ScalingPlan) Seconds() float64 {
	sum := 0.0
	for _, r := range t.Rows {
		sum += r.Seconds
	}
	return sum
}

// Memory is that of the largest row, bytes.
func (t *ScalingPlan) Memory() float64 {
	most := 0.0
	for _, r := range t.Rows {
		most = math.Max(most, r.Memory)
	}
	return most
}

// Disk is what table and picture take, bytes.
func (t *ScalingPlan) Disk() float64 { return 200<<10 + 150*float64(len(t.Rows)) }

// WriteText prints the plan for people.
func (t *ScalingPlan) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	rows := [][]string{{"problem", "d", "T", "time", "memory"}}
	for _, r := range t.Rows {
		mark := "~"
		if r.Measured {
			mark = ""
		}
		rows = append(rows, []string{r.Problem, strconv.Itoa(r.Dim), mark + fmt.Sprintf("%.4g", r.Time), mark + planTime(r.Seconds), mark + bench.BytesText(r.Memory)})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	fmt.Fprintf(out, "\nAbout %s, as busy as this machine is now. Memory: about %s. Disk: %s.\n", planTime(t.Seconds()), bench.BytesText(t.Memory()), bench.BytesText(t.Disk()))
	fmt.Fprintf(out, "~ is scaled from the dimension before, as the asymptote of T has it.\n")
	return out.Flush()
}
