package main

// Registers of the product kernels: SI x panel, DX w tile, R8 s tile, R9 stride of s, R10 bytes of a w tile, R12 tiles
// left, R13 second-layer weights, BX f.

func (t *target) products() {
	t.product("product", "s = W X^T for tiles of one panel.", t.storeTile)
	t.product("polynomial", "s = p1(W X^T), f += a p0(W X^T).", t.polynomialEpilogue)
	t.product("relu", "s = [W X^T > 0], f += a max(W X^T, 0).", t.reluEpilogue)
}

func (t *target) acc(r, v int) string { return t.v(r*t.panel + v) }

func (t *target) product(name, doc string, epilogue func()) {
	t.begin(name, doc)
	e := t.typ.bytes
	t.in("MOVQ call_w(DI), DX")
	t.in("MOVQ call_s(DI), R8")
	t.loadBytes("stride", "R9")
	t.in("MOVQ call_tiles(DI), R12")
	t.in("MOVQ call_a(DI), R13")
	t.in("MOVQ call_f(DI), BX")
	t.in("MOVQ call_d(DI), R10")
	t.in("IMUL3Q $%d, R10, R10", t.rows*e)
	tile, loop, done, out := t.newLabel("tile"), t.newLabel("loop"), t.newLabel("done"), t.newLabel("out")
	t.in("TESTQ R12, R12")
	t.in("JZ %s", out)
	t.at(tile)
	t.in("MOVQ call_x(DI), SI")
	for i := range t.panel * t.rows {
		t.zero(i)
	}
	t.in("MOVQ call_d(DI), CX")
	t.in("TESTQ CX, CX")
	t.in("JZ %s", done)
	t.at(loop)
	x := t.panel * t.rows
	for v := range t.panel {
		t.in("%s %d(SI), %s", t.p("VMOVU"), v*t.bytes, t.v(x+v))
	}
	t.in("PREFETCHT0 (DX)(R10*1)") // the next w tile
	for r := range t.rows {
		b := t.v(x + t.panel + r%2)
		t.in("%s %d(DX), %s", t.typ.bcast, r*e, b)
		for v := range t.panel {
			t.in("%s %s, %s, %s", t.p("VFMADD231"), t.v(x+v), b, t.acc(r, v))
		}
	}
	t.in("ADDQ $%d, SI", t.panel*t.bytes)
	t.in("ADDQ $%d, DX", t.rows*e)
	t.in("DECQ CX")
	t.in("JNZ %s", loop)
	t.at(done)
	epilogue()
	t.in("ADDQ R9, R8")
	t.in("ADDQ $%d, R13", t.rows*e)
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.at(out)
	t.end()
}

func (t *target) sAt(r, v int) int { return r*t.panel*t.bytes + v*t.bytes }

func (t *target) storeTile() {
	for r := range t.rows {
		for v := range t.panel {
			t.in("%s %s, %d(R8)", t.p("VMOVU"), t.acc(r, v), t.sAt(r, v))
		}
	}
}

// value adds the weighted values of one group to the running sums, which take over the registers of row 0.
func (t *target) value(r, v int, val, weight string) {
	if t.reg == "Z" {
		if r == 0 {
			t.in("%s.BCST (R13), %s, %s", t.p("VMUL"), val, t.acc(0, v))
		} else {
			t.in("%s.BCST %d(R13), %s, %s", t.p("VFMADD231"), r*t.typ.bytes, val, t.acc(0, v))
		}
		return
	}
	t.in("%s %d(R13), %s", t.typ.bcast, r*t.typ.bytes, weight)
	if r == 0 {
		t.in("%s %s, %s, %s", t.p("VMUL"), val, weight, t.acc(0, v))
	} else {
		t.in("%s %s, %s, %s", t.p("VFMADD231"), val, weight, t.acc(0, v))
	}
}

func (t *target) addToF() {
	for v := range t.panel {
		t.in("%s %d(BX), %s, %s", t.p("VADD"), v*t.bytes, t.acc(0, v), t.acc(0, v))
		t.in("%s %s, %d(BX)", t.p("VMOVU"), t.acc(0, v), v*t.bytes)
	}
}

// polynomialEpilogue evaluates both polynomials on the accumulators, a group of vectors at a time. Temporaries: u (the
// variable), p.
func (t *target) polynomialEpilogue() {
	tmp := t.panel * t.rows
	for r := range t.rows {
		for v0 := 0; v0 < t.panel; v0 += t.group {
			u := func(i int) string { return t.v(tmp + i) }
			p := func(i int) string { return t.v(tmp + t.group + i) }
			spare := ""
			if t.reg != "Z" {
				spare = t.v(tmp + 2*t.group)
			}
			plain, have := t.newLabel("plain"), t.newLabel("have")
			t.in("CMPQ call_square(DI), $0")
			t.in("JE %s", plain)
			for i := range t.group {
				z := t.acc(r, v0+i)
				t.in("%s %s, %s, %s", t.p("VMUL"), z, z, u(i))
			}
			t.in("JMP %s", have)
			t.at(plain)
			for i := range t.group {
				t.in("%s %s, %s", t.p("VMOVA"), t.acc(r, v0+i), u(i))
			}
			t.at(have)
			horner := func(c, n, shift string) {
				t.horner(c, n, shift, t.group, func(i int) string { return t.acc(r, v0+i) }, u, p, spare)
			}
			noSlope, noValue := t.newLabel("noslope"), t.newLabel("novalue")
			t.in("CMPQ call_n1(DI), $0")
			t.in("JE %s", noSlope)
			horner("c1", "n1", "shift1")
			for i := range t.group {
				t.in("%s %s, %d(R8)", t.p("VMOVU"), p(i), t.sAt(r, v0+i))
			}
			t.at(noSlope)
			t.in("CMPQ call_n0(DI), $0")
			t.in("JE %s", noValue)
			horner("c0", "n0", "shift0")
			for i := range t.group {
				t.value(r, v0+i, p(i), spare)
			}
			t.at(noValue)
		}
	}
	end := t.newLabel("nof")
	t.in("CMPQ call_n0(DI), $0")
	t.in("JE %s", end)
	t.addToF()
	t.at(end)
}

