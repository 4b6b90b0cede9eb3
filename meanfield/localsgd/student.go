package localsgd

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"

	"kac/internal/portable"
	"kac/particles/localsgd"
)

// backward follows means of x_k under Student's noise as functions of where the chain is, which heavy tails do not
// spread as they do a density. With T(x) = x - eta f'(x), s = eta sigma and z of unit variance and density q,
//
//	g_{k+1}(y) = int g_k(T(x)) q((y - x)/s)/s dx,   E[phi(x_k) | x_0 = x] = g_k(T(x)),   g_1(y) = E phi(y - s z).
//
// The g_k are smooth whatever the kinks of f, and ever more so far from 0: as functions of t, y = scale sinh t, they
// have their singularities about pi/2 from the real line. They are kept at equal distances of t, and between them are
// the polynomials through the stencil's nodes about a point, half of them on each side, which keeps the steps stable.
// Integrals are by Gauss-Legendre panels that grow with their distance from 0 and from y. Beyond the last node a g_k is
// the parabola through three of them, and beyond four times its end the integral is that of a power series.
type backward struct {
	f      localsgd.Line
	eta, s float64
	nu     float64
	log0   float64   // logarithm of q(0)
	scale  float64   // of y
	h      float64   // distance of nodes in t
	z, w   []float64 // of the integral: nodes and weights on [-1, 1]
	bary   [stencil]float64
	y      []float64 // nodes
	matrix []float64 // of a step, a row a node
}

const (
	// studentReach is how far nodes go, in deviations of a step's noise: what is beyond happens with probability
	// studentReach^-nu, and its parabola is off by about as much again.
	studentReach = 2e4
	stencil      = 12
)

// newBackward makes the step on nodes h apart, that reach as far as the given share of studentReach.
func newBackward(ctx context.Context, f localsgd.Line, noise *localsgd.Noise, eta, reach, share, h float64, points int) (*backward, error) {
	b := &backward{f: f, eta: eta, s: eta * noise.Sigma, nu: noise.Degrees, h: h, z: make([]float64, points), w: make([]float64, points)}
	quad.Legendre{}.FixedLocations(b.z, b.w, -1, 1)
	b.bary[0] = 1
	for j := 1; j < stencil; j++ { // binomial numbers of alternating sign
		b.bary[j] = -b.bary[j-1] * float64(stencil-j) / float64(j)
	}
	up, _ := math.Lgamma((b.nu + 1) / 2)
	down, _ := math.Lgamma(b.nu / 2)
	b.log0 = up - down - math.Log(math.Pi*(b.nu-2))/2
	b.scale = b.s * math.Min(1, math.Sqrt(b.nu-2)) // q has its poles at +-i sqrt(nu-2)
	side := int(math.Ceil(math.Asinh((share*studentReach*b.s+4*reach)/b.scale) / h))
	for i := -side; i <= side; i++ {
		b.y = append(b.y, b.scale*sinh(float64(i)*h))
	}
	last, width := b.y[2*side], b.scale/2
	least := width
	if scale := f.Scale(); scale > 0 {
		least = math.Min(width, scale)
	}
	about0 := growing(0, least, width, 4*last)
	n := len(b.y)
	b.matrix = make([]float64, n*n)
	for i, y := range b.y {
		if i%16 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		b.integral(b.matrix[i*n:(i+1)*n], y, about0, growing(y, width, width, 8*last), 4*last)
	}
	return b, nil
}

// sinh is by its series near 0, where the exponentials cancel.
func sinh(t float64) float64 {
	if q := t * t; q < .25 {
		return t * (1 + q/6*(1+q/20*(1+q/42*(1+q/72*(1+q/110*(1+q/156))))))
	}
	return (portable.Exp(t) - portable.Exp(-t)) / 2
}

// growing are edges of panels about a point, from the least width on: they double up to the width, and are then that
// wide or a third of their distance, whichever is more, until they are top away.
func growing(about, least, width, top float64) []float64 {
	away := []float64{0}
	for e := 0.; e < top; {
		switch {
		case e == 0:
			e = least
		case e < width:
			e *= 2
		default:
			e += math.Max(width, e/3)
		}
		away = append(away, e)
	}
	edges := make([]float64, 0, 2*len(away))
	for i := len(away) - 1; i > 0; i-- {
		edges = append(edges, about-away[i])
	}
	for _, e := range away {
		edges = append(edges, about+e)
	}
	return edges
}

func (b *backward) moved(x float64) float64 { return x - b.eta*b.f.Slope(x) }

