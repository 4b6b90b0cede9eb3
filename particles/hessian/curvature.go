package hessian

import (
	"context"
	"fmt"

	"kac/kernels"
)

// Curvature is the second order of the loss on a fixed sample: local and
// interaction Hessians with the mean over n rows of X for the expectation. It
// holds scratch and is not for concurrent use.
type Curvature struct {
	X          []float64 // N x D
	Y          []float64 // N
	N, D       int
	Activation kernels.Activation
	Second     []float64 // second-layer weights a, one per particle; nil: ones

	ws *kernels.Workspace[float64]
}

// NewCurvature returns the curvature of the loss on x (n x d) and y (n).
// workers <= 0 means one per processor. Errors: lengths that do not fit.
func NewCurvature(x, y []float64, n, d int, act kernels.Activation, second []float64, workers int) (*Curvature, error) {
	if n < 1 || d < 1 || len(x) != n*d || len(y) != n {
		return nil, fmt.Errorf("curvature on a sample: lengths %d and %d for %d samples of dimension %d", len(x), len(y), n, d)
	}
	return &Curvature{X: x, Y: y, N: n, D: d, Activation: act, Second: second, ws: kernels.NewWorkspace[float64](workers)}, nil
}

// Close releases the workers.
func (c *Curvature) Close() { c.ws.Close() }

func (c *Curvature) check(what string, m int, lengths ...int) error {
	for _, l := range lengths {
		if m < 1 || l != m*c.D {
			return fmt.Errorf("%s: %d numbers for %d particles of dimension %d", what, l, m, c.D)
		}
	}
	if c.Second != nil && len(c.Second) != m {
		return fmt.Errorf("%s: %d second-layer weights for %d particles", what, len(c.Second), m)
	}
	return nil
}

// LocalHessians writes the symmetric local Hessians on the sample, packed
// (m x d(d+1)/2), of the particles w (m x d); formula as kernels.LocalHessian,
// with r = y - f_m. Errors: lengths that do not fit, a cancelled context.
func (c *Curvature) LocalHessians(ctx context.Context, D, w []float64, m int) error {
	if err := c.check("local Hessians on a sample", m, len(w)); err != nil {
		return err
	}
	if len(D) != m*kernels.PackedLen(c.D) {
		return fmt.Errorf("local Hessians on a sample: %d numbers for %d packed matrices of dimension %d", len(D), m, c.D)
	}
	c.ws.StopWhen(ctx.Done())
	defer c.ws.StopWhen(nil)
	r := make([]float64, c.N)
	kernels.Forward(r, c.X, w, c.Second, c.N, m, c.D, c.Activation, c.ws)
	for i, y := range c.Y {
		r[i] = y - r[i]
	}
	kernels.LocalHessian(D, c.X, w, c.Second, r, c.N, m, c.D, c.Activation, c.ws)
	return stopped(ctx, "local Hessians on a sample")
}

// Interaction writes (H Delta)_i = (1/m) sum_j H(w_i, w_j) Delta_j (m x d) on
// the sample, and returns the response of the network's output to the
// displacement (n),
//
//	s_x = (1/m) sum_j a_j sigma'(<w_j, x>) <P_j Delta_j, x>,   (H Delta)_i = P_i a_i (1/n) sum_x s_x sigma'(<w_i, x>) x
//
// for any activation. In the first sum particles are samples: rows (w_j, P_j
// Delta_j) of length 2d, seen from (x, 0), put <w_j, x> into sigma' and
// accumulate Delta_j. 12 n m d flops. Errors: lengths that do not fit, a
// cancelled context.
func (c *Curvature) Interaction(ctx context.Context, out, delta, w []float64, m int) (response []float64, err error) {
	if err := c.check("interaction Hessian on a sample", m, len(out), len(delta), len(w)); err != nil {
		return nil, err
	}
	c.ws.StopWhen(ctx.Done())
	defer c.ws.StopWhen(nil)
	d, n := c.D, c.N
	tangent := append([]float64(nil), delta...)
	kernels.ProjectTangent(tangent, w, m, d, c.ws)
	both, seen, mean := make([]float64, m*2*d), make([]float64, n*2*d), make([]float64, n*2*d)
	weight := c.Second
	if weight == nil {
		weight = make([]float64, m)
		for j := range weight {
			weight[j] = 1
		}
	}
	for j := range m {
		copy(both[2*j*d:], w[j*d:(j+1)*d])
		copy(both[(2*j+1)*d:], tangent[j*d:(j+1)*d])
	}
	for i := range n {
		copy(seen[2*i*d:], c.X[i*d:(i+1)*d])
	}
	kernels.Velocity(mean, both, seen, nil, weight, m, n, 2*d, c.Activation, c.ws)
	response = make([]float64, n)
	for i := range response {
		response[i] = kernels.Dot(c.X[i*d:(i+1)*d], mean[(2*i+1)*d:(2*i+2)*d])
	}
	kernels.Velocity(out, c.X, w, c.Second, response, n, m, d, c.Activation, c.ws)
	kernels.ProjectTangent(out, w, m, d, c.ws)
	return response, stopped(ctx, "interaction Hessian on a sample")
}
