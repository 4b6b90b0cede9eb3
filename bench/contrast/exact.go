package contrast

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"kac/bench"
	"kac/bench/store"
	ideal "kac/meanfield/contrast"
)

// ExactParameters are those of the flow without sampling.
type ExactParameters struct {
	Features
	Batches   []int     `json:"batches"`
	Times     []float64 `json:"times"`
	Decay     float64   `json:"decay,omitempty"` // of theta per unit of time: lambda/m
	Tolerance float64   `json:"tolerance"`
}

// Check refuses what the flow does not take. Every error is a bench.InputError that names the parameter.
func (p *ExactParameters) Check() error {
	if err := p.Features.check(); err != nil {
		return err
	}
	if k := len(p.Alpha); k > ideal.MaxFeatures {
		return bench.Refuse("alpha", bench.Numbers(p.Alpha), "%d features; the exact flow takes 1 to %d. Without --exact descent is measured beside the limit and the 1/m constant, which take any number", k, ideal.MaxFeatures)
	}
	if err := checkBatches(p.Batches); err != nil {
		return err
	}
	if err := checkTimes(p.Times); err != nil {
		return err
	}
	if err := checkDecay(p.Decay); err != nil {
		return err
	}
	return checkTolerance(p.Tolerance)
}

// MaxTime bounds times: log tan of an angle falls by 2 a unit.
const MaxTime = 100

func checkTimes(times []float64) error {
	if err := bench.CheckTimes("times", times); err != nil {
		return err
	}
	if last := times[len(times)-1]; last > MaxTime {
		return bench.Refuse("times", bench.Numbers(times), "%s is not allowed; times are up to %d (m eta steps)", bench.Number(last), MaxTime)
	}
	return nil
}

func checkDecay(decay float64) error {
	return bench.CheckNumber("decay", decay, 0, 10, "decay of theta per unit of time, lambda/m")
}

// ExactRow is a feature at a time, under a level of noise.
type ExactRow struct {
	Level   int
	Batch   int
	Time    float64
	Feature int // from 1
	Flow    float64
	Wrong   float64 // estimate of how wrong Flow is
	Rate    float64 // R_k
	Limit   float64
	Const   float64 // C_k(t); NaN: m times the gap does not settle
	// Error is the mean over descents, where there are any.
	Error bench.Mean
}

// Exact is the result of kac contrast --exact.
type Exact struct {
	Parameters ExactParameters
	Rows       []ExactRow // by level, batch, time, feature
	Notes      []string   // where there is no constant
}

// Cells is how many flows there are.
func (p *ExactParameters) Cells() int { return len(p.levels) * len(p.Batches) }

// RunExact solves the flow of every level and batch that is not kept. cells, and progress, may be nil.
func RunExact(ctx context.Context, p ExactParameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*Exact, error) {
	e := &Exact{Parameters: p}
	flows := make([][]ideal.FlowPoint, len(p.levels)*len(p.Batches))
	err := each(ctx, len(flows), workers, "flows", progress, func(ctx context.Context, i int) error {
		level, batch := p.levels[i/len(p.Batches)], p.Batches[i%len(p.Batches)]
		name := "flow " + level.cell() + fmt.Sprintf(" m %d", batch)
		if flows[i] = p.read(cells.Get(name)); flows[i] != nil {
			return nil
		}
		points, err := ideal.Flow(ctx, p.under(level), float64(batch), p.Decay, p.Times, p.Tolerance)
		if err != nil {
			return unmet(err, p.Tolerance, fmt.Sprintf("with batches of %d", batch))
		}
		flows[i] = points
		var numbers []float64
		for _, point := range points {
			numbers = slices.Concat(numbers, point.Errors, point.Wrong, point.Rate)
		}
		return cells.Add(name, numbers...)
	})
	if err != nil {
		return nil, err
	}
	for i, points := range flows {
		level, batch := i/len(p.Batches), i%len(p.Batches)
		begin := p.under(p.levels[level])
		for _, point := range points {
			constants := ideal.Constants(begin, point.Time, p.Decay)
			for k := range begin {
				row := ExactRow{Level: level, Batch: p.Batches[batch], Time: point.Time, Feature: k + 1, Flow: point.Errors[k], Wrong: point.Wrong[k], Rate: point.Rate[k],
					Limit: begin[k].ErrorAt(point.Time), Const: math.NaN()}
				if constants[k].Exists {
					row.Const = constants[k].Value
				}
				e.Rows = append(e.Rows, row)
			}
		}
	}
	e.Notes = p.unsettled()
	return e, nil
}

