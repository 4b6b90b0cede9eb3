package meanfield

import (
	"math"

	"kac/kernels"
)

// flow is the coupled motion of the nodes of all panels in tau = artanh(a),
//
//	d tau/dt = F'(a),   F = G - U_t,   U_t = b^T Q m,   m = sum over nodes of weight * b(a),
//
// at a cost of nodes * rank.
type flow struct {
	kernel *kernel
	panels []*panel
	weight []float64 // of the law, at the nodes: sums to 1
	field  field
	a, e   []float64 // positions, e = 1 - a^2, of the nodes at the last evaluation
	m      []float64 // moments at the last evaluation
	ws     *kernels.Workspace[float64]
}

func newFlow(k *kernel, panels []*panel, ws *kernels.Workspace[float64]) *flow {
	n := len(panels) * panelNodes
	f := &flow{ws: ws, kernel: k, panels: panels, field: field{kernel: k}, weight: make([]float64, 0, n),
		a: make([]float64, n), e: make([]float64, n), m: make([]float64, k.rank)}
	for _, p := range panels {
		f.weight = append(f.weight, p.weight[:]...)
	}
	return f
}

// moments sets f.a, f.e and f.m for the nodes at tau.
func (f *flow) moments(tau []float64) {
	kernels.TanhSech(f.a, f.e, tau, f.ws)
	if s := f.kernel.spectral; s != nil {
		s.moments(f.m, f.a, f.weight)
		return
	}
	n := f.kernel.n
	if n == 2 && f.kernel.o < 0 { // of fourth degree: sums over even and odd nodes, beside each other in registers
		var m0, m1, m2, o0, o1, o2 float64
		as, es, weight := f.a, f.e, f.weight
		for len(as) >= 2 && len(es) >= 2 && len(weight) >= 2 { // panels have an even number of nodes
			z, e, w := as[0]*as[0], es[0], weight[0]
			m0 += w * (z * z)
			m1 += w * (z * e)
			m2 += w * (e * e)
			z, e, w = as[1]*as[1], es[1], weight[1]
			o0 += w * (z * z)
			o1 += w * (z * e)
			o2 += w * (e * e)
			as, es, weight = as[2:], es[2:], weight[2:]
		}
		f.m[0], f.m[1], f.m[2] = m0+o0, m1+o1, m2+o2
		return
	}
	clear(f.m)
	even, odd := f.m[:n+1], f.m[n+1:]
	var pz, pe [polySize]float64
	pz[0], pe[0] = 1, 1
	for j, a := range f.a {
		z, e := a*a, f.e[j]
		for i := 1; i < max(len(even), len(odd)); i++ {
			pz[i] = pz[i-1] * z
			pe[i] = pe[i-1] * e
		}
		w := f.weight[j]
		for i := range even {
			even[i] += w * (pz[len(even)-1-i] * pe[i])
		}
		w *= a
		for i := range odd {
			odd[i] += w * (pz[len(odd)-1-i] * pe[i])
		}
	}
}

// velocity is d tau/dt; its signature is ode.Func.
func (f *flow) velocity(_ float64, tau, dtau []float64) error {
	f.moments(tau)
	f.field.set(f.m)
	f.field.slope.evalAll(dtau, f.a, f.e)
	return nil
}

// rates returns dm/dt for the nodes at f.a, f.e that move with d tau/dt =
// dtau: da/d tau = e, so dz/d tau = 2 a e = -de/d tau.
func (f *flow) rates(dtau []float64) []float64 {
	out := make([]float64, f.kernel.rank)
	if s := f.kernel.spectral; s != nil {
		s.rates(out, f.a, f.e, f.weight, dtau)
		return out
	}
	n, o := f.kernel.n, f.kernel.o
	even, odd := out[:n+1], out[n+1:]
	var pz, pe [polySize]float64
	pz[0], pe[0] = 1, 1
	slope := func(top, i int) float64 { // of z^{top-i} e^i against z
		s := 0.0
		if i < top {
			s += float64(top-i) * pz[top-i-1] * pe[i]
		}
		if i > 0 {
			s -= float64(i) * pz[top-i] * pe[i-1]
		}
		return s
	}
	for j, a := range f.a {
		e := f.e[j]
		z := a * a
		for i := 1; i <= max(n, o); i++ {
			pz[i], pe[i] = pz[i-1]*z, pe[i-1]*e
		}
		v := f.weight[j] * dtau[j] * e
		for i := range even {
			even[i] += v * 2 * a * slope(n, i)
		}
		for i := range odd {
			odd[i] += v * (pz[o-i]*pe[i] + 2*z*slope(o, i))
		}
	}
	return out
}

// watch sets every panel's tail to what the positions f.a, f.e show, and
// returns the largest.
func (f *flow) watch() float64 {
	worst := 0.0
	for i, p := range f.panels {
		lo, hi := i*panelNodes, (i+1)*panelNodes
		p.tail = f.kernel.tail(p, f.a[lo:hi], f.e[lo:hi])
		if !(p.tail <= worst) {
			worst = p.tail
		}
	}
	return worst
}

// tail is the largest of the last Legendre coefficients of density times basis
// function for nodes at a, times the panel's width and the square root of the
// function's weight in K, over the functions.
func (k *kernel) tail(p *panel, a, e []float64) float64 {
	if k.spectral != nil {
		return k.spectral.tail(p.weight[:], a)
	}
	var s [2 * polySize][lastTerms]float64
	var pz, pe [polySize]float64
	pz[0], pe[0] = 1, 1
	for j, aj := range a {
		z := aj * aj
		for i := 1; i <= max(k.n, k.o); i++ {
			pz[i], pe[i] = pz[i-1]*z, pe[i-1]*e[j]
		}
		for i := range k.rank {
			v := p.weight[j]
			if i <= k.n {
				v *= pz[k.n-i] * pe[i]
			} else {
				v *= aj * pz[k.n+1+k.o-i] * pe[i-k.n-1]
			}
			for l := range s[i] {
				s[i][l] += gauss.last[l][j] * v
			}
		}
	}
	worst := 0.0
	for i := range k.rank {
		scale := math.Sqrt(k.q[i*k.rank+i])
		for _, x := range s[i] {
			worst = math.Max(worst, scale*math.Abs(x))
		}
	}
	return worst
}
