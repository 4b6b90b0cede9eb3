package main

import (
	"fmt"
	"strings"
)

// The row operations and sums take eight elements at a time as float64 in lanes 0..7 whatever the level, and never fuse
// a product with a sum, so that every level gives the same bits. One register holds the lanes on avx512, two on avx2.

// lanes8 are the registers of eight float64 lanes.
func (t *target) lanes8(i int) []string {
	if t.reg == "Z" {
		return []string{t.v(i)}
	}
	return []string{t.v(2 * i), t.v(2*i + 1)}
}

// part returns the register name of the given width's low part: X for Y1 etc.
func lowPart(prefix, reg string) string { return prefix + reg[1:] }

// load8 loads eight elements at the address as float64, only the first ones of a tail; masks are in K1, or in registers
// (avx2).
func (t *target) load8(base string, to []string, tail bool, masks []string) {
	e := t.typ.bytes
	for i, r := range to {
		address := fmt.Sprintf("%d(%s)", i*4*e, base)
		wide := e == 8
		src := r
		if !wide { // half as wide, then converted
			src = lowPart(map[string]string{"Z": "Y", "Y": "X"}[t.reg], r)
		}
		switch {
		case !tail:
			t.in("%s %s, %s", t.p("VMOVU"), address, src)
		case t.reg == "Z":
			t.in("%s.Z %s, K1, %s", t.p("VMOVU"), address, src)
		default:
			m := masks[i]
			if !wide {
				m = lowPart("X", m)
			}
			t.in("%s %s, %s, %s", t.p("VMASKMOV"), address, m, src)
		}
		if !wide {
			t.in("VCVTPS2PD %s, %s", src, r)
		}
	}
}

// store8 stores eight float64 lanes as elements.
func (t *target) store8(from []string, base string, tail bool, masks []string) {
	e := t.typ.bytes
	for i, r := range from {
		address := fmt.Sprintf("%d(%s)", i*4*e, base)
		src := r
		if e == 4 {
			src = lowPart(map[string]string{"Z": "Y", "Y": "X"}[t.reg], r)
			if t.reg == "Z" {
				t.in("VCVTPD2PS %s, %s", r, src)
			} else {
				t.in("VCVTPD2PSY %s, %s", r, src)
			}
		}
		switch {
		case !tail:
			t.in("%s %s, %s", t.p("VMOVU"), src, address)
		case t.reg == "Z":
			t.in("%s %s, K1, %s", t.p("VMOVU"), src, address)
		default:
			m := masks[i]
			if e == 4 {
				m = lowPart("X", m)
			}
			t.in("%s %s, %s, %s", t.p("VMASKMOV"), src, m, address)
		}
	}
}

func (t *target) each(op string, src, a, to []string) {
	for i := range to {
		t.in("%s %s, %s, %s", op, src[i], a[i], to[i])
	}
}

// tailMasks loads the masks of R10 = d%8 elements into K1 or the given registers. Uses AX and R11.
func (t *target) tailMasks(masks []string) {
	if t.reg == "Z" {
		t.in("MOVQ R10, CX")
		t.in("MOVQ $1, AX")
		t.in("SHLQ CX, AX")
		t.in("DECQ AX")
		t.in("KMOVW AX, K1")
		return
	}
	// A window onto eight elements of ones followed by eight of zeros.
	t.window = true
	t.in("LEAQ ·window%s%s<>(SB), R11", t.suffix, t.typ.suffix)
	t.in("MOVQ $8, AX")
	t.in("SUBQ R10, AX")
	e := t.typ.bytes
	for i, m := range masks {
		if e == 4 {
			m = lowPart("X", m)
		}
		t.in("VMOVUPD %d(R11)(AX*%d), %s", i*4*e, e, m)
	}
}

// fold adds the eight lanes in the order ((0+4)+(2+6)) + ((1+5)+(3+7)) into the low element of the first register.
// Clobbers tmp.
func (t *target) fold(acc []string, tmp string) {
	y, x := lowPart("Y", acc[0]), lowPart("X", acc[0])
	ty, tx := lowPart("Y", tmp), lowPart("X", tmp)
	if t.reg == "Z" {
		t.in("VEXTRACTF64X4 $1, %s, %s", acc[0], ty)
		t.in("VADDPD %s, %s, %s", ty, y, y)
	} else {
		t.in("VADDPD %s, %s, %s", acc[1], acc[0], acc[0])
	}
	t.in("VEXTRACTF128 $1, %s, %s", y, tx)
	t.in("VADDPD %s, %s, %s", tx, x, x)
	t.in("VUNPCKHPD %s, %s, %s", x, x, tx)
	t.in("VADDSD %s, %s, %s", tx, x, x)
}

