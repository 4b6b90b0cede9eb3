package localsgd

import (
	"context"
	"errors"
	"math"

	"kac/particles/localsgd"
)

// Map is what K local steps from a point x do to the mean of infinitely many clients, and to the spread of one.
type Map struct {
	Mean      float64 // Phi_K(x) = E[x_K | x_0 = x]
	Variance  float64 // of one client
	Slope     float64 // Phi_K'(x); at a point where f'' jumps, from the right
	MeanError float64 // estimates of how wrong they are
	// VarianceError and SlopeError are those of the others.
	VarianceError, SlopeError float64
}

// ErrNoMap says that the law of noise has no reference.
var ErrNoMap = errors.New("the map of infinitely many clients is known for gaussian and student noise, for none, and for rademacher noise of at most 24 steps")

// MapOf computes the map of K steps of eta on the clients' common objective, from x.
func MapOf(ctx context.Context, f localsgd.Line, noise *localsgd.Noise, eta float64, steps int, x float64) (*Map, error) {
	if noise.Law == localsgd.StudentNoise && noise.Sigma > 0 {
		at, err := mapper(ctx, f, noise, eta, steps, math.Abs(x))
		if err != nil {
			return nil, err
		}
		return at(x)
	}
	switch {
	case noise.Law == localsgd.NoNoise || noise.Sigma == 0:
		y, slope := x, 1.0
		for range steps {
			slope *= derivative(f, eta, y)
			y -= eta * f.Slope(y)
		}
		wrong := 0x1p-52 * float64(steps)
		return &Map{Mean: y, Slope: slope, MeanError: wrong * math.Abs(x), SlopeError: wrong * math.Abs(slope)}, nil
	case noise.Law == localsgd.GaussianNoise:
		return gaussianMap(ctx, f, noise.Sigma, eta, steps, x)
	case noise.Law == localsgd.RademacherNoise && steps <= MaxPaths:
		return pathMap(ctx, f, noise.Sigma, eta, steps, x)
	}
	return nil, ErrNoMap
}

// mapper is MapOf for many points, most of them not farther from 0 than reach: what they share is computed once.
func mapper(ctx context.Context, f localsgd.Line, noise *localsgd.Noise, eta float64, steps int, reach float64) (func(x float64) (*Map, error), error) {
	if noise.Law == localsgd.StudentNoise && noise.Sigma > 0 {
		s, err := newStudents(ctx, f, noise, eta, reach)
		if err != nil {
			return nil, err
		}
		return func(x float64) (*Map, error) { return s.at(x), nil }, s.advance(ctx, steps)
	}
	return func(x float64) (*Map, error) { return MapOf(ctx, f, noise, eta, steps, x) }, nil
}

// derivative of T(y) = y - eta f'(y).
func derivative(f localsgd.Line, eta, y float64) float64 {
	switch f := f.(type) {
	case localsgd.Kink:
		if y >= 0 {
			return 1 - eta*f.R
		}
		return 1 - eta*f.L
	case localsgd.SmoothKink:
		return 1 - eta*((f.L+f.R)/2+(f.R-f.L)/2*y/math.Sqrt(y*y+f.W*f.W))
	}
	h := 1e-6 * (1 + math.Abs(y))
	return 1 - eta*(f.Slope(y+h)-f.Slope(y-h))/(2*h)
}

