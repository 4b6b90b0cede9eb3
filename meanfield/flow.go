package meanfield

import "math"

// flow is the coupled motion of the nodes of a grid in tau = artanh(a),
//
//	d tau/dt = F'(a),   F = G - U_t,   U_t = b^T Q m,   m = sum over nodes of weight * b(a),
//
// at a cost of nodes * rank.
type flow struct {
	kernel *kernel
	grid   *grid
	field  field
	a, e   []float64 // positions, e = 1 - a^2, of the nodes at the last evaluation
	m      []float64 // moments at the last evaluation
}

func newFlow(k *kernel, g *grid) *flow {
	n := len(g.tau0)
	return &flow{kernel: k, grid: g, field: field{kernel: k}, a: make([]float64, n), e: make([]float64, n), m: make([]float64, k.rank)}
}

// moments sets f.a, f.e and f.m for the nodes at tau.
func (f *flow) moments(tau []float64) {
	var even, odd [polySize]float64
	n, o := f.kernel.n, f.kernel.o
	var pz, pe [polySize]float64
	pz[0], pe[0] = 1, 1
	top := max(n, o)
	for j, x := range tau {
		a, e := position(x)
		f.a[j], f.e[j] = a, e
		z := a * a
		for i := 1; i <= top; i++ {
			pz[i] = pz[i-1] * z
			pe[i] = pe[i-1] * e
		}
		w := f.grid.weight[j]
		for i := 0; i <= n; i++ {
			even[i] += w * (pz[n-i] * pe[i])
		}
		w *= a
		for i := 0; i <= o; i++ {
			odd[i] += w * (pz[o-i] * pe[i])
		}
	}
	copy(f.m, even[:n+1])
	copy(f.m[n+1:], odd[:o+1])
}

// velocity is d tau/dt; its signature is ode.Func.
func (f *flow) velocity(_ float64, tau, dtau []float64) error {
	f.moments(tau)
	f.field.set(f.m)
	slope := &f.field.slope
	for j, a := range f.a {
		dtau[j] = slope.eval(a, a*a, f.e[j])
	}
	return nil
}

// watch raises each panel's tail to what the positions f.a, f.e at time t show,
// and returns the largest one now.
func (f *flow) watch(t float64) float64 {
	worst := 0.0
	for i := range f.grid.panels {
		tail := f.tail(i * panelNodes)
		if p := &f.grid.panels[i]; tail > p.tail || math.IsNaN(tail) {
			p.tail, p.tailAt = tail, t
		}
		if !(tail <= worst) {
			worst = tail
		}
	}
	return worst
}

// tail is the largest of the last two Legendre coefficients of the basis
// functions on the panel whose first node is lo, times the panel's width and
// the square root of their weight in K.
func (f *flow) tail(lo int) float64 {
	var s [2 * polySize][2]float64
	n, o := f.kernel.n, f.kernel.o
	var pz, pe [polySize]float64
	pz[0], pe[0] = 1, 1
	for j := range panelNodes {
		a, e := f.a[lo+j], f.e[lo+j]
		z := a * a
		for i := 1; i <= max(n, o); i++ {
			pz[i], pe[i] = pz[i-1]*z, pe[i-1]*e
		}
		w0, w1 := f.grid.weight[lo+j]*gauss.last[0][j], f.grid.weight[lo+j]*gauss.last[1][j]
		for i := 0; i <= n; i++ {
			v := pz[n-i] * pe[i]
			s[i][0] += w0 * v
			s[i][1] += w1 * v
		}
		for i := 0; i <= o; i++ {
			v := a * pz[o-i] * pe[i]
			s[n+1+i][0] += w0 * v
			s[n+1+i][1] += w1 * v
		}
	}
	worst := 0.0
	for i := range f.kernel.rank {
		scale := math.Sqrt(f.kernel.q[i*f.kernel.rank+i])
		worst = math.Max(worst, scale*math.Max(math.Abs(s[i][0]), math.Abs(s[i][1])))
	}
	return worst
}

// traced is the motion of passive particles in the field of a recorded path.
type traced struct {
	path  *path
	field field
	m     []float64
}

func newTraced(k *kernel, p *path) *traced {
	return &traced{path: p, field: field{kernel: k}, m: make([]float64, k.rank)}
}

// velocity is d tau/dt = F'(a) in the recorded field; its signature is ode.Func.
func (tr *traced) velocity(t float64, tau, dtau []float64) error {
	if err := tr.path.at(math.Min(t, tr.path.end()), tr.m); err != nil {
		return err
	}
	tr.field.set(tr.m)
	slope := &tr.field.slope
	for j, x := range tau {
		a, e := position(x)
		dtau[j] = slope.eval(a, a*a, e)
	}
	return nil
}
