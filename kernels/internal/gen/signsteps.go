package main

// signSteps makes d steps of n chains at z, a multiple of a vector: y = c0[0] y - c0[1] |y| + c0[2] with the sign bit
// changed by the bits of the chain's word at x, lowest first. Four vectors of chains do not wait for each other. The
// signs are 64 bits wide, so that only float64 has it.
func (t *target) signSteps() {
	if t.typ.bytes != 8 {
		return
	}
	t.begin("signSteps", "y = a y - b |y| +- s.")
	a, b, s, abs := t.v(12), t.v(13), t.v(14), t.v(15)
	xor, and := "VXORPD", "VANDPD"
	if t.reg == "Z" {
		xor, and = "VPXORQ", "VPANDQ"
	}
	t.in("MOVQ call_c0(DI), AX")
	for i, r := range []string{a, b, s} {
		t.in("VBROADCASTSD %d(AX), %s", 8*i, r)
	}
	t.in("VMOVUPD %s, %s", t.constant(0x7fffffffffffffff), abs)
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_x(DI), R9")
	t.in("MOVQ call_d(DI), R8")
	t.in("MOVQ call_n(DI), R12")
	for _, side := range []int{4, 1} {
		group, loop, out := t.newLabel("group"), t.newLabel("loop"), t.newLabel("out")
		t.in("SUBQ $%d, R12", side*t.lanesPerVector())
		t.in("JLT %s", out)
		t.at(group)
		for i := range side {
			t.in("VMOVUPD %d(SI), %s", i*t.bytes, t.v(i))
			t.in("VMOVUPD %d(R9), %s", i*t.bytes, t.v(4+i))
		}
		t.in("MOVQ R8, CX")
		t.at(loop)
		for i := range side {
			y, w, x := t.v(i), t.v(4+i), t.v(8+i)
			t.in("%s %s, %s, %s", and, abs, y, x)
			t.in("VMULPD %s, %s, %s", a, y, y)
			t.in("VMULPD %s, %s, %s", b, x, x)
			t.in("VSUBPD %s, %s, %s", x, y, y)
			t.in("VPSLLQ $63, %s, %s", w, x)
			t.in("VPSRLQ $1, %s, %s", w, w)
			t.in("%s %s, %s, %s", xor, s, x, x)
			t.in("VADDPD %s, %s, %s", x, y, y)
		}
		t.in("DECQ CX")
		t.in("JNZ %s", loop)
		for i := range side {
			t.in("VMOVUPD %s, %d(SI)", t.v(i), i*t.bytes)
		}
		t.in("ADDQ $%d, SI", side*t.bytes)
		t.in("ADDQ $%d, R9", side*t.bytes)
		t.in("SUBQ $%d, R12", side*t.lanesPerVector())
		t.in("JGE %s", group)
		t.at(out)
		t.in("ADDQ $%d, R12", side*t.lanesPerVector())
	}
	t.end()
}
