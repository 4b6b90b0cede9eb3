package particles

import (
	"fmt"
	"strings"

	"kac/kernels"
)

// Precision is the arithmetic of velocities, in which nearly all work is. Of a
// Population it is that of the sum over all pairs; everything
// else, the state, the time, the target's part, the projection, the steps and
// all energies, is float64 whatever it is. Of a Trainer it is that of the
// networks.
type Precision int

const (
	Float64 Precision = iota
	Float32
	BF16x3 // float32 whose products are three of bf16 parts (kernels.Split)
	BF16x6 // six of them
)

var precisionNames = []string{Float64: "float64", Float32: "float32", BF16x3: kernels.BF16x3.String(), BF16x6: kernels.BF16x6.String()}

// Precisions lists the names of all precisions.
func Precisions() []string { return append([]string(nil), precisionNames...) }

// What velocities of a Population are off by, in units of q'(1) + d2q(1), q the
// problem's Dual. It is what was seen with room above it (float32: at most
// 4.3e-8 over the presets, both forms, m to 8192, at the start and while
// learning; bf16x3 2.8e-7, bf16x6 3.3e-9), not what roundings that all point one way could do, which grows
// with m + d.
const (
	Float32VelocityError = 0x1p-23
	BF16x3VelocityError  = 0x1p-19
	BF16x6VelocityError  = 0x1p-25
)

// The least tolerance that a flow with such velocities makes use of. Below it positions get hardly better: seen after
// learning, over three presets and starts, float32 up to 3.8e-6 off, bf16x6 1.9e-6 and bf16x3 7e-5. Steps cost what
// they cost in float64, but bf16x3 takes ten times as many at a tenth of its tolerance, to be three times nearer: many
// short steps average what the velocities are off by.
const (
	Float32FlowTolerance = 1e-7
	BF16x3FlowTolerance  = 3e-7
	BF16x6FlowTolerance  = 1e-7
)

// String returns the precision's name.
func (p Precision) String() string {
	if p < 0 || int(p) >= len(precisionNames) {
		return fmt.Sprintf("Precision(%d)", int(p))
	}
	return precisionNames[p]
}

// ParsePrecision reads what String writes. Whether this machine has the
// precision is for Available to say.
func ParsePrecision(name string) (Precision, error) {
	for p, known := range precisionNames {
		if name == known {
			return Precision(p), nil
		}
	}
	last := len(precisionNames) - 1
	return Float64, fmt.Errorf("precision %q: must be %s or %s", name, strings.Join(precisionNames[:last], ", "), precisionNames[last])
}

// split returns the parts of a bf16 precision; ok is false for the others.
func (p Precision) split() (s kernels.Split, ok bool) {
	switch p {
	case BF16x3:
		return kernels.BF16x3, true
	case BF16x6:
		return kernels.BF16x6, true
	}
	return 0, false
}

// BF16 reports whether products are of bf16 parts.
func (p Precision) BF16() bool {
	_, is := p.split()
	return is
}

// Engine returns what multiplies in a bf16 precision, "amx" or "avx512-bf16",
// and "" for the others and where there is none.
func (p Precision) Engine() string {
	if !p.BF16() {
		return ""
	}
	engine, _ := kernels.SplitEngine()
	return engine
}

// Available returns nil, or why this machine does not have the precision. No
// other takes its place.
func (p Precision) Available() error {
	if !p.BF16() {
		return nil
	}
	_, err := kernels.SplitEngine()
	return err
}

// FlowTolerance returns the least tolerance of a flow that the precision makes
// use of; 0 for float64.
func (p Precision) FlowTolerance() float64 {
	return [...]float64{Float64: 0, Float32: Float32FlowTolerance, BF16x3: BF16x3FlowTolerance, BF16x6: BF16x6FlowTolerance}[p]
}

// workspace32 returns a workspace for float32 data. It panics if the precision
// is not available: callers look at that first, as they do at the kernels' level.
func (p Precision) workspace32(workers int) *kernels.Workspace[float32] {
	s, ok := p.split()
	if !ok {
		return kernels.NewWorkspace[float32](workers)
	}
	ws, err := kernels.NewSplitWorkspace(workers, s)
	if err != nil {
		panic(fmt.Sprintf("particles: precision %v: %v", p, err))
	}
	return ws
}

// interaction32 sums the interaction in float32, or with bf16 parts.
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
