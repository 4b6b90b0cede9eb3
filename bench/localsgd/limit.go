package localsgd

import (
	"context"
	"errors"
	"math"

	ideal "kac/meanfield/localsgd"
	"kac/particles/localsgd"
)

// limitRow is infinitely many clients (or no noise) after a round.
type limitRow struct {
	x                    []float64
	gap, gapError        float64 // F(x) - F*
	constant, constError float64 // of M E|x_M - x|²
	exact, exactError    float64 // E F(x_M) - F*, where all moments are known; NaN elsewhere
}

// limits are rounds 0 to R of an algorithm; nil where no reference is known.
func (p *Parameters) limits(ctx context.Context, f localsgd.Objective, a *localsgd.Algorithm, clients int, progress func(float64)) ([]limitRow, error) {
	switch f := f.(type) {
	case localsgd.OnLine:
		return p.lineLimits(ctx, f, a, clients, progress)
	case *localsgd.Quadratics:
		return p.quadraticLimits(ctx, f, a, clients)
	}
	return nil, nil
}

// lineLimits are those of the maps Phi_K; a share of the clients makes the constant larger, all being equal.
func (p *Parameters) lineLimits(ctx context.Context, f localsgd.OnLine, a *localsgd.Algorithm, clients int, progress func(float64)) ([]limitRow, error) {
	var rounds []ideal.Limit
	var err error
	switch a.Name {
	case localsgd.LocalSGD:
		rounds, err = ideal.Rounds(ctx, f.Line, &p.noise, a.Eta, a.Beta, a.LocalSteps, p.Rounds, p.Start, progress)
	case localsgd.MinibatchSGD: // one step whose noise is the mean of K
		one := p.noise
		one.Law, one.Sigma = localsgd.GaussianNoise, p.noise.Sigma/math.Sqrt(float64(a.LocalSteps)) // no more than its variance counts
		if p.noise.Law == localsgd.NoNoise {
			one.Sigma = 0
		}
		rounds, err = ideal.Rounds(ctx, f.Line, &one, a.Eta, 1, 1, p.Rounds, p.Start, progress)
	default:
		return nil, nil
	}
	if errors.Is(err, ideal.ErrNoMap) || errors.Is(err, ideal.ErrTooFine) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	scale := 1.0
	if a.Share < 1 {
		scale = float64(clients) / math.Max(math.Round(a.Share*float64(clients)), 1)
	}
	out := make([]limitRow, len(rounds))
	for i, l := range rounds {
		out[i] = limitRow{x: []float64{l.X}, gap: f.Value(l.X), gapError: math.Abs(f.Slope(l.X))*l.XError + 0x1p-50*f.Value(l.X), constant: scale * l.Constant, constError: scale * l.ConstError, exact: math.NaN(), exactError: math.NaN()}
	}
	return out, nil
}

// quadraticLimits are those of the mean and the covariance.
func (p *Parameters) quadraticLimits(ctx context.Context, f *localsgd.Quadratics, a *localsgd.Algorithm, clients int) ([]limitRow, error) {
	q := &ideal.Quadratic{Objective: f, Eta: a.Eta, Beta: a.Beta, Sigma: p.noise.Sigma, LocalSteps: a.LocalSteps, Start: p.start()}
	if p.noise.Law == localsgd.NoNoise {
		q.Sigma = 0
	}
	moments, err := abandoned(ctx, func() ([]ideal.Moments, error) { return ideal.MomentsOf(ctx, q, a, p.Rounds) })
	if moments == nil || err != nil {
		return nil, err
	}
	m := float64(clients)
	out := []limitRow{{x: p.start(), gap: f.Excess(p.start()), exact: f.Excess(p.start())}}
	for _, r := range moments {
		out = append(out, limitRow{x: r.Mean, gap: r.GapMean, gapError: r.GapError, constant: m * r.Noise2, constError: m * r.DistanceError, exact: r.Gap, exactError: r.GapError})
	}
	return out, nil
}
