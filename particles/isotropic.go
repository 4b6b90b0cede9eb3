package particles

import "kac/kernels"

// Exact returns the closed forms by which a task has an exact infinite-width flow: those of Closed where the target is
// a function of one coordinate or of the norm of several, and else those by its Spectrum, for any activation and any
// link of one coordinate, over Gaussian inputs or those on a sphere. Errors: those of Spectrum, and a *ClosedFormError
// for closed forms of other targets, whose infinite networks are package lattice's.
//
// Dual and overlap are closed forms for ReLU, and for erf over Gaussian inputs; else they are the Spectrum's series,
// which leave out its Tail and OverlapTail.
func (t *Task) Exact() (Expectations, error) {
	if t.closed != nil {
		if _, radial := t.closed.overlap.(*RadialOverlap); !radial {
			return nil, &ClosedFormError{Task: t.name, Reason: NotRadial}
		}
		return t.closed, nil
	}
	s, err := t.Spectrum()
	if err != nil {
		return nil, err
	}
	link, _ := linkOf(t.target)
	p := &isotropic{task: t, spectrum: s}
	p.dual = dualOf(t.law, t.activation, t.activation, s.Dim, s.Q)
	p.overlap = &AxisOverlap{Spectrum: s, p: dualOf(t.law, t.activation, link, s.Dim, s.G)}
	return p, nil
}

// NotRadial is why closed forms may have no exact infinite-width flow.
const NotRadial = "the exact limit is for a link of one coordinate, or of the norm of several"

// dualOf returns E f(<w,x>) g(<w',x>) as a function of <w,w'>, in closed form where there is one, else by its series.
func dualOf(law Law, f, g Activation, dim int, series []float64) kernels.Dual {
	switch {
	case f.name == "relu" && g.name == "relu": // homogeneous: only E |x|^2 enters
		return kernels.ReLUDual()
	case law == Gaussian && f.name == "erf" && g.name == "erf":
		return kernels.ErfDual()
	}
	return kernels.LegendreDual(dim, series)
}

// isotropic are the Expectations by a Spectrum.
type isotropic struct {
	task     *Task
	spectrum *Spectrum
	dual     kernels.Dual
	overlap  *AxisOverlap
}

func (p *isotropic) Task() *Task          { return p.task }
func (p *isotropic) Name() string         { return p.task.name }
func (p *isotropic) Dim() int             { return p.task.dim }
func (p *isotropic) Rank() int            { return 1 }
func (p *isotropic) Activation() Series   { return Series{} } // what it is for, powers of Hermite coefficients, is in the Spectrum
func (p *isotropic) Dual() kernels.Dual   { return p.dual }
func (p *isotropic) Overlap() Overlap     { return p.overlap }
func (p *isotropic) TargetNorm2() float64 { return p.spectrum.Norm2 }

// AxisOverlap is the Overlap G(w) = p(w_1) of a target of one coordinate, p = sum_l G[l] P_l of the Spectrum.
type AxisOverlap struct {
	Spectrum *Spectrum
	p        kernels.Dual
}

// Value returns G(w).
func (o *AxisOverlap) Value(w []float64) float64 {
	v, _, _ := o.p.Eval(w[0])
	return v
}

// MinusGradient replaces g by grad G(w) - g.
func (o *AxisOverlap) MinusGradient(g, w []float64) {
	_, d1, _ := o.p.Eval(w[0])
	for a := range g {
		g[a] = -g[a]
	}
	g[0] += d1
}

// MinusHessian replaces the d x d matrix h by Hess G(w) - h.
func (o *AxisOverlap) MinusHessian(h, w []float64) { o.MinusPacked(h, w) } // the first element is that of e_1 e_1^T in both forms

// MinusPacked replaces the packed matrix h by Hess G(w) - h.
func (o *AxisOverlap) MinusPacked(h, w []float64) {
	_, _, d2 := o.p.Eval(w[0])
	for i := range h {
		h[i] = -h[i]
	}
	h[0] += d2
}
