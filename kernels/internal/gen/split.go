package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// The kernels on bf16 parts. Go's assembler knows neither AVX512-BF16 nor AMX: those instructions are written as
// comments in Intel's syntax, behind which asm2plan9s (see the go:generate lines) puts the bytes. What it does not find
// at column 66 it silently leaves out.

// bf16Column is where asm2plan9s looks for an instruction.
const bf16Column = 65

func (t *target) encoded(format string, args ...any) {
	fmt.Fprintf(&t.buf, "%s// "+format+"\n", append([]any{strings.Repeat(" ", bf16Column)}, args...)...)
}

// Layout of operands, in bytes: 32 terms of one part, half of them, a row.
const (
	partBytes = 2048
	halfBytes = 1024
	rowBytes  = 64
	blockSide = 32
)

// writeSplit writes the files of the engines.
func writeSplit(dir string) {
	tiles := &target{level: level{name: "tile", suffix: "Tile", reg: "Z", bytes: 64, regs: 32, panel: 2, rows: blockSide, group: 2}, typ: types[1]}
	tiles.tileKernels()
	save(filepath.Join(dir, "bf16", "tile_amd64.s"), tiles.source())

	for _, engine := range []struct {
		name, suffix string
		multiply     func(*target, int)
	}{{"bf16", "BF16", (*target).multiplyVectors}, {"amx", "AMX", (*target).multiplyTiles}} {
		t := &target{level: level{suffix: engine.suffix, reg: "Z", bytes: 64, regs: 32}, typ: elementType{suffix: "", op: "PS", bcast: "VBROADCASTSS", bytes: 4}}
		if engine.suffix == "AMX" {
			t.tileConfiguration()
		}
		for _, parts := range []int{2, 3} {
			if engine.suffix == "BF16" {
				t.splitRows(parts)
				t.splitColumns(parts)
			}
			engine.multiply(t, parts)
		}
		save(filepath.Join(dir, engine.name, engine.name+"_amd64.s"), t.encodedSource())
	}
}

func (t *target) encodedSource() []byte {
	head := header + "// Instructions in comments are encoded by asm2plan9s.\n\n#include \"go_asm.h\"\n#include \"textflag.h\"\n"
	return append([]byte(head), t.buf.Bytes()...)
}

// products names what parts multiply as the user does: bf16x3, bf16x6.
func products(parts int) string { return fmt.Sprintf("x%d", parts*(parts+1)/2) }

func (t *target) beginSplit(name, doc string) {
	full := name + t.suffix
	fmt.Fprintf(&t.buf, "\n// func %s(c *abi.SplitCall)\n// %s\nTEXT ·%s(SB), NOSPLIT, $0-8\n", full, doc, full)
	t.in("MOVQ c+0(FP), DI")
}

// parts writes the parts of Z0 and Z1, each lane a pair, to DX + o, partBytes apart. Uses Z2 to Z4.
func (t *target) parts(parts, o int) {
	for s := range parts {
		t.encoded("VCVTNEPS2BF16 YMM2, ZMM0")
		t.encoded("VCVTNEPS2BF16 YMM3, ZMM1")
		t.in("VPMOVZXWD Y2, Z2")
		t.in("VPMOVZXWD Y3, Z3")
		t.in("VPSLLD $16, Z3, Z3")
		t.in("VPORD Z2, Z3, Z4")
		t.in("VMOVDQU32 Z4, %d(DX)", o+s*partBytes)
		if s+1 < parts {
			t.in("VPSLLD $16, Z2, Z2")
			t.in("VSUBPS Z2, Z0, Z0")
			t.in("VSUBPS Z3, Z1, Z1")
		}
	}
}

// splitRows: a row's terms stay in order. SI block, DX A block, R8 and R9 steps of them, R12 blocks left, CX rows left.
func (t *target) splitRows(parts int) {
	t.beginSplit("splitRows"+products(parts), "A blocks of float32 blocks.")
	t.in("MOVQ splitCall_out(DI), SI")
	t.in("MOVQ splitCall_a(DI), R10")
	t.in("MOVQ splitCall_outPanel(DI), R8")
	t.in("SHLQ $2, R8")
	t.in("MOVQ splitCall_step(DI), R9")
	t.in("SHLQ $1, R9")
	t.in("MOVQ splitCall_tiles(DI), R12")
	block, row := t.newLabel("block"), t.newLabel("row")
	t.at(block)
	t.in("MOVQ R10, DX")
	t.in("MOVQ SI, BX")
	t.in("MOVQ $%d, CX", blockSide)
	t.at(row)
	t.in("VMOVUPS (BX), Z0")
	t.in("VMOVUPS 64(BX), Z1")
	for s := range parts {
		t.encoded("VCVTNE2PS2BF16 ZMM2, ZMM1, ZMM0") // Z0 to the lower half
		t.in("VMOVDQU32 Z2, %d(DX)", s*partBytes)
		if s+1 < parts {
			t.in("VEXTRACTI64X4 $1, Z2, Y3")
			t.in("VPMOVZXWD Y2, Z2")
			t.in("VPMOVZXWD Y3, Z3")
			t.in("VPSLLD $16, Z2, Z2")
			t.in("VPSLLD $16, Z3, Z3")
			t.in("VSUBPS Z2, Z0, Z0")
			t.in("VSUBPS Z3, Z1, Z1")
		}
	}
	t.in("ADDQ $128, BX")
	t.in("ADDQ $%d, DX", rowBytes)
	t.in("DECQ CX")
	t.in("JNZ %s", row)
	t.in("ADDQ R8, SI")
	t.in("ADDQ R9, R10")
	t.in("DECQ R12")
	t.in("JNZ %s", block)
	t.end()
}

