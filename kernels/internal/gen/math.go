package main

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"sort"
	"strings"
)

// vectorMath writes functions of one vector. Bodies are written first, with constants as placeholders; then the most
// used constants get the registers that the body left, and the others are read from memory.
type vectorMath struct {
	*target
	body  strings.Builder
	used  int // registers of the body
	free  []int
	uses  map[string]int
	value map[string]uint64
}

func (t *target) newVectorMath() *vectorMath {
	return &vectorMath{target: t, uses: map[string]int{}, value: map[string]uint64{}}
}

func (m *vectorMath) op(format string, args ...any) { fmt.Fprintf(&m.body, "\t"+format+"\n", args...) }

// reg reserves a register; done returns it.
func (m *vectorMath) reg() string {
	if n := len(m.free); n > 0 {
		r := m.free[n-1]
		m.free = m.free[:n-1]
		return m.v(r)
	}
	m.used++
	return m.v(m.used - 1)
}

func (m *vectorMath) done(regs ...string) {
	for _, r := range regs {
		var i int
		fmt.Sscanf(r[1:], "%d", &i)
		m.free = append(m.free, i)
	}
}

// c is a floating-point constant, bits an arbitrary one; both may only be the first operand of an instruction.
func (m *vectorMath) c(x float64) string {
	if m.typ.bytes == 8 {
		return m.bits(math.Float64bits(x))
	}
	return m.bits(uint64(math.Float32bits(float32(x))))
}

func (m *vectorMath) bits(b uint64) string {
	name := fmt.Sprintf("{%016x}", b)
	m.uses[name]++
	m.value[name] = b
	return name
}

var placeholder = regexp.MustCompile(`\{[0-9a-f]{16}\}`)

// finish returns the body with constants placed, and the instructions that load those in registers.
func (m *vectorMath) finish() (load []string, body string) {
	names := make([]string, 0, len(m.uses))
	for name := range m.uses {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		if m.uses[names[i]] != m.uses[names[j]] {
			return m.uses[names[i]] > m.uses[names[j]]
		}
		return names[i] < names[j]
	})
	where := map[string]string{}
	next := m.used
	for _, name := range names {
		mem := m.constant(m.value[name])
		if next < m.regs {
			where[name] = m.v(next)
			load = append(load, fmt.Sprintf("%s %s, %s", m.p("VMOVU"), mem, m.v(next)))
			next++
		} else {
			where[name] = mem
		}
	}
	return load, placeholder.ReplaceAllStringFunc(m.body.String(), func(s string) string { return where[s] })
}

// constant returns the address of a vector of copies, in a table that source() writes.
func (t *target) constant(bits uint64) string {
	for i, b := range t.table {
		if b == bits {
			return fmt.Sprintf("·table%s%s<>+%d(SB)", t.suffix, t.typ.suffix, i*t.bytes)
		}
	}
	t.table = append(t.table, bits)
	return fmt.Sprintf("·table%s%s<>+%d(SB)", t.suffix, t.typ.suffix, (len(t.table)-1)*t.bytes)
}

// pair returns the body for two vectors, instruction by instruction in turn, if registers allow: second is the body's
// text with the second vector's addresses. The processor looks less far ahead than one body is long.
func (m *vectorMath) pair(second func(string) string, shared ...string) bool {
	if 2*m.used > m.regs-4 {
		return false
	}
	keep := map[string]bool{}
	for _, r := range shared {
		keep[r] = true
	}
	first := strings.Split(strings.TrimSuffix(m.body.String(), "\n"), "\n")
	m.body.Reset()
	for _, line := range first {
		m.body.WriteString(line + "\n")
		line = vectorRegister.ReplaceAllStringFunc(second(line), func(r string) string {
			if keep[r] {
				return r
			}
			var i int
			fmt.Sscanf(r[1:], "%d", &i)
			return fmt.Sprintf("%s%d", r[:1], i+m.used)
		})
		m.body.WriteString(strings.ReplaceAll(line, "K1", "K2") + "\n")
	}
	m.used *= 2
	return true
}

var vectorRegister = regexp.MustCompile(`\b[XYZ][0-9]+\b`)

