package kernels

import (
	"fmt"
	"math"

	"kac/internal/portable"
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/scalar"
	"kac/kernels/internal/sums"
)

// Loss is l(f, y), what a prediction f of a label y costs. Gradients of its mean reach particles through one factor r
// for every sample, so that ForwardVelocity is for every loss what it is for the square:
//
//	square    l = (y - f)^2                    r = y - f                     = -(1/2) dl/df
//	logistic  l = kappa log(1 + e^(-y f))      r = kappa y / (1 + e^(y f))   = -dl/df       (docs/mathematics.md, 1.6)
//
// The factor 1/2 of the square is that of paper time ([PoC] Glasgow, Wu, Bruna, COLT 2025), kappa = 2 the logistic loss
// of Glasgow, ICLR 2024 (arXiv 2309.15111), -2 log sigmoid(y f), for labels y = +-1; kappa = 1 is the plain one, the
// same descent at half the speed. The zero value is the square. Losses may be compared with ==.
type Loss struct {
	kind  lossKind
	kappa float64 // of the logistic loss
}

type lossKind uint8

const (
	lossSquare lossKind = iota
	lossLogistic
)

// SquareLoss returns (y - f)^2.
func SquareLoss() Loss { return Loss{} }

// LogisticLoss returns kappa log(1 + e^(-y f)). It panics unless kappa is positive and finite.
func LogisticLoss(kappa float64) Loss {
	if !(kappa > 0) || math.IsInf(kappa, 1) {
		panic(fmt.Sprintf("kernels: LogisticLoss: kappa %v is not positive and finite", kappa))
	}
	return Loss{lossLogistic, kappa}
}

// String names the loss.
func (l Loss) String() string {
	switch {
	case l.kind == lossSquare:
		return "square"
	case l.kappa == 1:
		return "logistic"
	}
	return fmt.Sprintf("logistic(%v)", l.kappa)
}

// Slope is c in r = -c dl/df: 1/2 for the square, else 1. A velocity is -c m times the gradient of the mean loss in a
// particle.
func (l Loss) Slope() float64 {
	if l.kind == lossSquare {
		return .5
	}
	return 1
}

// Eval returns l(f, y) and r. It is stable at every f: where e^(y f) overflows l and r are 0, where it underflows kappa
// |y f| and kappa y. With u = y f as float64 rounds it, the error of r is at most 4 eps |r|, that of the logistic l 4
// eps l, in float64's normal range.
func (l Loss) Eval(f, y float64) (value, r float64) {
	if l.kind == lossSquare {
		r = y - f
		return r * r, r
	}
	u := y * f
	return l.logistic(u), l.kappa * y / (1 + scalar.Exp(u))
}

// logistic is the value at u = y f.
func (l Loss) logistic(u float64) float64 {
	return l.kappa * (max(-u, 0) + math.Log1p(portable.Exp(-math.Abs(u))))
}

// LossStep writes the factors r_i of n samples and returns the sum of their losses, added in float64 in the order of
// Sum:
//
//	for i := range n {
//		l, r[i] = loss.Eval(f[i], y[i])
//		sum += l
//	}
//
// with r in T, and y f rounded to T: its error is at most (6 + |y f|) eps |r_i|, of which |y f| eps is that of the
// product and nothing for y = +-1, plus kappa |y_i| times the least normal number: what is smaller may be 0. r may be
// f, and must not overlap f or y otherwise. Results do not depend on the number of workers.
func LossStep[T Float](r, f, y []T, loss Loss, ws *Workspace[T]) (sum float64) {
	const op = "LossStep"
	checkLen(op, "f", len(f), len(r))
	checkLen(op, "y", len(y), len(r))
	if len(r) > 0 && &r[0] != &f[0] {
		checkApart(op, "r", "f", r, f)
	}
	checkApart(op, "r", "y", r, y)
	if loss.kind == lossSquare {
		for i, v := range y {
			r[i] = v - f[i]
		}
		return Dot(r, r)
	}
	s := &ws.loss
	s.r = abi.Grow(s.r, abi.RoundUp(sums.Block, ws.set.Lanes))
	var tree sums.Tree
	var values [sums.Block]float64
	for lo := 0; lo < len(r); lo += sums.Block {
		hi := min(lo+sums.Block, len(r))
		part := s.r[:hi-lo]
		pack.Residuals(loss.kappa, part, f[lo:hi], y[lo:hi], ws.set, &s.call)
		for i, v := range f[lo:hi] {
			values[i] = loss.logistic(float64(y[lo+i]) * float64(v))
		}
		copy(r[lo:], part)
		tree.Push(sums.BlockSum(values[:hi-lo]))
	}
	return tree.Total()
}

// lossScratch is what LossStep needs.
type lossScratch[T Float] struct {
	call call
	r    []T
}