// integral writes the weights of a node y.
func (b *backward) integral(row []float64, y float64, about0, aboutY []float64, end float64) {
	edges := make([]float64, 0, len(about0)+len(aboutY))
	for _, e := range append(slices.Clone(about0), aboutY...) {
		if -end < e && e < end {
			edges = append(edges, e)
		}
	}
	edges = append(edges, -end, end)
	slices.Sort(edges)
	for j := range len(edges) - 1 {
		middle, half := (edges[j]+edges[j+1])/2, (edges[j+1]-edges[j])/2
		if half <= 0 {
			continue
		}
		for k, z := range b.z {
			x := middle + half*z
			if weight := half * b.w[k] * b.student((y-x)/b.s) / b.s; weight > 0 {
				b.weights(row, b.moved(x), weight)
			}
		}
	}
	// The ends: T is linear there, x = y +- s z.
	for _, side := range [2]float64{-1, 1} {
		slope := (b.moved(2*side*end) - b.moved(side*end)) / (side * end)
		at := b.moved(side*end) + slope*(y-side*end)
		var m [3]float64
		for j := range m {
			m[j] = b.tail((end-side*y)/b.s, j)
		}
		for _, l := range b.parabola(side > 0) {
			p, q, r := at-l.p, at-l.q, side*slope*b.s
			row[l.own] += (p*q*m[0] + r*(p+q)*m[1] + r*r*m[2]) / l.norm
		}
	}
}

// student is the density of the noise, of unit variance.
func (b *backward) student(z float64) float64 {
	return portable.Exp(b.log0 - (b.nu+1)/2*math.Log1p(z*z/(b.nu-2)))
}

// tail is the integral of z^j q(z) from far away to infinity: that of the series of (1 + (nu-2)/z²)^{-(nu+1)/2}.
func (b *backward) tail(from float64, j int) float64 {
	log := b.log0 + (b.nu+1)/2*math.Log(b.nu-2) + (float64(j)-b.nu)*math.Log(from)
	if log < -745 {
		return 0
	}
	ratio, term, sum := (b.nu-2)/(from*from), 1.0, 0.0
	for i := range 60 {
		sum += term / (b.nu + 2*float64(i) - float64(j))
		term *= -((b.nu+1)/2 + float64(i)) / float64(i+1) * ratio
		if math.Abs(term) < 1e-18 {
			break
		}
	}
	return portable.Exp(log) * sum
}

// lagrange is (y - p)(y - q)/norm, which is 1 at a node and 0 at two others.
type lagrange struct {
	own        int
	p, q, norm float64
}

// parabola is what goes on beyond the last node, or the first one, through three nodes each twice as far out as the one
// before.
func (b *backward) parabola(upper bool) [3]lagrange {
	apart := int(math.Round(math.Ln2 / b.h))
	var own [3]int
	for i := range own {
		own[i] = i * apart
		if upper {
			own[i] = len(b.y) - 1 - i*apart
		}
	}
	var out [3]lagrange
	for i, k := range own {
		p, q := b.y[own[(i+1)%3]], b.y[own[(i+2)%3]]
		out[i] = lagrange{own: k, p: p, q: q, norm: (b.y[k] - p) * (b.y[k] - q)}
	}
	return out
}

// beyond adds weight times the parabola's polynomials at y to a row.
func (b *backward) beyond(row []float64, y, weight float64) {
	for _, l := range b.parabola(y > 0) {
		row[l.own] += weight * (y - l.p) * (y - l.q) / l.norm
	}
}

// place is the first node of the stencil about y, and where y is from there in units of h.
func (b *backward) place(y float64) (first int, u float64) {
	u = math.Asinh(y/b.scale)/b.h + float64(len(b.y)/2)
	first = int(math.Floor(u)) - stencil/2 + 1
	return first, u - float64(first)
}

// weights adds weight times the polynomials at y to a row.
func (b *backward) weights(row []float64, y, weight float64) {
	if math.Abs(y) > b.y[len(b.y)-1] {
		b.beyond(row, y, weight)
		return
	}
	first, u := b.place(y)
	var l [stencil]float64
	sum := 0.0
	for j, w := range b.bary {
		if u == float64(j) {
			l, sum = [stencil]float64{}, 1
			l[j] = 1
			break
		}
		l[j] = w / (u - float64(j))
		sum += l[j]
	}
	for j, l := range l {
		b.node(row, first+j, weight*l/sum)
	}
}

// node adds to the weight of a node, which beyond the last ones is that of the parabola.
func (b *backward) node(row []float64, i int, weight float64) {
	if i < 0 || i >= len(b.y) {
		if weight != 0 {
			b.beyond(row, b.scale*sinh(float64(i-len(b.y)/2)*b.h), weight)
		}
		return
	}
	row[i] += weight
}

