package localsgd

import (
	"context"
	"errors"
	"fmt"
	"math"

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
	most    int // samples of a client
}

// EmptyShareError says that a client has no sample.
type EmptyShareError struct{ Client int } // from 0

func (e *EmptyShareError) Error() string { return fmt.Sprintf("client %d has no sample", e.Client) }

// ErrNewton says that no optimum was found.
var ErrNewton = errors.New("no optimum by Newton's method; with mu > 0 there is one")

// NewLogistic makes the objective of inputs (n x d, row-major), labels of +1 and -1, and the samples of each client,
// and finds x* by Newton's method until the gradient's norm is below 1e-12 times that at 0. Large data take no d x d
// matrix: eigenvalues by Lanczos' method, Newton's equations by conjugate gradients. It stops with the context.
func NewLogistic(ctx context.Context, inputs, labels []float64, dim int, mu float64, shares [][]int) (*Logistic, error) {
	f := &Logistic{inputs: inputs, labels: labels, dim: dim, mu: mu, shares: shares}
	for m, share := range shares {
		if len(share) == 0 {
			return nil, &EmptyShareError{m}
		}
		f.most = max(f.most, len(share))
	}
	if err := f.measure(ctx); err != nil {
		return nil, err
	}
	return f, f.newton(ctx)
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
