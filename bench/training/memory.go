package training

import (
	"fmt"
	"math"

	"kac/bench"
	"kac/internal/portable"
	"kac/particles"
)

// Memory estimates what a run holds at once, its checkpoint included; gaps says that the three gaps are
// measured too.
func (s *Ready) Memory(workers int, gaps bool) bench.Memory {
	p := &s.Parameters
	number := 8.0
	if p.Precision != bench.Float64 {
		number = 4
	}
	list := plannedNetworks(p)
	d, all, widest, count := float64(p.Dim), 0.0, 0.0, 0.0
	for _, n := range list {
		all += float64(n.Width) * float64(n.Count)
		widest = math.Max(widest, float64(n.Width))
		count += float64(n.Count)
	}
	// Positions, in float64 too; the first draw; velocities; a checkpoint while it is written.
	networks := all*d*(number+8) + widest*d*(8+number) + all*d*8
	networks += s.kernelMemory(widest, number)
	if p.Evaluation == EvaluationClosed {
		networks += widest * 8 * 60
		if p.Reference == ReferenceWide { // two networks as one
			networks += 2 * widest * d * 8
		}
		if series, ok := s.Task.Activation().Series(); ok {
			networks += math.Min(bench.MomentMemory(series, p.Dim), 1<<30)
		}
	}
	key, value, lower := "widths", any(bench.Wholes(p.Widths, ",")), fmt.Sprintf("--widths, or --dim (%d)", p.Dim)
	if p.Reference == ReferenceWide {
		lower = fmt.Sprintf("--reference-width (%d neurons), --widths, or --dim (%d)", p.Wide, p.Dim)
		if p.Wide != 8*p.Widths[len(p.Widths)-1] { // somebody chose it
			key, value = "reference-width", p.Wide
		}
	}
	out := bench.Memory{
		{Key: key, Value: value, Bytes: networks, Lower: lower},
		{Key: "batch", Value: p.Batch, Bytes: float64(p.Batch) * (d + 2) * batchBytes(p), Lower: "--batch"},
		{Key: "points", Value: p.Points, Bytes: s.rowsMemory(), Lower: "--points, --repeats or --traced"},
	}
	if p.Samples > 0 && s.data == nil { // the user's are read already
		out = append(out, bench.MemoryPart{Key: "samples", Value: p.Samples, Bytes: float64(p.Samples) * (d + 2) * 8, Lower: "--samples"})
	}
	if p.Evaluation == EvaluationSamples {
		outputs := float64(p.Tests) * ((d+1)*(8+number) + count*number)
		part := bench.MemoryPart{Key: "test-samples", Value: p.Tests, Bytes: outputs, Lower: "--test-samples"}
		if s.data != nil { // the user's, in the precision of the networks
			part = bench.MemoryPart{Key: "data", Value: p.Inputs, Bytes: outputs - float64(p.Tests)*(d+1)*8, Lower: "the number of samples"}
		}
		out = append(out, part)
	}
	if s.heldOut != nil { // in the precision of the networks, and squares of errors
		out = append(out, bench.MemoryPart{Key: "test-data", Value: p.TestInputs, Bytes: float64(p.TestRows) * (d*number + 8), Lower: "the number of test inputs"})
	}
	if p.Reference == ReferenceReduced || p.Reference == ReferenceDescent || gaps {
		nodes := float64(max(p.Nodes, s.given.Nodes))
		out = append(out, bench.MemoryPart{Key: "reference-points", Value: max(p.Nodes, s.given.Nodes),
			Bytes: reducedMemory(s.Task, reducedReplicas*nodes+float64(p.Widths[len(p.Widths)-1]), 1, nodes), Lower: "--reference-points"})
	}
	if p.Reference == ReferenceExact { // twins
		out[0].Bytes += widest * (2*d + 60) * 8
	}
	if gaps {
		m := float64(max(p.Wide, s.given.Wide))
		out = append(out, bench.MemoryPart{Key: "reference-width", Value: max(p.Wide, s.given.Wide), Bytes: m*d*8*20 + s.kernelMemory(m, number), Lower: "--reference-width, the width of the data gap, or --widths"})
	}
	return out
}

// batchBytes is what a number of a batch takes: in float64, in the precision of the networks, and packed.
func batchBytes(p *Parameters) float64 {
	if p.precision().BF16() {
		return 24
	}
	return 16
}

// kernelMemory is what the kernels keep for a network of m particles: a block of products of particles and
// samples, chosen to stay in a cache as long as it can, and sums.
func (s *Ready) kernelMemory(m, number float64) float64 {
	samples := math.Floor(2<<20/number/m/64) * 64
	if samples < 64 {
		samples = 128
		if m*128*number > 16<<20 {
			samples = 512
		}
	}
	samples = math.Min(math.Min(samples, 2048), float64(s.Parameters.Batch)+64)
	d := float64(s.Parameters.Dim)
	bytes := m*samples*number + m*d*number + m*samples/48*number
	if number < 8 { // sums go on in float64
		bytes += m * d * 8
	}
	if s.Parameters.precision().BF16() { // parts of products and of particles
		bytes += m*samples*4 + 3*m*d*4
	}
	return bytes
}

// rowsMemory is that of rows, traced particles, histograms and snapshots, and of a checkpoint of them.
func (s *Ready) rowsMemory() float64 {
	p := &s.Parameters
	points, widths, repeats := float64(p.Points), float64(len(p.Widths)), float64(p.Repeats)
	rows := points * widths * repeats * 250
	traces := points * (widths + 1) * float64(p.Traced) * 120
	snapshots := 0.0
	for _, m := range p.Widths {
		snapshots += float64(len(p.Snapshots)) * float64(m) * float64(p.Dim) * 8
	}
	return 2 * (rows + traces + snapshots)
}

// reducedMemory is that of flows of so many points of a reduction in all, and of the partial moments of
// `fields` sums over nodes points.
func reducedMemory(task *particles.Task, points, fields, nodes float64) float64 {
	r := float64(task.Target().Rank())
	degree := 4.0
	if series, ok := task.Activation().Series(); ok {
		degree = float64(series.Degree())
	}
	a, _ := math.Lgamma(r + degree + 1)
	b, _ := math.Lgamma(r + 1)
	c, _ := math.Lgamma(degree + 1)
	terms := portable.Exp(a-b-c) * (degree/2 + 1) / 2
	return points*(r+1)*8*12.5 + fields*terms*nodes/256*8
}

// Memory estimates what SolveReduced holds at once.
func (p *ReducedParameters) Memory(task *particles.Task, workers int) bench.Memory {
	at := float64(min(max(workers, 1), p.Replicas))
	return bench.Memory{{Key: "reference-points", Value: p.Points, Bytes: reducedMemory(task, at*float64(p.Points), at, float64(p.Points)),
		Lower: "--reference-points"}}
}
