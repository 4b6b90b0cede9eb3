package meanfield

import (
	"context"
	"errors"
	"math"
)

// Expansions that end are taken whole. Of one that does not (ReLU: q_l falls like l^-4), a solve takes so many terms
// that those of the upper half contribute little to the risk at any time: what they meet is q_l m_l, and m_l is small
// until particles reach the pole.
const (
	fewestTerms = 24
	keptShare   = 0.3 // of the tolerance, for the upper half
	moreTerms   = 1.5 // from solve to solve: the distance of two shows what the coarser leaves out
)

// errMoreTerms stops a solve that only asks whether its terms are enough.
var errMoreTerms = errors.New("more terms are needed")

// endless says whether the expansion goes on beyond the spectrum's terms.
func (s *solver) endless() bool {
	return s.spectrum != nil && s.spectrum.Tail+s.spectrum.OverlapTail > 0
}

// chooseTerms sets the number of terms of the first solve, by loose solves of ever more that end as soon as they see
// too much in the upper half.
func (s *solver) chooseTerms(ctx context.Context) error {
	s.terms = len(s.spectrum.Q)
	if !s.endless() {
		return nil
	}
	most := int(float64(s.terms) / moreTerms)
	for terms := fewestTerms; terms < most; terms += terms / 2 {
		r := s.level(0, nil)
		r.kernel, r.tol, r.keep = newSpectral(s.spectrum, terms), loosest, keptShare*s.opt.Tolerance
		err := r.integrate(ctx, s.horizon)
		s.stats.Evaluations += r.stats.Evaluations
		switch {
		case err == nil:
			s.terms = terms
			return nil
		case !errors.Is(err, errMoreTerms):
			return s.cause(ctx, err, nil)
		}
	}
	s.terms = most
	return nil
}

// kernelOf returns the kernel of solve number i.
func (s *solver) kernelOf(i int) *kernel {
	if s.spectrum == nil {
		return s.kernel
	}
	terms := float64(s.terms)
	if s.endless() {
		for range i {
			terms *= moreTerms
		}
	}
	return newSpectral(s.spectrum, int(math.Min(terms, float64(len(s.spectrum.Q)))))
}

// exhausted says whether a solve has all terms there are of an endless expansion.
func (s *solver) exhausted(r *run) bool { return s.endless() && r.kernel.rank == len(s.spectrum.Q) }

// leftOut bounds what the degrees beyond the kernel's would contribute to the risk for the moments m; none where the
// expansion ends.
func (k *kernel) leftOut(m []float64) float64 {
	if k.spectral == nil || !k.endless {
		return 0
	}
	return k.spectral.last(m)
}
