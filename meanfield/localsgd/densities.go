package localsgd

import (
	"context"

	"kac/particles/localsgd"
)

// Densities returns the density of x_k at the points, for the given numbers of steps of Chain, increasing and above 1:
// the last step's integral over the nodes, taken at the points.
func Densities(ctx context.Context, f localsgd.Line, eta, sigma, start float64, steps []int, points []float64) ([][]float64, error) {
	if err := checkSteps(steps); err != nil {
		return nil, err
	}
	last := steps[len(steps)-1]
	d, err := newDensity(f, eta, eta*sigma, start, last, 13)
	if err != nil {
		return nil, err
	}
	d.descent = start
	var out [][]float64
	for k := 1; k <= last; k++ {
		if k == steps[len(out)] {
			row := make([]float64, len(points))
			for i, y := range points {
				if k == 1 {
					row[i] = d.gauss(y - (start - eta*f.Slope(start)))
					continue
				}
				for j, p := range d.p {
					row[i] += p * d.w[j] * d.gauss(y-d.moved[j])
				}
			}
			out = append(out, row)
		}
		d.step(k)
		if k%64 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
