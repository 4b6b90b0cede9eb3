package compare

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	"kac/internal/ode"
	"kac/internal/portable"
	"kac/meanfield/ridge"
)

// Limit is the infinite network on the population, exact, and its linearisation, at the times of a study.
type Limit struct {
	Dim  int
	Time []float64
	Risk []float64
	// Error estimates what quadrature and time steps make wrong, from the same with half the nodes and a tolerance 100 times as large.
	Error []float64
	Lazy  []float64 // risk of the linearised network: ridge.Problem.Lazy
}

// Limits are those of all dimensions.
func (p *Parameters) Limits(ctx context.Context) ([]Limit, error) {
	var out []Limit
	for _, d := range p.Dims {
		problem, err := p.ProblemIn(d)
		if err != nil {
			return nil, err
		}
		l, err := limitOf(ctx, problem, p.times)
		if err != nil {
			return nil, fmt.Errorf("infinite network in dimension %d: %w", d, err)
		}
		out = append(out, l)
	}
	return out, nil
}

func limitOf(ctx context.Context, problem *ridge.Problem, times []float64) (Limit, error) {
	l := Limit{Dim: problem.Dim(), Time: times}
	fine, err := flow(ctx, problem, times, 601, 1e-13)
	if err != nil {
		return l, err
	}
	coarse, err := flow(ctx, problem, times, 301, 1e-11)
	if err != nil {
		return l, err
	}
	l.Risk = fine
	for i, t := range times {
		l.Error = append(l.Error, math.Abs(fine[i]-coarse[i])+1e-14)
		l.Lazy = append(l.Lazy, problem.Lazy(t).Total)
	}
	return l, nil
}

// flow returns the risk of the infinite network at the times. Particles of overlap a = <w, q> with the target move by
//
//	d tau/dt = sum_k s_k^2 (gamma_k - M_k) P_k'(a),   a = tanh tau,   M_k = E P_k(a),   gamma_k = h_k/s_k,
//
// and risk = sum_k s_k^2 (gamma_k - M_k)^2. Uniform particles have density sech^{d-1} tau: the trapezoidal rule over equally spaced starts is exact
// but for 1e-20 at its ends. docs/mathematics.md, section "Kernels on the sphere".
func flow(ctx context.Context, problem *ridge.Problem, times []float64, nodes int, tolerance float64) ([]float64, error) {
	d, terms := problem.Dim(), problem.Terms()
	top := terms[len(terms)-1].Degree
	end := math.Acosh(portable.Pow(10, 20/float64(d-1)))
	tau, weight, sum := make([]float64, nodes), make([]float64, nodes), 0.0
	for i := range tau {
		tau[i] = end * (2*float64(i)/float64(nodes-1) - 1)
		weight[i] = portable.Exp(-float64(d-1) * math.Log(math.Cosh(tau[i])))
		sum += weight[i]
	}
	values, slopes := make([]float64, nodes*(top+1)), make([]float64, nodes*(top+1))
	missing := make([]float64, len(terms)) // gamma_k - M_k
	moments := func(tau []float64) {
		for j, t := range terms {
			missing[j] = t.Target / t.Network
		}
		for i, z := range tau {
			v, s := values[i*(top+1):(i+1)*(top+1)], slopes[i*(top+1):(i+1)*(top+1)]
			legendreAt(d, portable.Tanh(z), v, s)
			for j, t := range terms {
				missing[j] -= weight[i] / sum * v[t.Degree]
			}
		}
	}
	right := func(_ float64, tau, out []float64) error {
		moments(tau)
		for i := range out {
			out[i] = 0
			for j, t := range terms {
				out[i] += float64(t.Network * t.Network * missing[j] * slopes[i*(top+1)+t.Degree])
			}
		}
		return nil
	}
	in, err := ode.New(ode.DOP853, right, nodes, ode.Options{RelTol: tolerance, AbsTol: tolerance})
	if err != nil {
		return nil, err
	}
	if err := in.Start(0, tau); err != nil {
		return nil, err
	}
	var risks []float64
	for _, t := range times {
		if err := in.Advance(ctx, t); err != nil {
			return nil, err
		}
		moments(in.Y())
		risk := 0.0
		for j, u := range terms {
			risk += u.Network * u.Network * missing[j] * missing[j]
		}
		risks = append(risks, risk)
	}
	return risks, nil
}

// legendreAt writes P_0, ..., P_K and their derivatives at s, by recurrence.
func legendreAt(d int, s float64, v, slope []float64) {
	v[0], slope[0] = 1, 0
	if len(v) > 1 {
		v[1], slope[1] = s, 1
	}
	for k := 1; k+1 < len(v); k++ {
		a, b := float64(2*k+d-2), float64(k)
		v[k+1] = (a*s*v[k] - b*v[k-1]) / float64(k+d-2)
		slope[k+1] = (a*(v[k]+s*slope[k]) - b*slope[k-1]) / float64(k+d-2)
	}
}

// WriteLimits writes limit.csv.
func WriteLimits(w io.Writer, limits []Limit) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "dim,time,risk,error,lazy_risk")
	for _, l := range limits {
		for i, t := range l.Time {
			fmt.Fprintf(out, "%d,%s,%s,%s,%s\n", l.Dim, field(t), field(l.Risk[i]), field(l.Error[i]), field(l.Lazy[i]))
		}
	}
	return out.Flush()
}
