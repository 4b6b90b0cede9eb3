package training

import (
	"context"
	"slices"

	"kac/bench"
	"kac/kernels"
	"kac/particles"
)

// readInitial reads the particles that the networks start from, if a file has them: every network those of its first
// rows, the wide one too. It comes after check, which settles dimension and widths.
func (p *Parameters) readInitial(ctx context.Context, rank int) (*bench.Network, error) {
	if p.Initial == "" {
		if p.InitialTensor != "" {
			return nil, bench.Refuse("initial-tensor", p.InitialTensor, "only with initial")
		}
		return nil, nil
	}
	switch {
	case p.Shared:
		return nil, bench.Refuse("initial", p.Initial, "not together with shared-reference, whose repeats are other particles of one network")
	case p.Vary == VaryParticles && p.Repeats > 1:
		return nil, bench.Refuse("initial", p.Initial, "all repeats start from it, so that nothing would vary; leave vary out, or give data")
	}
	file := bench.NetworkFile{Path: p.Initial, Tensor: p.InitialTensor}
	n, err := file.ReadNetwork(ctx, "initial", p.Dim)
	if err != nil {
		return nil, err
	}
	widest := p.Widths[len(p.Widths)-1]
	if widest > n.M {
		return nil, bench.Refuse("widths", widest, "%s has %d rows; networks are its first rows", p.Initial, n.M)
	}
	if p.Reference == ReferenceWide && p.Wide > n.M {
		return nil, bench.Refuse("initial", p.Initial, "it has %d rows, and the wide reference needs %d; give reference-width, or another reference", n.M, p.Wide)
	}
	p.InitialSum = file.Sum
	if p.Reference == ReferenceWide {
		return n, nil
	}
	return n, n.CheckTwins("initial", p.Initial, widest, rank)
}

// startingFrom returns networks of the first rows of n, or random ones if there is none.
func startingFrom[T kernels.Float](n *bench.Network, widths []int, d int, seed uint64) []*particles.Ensemble[T] {
	if n == nil {
		return particles.NewEnsembles[T](widths, d, seed)
	}
	list := make([]*particles.Ensemble[T], len(widths))
	for i, m := range widths {
		list[i] = &particles.Ensemble[T]{W: inPrecision[T](n.W[:m*d]), M: m, D: d}
	}
	return list
}

// firstParticles are the m x d coordinates of a network at time 0.
func firstParticles(n *bench.Network, m, d int, seed uint64) []float64 {
	if n == nil {
		return particles.NewUniform(m, d, seed).W
	}
	return slices.Clone(n.W[:m*d])
}
