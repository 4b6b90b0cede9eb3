package meanfield

// radau is the right Radau rule with p nodes on (0, 1], the last one 1, and the
// matrix of the collocation method on it: inner[i][j] integrates the j-th
// Lagrange polynomial from 0 to node i. Exact to degree 2p-2 (E. Hairer,
// G. Wanner, Solving ODEs II, IV.5).
type radau struct {
	node, weight []float64
	inner        [][]float64
}

func newRadau(p int) *radau {
	r := &radau{node: make([]float64, p), weight: make([]float64, p), inner: make([][]float64, p)}
	// On [-1, 1] the nodes are the roots of P_{p-1} - P_p, 1 among them.
	f := func(x float64) float64 {
		p0, p1 := 1.0, x
		for l := 2; l <= p; l++ {
			p0, p1 = p1, (float64(2*l-1)*x*p1-float64(l-1)*p0)/float64(l)
		}
		return p0 - p1
	}
	const cells = 20000
	found := 0
	for i := 0; i < cells && found < p-1; i++ {
		lo, hi := -1+2*float64(i)/cells, -1+2*float64(i+1)/cells
		flo := f(lo)
		if flo*f(hi) >= 0 {
			continue
		}
		for range 80 {
			mid := (lo + hi) / 2
			if f(mid)*flo > 0 {
				lo = mid
			} else {
				hi = mid
			}
		}
		r.node[found] = ((lo+hi)/2 + 1) / 2
		found++
	}
	r.node[p-1] = 1
	for i := range p {
		r.inner[i] = make([]float64, p)
		for n, x := range gauss.x { // exact: the Lagrange polynomials have degree p-1 < 24
			s := r.node[i] * (x + 1) / 2
			for j := range p {
				r.inner[i][j] += gauss.w[n] / 2 * r.node[i] * r.lagrange(j, s)
			}
		}
	}
	copy(r.weight, r.inner[p-1])
	return r
}

func (r *radau) lagrange(j int, x float64) float64 {
	v := 1.0
	for m, t := range r.node {
		if m != j {
			v *= (x - t) / (r.node[j] - t)
		}
	}
	return v
}

// timePanels cuts [0, end] so that each of times is a cut and each panel has
// about per steps of the path.
func timePanels(p *path, times []float64, per int) []float64 {
	cuts := []float64{0}
	add := func(t float64) {
		if t > cuts[len(cuts)-1] {
			cuts = append(cuts, t)
		}
	}
	for i := per; i < p.steps() && len(times) > 0; i += per { // nothing is asked for after the last time
		for len(times) > 0 && times[0] <= p.times[i] {
			add(times[0])
			times = times[1:]
		}
		// A cut just before or after a requested time would leave a sliver.
		gap := 0.3 * (p.times[i] - p.times[i-per])
		if len(times) > 0 && times[0]-p.times[i] < gap || p.times[i]-cuts[len(cuts)-1] < gap {
			continue
		}
		add(p.times[i])
	}
	for _, t := range times {
		add(t)
	}
	return cuts
}
