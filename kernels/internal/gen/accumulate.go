package main

import "fmt"

func (t *target) accumulates() {
	for _, w := range t.widths() {
		t.accumulate(w)
		t.accumulateT(w)
	}
}

// accumulate writes g += s y with w vectors of coordinates: rows*panel/w particles at once, from as many tiles of s as
// hold them, then half as many for the tiles that are left. Registers: SI y, R8.. rows of s by tile, R9 stride, DX g,
// BX s, R12 tiles left, CX panels left, AX samples left.
func (t *target) accumulate(w int) {
	t.begin(fmt.Sprintf("accumulate%d", w), fmt.Sprintf("g += s y, %d vectors of coordinates.", w))
	t.loadBytes("stride", "R9")
	t.in("MOVQ call_g(DI), DX")
	t.in("MOVQ call_s(DI), BX")
	t.in("MOVQ call_tiles(DI), R12")
	for tiles := t.panel / w; tiles > 0; tiles /= 2 {
		t.accumulateTiles(w, tiles)
	}
	t.end()
}

// accumulateTiles is accumulate's loop over so many tiles at once.
func (t *target) accumulateTiles(w, tiles int) {
	e := t.typ.bytes
	rows := t.rows * tiles
	bases := []string{"R8", "R10", "R11", "R13"}[:tiles]
	acc := func(r, v int) string { return t.v(r*w + v) }
	x := rows * w
	spare := []string{}
	for i := x + w; i < t.regs && len(spare) < 2; i++ {
		spare = append(spare, t.v(i))
	}
	group, panel, loop, out := t.newLabel("group"), t.newLabel("panel"), t.newLabel("loop"), t.newLabel("out")
	unroll := 8
	t.in("SUBQ $%d, R12", tiles)
	t.in("JLT %s", out)
	t.at(group)
	for i := range rows * w {
		t.in("%s %d(DX), %s", t.p("VMOVU"), i*t.bytes, t.v(i))
	}
	t.in("MOVQ BX, %s", bases[0])
	for i := 1; i < tiles; i++ {
		t.in("LEAQ (%s)(R9*1), %s", bases[i-1], bases[i])
	}
	t.in("MOVQ call_y(DI), SI")
	t.in("MOVQ call_panels(DI), CX")
	t.at(panel)
	t.in("MOVQ $%d, AX", t.lanes()/unroll)
	t.in("LEAQ %d(DX), R15", rows*w*t.bytes)
	t.at(loop)
	for k := range unroll {
		if k%3 == 0 { // 24 lines of the next g rows over eight rounds
			t.in("PREFETCHT0 %d(R15)", k/3*64)
		}
		for v := range w {
			t.in("%s %d(SI), %s", t.p("VMOVU"), (k*w+v)*t.bytes, t.v(x+v))
		}
		for r := range rows {
			b := spare[r%len(spare)]
			t.in("%s %d(%s), %s", t.typ.bcast, (r%t.rows)*t.lanes()*e+k*e, bases[r/t.rows], b)
			for v := range w {
				t.in("%s %s, %s, %s", t.p("VFMADD231"), t.v(x+v), b, acc(r, v))
			}
		}
	}
	t.in("ADDQ $%d, SI", unroll*w*t.bytes)
	t.in("ADDQ $192, R15")
	for _, b := range bases {
		t.in("ADDQ $%d, %s", unroll*e, b)
	}
	t.in("DECQ AX")
	t.in("JNZ %s", loop)
	for _, b := range bases {
		t.in("ADDQ $%d, %s", (t.rows-1)*t.lanes()*e, b)
	}
	t.in("DECQ CX")
	t.in("JNZ %s", panel)
	for i := range rows * w {
		t.in("%s %s, %d(DX)", t.p("VMOVU"), t.v(i), i*t.bytes)
	}
	t.in("ADDQ $%d, DX", rows*w*t.bytes)
	for range tiles {
		t.in("ADDQ R9, BX")
	}
	t.in("SUBQ $%d, R12", tiles)
	t.in("JGE %s", group)
	t.at(out)
	if tiles > 1 {
		t.in("ADDQ $%d, R12", tiles)
	}
}

