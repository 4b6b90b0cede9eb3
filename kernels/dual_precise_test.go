package kernels

import (
	"math"
	"testing"
)

// TestDualsAreAccurate: the closed-form duals of every level on [-1, 1], at the ends, around 1/2, where their forms
// change, and at what is no number; sqrt((1+s)/2) gives angles near -1 their digits.
func TestDualsAreAccurate(t *testing.T) {
	dualAccuracy[float64](t, 0x1p-52)
	dualAccuracy[float32](t, 0x1p-23)
}

func dualAccuracy[T Float](t *testing.T, eps float64) {
	s := []T{0, T(math.Copysign(0, -1)), 1, -1, .5, -.5, T(.5 + eps), T(-.5 - eps), T(1 - eps), T(-1 + eps), T(1 + eps), T(-1 - eps), 1e-9, -1e-30}
	for i := -500; i <= 500; i++ {
		s = append(s, T(math.Sin(math.Pi/2*float64(i)/500)))
	}
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[T](t, 1, level)
		for name, kind := range map[string]activationKind{"relu": actReLUDual, "erf": actErfDual} {
			t.Run(name, func(t *testing.T) {
				act := Activation{}
				act.f.Kind = kind
				v, slope, d1, d2 := activationResults(ws, act, s)
				worst := [3]float64{}
				for i, x := range s {
					z := math.Max(-1, math.Min(1, float64(x)))
					root := math.Sqrt((1 - z) * (1 + z))
					angle := 2 * math.Asin(math.Sqrt((1+z)/2)) // pi - acos z
					if z > 0 {
						angle = math.Pi - 2*math.Asin(math.Sqrt((1-z)/2))
					}
					want := [3]float64{(root + z*angle) / (2 * math.Pi), angle / (2 * math.Pi), 1 / (2 * math.Pi * root)}
					size := [3]float64{(root + math.Abs(z)*angle) / (2 * math.Pi), want[1], want[2]}
					if math.Abs(z) > 1-1e-15 { // infinite at the ends, and none there
						want[2], size[2] = 0, 1
					}
					if kind == actErfDual {
						u := 2 * float64(x) / 3
						c := math.Sqrt((1 - u) * (1 + u))
						want = [3]float64{2 / math.Pi * math.Asin(u), 4 / (3 * math.Pi) / c, 8 * u / (9 * math.Pi) / (c * c * c)}
						size = want
					}
					for k, got := range [3]T{v[i], d1[i], d2[i]} {
						worst[k] = math.Max(worst[k], math.Abs(float64(got)-want[k])/math.Max(math.Abs(size[k]), 1e-30)/eps)
					}
					if d := math.Abs(float64(slope[i]) - float64(d1[i])); !(d <= 4*eps*math.Abs(want[1])) {
						t.Errorf("%s at %v: slope %v beside the value, %v alone", name, x, slope[i], d1[i])
					}
				}
				t.Logf("%s %T: value %.2f, slope %.2f, second derivative %.2f of the unit roundoff", name, s[0], worst[0], worst[1], worst[2])
				if !(worst[0] <= 4 && worst[1] <= 4 && worst[2] <= 4) {
					t.Errorf("%s: %.3g of the unit roundoff", name, worst)
				}
				bad, slope, d1, _ := activationResults(ws, act, []T{T(math.NaN())})
				if !math.IsNaN(float64(bad[0]) + float64(slope[0]) + float64(d1[0])) {
					t.Errorf("%s of NaN: %v, %v, %v", name, bad, slope, d1)
				}
			})
		}
	})
}
