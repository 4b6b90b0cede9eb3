package gap

import (
	"context"
	"fmt"
	"slices"

	"kac/bench"
	"kac/particles"
)

// ReadInitial reads the particles that the networks start from, if a file has them: every network those of its first
// rows. It comes before Check. Errors but the context's are InputErrors.
func (p *Parameters) ReadInitial(ctx context.Context) (notes []string, err error) {
	if p.Initial == "" {
		if p.InitialTensor != "" {
			return nil, bench.Refuse("initial-tensor", p.InitialTensor, "only with initial")
		}
		return nil, nil
	}
	file := bench.NetworkFile{Path: p.Initial, Tensor: p.InitialTensor}
	n, err := file.ReadNetwork(ctx, "initial", p.Dim)
	if err != nil {
		return nil, err
	}
	p.Dim, p.InitialSum, p.initial = n.D, file.Sum, n
	return n.Notes, nil
}

// checkInitial holds the file against widths, seeds and problem.
func (p *Parameters) checkInitial(problem particles.Expectations) error {
	if p.Initial == "" || p.initial == nil { // of a record: its numbers are not needed
		return nil
	}
	n := p.initial
	if widest := p.Widths[len(p.Widths)-1]; widest > n.M {
		return bench.Refuse("widths", bench.Wholes(p.Widths, ","), "%s has %d rows, and width %d needs %d; networks are its first rows", p.Initial, n.M, widest, widest)
	}
	if p.Seeds != 1 {
		return bench.Refuse("seeds", p.Seeds, "all seeds would be the one network of %s; give 1", p.Initial)
	}
	if n.D != p.Dim {
		return bench.Refuse("initial", p.Initial, "it is %d x %d, of rows of %d numbers where dimension %d needs %d", n.M, n.D, n.D, p.Dim, p.Dim)
	}
	return n.CheckTwins("initial", p.Initial, p.Widths[len(p.Widths)-1], problem.Rank())
}

// start is the network of a width and seed at time 0.
func (p *Parameters) start(width int, seed uint64) (*particles.Ensemble[float64], error) {
	if p.Initial == "" {
		return particles.NewUniform(width, p.Dim, seed), nil
	}
	if p.initial == nil || p.initial.M < width || p.initial.D != p.Dim {
		return nil, fmt.Errorf("the particles of %s have not been read", p.Initial)
	}
	return &particles.Ensemble[float64]{W: slices.Clone(p.initial.W[:width*p.Dim]), M: width, D: p.Dim}, nil
}

// readInitial reads the particles of a study file's networks; without a key of their own there is one seed.
func (d *Declared) readInitial(values map[string]any) (*bench.Network, error) {
	p := Parameters{Initial: d.Initial, InitialTensor: d.InitialTensor}
	if _, err := p.ReadInitial(context.Background()); err != nil || p.initial == nil {
		return nil, err
	}
	if _, given := values["seeds"]; !given {
		d.Seeds = 1
	}
	d.InitialSum = p.InitialSum
	return p.initial, nil
}