// splitColumns: SI block, DX B block, CX pairs left.
func (t *target) splitColumns(parts int) {
	t.beginSplit("splitColumns"+products(parts), "The B block of a float32 block.")
	t.in("MOVQ splitCall_out(DI), SI")
	t.in("MOVQ splitCall_b(DI), DX")
	t.in("MOVQ $16, CX")
	pair := t.newLabel("pair")
	t.at(pair)
	for half := range 2 {
		t.in("VMOVUPS %d(SI), Z0", half*64)
		t.in("VMOVUPS %d(SI), Z1", 128+half*64)
		t.parts(parts, half*halfBytes)
	}
	t.in("ADDQ $256, SI")
	t.in("ADDQ $%d, DX", rowBytes)
	t.in("DECQ CX")
	t.in("JNZ %s", pair)
	t.end()
}

// blocks writes the loops over panels and tiles around the body, which finds the A block in SI, the B block in DX and
// the result in R8, and may change SI and DX. R9 bytes of an operand's depth, R10 panel's B, R11 A, R12 tiles left, R13
// panels left.
func (t *target) blocks(parts int, body func()) {
	t.in("MOVQ splitCall_depth(DI), R9")
	t.in("IMUL3Q $%d, R9, R9", parts*partBytes)
	t.in("MOVQ splitCall_b(DI), R10")
	t.in("MOVQ splitCall_panels(DI), R13")
	t.in("MOVQ splitCall_out(DI), R8")
	panel, tile := t.newLabel("panel"), t.newLabel("tile")
	t.at(panel)
	t.in("MOVQ splitCall_a(DI), R11")
	t.in("MOVQ splitCall_tiles(DI), R12")
	t.at(tile)
	t.in("MOVQ R11, SI")
	t.in("MOVQ R10, DX")
	body()
	t.in("ADDQ R9, R11")
	t.in("ADDQ $%d, R8", 4*blockSide*blockSide)
	t.in("DECQ R12")
	t.in("JNZ %s", tile)
	t.in("ADDQ R9, R10")
	t.in("MOVQ splitCall_outPanel(DI), AX")
	t.in("LEAQ (R8)(AX*4), R8")
	t.in("MOVQ splitCall_tiles(DI), AX")
	t.in("SHLQ $%d, AX", log2(4*blockSide*blockSide))
	t.in("SUBQ AX, R8")
	t.in("DECQ R13")
	t.in("JNZ %s", panel)
}

// vectorRows rows of a block are summed at once, two vectors each.
const vectorRows = 8

// passes are the pairs of parts that are added together, the smallest first, so that the largest products' sum is
// rounded least.
var passes = map[int][][][2]int{
	2: {{{0, 1}, {1, 0}}, {{0, 0}}},
	3: {{{0, 2}, {1, 1}, {2, 0}}, {{0, 1}, {1, 0}}, {{0, 0}}},
}

// multiplyVectors multiplies with VDPBF16PS. The 32 terms of a block are summed in registers over all products and then
// added to the result. Registers: Z0..15 sums, Z16..21 B, Z22..29 pairs of A. CX blocks left, BX row of A, AX row of B,
// R15 the end of a row of A.
func (t *target) multiplyVectors(parts int) {
	t.beginSplit("multiply"+products(parts), "out = A B, or out += A B.")
	t.blocks(parts, func() {
		depth, add, end := t.newLabel("depth"), t.newLabel("add"), t.newLabel("end")
		t.in("CMPQ splitCall_add(DI), $0")
		t.in("JNE %s", add)
		t.zero(0)
		for o := 0; o < 4*blockSide*blockSide; o += 64 {
			t.in("VMOVUPS Z0, %d(R8)", o)
		}
		t.at(add)
		t.in("MOVQ splitCall_depth(DI), CX")
		t.in("TESTQ CX, CX")
		t.in("JZ %s", end)
		t.at(depth)
		for r0 := 0; r0 < blockSide; r0 += vectorRows {
			for i := range 2 * vectorRows {
				t.zero(i)
			}
			for _, pass := range passes[parts] {
				t.pass(pass, r0)
			}
			for i := range 2 * vectorRows {
				o := r0*128 + i*64
				t.in("VADDPS %d(R8), Z%d, Z%d", o, i, i)
				t.in("VMOVUPS Z%d, %d(R8)", i, o)
			}
		}
		t.in("ADDQ $%d, SI", parts*partBytes)
		t.in("ADDQ $%d, DX", parts*partBytes)
		t.in("DECQ CX")
		t.in("JNZ %s", depth)
		t.at(end)
	})
	t.end()
}

// pass adds some products over the 16 pairs of terms.
func (t *target) pass(pairs [][2]int, r0 int) {
	loop := t.newLabel("pair")
	t.in("MOVQ SI, BX")
	t.in("MOVQ DX, AX")
	t.at(loop)
	for k, p := range pairs {
		for half := range 2 {
			t.in("VMOVUPS %d(AX), Z%d", p[1]*partBytes+half*halfBytes, 16+2*k+half)
		}
	}
	next := 0
	for k, p := range pairs {
		for r := range vectorRows {
			a := 22 + next%8
			next++
			t.in("VPBROADCASTD %d(BX), Z%d", p[0]*partBytes+(r0+r)*rowBytes, a)
			for half := range 2 {
				t.encoded("VDPBF16PS ZMM%d, ZMM%d, ZMM%d", 2*r+half, 16+2*k+half, a)
			}
		}
	}
	t.in("ADDQ $4, BX")
	t.in("ADDQ $%d, AX", rowBytes)
	t.in("LEAQ %d(SI), R15", rowBytes)
	t.in("CMPQ BX, R15")
	t.in("JNE %s", loop)
}
