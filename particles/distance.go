package particles

import (
	"context"
	"slices"
)

// Distance2 returns ||f_u - f_w||^2 for networks of the k particles u and the m
// particles w.
func (f *Population) Distance2(ctx context.Context, u []float64, k int, w []float64, m int) (float64, error) {
	if slices.Equal(u, w) {
		return 0, nil
	}
	a, err := f.SelfEnergy(ctx, u, k)
	if err != nil {
		return 0, err
	}
	b, err := f.SelfEnergy(ctx, w, m)
	if err != nil {
		return 0, err
	}
	cross, err := f.CrossEnergy(ctx, u, k, a, w, m, b)
	return max(0, a-2*cross+b), err // rounding may leave less than nothing; NaN stays
}

// CrossEnergy returns E f_u(x) f_w(x) = mean_ij q(<u_i, w_j>), given the
// SelfEnergy of each network: it is what the network of both has beyond them,
// and so linear in the number of particles where the moment form is.
func (f *Population) CrossEnergy(ctx context.Context, u []float64, k int, selfU float64, w []float64, m int, selfW float64) (float64, error) {
	both, err := f.SelfEnergy(ctx, slices.Concat(u, w), k+m)
	if err != nil {
		return 0, err
	}
	x, y := float64(k), float64(m)
	return ((x+y)*(x+y)*both - x*x*selfU - y*y*selfW) / (2 * x * y), nil
}
