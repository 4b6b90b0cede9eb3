package main

// What is done to blocks of 32 x 32 float32 that a product left in memory: two vectors a row. The functions that a
// vectorMath writes are those of the other levels.

func (t *target) tileKernels() {
	t.rowSums()
	t.polynomialTile()
	t.reluTile()
	t.tileActivation("Tanh", (*vectorMath).tanh)
	t.tileActivation("Sigmoid", (*vectorMath).sigmoid)
	t.tileActivation("Softplus", (*vectorMath).softplus)
	t.tileActivation("Erf", (*vectorMath).erf)
	t.tileActivation("GELU", (*vectorMath).gelu)
}

// overRows writes a loop over the rows of all tiles, two rows at a time: BX f, R8 tile, R9 stride, R10 row, R12 tiles
// left, R13 weights, CX rows left. The sums of f are in v(f) and v(f+1).
func (t *target) overRows(name, doc string, f int, body func()) {
	t.begin(name, doc)
	t.in("MOVQ call_s(DI), R8")
	t.in("MOVQ call_f(DI), BX")
	t.in("MOVQ call_a(DI), R13")
	t.loadBytes("stride", "R9")
	t.in("MOVQ call_tiles(DI), R12")
	for v := range t.panel {
		t.in("%s %d(BX), %s", t.p("VMOVU"), v*t.bytes, t.v(f+v))
	}
	tile, row := t.newLabel("tile"), t.newLabel("row")
	t.at(tile)
	t.in("MOVQ R8, R10")
	t.in("MOVQ $%d, CX", t.rows/2)
	t.at(row)
	body()
	t.in("ADDQ $%d, R10", 2*t.panel*t.bytes)
	t.in("ADDQ $%d, R13", 2*t.typ.bytes)
	t.in("DECQ CX")
	t.in("JNZ %s", row)
	t.in("ADDQ R9, R8")
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	for v := range t.panel {
		t.in("%s %s, %d(BX)", t.p("VMOVU"), t.v(f+v), v*t.bytes)
	}
	t.end()
}

// polynomialTile: two rows are four vectors z, u (the variable) and p.
func (t *target) polynomialTile() {
	const group, f = 4, 12
	z := func(i int) string { return t.v(i) }
	u := func(i int) string { return t.v(group + i) }
	p := func(i int) string { return t.v(2*group + i) }
	t.overRows("activatePolynomial", "f += a p0(s), s = p1(s), for tiles of one panel.", f, func() {
		plain, noSlope, noValue := t.newLabel("plain"), t.newLabel("noslope"), t.newLabel("novalue")
		for i := range group {
			t.in("%s %d(R10), %s", t.p("VMOVU"), i*t.bytes, z(i))
			t.in("%s %s, %s", t.p("VMOVA"), z(i), u(i))
		}
		t.in("CMPQ call_square(DI), $0")
		t.in("JE %s", plain)
		for i := range group {
			t.in("%s %s, %s, %s", t.p("VMUL"), z(i), z(i), u(i))
		}
		t.at(plain)
		t.in("CMPQ call_n1(DI), $0")
		t.in("JE %s", noSlope)
		t.horner("c1", "n1", "shift1", group, z, u, p, "")
		for i := range group {
			t.in("%s %s, %d(R10)", t.p("VMOVU"), p(i), i*t.bytes)
		}
		t.at(noSlope)
		t.in("CMPQ call_n0(DI), $0")
		t.in("JE %s", noValue)
		t.horner("c0", "n0", "shift0", group, z, u, p, "")
		for i := range group {
			t.in("%s.BCST %d(R13), %s, %s", t.p("VFMADD231"), i/2*t.typ.bytes, p(i), t.v(f+i%2))
		}
		t.at(noValue)
	})
}

func (t *target) reluTile() {
	const zero, one, z, p, f = 0, 1, 2, 3, 12
	t.overRows("activateReLU", "f += a max(s, 0), s = [s > 0], for tiles of one panel.", f, func() {
		t.zero(zero)
		t.in("%s %s, %s", t.p("VMOVU"), t.constant(t.typ.one), t.v(one))
		for i := range 4 {
			t.in("%s %d(R10), %s", t.p("VMOVU"), i*t.bytes, t.v(z))
			t.in("%s $30, %s, %s, K1", t.p("VCMP"), t.v(zero), t.v(z))
			t.in("%s.Z %s, K1, %s", t.p("VMOVA"), t.v(one), t.v(p))
			t.in("%s %s, %d(R10)", t.p("VMOVU"), t.v(p), i*t.bytes)
			t.in("%s %s, %s, %s", t.p("VMAX"), t.v(z), t.v(zero), t.v(p)) // NaN passes
			t.in("%s.BCST %d(R13), %s, %s", t.p("VFMADD231"), i/2*t.typ.bytes, t.v(p), t.v(f+i%2))
		}
	})
}
