// Package generic is the level and the engine in pure Go: micro-kernels as plain loops, which say what those in
// assembly do and are what they are tested against. Fill lends its activations to levels that have none of their own.
package generic

import (
	"math"
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/scalar"
)

// The generic level: 2 particles by 4 samples, eight sums in scalar registers.
const (
	genericRows  = 2
	genericLanes = 4
)

var (
	F64 = newSet[float64]()
	F32 = newSet[float32]()
)

func newSet[T abi.Float]() *abi.Set {
	set := &abi.Set{
		Name: "generic", Rows: genericRows, Lanes: genericLanes, Widths: []int{4}, Align: genericRows,
		Product:     product[T],
		Polynomial:  func(c *abi.Call) { product[T](c); activatePolynomial[T](c, genericRows, genericLanes) },
		Relu:        func(c *abi.Call) { product[T](c); activateReLU[T](c, genericRows, genericLanes) },
		Multiply:    multiply[T],
		RowSums:     func(c *abi.Call) { rowSumsOf[T](c, genericRows, genericLanes) },
		Times:       times[T],
		ColumnDots:  columnDots[T],
		SpreadRows:  spreadRows[T],
		Read:        read[T],
		Triad:       triad[T],
		Peak:        peak[T],
		PeakFlops:   2 * 8,
		Partial:     1,
		Accumulate:  []func(*abi.Call){accumulate[T]},
		AccumulateT: []func(*abi.Call){accumulateT[T]},
	}
	Fill[T](set)
	return set
}

// Fill gives a set the pure-Go activations it has no kernels of its own for.
func Fill[T abi.Float](set *abi.Set) {
	if set.Activate[abi.Legendre] == nil {
		set.Activate[abi.Legendre] = func(c *abi.Call) { activateLegendre[T](c, set.Rows, set.Lanes) }
	}
	if set.Derivatives[abi.Legendre] == nil {
		set.Derivatives[abi.Legendre] = derivativesLegendre[T]
	}
	for kind := range abi.Kinds {
		if set.Activate[kind] == nil && kind != abi.Polynomial && kind != abi.ReLU {
			set.Activate[kind] = func(c *abi.Call) { activate[T](c, kind, set.Rows, set.Lanes) }
		}
		if set.Derivatives[kind] == nil {
			set.Derivatives[kind] = func(c *abi.Call) { derivatives[T](c, kind) }
		}
	}
}

func product[T abi.Float](c *abi.Call) {
	x := abi.Slice[T](c.X, c.D*genericLanes)
	w := abi.Slice[T](c.W, c.Tiles*c.D*genericRows)
	for t := range c.Tiles {
		s := abi.Slice[T](unsafe.Add(c.S, uintptr(t*c.Stride)*unsafe.Sizeof(T(0))), genericRows*genericLanes)
		productTile(s, x, w[t*c.D*genericRows:][:c.D*genericRows])
	}
}

func productTile[T abi.Float](s, x, w []T) {
	var s00, s01, s02, s03, s10, s11, s12, s13 T
	for len(x) >= genericLanes && len(w) >= genericRows {
		w0, w1 := w[0], w[1]
		x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
		s00 += T(w0 * x0)
		s01 += T(w0 * x1)
		s02 += T(w0 * x2)
		s03 += T(w0 * x3)
		s10 += T(w1 * x0)
		s11 += T(w1 * x1)
		s12 += T(w1 * x2)
		s13 += T(w1 * x3)
		x, w = x[genericLanes:], w[genericRows:]
	}
	_ = s[7]
	s[0], s[1], s[2], s[3] = s00, s01, s02, s03
	s[4], s[5], s[6], s[7] = s10, s11, s12, s13
}

func activatePolynomial[T abi.Float](c *abi.Call, rows, lanes int) {
	c0, c1 := abi.Slice[T](c.C0, c.N0), abi.Slice[T](c.C1, c.N1)
	eachRowOfTiles(c, rows, lanes, func(s, f []T, a T) {
		for l, z := range s {
			u := z
			if c.Square != 0 {
				u = z * z
			}
			if c.N0 > 0 {
				f[l] += T(a * polynomialOf(c0, z, u, c.Shift0))
			}
			if c.N1 > 0 {
				s[l] = polynomialOf(c1, z, u, c.Shift1)
			}
		}
	})
}

func polynomialOf[T abi.Float](c []T, z, u T, shift int) T {
	if len(c) == 0 {
		return 0
	}
	v := c[len(c)-1]
	for k := len(c) - 2; k >= 0; k-- {
		v = T(v*u) + c[k]
	}
	if shift != 0 {
		v *= z
	}
	return v
}

