//go:build linux && amd64

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// tiles is a thread's tile state: palette 1, eight tiles of at most 16 rows of 64 bytes.
type tiles struct {
	configured bool
	rows       [8]int
	bytes      [8]int // of a row
	data       [8][16][64]byte
}

// run carries out the instruction that stopped the thread and those after it, as far as they are AMX. It returns how
// many, and the signal that the thread is to get: SIGILL if the first is not one of the six or may not run, SIGSEGV if
// memory is not there.
func (t *tiles) run(tid int) (int, unix.Signal, error) {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return 0, 0, fmt.Errorf("reading registers: %w", err)
	}
	done := 0
	for {
		var code [16]byte
		n, err := memory(tid, regs.Rip, code[:], false)
		if err != nil && n == 0 {
			return done, 0, fmt.Errorf("reading the instruction at %#x: %w", regs.Rip, err)
		}
		in := decode(code[:n], &regs)
		if in.op == unknown && done > 0 {
			return done, 0, unix.PtraceSetRegs(tid, &regs)
		}
		err = t.execute(tid, in)
		switch {
		case errors.Is(err, errRefused):
			return done, unix.SIGILL, unix.PtraceSetRegs(tid, &regs)
		case err != nil:
			return done, unix.SIGSEGV, unix.PtraceSetRegs(tid, &regs)
		}
		regs.Rip += uint64(in.length)
		done++
	}
}

// errRefused is #UD or #GP: no such instruction, or not in this state.
var errRefused = errors.New("refused")

func (t *tiles) execute(tid int, in instruction) error {
	switch in.op {
	case ldtilecfg:
		return t.configure(tid, in.base)
	case unknown:
		return errRefused
	}
	if !t.configured {
		return errRefused
	}
	switch in.op {
	case tilerelease:
		*t = tiles{}
	case tilezero:
		t.data[in.t1] = [16][64]byte{}
	case tileloadd, tilestored:
		return t.move(tid, in)
	case tdpbf16ps:
		return t.multiply(in.t1, in.t2, in.t3)
	}
	return nil
}

// configure reads the 64 bytes of LDTILECFG: palette, start row, 14 reserved, 16 row lengths of 2 bytes, 16 numbers of
// rows.
func (t *tiles) configure(tid int, address uint64) error {
	var c [64]byte
	if _, err := memory(tid, address, c[:], false); err != nil {
		return err
	}
	*t = tiles{}
	if c[0] == 0 {
		return nil // all tiles back to their initial state
	}
	if c[0] != 1 || c[1] != 0 {
		return errRefused
	}
	for _, reserved := range c[2:16] {
		if reserved != 0 {
			return errRefused
		}
	}
	for i := range 16 {
		length, rows := int(binary.LittleEndian.Uint16(c[16+2*i:])), int(c[48+i])
		if i >= 8 {
			if length != 0 || rows != 0 {
				return errRefused
			}
			continue
		}
		if length > 64 || rows > 16 || (length == 0) != (rows == 0) {
			return errRefused
		}
		t.bytes[i], t.rows[i] = length, rows
	}
	t.configured = true
	return nil
}

func (t *tiles) move(tid int, in instruction) error {
	i := in.t1
	if t.rows[i] == 0 {
		return errRefused
	}
	store := in.op == tilestored
	if !store {
		t.data[i] = [16][64]byte{}
	}
	for row := range t.rows[i] {
		if _, err := memory(tid, in.base+uint64(row)*in.stride, t.data[i][row][:t.bytes[i]], store); err != nil {
			return err
		}
	}
	return nil
}

// multiply is TDPBF16PS: float32 sums over even and odd terms apart, then their sum to the destination; round to
// nearest even, subnormal numbers are 0 going in and coming out.
func (t *tiles) multiply(d, a, b int) error {
	columns := t.bytes[d] / 4
	terms := t.bytes[a] / 4
	if d == a || d == b || a == b || t.rows[d] == 0 || t.rows[a] == 0 || t.rows[b] == 0 ||
		t.rows[d] != t.rows[a] || t.bytes[d] != t.bytes[b] || terms != t.rows[b] || t.bytes[d]%4 != 0 || t.bytes[a]%4 != 0 {
		return errRefused
	}
	for m := range t.rows[d] {
		var sums [32]float32
		for k := range terms {
			x, y := half(&t.data[a][m], 2*k), half(&t.data[a][m], 2*k+1)
			for n := range columns {
				sums[2*n] = flush(sums[2*n] + flush(float32(x*half(&t.data[b][k], 2*n))))
				sums[2*n+1] = flush(sums[2*n+1] + flush(float32(y*half(&t.data[b][k], 2*n+1))))
			}
		}
		for n := range columns {
			at := t.data[d][m][4*n:]
			old := math.Float32frombits(binary.LittleEndian.Uint32(at))
			binary.LittleEndian.PutUint32(at, math.Float32bits(flush(flush(old)+flush(sums[2*n]+sums[2*n+1]))))
		}
	}
	return nil
}

// half returns the i-th bf16 number of a row.
func half(row *[64]byte, i int) float32 {
	return flush(math.Float32frombits(uint32(binary.LittleEndian.Uint16(row[2*i:])) << 16))
}

func flush(x float32) float32 {
	if math.Abs(float64(x)) < 0x1p-126 {
		return 0
	}
	return x
}

// memory reads or writes a thread's memory, under its pages' protection.
func memory(tid int, address uint64, p []byte, write bool) (int, error) {
	local := []unix.Iovec{{Base: &p[0], Len: uint64(len(p))}}
	remote := []unix.RemoteIovec{{Base: uintptr(address), Len: len(p)}}
	move := unix.ProcessVMReadv
	if write {
		move = unix.ProcessVMWritev
	}
	n, err := move(tid, local, remote, 0)
	if err == nil && n < len(p) {
		err = unix.EFAULT
	}
	return n, err
}