// rows writes a kernel over n rows of d elements at z (SI), with y (DX) if two, and one float64 per row at g (R8).
// begin and end frame a row, step handles eight elements.
func (t *target) rowKernel(name, doc string, two bool, begin func(), step func(tail bool, masks []string), end func()) {
	t.begin(name, doc)
	e := t.typ.bytes
	masks := t.lanes8(7)
	t.in("MOVQ call_z(DI), SI")
	if two {
		t.in("MOVQ call_y(DI), DX")
	}
	t.in("MOVQ call_g(DI), R8")
	t.in("MOVQ call_n(DI), R12")
	t.in("MOVQ call_d(DI), R13")
	t.in("MOVQ R13, R10")
	t.in("ANDQ $7, R10")
	t.in("SHRQ $3, R13")
	t.tailMasks(masks)
	row, loop, tail, done, out := t.newLabel("row"), t.newLabel("loop"), t.newLabel("tail"), t.newLabel("done"), t.newLabel("out")
	t.in("TESTQ R12, R12")
	t.in("JZ %s", out)
	t.at(row)
	begin()
	t.in("MOVQ R13, CX")
	t.in("TESTQ CX, CX")
	t.in("JZ %s", tail)
	t.at(loop)
	step(false, masks)
	t.in("ADDQ $%d, SI", 8*e)
	if two {
		t.in("ADDQ $%d, DX", 8*e)
	}
	t.in("DECQ CX")
	t.in("JNZ %s", loop)
	t.at(tail)
	t.in("TESTQ R10, R10")
	t.in("JZ %s", done)
	step(true, masks)
	t.in("LEAQ (SI)(R10*%d), SI", e)
	if two {
		t.in("LEAQ (DX)(R10*%d), DX", e)
	}
	t.at(done)
	end()
	t.in("ADDQ $8, R8")
	t.in("DECQ R12")
	t.in("JNZ %s", row)
	t.at(out)
	t.end()
}

func (t *target) vectors() {
	acc, x, y, f := t.lanes8(0), t.lanes8(1), t.lanes8(2), t.lanes8(3)
	clear := func() {
		for _, r := range acc {
			if t.reg == "Z" {
				t.in("VPXORQ %s, %s, %s", r, r, r)
			} else {
				t.in("VXORPD %s, %s, %s", r, r, r)
			}
		}
	}
	store := func() {
		t.fold(acc, x[0])
		t.in("VMOVSD %s, (R8)", lowPart("X", acc[0]))
	}
	factor := func() {
		for _, r := range f {
			t.in("VBROADCASTSD (R8), %s", r)
		}
	}
	t.rowKernel("rowDots", "g[row] = <z row, y row>, d <= 128.", true, clear, func(tail bool, masks []string) {
		t.load8("SI", x, tail, masks)
		t.load8("DX", y, tail, masks)
		t.each("VMULPD", y, x, x)
		t.each("VADDPD", x, acc, acc)
	}, store)
	t.rowKernel("rowTotals", "g[row] = sum of z row, d <= 128.", false, clear, func(tail bool, masks []string) {
		t.load8("SI", x, tail, masks)
		t.each("VADDPD", x, acc, acc)
	}, store)
	t.rowKernel("rowDivide", "z row /= g[row].", false, factor, func(tail bool, masks []string) {
		t.load8("SI", x, tail, masks)
		t.each("VDIVPD", f, x, x)
		t.store8(x, "SI", tail, masks)
	}, func() {})
	t.rowKernel("rowSubtract", "z row -= g[row] y row.", true, factor, func(tail bool, masks []string) {
		t.load8("SI", x, tail, masks)
		t.load8("DX", y, tail, masks)
		t.each("VMULPD", y, f, y)
		t.each("VSUBPD", y, x, x)
		t.store8(x, "SI", tail, masks)
	}, func() {})
	t.combine()
}

