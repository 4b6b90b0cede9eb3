package localsgd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"

	"kac/internal/portable"
	"kac/particles/localsgd"
)

// ErrTooFine says that the noise is too small beside the way that descent goes, so that the density has too many
// panels.
var ErrTooFine = errors.New("the noise is too small beside the distance of the start")

// maxPanels bounds the panels of a density.
const maxPanels = 200_000

// Chain returns the biases of
//
//	x_{k+1} = x_k - eta (f'(x_k) + sigma xi_k),   xi_k ~ N(0, 1)
//
// at the given numbers of steps, increasing. The density of x_k is followed on Gauss-Legendre panels that are split at
// 0, where the second derivative jumps: with T(x) = x - eta f'(x) and s = eta sigma,
//
//	p_{k+1}(y) = int p_k(x) exp(-(y - T(x))²/(2 s²))/(s sqrt(2 pi)) dx.
//
// The errors are what two more nodes in every panel change, and the mass that is lost. progress may be nil.
func Chain(ctx context.Context, f localsgd.Line, eta, sigma, start float64, steps []int, progress func(share float64)) ([]Bias, error) {
	if err := checkSteps(steps); err != nil {
		return nil, err
	}
	if sigma == 0 {
		return descents(f, eta, start, steps), nil
	}
	var results [2][]Bias
	for i, nodes := range []int{11, 13} {
		d, err := newDensity(f, eta, eta*sigma, start, steps[len(steps)-1], nodes)
		if err != nil {
			return nil, err
		}
		report := func(share float64) {
			if progress != nil {
				progress((float64(i) + share) / 2)
			}
		}
		if results[i], err = d.run(ctx, steps, report); err != nil {
			return nil, err
		}
	}
	out := results[1]
	for i := range out {
		b := &out[i]
		rounding := 0x1p-50 * (b.Deviation + math.Abs(b.Descent))
		b.BiasError += math.Abs(b.Bias-results[0][i].Bias) + rounding
		b.DeviationError += math.Abs(b.Deviation-results[0][i].Deviation) + rounding
	}
	return out, nil
}

func checkSteps(steps []int) error {
	for i, k := range steps {
		if k < 1 || i > 0 && k <= steps[i-1] {
			return fmt.Errorf("numbers of steps %v: they start at 1 and increase", steps)
		}
	}
	if len(steps) == 0 {
		return errors.New("no numbers of steps")
	}
	return nil
}

// descents are the biases without noise: none.
func descents(f localsgd.Line, eta, start float64, steps []int) []Bias {
	var out []Bias
	x, k := start, 0
	for _, n := range steps {
		for ; k < n; k++ {
			x -= eta * f.Slope(x)
		}
		out = append(out, Bias{Steps: n, Descent: x})
	}
	return out
}

// density is p_k on panels.
type density struct {
	f             localsgd.Line
	eta, s, start float64
	x, w, moved   []float64 // nodes, weights, T(nodes)
	first         []int     // of the nodes that are reached from a node
	kernel        []float64 // their transition densities times the weight of the node, one node after the other
	begin         []int     // of a node in kernel
	p, next       []float64
	descent       float64
}

// reach is how many standard deviations of a Gaussian are followed: e^{-37} is left out.
const reach = 8.6

func newDensity(f localsgd.Line, eta, s, start float64, steps, nodes int) (*density, error) {
	d := &density{f: f, eta: eta, s: s, start: start}
	low, high := d.window(steps)
	edges, err := panelEdges(low, high, 1.6*s, f.Scale())
	if err != nil {
		return nil, err
	}
	z, weights := make([]float64, nodes), make([]float64, nodes)
	quad.Legendre{}.FixedLocations(z, weights, -1, 1)
	if z[0] > z[nodes-1] { // the rule is symmetric: so are the weights
		slices.Reverse(z)
	}
	for i := range len(edges) - 1 {
		a, b := edges[i], edges[i+1]
		for k := range z {
			d.x = append(d.x, (a+b)/2+(b-a)/2*z[k])
			d.w = append(d.w, (b-a)/2*weights[k])
		}
	}
	n := len(d.x)
	d.moved, d.first, d.begin = make([]float64, n), make([]int, n), make([]int, n+1)
	d.p, d.next = make([]float64, n), make([]float64, n)
	for i, x := range d.x {
		d.moved[i] = x - eta*f.Slope(x)
		from := d.index(d.moved[i] - reach*s)
		to := d.index(d.moved[i] + reach*s)
		d.first[i] = from
		for _, y := range d.x[from:to] {
			d.kernel = append(d.kernel, d.gauss(y-d.moved[i])*d.w[i])
		}
		d.begin[i+1] = len(d.kernel)
	}
	return d, nil
}

