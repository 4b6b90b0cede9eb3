package distance

import (
	"context"

	"kac/kernels"
	"kac/particles"
)

// weighted returns ||f||^2 = mean_ij a_i a_j q(<w_i, w_j>) and E f* f = mean_i a_i G(w_i) of the network
// f = (1/m) sum_i a_i sigma(<w_i, x>). m^2 d flops, in blocks of rows whose sums are added in order, so that the number
// of workers changes nothing.
func weighted(ctx context.Context, problem particles.Expectations, w, a []float64, m, workers int) (self, overlap float64, err error) {
	q, target, d := problem.Dual(), problem.Overlap(), problem.Dim()
	rows, overlaps := make([]float64, m), make([]float64, m)
	err = parallel(ctx, m, workers, func(i int) {
		at := w[i*d : (i+1)*d]
		sum := 0.0
		for j := range m {
			v, _, _ := q.Eval(min(1, max(-1, kernels.Dot(at, w[j*d:(j+1)*d]))))
			sum += float64(a[j] * v)
		}
		rows[i], overlaps[i] = a[i]*sum, a[i]*target.Value(at)
	})
	return kernels.Sum(rows) / (float64(m) * float64(m)), kernels.Sum(overlaps) / float64(m), err
}
