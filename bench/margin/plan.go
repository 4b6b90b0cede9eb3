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
