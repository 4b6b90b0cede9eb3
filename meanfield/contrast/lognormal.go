package contrast

import (
	"math"

	"kac/kernels"
)

// lognormal is the Laplace transform of y = exp(N(centre, variance)): f(t) = E exp(-t y), as 1-f, with the derivatives
// f1 = E t y exp(-t y) and f2 = E (t y)² exp(-t y), for rows of t.
//
// The mean over the normal number is a trapezoid of step z. Its error is exp(-2 pi²/z²) from the weight and
// exp(-pi²/(sigma z)) from exp(-exp(.)), which is analytic in a strip of half-width pi/2.
type lognormal struct {
	weight, y []float64
	moment    [terms]float64 // sum_j w_j (y_j/largest)^k / k!
	total     float64        // of the weights
	largest   float64        // y
	e         []float64      // rows x nodes
	ws        *kernels.Workspace[float64]
}

const (
	terms = 15  // of the series in t y, up to small: the first one left out is below 1e-18 of the first
	small = .25 // where t y is below it for every node, the series is taken
	most  = 600 // log y; what is above, of probability below exp(-2 most), is put there against overflow
)

// grid are the steps of the trapezoids of one accuracy exp(-digits).
type grid struct {
	digits  float64
	wide    float64   // largest step in standard deviations: the weight's error is exp(-2 pi²/wide²)
	fine    float64   // largest step in log y: exp(-pi²/fine)
	reach   float64   // standard deviations: exp(-reach²/2)
	step    float64   // of log t: exp(-pi²/step)
	nothing float64   // rows of t end where the integrand is below it
	instant []float64 // t, exp of the multiples of step
	zero    int       // the place of t = 1
}

func newGrid(digits float64) *grid {
	g := &grid{digits: digits, wide: math.Pi * math.Sqrt(2/digits), fine: math.Pi * math.Pi / digits, reach: math.Sqrt(2 * digits), step: math.Pi * math.Pi / digits}
	g.nothing = exp(-digits - 4)
	g.zero = int(1000 / g.step)
	g.instant = make([]float64, g.zero+int(690/g.step))
	for i := range g.instant {
		g.instant[i] = exp(float64(i-g.zero) * g.step)
	}
	return g
}

// grids are from the finest one to those for the far ends of the integrals over x, whose weight is small.
var grids = func() []*grid {
	var list []*grid
	for digits := 35.0; digits >= 7; digits -= 4 {
		list = append(list, newGrid(digits))
	}
	return list
}()

// gridFor is the coarsest one with an error below exp(-digits).
func gridFor(digits float64) *grid {
	for i := len(grids) - 1; i > 0; i-- {
		if grids[i].digits >= digits {
			return grids[i]
		}
	}
	return grids[0]
}

// set chooses the nodes of a law. Towards large y they reach further by sigma: E t y exp(-t y) is centred there for
// small t.
func (l *lognormal) set(g *grid, centre, variance float64) {
	sigma := math.Sqrt(math.Max(variance, 0))
	z := math.Min(g.wide, g.fine/sigma)
	low, high := -int(g.reach/z), int((g.reach+sigma)/z)
	n := high - low + 1
	l.weight, l.y = resize(l.weight, n), resize(l.y, n)
	for j := range n {
		x := float64(low+j) * z
		l.weight[j] = -x * x / 2
		l.y[j] = math.Min(centre+sigma*x, most)
	}
	kernels.ApplyExp(l.weight, l.weight, l.ws)
	kernels.ApplyExp(l.y, l.y, l.ws)
	sum := 0.0
	for _, w := range l.weight {
		sum += w
	}
	l.total, l.largest = 0, l.y[n-1]
	clear(l.moment[:])
	for j := range n {
		l.weight[j] /= sum
		l.total += l.weight[j]
		p, y := l.weight[j], l.y[j]/l.largest
		for k := range l.moment {
			l.moment[k] += p
			p *= y / float64(k+1)
		}
	}
}

// laws are f, 1-f, f1 and f2 at rows of t.
type laws struct{ f, lacks, f1, f2 [rowsOf]float64 }

// rows fills r at the numbers t.
func (l *lognormal) rows(r *laws, t []float64) {
	n := len(l.y)
	from := 0 // the first row without the series
	for ; from < len(t) && t[from]*l.largest < small; from++ {
		// t d/dt (t^k) = k t^k: f1 = -t f', f2 = t² f''.
		x, sum, one, two := t[from]*l.largest, 0.0, 0.0, 0.0
		last := terms - 1
		if x < .02 {
			last = 8
		}
		for k := last; k >= 1; k-- {
			sum = l.moment[k] - x*sum
			one = float64(k)*l.moment[k] - x*one
			if k >= 2 {
				two = float64(k*(k-1))*l.moment[k] - x*two
			}
		}
		r.f[from], r.lacks[from], r.f1[from], r.f2[from] = 1-x*sum, x*sum, x*one, x*x*two
	}
	if from == len(t) {
		return
	}
	l.e = resize(l.e, (len(t)-from)*n)
	for i, x := range t[from:] {
		e := l.e[i*n : (i+1)*n]
		for j, y := range l.y {
			e[j] = -x * y
		}
	}
	kernels.ApplyExp(l.e, l.e, l.ws)
	for i, x := range t[from:] {
		value, a, b := sums(l.e[i*n:(i+1)*n], l.weight, l.y, x)
		r.f[from+i], r.lacks[from+i], r.f1[from+i], r.f2[from+i] = value, l.total-value, a, b
	}
}

// sums are sum_j w_j e_j, sum_j w_j e_j v_j, sum_j w_j e_j v_j² with v_j = x y_j.
func sums(e, w, y []float64, x float64) (value, one, two float64) {
	w, y = w[:len(e)], y[:len(e)]
	var value1, one1, two1 float64 // every second one, beside the others: sums wait for each other
	j := 0
	for ; j+1 < len(e); j += 2 {
		p, q := e[j]*w[j], e[j+1]*w[j+1]
		u, v := x*y[j], x*y[j+1]
		pu, qv := p*u, q*v
		value += p
		value1 += q
		one += pu
		one1 += qv
		two += pu * u
		two1 += qv * v
	}
	if j < len(e) {
		p, u := e[j]*w[j], x*y[j]
		value += p
		one += p * u
		two += p * u * u
	}
	return value + value1, one + one1, two + two1
}

func resize(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}