// gaussianMap follows the density of x_k, and its derivative by x_0, which is that of the first density and then moves
// as the density does. Errors are what two more nodes in every panel change.
func gaussianMap(ctx context.Context, f localsgd.Line, sigma, eta float64, steps int, x float64) (*Map, error) {
	s := eta * sigma
	var two [2]Map
	for i, nodes := range []int{11, 13} {
		d, err := newDensity(f, eta, s, x, steps, nodes)
		if err != nil {
			return nil, err
		}
		d.descent = x
		d.step(1)
		change, next := make([]float64, len(d.x)), make([]float64, len(d.x))
		slope := derivative(f, eta, x)
		for j, y := range d.x {
			change[j] = slope * (y - d.descent) / (s * s) * d.p[j]
		}
		for k := 2; k <= steps; k++ {
			if k%64 == 0 {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			d.move(next, change)
			change, next = next, change
			d.step(k)
		}
		b := d.bias(steps)
		two[i] = Map{Mean: b.Descent + b.Bias, Variance: b.Deviation * b.Deviation, MeanError: b.BiasError}
		for j, y := range d.x {
			two[i].Slope += change[j] * d.w[j] * (y - b.Descent)
		}
	}
	m := two[1]
	deviation := math.Sqrt(m.Variance)
	m.MeanError += math.Abs(m.Mean-two[0].Mean) + 0x1p-50*(deviation+math.Abs(m.Mean))
	m.VarianceError = math.Abs(m.Variance-two[0].Variance) + 0x1p-49*m.Variance
	m.SlopeError = math.Abs(m.Slope-two[0].Slope) + 0x1p-49
	return &m, nil
}

// pathMap takes all 2^K paths of signs, and along each the derivative by x_0.
func pathMap(ctx context.Context, f localsgd.Line, sigma, eta float64, steps int, x float64) (*Map, error) {
	b, err := Paths(ctx, f, eta, sigma, x, []int{steps})
	if err != nil {
		return nil, err
	}
	var slopes compensated
	var follow func(y, slope float64, k int) error
	follow = func(y, slope float64, k int) error {
		if k == steps {
			slopes.add(slope)
			return nil
		}
		if k == steps-16 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		slope *= derivative(f, eta, y)
		y -= eta * f.Slope(y)
		if err := follow(y+eta*sigma, slope, k+1); err != nil {
			return err
		}
		return follow(y-eta*sigma, slope, k+1)
	}
	if err := follow(x, 1, 0); err != nil {
		return nil, err
	}
	slope := slopes.sum() / math.Ldexp(1, steps)
	rounding := 0x1p-51 * float64(steps)
	return &Map{
		Mean: b[0].Descent + b[0].Bias, Variance: b[0].Deviation * b[0].Deviation, Slope: slope,
		MeanError: b[0].BiasError, VarianceError: rounding * b[0].Deviation * b[0].Deviation, SlopeError: rounding * math.Abs(slope),
	}, nil
}

// Limit is infinitely many clients after a round, with the constant of finitely many: M E(x_M - x_inf)² -> Constant.
type Limit struct {
	Round                int
	X, XError            float64
	Constant, ConstError float64
}

// Rounds follows rounds 0 to R of FedAvg with infinitely many clients, x_{r+1} = x_r + beta (Phi_K(x_r) - x_r), and
//
//	V_{r+1} = beta² Var_K(x_r) + (1 - beta + beta Phi_K'(x_r))² V_r,   V_0 = 0,
//
// the leading order in 1/M of the variance of the average of M clients. Errors are carried through both.
func Rounds(ctx context.Context, f localsgd.Line, noise *localsgd.Noise, eta, beta float64, steps, rounds int, start float64, progress func(share float64)) ([]Limit, error) {
	out := []Limit{{X: start}}
	at, err := mapper(ctx, f, noise, eta, steps, math.Abs(start))
	if err != nil {
		return nil, err
	}
	var m *Map
	for r := 1; r <= rounds; r++ {
		last := out[r-1]
		if m == nil || last.X != out[max(r-2, 0)].X { // at a fixed point nothing changes
			if m, err = at(last.X); err != nil {
				return nil, err
			}
		}
		slope := 1 - beta + beta*m.Slope
		next := Limit{Round: r, X: last.X + beta*(m.Mean-last.X), XError: math.Abs(slope)*last.XError + beta*m.MeanError}
		next.Constant = beta*beta*m.Variance + slope*slope*last.Constant
		next.ConstError = beta*beta*m.VarianceError + slope*slope*last.ConstError + 2*math.Abs(slope)*beta*m.SlopeError*last.Constant
		out = append(out, next)
		if progress != nil {
			progress(float64(r) / float64(rounds))
		}
	}
	return out, nil
}

// Fixed is where rounds of infinitely many clients end: the floor that no number of clients removes, for any step of
// the server.
type Fixed struct {
	X, XError float64
	Slope     float64 // Phi_K' there
	// Constant is lim M E(x_M - X)² as the rounds go on, for a step of the server: with c = 1 - beta + beta Slope it is
	// beta² Var_K/(1 - c²).
	Constant, ConstError float64
}

// FixedOf solves Phi_K(x) = x by Newton's method from 0, the minimum. XError is the remaining difference over 1 -
// slope, and the map's own error.
func FixedOf(ctx context.Context, f localsgd.Line, noise *localsgd.Noise, eta, beta float64, steps int) (*Fixed, error) {
	x, best := 0.0, math.Inf(1)
	out := &Fixed{}
	at, err := mapper(ctx, f, noise, eta, steps, 0)
	if err != nil {
		return nil, err
	}
	for range 60 {
		m, err := at(x)
		if err != nil {
			return nil, err
		}
		away := (m.Mean - x) / (1 - m.Slope)
		wrong := math.Abs(away) + m.MeanError/(1-m.Slope)
		if !(wrong < best) {
			break
		}
		c := 1 - beta + beta*m.Slope
		best = wrong
		out.X, out.XError, out.Slope = x, wrong, m.Slope
		out.Constant = beta * beta * m.Variance / (1 - c*c)
		out.ConstError = out.Constant*(m.VarianceError/math.Max(m.Variance, 1e-300)+2*math.Abs(c)*beta*m.SlopeError/(1-c*c)) + out.Constant*wrong/math.Max(math.Sqrt(m.Variance), 1e-300)
		x += away
	}
	return out, nil
}