// accumulateT writes g += s^T y for the lanes of one panel: chunkT/w lanes at once, summed over the particles of all
// tiles. Registers: SI y, R8 s, R9 stride, DX g, BX first lane's s, R12 lane groups left, CX tiles left.
func (t *target) accumulateT(w int) {
	t.begin(fmt.Sprintf("accumulateT%d", w), fmt.Sprintf("g += s^T y, %d vectors of coordinates.", w))
	e := t.typ.bytes
	rows := t.chunkT / w
	x := rows * w
	spare := []string{t.v(x + w), t.v(x + w + 1)}
	group, tile, store := t.newLabel("group"), t.newLabel("tile"), t.newLabel("store")
	t.loadBytes("stride", "R9")
	t.in("MOVQ call_g(DI), DX")
	t.in("MOVQ call_s(DI), BX")
	t.in("MOVQ $%d, R12", t.lanes()/rows)
	t.at(group)
	for i := range rows * w {
		t.in("%s %d(DX), %s", t.p("VMOVU"), i*t.bytes, t.v(i))
	}
	t.in("MOVQ BX, R8")
	t.in("MOVQ call_y(DI), SI")
	t.in("MOVQ call_tiles(DI), CX")
	t.in("TESTQ CX, CX")
	t.in("JZ %s", store)
	t.at(tile)
	for k := range t.rows {
		for v := range w {
			t.in("%s %d(SI), %s", t.p("VMOVU"), (k*w+v)*t.bytes, t.v(x+v))
		}
		for r := range rows {
			b := spare[r%len(spare)]
			t.in("%s %d(R8), %s", t.typ.bcast, k*t.lanes()*e+r*e, b)
			for v := range w {
				t.in("%s %s, %s, %s", t.p("VFMADD231"), t.v(x+v), b, t.v(r*w+v))
			}
		}
	}
	t.in("ADDQ $%d, SI", t.rows*w*t.bytes)
	t.in("ADDQ R9, R8")
	t.in("DECQ CX")
	t.in("JNZ %s", tile)
	t.at(store)
	for i := range rows * w {
		t.in("%s %s, %d(DX)", t.p("VMOVU"), t.v(i), i*t.bytes)
	}
	t.in("ADDQ $%d, DX", rows*w*t.bytes)
	t.in("ADDQ $%d, BX", rows*e)
	t.in("DECQ R12")
	t.in("JNZ %s", group)
	t.end()
}

// multiply writes products of one vector of lanes with n others into s tiles.
// Registers: SI x, DX w, R8 s, R9 from the last row of a tile to the next tile, AX row in the tile, CX rows left.
func (t *target) multiply() {
	t.begin("multiply", "s rows = x times w rows.")
	loop, same, out := t.newLabel("loop"), t.newLabel("same"), t.newLabel("out")
	row := t.panel * t.bytes
	t.in("MOVQ call_x(DI), SI")
	t.in("MOVQ call_w(DI), DX")
	t.in("MOVQ call_s(DI), R8")
	t.loadBytes("stride", "R9")
	t.in("SUBQ $%d, R9", t.rows*row)
	t.in("MOVQ call_r0(DI), AX")
	t.in("MOVQ call_n(DI), CX")
	for v := range t.panel {
		t.in("%s %d(SI), %s", t.p("VMOVU"), v*t.bytes, t.v(v))
	}
	t.in("TESTQ CX, CX")
	t.in("JZ %s", out)
	t.at(loop)
	for v := range t.panel {
		t.in("%s %d(DX), %s, %s", t.p("VMUL"), v*t.bytes, t.v(v), t.v(t.panel+v))
		t.in("%s %s, %d(R8)", t.p("VMOVU"), t.v(t.panel+v), v*t.bytes)
	}
	t.in("ADDQ $%d, DX", row)
	t.in("ADDQ $%d, R8", row)
	t.in("INCQ AX")
	t.in("CMPQ AX, $%d", t.rows)
	t.in("JNE %s", same)
	t.in("XORQ AX, AX")
	t.in("ADDQ R9, R8")
	t.at(same)
	t.in("DECQ CX")
	t.in("JNZ %s", loop)
	t.at(out)
	t.end()
}

