package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"

	"kac/kernels"
)

// Descent is the infinite-width network under projected descent of a step, as a Limit: exact, as the flow is. One step
// w <- normalise(w + eta nu(w)) moves a particle w = a v + c u by
//
//	a/c  <-  (a/c + eta c F'(a)) / (1 - eta a F'(a)),   F of the moments before the step
//
// (docs/mathematics.md (3.12); c > 0), while v and u stay. Its nodes are those of the smallest panels that the flow
// needed at any time, in both of the reference's solves: what these two differ by is the error. Times are multiples of
// the step.
//
// A Descent holds scratch and is not for concurrent use.
type Descent struct {
	reference *Reference
	step      float64
	steps     int64
	grids     [2]*descending // the coarser, the finer
	twins     *descending    // moved in the finer one's field
	rays      *Exact         // whose twins have the directions; their positions are not used
	apart     float64        // largest distance of the grids so far, in the risk and its parts
}

var _ Limit = (*Descent)(nil)

// ErrLongStep is wrapped where a step of descent takes a particle through the plane of the target: eta a F'(a) >= 1.
var ErrLongStep = errors.New("the step of descent is too long")

// descending are particles that descend: the nodes of a flow, or passive ones.
type descending struct {
	flow  *flow // positions, and moments and field at them (nodes only)
	tau   []float64
	slope []float64
}

// NewDescent makes the Limit at time 0, with twins that start at the points start, as those of NewLimit. Times end at
// the reference's Horizon. Errors: a step that is not positive and finite, and those of NewLimit.
func (r *Reference) NewDescent(step float64, start []float64) (*Descent, error) {
	if !(step > 0) || math.IsInf(step, 1) {
		return nil, fmt.Errorf("meanfield: a step of descent of %g; it must be positive and finite", step)
	}
	rays, err := r.NewLimit(start)
	if err != nil {
		return nil, err
	}
	d := &Descent{reference: r, step: step, rays: rays}
	ws := oneWorker()
	for grid := range d.grids {
		panels := r.leaves(grid)
		g := newDescending(newFlow(r.pathOf(grid).kernel, panels, ws), 0)
		for _, p := range panels {
			for n := range panelNodes {
				g.tau = append(g.tau, math.Asinh(math.Tan(p.theta(n))))
			}
		}
		g.slope = make([]float64, len(g.tau))
		g.look()
		d.grids[grid] = g
	}
	tau0 := rays.twins.tracer.in.Y()
	n := len(tau0)
	d.twins = newDescending(&flow{a: make([]float64, n), e: make([]float64, n), ws: ws}, n)
	copy(d.twins.tau, tau0)
	d.twins.place()
	d.compare()
	return d, nil
}

func newDescending(f *flow, n int) *descending {
	return &descending{flow: f, tau: make([]float64, n), slope: make([]float64, n)}
}

// look sets moments and field at the present nodes.
func (g *descending) look() {
	g.flow.moments(g.tau)
	g.flow.field.set(g.flow.m)
}

// place sets the positions.
func (g *descending) place() { kernels.TanhSech(g.flow.a, g.flow.e, g.tau, g.flow.ws) }

// far is where the step of tau is that of its limit at the poles, to rounding: c^2 < 2e-17.
const far = 20

// move makes one step in a field at the present positions. The state is tau = artanh(a), S = a/c = sinh(tau).
func (g *descending) move(eta float64, slope *curve) error {
	slope.evalAll(g.slope, g.flow.a, g.flow.e)
	for j, f := range g.slope {
		a, c := g.flow.a[j], math.Sqrt(g.flow.e[j])
		rest := 1 - float64(float64(eta*a)*f)
		switch {
		case !(rest > 0):
			return fmt.Errorf("%w: eta a F'(a) = %.3g at a = %.3g, and must stay below 1", ErrLongStep, 1-rest, a)
		case math.Abs(g.tau[j]) > far:
			g.tau[j] -= math.Copysign(math.Log(rest), a)
		default:
			g.tau[j] = math.Asinh((a/c + float64(float64(eta*c)*f)) / rest)
		}
	}
	return nil
}

// compare sets how far the grids have been apart.
func (d *Descent) compare() {
	a, b := d.grids[0].flow, d.grids[1].flow
	k, c := b.kernel, a.kernel
	x := max(math.Abs(k.risk(b.m)-c.risk(a.m)), math.Abs(k.targetOverlap(b.m)-c.targetOverlap(a.m)),
		math.Abs(k.selfEnergy(b.m)-c.selfEnergy(a.m)), k.leftOut(b.m)/margin)
	if !(x <= d.apart) {
		d.apart = x
	}
}

