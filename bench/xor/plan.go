package xor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"kac/bench"
	"kac/kernels"
	"kac/particles/xor"
)

// PlanHeader is the first line of the plan.
const PlanHeader = "width,cells,flops_per_cell,seconds_per_cell,memory"

// PlanRow is what the cells of a width take.
type PlanRow struct {
	Width, Cells           int
	Flops, Seconds, Memory float64 // of one
}

// Plan times steps of the widest network for about half a second, and scales by the work; float32 and float64 are what
// they are.
func (p *Parameters) Plan(ctx context.Context) ([]PlanRow, error) {
	var rate float64
	var err error
	if p.Precision == bench.Float32 {
		rate, err = speed[float32](ctx, p)
	} else {
		rate, err = speed[float64](ctx, p)
	}
	if err != nil {
		return nil, err
	}
	var rows []PlanRow
	for _, m := range p.Widths {
		one := *p
		one.Widths = []int{m}
		rows = append(rows, PlanRow{m, p.Seeds, p.work(m), p.work(m) / rate, one.memory(1).Bytes()})
	}
	return rows, nil
}

// speed is the operations a second of one worker.
func speed[T kernels.Float](ctx context.Context, p *Parameters) (float64, error) {
	width := p.Widths[len(p.Widths)-1]
	net, err := start[T](p, width, p.Seed)
	if err != nil {
		return 0, err
	}
	source, err := batches[T](p, p.Seed)
	if err != nil {
		return 0, err
	}
	r, err := xor.NewTrainer(net, source, p.trained(), p.Eta, 1)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if err := r.Advance(ctx, 1); err != nil {
		return 0, err
	}
	began, steps := time.Now(), 0
	for ; steps < 2 || time.Since(began) < 500*time.Millisecond && int64(steps) < p.Steps(); steps++ {
		if err := r.Advance(ctx, 1); err != nil {
			return 0, err
		}
	}
	one := 4*float64(p.Batch)*float64(width)*float64(p.Dim) + 6*float64(width)*float64(p.Dim)
	return float64(steps) * one / time.Since(began).Seconds(), nil
}

// WritePlan writes the plan.
func WritePlan(w io.Writer, rows []PlanRow) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, PlanHeader)
	for _, r := range rows {
		fmt.Fprintf(out, "%d,%d,%s\n", r.Width, r.Cells, bench.Fields(r.Flops, r.Seconds, r.Memory))
	}
	return out.Flush()
}