// window is where the density is followed: ten standard deviations about the way of descent. Distances between two
// copies with the same noise shrink by rho = max |1 - eta d2f| a step, so that x_k is a function of its noises with
// Lipschitz constant s sqrt((1 - rho^{2k})/(1 - rho²)), and has Gaussian tails of that deviation.
func (d *density) window(steps int) (low, high float64) {
	least, most := d.f.Curvatures()
	rho := math.Max(math.Abs(1-d.eta*least), math.Abs(1-d.eta*most))
	square, x := 1.0, d.start
	low, high = math.Inf(1), math.Inf(-1)
	for range steps {
		x -= d.eta * d.f.Slope(x)
		half := 10 * d.s * math.Sqrt(square)
		low, high = math.Min(low, x-half), math.Max(high, x+half)
		square = 1 + rho*rho*square
	}
	return low, high
}

// panelEdges are panels of at most the width between low and high, with an edge at 0; near 0 they shrink to the scale.
func panelEdges(low, high, width, scale float64) ([]float64, error) {
	if (high-low)/width > maxPanels {
		return nil, ErrTooFine
	}
	marks := []float64{low}
	if low < 0 && high > 0 && !math.IsInf(scale, 1) {
		var near []float64
		if scale > 0 {
			for x := scale; x < width; x *= 2 {
				near = append(near, x)
			}
		}
		for i := len(near) - 1; i >= 0; i-- {
			if -near[i] > low {
				marks = append(marks, -near[i])
			}
		}
		marks = append(marks, 0)
		for _, x := range near {
			if x < high {
				marks = append(marks, x)
			}
		}
	}
	marks = append(marks, high)
	edges := []float64{low}
	for i := range len(marks) - 1 {
		a, b := marks[i], marks[i+1]
		n := int(math.Ceil((b - a) / width))
		for k := 1; k <= n; k++ {
			edges = append(edges, a+(b-a)*float64(k)/float64(n))
		}
	}
	return edges, nil
}

// index is the first node that is not left of y.
func (d *density) index(y float64) int {
	low, high := 0, len(d.x)
	for low < high {
		if middle := (low + high) / 2; d.x[middle] < y {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func (d *density) gauss(x float64) float64 {
	z := x / d.s
	return portable.Exp(-z*z/2) / (d.s * math.Sqrt(2*math.Pi))
}

// step makes the next density; the first one is Gaussian about one step of descent.
func (d *density) step(k int) {
	d.descent -= d.eta * d.f.Slope(d.descent)
	if k == 1 {
		for i, x := range d.x {
			d.p[i] = d.gauss(x - d.descent)
		}
		return
	}
	d.move(d.next, d.p)
	d.p, d.next = d.next, d.p
}

// move writes the next density of p to dst.
func (d *density) move(dst, p []float64) {
	clear(dst)
	for i, p := range p {
		if p == 0 {
			continue
		}
		row := d.kernel[d.begin[i]:d.begin[i+1]]
		to := dst[d.first[i] : d.first[i]+len(row)]
		for j, q := range row {
			to[j] += float64(p * q)
		}
	}
}

func (d *density) run(ctx context.Context, steps []int, progress func(float64)) ([]Bias, error) {
	var out []Bias
	d.descent = d.start
	last := steps[len(steps)-1]
	for k := 1; k <= last; k++ {
		d.step(k)
		if k%64 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			progress(float64(k) / float64(last))
		}
		if k == steps[len(out)] {
			out = append(out, d.bias(k))
		}
	}
	return out, nil
}

// bias sums the moments about the way of descent, from the ends of the window inwards: small numbers first.
func (d *density) bias(k int) Bias {
	if k == 1 {
		return Bias{Steps: 1, Descent: d.descent, Deviation: d.s} // x_1 is Gaussian about x_1^{GD}
	}
	var mass, first, second float64
	n := len(d.x)
	for i := range n / 2 {
		for _, j := range [2]int{i, n - 1 - i} {
			q, e := d.p[j]*d.w[j], d.x[j]-d.descent
			mass, first, second = mass+q, first+q*e, second+q*e*e
		}
	}
	if n%2 == 1 {
		q, e := d.p[n/2]*d.w[n/2], d.x[n/2]-d.descent
		mass, first, second = mass+q, first+q*e, second+q*e*e
	}
	b := Bias{Steps: k, Bias: first, Descent: d.descent, Deviation: math.Sqrt(math.Max(second-first*first, 0))}
	// Lost mass was at most where it could change the mean by a deviation.
	b.BiasError = math.Abs(mass-1) * b.Deviation
	b.DeviationError = b.BiasError
	return b
}
