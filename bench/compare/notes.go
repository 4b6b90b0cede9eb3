package compare

import (
	"fmt"
	"math"
	"slices"
)

// EquivalentNotes say where kernels end, or nearly: what a reader of the table should know.
func (p *Parameters) EquivalentNotes() (notes []string) {
	if !slices.Contains(p.Predictors, NTK) && !slices.Contains(p.Predictors, Best) {
		return nil
	}
	interpolates := p.Noise == 0 || slices.Contains(p.ridges, 0)
	for i, d := range p.Dims {
		problem, err := p.ProblemIn(d)
		if err != nil || !interpolates {
			return nil
		}
		rank := problem.Rank(problem.NTK())
		for _, n := range p.sizes[i] {
			switch near := math.Abs(float64(n)/rank - 1); {
			case near < .05:
				notes = append(notes, fmt.Sprintf("d = %d, n = %d is near %.0f, the kernel's rank: at ridge 0 its matrix is nearly singular, and noise is amplified", d, n, rank))
			case float64(n) >= rank && p.Noise == 0:
				notes = append(notes, fmt.Sprintf("d = %d, n = %d: from %.0f samples on, the kernel's rank, ridge 0 without noise has no error at all", d, n, rank))
			case float64(n) >= rank:
				notes = append(notes, fmt.Sprintf("d = %d, n = %d: beyond %.0f samples, the kernel's rank, ridge 0 is least squares", d, n, rank))
			}
			if float64(n) >= 1.05*rank {
				break // so it is for all that follow
			}
		}
	}
	return notes
}