func activateReLU[T abi.Float](c *abi.Call, rows, lanes int) {
	eachRowOfTiles(c, rows, lanes, func(s, f []T, a T) {
		for l, z := range s {
			f[l] += T(a * max(z, 0))
			s[l] = 0
			if z > 0 {
				s[l] = 1
			}
		}
	})
}

func activate[T abi.Float](c *abi.Call, kind abi.Kind, rows, lanes int) {
	of := functionOf[T](c, kind)
	eachRowOfTiles(c, rows, lanes, func(s, f []T, a T) {
		for l, z := range s {
			v, dv, _ := of(float64(z))
			f[l] += T(a * T(v))
			s[l] = T(dv)
		}
	})
}

// eachRowOfTiles calls do with every row of lanes values, the samples' sums and the particle's factor.
func eachRowOfTiles[T abi.Float](c *abi.Call, rows, lanes int, do func(s, f []T, a T)) {
	f := abi.Slice[T](c.F, lanes)
	a := abi.Slice[T](c.A, c.Tiles*rows)
	for t := range c.Tiles {
		s := abi.Slice[T](unsafe.Add(c.S, uintptr(t*c.Stride)*unsafe.Sizeof(T(0))), rows*lanes)
		for r := range rows {
			do(s[r*lanes:][:lanes], f, a[t*rows+r])
		}
	}
}

// functionOf is the function of a kind that is no series, by the call's parameters.
func functionOf[T abi.Float](c *abi.Call, kind abi.Kind) scalar.Own {
	temperature := 0.0
	switch kind {
	case abi.Own:
		return *(*scalar.Own)(c.C0)
	case abi.Softplus, abi.ReLUPower:
		temperature = float64(*(*T)(c.C0))
	}
	return func(z float64) (v, dv, d2v float64) { return scalar.ClosedForm(kind, temperature, z) }
}

func derivatives[T abi.Float](c *abi.Call, kind abi.Kind) {
	z, d1, d2 := abi.Slice[T](c.Z, c.N), abi.Slice[T](c.D1, c.N), abi.Slice[T](c.D2, c.N)
	if kind == abi.Polynomial {
		c1, c2 := abi.Slice[T](c.C1, c.N1), abi.Slice[T](c.C2, c.N2)
		for i, x := range z {
			u := x
			if c.Square != 0 {
				u = x * x
			}
			d1[i], d2[i] = polynomialOf(c1, x, u, c.Shift1), polynomialOf(c2, x, u, c.Shift2)
		}
		return
	}
	of := functionOf[T](c, kind)
	for i, x := range z {
		_, dv, d2v := of(float64(x))
		if kind == abi.ReLUDual && math.Abs(float64(x)) > 1-1e-15 { // infinite; see PopulationHessian
			d2v = 0
		}
		d1[i], d2[i] = T(dv), T(d2v)
	}
}

func accumulate[T abi.Float](c *abi.Call) {
	const width = 4
	y := abi.Slice[T](c.Y, c.Panels*genericLanes*width)
	g := abi.Slice[T](c.G, c.Tiles*genericRows*width)
	for t := range c.Tiles {
		s := abi.Slice[T](unsafe.Add(c.S, uintptr(t*c.Stride)*unsafe.Sizeof(T(0))), c.Panels*genericRows*genericLanes)
		o := g[t*genericRows*width:][:genericRows*width]
		s00, s01, s02, s03 := o[0], o[1], o[2], o[3]
		s10, s11, s12, s13 := o[4], o[5], o[6], o[7]
		for p := range c.Panels {
			r0 := s[p*genericRows*genericLanes:][:genericLanes]
			r1 := s[p*genericRows*genericLanes+genericLanes:][:genericLanes]
			for l, u := range r0 {
				v := r1[l]
				k := y[(p*genericLanes+l)*width:][:width]
				s00 += T(u * k[0])
				s01 += T(u * k[1])
				s02 += T(u * k[2])
				s03 += T(u * k[3])
				s10 += T(v * k[0])
				s11 += T(v * k[1])
				s12 += T(v * k[2])
				s13 += T(v * k[3])
			}
		}
		o[0], o[1], o[2], o[3] = s00, s01, s02, s03
		o[4], o[5], o[6], o[7] = s10, s11, s12, s13
	}
}

