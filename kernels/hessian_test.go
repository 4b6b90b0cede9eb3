package kernels

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// hessianLoop is the loop of LocalHessian's documentation, in float64: full d x d matrices, and sum |terms| for H.
func (p sampleProblem[T]) hessianLoop(a []T, r []float64, act Activation, project bool) (D, size [][]float64) {
	d := p.d
	for j := range p.m {
		aj := 1.0
		if a != nil {
			aj = float64(a[j])
		}
		H, S := make([]float64, d*d), 0.0
		c := 0.0
		for i := range p.n {
			z := p.z(i, j)
			_, dv, d2v := act.Eval(z)
			f := aj * r[i] / float64(p.n)
			c += f * dv * z
			x := p.x[i*d : (i+1)*d]
			norm := 0.0
			for k := range d {
				norm += float64(x[k]) * float64(x[k])
				for l := range d {
					H[k*d+l] += f * d2v * float64(x[k]) * float64(x[l])
				}
			}
			S += math.Abs(f) * ((math.Abs(d2v)+p.thirdBound(act, z)*p.zSize(i, j))*norm + (math.Abs(dv)+math.Abs(d2v*z))*(math.Abs(z)+p.zSize(i, j)))
		}
		if project && d > 0 {
			H = projectFull(H, wide(p.w[j*d:(j+1)*d]), c)
		}
		sizes := make([]float64, d*d)
		for k := range sizes {
			sizes[k] = S * 4 // the projection adds terms of the size of the whole matrix
		}
		D, size = append(D, H), append(size, sizes)
	}
	return D, size
}

// thirdBound is a crude bound of |sigma”'| near z.
func (p sampleProblem[T]) thirdBound(act Activation, z float64) float64 {
	const h = 1e-3
	_, _, up := act.Eval(z + h)
	_, _, down := act.Eval(z - h)
	return math.Abs(up-down)/(2*h) + 1
}

func projectFull(H, w []float64, c float64) []float64 {
	d := len(w)
	P := mat.NewDense(d, d, nil)
	for a := range d {
		for b := range d {
			v := -w[a] * w[b]
			if a == b {
				v++
			}
			P.Set(a, b, v)
		}
	}
	var M mat.Dense
	M.Product(P, mat.NewDense(d, d, H), P)
	P.Scale(c, P)
	M.Sub(&M, P)
	return M.RawMatrix().Data
}

func packOf(full [][]float64, d int) []float64 {
	var out []float64
	for _, H := range full {
		for a := range d {
			out = append(out, H[a*d+a:(a+1)*d]...)
		}
	}
	return out
}

func TestLocalHessian(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testLocalHessian[float64](t, level)
		testLocalHessian[float32](t, level)
	})
}

func testLocalHessian[T Float](t *testing.T, level string) {
	ws := workspaceAt[T](t, 2, level)
	for _, act := range activationsUnderTest {
		if act.kind == actReLU {
			continue // sigma” = 0; its sigma' jumps, so that rounding of z alone can change c
		}
		for _, s := range [][3]int{{1, 1, 1}, {7, 3, 2}, {130, 7, 5}, {33, 50, 9}, {70, 5, 17}, {0, 3, 2}, {3, 0, 2}, {4, 3, 0}, {600, 2, 3}} {
			p := newSampleProblem[T](s[0], s[1], s[2], 3)
			name := fmt.Sprintf("%s %T n=%d m=%d d=%d", act, T(0), p.n, p.m, p.d)
			for _, a := range [][]T{nil, p.a} {
				D := make([]T, p.m*PackedLen(p.d))
				LocalHessian(D, p.x, p.w, a, p.r, p.n, p.m, p.d, act, ws)
				full, size := p.hessianLoop(a, wide(p.r), act, true)
				if e := within(D, packOf(full, p.d), packOf(size, p.d)); !(e <= float64(p.n+2*p.d+60)) {
					t.Errorf("%s: LocalHessian is off by %g", name, e)
				}
				out := make([]T, p.m*p.d)
				HessianVector(out, p.u, p.x, p.w, a, p.r, p.n, p.m, p.d, act, ws)
				want, sz := make([]float64, p.m*p.d), make([]float64, p.m*p.d)
				for j := range p.m {
					for k := range p.d {
						for l := range p.d {
							want[j*p.d+k] += full[j][k*p.d+l] * float64(p.u[j*p.d+l])
							sz[j*p.d+k] += size[j][k*p.d+l] * math.Abs(float64(p.u[j*p.d+l]))
						}
					}
				}
				if e := within(out, want, sz); !(e <= float64(p.n+2*p.d+60)) {
					t.Errorf("%s: HessianVector is off by %g", name, e)
				}
			}
		}
	}
}

