package training

import (
	"context"
	"math"
	"slices"

	"kac/bench"
	"kac/internal/sphere"
	"kac/kernels"
	"kac/meanfield"
)

// observe adds one row per width, and the traced particles of the first repeat.
func (r *run[T]) observe(ctx context.Context, index int, t float64) error {
	p := &r.out.Parameters
	r.widen()
	referenceRisk := bench.Mean{}
	if r.limit != nil {
		if err := r.limit.Advance(ctx, bench.StepTime(r.trainer.Step(), p.Eta)); err != nil {
			return err
		}
		risk, err := r.limit.Risk()
		if err != nil {
			return err
		}
		referenceRisk = meanOf(risk)
	}
	measure := r.onSamples
	if r.exactly != nil {
		measure = r.inClosedForm
	}
	risks, errors, err := measure(ctx)
	if stopped := ctx.Err(); stopped != nil {
		return stopped // whatever was measured
	}
	if err != nil {
		return err
	}
	if r.limit == nil {
		referenceRisk = risks[len(r.members)]
	}
	tests, err := r.onOwnTests(ctx)
	if err != nil {
		return err
	}
	for i, b := range r.members {
		m := p.Widths[b.width]
		deltas := r.deltas(i, m)
		sum, top := kernels.Sum(deltas)/float64(m), slices.Max(deltas)
		squares := make([]float64, m)
		for k, delta := range deltas {
			squares[k] = float64(delta * delta)
		}
		r.out.Rows = append(r.out.Rows, Row{
			Width: m, Repeat: b.repeat, Time: t, Step: r.trainer.Step(),
			Risk: risks[i], ReferenceRisk: referenceRisk, FunctionError: errors[i], CouplingMean: sum, CouplingMax: top,
			CouplingSquare: kernels.Sum(squares) / float64(m), Turn: r.trainer.Turn(i),
		})
		if tests != nil {
			row := &r.out.Rows[len(r.out.Rows)-1]
			row.TestRisk, row.ReferenceTestRisk = tests[i], tests[len(r.members)]
		}
		if err := r.out.Rows[len(r.out.Rows)-1].check(); err != nil {
			return err
		}
		r.out.count(b.width, index, deltas)
		if b.repeat == 0 {
			r.trace(i, t, deltas)
		}
	}
	return nil
}

// outputRows held-out inputs are evaluated between two looks at the context: under a second for 2^17
// neurons.
const outputRows = 4096

// onSamples measures on the held-out inputs.
func (r *run[T]) onSamples(ctx context.Context) (risks, errors []bench.Mean, err error) {
	p := &r.out.Parameters
	for i, out := range r.outputs {
		for lo := 0; lo < p.Tests; lo += outputRows {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			hi := min(lo+outputRows, p.Tests)
			r.trainer.Outputs(out[lo:hi], r.testsT[lo*p.Dim:hi*p.Dim], i)
		}
	}
	wide := r.outputs[len(r.outputs)-1]
	square := make([]float64, p.Tests)
	for _, out := range r.outputs {
		for k, f := range out {
			e := r.tests.Y[k] - float64(f)
			square[k] = e * e
		}
		risks = append(risks, bench.MeanOf(square))
		for k, f := range out {
			e := float64(f) - float64(wide[k])
			square[k] = e * e
		}
		errors = append(errors, bench.MeanOf(square))
	}
	return risks, errors, nil
}

// onOwnTests is the mean of (y - f)^2 over the user's test data, of each network, the wide one last; nil without
// such data.
func (r *run[T]) onOwnTests(ctx context.Context) (risks []bench.Mean, err error) {
	s := r.out.heldOut
	if s == nil {
		return nil, nil
	}
	f, square := make([]T, outputRows), make([]float64, s.N)
	for i := range r.doubles {
		for lo := 0; lo < s.N; lo += outputRows {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			hi := min(lo+outputRows, s.N)
			r.trainer.Outputs(f[:hi-lo], r.heldOutT[lo*s.D:hi*s.D], i)
			for k, v := range f[:hi-lo] {
				e := s.Y[lo+k] - float64(v)
				square[lo+k] = e * e
			}
		}
		risks = append(risks, bench.MeanOf(square))
	}
	return risks, nil
}

// inClosedForm measures by the expansion of the task, exactly.
func (r *run[T]) inClosedForm(ctx context.Context) (risks, errors []bench.Mean, err error) {
	d, field := r.out.Parameters.Dim, r.exactly.field
	last := len(r.doubles) - 1
	selves := make([]float64, len(r.doubles))
	for i, w := range r.doubles {
		m := len(w) / d
		if selves[i], err = field.SelfEnergy(ctx, w, m); err != nil {
			return nil, nil, err
		}
		overlap, err := field.MeanOverlap(w, m)
		if err != nil {
			return nil, nil, err
		}
		risks = append(risks, exactly(bench.NotNegative(r.exactly.norm2-2*overlap+selves[i])))
	}
	for i, w := range r.doubles {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		m, e := len(w)/d, exactly(0)
		switch {
		case r.limit != nil:
			z := make([]float64, m*r.exactly.Dim())
			r.exactly.Reduce(z, w, m)
			var gap meanfield.Estimate
			gap, err = r.limit.Gap(selves[i], z, m)
			e = meanOf(gap)
		case i < last && !slices.Equal(w, r.doubles[last]): // equal networks differ by nothing, not even by rounding
			wide := r.doubles[last]
			e.Value, err = field.CrossEnergy(ctx, w, m, selves[i], wide, len(wide)/d, selves[last])
			e.Value = bench.NotNegative(selves[i] - 2*e.Value + selves[last])
		}
		if err != nil {
			return nil, nil, err
		}
		errors = append(errors, e)
	}
	return risks, errors, nil
}

func exactly(x float64) bench.Mean { return bench.Mean{Value: x, N: 1} }

// deltas returns |Delta_i| of network number index: w_i less its twin, the particle that starts at the
// same point in the wide network, or the infinite-width particle (a, c u_i) that starts where it starts.
func (r *run[T]) deltas(index, m int) []float64 {
	d := r.out.Parameters.Dim
	w, out := r.doubles[index], make([]float64, m)
	if r.trainer.Step() == 0 { // a particle and its twin start at one point; what differs is rounding
		return out
	}
	if r.limit == nil {
		wide := r.doubles[len(r.doubles)-1]
		for i := range out {
			k := (r.members[index].from + i) % r.out.Parameters.Wide
			out[i] = apart(w[i*d:(i+1)*d], wide[k*d:(k+1)*d])
		}
		return out
	}
	r.frame.Displacements(out, w, r.limit.Twins())
	return out
}

func apart(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += float64((x[i] - y[i]) * (x[i] - y[i]))
	}
	return math.Sqrt(s)
}

// trace keeps the first particles of a network.
func (r *run[T]) trace(index int, t float64, deltas []float64) {
	p := &r.out.Parameters
	for i := range min(p.Traced, len(deltas)) {
		w := r.doubles[index][i*p.Dim : (i+1)*p.Dim]
		a := w[0]
		if rank := r.out.Task.Target().Rank(); rank > 1 {
			a = sphere.Norm(w[:rank])
		}
		r.out.Traces = append(r.out.Traces, TraceRow{Width: p.Widths[r.members[index].width], Particle: i, Time: t, Delta: deltas[i], Overlap: a})
	}
}
