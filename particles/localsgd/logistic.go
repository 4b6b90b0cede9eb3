package localsgd

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
)

// Logistic is the objective F_m(x) = mean over client m's samples of log(1 + exp(-y a'x)) + (mu/2)|x|²; all clients
// have the same weight in F. Immutable.
type Logistic struct {
	inputs  []float64 // n x d
	labels  []float64 // +-1
	dim     int
	mu      float64
	shares  [][]int // samples of each client
	optimum []float64
	least   float64 // F(x*)
	smooth  float64
}

// EmptyShareError says that a client has no sample.
type EmptyShareError struct{ Client int } // from 0

func (e *EmptyShareError) Error() string { return fmt.Sprintf("client %d has no sample", e.Client) }

// ErrNewton says that no optimum was found.
var ErrNewton = errors.New("no optimum by Newton's method; with mu > 0 there is one")

// NewLogistic makes the objective of inputs (n x d, row-major), labels of +1 and -1, and the samples of each client,
// and finds x* by Newton's method until the gradient's norm is below 1e-12 times that at 0.
func NewLogistic(inputs, labels []float64, dim int, mu float64, shares [][]int) (*Logistic, error) {
	f := &Logistic{inputs: inputs, labels: labels, dim: dim, mu: mu, shares: shares}
	for m, share := range shares {
		if len(share) == 0 {
			return nil, &EmptyShareError{m}
		}
	}
	if err := f.measure(); err != nil {
		return nil, err
	}
	return f, f.newton()
}

// Dim implements Objective.
func (f *Logistic) Dim() int { return f.dim }

// Clients is how many shares there are.
func (f *Logistic) Clients() int { return len(f.shares) }

// Optimum implements Objective.
func (f *Logistic) Optimum() []float64 { return f.optimum }

// Smoothness implements Objective: the largest eigenvalue of A_m'A_m/(4 n_m) of all clients, and mu.
func (f *Logistic) Smoothness() float64 { return f.smooth }

// Gradient implements Objective.
func (f *Logistic) Gradient(dst, x []float64, client int) {
	clear(dst)
	share := f.shares[client]
	for _, i := range share {
		f.add(dst, x, i)
	}
	for j := range dst {
		dst[j] = dst[j]/float64(len(share)) + f.mu*x[j]
	}
}

// BatchGradient implements Sampled.
func (f *Logistic) BatchGradient(dst, x []float64, client, batch int, below func(n uint64) uint64) {
	clear(dst)
	share := f.shares[client]
	for range batch {
		f.add(dst, x, share[below(uint64(len(share)))])
	}
	for j := range dst {
		dst[j] = dst[j]/float64(batch) + f.mu*x[j]
	}
}

// add adds the gradient of a sample's loss, -y a/(1 + exp(y a'x)).
func (f *Logistic) add(dst, x []float64, i int) {
	a := f.inputs[i*f.dim : (i+1)*f.dim]
	scale := -f.labels[i] * sigmoid(-f.labels[i]*dot(a, x))
	for j, v := range a {
		dst[j] += float64(scale * v)
	}
}

func dot(a, x []float64) float64 {
	sum := 0.0
	for j, v := range a {
		sum += float64(v * x[j])
	}
	return sum
}

// sigmoid is 1/(1 + e^{-z}), without overflow.
func sigmoid(z float64) float64 {
	e := portable.Exp(-math.Abs(z))
	if z >= 0 {
		return 1 / (1 + e)
	}
	return e / (1 + e)
}

// Value is F(x).
func (f *Logistic) Value(x []float64) float64 {
	total := 0.0
	for _, share := range f.shares {
		sum := 0.0
		for _, i := range share {
			z := f.labels[i] * dot(f.inputs[i*f.dim:(i+1)*f.dim], x)
			sum += math.Max(-z, 0) + math.Log1p(portable.Exp(-math.Abs(z)))
		}
		total += sum / float64(len(share))
	}
	return total/float64(len(f.shares)) + f.mu/2*dot(x, x)
}

// Excess implements Objective.
func (f *Logistic) Excess(x []float64) float64 { return f.Value(x) - f.least }

// gram is the mean over samples of weight(i) a a'.
func (f *Logistic) gram(into *mat.SymDense, share []int, weight func(i int) float64) {
	for _, i := range share {
		a := f.inputs[i*f.dim : (i+1)*f.dim]
		into.SymRankOne(into, weight(i)/float64(len(share)), mat.NewVecDense(f.dim, a))
	}
}

func (f *Logistic) measure() error {
	for _, share := range f.shares {
		g := mat.NewSymDense(f.dim, nil)
		f.gram(g, share, func(int) float64 { return .25 })
		var e mat.EigenSym
		if !e.Factorize(g, false) {
			return errors.New("the eigenvalues of a client's samples were not found")
		}
		f.smooth = math.Max(f.smooth, e.Values(nil)[f.dim-1]+f.mu)
	}
	return nil
}

// newton finds x*, with halved steps where F does not fall.
func (f *Logistic) newton() error {
	d := f.dim
	x, g, one := make([]float64, d), make([]float64, d), make([]float64, d)
	first := 0.0
	for range 200 {
		clear(g)
		for m := range f.shares {
			f.Gradient(one, x, m)
			for j, v := range one {
				g[j] += v / float64(len(f.shares))
			}
		}
		size := math.Sqrt(dot(g, g))
		if first == 0 {
			first = size
		}
		if !(size > 1e-12*first) {
			f.optimum, f.least = x, f.Value(x)
			return nil
		}
		h := mat.NewSymDense(d, nil)
		for _, share := range f.shares {
			f.gram(h, share, func(i int) float64 {
				z := dot(f.inputs[i*d:(i+1)*d], x)
				return sigmoid(z) * sigmoid(-z) / float64(len(f.shares))
			})
		}
		for j := range d {
			h.SetSym(j, j, h.At(j, j)+f.mu)
		}
		var c mat.Cholesky
		if !c.Factorize(h) {
			return ErrNewton
		}
		step := mat.NewVecDense(d, nil)
		if err := c.SolveVecTo(step, mat.NewVecDense(d, g)); err != nil {
			return fmt.Errorf("%w: %w", ErrNewton, err)
		}
		before, length := f.Value(x), 1.0
		next := make([]float64, d)
		for range 50 {
			for j := range next {
				next[j] = x[j] - length*step.AtVec(j)
			}
			if f.Value(next) <= before+1e-15*math.Abs(before) {
				break
			}
			length /= 2
		}
		x = next
		if dot(x, x) > 1e12 {
			return ErrNewton
		}
	}
	return ErrNewton
}
