package localsgd

import (
	"math"

	"kac/internal/portable"
)

// Algorithms by their words.
const (
	LocalSGD             = "local-sgd"
	MinibatchSGD         = "minibatch-sgd"
	AcceleratedMinibatch = "accelerated-minibatch"
	LocalSGDM            = "local-sgdm"
	MinibatchSGDM        = "minibatch-sgdm"
	LocalAdam            = "local-adam"
	MinibatchAdam        = "minibatch-adam"
)

// Algorithms are all of them.
var Algorithms = []string{LocalSGD, MinibatchSGD, AcceleratedMinibatch, LocalSGDM, MinibatchSGDM, LocalAdam, MinibatchAdam}

// Algorithm says what a round does, from the common point x and K local steps:
//
//	local-sgd              y <- y - eta (grad F_m(y) + noise), K times; x <- x + beta mean (y - x)            [L, eqs. 5 and 6]
//	minibatch-sgd          x <- x - eta (mean of the M K gradients at x)                                      [L]
//	accelerated-minibatch  the same gradient at z = x + r/(r+3) (x - x before), x <- z - eta gradient         [L, Theorem 11]
//	local-sgdm             g = clip(gradient + noise, rho); u <- b1 u + (1-b1) g; y <- y - eta u               [A, Algorithm 1]
//	local-adam             the same, v <- b2 v + (1-b2) g²; y <- y - eta u/sqrt(v + lambda²)                   [A, Algorithm 1]
//	minibatch-sgdm, -adam  one such step a round with the mean of the M K gradients at x
//
// Local versions average u and v with the points.
type Algorithm struct {
	Name          string
	Eta           float64
	Beta          float64 // of the server, for local-sgd
	LocalSteps    int     // K
	Momentum      float64 // b1
	SecondMoments float64 // b2
	Lambda        float64
	Clip          float64 // rho, coordinatewise; infinite: none
	Share         float64 // of the clients that take part in a round; 1: all
}

// DefaultSecondMoments is b2 = 1 - 1/(K^{3/2} R^{1/2}) [A].
func DefaultSecondMoments(steps, rounds int) float64 {
	return 1 - 1/(portable.Pow(float64(steps), 1.5)*math.Sqrt(float64(rounds)))
}

// Local reports whether clients move between averages.
func (a *Algorithm) Local() bool {
	return a.Name == LocalSGD || a.Name == LocalSGDM || a.Name == LocalAdam
}

// HasMomentum reports whether there is a u.
func (a *Algorithm) HasMomentum() bool {
	return a.Name == LocalSGDM || a.Name == MinibatchSGDM || a.HasSquares()
}

// HasSquares reports whether there is a v.
func (a *Algorithm) HasSquares() bool { return a.Name == LocalAdam || a.Name == MinibatchAdam }

// parts are how many vectors a client or the server has: x, u, v.
func (a *Algorithm) parts() int {
	n := 1
	if a.HasMomentum() {
		n++
	}
	if a.HasSquares() {
		n++
	}
	return n
}

// clip keeps the coordinates of a gradient between -rho and rho.
func (a *Algorithm) clip(g []float64) {
	if !math.IsInf(a.Clip, 1) {
		for i, x := range g {
			g[i] = max(min(x, a.Clip), -a.Clip)
		}
	}
}

// step moves a point y with its u and v (each of d numbers; u and v empty without) along the gradient g, which is
// clipped.
func (a *Algorithm) step(y, u, v, g []float64) {
	if !a.HasMomentum() {
		for i, x := range g {
			y[i] -= float64(a.Eta * x)
		}
		return
	}
	a.clip(g)
	b1, c1, eta := a.Momentum, 1-a.Momentum, a.Eta
	u = u[:len(g)]
	y = y[:len(g)]
	if !a.HasSquares() {
		for i, x := range g {
			w := float64(b1*u[i]) + float64(c1*x)
			u[i] = w
			y[i] -= float64(eta * w)
		}
		return
	}
	b2, c2, square := a.SecondMoments, 1-a.SecondMoments, a.Lambda*a.Lambda
	v = v[:len(g)]
	for i, x := range g {
		w := float64(b1*u[i]) + float64(c1*x)
		u[i] = w
		q := float64(b2*v[i]) + float64(c2*float64(x*x))
		v[i] = q
		y[i] -= eta * w / math.Sqrt(q+square)
	}
}
