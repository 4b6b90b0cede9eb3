package gap

import (
	"fmt"
	"slices"

	"kac/bench"
	"kac/particles"
)

// Arrays of m x d numbers that a cell holds: those of the integrator, the network and the directions of its
// particles; what the kernels add where they go through pairs, and in lower precision. Measured.
const (
	flowArrays    = 12.5
	descentArrays = 4.5
	pairArrays    = 3.5
	lowArrays     = 2.5
	pairNumbers   = 45.0 // a particle: partial sums over chunks
	twinNumbers   = 26.0 // a particle: the twins' integrator
)

// rowBytes is what a row of the table takes, in its cell and while it is summarised.
const rowBytes = 112

// CellMemory estimates the bytes that one network of the study holds while it runs.
func CellMemory(p *Parameters, problem particles.Expectations, width int) float64 {
	m, d, q := float64(width), float64(p.Dim), problem.Dual()
	arrays, numbers := flowArrays, twinNumbers
	if p.Dynamics == DynamicsDescent {
		arrays = descentArrays
	}
	form, _ := particles.ParseForm(p.Form)
	precision, err := particles.ParsePrecision(p.Precision)
	moment := particles.PopulationForm(form, precision, width, p.Dim, q) == particles.MomentForm
	if err == nil && precision != particles.Float64 {
		arrays += lowArrays
		if precision.BF16() && moment { // sums over pairs all the same, and moments for the energies
			arrays, numbers = arrays+pairArrays, numbers+pairNumbers
		}
	}
	tensors := 0.0
	if moment {
		tensors = bench.MomentMemory(problem.Activation(), p.Dim)
	} else {
		arrays, numbers = arrays+pairArrays, numbers+pairNumbers
	}
	return 8*(m*d*arrays+m*numbers) + tensors
}

// Memory estimates what a run of checked parameters holds at once: the cells that run side by side, and all rows.
func (p *Parameters) Memory(problem particles.Expectations, workers int) bench.Memory {
	at := AtOnce(p, problem, workers, func(m int) float64 { return CellMemory(p, problem, m) })
	coordinates := 0.0
	for _, m := range p.Widths {
		coordinates += float64(m) * float64(p.Dim) * float64(p.Seeds)
	}
	at += 8 * min(coordinates, mostQueued+float64(p.Widths[len(p.Widths)-1]*p.Dim)) // last particles that wait for a save
	rows := rowBytes * float64(len(p.Widths)) * float64(p.Seeds) * float64(p.Points)
	return bench.Memory{
		{Key: "widths", Value: bench.Wholes(p.Widths, ","), Bytes: at, Lower: fmt.Sprintf("--widths, or --dim (%d)", p.Dim)},
		{Key: "points", Value: p.Points, Bytes: rows, Lower: "--points, --seeds or the number of widths"},
	}
}

// AtOnce is what the cells take that Study.Run has side by side, by what each of them takes: the wide ones
// one after another, the others one on each worker.
func AtOnce(p *Parameters, problem particles.Expectations, workers int, cell func(width int) float64) float64 {
	most, side := 0.0, 0.0
	left := workers
	if len(p.Widths)*p.Seeds < workers {
		left = 1
	}
	for _, m := range slices.Backward(p.Widths) {
		one := cell(m)
		if m*problem.Dim() > largeCell {
			most = max(most, one)
			continue
		}
		n := min(left, p.Seeds)
		side += float64(n) * one
		if left -= n; left == 0 {
			break
		}
	}
	return max(most, side)
}
