package main

import (
	"fmt"
	"strings"
)

// Registers of the activation kernels: SI s or z, DX d1, R8 d2, R9 stride, R12 tiles or vectors left, R13 weights, BX
// f, AX parameters, CX rows left, R10 tile.

func (t *target) activations() {
	t.activation("Tanh", (*vectorMath).tanh)
	t.activation("Sigmoid", (*vectorMath).sigmoid)
	t.activation("Softplus", (*vectorMath).softplus)
	t.activation("Erf", (*vectorMath).erf)
	t.activation("GELU", (*vectorMath).gelu)
	t.activation("ReLUDual", (*vectorMath).reluDual)
	t.activation("ErfDual", (*vectorMath).erfDual)
	t.vectorFunction("exp", "e^z.", (*vectorMath).exp)
	t.vectorFunction("tanh", "tanh z.", (*vectorMath).tanhPrecise)
	t.vectorFunction("erf", "erf z.", func(m *vectorMath, z string) string { return m.erf(z, wanted{v: true}).v })
}

func (t *target) activation(name string, body func(*vectorMath, string, wanted) result) {
	t.tileActivation(name, body)
	t.derivativesOf(name, body)
}

// tileActivation replaces z by the derivative in the tiles of one panel and adds the weighted values to f, a column of
// vectors at a time.
func (t *target) tileActivation(name string, body func(*vectorMath, string, wanted) result) {
	m := t.newVectorMath()
	z, f := m.reg(), m.reg()
	m.op("%s (SI), %s", m.p("VMOVU"), z)
	out := body(m, z, wanted{v: true, d1: true})
	m.done(z)
	weight := m.reg()
	m.op("%s (R11), %s", m.typ.bcast, weight)
	m.op("%s %s, (SI)", m.p("VMOVU"), out.d1)
	m.fma231(out.v, weight, f)
	rowBytes := t.panel * t.bytes
	paired := m.pair(func(line string) string {
		line = strings.ReplaceAll(line, "(SI)", fmt.Sprintf("%d(SI)", rowBytes))
		return strings.ReplaceAll(line, "(R11)", fmt.Sprintf("%d(R11)", t.typ.bytes))
	}, f)
	rows := 1
	if paired {
		rows = 2
	}
	load, text := m.finish()

	t.begin("activate"+name, "s = sigma'(s), f += a sigma(s), for tiles of one panel.")
	t.in("MOVQ call_c0(DI), AX")
	t.in("MOVQ call_s(DI), R8")
	t.in("MOVQ call_f(DI), BX")
	t.loadBytes("stride", "R9")
	for _, l := range load {
		t.in("%s", l)
	}
	column, tile, row := t.newLabel("column"), t.newLabel("tile"), t.newLabel("row")
	t.in("MOVQ $%d, DX", t.panel)
	t.at(column)
	t.in("%s (BX), %s", t.p("VMOVU"), f)
	t.in("MOVQ R8, R10")
	t.in("MOVQ call_a(DI), R11")
	t.in("MOVQ call_tiles(DI), R12")
	t.at(tile)
	t.in("MOVQ R10, SI")
	t.in("MOVQ $%d, CX", t.rows/rows)
	t.at(row)
	t.buf.WriteString(text)
	t.in("ADDQ $%d, SI", rows*rowBytes)
	t.in("ADDQ $%d, R11", rows*t.typ.bytes)
	t.in("DECQ CX")
	t.in("JNZ %s", row)
	t.in("ADDQ R9, R10")
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.in("%s %s, (BX)", t.p("VMOVU"), f)
	t.in("ADDQ $%d, BX", t.bytes)
	t.in("ADDQ $%d, R8", t.bytes)
	t.in("DECQ DX")
	t.in("JNZ %s", column)
	t.end()
}

// derivativesOf writes both derivatives of n values, n a multiple of lanes.
func (t *target) derivativesOf(name string, body func(*vectorMath, string, wanted) result) {
	m := t.newVectorMath()
	z := m.reg()
	m.op("%s (SI), %s", m.p("VMOVU"), z)
	out := body(m, z, wanted{d1: true, d2: true})
	m.op("%s %s, (DX)", m.p("VMOVU"), out.d1)
	m.op("%s %s, (R8)", m.p("VMOVU"), out.d2)
	t.overVectors(m, "derivatives"+name, "d1 = sigma'(z), d2 = sigma''(z).")
}

// vectorFunction writes d1 = f(z) for n values, n a multiple of the vector's elements.
func (t *target) vectorFunction(name, doc string, body func(*vectorMath, string) string) {
	m := t.newVectorMath()
	z := m.reg()
	m.op("%s (SI), %s", m.p("VMOVU"), z)
	m.op("%s %s, (DX)", m.p("VMOVU"), body(m, z))
	t.overVectors(m, name, doc)
}

func (t *target) overVectors(m *vectorMath, name, doc string) {
	load, text := m.finish()
	t.begin(name, doc)
	t.in("MOVQ call_c0(DI), AX")
	t.in("MOVQ call_z(DI), SI")
	t.in("MOVQ call_d1(DI), DX")
	t.in("MOVQ call_d2(DI), R8")
	t.in("MOVQ call_n(DI), R12")
	for _, l := range load {
		t.in("%s", l)
	}
	loop, out := t.newLabel("loop"), t.newLabel("out")
	t.in("SUBQ $%d, R12", t.lanesPerVector())
	t.in("JLT %s", out)
	t.at(loop)
	t.buf.WriteString(text)
	t.nextVectors(loop, out, "SI", "DX", "R8")
}
