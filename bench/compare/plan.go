package compare

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"kac/bench"
	"kac/kernels"
	"kac/meanfield/ridge"
	"kac/particles"
)

// work is about how long a cell takes, in arbitrary units: flops.
func (p *Parameters) work(c Cell) float64 {
	return p.networkWork(c.Dim, c.Samples) + p.kernelWork(c.Dim, c.Samples)
}

// networkWork are the flops of the networks' training: each step 4 n m d over pairs, or through moments where that is
// cheaper.
func (p *Parameters) networkWork(d, n int) float64 {
	if !slices.Contains(p.Predictors, Network) {
		return 0
	}
	coef := make([]float64, p.degrees()[len(p.degrees())-1]+1)
	for i := range coef {
		coef[i] = 1
	}
	activation := kernels.PolynomialActivation(coef)
	sum := 0.0
	for _, m := range p.Widths {
		sum += min(4*float64(n)*float64(m)*float64(d+4), kernels.MomentForwardVelocityFlops(n, m, d, activation))
	}
	return sum * float64(p.steps[len(p.steps)-1])
}

// kernelWork are those of the kernels' solutions.
func (p *Parameters) kernelWork(d, n int) float64 {
	problem, err := p.ProblemIn(d)
	if err != nil || !p.solved(problem, n) {
		return 0
	}
	products := 0.0
	if p.Targets == Mean { // a factorisation, an inverse and a product for each degree, slower than fused kernels by half
		cubes := 0.0
		for _, name := range p.Predictors {
			if name == NTK || name == Best {
				cubes += float64(len(p.ridges)) * (1 + 2*float64(len(p.terms))) * 1.5
			}
		}
		return cubes * float64(n) * float64(n) * float64(n)
	}
	for _, name := range p.Predictors {
		switch name {
		case NTK, Best:
			kernel, ridges := p.kernel(problem, name, float64(n))
			products += problem.Expected(kernel, n, slices.Min(ridges), tolerance) + float64(len(p.terms)+1)*float64(len(ridges))
		case Floor:
			only := ridge.Kernel{Weights: make([]float64, len(problem.Terms()))}
			only.Weights[len(only.Weights)-1] = 1
			products += problem.Expected(only, n, 0, tolerance)
		}
	}
	return products * problem.ProductFlops(n)
}

// Memory is what the largest cell holds.
func (p *Parameters) Memory() bench.Memory {
	var memory bench.Memory
	widest := p.Widths[len(p.Widths)-1]
	last := len(p.Dims) - 1
	d := float64(p.Dims[last])
	if slices.Contains(p.Predictors, Network) {
		n := 0
		for _, sizes := range p.sizes {
			n = max(n, sizes[len(sizes)-1])
		}
		memory = append(memory, bench.MemoryPart{Key: "samples", Value: n, Bytes: float64(n) * (8*d + 8*d + 4*d + 8*d + 4*d + 64), Lower: "it"})
		memory = append(memory, bench.MemoryPart{Key: "widths", Value: widest, Bytes: float64(widest) * (8*3 + 4*4) * d, Lower: "it"})
	}
	if p.KernelLimit > 0 {
		solved := 0
		for _, sizes := range p.sizes {
			for _, n := range sizes {
				if n <= p.KernelLimit {
					solved = max(solved, n)
				}
			}
		}
		bytes := 8*float64(solved)*2*d + ridge.SolverMemory(solved, p.Dims[last], len(p.ridges))
		if problem, err := p.ProblemIn(p.Dims[last]); err == nil && p.Targets == Mean {
			bytes += problem.MeanMemory(min(solved, ridge.MeanLimit))
		}
		memory = append(memory, bench.MemoryPart{Key: "kernel-limit", Value: p.KernelLimit, Bytes: bytes, Lower: "it"})
	}
	memory = append(memory, bench.MemoryPart{Key: "draws", Value: p.Draws, Bytes: 300 * float64(p.Rows()), Lower: "it"})
	return memory
}