func (m *vectorMath) mov(from, to string)    { m.op("%s %s, %s", m.p("VMOVA"), from, to) }
func (m *vectorMath) load(c, to string)      { m.op("%s %s, %s", m.p("VMOVU"), c, to) }
func (m *vectorMath) mul(a, b, to string)    { m.op("%s %s, %s, %s", m.p("VMUL"), a, b, to) }
func (m *vectorMath) add(a, b, to string)    { m.op("%s %s, %s, %s", m.p("VADD"), a, b, to) }
func (m *vectorMath) sub(b, a, to string)    { m.op("%s %s, %s, %s", m.p("VSUB"), b, a, to) } // to = a - b
func (m *vectorMath) div(b, a, to string)    { m.op("%s %s, %s, %s", m.p("VDIV"), b, a, to) } // to = a / b
func (m *vectorMath) and(a, b, to string)    { m.op("%s %s, %s, %s", m.p("VAND"), a, b, to) }
func (m *vectorMath) or(a, b, to string)     { m.op("%s %s, %s, %s", m.p("VOR"), a, b, to) }
func (m *vectorMath) xor(a, b, to string)    { m.op("%s %s, %s, %s", m.p("VXOR"), a, b, to) }
func (m *vectorMath) fma213(c, b, a string)  { m.op("%s %s, %s, %s", m.p("VFMADD213"), c, b, a) }  // a = b a + c
func (m *vectorMath) fma231(c, b, a string)  { m.op("%s %s, %s, %s", m.p("VFMADD231"), c, b, a) }  // a = b c + a
func (m *vectorMath) fnma213(c, b, a string) { m.op("%s %s, %s, %s", m.p("VFNMADD213"), c, b, a) } // a = -b a + c
func (m *vectorMath) fnma231(c, b, a string) { m.op("%s %s, %s, %s", m.p("VFNMADD231"), c, b, a) } // a = -b c + a
func (m *vectorMath) fms213(c, b, a string)  { m.op("%s %s, %s, %s", m.p("VFMSUB213"), c, b, a) }  // a = b a - c

// maxPassing sets to = max(c, x) with NaN of x kept: the instruction returns its second source if either is NaN.
func (m *vectorMath) maxPassing(x, c, to string) { m.op("%s %s, %s, %s", m.p("VMAX"), x, c, to) }
func (m *vectorMath) minPassing(x, c, to string) { m.op("%s %s, %s, %s", m.p("VMIN"), x, c, to) }

// poly evaluates sum_k coef[k] x^k into p.
func (m *vectorMath) poly(coef []float64, x, p string) {
	m.load(m.c(coef[len(coef)-1]), p)
	for k := len(coef) - 2; k >= 0; k-- {
		m.fma213(m.c(coef[k]), x, p)
	}
}

func (m *vectorMath) signMask() string {
	if m.typ.bytes == 8 {
		return m.bits(1 << 63)
	}
	return m.bits(1 << 31)
}

func (m *vectorMath) absMask() string {
	if m.typ.bytes == 8 {
		return m.bits(1<<63 - 1)
	}
	return m.bits(1<<31 - 1)
}

// selectLess sets to = yes where a < b, else to (NaN: to). mask is a scratch register, unused on avx512.
func (m *vectorMath) selectLess(a, b, yes, to, mask string) {
	if m.level.reg == "Z" {
		m.op("%s $17, %s, %s, K1", m.p("VCMP"), b, a)
		m.op("%s %s, K1, %s", m.p("VMOVA"), yes, to)
		return
	}
	m.op("%s $17, %s, %s, %s", m.p("VCMP"), b, a, mask)
	m.op("%s %s, %s, %s, %s", m.p("VBLENDV"), mask, yes, to, to)
}

// selectNegative sets to = yes where z has its sign bit set, -0 and NaN of either sign included.
func (m *vectorMath) selectNegative(z, yes, to string) {
	if m.level.reg == "Z" {
		op := "VPMOVQ2M"
		if m.typ.bytes == 4 {
			op = "VPMOVD2M"
		}
		m.op("%s %s, K1", op, z)
		m.op("%s %s, K1, %s", m.p("VMOVA"), yes, to)
		return
	}
	m.op("%s %s, %s, %s, %s", m.p("VBLENDV"), z, yes, to, to)
}

// lowest is where e^x has become 0 after rounding, with room.
func (m *vectorMath) lowest() float64 {
	if m.typ.bytes == 8 {
		return -746
	}
	return -105
}

// floor is an argument of e^x whose k is the one below the least normal exponent, which expNegative turns into a factor
// of 0.
func (m *vectorMath) floor() float64 {
	if m.typ.bytes == 8 {
		return -709.089
	}
	return -88.0297
}

// ln2Parts are ln 2 in two parts, the high one short enough that its product with any k is exact, and 1/ln 2.
func (m *vectorMath) ln2Parts() (high, low, inverse float64) {
	digits := uint(31)
	if m.typ.bytes == 4 {
		digits = 13
	}
	ln2 := bigLog2()
	high, _ = new(big.Float).SetMode(big.ToZero).SetPrec(digits).Set(ln2).Float64()
	low, _ = sub(ln2, bf(high)).Float64()
	inverse, _ = div(bf(1), ln2).Float64()
	return high, low, inverse
}

