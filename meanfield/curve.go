package meanfield

import "kac/internal/legendre"

// curve is a function of a: a poly for Hermite series, else a Legendre series.
type curve struct {
	poly
	rule *legendre.Recurrence // nil: the poly
	coef []float64
}

// series makes f a series of n terms, which the caller sets.
func (f *curve) series(rule *legendre.Recurrence, n int) []float64 {
	if cap(f.coef) < n {
		f.coef = make([]float64, n)
	}
	f.rule, f.coef = rule, f.coef[:n]
	return f.coef
}

// eval is the value at a; z = a^2 and e = 1 - a^2 are given apart for the poly's sake.
func (f *curve) eval(a, z, e float64) float64 {
	if f.rule != nil {
		return f.rule.At(f.coef, a)
	}
	return f.poly.eval(a, z, e)
}

// evalAll writes the values at all a.
func (f *curve) evalAll(out, a, e []float64) {
	if f.rule != nil {
		f.rule.Eval(out, f.coef, a)
		return
	}
	f.poly.evalAll(out, a, e)
}

// potentialSlope is U'; set comes first.
func (fl *field) potentialSlope() *curve {
	var out curve
	p := fl.kernel.spectral
	if p == nil {
		out.derivative(&fl.u.poly)
		return &out
	}
	coef := out.series(p.rule[1], len(p.factor[0]))
	for l, x := range p.factor[0] {
		coef[l] = x * fl.u.coef[l+1]
	}
	return &out
}
