package theory

import (
	"fmt"

	"kac/bench"
	"kac/bench/gap"
	"kac/meanfield"
	"kac/particles"
)

// watchArrays of m x d are made beside a cell for the potential and the interaction energy. Measured, with garbage.
const watchArrays = 15.5

// Memory estimates what the finite networks hold at once; what the constants take is known when the
// reference is solved.
func (p *Parameters) Memory(problem particles.Expectations, workers int) bench.Memory {
	if len(p.Widths) == 0 {
		return nil
	}
	study := p.gapParameters()
	study.Rank, study.Dim = p.Rank, p.Dim
	at := gap.AtOnce(&study, problem, workers, func(m int) float64 {
		bytes := gap.CellMemory(&study, problem, m)
		if hasPotential(problem) {
			bytes += 8 * watchArrays * float64(m) * float64(p.Dim)
		}
		return bytes
	})
	return bench.Memory{
		{Key: "widths", Value: bench.Wholes(p.Widths, ","), Bytes: at, Lower: fmt.Sprintf("--widths, or --dim (%d)", p.Dim)},
		{Key: "seeds", Value: p.Seeds, Bytes: 2 * gradedPoints * 112 * float64(len(p.Widths)) * float64(p.Seeds), Lower: "--seeds"},
	}
}

// constantsMemory is what C(t), with gaps the other constants too, takes up to the last of the times, by the steps and
// nodes of its reference.
func constantsMemory(ref *meanfield.Reference, times []float64, means []float64, gaps bool, key string, value any) bench.Memory {
	bytes := ref.FluctuationMemory(times, means...)
	if gaps {
		bytes += ref.GapConstantsMemory(times)
	}
	return bench.Memory{{Key: key, Value: value, Bytes: bytes, Lower: "it, or raise --tolerance"}}
}

// Memory estimates what Figure 2 holds: a network beside its twins, and three numbers of every neuron at
// every time.
func (p *Figure2Parameters) Memory(problem particles.Expectations) bench.Memory {
	study := gap.Parameters{Dynamics: gap.DynamicsFlow, Form: "auto", Precision: bench.Float64}
	study.Dim = p.Dim
	m := float64(p.Width)
	return bench.Memory{{Key: "width", Value: p.Width, Lower: "it",
		Bytes: gap.CellMemory(&study, problem, p.Width) + 8*m*(4*float64(p.Dim)+4*float64(p.Points))}}
}
