//go:build linux && amd64

package main

import "golang.org/x/sys/unix"

type opcode int

const (
	unknown opcode = iota
	ldtilecfg
	tilerelease
	tilezero
	tileloadd
	tilestored
	tdpbf16ps
)

// instruction is one of the six, with the tiles and the address it names.
type instruction struct {
	op         opcode
	length     int
	t1, t2, t3 int    // destination, first and second source
	base       uint64 // address of the first row
	stride     uint64 // from row to row
}

// decode reads the instruction at the start of code: a three-byte VEX prefix (C4, map 0F38, W0, L0), the opcode and
// ModRM with SIB and displacement. An instruction that is none of the six has op unknown.
func decode(code []byte, regs *unix.PtraceRegs) instruction {
	var none instruction
	if len(code) < 5 || code[0] != 0xc4 || code[1]&0x1f != 2 || code[2]&0x84 != 0 {
		return none
	}
	prefix, vvvv, op, modrm := code[2]&3, int(^code[2]>>3&15), code[3], code[4]
	mod, reg, rm := modrm>>6, int(modrm>>3&7), int(modrm&7)
	in := instruction{length: 5, t1: reg, t2: rm, t3: vvvv}
	switch {
	case op == 0x49 && prefix == 0 && modrm == 0xc0:
		in.op = tilerelease
	case op == 0x49 && prefix == 3 && mod == 3 && rm == 0:
		in.op = tilezero
	case op == 0x5c && prefix == 2 && mod == 3 && vvvv < 8:
		in.op = tdpbf16ps
	case mod == 3:
	case op == 0x49 && prefix == 0 && reg == 0:
		in.op = ldtilecfg
	case op == 0x4b && (prefix == 3 || prefix == 1) && rm == 4: // TILELOADD and TILELOADDT1, a hint's difference; SIB is required
		in.op = tileloadd
	case op == 0x4b && prefix == 2 && rm == 4:
		in.op = tilestored
	}
	if in.op == unknown || mod == 3 {
		return in
	}
	return in.address(code, mod, rm, regs)
}

// address adds base, stride and length from ModRM's memory operand.
func (in instruction) address(code []byte, mod byte, rm int, regs *unix.PtraceRegs) instruction {
	var none instruction
	extendX, extendB := int(^code[1]>>6&1)<<3, int(^code[1]>>5&1)<<3
	if rm == 4 {
		if len(code) < 6 {
			return none
		}
		sib := code[5]
		in.length++
		if index := int(sib>>3&7) | extendX; index != 4 {
			in.stride = register(regs, index) << (sib >> 6)
		}
		rm = int(sib & 7)
	}
	if mod == 0 && rm == 5 {
		return none // relative to the program counter, or no base: not used
	}
	in.base = register(regs, rm|extendB)
	size := [4]int{0, 1, 4}[mod]
	if len(code) < in.length+size {
		return none
	}
	displacement := code[in.length:]
	switch size {
	case 1:
		in.base += uint64(int8(displacement[0]))
	case 4:
		in.base += uint64(int32(uint32(displacement[0]) | uint32(displacement[1])<<8 | uint32(displacement[2])<<16 | uint32(displacement[3])<<24))
	}
	in.length += size
	return in
}

// register returns a general register by its number in an instruction.
func register(r *unix.PtraceRegs, i int) uint64 {
	return [16]uint64{r.Rax, r.Rcx, r.Rdx, r.Rbx, r.Rsp, r.Rbp, r.Rsi, r.Rdi, r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15}[i]
}
