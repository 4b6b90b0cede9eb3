//go:build linux && amd64

package main

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The bytes are GNU as's.
func TestDecode(t *testing.T) {
	regs := &unix.PtraceRegs{Rax: 1000, Rbx: 128, Rcx: 64, Rdx: 5000, Rsi: 7000, R8: 9000, R9: 256, R13: 11000}
	for name, c := range map[string]struct {
		code []byte
		want instruction
	}{
		"ldtilecfg [rax]":                    {[]byte{0xc4, 0xe2, 0x78, 0x49, 0x00}, instruction{op: ldtilecfg, length: 5, base: 1000}},
		"tilerelease":                        {[]byte{0xc4, 0xe2, 0x78, 0x49, 0xc0}, instruction{op: tilerelease, length: 5}},
		"tilezero tmm3":                      {[]byte{0xc4, 0xe2, 0x7b, 0x49, 0xd8}, instruction{op: tilezero, length: 5, t1: 3}},
		"tileloadd tmm1, [rsi+rcx*1]":        {[]byte{0xc4, 0xe2, 0x7b, 0x4b, 0x0c, 0x0e}, instruction{op: tileloadd, length: 6, t1: 1, base: 7000, stride: 64}},
		"tileloadd tmm1, [r8+rbx*1+64]":      {[]byte{0xc4, 0xc2, 0x7b, 0x4b, 0x4c, 0x18, 0x40}, instruction{op: tileloadd, length: 7, t1: 1, base: 9064, stride: 128}},
		"tileloadd tmm5, [rsi+rax*1+0x400]":  {[]byte{0xc4, 0xe2, 0x7b, 0x4b, 0xac, 0x06, 0x00, 0x04, 0, 0}, instruction{op: tileloadd, length: 10, t1: 5, base: 8024, stride: 1000}},
		"tileloaddt1 tmm2, [r13+r9*2-8]":     {[]byte{0xc4, 0x82, 0x79, 0x4b, 0x54, 0x4d, 0xf8}, instruction{op: tileloadd, length: 7, t1: 2, base: 10992, stride: 512}},
		"tilestored [r8+rbx*1], tmm0":        {[]byte{0xc4, 0xc2, 0x7a, 0x4b, 0x04, 0x18}, instruction{op: tilestored, length: 6, base: 9000, stride: 128}},
		"tdpbf16ps tmm0, tmm1, tmm2":         {[]byte{0xc4, 0xe2, 0x6a, 0x5c, 0xc1}, instruction{op: tdpbf16ps, length: 5, t1: 0, t2: 1, t3: 2}},
		"tdpbssd tmm0, tmm1, tmm2 (another)": {[]byte{0xc4, 0xe2, 0x6b, 0x5e, 0xc1}, instruction{}},
		"ud2":                                {[]byte{0x0f, 0x0b, 0, 0, 0, 0}, instruction{}},
		"a displacement cut off":             {[]byte{0xc4, 0xe2, 0x7b, 0x4b, 0xac, 0x06, 0x00}, instruction{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := decode(c.code, regs)
			if got.op == unknown && c.want.op == unknown {
				return
			}
			if c.want.op == tilerelease || c.want.op == tilezero || c.want.op == ldtilecfg || c.want.op == tileloadd || c.want.op == tilestored {
				got.t2, got.t3 = 0, 0 // fields of other instructions
			}
			if c.want.op == ldtilecfg || c.want.op == tilerelease {
				got.t1 = 0
			}
			if got != c.want {
				t.Errorf("%s: %+v, want %+v", name, got, c.want)
			}
		})
	}
}

// own returns the address of data of this process, which memory reads as it reads another's.
func own(p *[64]byte) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

func configuration(rows, length [3]int) *[64]byte {
	c := new([64]byte)
	c[0] = 1
	for i := range rows {
		c[48+i] = byte(rows[i])
		binary.LittleEndian.PutUint16(c[16+2*i:], uint16(length[i]))
	}
	return c
}

