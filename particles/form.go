package particles

import (
	"fmt"
	"math"

	"kac/kernels"
)

// Form is a way to sum over all pairs of particles, or of particles and samples.
type Form int

const (
	Auto         Form = iota // the faster one, by a fixed rule
	PairwiseForm             // every pair: 4 m^2 d flops, or 4 n m d
	MomentForm               // moments of the monomials of a polynomial: linear in m, or in n + m
)

// String returns "auto", "pairwise" or "moment".
func (f Form) String() string {
	switch f {
	case Auto:
		return "auto"
	case PairwiseForm:
		return "pairwise"
	case MomentForm:
		return "moment"
	}
	return fmt.Sprintf("Form(%d)", int(f))
}

// ParseForm reads what String writes.
func ParseForm(name string) (Form, error) {
	for f := Auto; f <= MomentForm; f++ {
		if f.String() == name {
			return f, nil
		}
	}
	return Auto, fmt.Errorf("form %q: must be auto, pairwise or moment", name)
}

// PopulationForm is FormFor of a field of this form, precision, dimension and
// dual at the kernels' level.
func PopulationForm(form Form, precision Precision, m, d int, q kernels.Dual) Form {
	if form != Auto {
		return form
	}
	moment := kernels.PopulationByMoments[float32]
	if precision == Float64 {
		moment = kernels.PopulationByMoments[float64]
	}
	if moment(m, d, q, kernels.Level()) {
		return MomentForm
	}
	return PairwiseForm
}

// FormFor returns the form in which velocities of m particles over n samples
// are summed: the one asked for, or under Auto the one of fewer flops. The
// answer does not depend on it but for rounding. The bf16 precisions have sums
// over pairs only.
func (t *Task) FormFor(form Form, precision Precision, n, m int) Form {
	if form != Auto {
		return form
	}
	if !precision.BF16() && kernels.PrefersMoments(n, m, t.dim, t.activation.kernel) {
		return MomentForm
	}
	return PairwiseForm
}

// FormError returns nil, or why velocities of m particles over n samples cannot
// be summed in the form.
func (t *Task) FormError(form Form, precision Precision, n, m int) error {
	if form != MomentForm {
		return nil
	}
	if precision.BF16() {
		return fmt.Errorf("precision %v sums over all pairs of particles and samples", precision)
	}
	if math.IsInf(kernels.MomentForwardVelocityFlops(n, m, t.dim, t.activation.kernel), 1) {
		return fmt.Errorf("moments need a polynomial activation of degree 1 to 4 and at most 2^20 monomials; this is %s in dimension %d", t.activation, t.dim)
	}
	return nil
}
