package localsgd

import (
	"context"

	"golang.org/x/sync/errgroup"

	"kac/internal/rng"
)

// Replicas are independent copies of x_{k+1} = x_k - eta (f'(x_k) + noise) from a point: their positions after each of
// the given numbers of steps, increasing. Replica i has the random numbers of client i in round 0; workers change no
// bit.
func Replicas(ctx context.Context, f Line, noise Noise, eta, start float64, replicas int, steps []int, seed uint64, workers int) ([][]float64, error) {
	out := make([][]float64, len(steps))
	for i := range out {
		out[i] = make([]float64, replicas)
	}
	deviation := noise.deviation(1)
	const block = 256
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	for first := 0; first < replicas; first += block {
		group.Go(func() error {
			draws := make([]float64, steps[len(steps)-1])
			for i := first; i < min(first+block, replicas); i++ {
				if err := inner.Err(); err != nil {
					return err
				}
				s := rng.New(seed, rng.LocalNoise, uint64(i))
				noise.fill(&s, draws)
				x, k := start, 0
				for j, n := range steps {
					for ; k < n; k++ {
						x -= float64(eta * (f.Slope(x) + float64(deviation*draws[k])))
					}
					out[j][i] = x
				}
			}
			return nil
		})
	}
	return out, group.Wait()
}