// columnDots adds the products of two lists of rows of lanes to one row. Registers: SI z, DX d1, R8 f, CX rows left.
func (t *target) columnDots() {
	t.begin("columnDots", "f += sum over rows of z d1.")
	loop, out := t.newLabel("loop"), t.newLabel("out")
	row := t.panel * t.bytes
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), DX")
	t.in("MOVQ call_f(DI), R8")
	t.in("MOVQ call_n(DI), CX")
	t.in("TESTQ CX, CX")
	t.in("JZ %s", out)
	for v := range t.panel {
		t.in("%s %d(R8), %s", t.p("VMOVU"), v*t.bytes, t.v(v))
	}
	t.at(loop)
	for v := range t.panel {
		t.in("%s %d(SI), %s", t.p("VMOVU"), v*t.bytes, t.v(t.panel+v))
		t.in("%s %d(DX), %s, %s", t.p("VFMADD231"), v*t.bytes, t.v(t.panel+v), t.v(v))
	}
	t.in("ADDQ $%d, SI", row)
	t.in("ADDQ $%d, DX", row)
	t.in("DECQ CX")
	t.in("JNZ %s", loop)
	for v := range t.panel {
		t.in("%s %s, %d(R8)", t.p("VMOVU"), t.v(v), v*t.bytes)
	}
	t.at(out)
	t.end()
}

// spreadRows adds the products of one row of lanes with the rows z to the rows g, and those of the rows z and d1 to one
// row, which may be among the rows g. Registers: SI z, BX d1, DX g, R8 w, R9 f, CX rows left.
func (t *target) spreadRows() {
	t.begin("spreadRows", "g rows += z rows times w, then f += sum over rows of z d1.")
	loop, out := t.newLabel("loop"), t.newLabel("out")
	row := t.panel * t.bytes
	w := func(v int) string { return t.v(v) }
	sum := func(v int) string { return t.v(t.panel + v) }
	z, g := t.v(2*t.panel), t.v(2*t.panel+1)
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), BX")
	t.in("MOVQ call_g(DI), DX")
	t.in("MOVQ call_w(DI), R8")
	t.in("MOVQ call_f(DI), R9")
	t.in("MOVQ call_n(DI), CX")
	t.in("TESTQ CX, CX")
	t.in("JZ %s", out)
	for v := range t.panel {
		t.in("%s %d(R8), %s", t.p("VMOVU"), v*t.bytes, w(v))
		t.zero(t.panel + v)
	}
	t.at(loop)
	for v := range t.panel {
		t.in("%s %d(SI), %s", t.p("VMOVU"), v*t.bytes, z)
		t.in("%s %d(DX), %s", t.p("VMOVU"), v*t.bytes, g)
		t.in("%s %d(BX), %s, %s", t.p("VFMADD231"), v*t.bytes, z, sum(v))
		t.in("%s %s, %s, %s", t.p("VFMADD231"), z, w(v), g)
		t.in("%s %s, %d(DX)", t.p("VMOVU"), g, v*t.bytes)
	}
	for _, r := range []string{"SI", "BX", "DX"} {
		t.in("ADDQ $%d, %s", row, r)
	}
	t.in("DECQ CX")
	t.in("JNZ %s", loop)
	for v := range t.panel {
		t.in("%s %d(R9), %s, %s", t.p("VADD"), v*t.bytes, sum(v), sum(v))
		t.in("%s %s, %d(R9)", t.p("VMOVU"), sum(v), v*t.bytes)
	}
	t.at(out)
	t.end()
}