func accumulateT[T abi.Float](c *abi.Call) {
	const width = 4
	y := abi.Slice[T](c.Y, c.Tiles*genericRows*width)
	g := abi.Slice[T](c.G, genericLanes*width)
	for l := 0; l < genericLanes; l += 2 {
		o := g[l*width:][:2*width]
		s00, s01, s02, s03 := o[0], o[1], o[2], o[3]
		s10, s11, s12, s13 := o[4], o[5], o[6], o[7]
		for t := range c.Tiles {
			s := abi.Slice[T](unsafe.Add(c.S, uintptr(t*c.Stride)*unsafe.Sizeof(T(0))), genericRows*genericLanes)
			for r := range genericRows {
				u, v := s[r*genericLanes+l], s[r*genericLanes+l+1]
				k := y[(t*genericRows+r)*width:][:width]
				s00 += T(u * k[0])
				s01 += T(u * k[1])
				s02 += T(u * k[2])
				s03 += T(u * k[3])
				s10 += T(v * k[0])
				s11 += T(v * k[1])
				s12 += T(v * k[2])
				s13 += T(v * k[3])
			}
		}
		o[0], o[1], o[2], o[3] = s00, s01, s02, s03
		o[4], o[5], o[6], o[7] = s10, s11, s12, s13
	}
}

func multiply[T abi.Float](c *abi.Call) {
	x := abi.Slice[T](c.X, genericLanes)
	w := abi.Slice[T](c.W, c.N*genericLanes)
	out, r := c.S, c.R0
	for i := range c.N {
		o := abi.Slice[T](out, genericLanes)
		for l, v := range x {
			o[l] = v * w[i*genericLanes+l]
		}
		step := genericLanes
		if r++; r == genericRows {
			r = 0
			step += c.Stride - genericRows*genericLanes
		}
		out = unsafe.Add(out, uintptr(step)*unsafe.Sizeof(T(0)))
	}
}

func columnDots[T abi.Float](c *abi.Call) {
	f := abi.Slice[T](c.F, genericLanes)
	z, d1 := abi.Slice[T](c.Z, c.N*genericLanes), abi.Slice[T](c.D1, c.N*genericLanes)
	for i := range c.N {
		for l := range f {
			f[l] += T(z[i*genericLanes+l] * d1[i*genericLanes+l])
		}
	}
}

func spreadRows[T abi.Float](c *abi.Call) {
	w, f := abi.Slice[T](c.W, genericLanes), abi.Slice[T](c.F, genericLanes)
	n := c.N * genericLanes
	g, z, d1 := abi.Slice[T](c.G, n), abi.Slice[T](c.Z, n), abi.Slice[T](c.D1, n)
	var sum [genericLanes]T
	for i := range c.N {
		for l, v := range w {
			k := i*genericLanes + l
			g[k] += T(z[k] * v)
			sum[l] += T(z[k] * d1[k])
		}
	}
	for l := range f {
		f[l] += sum[l]
	}
}

func rowSumsOf[T abi.Float](c *abi.Call, rows, lanes int) {
	tile := rows * lanes
	n := c.Tiles * c.Panels * tile
	z, d1, y := abi.Slice[T](c.Z, n), abi.Slice[T](c.D1, n), abi.Slice[T](c.Y, c.Panels*lanes)
	g := abi.Slice[T](c.G, c.Tiles*rows)
	for row := range g {
		base := row/rows*c.Panels*tile + row%rows*lanes
		for p := range c.Panels {
			for l := range lanes {
				i := base + p*tile + l
				g[row] += T(T(z[i]*d1[i]) * y[p*lanes+l])
			}
		}
	}
}

func times[T abi.Float](c *abi.Call) {
	z, d1, d2 := abi.Slice[T](c.Z, c.N), abi.Slice[T](c.D1, c.N), abi.Slice[T](c.D2, c.N)
	for i, x := range z {
		d1[i] = x * d2[i]
	}
}

func read[T abi.Float](c *abi.Call) {
	var s0, s1, s2, s3 T
	z := abi.Slice[T](c.Z, c.N)
	for len(z) >= 4 {
		s0 += z[0]
		s1 += z[1]
		s2 += z[2]
		s3 += z[3]
		z = z[4:]
	}
	c.Sink = float64(s0 + s1 + s2 + s3)
}

func triad[T abi.Float](c *abi.Call) {
	z, d1, d2 := abi.Slice[T](c.Z, c.N), abi.Slice[T](c.D1, c.N), abi.Slice[T](c.D2, c.N)
	f := *(*T)(c.C0)
	for i, x := range z {
		d1[i] = x + T(f*d2[i])
	}
}

// peak multiplies and adds in eight independent scalar chains.
func peak[T abi.Float](c *abi.Call) {
	var s0, s1, s2, s3, s4, s5, s6, s7 T
	x, y := T(c.N&1), T(c.N&2)
	for range c.N {
		s0 = T(s0*x) + y
		s1 = T(s1*x) + y
		s2 = T(s2*x) + y
		s3 = T(s3*x) + y
		s4 = T(s4*x) + y
		s5 = T(s5*x) + y
		s6 = T(s6*x) + y
		s7 = T(s7*x) + y
	}
	c.Sink = float64(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7)
}