// read is a flow that was kept; nil: it was not.
func (p *ExactParameters) read(numbers []float64) (points []ideal.FlowPoint) {
	k := len(p.Alpha)
	if len(numbers) != 3*k*len(p.Times) {
		return nil
	}
	for i, t := range p.Times {
		at := numbers[3*k*i:]
		points = append(points, ideal.FlowPoint{Time: t, Errors: at[:k], Wrong: at[k : 2*k], Rate: at[2*k : 3*k]})
	}
	return points
}

// unsettled says from which of the times on there is no constant.
func (p *ExactParameters) unsettled() (notes []string) {
	for _, l := range p.levels {
		i := slices.IndexFunc(p.Times, func(t float64) bool { return !ideal.Constants(p.under(l), t, p.Decay)[0].Exists })
		if i < 0 {
			continue
		}
		under := ""
		if noised, beta := l.names(); len(l.Noised) > 0 {
			under = fmt.Sprintf(" under noise %s:%s", noised, beta)
		}
		notes = append(notes, fmt.Sprintf("no 1/m constant from time %s on%s: |theta|^4 of a feature reaches 1/2, where m times the gap grows like a power of m", bench.Number(p.Times[i]), under))
	}
	return notes
}

// ExactHeader is the first line of exact.csv; with several levels of noise, noised,beta stand before it.
const ExactHeader = "batch,time,feature,flow_error,limit_error,constant"

// WriteCSV writes a line a feature.
func (e *Exact) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	several := len(e.Parameters.levels) > 1
	if several {
		fmt.Fprint(out, "noised,beta,")
	}
	fmt.Fprintln(out, ExactHeader)
	for _, r := range e.Rows {
		if several {
			noised, beta := e.Parameters.levels[r.Level].names()
			fmt.Fprintf(out, "%s,%s,", noised, beta)
		}
		fmt.Fprintf(out, "%d,%s,%d,%s\n", r.Batch, bench.Fields(r.Time), r.Feature, bench.Fields(r.Flow, r.Limit, r.Const))
	}
	return out.Flush()
}

// WriteText writes the table for people.
func (e *Exact) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "Error angle(theta, mu)/pi of the best linear probe for feature k, along the gradient flow of batches of m pairs; limit: m = infinity.")
	head := []string{"m", "time", "k", "flow", "limit", "m*(flow-limit)", "C(t)"}
	several := len(e.Parameters.levels) > 1
	if several {
		head = append([]string{"beta"}, head...)
		noised, _ := e.Parameters.levels[0].names()
		fmt.Fprintf(out, " beta: of the noise on feature %s.", noised)
	}
	fmt.Fprint(out, "\n\n")
	rows := [][]string{head}
	worst := 0.0
	for _, r := range e.Rows {
		row := []string{fmt.Sprint(r.Batch), bench.Number(r.Time), fmt.Sprint(r.Feature), fmt.Sprintf("%.8f", r.Flow), fmt.Sprintf("%.8f", r.Limit),
			fmt.Sprintf("%.6g", float64(r.Batch)*(r.Flow-r.Limit)), bench.Known("%.6g", r.Const)}
		if several {
			_, beta := e.Parameters.levels[r.Level].names()
			row = append([]string{beta}, row...)
		}
		rows = append(rows, row)
		worst = math.Max(worst, r.Wrong)
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	fmt.Fprintf(out, "\nErrors of the flow are within %.1g.\n", worst)
	return out.Flush()
}