// combine writes d1 = z + h sum_s c0[s] k[s], without fusing, for n elements, a multiple of a vector: stages are
// pointers at x, tiles of them, h at c1. Four vectors at a time do not wait for each other. Registers: R8 offset, CX
// elements left, AX stage, DX coefficient.
func (t *target) combine() {
	t.begin("combine", "d1 = z + h sum of stages.")
	e := t.typ.bytes
	sum := func(v int) string { return t.v(v) }
	tmp := func(v int) string { return t.v(4 + v) }
	c, h := t.v(8), t.v(9)
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), R9")
	t.in("MOVQ call_x(DI), R10")
	t.in("MOVQ call_c0(DI), R11")
	t.in("MOVQ call_c1(DI), AX")
	t.in("%s (AX), %s", t.typ.bcast, h)
	t.in("MOVQ call_tiles(DI), R12")
	t.in("MOVQ call_n(DI), CX")
	t.in("XORQ R8, R8")
	for _, side := range []int{4, 1} {
		loop, stage, last, out := t.newLabel("loop"), t.newLabel("stage"), t.newLabel("last"), t.newLabel("out")
		t.in("SUBQ $%d, CX", side*t.lanesPerVector())
		t.in("JLT %s", out)
		t.at(loop)
		t.in("MOVQ (R10), BX")
		t.in("%s (R11), %s", t.typ.bcast, c)
		for v := range side {
			t.in("%s %d(BX)(R8*1), %s, %s", t.p("VMUL"), v*t.bytes, c, sum(v))
		}
		t.in("MOVQ $1, AX")
		t.at(stage)
		t.in("CMPQ AX, R12")
		t.in("JGE %s", last)
		t.in("MOVQ (R10)(AX*8), BX")
		t.in("%s (R11)(AX*%d), %s", t.typ.bcast, e, c)
		for v := range side {
			t.in("%s %d(BX)(R8*1), %s, %s", t.p("VMUL"), v*t.bytes, c, tmp(v))
			t.in("%s %s, %s, %s", t.p("VADD"), tmp(v), sum(v), sum(v))
		}
		t.in("INCQ AX")
		t.in("JMP %s", stage)
		t.at(last)
		for v := range side {
			t.in("%s %s, %s, %s", t.p("VMUL"), sum(v), h, sum(v))
			t.in("%s %d(SI)(R8*1), %s, %s", t.p("VADD"), v*t.bytes, sum(v), sum(v))
			t.in("%s %s, %d(R9)(R8*1)", t.p("VMOVU"), sum(v), v*t.bytes)
		}
		t.in("ADDQ $%d, R8", side*t.bytes)
		t.in("SUBQ $%d, CX", side*t.lanesPerVector())
		t.in("JGE %s", loop)
		t.at(out)
		t.in("ADDQ $%d, CX", side*t.lanesPerVector())
	}
	t.end()
}

// packing writes the two kernels that bring rows of X into panels.
func (t *target) packing() {
	t.transpose()
	for _, w := range t.widths() {
		t.scaleRows(w)
	}
}

