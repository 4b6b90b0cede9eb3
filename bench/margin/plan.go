package margin

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"kac/bench"
	"kac/internal/progress"
	"kac/kernels"
	ideal "kac/meanfield/margin"
	"kac/particles/margin"
)

// Plan is what drawing will take.
type Plan struct {
	Parameters Parameters
	Rows       []PlanRow
	Memory     float64 // bytes
	Seconds    float64 // of all, on the workers of the call
}

// PlanRow is a dimension.
type PlanRow struct {
	Dim, Cells int
	Seconds    float64 // of one cell
}

// MakePlan times one block of coordinates, and a solution of at most 400 points, and scales them.
func MakePlan(ctx context.Context, p Parameters, workers int) (*Plan, error) {
	n := p.Samples
	small := min(n, 400)
	one := &margin.Data{Samples: n, Dim: margin.Block + 1, Variance: 1, Seed: p.Seed}
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	gram := make([]float64, n*n)
	start := time.Now()
	if err := one.Gram(ctx, gram, ws); err != nil {
		return nil, err
	}
	block := time.Since(start).Seconds()
	less := &margin.Data{Samples: small, Dim: 10*small + 1, Variance: 1, Seed: p.Seed}
	start = time.Now()
	if err := less.GramOfLaw(ctx, gram[:small*small], ws); err != nil {
		return nil, err
	}
	if _, err := margin.Solve(ctx, gram[:small*small], small); err != nil {
		return nil, err
	}
	solve := time.Since(start).Seconds() * cube(float64(n)/float64(small))
	plan := &Plan{Parameters: p, Memory: p.memory().Bytes()}
	cells := p.settings() * p.Seeds
	for _, d := range p.Dims {
		row := PlanRow{Dim: d, Cells: cells, Seconds: solve}
		if p.Draw == DrawVectors {
			row.Seconds += block * float64(d) / margin.Block
		}
		plan.Rows = append(plan.Rows, row)
		plan.Seconds += row.Seconds * math.Ceil(float64(cells)/float64(max(workers, 1)))
	}
	return plan, nil
}

func cube(x float64) float64 { return x * x * x }

// PlanHeader is the first line of a plan as CSV.
const PlanHeader = "samples,dim,cells,seconds_per_cell,memory"

// WriteCSV writes the plan.
func (p *Plan) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, PlanHeader)
	for _, r := range p.Rows {
		fmt.Fprintf(out, "%d,%d,%d,%s\n", p.Parameters.Samples, r.Dim, r.Cells, bench.Fields(r.Seconds, p.Memory))
	}
	return out.Flush()
}

// WriteText writes it for people.
func (p *Plan) WriteText(w io.Writer) error {
	rows := [][]string{{"d", "data sets", "seconds each"}}
	for _, r := range p.Rows {
		rows = append(rows, []string{fmt.Sprint(r.Dim), fmt.Sprint(r.Cells), fmt.Sprintf("%.3g", r.Seconds)})
	}
	_, err := fmt.Fprintf(w, "%s\nAbout %s, %s of memory.\n", bench.AlignRight(rows), progress.Duration(time.Duration(p.Seconds*float64(time.Second))), bench.BytesText(p.Memory))
	return err
}

// XORPlan is what training networks will take.
type XORPlan struct {
	Parameters XORParameters
	Networks   int
	Each       float64 // seconds of one
	Memory     float64 // bytes
	Seconds    float64 // of all, on the workers of the call
}

// MakeXORPlan times one block of coordinates and a few steps, and scales them.
func MakeXORPlan(ctx context.Context, p XORParameters, workers int) (*XORPlan, error) {
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	little := p
	little.Dim = min(p.Dim, p.Samples+2+margin.Block)
	start := time.Now()
	s, err := little.begin(ctx, &XORRow{XOR: ideal.XOR{Kappa: p.Kappas[0], Power: p.Powers[0]}, Seed: p.Seed}, ws)
	if err != nil {
		return nil, err
	}
	begin := time.Since(start).Seconds()
	start = time.Now()
	if err := s.Run(ctx, 1, nil); err != nil { // a step of every stage
		return nil, err
	}
	stage := time.Since(start).Seconds()
	plan := &XORPlan{Parameters: p, Networks: p.Cells(), Each: begin*float64(p.Dim)/float64(little.Dim) + stage*float64(p.Steps), Memory: p.memory().Bytes()}
	plan.Seconds = plan.Each * math.Ceil(float64(plan.Networks)/float64(min(max(workers, 1), maxAtOnce)))
	return plan, nil
}

// XORPlanHeader is the first line of a plan of networks as CSV.
const XORPlanHeader = "samples,dim,neurons,networks,seconds_per_network,memory"

// WriteCSV writes the plan.
func (p *XORPlan) WriteCSV(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s\n%d,%d,%d,%d,%s\n", XORPlanHeader, p.Parameters.Samples, p.Parameters.Dim, p.Parameters.Neurons, p.Networks, bench.Fields(p.Each, p.Memory))
	return err
}

// WriteText writes it for people.
func (p *XORPlan) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d networks of %.3g seconds each.\nAbout %s, %s of memory.\n", p.Networks, p.Each, progress.Duration(time.Duration(p.Seconds*float64(time.Second))), bench.BytesText(p.Memory))
	return err
}
