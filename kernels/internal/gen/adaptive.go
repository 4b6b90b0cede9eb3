package main

// adaptive are the operations of adaptive steps. Products are not fused with sums, and roots and quotients are rounded
// as IEEE 754 demands, so that every level gives the same bits.
func (t *target) adaptive() {
	t.adamStep()
	t.rootRatio()
}

// adamStep moves n elements, a multiple of a vector: y at z, u at d1, v at d2, along g at x; eta, b1, 1-b1, b2, 1-b2
// and lambda² are at c0.
func (t *target) adamStep() {
	t.begin("adamStep", "u = b1 u + c1 g, v = b2 v + c2 g g, y -= eta u/sqrt(v + square).")
	eta, b1, c1, b2, c2, square := t.v(0), t.v(1), t.v(2), t.v(3), t.v(4), t.v(5)
	g, w, q, x, y := t.v(6), t.v(7), t.v(8), t.v(9), t.v(10)
	loop, out := t.newLabel("loop"), t.newLabel("out")
	t.in("MOVQ call_c0(DI), AX")
	for i, r := range []string{eta, b1, c1, b2, c2, square} {
		t.in("%s %d(AX), %s", t.typ.bcast, i*t.typ.bytes, r)
	}
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), DX")
	t.in("MOVQ call_d2(DI), R8")
	t.in("MOVQ call_x(DI), R9")
	t.in("MOVQ call_n(DI), R12")
	t.in("SUBQ $%d, R12", t.lanesPerVector())
	t.in("JLT %s", out)
	t.at(loop)
	t.in("%s (R9), %s", t.p("VMOVU"), g)
	t.in("%s (DX), %s, %s", t.p("VMUL"), b1, w)
	t.in("%s %s, %s, %s", t.p("VMUL"), c1, g, x)
	t.in("%s %s, %s, %s", t.p("VADD"), x, w, w)
	t.in("%s %s, (DX)", t.p("VMOVU"), w)
	t.in("%s (R8), %s, %s", t.p("VMUL"), b2, q)
	t.in("%s %s, %s, %s", t.p("VMUL"), g, g, x)
	t.in("%s %s, %s, %s", t.p("VMUL"), c2, x, x)
	t.in("%s %s, %s, %s", t.p("VADD"), x, q, q)
	t.in("%s %s, (R8)", t.p("VMOVU"), q)
	t.in("%s %s, %s, %s", t.p("VADD"), square, q, q)
	t.in("%s %s, %s", t.p("VSQRT"), q, q)
	t.in("%s %s, %s, %s", t.p("VMUL"), eta, w, w)
	t.in("%s %s, %s, %s", t.p("VDIV"), q, w, w)
	t.in("%s (SI), %s", t.p("VMOVU"), y)
	t.in("%s %s, %s, %s", t.p("VSUB"), w, y, y)
	t.in("%s %s, (SI)", t.p("VMOVU"), y)
	t.nextVectors(loop, out, "SI", "DX", "R8", "R9")
}

// rootRatio writes d1 = d2 z/sqrt(1 + z²), n elements, a multiple of a vector.
func (t *target) rootRatio() {
	t.begin("rootRatio", "d1 = d2 z/sqrt(1 + z z).")
	one, z, q, w := t.v(0), t.v(1), t.v(2), t.v(3)
	loop, out := t.newLabel("loop"), t.newLabel("out")
	t.in("%s %s, %s", t.p("VMOVU"), t.constant(t.typ.one), one)
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), DX")
	t.in("MOVQ call_d2(DI), R8")
	t.in("MOVQ call_n(DI), R12")
	t.in("SUBQ $%d, R12", t.lanesPerVector())
	t.in("JLT %s", out)
	t.at(loop)
	t.in("%s (SI), %s", t.p("VMOVU"), z)
	t.in("%s %s, %s, %s", t.p("VMUL"), z, z, q)
	t.in("%s %s, %s, %s", t.p("VADD"), q, one, q)
	t.in("%s %s, %s", t.p("VSQRT"), q, q)
	t.in("%s (R8), %s, %s", t.p("VMUL"), z, w)
	t.in("%s %s, %s, %s", t.p("VDIV"), q, w, w)
	t.in("%s %s, (DX)", t.p("VMOVU"), w)
	t.nextVectors(loop, out, "SI", "DX", "R8")
}

// nextVectors ends the loop over R12 elements with a vector of each of the pointers.
func (t *target) nextVectors(loop, out string, pointers ...string) {
	for _, r := range pointers {
		t.in("ADDQ $%d, %s", t.bytes, r)
	}
	t.in("SUBQ $%d, R12", t.lanesPerVector())
	t.in("JGE %s", loop)
	t.at(out)
	t.end()
}