// horner evaluates p_i = z_i^shift * sum_k c[k] u_i^k for a group of vectors. The coefficients are read from memory;
// spare holds them where an instruction cannot broadcast. Uses AX and SI.
func (t *target) horner(c, n, shift string, group int, z, u, p func(int) string, spare string) {
	e := t.typ.bytes
	loop, end, plain := t.newLabel("horner"), t.newLabel("end"), t.newLabel("noshift")
	t.in("MOVQ call_%s(DI), SI", c)
	t.in("MOVQ call_%s(DI), AX", n)
	t.in("LEAQ -%d(SI)(AX*%d), AX", e, e)
	t.in("%s (AX), %s", t.typ.bcast, p(0))
	for i := 1; i < group; i++ {
		t.in("%s %s, %s", t.p("VMOVA"), p(0), p(i))
	}
	t.at(loop)
	t.in("CMPQ AX, SI")
	t.in("JE %s", end)
	t.in("SUBQ $%d, AX", e)
	if spare != "" {
		t.in("%s (AX), %s", t.typ.bcast, spare)
	}
	for i := range group {
		if spare == "" {
			t.in("%s.BCST (AX), %s, %s", t.p("VFMADD213"), u(i), p(i))
		} else {
			t.in("%s %s, %s, %s", t.p("VFMADD213"), spare, u(i), p(i))
		}
	}
	t.in("JMP %s", loop)
	t.at(end)
	t.in("CMPQ call_%s(DI), $0", shift)
	t.in("JE %s", plain)
	for i := range group {
		t.in("%s %s, %s, %s", t.p("VMUL"), z(i), p(i), p(i))
	}
	t.at(plain)
}

// polynomialDerivatives writes both derivatives of n values, panel vectors at a time. Registers: BX z, DX d1, R8 d2,
// R12 left.
func (t *target) polynomialDerivatives() {
	t.begin("derivativesPolynomial", "d1 = p1(z), d2 = p2(z).")
	t.in("MOVQ call_z(DI), BX")
	t.in("MOVQ call_d1(DI), DX")
	t.in("MOVQ call_d2(DI), R8")
	t.in("MOVQ call_n(DI), R12")
	z := func(i int) string { return t.v(i) }
	u := func(i int) string { return t.v(t.panel + i) }
	p := func(i int) string { return t.v(2*t.panel + i) }
	spare := ""
	if t.reg != "Z" {
		spare = t.v(3 * t.panel)
	}
	loop, plain, out := t.newLabel("loop"), t.newLabel("plain"), t.newLabel("out")
	t.in("SUBQ $%d, R12", t.lanes())
	t.in("JLT %s", out)
	t.at(loop)
	for i := range t.panel {
		t.in("%s %d(BX), %s", t.p("VMOVU"), i*t.bytes, z(i))
		t.in("%s %s, %s", t.p("VMOVA"), z(i), u(i))
	}
	t.in("CMPQ call_square(DI), $0")
	t.in("JE %s", plain)
	for i := range t.panel {
		t.in("%s %s, %s, %s", t.p("VMUL"), z(i), z(i), u(i))
	}
	t.at(plain)
	t.horner("c1", "n1", "shift1", t.panel, z, u, p, spare)
	for i := range t.panel {
		t.in("%s %s, %d(DX)", t.p("VMOVU"), p(i), i*t.bytes)
	}
	t.horner("c2", "n2", "shift2", t.panel, z, u, p, spare)
	for i := range t.panel {
		t.in("%s %s, %d(R8)", t.p("VMOVU"), p(i), i*t.bytes)
	}
	for _, r := range []string{"BX", "DX", "R8"} {
		t.in("ADDQ $%d, %s", t.panel*t.bytes, r)
	}
	t.in("SUBQ $%d, R12", t.lanes())
	t.in("JGE %s", loop)
	t.at(out)
	t.end()
}

func (t *target) reluEpilogue() {
	tmp := t.panel * t.rows
	zero, one, p, spare := t.v(tmp), t.v(tmp+1), t.v(tmp+2), t.v(tmp+3)
	t.zero(tmp)
	t.in("%s %s, %s", t.p("VMOVU"), t.constant(t.typ.one), one)
	for r := range t.rows {
		for v := range t.panel {
			z := t.acc(r, v)
			if t.reg == "Z" {
				t.in("%s $30, %s, %s, K1", t.p("VCMP"), zero, z)
				t.in("%s.Z %s, K1, %s", t.p("VMOVA"), one, p)
			} else {
				t.in("%s $30, %s, %s, %s", t.p("VCMP"), zero, z, p)
				t.in("%s %s, %s, %s", t.p("VAND"), one, p, p)
			}
			t.in("%s %s, %d(R8)", t.p("VMOVU"), p, t.sAt(r, v))
			t.in("%s %s, %s, %s", t.p("VMAX"), z, zero, p) // NaN passes
			t.value(r, v, p, spare)
		}
	}
	t.addToF()
}