// rowSums adds to a vector per row the products z d1 y over all panels of a chunk: y holds lanes factors per panel.
// Registers: SI z, DX d1, BX y, R8 g, R12 tiles left, R10 row, CX panels left.
func (t *target) rowSums() {
	t.begin("rowSums", "g[row] += sum over samples of z d1 y, a vector of partial sums per row.")
	tile, row, panel := t.newLabel("tile"), t.newLabel("row"), t.newLabel("panel")
	size := t.panel * t.bytes
	t.in("MOVQ call_z(DI), R9")
	t.in("MOVQ call_d1(DI), R11")
	t.in("MOVQ call_g(DI), R8")
	t.in("MOVQ call_tiles(DI), R12")
	t.in("MOVQ call_panels(DI), R13")
	t.in("IMUL3Q $%d, R13, R13", t.rows*size) // bytes of a tile over all panels
	t.at(tile)
	t.in("XORQ R10, R10")
	t.at(row)
	t.in("LEAQ (R9)(R10*1), SI")
	t.in("LEAQ (R11)(R10*1), DX")
	t.in("MOVQ call_y(DI), BX")
	t.in("MOVQ call_panels(DI), CX")
	t.in("%s (R8), %s", t.p("VMOVU"), t.v(0))
	t.at(panel)
	for v := range t.panel {
		t.in("%s %d(SI), %s", t.p("VMOVU"), v*t.bytes, t.v(1+v))
		t.in("%s %d(DX), %s, %s", t.p("VMUL"), v*t.bytes, t.v(1+v), t.v(1+v))
		t.in("%s %d(BX), %s, %s", t.p("VFMADD231"), v*t.bytes, t.v(1+v), t.v(0))
	}
	t.in("ADDQ $%d, SI", t.rows*size)
	t.in("ADDQ $%d, DX", t.rows*size)
	t.in("ADDQ $%d, BX", size)
	t.in("DECQ CX")
	t.in("JNZ %s", panel)
	t.in("%s %s, (R8)", t.p("VMOVU"), t.v(0))
	t.in("ADDQ $%d, R8", t.bytes)
	t.in("ADDQ $%d, R10", size)
	t.in("CMPQ R10, $%d", t.rows*size)
	t.in("JNE %s", row)
	t.in("ADDQ R13, R9")
	t.in("ADDQ R13, R11")
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.end()
}

// times writes d1 = z d2 for n values, n a multiple of lanes.
func (t *target) times() {
	m := t.newVectorMath()
	z := m.reg()
	m.op("%s (SI), %s", m.p("VMOVU"), z)
	m.op("%s (R8), %s, %s", m.p("VMUL"), z, z)
	m.op("%s %s, (DX)", m.p("VMOVU"), z)
	t.overVectors(m, "times", "d1 = z d2.")
}

// peak does nothing but fused multiply-adds on registers: what other kernels are measured against. n rounds, each of
// panel*rows instructions.
func (t *target) peak() {
	t.begin("peak", "n rounds of register-only multiply-adds.")
	loop := t.newLabel("loop")
	accs := t.panel * t.rows
	for i := range accs + 2 {
		t.zero(i)
	}
	t.in("MOVQ call_n(DI), CX")
	t.at(loop)
	for i := range accs {
		t.in("%s %s, %s, %s", t.p("VFMADD231"), t.v(accs), t.v(accs+1), t.v(i))
	}
	t.in("DECQ CX")
	t.in("JNZ %s", loop)
	t.end()
}

// streams are the memory kernels that bandwidth is measured with: n elements, a multiple of eight vectors.
func (t *target) streams() {
	t.begin("read", "reads z.")
	loop := t.newLabel("loop")
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_n(DI), CX")
	for v := range 8 {
		t.zero(v)
	}
	t.at(loop)
	for v := range 8 {
		t.in("%s %d(SI), %s, %s", t.p("VADD"), v*t.bytes, t.v(v), t.v(v))
	}
	t.in("ADDQ $%d, SI", 8*t.bytes)
	t.in("SUBQ $%d, CX", 8*t.lanesPerVector())
	t.in("JG %s", loop)
	t.end()

	t.begin("triad", "d1 = z + c0 d2.")
	loop = t.newLabel("loop")
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), DX")
	t.in("MOVQ call_d2(DI), R8")
	t.in("MOVQ call_c0(DI), AX")
	t.in("MOVQ call_n(DI), CX")
	t.in("%s (AX), %s", t.typ.bcast, t.v(8))
	t.at(loop)
	for v := range 8 {
		t.in("%s %d(SI), %s", t.p("VMOVU"), v*t.bytes, t.v(v))
		t.in("%s %d(R8), %s, %s", t.p("VFMADD231"), v*t.bytes, t.v(8), t.v(v))
		t.in("%s %s, %d(DX)", t.p("VMOVU"), t.v(v), v*t.bytes)
	}
	for _, r := range []string{"SI", "DX", "R8"} {
		t.in("ADDQ $%d, %s", 8*t.bytes, r)
	}
	t.in("SUBQ $%d, CX", 8*t.lanesPerVector())
	t.in("JG %s", loop)
	t.end()
}
