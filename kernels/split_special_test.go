package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
	"kac/kernels/internal/generic"
)

// TestSplitSpecialValues: infinite inputs, and those that round to infinity, count as NaN; NaN passes; subnormal
// numbers count as 0.
func TestSplitSpecialValues(t *testing.T) {
	nan := float32(math.NaN())
	for _, ws := range splitSpaces(t, 1) {
		for _, act := range activationsUnderTest {
			if slow(ws.Engine()) && act.f.Kind != actPolynomial && act.f.Kind != actReLU {
				continue
			}
			for _, special := range []float32{nan, float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, math.SmallestNonzeroFloat32, -0x1p-130} {
				for where := range 3 {
					rounds := special == math.MaxFloat32 // to infinity, when it is split as it is: x and w in inner products, but r only times x
					if rounds && (where == 2 || act.f.Kind == actPolynomial && len(act.f.V) < 2) {
						continue
					}
					p, loop := newSampleProblem[float32](37, 35, 5, 6), newSampleProblem[float32](37, 35, 5, 6)
					asLoop := nan
					if math.Abs(float64(special)) < 0x1p-126 {
						asLoop = 0
					}
					switch where {
					case 0:
						p.x[17*p.d+2], loop.x[17*p.d+2] = special, asLoop
					case 1:
						p.w[33*p.d+1], loop.w[33*p.d+1] = special, asLoop
					case 2:
						p.r[30], loop.r[30] = special, asLoop
					}
					f, v := make([]float32, p.n), make([]float32, p.m*p.d)
					Forward(f, p.x, p.w, nil, p.n, p.m, p.d, act, ws.Workspace)
					Velocity(v, p.x, p.w, nil, p.r, p.n, p.m, p.d, act, ws.Workspace)
					wantF, wantV := loop.forwardLoop(nil, act), loop.velocityLoop(nil, wide(loop.r), act)
					for i := range f {
						if class(float64(f[i])) != class(wantF[i]) {
							t.Errorf("%s %s: %v in input %d: f[%d] = %v, want %v", ws, act, special, where, i, f[i], wantF[i])
							break
						}
					}
					for i := range v {
						if !rounds && class(float64(v[i])) != class(wantV[i]) {
							t.Errorf("%s %s: %v in input %d: v[%d] = %v, want %v", ws, act, special, where, i, v[i], wantV[i])
							break
						}
					}
				}
			}
		}
	}
}

// TestSplitTinyNumbers: what is lost below 2^-126 is at most what the documentation of Split says.
func TestSplitTinyNumbers(t *testing.T) {
	linear, half := PolynomialActivation([]float64{0, 1}), PolynomialActivation([]float64{0, 0, .5})
	for _, ws := range splitSpaces(t, 1) {
		for _, scale := range []int{-60, -70, -110, -125, -140} {
			p := newSampleProblem[float32](33, 9, 7, 4)
			for i := range p.x {
				p.x[i] = float32(math.Ldexp(float64(p.x[i]), scale))
			}
			for i := range p.w {
				p.w[i] = float32(math.Ldexp(float64(p.w[i]), -40))
			}
			f, v := make([]float32, p.n), make([]float32, p.m*p.d)
			Forward(f, p.x, p.w, nil, p.n, p.m, p.d, linear, ws.Workspace)
			Velocity(v, p.x, p.w, nil, p.r, p.n, p.m, p.d, half, ws.Workspace)
			wantF, wantV := p.forwardLoop(nil, linear), p.velocityLoop(nil, wide(p.r), half)
			for i := range f {
				if floor := float64(p.d) * 0x1p-124; math.Abs(float64(f[i])-wantF[i]) > 1e-4*math.Abs(wantF[i])+floor+0x1p-60*float64(p.d)*math.Ldexp(1, scale) {
					t.Fatalf("%s scale %d: f[%d] = %g, want %g", ws, scale, i, f[i], wantF[i])
				}
			}
			for i := range v {
				if math.Abs(float64(v[i])-wantV[i]) > 1e-4*math.Abs(wantV[i])+0x1p-115 {
					t.Fatalf("%s scale %d: v[%d] = %g, want %g", ws, scale, i, v[i], wantV[i])
				}
			}
		}
	}
}

// TestSplitFunctionsAgree: an engine splits as the Go code does, and the matrix unit's products are those of the Go
// code, bit for bit, whatever the numbers. The vector engine adds in another order; its results are those of the tests
// of errors.
func TestSplitFunctionsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	everySplit(t, func(t *testing.T, engine string, s Split) {
		if engine == "generic" {
			t.Skip("the Go code itself")
		}
		set, golden := dispatch.SplitSet(engine, int(s)), generic.SplitSet(int(s))
		const depth, tiles, panels = 3, 2, 2
		size := set.Parts * tileFloats
		for round := range 6 {
			src := make([]float32, tiles*tileFloats)
			for i := range src {
				switch {
				case round < 2:
					src[i] = math.Float32frombits(r.Uint32()) // anything: NaN, infinities, subnormal numbers
				default:
					src[i] = float32(r.NormFloat64() * math.Exp2(float64(r.IntN(20*round))-float64(10*round)))
				}
			}
			rows, want := make([]uint16, tiles*(size+64)), make([]uint16, tiles*(size+64))
			c := splitCall{Out: abi.At(src, 0), A: abi.At(rows, 0), Tiles: tiles, OutPanel: tileFloats, Step: size + 64}
			set.SplitRows(&c)
			c.A = abi.At(want, 0)
			golden.SplitRows(&c)
			sameParts(t, "splitRows", rows, want)
			c = splitCall{Out: abi.At(src, 0), B: abi.At(rows, 0)}
			set.SplitColumns(&c)
			c.B = abi.At(want, 0)
			golden.SplitColumns(&c)
			sameParts(t, "splitColumns", rows, want)
			if engine != "amx" {
				continue
			}
			a, b := make([]uint16, tiles*depth*size), make([]uint16, panels*depth*size)
			fill := func(x []uint16) {
				for i := range x {
					if x[i] = uint16(r.Uint32()); round > 0 {
						x[i] = generic.ToBF16(float32(r.NormFloat64() * math.Exp2(float64(r.IntN(40*round))-float64(20*round))))
					}
				}
			}
			fill(a)
			fill(b)
			for add := range 2 {
				out := benchNormal[float32](panels*tiles*tileFloats, uint64(round))
				wantOut := append([]float32{}, out...)
				m := splitCall{A: abi.At(a, 0), B: abi.At(b, 0), Out: abi.At(out, 0), Depth: depth, Tiles: tiles, Panels: panels, OutPanel: tiles * tileFloats, Add: add}
				set.Multiply(&m)
				m.Out = abi.At(wantOut, 0)
				golden.Multiply(&m)
				for i, x := range out {
					if x != wantOut[i] && (x == x || wantOut[i] == wantOut[i]) {
						t.Fatalf("round %d add %d: element %d is %g, want %g", round, add, i, x, wantOut[i])
					}
				}
			}
		}
	})
}

// sameParts compares bf16 numbers; NaN is NaN whatever its bits.
func sameParts(t *testing.T, what string, got, want []uint16) {
	t.Helper()
	for i := range got {
		g, w := generic.FromBF16(got[i]), generic.FromBF16(want[i])
		if got[i] != want[i] && (g == g || w == w) {
			t.Fatalf("%s: number %d is %04x, want %04x", what, i, got[i], want[i])
		}
	}
}