// Rows is how many rows compare.csv will have.
func (p *Parameters) Rows() int {
	rows := 0
	for i, sizes := range p.sizes {
		for _, n := range sizes {
			rows += p.Draws * p.rowsOf(p.Dims[i], n)
		}
	}
	return rows
}

// PlanRow is what one dimension and number of samples will take.
type PlanRow struct {
	Dim, Samples, Cells     int
	NetworkSeconds, Kernels float64 // of all draws
	KernelsSolved           bool
}

// Plan measures the rates of this machine for about a second and scales them.
func (p *Parameters) Plan(ctx context.Context, workers int) ([]PlanRow, error) {
	var rows []PlanRow
	for i, d := range p.Dims {
		train, solve, err := p.rates(ctx, d, workers)
		if err != nil {
			return nil, err
		}
		for _, n := range p.sizes[i] {
			draws := float64(p.Draws)
			rows = append(rows, PlanRow{
				Dim: d, Samples: n, Cells: p.Draws, KernelsSolved: p.kernelWork(d, n) > 0,
				NetworkSeconds: draws * (p.networkWork(d, n)*train + float64(n)*float64(d)*2e-8), Kernels: draws * p.kernelWork(d, n) * solve,
			})
		}
	}
	return rows, nil
}

// rates measures seconds a flop of training and of solving in dimension d.
func (p *Parameters) rates(ctx context.Context, d, workers int) (train, solve float64, err error) {
	problem, err := p.ProblemIn(d)
	if err != nil {
		return 0, 0, err
	}
	task, err := p.task(problem)
	if err != nil {
		return 0, 0, err
	}
	one := *p
	// A narrow network has the rate of a wide one and takes a second, so that a plan also stops within one.
	narrow := []int{min(p.Widths[len(p.Widths)-1], 1024)}
	one.Widths, one.steps, one.times, one.ridges = narrow, []int64{4}, []float64{4 * p.Eta}, []float64{1}
	one.Predictors, one.KernelLimit, one.Targets = []string{Network}, MaxKernelLimit, ""
	n := 2048
	samples := task.Samples(n, 0, 0)
	start := time.Now()
	if _, err := one.networks(ctx, problem, task, samples, 0, workers, keeping{}); err != nil {
		return 0, 0, err
	}
	train = time.Since(start).Seconds() / one.networkWork(d, n)
	one.Predictors = []string{NTK}
	start = time.Now()
	rows, err := one.kernelRows(ctx, problem, first1024(samples), workers)
	if err != nil {
		return 0, 0, err
	}
	products := float64(rows[0].Iterations + len(p.terms) + 1)
	return train, time.Since(start).Seconds() / (products * problem.ProductFlops(1024)), nil
}

// first1024 are the first 1024 samples.
func first1024(s *particles.Samples) *particles.Samples {
	return &particles.Samples{X: s.X[:1024*s.D], Y: s.Y[:1024], N: 1024, D: s.D}
}

// WritePlan writes the plan as a table.
func WritePlan(w io.Writer, rows []PlanRow) error {
	if _, err := fmt.Fprintln(w, "dim,samples,draws,network_seconds,kernel_seconds"); err != nil {
		return err
	}
	for _, r := range rows {
		kernels := strconv.FormatFloat(r.Kernels, 'g', 3, 64)
		if !r.KernelsSolved {
			kernels = ""
		}
		if _, err := fmt.Fprintf(w, "%d,%d,%d,%s,%s\n", r.Dim, r.Samples, r.Cells, strconv.FormatFloat(r.NetworkSeconds, 'g', 3, 64), kernels); err != nil {
			return err
		}
	}
	return nil
}

// Seconds is the sum of a plan.
func Seconds(rows []PlanRow) float64 {
	sum := 0.0
	for _, r := range rows {
		sum += r.NetworkSeconds
		if r.KernelsSolved {
			sum += r.Kernels
		}
	}
	return math.Max(sum, 0)
}
