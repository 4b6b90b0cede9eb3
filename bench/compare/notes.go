package compare

import (
	"fmt"
	"math"
	"slices"

	"kac/meanfield/ridge"
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
				notes = append(notes, fmt.Sprintf("d = %d, n = %d: from %.0f samples on, the kernel's rank, ridge 0 without noise finds the target exactly", d, n, rank))
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

// Notes say what a reader of a study should know before it runs: those of equivalents, targets that no network reaches,
// n whose kernels are left out, and a horizon too early for the network to have learned.
func (p *Parameters) Notes(limits []Limit) []string {
	notes := p.EquivalentNotes()
	for i, d := range p.Dims {
		problem, err := p.ProblemIn(d)
		if err != nil {
			return notes
		}
		if left := problem.Unreachable(); left > 1e-6*problem.Norm2() && slices.Contains(p.Predictors, Network) {
			notes = append(notes, fmt.Sprintf("d = %d: no law of particles on the sphere has the moments h_k/s_k: networks of any width keep a risk of %.3g", d, left))
		}
		var above []int
		for _, n := range p.sizes[i] {
			if n > p.limit() && p.KernelLimit > 0 {
				above = append(above, n)
			}
		}
		if len(above) > 0 && p.solvesKernels() {
			notes = append(notes, fmt.Sprintf("d = %d: kernels are not solved on data for n above %d (%s); their equivalents are there", d, p.limit(), list(above)))
		}
		if i < len(limits) && slices.Contains(p.Predictors, Network) {
			if t, ok := limits[i].reaches(p.Level); !ok || p.Horizon < 1.5*t {
				notes = append(notes, fmt.Sprintf("d = %d: even the infinite network on the population has risk %.3g at the horizon %g; give more than 1.5 times the time that it takes to the level %.4g",
					d, limits[i].Risk[len(limits[i].Risk)-1], p.Horizon, p.Level))
			}
		}
	}
	return notes
}

// limit is the largest n whose kernels are solved on data.
func (p *Parameters) limit() int {
	if p.Targets == Mean {
		return min(p.KernelLimit, ridge.MeanLimit)
	}
	return p.KernelLimit
}

func (p *Parameters) solvesKernels() bool {
	return slices.ContainsFunc(p.Predictors, func(name string) bool { return name != Network })
}

// reaches returns the first of the times at which the risk is at most level.
func (l *Limit) reaches(level float64) (float64, bool) {
	for i, r := range l.Risk {
		if r <= level {
			return l.Time[i], true
		}
	}
	return 0, false
}

func list(numbers []int) string {
	text := ""
	for i, n := range numbers {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(n)
	}
	return text
}
