package main

// Legendre series by Clenshaw's recurrence, b_l = c + up x b_{l+1} - down b_{l+2}: a term is three numbers in memory,
// c, up and down, from the highest degree on, and the number of terms is even, so that b_{l+1} and b_{l+2} change
// places instead of moving. Registers: 0 f; 1 to 3 the term; 4 up x; then x and the two b of each of a group of
// vectors, as many as hide the latency of the chain.

const (
	clenshawTerm = 3
	firstOfGroup = 5 // register
)

// clenshawGroup is how many vectors are worked on at once: a divisor of a tile's rows.
func (t *target) clenshawGroup() int {
	if t.reg == "Z" {
		return 6
	}
	return 3
}

func (t *target) legendre() {
	t.legendreActivation()
	t.legendreDerivatives()
}

// clenshaw leaves the series at the x of n vectors in b(i). terms and length name fields of the call; AX and R13 are
// used.
func (t *target) clenshaw(terms, length string, n int, x, b, old func(int) string) {
	loop, out := t.newLabel("term"), t.newLabel("done")
	for i := range n {
		t.zero(firstOfGroup + n + i)
		t.zero(firstOfGroup + 2*n + i)
	}
	t.in("MOVQ call_%s(DI), AX", terms)
	t.in("MOVQ call_%s(DI), R13", length)
	t.in("SUBQ $2, R13")
	t.in("JLT %s", out)
	t.at(loop)
	for half := range 2 {
		now, next := b, old
		if half == 1 {
			now, next = old, b
		}
		for k := range clenshawTerm {
			t.in("%s %d(AX), %s", t.typ.bcast, (half*clenshawTerm+k)*t.typ.bytes, t.v(1+k))
		}
		for i := range n {
			t.in("%s %s, %s, %s", t.p("VMUL"), t.v(2), x(i), t.v(4))
			t.in("%s %s, %s, %s", t.p("VFNMADD213"), t.v(1), t.v(3), next(i)) // c - down b_{l+2}
			t.in("%s %s, %s, %s", t.p("VFMADD231"), t.v(4), now(i), next(i))
		}
	}
	t.in("ADDQ $%d, AX", 2*clenshawTerm*t.typ.bytes)
	t.in("SUBQ $2, R13")
	t.in("JGE %s", loop)
	t.at(out)
}

func (t *target) legendreRegisters(n int) (x, b, old func(int) string) {
	x = func(i int) string { return t.v(firstOfGroup + i) }
	b = func(i int) string { return t.v(firstOfGroup + n + i) }
	old = func(i int) string { return t.v(firstOfGroup + 2*n + i) }
	return x, b, old
}

// legendreActivation goes through the tiles of one panel a column of vectors at a time, a group of rows at once.
func (t *target) legendreActivation() {
	n := t.clenshawGroup()
	x, b, old := t.legendreRegisters(n)
	rowBytes := t.panel * t.bytes
	t.begin("activateLegendre", "f += a p0(s) if there are terms c0, s = p1(s) if there are terms c1, for tiles of one panel.")
	t.in("MOVQ call_s(DI), R8")
	t.in("MOVQ call_f(DI), BX")
	t.loadBytes("stride", "R9")
	column, tile, row, slope, next := t.newLabel("column"), t.newLabel("tile"), t.newLabel("row"), t.newLabel("slope"), t.newLabel("next")
	t.in("MOVQ $%d, DX", t.panel)
	t.at(column)
	t.in("%s (BX), %s", t.p("VMOVU"), t.v(0))
	t.in("MOVQ R8, R10")
	t.in("MOVQ call_a(DI), R11")
	t.in("MOVQ call_tiles(DI), R12")
	t.at(tile)
	t.in("MOVQ R10, SI")
	t.in("MOVQ $%d, CX", t.rows/n)
	t.at(row)
	for i := range n {
		t.in("%s %d(SI), %s", t.p("VMOVU"), i*rowBytes, x(i))
	}
	t.in("CMPQ call_n0(DI), $0")
	t.in("JE %s", slope)
	t.clenshaw("c0", "n0", n, x, b, old)
	for i := range n {
		t.in("%s %d(R11), %s", t.typ.bcast, i*t.typ.bytes, t.v(4))
		t.in("%s %s, %s, %s", t.p("VFMADD231"), t.v(4), b(i), t.v(0))
	}
	t.at(slope)
	t.in("CMPQ call_n1(DI), $0")
	t.in("JE %s", next)
	t.clenshaw("c1", "n1", n, x, b, old)
	for i := range n {
		t.in("%s %s, %d(SI)", t.p("VMOVU"), b(i), i*rowBytes)
	}
	t.at(next)
	t.in("ADDQ $%d, SI", n*rowBytes)
	t.in("ADDQ $%d, R11", n*t.typ.bytes)
	t.in("DECQ CX")
	t.in("JNZ %s", row)
	t.in("ADDQ R9, R10")
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.in("%s %s, (BX)", t.p("VMOVU"), t.v(0))
	t.in("ADDQ $%d, BX", t.bytes)
	t.in("ADDQ $%d, R8", t.bytes)
	t.in("DECQ DX")
	t.in("JNZ %s", column)
	t.end()
}

// legendreDerivatives takes the vectors of a panel at once.
func (t *target) legendreDerivatives() {
	n := t.panel
	x, b, old := t.legendreRegisters(n)
	t.begin("derivativesLegendre", "d1 = p1(z), d2 = p2(z).")
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), DX")
	t.in("MOVQ call_d2(DI), R8")
	t.in("MOVQ call_n(DI), R12")
	loop, out := t.newLabel("loop"), t.newLabel("out")
	t.in("SUBQ $%d, R12", t.lanes())
	t.in("JLT %s", out)
	t.at(loop)
	for i := range n {
		t.in("%s %d(SI), %s", t.p("VMOVU"), i*t.bytes, x(i))
	}
	for _, to := range []struct{ terms, length, register string }{{"c1", "n1", "DX"}, {"c2", "n2", "R8"}} {
		t.clenshaw(to.terms, to.length, n, x, b, old)
		for i := range n {
			t.in("%s %s, %d(%s)", t.p("VMOVU"), b(i), i*t.bytes, to.register)
		}
	}
	for _, r := range []string{"SI", "DX", "R8"} {
		t.in("ADDQ $%d, %s", n*t.bytes, r)
	}
	t.in("SUBQ $%d, R12", t.lanes())
	t.in("JGE %s", loop)
	t.at(out)
	t.end()
}
