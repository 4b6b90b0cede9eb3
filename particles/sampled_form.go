package particles

import (
	"fmt"
	"math"

	"kac/kernels"
)

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
