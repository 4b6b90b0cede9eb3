package meanfield

import (
	"context"
	"math"

	"kac/internal/ode"
	"kac/kernels"
)

// tracer moves passive particles in the field of a recorded path.
type tracer struct {
	path  *path
	field field
	m     []float64
	a, e  []float64 // positions at the last evaluation
	ws    *kernels.Workspace[float64]
	in    *ode.Integrator
}

// traceTolerance is per step on tau. Ahead of the front an error of tau grows
// like the Jacobian of the flow, (a_t/a_s)^(k-1), before it matters, and the
// motion is so slow there that steps are long and errors as large as they may
// be: the tolerance is near rounding. (Below it the path's own seams show.)
const traceTolerance = 1e-14

// newTracer starts particles at tau at time t.
func newTracer(p *path, t float64, tau []float64, ws *kernels.Workspace[float64]) (*tracer, error) {
	tr := tracerOf(p, len(tau), ws)
	var err error
	if tr.in, err = ode.New(ode.DOP853, tr.velocity, len(tau), combineOn(ws, ode.Options{RelTol: traceTolerance, AbsTol: traceTolerance})); err != nil {
		return nil, err
	}
	return tr, tr.in.Start(t, tau)
}

// velocity is d tau/dt = F'(a) in the recorded field; its signature is ode.Func.
func (tr *tracer) velocity(t float64, tau, dtau []float64) error {
	if err := tr.path.at(math.Min(t, tr.path.end()), tr.m); err != nil {
		return err
	}
	tr.field.set(tr.m)
	kernels.TanhSech(tr.a, tr.e, tau, tr.ws)
	tr.field.slope.evalAll(dtau, tr.a, tr.e)
	return nil
}

func tracerOf(p *path, particles int, ws *kernels.Workspace[float64]) *tracer {
	return &tracer{ws: ws, path: p, field: field{kernel: p.kernel}, m: make([]float64, p.kernel.rank), a: make([]float64, particles), e: make([]float64, particles)}
}

// advance moves the particles to time t.
func (tr *tracer) advance(ctx context.Context, t float64) error { return tr.in.Advance(ctx, t) }

// newVariational starts a tracer at time 0 whose second half of the state is
// log(d tau_t/d tau_0), which grows at the rate e d2F(a).
func newVariational(p *path, tau0 []float64) (*tracer, error) {
	return newVariationalTo(traceTolerance, p, tau0)
}

// newVariationalTo is newVariational to a tolerance per step.
func newVariationalTo(tolerance float64, p *path, tau0 []float64) (*tracer, error) {
	n := len(tau0)
	tr := tracerOf(p, n, oneWorker())
	f := func(t float64, y, dy []float64) error {
		if err := tr.path.at(math.Min(t, tr.path.end()), tr.m); err != nil {
			return err
		}
		tr.field.set(tr.m)
		tr.field.curvature()
		kernels.TanhSech(tr.a, tr.e, y[:n], tr.ws)
		tr.field.slope.evalAll(dy[:n], tr.a, tr.e)
		tr.field.second.evalAll(dy[n:], tr.a, tr.e)
		for j, e := range tr.e {
			dy[n+j] *= e
		}
		return nil
	}
	var err error
	if tr.in, err = ode.New(ode.DOP853, f, 2*n, combineOn(tr.ws, ode.Options{RelTol: tolerance, AbsTol: tolerance})); err != nil {
		return nil, err
	}
	y := make([]float64, 2*n)
	copy(y, tau0)
	return tr, tr.in.Start(0, y)
}