func TestPopulationHessian(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[float64](t, 2, level)
		for _, dual := range dualsUnderTest {
			if dual.name == "relu" {
				continue // infinite on the diagonal
			}
			for _, s := range shapesUnderTest {
				m, d := s[0], s[1]
				w := unitRows[float64](m, d, uint64(m+100*d))
				h, want := make([]float64, m*PackedLen(d)), make([]float64, m*PackedLen(d))
				PopulationHessian(h, w, m, d, dual.q, ws)
				for j := range m {
					for i := range m {
						_, _, d2 := dual.q.Eval(Dot(w[j*d:(j+1)*d], w[i*d:(i+1)*d]))
						for a := range d {
							for b := a; b < d; b++ {
								want[j*PackedLen(d)+PackedIndex(d, b, a)] += d2 * w[i*d+a] * w[i*d+b] / float64(m)
							}
						}
					}
				}
				if e := worst(h, want); !(e < 1e-12) {
					t.Errorf("%s m=%d d=%d: relative error %g", dual.name, m, d, e)
				}
			}
		}
	})
}

func TestLocalHessianIsTheDerivativeOfTheVelocity(t *testing.T) {
	// nu(w) = P_w V(w); along a tangent direction u its derivative is D u - w <nu, u>.
	const n, m, d, h = 200, 3, 6, 1e-5
	p := newSampleProblem[float64](n, m, d, 8)
	ws := NewWorkspace[float64](1)
	act := Tanh()
	velocity := func(w []float64) []float64 {
		unit := append([]float64{}, w...)
		NormalizeRows(unit, m, d, ws)
		v := make([]float64, m*d)
		Velocity(v, p.x, unit, p.a, p.r, n, m, d, act, ws)
		ProjectTangent(v, unit, m, d, ws)
		return v
	}
	u := append([]float64{}, p.u...)
	ProjectTangent(u, p.w, m, d, ws)
	up, down := append([]float64{}, p.w...), append([]float64{}, p.w...)
	for i := range up {
		up[i] += h * u[i]
		down[i] -= h * u[i]
	}
	vu, vd, nu := velocity(up), velocity(down), velocity(p.w)
	got := make([]float64, m*d)
	HessianVector(got, u, p.x, p.w, p.a, p.r, n, m, d, act, ws)
	for j := range m {
		row := slicesOf(d, j, nu, u)
		s := Dot(row[0], row[1])
		for a := range d {
			k := j*d + a
			if want := (vu[k] - vd[k]) / (2 * h); math.Abs(got[k]-p.w[k]*s-want) > 1e-8 {
				t.Errorf("particle %d coordinate %d: %g, finite difference %g", j, a, got[k]-p.w[k]*s, want)
			}
		}
	}
}

func slicesOf(d, j int, x ...[]float64) [][]float64 {
	var out [][]float64
	for _, v := range x {
		out = append(out, v[j*d:(j+1)*d])
	}
	return out
}

