package main

import "fmt"

// The kernels for samples of coordinates +-1, where a sum of four products is one of 16 numbers: four coordinates, or
// four samples, take one permutation of a table in a register and one addition. A vector must hold 16 elements.

const signBits = 4 // products to a table

// hasSigns reports whether the level has these kernels for the type.
func (t *target) hasSigns() bool { return t.lanesPerVector() == 1<<signBits }

func (t *target) signs() {
	if !t.hasSigns() {
		return
	}
	t.signTables()
	t.signProduct("signProduct", "s = W X^T for tiles of one panel of samples +-1.", t.storeTile)
	t.signProduct("signPolynomial", "s = p1(W X^T), f += a p0(W X^T) for samples +-1.", t.polynomialEpilogue)
	t.signProduct("signRelu", "s = [W X^T > 0], f += a max(W X^T, 0) for samples +-1.", t.reluEpilogue)
	for _, w := range t.widths() {
		t.signAccumulate(w)
	}
}

// signTables writes the sums +-w1 +-w2 +-w3 +-w4 of every particle and four coordinates: g[tile][group][row][16] from w
// tiles of n coordinates, a multiple of four. Registers: DX w, R8 g, R12 tiles left, CX groups left, AX the four sign
// patterns.
func (t *target) signTables() {
	t.begin("signTables", "g = sums of four w with all signs.")
	tile, loop, out := t.newLabel("tile"), t.newLabel("loop"), t.newLabel("out")
	e := t.typ.bytes
	t.in("MOVQ call_w(DI), DX")
	t.in("MOVQ call_g(DI), R8")
	t.in("MOVQ call_tiles(DI), R12")
	t.in("MOVQ call_c0(DI), AX")
	for b := range signBits {
		t.in("%s %d(AX), %s", t.p("VMOVU"), b*t.bytes, t.v(b))
	}
	t.in("TESTQ R12, R12")
	t.in("JZ %s", out)
	t.at(tile)
	t.in("MOVQ call_d(DI), CX")
	t.at(loop)
	for r := range t.rows {
		sum := t.v(signBits + r)
		for b := range signBits {
			op := "VFMADD231"
			if b == 0 {
				op = "VMUL"
			}
			t.in("%s.BCST %d(DX), %s, %s", t.p(op), (b*t.rows+r)*e, t.v(b), sum)
		}
		t.in("%s %s, %d(R8)", t.p("VMOVU"), sum, r*t.bytes)
	}
	t.in("ADDQ $%d, DX", signBits*t.rows*e)
	t.in("ADDQ $%d, R8", t.rows*t.bytes)
	t.in("SUBQ $%d, CX", signBits)
	t.in("JG %s", loop)
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.at(out)
	t.end()
}

// signProduct is product with the tables in place of w tiles and the numbers of sign patterns in place of the x panel.
func (t *target) signProduct(name, doc string, epilogue func()) {
	t.begin(name, doc)
	t.in("MOVQ call_w(DI), DX")
	t.in("MOVQ call_s(DI), R8")
	t.loadBytes("stride", "R9")
	t.in("MOVQ call_tiles(DI), R12")
	t.in("MOVQ call_a(DI), R13")
	t.in("MOVQ call_f(DI), BX")
	tile, loop, out := t.newLabel("tile"), t.newLabel("loop"), t.newLabel("out")
	t.in("TESTQ R12, R12")
	t.in("JZ %s", out)
	t.at(tile)
	t.in("MOVQ call_x(DI), SI")
	for i := range t.panel * t.rows {
		t.zero(i)
	}
	t.in("MOVQ call_d(DI), CX")
	t.at(loop)
	index := t.panel * t.rows
	table := index + t.panel
	for v := range t.panel {
		t.in("VMOVDQU32 %d(SI), %s", v*t.bytes, t.v(index+v))
	}
	for r := range t.rows {
		t.in("%s %d(DX), %s", t.p("VMOVU"), r*t.bytes, t.v(table))
		for v := range t.panel {
			sum := t.v(table + 1 + v%2)
			t.in("VPERMPS %s, %s, %s", t.v(table), t.v(index+v), sum)
			t.in("%s %s, %s, %s", t.p("VADD"), sum, t.acc(r, v), t.acc(r, v))
		}
	}
	t.in("ADDQ $%d, SI", t.panel*t.bytes)
	t.in("ADDQ $%d, DX", t.rows*t.bytes)
	t.in("SUBQ $%d, CX", signBits)
	t.in("JG %s", loop)
	epilogue()
	t.in("ADDQ R9, R8")
	t.in("ADDQ $%d, R13", t.rows*t.typ.bytes)
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.at(out)
	t.end()
}

