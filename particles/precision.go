package particles

import (
	"fmt"

	"kac/kernels"
)

// Precision is the arithmetic in which a Population sums the interaction of all
// pairs in a velocity. Everything else, the state, the time, the target's part,
// the projection, the steps and all energies, is float64 whatever it is.
type Precision int

const (
	Float64 Precision = iota
	Float32
)

// Float32VelocityError bounds the error of a coordinate of a Float32 velocity in
// units of q'(1) + q”(1), q the problem's Dual: one unit of float32's last
// place. It is what was seen (at most 4.3e-8 over the presets, both forms, m to
// 8192, at the start and while learning), not what roundings that all point one
// way could do, which grows with m + d.
const Float32VelocityError = 0x1p-23

// Float32FlowTolerance is the least tolerance that a flow with Float32
// velocities makes use of. Below it positions get no better (seen: up to 1.3e-6 off after
// learning), though steps still cost what they cost in float64.
const Float32FlowTolerance = 1e-7

// String returns "float64" or "float32".
func (p Precision) String() string {
	switch p {
	case Float64:
		return "float64"
	case Float32:
		return "float32"
	}
	return fmt.Sprintf("Precision(%d)", int(p))
}

// ParsePrecision reads what String writes.
func ParsePrecision(name string) (Precision, error) {
	for p := Float64; p <= Float32; p++ {
		if p.String() == name {
			return p, nil
		}
	}
	return Float64, fmt.Errorf("precision %q: must be float64 or float32", name)
}

// interaction32 sums the interaction in float32.
type interaction32 struct {
	ws   *kernels.Workspace[float32]
	w, v []float32 // grown to the largest ensemble seen
}

// sum is the function sum on rounded positions.
func (s *interaction32) sum(v, w []float64, m, d int, form Form, q kernels.Dual) {
	if cap(s.w) < len(w) {
		s.w, s.v = make([]float32, len(w)), make([]float32, len(w))
	}
	narrowed, out := s.w[:len(w)], s.v[:len(w)]
	for i, x := range w {
		narrowed[i] = float32(x)
	}
	sum(out, narrowed, m, d, form, q, s.ws)
	for i, x := range out {
		v[i] = float64(x)
	}
}
