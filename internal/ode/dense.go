package ode

import "fmt"

// PrepareDense makes the interpolant of the last accepted step; Dense calls it
// when needed. It costs the method's extra stages.
func (in *Integrator) PrepareDense() error {
	if in.haveDense {
		return nil
	}
	if in.hOld == 0 {
		return fmt.Errorf("ode: no step to interpolate at t = %g", in.t)
	}
	if in.projected {
		return fmt.Errorf("ode: no dense output of a projected step")
	}
	m, base := in.method, in.baseStages()
	for len(in.k) < base+len(m.ExtraC) {
		in.k = append(in.k, make([]float64, in.n))
	}
	if in.dense == nil {
		in.dense = vectors(3+len(m.D), in.n)
	}
	h := in.hOld
	for r, a := range m.ExtraA {
		in.opt.Combine(in.tmp, in.yOld, h, a, in.k[:len(a)])
		if err := in.eval(in.tOld+m.ExtraC[r]*h, in.tmp, in.k[base+r]); err != nil {
			return err
		}
	}
	f0, f1 := in.k[0], in.k[base-1]
	for i := range in.y {
		d := in.y[i] - in.yOld[i]
		in.dense[0][i] = d
		in.dense[1][i] = h*f0[i] - d
		in.dense[2][i] = 2*d - h*(f0[i]+f1[i])
	}
	for r, row := range m.D {
		f := in.dense[3+r]
		weighted(f, row, in.k, 0)
		for i := range f {
			f[i] *= h
		}
	}
	in.haveDense = true
	return nil
}

// baseStages counts the stages of a step together with f at its end.
func (in *Integrator) baseStages() int {
	if in.method.FirstSameAsLast {
		return in.method.Stages()
	}
	return in.method.Stages() + 1
}

// Dense writes y(t) for t in the last accepted step.
func (in *Integrator) Dense(t float64, y []float64) error {
	if err := in.PrepareDense(); err != nil {
		return err
	}
	if len(y) != in.n {
		return fmt.Errorf("ode: dense output wants %d components, got %d", in.n, len(y))
	}
	theta := (t - in.tOld) / in.hOld
	if theta < -1e-9 || theta > 1+1e-9 {
		return fmt.Errorf("ode: dense output at t = %g outside the last step [%g, %g]", t, in.tOld, in.tOld+in.hOld)
	}
	for i := range y {
		s := 0.0
		for r := len(in.dense) - 1; r >= 0; r-- {
			w := theta
			if r%2 == 1 {
				w = 1 - theta
			}
			s = (s + in.dense[r][i]) * w
		}
		y[i] = in.yOld[i] + s
	}
	return nil
}