// signAccumulate writes g += s (r x) for w vectors of coordinates: of every particle and four samples it makes a table
// of the sums with all signs, which the pattern of every coordinate picks from. Registers: SI patterns times r, R10
// pattern numbers, BX s tile, R8 s, R9 stride, DX g, R12 tiles left, CX panels left, AX groups left.
func (t *target) signAccumulate(w int) {
	t.begin(fmt.Sprintf("signAccumulate%d", w), fmt.Sprintf("g += s y for samples +-1, %d vectors of coordinates.", w))
	e := t.typ.bytes
	rows := min(t.rows, 3*t.panel/w)
	row := t.lanes() * e
	acc := func(r, v int) string { return t.v(r*w + v) }
	signed := rows * w
	index := signed + signBits
	table := index + w
	tile, part, panel, loop, out := t.newLabel("tile"), t.newLabel("part"), t.newLabel("panel"), t.newLabel("loop"), t.newLabel("out")
	t.loadBytes("stride", "R9")
	t.in("MOVQ call_g(DI), DX")
	t.in("MOVQ call_s(DI), BX")
	t.in("MOVQ call_tiles(DI), R12")
	t.in("TESTQ R12, R12")
	t.in("JZ %s", out)
	t.at(tile)
	t.in("XORQ R11, R11") // bytes to the part's first row
	t.at(part)
	for i := range rows * w {
		t.in("%s %d(DX), %s", t.p("VMOVU"), i*t.bytes, t.v(i))
	}
	t.in("LEAQ (BX)(R11*1), R8")
	t.in("MOVQ call_y(DI), SI")
	t.in("MOVQ call_x(DI), R10")
	t.in("MOVQ call_panels(DI), CX")
	t.at(panel)
	t.in("MOVQ $%d, AX", t.lanes()/signBits)
	t.at(loop)
	for b := range signBits {
		t.in("%s %d(SI), %s", t.p("VMOVU"), b*t.bytes, t.v(signed+b))
	}
	for v := range w {
		t.in("VMOVDQU32 %d(R10), %s", v*t.bytes, t.v(index+v))
	}
	for r := range rows {
		sum := t.v(table + r%2)
		for b := range signBits {
			op := "VFMADD231"
			if b == 0 {
				op = "VMUL"
			}
			t.in("%s.BCST %d(R8), %s, %s", t.p(op), r*row+b*e, t.v(signed+b), sum)
		}
		for v := range w {
			picked := t.v(table + 2 + v%2)
			t.in("VPERMPS %s, %s, %s", sum, t.v(index+v), picked)
			t.in("%s %s, %s, %s", t.p("VADD"), picked, acc(r, v), acc(r, v))
		}
	}
	t.in("ADDQ $%d, SI", signBits*t.bytes)
	t.in("ADDQ $%d, R10", w*t.bytes)
	t.in("ADDQ $%d, R8", signBits*e)
	t.in("DECQ AX")
	t.in("JNZ %s", loop)
	t.in("ADDQ $%d, R8", (t.rows-1)*row)
	t.in("DECQ CX")
	t.in("JNZ %s", panel)
	for i := range rows * w {
		t.in("%s %s, %d(DX)", t.p("VMOVU"), t.v(i), i*t.bytes)
	}
	t.in("ADDQ $%d, DX", rows*w*t.bytes)
	if rows < t.rows {
		t.in("ADDQ $%d, R11", rows*row)
		t.in("CMPQ R11, $%d", t.rows*row)
		t.in("JL %s", part)
	}
	t.in("ADDQ R9, BX")
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.at(out)
	t.end()
}