func TestTopEigen(t *testing.T) {
	ws := NewWorkspace[float64](2)
	for _, d := range []int{1, 2, 3, 5, 16, 33} {
		const m = 20
		w := unitRows[float64](m, d, 4)
		D := make([]float64, 0, m*PackedLen(d))
		for j := range m {
			D = append(D, specialMatrix(j, d)...)
		}
		for _, tangent := range []bool{false, true} {
			E := append([]float64{}, D...)
			arg := []float64(nil)
			if tangent {
				ProjectHessian(E, nil, w, m, d, ws)
				arg = w
			}
			lambda, vec := make([]float64, m), make([]float64, m*d)
			if res := TopEigen(lambda, vec, E, arg, m, d, 1e-12, ws); !(res <= 1e-12) {
				t.Errorf("d=%d tangent=%v: residual %g", d, tangent, res)
			}
			for j := range m {
				sym := mat.NewSymDense(d, nil)
				for a := range d {
					for b := a; b < d; b++ {
						sym.SetSym(a, b, E[j*PackedLen(d)+PackedIndex(d, a, b)])
					}
				}
				if tangent { // push the eigenvalue 0 of w out of the way
					for a := range d {
						for b := a; b < d; b++ {
							sym.SetSym(a, b, sym.At(a, b)-1e3*w[j*d+a]*w[j*d+b])
						}
					}
				}
				var eig mat.EigenSym
				if !eig.Factorize(sym, false) {
					t.Fatal("reference failed")
				}
				want := eig.Values(nil)[d-1]
				if tangent && d == 1 {
					want = 0
				}
				if math.Abs(lambda[j]-want) > 1e-10*(1+math.Abs(want)) {
					t.Errorf("d=%d tangent=%v matrix %d: %g, want %g", d, tangent, j, lambda[j], want)
				}
				if v := vec[j*d : (j+1)*d]; !(tangent && d == 1) && math.Abs(Dot(v, v)-1) > 1e-12 {
					t.Errorf("d=%d tangent=%v matrix %d: |v|^2 = %g", d, tangent, j, Dot(v, v))
				}
			}
		}
	}
	bad := []float64{1, math.NaN(), 1}
	if res := TopEigen(make([]float64, 1), make([]float64, 2), bad, nil, 1, 2, 1e-10, ws); !math.IsNaN(res) {
		t.Errorf("a NaN in the matrix: residual %g, want NaN", res)
	}
}

// specialMatrix returns random matrices and, first, awkward ones: zero, identity, rank one, diagonal, clustered.
func specialMatrix(kind, d int) []float64 {
	r := unitRows[float64](1, PackedLen(d), uint64(kind))
	switch kind {
	case 0:
		clear(r)
	case 1, 2, 3:
		clear(r)
		for a := range d {
			r[PackedIndex(d, a, a)] = map[int]float64{1: 1, 2: float64(a), 3: 1 - 1e-9*float64(a)}[kind]
		}
	case 4:
		clear(r)
		r[0] = 1
	case 5:
		clear(r)
		r[PackedIndex(d, d-1, d-1)] = -1
	}
	return r
}

func TestHessianWorkersAndAllocations(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		p := newSampleProblem[float32](700, 1100, 4, 5)
		var first, firstV []float32
		for _, workers := range []int{1, 2, 3, 8} {
			ws := workspaceAt[float32](t, workers, level)
			D, v := make([]float32, p.m*PackedLen(p.d)), make([]float32, p.m*p.d)
			lambda, vec := make([]float32, p.m), make([]float32, p.m*p.d)
			all := func() {
				LocalHessian(D, p.x, p.w, p.a, p.r, p.n, p.m, p.d, Tanh(), ws)
				HessianVector(v, p.u, p.x, p.w, p.a, p.r, p.n, p.m, p.d, Tanh(), ws)
				TopEigen(lambda, vec, D, p.w, p.m, p.d, 1e-5, ws)
			}
			all()
			same(t, "LocalHessian", &first, D)
			same(t, "HessianVector", &firstV, v)
			if n := testing.AllocsPerRun(3, all); n != 0 {
				t.Errorf("%d workers: %v allocations per run", workers, n)
			}
			ws.Close()
		}
	})
}
