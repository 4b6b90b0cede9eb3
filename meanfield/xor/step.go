package xor

import (
	"context"
	"fmt"
	"math"

	"kac/internal/portable"
	"kac/kernels"
)

// coarseStep, in units of 1/rho(0), 2/kappa of the logistic loss: steps below it are not made, since the gap is linear
// in them.
const coarseStep = .04

// StepGap is by how much the margin of the infinite network under descent with step eta, on all inputs (spherical
// rest), differs from that of the flow: G_eta(t) - G(t) at increasing times up to End, multiples of eta. Neurons of a
// product rule descend; of small eta the gap is that of larger steps by the law c eta + c' eta^2. It is within 2 % of
// itself, or 3e-5. The flow is that of the spherical rest in its own clock, whatever law r is of.
func (r *Run) StepGap(ctx context.Context, eta float64, times []float64) ([]float64, error) {
	if !(eta > 0) || len(times) == 0 || !(times[len(times)-1] <= r.End()) {
		return nil, fmt.Errorf("%d times with the step %v", len(times), eta)
	}
	steps := []float64{eta}
	if h := coarseStep * 2 / r.kappa; eta < h {
		steps = []float64{h, 2 * h}
	}
	flow, err := r.sphere()
	if err != nil {
		return nil, err
	}
	gaps := make([][]float64, len(steps))
	for k, h := range steps {
		var err error
		if gaps[k], err = descend(ctx, r.table.dim, r.theta, r.speed, h, times); err != nil {
			return nil, err
		}
		for i, t := range times {
			if t == 0 {
				gaps[k][i] = 0
				continue
			}
			tau := flow.lastTau()
			if t < flow.End() {
				tau = flow.Tau(t)
			} else { // of the cube's law, whose clock ends a little later or earlier
				g, _ := flow.marginAt(tau)
				tau += flow.speed(t-flow.End(), g)
			}
			exact, _ := flow.marginAt(tau)
			gaps[k][i] -= exact
		}
	}
	if len(steps) == 1 {
		return gaps[0], nil
	}
	for i, one := range gaps[0] {
		two := gaps[1][i]
		square := (two - 2*one) / 2 // c' h^2
		x := eta / steps[0]
		gaps[0][i] = (one-square)*x + square*x*x
	}
	return gaps[0], nil
}

// sphere is the run of the spherical rest: r itself, unless it is of the cube's own law.
func (r *Run) sphere() (*Run, error) {
	if r.table.cube == nil {
		return r, nil
	}
	table := *r.table
	table.cube = nil
	loss := kernels.LogisticLoss(r.kappa)
	if r.square {
		loss = kernels.SquareLoss()
	}
	return NewRun(&table, r.theta, loss)
}

// descend returns the margins of the descent with step h, at the steps next to the times; between two steps by the
// straight line.
func descend(ctx context.Context, dim int, theta float64, speed func(x, g float64) float64, h float64, times []float64) ([]float64, error) {
	r := newRest(dim)
	qs, wq := sphereRule(dim, 12)
	x, w := gaussLegendre(5)
	high, low := reach(dim), math.Log(1e-8)
	const panels = 400
	var p, q, c, a, weight []float64
	total := 0.0
	for i := range qs {
		for k := range panels {
			width := (high - low) / panels
			for j := range x {
				v := low + width*(float64(k)+(1+x[j])/2)
				y := start(v, qs[i])
				p, q, c, a = append(p, theta*y[0]), append(q, theta*y[1]), append(c, theta*y[2]), append(a, theta)
				z := wq[i] * w[j] * portable.Exp(v-(float64(dim)-1)/2*math.Log1p(portable.Exp(2*v)))
				weight = append(weight, z)
				total += z
			}
		}
	}
	n := len(weight)
	gp, gq, gc, psi := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	out := make([]float64, len(times))
	before := math.NaN()
	next := 0
	for k := 0; ; k++ {
		if k%16 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		g := 0.0
		for i := range p {
			sp, sq, sc, _ := r.gradient(math.Abs(p[i]), math.Abs(q[i]), math.Max(c[i], 1e-13*a[i]))
			gp[i], gq[i], gc[i] = math.Copysign(sp, p[i]), sq, sc
			if q[i] < 0 {
				gq[i] = -sq
			}
			psi[i] = p[i]*gp[i] + q[i]*gq[i] + c[i]*gc[i]
			g += weight[i] / total * a[i] * psi[i]
		}
		t := float64(k) * h
		for next < len(times) && times[next] <= t+1e-9*h {
			part := (t - times[next]) / h
			if part < 1e-6 || k == 0 {
				part = 0
				out[next] = g
			} else {
				out[next] = g + part*(before-g)
			}
			next++
		}
		if next == len(times) {
			return out, nil
		}
		before = g
		s := speed(h, g)
		for i := range p {
			old := s * a[i]
			a[i] += s * psi[i]
			p[i] += old * gp[i]
			q[i] += old * gq[i]
			c[i] = math.Abs(c[i] + old*gc[i])
		}
	}
}
