package main

import "fmt"

// tileProducts are the pairs of parts in the order of fewest loads; package kernels has the same list.
var tileProducts = map[int][][2]int{
	2: {{0, 1}, {0, 0}, {1, 0}},
	3: {{0, 2}, {0, 0}, {0, 1}, {1, 1}, {1, 0}, {2, 0}},
}

// tileConfiguration is palette 1 with eight tiles of 16 rows of 64 bytes.
func (t *target) tileConfiguration() {
	words := [8]uint64{1}
	for i := range 8 {
		words[2+i/4] |= 64 << (i % 4 * 16)
		words[6] |= 16 << (i * 8)
	}
	t.buf.WriteString("\n")
	for i, w := range words {
		fmt.Fprintf(&t.buf, "DATA ·tileConfiguration<>+%d(SB)/8, $0x%016x\n", 8*i, w)
	}
	t.buf.WriteString("GLOBL ·tileConfiguration<>(SB), RODATA|NOPTR, $64\n")
}

// multiplyTiles multiplies with TDPBF16PS. Tiles 0..3 are the four quarters of a result, 4 and 5 halves of A, 6 and 7
// of B. AX is the distance of rows of A and B, BX that of the result. The configuration does not outlive the function,
// as Go's scheduler does not know it.
func (t *target) multiplyTiles(parts int) {
	t.beginSplit("multiply"+products(parts), "out = A B, or out += A B.")
	t.in("LEAQ ·tileConfiguration<>(SB), AX")
	t.encoded("LDTILECFG [RAX]")
	t.in("MOVQ $128, BX")
	quarter := func(i int) int { return i/2*16*128 + i%2*64 }
	t.blocks(parts, func() {
		add, start, depth, end := t.newLabel("add"), t.newLabel("start"), t.newLabel("depth"), t.newLabel("end")
		t.in("MOVQ $%d, AX", rowBytes)
		t.in("CMPQ splitCall_add(DI), $0")
		t.in("JNE %s", add)
		for i := range 4 {
			t.encoded("TILEZERO TMM%d", i)
		}
		t.in("JMP %s", start)
		t.at(add)
		for i := range 4 {
			t.encoded("TILELOADD TMM%d, [R8+RBX*1+%d]", i, quarter(i))
		}
		t.at(start)
		t.in("MOVQ splitCall_depth(DI), CX")
		t.in("TESTQ CX, CX")
		t.in("JZ %s", end)
		t.at(depth)
		a, b := -1, -1
		for _, p := range tileProducts[parts] {
			if p[0] != a {
				a = p[0]
				for half := range 2 {
					t.encoded("TILELOADD TMM%d, [RSI+RAX*1+%d]", 4+half, a*partBytes+half*halfBytes)
				}
			}
			if p[1] != b {
				b = p[1]
				for half := range 2 {
					t.encoded("TILELOADD TMM%d, [RDX+RAX*1+%d]", 6+half, b*partBytes+half*halfBytes)
				}
			}
			for i := range 4 {
				t.encoded("TDPBF16PS TMM%d, TMM%d, TMM%d", i, 4+i/2, 6+i%2)
			}
		}
		t.in("ADDQ $%d, SI", parts*partBytes)
		t.in("ADDQ $%d, DX", parts*partBytes)
		t.in("DECQ CX")
		t.in("JNZ %s", depth)
		t.at(end)
		for i := range 4 {
			t.encoded("TILESTORED [R8+RBX*1+%d], TMM%d", quarter(i), i)
		}
	})
	t.encoded("TILERELEASE")
	t.in("RET")
}
