package xor

import (
	"context"
	"math"

	"kac/particles/xor"
)

// mostSpectral is up to how many samples a dimension the spectral predictor is looked at.
const mostSpectral = 64

// spectral counts the samples of a seed until the spectral predictor's test error is at the level; NaN: not by
// mostSpectral d. It is looked at every quarter of d from d on, below which eigenvectors know nothing of the two
// coordinates.
func spectral(ctx context.Context, p *Parameters, level float64, seed uint64) (float64, error) {
	test, err := tester[float64](p)
	if err != nil {
		return 0, err
	}
	s := xor.NewSpectral(p.Dim, seed)
	s.Draw(p.Dim)
	for every := max(1, p.Dim/4); s.Samples() <= mostSpectral*p.Dim; s.Draw(every) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if s.Error(test.X, test.Y) <= level {
			return float64(s.Samples()), nil
		}
	}
	return math.NaN(), nil
}

// spectralWork is about the work of spectral: 16 looks of Lanczos' steps.
func spectralWork(p *Parameters) float64 {
	d := float64(p.Dim)
	return 16*128*d*d + 16*4*d*float64(p.tests())
}
