package kernels

import (
	"math"
	"unsafe"

	"kac/kernels/internal/abi"
)

// packedActivation is an Activation in the form the micro-kernels take: coefficients of the element type.
type packedActivation[T Float] struct {
	kind          activationKind
	value, d1, d2 oddEven[T]
	series        [3]clenshawSeries[T] // of a Legendre series and its derivatives
	parameters    [2]T                 // softplus: temperature, 1/temperature
}

func (p *packedActivation[T]) set(s Activation) {
	p.kind = s.kind
	switch s.kind {
	case actPolynomial:
		p.value.set(s.v)
		p.d1.set(s.d)
		p.d2.set(s.d2)
		// One variable serves all three: z^2 only if every one of them has a parity.
		if !p.value.square || !p.d1.square || !p.d2.square {
			p.value.setPlain(s.v)
			p.d1.setPlain(s.d)
			p.d2.setPlain(s.d2)
		}
	case actLegendre:
		p.series[0].set(s.v)
		p.series[1].set(s.d)
		p.series[2].set(s.d2)
	case actSoftplus:
		t := T(s.temperature)
		if math.IsInf(float64(t), 1) { // beyond float32, where it is ReLU to rounding; infinity times 0 would be NaN
			t = math.MaxFloat32
		}
		p.parameters = [2]T{t, 1 / t}
	}
}

// apply runs the product kernel with the activation on the call's tiles. value: f grows by the weighted values. slope: s is
// left holding the derivatives. signs: the operands are those of the set's sign kernels.
func (p *packedActivation[T]) apply(set *kernelSet, c *call, value, slope, signs bool) {
	product, polynomial, relu := set.Product, set.Polynomial, set.Relu
	if signs {
		product, polynomial, relu = set.Signs.Product, set.Signs.Polynomial, set.Signs.Relu
	}
	switch p.kind {
	case actPolynomial:
		c.N0, c.N1 = 0, 0
		if value {
			c.C0, c.N0, c.Shift0 = p.value.pointer()
		}
		if slope {
			c.C1, c.N1, c.Shift1 = p.d1.pointer()
		}
		c.Square = abi.B2i(p.value.square)
		polynomial(c)
	case actReLU:
		relu(c)
	case actLegendre:
		product(c)
		c.N0, c.N1 = 0, 0
		if value {
			c.C0, c.N0 = p.series[0].pointer()
		}
		if slope {
			c.C1, c.N1 = p.series[1].pointer()
		}
		set.Activate[p.kind](c)
	default:
		product(c)
		c.C0 = unsafe.Pointer(&p.parameters)
		set.Activate[p.kind](c)
	}
}

// derive writes first and second derivatives at n values of z.
func (p *packedActivation[T]) derive(set *kernelSet, c *call) {
	switch p.kind {
	case actPolynomial:
		c.C1, c.N1, c.Shift1 = p.d1.pointer()
		c.C2, c.N2, c.Shift2 = p.d2.pointer()
		c.Square = abi.B2i(p.value.square)
	case actLegendre:
		c.C1, c.N1 = p.series[1].pointer()
		c.C2, c.N2 = p.series[2].pointer()
	default:
		c.C0 = unsafe.Pointer(&p.parameters)
	}
	set.Derivatives[p.kind](c)
}
