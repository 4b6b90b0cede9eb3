package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// logisticPrecise returns 1/(1+e^-z), its first two derivatives and log(1+e^z) in twice the precision, good to some
// 1e-24.
func logisticPrecise(z float64) [4]precise {
	one := dd{1, 0}
	e, k := expm1Precise(dd{-math.Abs(z), 0})
	e = e.add(one) // e^-|z| is e 2^k
	small := k < -200
	scaled := dd{}
	if !small {
		scaled = e.scale(k)
	}
	q := one.div(one.add(scaled))
	eq := precise{e.mul(q), k}
	v, log := precise{q, 0}, eq
	d1 := precise{eq.value.mul(q), k}
	d2 := precise{d1.value.mul(q).mul(scaled.add(dd{-1, 0})).times(math.Copysign(1, z)), k}
	if z < 0 {
		v = eq
	}
	switch {
	case small:
		log = precise{e, k}
	case scaled.hi < 1e-8:
		third := scaled.times(1. / 3)
		log = precise{e.mul(one.add(scaled.mul(third.add(dd{-.5, 0})))), k}
	default: // y + log((1+e) e^-y), y near log(1+e)
		y := math.Log1p(scaled.hi)
		r, j := expm1Precise(dd{-y, 0})
		rest := r.add(one).scale(j).mul(one.add(scaled)).add(dd{-1, 0})
		log = precise{dd{y, 0}.add(rest).add(rest.mul(rest).times(-.5)), 0}
	}
	if z > 0 {
		log = precise{log.value.scale(log.exponent).add(dd{z, 0}), 0}
	}
	return [4]precise{v, d1, d2, log}
}

// activationResults runs the kernels on x, padded by zeros: sigma, sigma' as activate leaves it, and both derivatives.
func activationResults[T Float](ws *Workspace[T], act Activation, x []T) (v, slope, d1, d2 []T) {
	set := ws.set
	var p pack.Activation[T]
	p.Set(act.f)
	padded := make([]T, (len(x)+set.Lanes-1)/set.Lanes*set.Lanes)
	copy(padded, x)
	v, slope, d1, d2 = make([]T, len(padded)), make([]T, len(padded)), make([]T, len(padded)), make([]T, len(padded))
	c := new(call)
	c.C0 = abi.At(p.Parameters[:], 0)
	c.Z, c.D1, c.D2, c.N = abi.At(padded, 0), abi.At(d1, 0), abi.At(d2, 0), len(padded)
	set.Derivatives[p.Kind](c)
	for i := 0; i < len(padded); i += set.Lanes {
		row := i / set.Lanes % set.Rows
		s, a := make([]T, set.Rows*set.Lanes), make([]T, set.Rows)
		copy(s[row*set.Lanes:][:set.Lanes], padded[i:])
		a[row] = 1
		*c = call{C0: abi.At(p.Parameters[:], 0), S: abi.At(s, 0), F: abi.At(v, i), A: abi.At(a, 0), Tiles: 1, Stride: len(s)}
		set.Activate[p.Kind](c)
		copy(slope[i:], s[row*set.Lanes:][:set.Lanes])
	}
	return v[:len(x)], slope[:len(x)], d1[:len(x)], d2[:len(x)]
}

// logisticULP is how many units in the last place sigma, sigma' and d2sigma may be wrong by, over the whole range where
// results are normal numbers.
const logisticULP = 6

// TestLogisticActivations compares sigmoid and softplus at every level with references in twice the precision.
// Temperatures are powers of two: others round their product with z, which costs |z| units where e^-|z| counts.
func TestLogisticActivations(t *testing.T) {
	testLogistic(t, 708, 0x1p-1022, func(x float64) float64 { return x })
	testLogistic(t, 87, 0x1p-126, func(x float64) float32 { return float32(x) })
}

func testLogistic[T Float](t *testing.T, top, normal float64, convert func(float64) T) {
	count := 40000
	if testing.Short() {
		count = 4000
	}
	r := rand.New(rand.NewPCG(3, 5))
	x := []T{0, T(math.Copysign(0, -1)), 1, -1}
	for len(x) < count {
		x = append(x, convert(top*(2*r.Float64()-1)), convert(30*(r.Float64()-.5)), convert(4*(r.Float64()-.5)), convert(math.Exp2(-60*r.Float64())*(r.Float64()-.5)))
	}
	want := make([][4]precise, len(x))
	for i, z := range x {
		want[i] = logisticPrecise(float64(z))
	}
	bits := 53
	if epsOf[T]() > 1e-10 {
		bits = 24
	}
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[T](t, 1, level)
		for _, act := range []Activation{Sigmoid(), Softplus(1), Softplus(16)} {
			scale := 1.
			if act.f.Kind == actSoftplus {
				scale = act.f.Temperature
			}
			scaled := make([]T, len(x))
			for i, z := range x {
				scaled[i] = z / T(scale)
			}
			v, slope, d1, d2 := activationResults(ws, act, scaled)
			for k, got := range [][]T{v, slope, d1, d2} {
				from, factor := [4]int{0, 1, 1, 2}[k], 1.
				if act.f.Kind == actSoftplus {
					from, factor = [4]int{3, 0, 0, 1}[k], [4]float64{scale, 1, 1, 1 / scale}[k]
				}
				worst, where := 0.0, T(0)
				for i, g := range got {
					p := want[i][from]
					if math.Ldexp(math.Abs(p.value.hi), p.exponent) < normal*scale {
						if !(math.Abs(float64(g))*factor <= 2*normal*scale) {
							t.Errorf("%s at %v, result %d: %v, want about 0", act, x[i], k, g)
						}
						continue
					}
					u := math.Ldexp(p.ulpsFrom(float64(g)*factor), bits-53)
					if from == 2 { // goes through 0: in units of sigma', from which it comes
						u *= math.Abs(want[i][2].value.hi / want[i][1].value.hi)
					}
					if !(u <= worst) {
						worst, where = u, x[i]
					}
				}
				name := [4]string{"sigma", "sigma' beside it", "sigma'", "sigma''"}[k]
				t.Logf("%s %T: %s %.2f ULP at %v", act, x[0], name, worst, where)
				if !(worst <= logisticULP) {
					t.Errorf("%s %T: %s %.2f ULP at %v, allowed %d", act, x[0], name, worst, where, logisticULP)
				}
			}
			checkLogisticEnds(t, ws, act)
		}
	})
}

// checkLogisticEnds: beyond the range where e^-|z| is a normal number, and NaN.
func checkLogisticEnds[T Float](t *testing.T, ws *Workspace[T], act Activation) {
	inf := T(math.Inf(1))
	x := []T{1e4, -1e4, 1e30, -1e30, inf, -inf, T(math.NaN())}
	v, slope, d1, d2 := activationResults(ws, act, x)
	for i, z := range x {
		wantV, want1, want2 := act.Eval(float64(z))
		for k, pair := range [][2]T{{v[i], T(wantV)}, {slope[i], T(want1)}, {d1[i], T(want1)}, {d2[i], T(want2)}} {
			if got, want := pair[0], pair[1]; got != want && !(got != got && want != want) {
				t.Errorf("%s(%v), result %d: %v, want %v", act, z, k, got, want)
			}
		}
	}
}