// Rank is r.
func (d *Descent) Rank() int { return d.reference.problem.Rank() }

// Time is the number of steps times their length.
func (d *Descent) Time() float64 { return float64(d.steps) * d.step }

// Advance makes the steps to time t. Errors: a time that is no multiple of the step, or not within [Time, Horizon]; a
// cancelled context; ErrLongStep.
func (d *Descent) Advance(ctx context.Context, t float64) error {
	goal := math.Round(t / d.step)
	h := d.reference.Horizon()
	switch {
	case !(math.Abs(t-goal*d.step) <= 1e-6*d.step):
		return fmt.Errorf("meanfield: descent in steps of %g is never at time %g", d.step, t)
	case goal < float64(d.steps) || t > h*(1+1e-12):
		return fmt.Errorf("meanfield: descent at time %g cannot move to %g (horizon %g)", d.Time(), t, h)
	}
	for ; d.steps < int64(goal); d.steps++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("meanfield: descent stopped after step %d: %w", d.steps, err)
		}
		fine := d.grids[1]
		if err := d.twins.move(d.step, &fine.flow.field.slope); err != nil {
			return fmt.Errorf("meanfield: twins: %w", err)
		}
		d.twins.place()
		for _, g := range d.grids {
			if err := g.move(d.step, &g.flow.field.slope); err != nil {
				return fmt.Errorf("meanfield: step %d: %w", d.steps+1, err)
			}
			g.look()
		}
		d.compare()
	}
	return nil
}

// RiskError bounds the error of Risk, SelfEnergy and MeanPotential so far, as Reference.RiskError does for the flow.
func (d *Descent) RiskError() float64 {
	return math.Max(margin*d.apart, least*d.reference.tolerance) + rounding*(1+d.reference.kernel.norm2)
}

// Risk is ||f - f*||^2, with a bound of its error.
func (d *Descent) Risk() (Estimate, error) {
	f := d.grids[1].flow
	return Estimate{Value: math.Max(0, f.kernel.risk(f.m)), Error: d.RiskError(), N: 1}, nil
}

// SelfEnergy is ||f||^2.
func (d *Descent) SelfEnergy() (float64, error) {
	f := d.grids[1].flow
	return f.kernel.selfEnergy(f.m), nil
}

// FromFlow is ||f - f_MF||^2, how far the steps have led from the flow at the same time.
func (d *Descent) FromFlow() (Estimate, error) {
	var gaps [2]float64
	for i, g := range d.grids {
		path, k := d.reference.pathOf(i), g.flow.kernel
		m := make([]float64, path.dim)
		if err := path.at(math.Min(d.Time(), path.end()), m); err != nil {
			return Estimate{}, err
		}
		for l, x := range g.flow.m {
			m[l] = x - m[l]
		}
		gaps[i] = math.Max(0, k.selfEnergy(m))
	}
	return Estimate{Value: gaps[1], Error: margin * math.Abs(gaps[1]-gaps[0]), N: 1}, nil
}

// Potential writes U(a_i) of m points. Errors: lengths that do not fit.
func (d *Descent) Potential(u, z []float64, m int) error {
	r := d.Rank()
	if len(u) != m || len(z) != m*(r+1) {
		return fmt.Errorf("meanfield: %d potentials of %d coordinates for %d points of R^%d", len(u), len(z), m, r+1)
	}
	field := &d.grids[1].flow.field
	for i := range u {
		a := alignment(z[i*(r+1) : i*(r+1)+r])
		u[i] = field.u.eval(a, a*a, (1-a)*(1+a))
	}
	return nil
}

// MeanPotential is the mean of Potential, added in the order of the points.
func (d *Descent) MeanPotential(z []float64, m int) (float64, error) { return meanPotential(d, z, m) }

// Gap is ||f_m - f||^2, without an error of its own: SelfEnergy and Potential are right to RiskError.
func (d *Descent) Gap(self float64, z []float64, m int) (Estimate, error) {
	e, err := Apart(self, z, m, d)
	return Estimate{Value: e, N: 1}, err
}

// Twins are (a v_i, c) of every twin.
func (d *Descent) Twins() []float64 {
	return d.rays.place(d.twins.flow.a, func(i int) float64 { return math.Sqrt(d.twins.flow.e[i]) })
}