// expParts splits e^x for x in [lowest, 710]: p = e^r - 1 and k with x = k ln2 + r. x is consumed, and becomes k.
func (m *vectorMath) expParts(x, p string) {
	high, low, log2e := m.ln2Parts()
	k := m.reg()
	m.mul(m.c(log2e), x, k)
	m.op("%s $8, %s, %s", m.roundOp(), k, k)
	m.fnma231(m.c(high), k, x)
	m.fnma231(m.c(low), k, x)
	m.expm1(x, p)
	m.mov(k, x)
	m.done(k)
}

// expm1 sets p = e^r - 1 for |r| <= ln2/2.
func (m *vectorMath) expm1(r, p string) {
	degree := 9
	if m.typ.bytes == 4 {
		degree = 4
	}
	m.poly(expm1Fit(degree), r, p)
	m.mul(r, p, p)    // r (1/2 + r/6 + ...)
	m.fma213(r, r, p) // r + r^2 (...)
}

// expNegative splits e^x for x in [floor, 0]: e^x = s + s p, s a power of two, or 0 at the floor. x is consumed. Adding
// and taking away a large number rounds to an integer, whose bits, moved to the exponent, make s.
func (m *vectorMath) expNegative(x, p, s string) {
	high, low, log2e := m.ln2Parts()
	k := m.reg()
	big, shift, one, op := 0x1.8p52, 52, uint64(1023)<<52, "Q"
	if m.typ.bytes == 4 {
		big, shift, one, op = 0x1.8p23, 23, uint64(127)<<23, "D"
	}
	m.load(m.c(big), s)
	m.fma231(m.c(log2e), x, s)
	m.sub(m.c(big), s, k)
	m.fnma231(m.c(high), k, x)
	m.fnma231(m.c(low), k, x)
	m.op("VPSLL%s $%d, %s, %s", op, shift, s, s)
	m.op("VPADD%s %s, %s, %s", op, m.bits(one), s, s)
	m.expm1(x, p)
	m.done(k)
}

func (m *vectorMath) roundOp() string {
	if m.level.reg == "Z" {
		return m.p("VRNDSCALE")
	}
	return m.p("VROUND")
}

// pow2 sets s = 2^k for integral k from -1076 to 1024 (float32: -152 to 128), by halves where the exponent is built by
// hand. scale sets to = p 2^k, correctly in the subnormal range.
func (m *vectorMath) scale(p, k, to string) {
	if m.level.reg == "Z" {
		m.op("%s %s, %s, %s", m.p("VSCALEF"), k, p, to)
		return
	}
	a, b := m.reg(), m.reg()
	x := func(r string) string { return "X" + r[1:] }
	if m.typ.bytes == 8 {
		m.op("VCVTPD2DQY %s, %s", k, x(a))
		m.op("VPSRAD $1, %s, %s", x(a), x(b))
		m.op("VPSUBD %s, %s, %s", x(b), x(a), x(a))
		m.op("VPMOVSXDQ %s, %s", x(a), a)
		m.op("VPMOVSXDQ %s, %s", x(b), b)
		m.op("VPADDQ %s, %s, %s", m.bits(1023), a, a)
		m.op("VPADDQ %s, %s, %s", m.bits(1023), b, b)
		m.op("VPSLLQ $52, %s, %s", a, a)
		m.op("VPSLLQ $52, %s, %s", b, b)
	} else {
		m.op("VCVTPS2DQ %s, %s", k, a)
		m.op("VPSRAD $1, %s, %s", a, b)
		m.op("VPSUBD %s, %s, %s", b, a, a)
		m.op("VPADDD %s, %s, %s", m.bits(127), a, a)
		m.op("VPADDD %s, %s, %s", m.bits(127), b, b)
		m.op("VPSLLD $23, %s, %s", a, a)
		m.op("VPSLLD $23, %s, %s", b, b)
	}
	m.mul(a, p, to)
	m.mul(b, to, to)
	m.done(a, b)
}

// minusAbs sets x = max(-|z| c, floor), keeping NaN.
func (m *vectorMath) minusAbs(z string, c float64, x string) {
	if c == 1 {
		m.or(m.signMask(), z, x)
	} else {
		m.and(m.absMask(), z, x)
		m.mul(m.c(-c), x, x)
	}
	low := m.reg()
	m.load(m.c(m.floor()), low)
	m.maxPassing(x, low, x)
	m.done(low)
}
