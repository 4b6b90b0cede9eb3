package scalar

import "kac/kernels/internal/abi"

// Function is an activation, or a dual as a function of the inner product: a kind with its parameters. Immutable.
type Function struct {
	Kind        abi.Kind
	Temperature float64   // softplus; ReLUPower: the power
	Own         Own       // of the kind Own
	V, D, D2    []float64 // polynomial and its derivatives, constant term first, or Legendre series in rows of ClenshawStride
}

// Own returns a function and its first two derivatives at z.
type Own func(z float64) (v, dv, d2v float64)

// Eval returns the function and its first two derivatives at z.
func (f Function) Eval(z float64) (v, dv, d2v float64) {
	switch f.Kind {
	case abi.Polynomial:
		return Horner(f.V, z), Horner(f.D, z), Horner(f.D2, z)
	case abi.Legendre:
		return Clenshaw(f.V, z), Clenshaw(f.D, z), Clenshaw(f.D2, z)
	case abi.Own:
		return f.Own(z)
	}
	return ClosedForm(f.Kind, f.Temperature, z)
}
