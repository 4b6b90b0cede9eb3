package kernels

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestPopulationHessian(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[float64](t, 2, level)
		for _, dual := range dualsUnderTest {
			for _, s := range shapesUnderTest {
				m, d := s[0], s[1]
				w := unitRows[float64](m, d, uint64(m+100*d))
				h, want := make([]float64, m*PackedLen(d)), make([]float64, m*PackedLen(d))
				PopulationHessian(h, w, m, d, dual.q, ws)
				for j := range m {
					for i := range m {
						s := Dot(w[j*d:(j+1)*d], w[i*d:(i+1)*d])
						_, _, d2 := dual.q.Eval(s)
						if dual.name == "relu" && math.Abs(s) > 1-1e-15 {
							continue
						}
						for a := range d {
							for b := a; b < d; b++ {
								want[j*PackedLen(d)+PackedIndex(d, b, a)] += d2 * w[i*d+a] * w[i*d+b] / float64(m)
							}
						}
					}
				}
				if dual.name == "relu" && d == 1 || dual.name == "relu" && m > 100 {
					continue // pairs at rounding from +-1 differ by level
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
			if want := (vu[k] - vd[k]) / (2 * h); !(math.Abs(got[k]-p.w[k]*s-want) <= 1e-8) {
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
				if !(math.Abs(lambda[j]-want) <= 1e-10*(1+math.Abs(want))) {
					t.Errorf("d=%d tangent=%v matrix %d: %g, want %g", d, tangent, j, lambda[j], want)
				}
				if v := vec[j*d : (j+1)*d]; !(tangent && d == 1) && !(math.Abs(Dot(v, v)-1) <= 1e-12) {
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

// TestTopEigenScales: a matrix times a power of two has that multiple of the eigenvalue and the same vector, however
// small or large.
func TestTopEigenScales(t *testing.T) {
	ws := NewWorkspace[float64](1)
	const d = 9
	D := unitRows[float64](1, PackedLen(d), 5)
	lambda, vec := make([]float64, 1), make([]float64, d)
	TopEigen(lambda, vec, D, nil, 1, d, 1e-12, ws)
	for _, e := range []int{-1000, -600, -500, 500, 1010} {
		scaled := append([]float64{}, D...)
		for i := range scaled {
			scaled[i] = math.Ldexp(scaled[i], e)
		}
		got, v := make([]float64, 1), make([]float64, d)
		if res := TopEigen(got, v, scaled, nil, 1, d, 1e-12, ws); !(res <= 1e-12) || got[0] != math.Ldexp(lambda[0], e) {
			t.Errorf("2^%d D: eigenvalue %g, want %g; residual %g", e, got[0], math.Ldexp(lambda[0], e), res)
		}
		same(t, "vector", &vec, v)
	}
	tiny := make([]float64, PackedLen(d))
	tiny[0], tiny[PackedIndex(d, d-1, d-1)] = 5e-324, 5e-323
	if res := TopEigen(lambda, vec, tiny, nil, 1, d, 1e-12, ws); !(res <= 1e-12) || lambda[0] != 5e-323 || !(math.Abs(vec[d-1]) > 1-1e-12) {
		t.Errorf("subnormal matrix: eigenvalue %g, vector %v, residual %g", lambda[0], vec, res)
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