// at is a function of given values at y, and its derivative.
func (b *backward) at(g []float64, y float64) (value, slope float64) {
	of := func(y float64) float64 {
		row, sum := make([]float64, len(g)), 0.0
		b.weights(row, y, 1)
		for i, l := range row {
			sum += l * g[i]
		}
		return sum
	}
	// By differences of order 8 of t, a quarter of a node apart.
	t, h := math.Asinh(y/b.scale), b.h/4
	away := func(i float64) float64 {
		return of(b.scale*sinh(t+i*h)) - of(b.scale*sinh(t-i*h))
	}
	return of(y), (672*away(1) - 168*away(2) + 32*away(3) - 3*away(4)) / (840 * h) / (b.scale * ((portable.Exp(t) + portable.Exp(-t)) / 2))
}

// step moves values of g_k to those of g_{k+1}.
func (b *backward) step(dst, g []float64) {
	n := len(g)
	for i := range dst {
		sum := 0.0
		for j, m := range b.matrix[i*n : (i+1)*n] {
			sum += float64(m * g[j])
		}
		dst[i] = sum
	}
}

// means are the g_k of x and of x².
type means struct {
	*backward
	first, second, next []float64
	k                   int
}

// start are those of one step.
func (b *backward) start() *means {
	m := &means{backward: b, first: slices.Clone(b.y), second: make([]float64, len(b.y)), next: make([]float64, len(b.y)), k: 1}
	for i, y := range b.y {
		m.second[i] = y*y + b.s*b.s
	}
	return m
}

func (m *means) advance(ctx context.Context, to int) error {
	for ; m.k < to; m.k++ {
		if m.k%32 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		m.step(m.next, m.first)
		m.first, m.next = m.next, m.first
		m.step(m.next, m.second)
		m.second, m.next = m.next, m.second
	}
	return nil
}

// students are the means on two grids, the first of which is coarser and ends sooner.
type students [2]*means

func newStudents(ctx context.Context, f localsgd.Line, noise *localsgd.Noise, eta, reach float64) (students, error) {
	var out students
	for i, points := range [2]int{10, 12} {
		b, err := newBackward(ctx, f, noise, eta, reach, [2]float64{.25, 1}[i], [2]float64{.07, .05}[i], points)
		if err != nil {
			return out, err
		}
		out[i] = b.start()
	}
	return out, nil
}

func (s students) advance(ctx context.Context, to int) error {
	for _, m := range s {
		if err := m.advance(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// at is the map from x; errors are what the coarser grid changes, and the rounding of the squares.
func (s students) at(x float64) *Map {
	var two [2]Map
	for i, m := range s {
		y, slope := m.moved(x), derivative(m.f, m.eta, x)
		mean, rises := m.at(m.first, y)
		square, _ := m.at(m.second, y)
		two[i] = Map{Mean: mean, Variance: square - mean*mean, Slope: slope * rises}
	}
	m := two[1]
	const rounding = 0x1p-48
	size := m.Mean*m.Mean + m.Variance
	m.MeanError = math.Abs(m.Mean-two[0].Mean) + rounding*math.Sqrt(size)
	m.VarianceError = math.Abs(m.Variance-two[0].Variance) + rounding*size
	m.SlopeError = math.Abs(m.Slope-two[0].Slope) + rounding*(1+math.Sqrt(size)/s[1].s)
	return &m
}

// StudentChain returns the biases of Chain under Student's noise at the given numbers of steps, increasing: by means as
// functions of the first point, as a density has heavy tails. progress may be nil.
func StudentChain(ctx context.Context, f localsgd.Line, noise *localsgd.Noise, eta, start float64, steps []int, progress func(share float64)) ([]Bias, error) {
	if err := checkSteps(steps); err != nil {
		return nil, err
	}
	out := descents(f, eta, start, steps)
	if noise.Sigma == 0 {
		return out, nil
	}
	s, err := newStudents(ctx, f, noise, eta, math.Abs(start))
	if err != nil {
		return nil, err
	}
	for i := range out {
		b := &out[i]
		if err := s.advance(ctx, b.Steps); err != nil {
			return nil, err
		}
		m := s.at(start)
		b.Bias, b.BiasError = m.Mean-b.Descent, m.MeanError
		b.Deviation = math.Sqrt(math.Max(m.Variance, 0))
		b.DeviationError = m.VarianceError / (2 * b.Deviation)
		if progress != nil {
			progress(float64(b.Steps) / float64(steps[len(steps)-1]))
		}
	}
	return out, nil
}