func TestRefusals(t *testing.T) {
	me := os.Getpid()
	var s tiles
	for _, op := range []opcode{unknown, tilerelease, tilezero, tileloadd, tdpbf16ps} {
		if s.execute(me, instruction{op: op}) == nil {
			t.Errorf("operation %d runs without a configuration", op)
		}
	}
	for name, spoil := range map[string]func(c *[64]byte){
		"palette":        func(c *[64]byte) { c[0] = 2 },
		"start row":      func(c *[64]byte) { c[1] = 1 },
		"reserved":       func(c *[64]byte) { c[9] = 1 },
		"17 rows":        func(c *[64]byte) { c[48] = 17 },
		"rows of 65":     func(c *[64]byte) { c[16] = 65 },
		"rows of none":   func(c *[64]byte) { c[16] = 0 },
		"a ninth tile":   func(c *[64]byte) { c[56], c[32] = 1, 4 },
		"length, no row": func(c *[64]byte) { c[48] = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			c := configuration([3]int{16, 16, 16}, [3]int{64, 64, 64})
			spoil(c)
			if s.configure(me, own(c)) == nil {
				t.Errorf("%s: configured", name)
			}
		})
	}
	// Shapes that do not fit: 4 rows of A, 5 of the result; 3 pairs of A, 2 rows of B.
	for _, c := range []*[64]byte{configuration([3]int{5, 4, 3}, [3]int{8, 12, 8}), configuration([3]int{4, 4, 2}, [3]int{8, 12, 8}), configuration([3]int{4, 4, 3}, [3]int{12, 12, 8})} {
		if err := s.configure(me, own(c)); err != nil {
			t.Fatal(err)
		}
		if s.multiply(0, 1, 2) == nil {
			t.Errorf("rows %v multiplied", c[48:51])
		}
	}
	if s.multiply(1, 1, 2) == nil {
		t.Error("a tile was multiplied into itself")
	}
	if _, err := memory(me, 8, make([]byte, 4), false); err == nil {
		t.Error("read memory that is not there")
	}
}

// TestProduct multiplies tiles of odd shapes, loaded row by row, and compares with exact sums; and what is 0 or NaN.
func TestProduct(t *testing.T) {
	me := os.Getpid()
	const rows, columns, pairs = 5, 7, 3
	var s tiles
	if err := s.configure(me, own(configuration([3]int{rows, rows, pairs}, [3]int{4 * columns, 4 * pairs, 4 * columns}))); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var a [rows][2 * pairs]float32
	var b [2 * pairs][columns]float32
	number := func() float32 {
		return math.Float32frombits(math.Float32bits(float32(r.NormFloat64())) &^ 0xffff)
	}
	for i := range a {
		for k := range a[i] {
			a[i][k] = number()
			binary.LittleEndian.PutUint16(s.data[1][i][2*k:], uint16(math.Float32bits(a[i][k])>>16))
		}
	}
	for k := range b {
		for j := range b[k] {
			b[k][j] = number()
			binary.LittleEndian.PutUint16(s.data[2][k/2][4*j+k%2*2:], uint16(math.Float32bits(b[k][j])>>16))
		}
	}
	result := func(i, j int) float64 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(s.data[0][i][4*j:])))
	}
	for round := 1; round <= 2; round++ { // the second adds
		if err := s.multiply(0, 1, 2); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			for j := range columns {
				sum, size := new(big.Float), 0.0
				for k := range 2 * pairs {
					p := float64(a[i][k]) * float64(b[k][j])
					sum.Add(sum, big.NewFloat(p))
					size += math.Abs(p)
				}
				want, _ := sum.Float64()
				if e := math.Abs(result(i, j) - float64(round)*want); !(e <= 8*0x1p-24*size) {
					t.Errorf("round %d: element %d, %d is %g, want %g", round, i, j, result(i, j), float64(round)*want)
				}
			}
		}
	}
	binary.LittleEndian.PutUint32(s.data[0][0][0:], 0x007fffff) // subnormal
	binary.LittleEndian.PutUint32(s.data[0][0][4:], 0x7f800001) // NaN
	s.data[1] = [16][64]byte{}
	if err := s.multiply(0, 1, 2); err != nil || result(0, 0) != 0 || !math.IsNaN(result(0, 1)) {
		t.Errorf("subnormal number, NaN plus 0: %g, %g (%v)", result(0, 0), result(0, 1), err)
	}
	// 2^-70 times 2^-70 is 0; 2^-60 times 2^-60 is not.
	for i, scale := range []uint16{0x1c80, 0x2180} {
		s.data[0] = [16][64]byte{}
		s.data[1], s.data[2] = [16][64]byte{}, [16][64]byte{}
		binary.LittleEndian.PutUint16(s.data[1][0][:], scale)
		binary.LittleEndian.PutUint16(s.data[2][0][:], scale)
		if err := s.multiply(0, 1, 2); err != nil || (result(0, 0) != 0) != (i == 1) {
			t.Errorf("%04x squared is %g (%v)", scale, result(0, 0), err)
		}
	}
}
