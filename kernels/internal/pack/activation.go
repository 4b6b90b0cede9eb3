package pack

import (
	"math"
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/scalar"
)

// Activation is an scalar.Function in the form the micro-kernels take: coefficients of the element type.
type Activation[T abi.Float] struct {
	Kind          abi.Kind
	value, d1, d2 oddEven[T]
	series        [3]clenshawSeries[T] // of a Legendre series and its derivatives
	own           scalar.Own
	Parameters    [2]T // softplus: temperature, 1/temperature; ReLUPower: power
}

// Set converts an activation, reusing the receiver's storage.
func (p *Activation[T]) Set(s scalar.Function) {
	p.Kind = s.Kind
	switch s.Kind {
	case abi.Polynomial:
		p.value.set(s.V)
		p.d1.set(s.D)
		p.d2.set(s.D2)
		// One variable serves all three: z^2 only if every one of them has a parity.
		if !p.value.square || !p.d1.square || !p.d2.square {
			p.value.setPlain(s.V)
			p.d1.setPlain(s.D)
			p.d2.setPlain(s.D2)
		}
	case abi.Legendre:
		p.series[0].set(s.V)
		p.series[1].set(s.D)
		p.series[2].set(s.D2)
	case abi.Softplus:
		t := T(s.Temperature)
		if math.IsInf(float64(t), 1) { // beyond float32, where it is ReLU to rounding; infinity times 0 would be NaN
			t = math.MaxFloat32
		}
		p.Parameters = [2]T{t, 1 / t}
	case abi.Own:
		p.own = s.Own
	case abi.ReLUPower:
		p.Parameters = [2]T{T(s.Temperature)}
	}
}

// Apply runs the product kernel with the activation on the call's tiles. value: f grows by the weighted values. slope:
// s is left holding the derivatives. signs: the operands are those of the set's sign kernels.
func (p *Activation[T]) Apply(set *abi.Set, c *abi.Call, value, slope, signs bool) {
	product, polynomial, relu := set.Product, set.Polynomial, set.Relu
	if signs {
		product, polynomial, relu = set.Signs.Product, set.Signs.Polynomial, set.Signs.Relu
	}
	switch p.Kind {
	case abi.Polynomial:
		c.N0, c.N1 = 0, 0
		if value {
			c.C0, c.N0, c.Shift0 = p.value.pointer()
		}
		if slope {
			c.C1, c.N1, c.Shift1 = p.d1.pointer()
		}
		c.Square = abi.B2i(p.value.square)
		polynomial(c)
	case abi.ReLU:
		relu(c)
	case abi.Legendre:
		product(c)
		c.N0, c.N1 = 0, 0
		if value {
			c.C0, c.N0 = p.series[0].pointer()
		}
		if slope {
			c.C1, c.N1 = p.series[1].pointer()
		}
		set.Activate[p.Kind](c)
	default:
		product(c)
		c.C0 = p.parameters()
		set.Activate[p.Kind](c)
	}
}

// Derive writes first and second derivatives at n values of z.
func (p *Activation[T]) Derive(set *abi.Set, c *abi.Call) {
	switch p.Kind {
	case abi.Polynomial:
		c.C1, c.N1, c.Shift1 = p.d1.pointer()
		c.C2, c.N2, c.Shift2 = p.d2.pointer()
		c.Square = abi.B2i(p.value.square)
	case abi.Legendre:
		c.C1, c.N1 = p.series[1].pointer()
		c.C2, c.N2 = p.series[2].pointer()
	default:
		c.C0 = p.parameters()
	}
	set.Derivatives[p.Kind](c)
}

// parameters points to what a kind that is no series is known by: the function itself, or its Parameters.
func (p *Activation[T]) parameters() unsafe.Pointer {
	if p.Kind == abi.Own {
		return unsafe.Pointer(&p.own)
	}
	return unsafe.Pointer(&p.Parameters)
}
