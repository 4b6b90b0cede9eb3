package main

// tanhSech writes d1 = tanh z and d2 = 1 - tanh^2 z for n values, n a multiple of the vector's elements, by the
// instructions of portable.TanhSech, so that every level gives the same bits. For float64 alone.
func (t *target) tanhSech() {
	if t.typ.bytes != 8 {
		return
	}
	m := t.newVectorMath()
	z := m.reg()
	m.op("%s (SI), %s", m.p("VMOVU"), z)
	out := m.tanh(z, wanted{v: true, d1: true})
	m.op("%s %s, (DX)", m.p("VMOVU"), out.v)
	m.op("%s %s, (R8)", m.p("VMOVU"), out.d1)
	t.overVectors(m, "tanhSech", "d1 = tanh z, d2 = sech^2 z.")
}