// transpose writes n rows of d elements at z as the first n columns of rows of stride elements at g, square by square,
// n and d down to multiples of the square's side. Squares are 4 x 4 (float64) or 8 x 8 (float32) in 256-bit registers
// on every level. Registers: SI z, R9 bytes of a row, R10 three rows, R8 g, DX bytes of its rows, R15 three of them,
// R12 row groups left, AX columns, CX columns left, DI g's second half.
func (t *target) transpose() {
	t.begin("transpose", "g[a][l] = z[l][a], rows of stride elements.")
	e := t.typ.bytes
	side := 32 / e
	group, loop, next, out := t.newLabel("group"), t.newLabel("loop"), t.newLabel("next"), t.newLabel("out")
	t.in("MOVQ call_z(DI), R11")
	t.loadBytes("d", "R9")
	t.in("LEAQ (R9)(R9*2), R10")
	t.in("MOVQ call_g(DI), R13")
	t.loadBytes("stride", "DX")
	t.in("LEAQ (DX)(DX*2), R15")
	t.in("MOVQ call_d(DI), AX")
	t.in("MOVQ call_n(DI), R12")
	t.in("SHRQ $%d, R12", log2(side))
	t.in("JZ %s", out)
	t.at(group)
	t.in("MOVQ R11, SI")
	t.in("MOVQ R13, R8")
	t.in("MOVQ AX, CX")
	t.in("SUBQ $%d, CX", side)
	t.in("JLT %s", next)
	t.at(loop)
	y := func(i int) string { return fmt.Sprintf("Y%d", i) }
	address := func(i int) string { return []string{"(SI)", "(SI)(R9*1)", "(SI)(R9*2)", "(SI)(R10*1)"}[i] }
	to := func(i int) string { return []string{"(R8)", "(R8)(DX*1)", "(R8)(DX*2)", "(R8)(R15*1)"}[i] }
	if e == 8 {
		for i := range 4 {
			t.in("VMOVUPD %s, %s", address(i), y(i))
		}
		t.in("VUNPCKLPD Y1, Y0, Y4")
		t.in("VUNPCKHPD Y1, Y0, Y5")
		t.in("VUNPCKLPD Y3, Y2, Y6")
		t.in("VUNPCKHPD Y3, Y2, Y7")
		for i, p := range [][3]int{{0x20, 6, 4}, {0x20, 7, 5}, {0x31, 6, 4}, {0x31, 7, 5}} {
			t.in("VPERM2F128 $%#x, %s, %s, %s", p[0], y(p[1]), y(p[2]), y(i))
			t.in("VMOVUPD %s, %s", y(i), to(i))
		}
	} else {
		t.in("LEAQ (SI)(R9*4), BX")
		for i := range 4 {
			t.in("VMOVUPS %s, %s", address(i), y(i))
		}
		for i, a := range []string{"(BX)", "(BX)(R9*1)", "(BX)(R9*2)", "(BX)(R10*1)"} {
			t.in("VMOVUPS %s, %s", a, y(4+i))
		}
		for i := 0; i < 8; i += 2 { // pairs of rows
			t.in("VUNPCKLPS %s, %s, %s", y(i+1), y(i), y(8+i))
			t.in("VUNPCKHPS %s, %s, %s", y(i+1), y(i), y(9+i))
		}
		for i := 0; i < 8; i += 4 { // fours
			t.in("VUNPCKLPD %s, %s, %s", y(8+i+2), y(8+i), y(i))
			t.in("VUNPCKHPD %s, %s, %s", y(8+i+2), y(8+i), y(i+1))
			t.in("VUNPCKLPD %s, %s, %s", y(8+i+3), y(8+i+1), y(i+2))
			t.in("VUNPCKHPD %s, %s, %s", y(8+i+3), y(8+i+1), y(i+3))
		}
		t.in("LEAQ (R8)(DX*4), DI")
		for i := range 4 {
			t.in("VPERM2F128 $0x20, %s, %s, Y8", y(4+i), y(i))
			t.in("VPERM2F128 $0x31, %s, %s, Y9", y(4+i), y(i))
			t.in("VMOVUPS Y8, %s", to(i))
			t.in("VMOVUPS Y9, %s", strings.Replace(to(i), "R8", "DI", 1))
		}
	}
	t.in("ADDQ $32, SI")
	t.in("LEAQ (R8)(DX*%d), R8", side)
	t.in("SUBQ $%d, CX", side)
	t.in("JGE %s", loop)
	t.at(next)
	t.in("LEAQ (R11)(R9*%d), R11", min(side, 8))
	t.in("ADDQ $32, R13")
	t.in("DECQ R12")
	t.in("JNZ %s", group)
	t.at(out)
	t.end()
}

// scaleRows writes n rows of w vectors to g: row i is y[i] times the elements at z + i*stride.
func (t *target) scaleRows(w int) {
	t.begin(fmt.Sprintf("scaleRows%d", w), fmt.Sprintf("g row = y z row, %d vectors.", w))
	loop, out := t.newLabel("loop"), t.newLabel("out")
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_y(DI), DX")
	t.in("MOVQ call_g(DI), R8")
	t.loadBytes("stride", "R9")
	t.in("MOVQ call_n(DI), CX")
	t.in("TESTQ CX, CX")
	t.in("JZ %s", out)
	t.at(loop)
	t.in("%s (DX), %s", t.typ.bcast, t.v(w))
	for v := range w {
		t.in("%s %d(SI), %s, %s", t.p("VMUL"), v*t.bytes, t.v(w), t.v(v))
		t.in("%s %s, %d(R8)", t.p("VMOVU"), t.v(v), v*t.bytes)
	}
	t.in("ADDQ R9, SI")
	t.in("ADDQ $%d, DX", t.typ.bytes)
	t.in("ADDQ $%d, R8", w*t.bytes)
	t.in("DECQ CX")
	t.in("JNZ %s", loop)
	t.at(out)
	t.end()
}
