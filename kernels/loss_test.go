package kernels

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"kac/kernels/internal/pack"
	"kac/kernels/internal/sums"
)

// refLog1p is log(1+e) of 400 bits for 0 <= e <= 1, by 2 artanh(e/(2+e)).
func refLog1p(e *big.Float) *big.Float {
	s := new(big.Float).Quo(e, new(big.Float).Add(e, refFloat(2)))
	square, power, sum := new(big.Float).Mul(s, s), new(big.Float).Set(s), new(big.Float).SetPrec(refBits)
	for k := 1; k < 260; k += 2 {
		sum.Add(sum, new(big.Float).Quo(power, refFloat(float64(k))))
		power.Mul(power, square)
	}
	return sum.Mul(sum, refFloat(2))
}

// refLogistic returns l and r of kappa = 1, y = 1 in 400 bits.
func refLogistic(u float64) (value, r *big.Float) {
	e := refExp(refFloat(-math.Abs(u)))
	value = refLog1p(e)
	r = new(big.Float).Quo(e, new(big.Float).Add(e, refFloat(1)))
	if u < 0 {
		value.Add(value, refFloat(-u))
		r.Sub(refFloat(1), r)
	}
	return value, r
}

// epsOff is |got - want| / (eps |want|).
func epsOff(got float64, want *big.Float) float64 {
	diff := new(big.Float).Sub(refFloat(got), want)
	x, _ := diff.Quo(diff, want).Float64()
	return math.Abs(x) * 0x1p53
}

// TestLossAgainstBigNumbers: the value and the factor within 4 eps, wherever they are normal numbers.
func TestLossAgainstBigNumbers(t *testing.T) {
	worst := [2]float64{}
	for k := -708; k <= 708; k++ {
		for _, u := range []float64{float64(k), float64(k) / 40, float64(k) * 1e-7, float64(k) * 1e-17} {
			wantL, wantR := refLogistic(u)
			l, r := LogisticLoss(1).Eval(u, 1)
			l2, r2 := LogisticLoss(2).Eval(-u, -1)
			if l2 != 2*l || r2 != -2*r {
				t.Fatalf("u = %v: kappa 2 of the mirror image gives %v, %v; kappa 1 %v, %v", u, l2, r2, l, r)
			}
			worst[0], worst[1] = max(worst[0], epsOff(l, wantL)), max(worst[1], epsOff(r, wantR))
		}
	}
	if !(worst[0] <= 4 && worst[1] <= 4) {
		t.Errorf("the value is off by %.2f eps, the factor by %.2f", worst[0], worst[1])
	}
	t.Logf("value within %.2f eps, factor within %.2f", worst[0], worst[1])
}

// TestLossSlope: r is -Slope dl/df, by differences.
func TestLossSlope(t *testing.T) {
	for _, loss := range []Loss{SquareLoss(), LogisticLoss(1), LogisticLoss(2), LogisticLoss(.3)} {
		t.Run(loss.String(), func(t *testing.T) {
			for _, y := range []float64{1, -1, .5, -3, 0} {
				for _, f := range []float64{-9, -1.5, -1e-3, 0, .2, 3, 12} {
					const h = 1e-4
					up, _ := loss.Eval(f+h, y)
					down, _ := loss.Eval(f-h, y)
					_, r := loss.Eval(f, y)
					if want := -loss.Slope() * (up - down) / (2 * h); math.Abs(r-want) > 1e-6*(1+math.Abs(want)) {
						t.Errorf("f = %v, y = %v: r %v, differences %v", f, y, r, want)
					}
				}
			}
		})
	}
}

// TestLossEnds: where exponentials overflow nothing else does, and NaN passes.
func TestLossEnds(t *testing.T) {
	inf, nan, loss := math.Inf(1), math.NaN(), LogisticLoss(2)
	for _, c := range []struct{ f, y, value, r float64 }{
		{1000, 1, 0, 0}, {inf, 1, 0, 0}, {-inf, -1, 0, 0}, {math.MaxFloat64, 1, 0, 0},
		{-1000, 1, 2000, 2}, {1000, -1, 2000, -2}, {-inf, 1, inf, 2}, {inf, -1, inf, -2},
		{0, 1, 2 * math.Ln2, 1}, {0, -1, 2 * math.Ln2, -1}, {math.Copysign(0, -1), 1, 2 * math.Ln2, 1}, {5, 0, 2 * math.Ln2, 0},
		{nan, 1, nan, nan}, {1, nan, nan, nan},
	} {
		t.Run(fmt.Sprint(c.f, c.y), func(t *testing.T) {
			same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
			if value, r := loss.Eval(c.f, c.y); !same(value, c.value) || !same(r, c.r) {
				t.Errorf("f = %v, y = %v: %v, %v, want %v, %v", c.f, c.y, value, r, c.value, c.r)
			}
			everyLevel(t, func(t *testing.T, level string) {
				r64, r32 := []float64{0}, []float32{0}
				sum := LossStep(r64, []float64{c.f}, []float64{c.y}, loss, workspaceAt[float64](t, 1, level))
				sum32 := LossStep(r32, []float32{float32(c.f)}, []float32{float32(c.y)}, loss, workspaceAt[float32](t, 1, level))
				if !same(r64[0], c.r) || !same(float64(r32[0]), c.r) || !same(sum, c.value) || !same(sum32, c.value) && math.Abs(c.f) != math.MaxFloat64 {
					t.Errorf("f = %v, y = %v: step %v, %v; float32 %v, %v; want %v, %v", c.f, c.y, sum, r64, sum32, r32, c.value, c.r)
				}
			})
		})
	}
	for _, kappa := range []float64{0, -1, inf, nan} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("kappa = %v was taken", kappa)
				}
			}()
			LogisticLoss(kappa)
		}()
	}
}

// TestLossStep meets every length around the blocks, with r beside f and in its place.
func TestLossStep(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testLossStep[float64](t, level)
		testLossStep[float32](t, level)
	})
}

func testLossStep[T Float](t *testing.T, level string) {
	ws := workspaceAt[T](t, 2, level)
	y, f := benchNormal[T](3*sums.Block+1, 1), benchNormal[T](3*sums.Block+1, 2)
	for i := range f {
		f[i] *= T(i%7) * 5
	}
	for _, loss := range []Loss{SquareLoss(), LogisticLoss(2)} {
		for n := range len(f) + 1 {
			r := make([]T, n)
			sum := LossStep(r, f[:n], y[:n], loss, ws)
			var want compensated
			size := 0.0
			for i := range n {
				l, wantR := loss.Eval(float64(f[i]), float64(y[i]))
				want.addProduct(l, 1)
				size += l
				least := 2 * math.Abs(float64(y[i])) * 0x1p-126 // of T: what is smaller may be 0
				if epsOf[T]() < 0x1p-30 {
					least = 0
				}
				if off := math.Abs(float64(r[i]) - wantR); off > (6+math.Abs(float64(y[i]*f[i])))*epsOf[T]()*math.Abs(wantR)+least {
					t.Fatalf("%T n=%d %s: r(%v, %v) = %v, want %v", r[i], n, loss, f[i], y[i], r[i], wantR)
				}
			}
			eps := 0x1p-53 * 64
			if loss == SquareLoss() {
				eps = 4 * epsOf[T]() // y - f is rounded to T
			}
			if got := want.value(); math.Abs(sum-got) > eps*size {
				t.Fatalf("%T n=%d %s: sum %v, want %v", T(0), n, loss, sum, got)
			}
			in := append([]T{}, f[:n]...)
			if again := LossStep(in, in, y[:n], loss, ws); again != sum {
				t.Fatalf("%T n=%d %s: sum %v in place, %v beside", T(0), n, loss, again, sum)
			}
			same(t, fmt.Sprintf("%s in place", loss), &r, in)
		}
	}
}

// TestLossVelocity: velocities of the logistic loss are those of its factors, in all three forms and over several
// blocks.
func TestLossVelocity(t *testing.T) {
	seen := ratios{}
	testLossVelocity[float64](t, seen)
	testLossVelocity[float32](t, seen)
	seen.log(t)
}

func testLossVelocity[T Float](t *testing.T, seen ratios) {
	loss, he3 := LogisticLoss(2), HermiteActivation([]float64{0, 0, 0, 1})
	for _, s := range [][3]int{{1, 1, 1}, {5, 3, 2}, {33, 7, 5}, {70, 49, 17}, {600, 2, 3}, {0, 3, 2}, {pack.BlockMost + 77, 20, 3}} {
		n, m, d := s[0], s[1], s[2]
		p := newSampleProblem[T](n, m, d, 4)
		f, v, r := make([]T, n), make([]T, m*d), make([]float64, n)
		for _, act := range []Activation{ReLU(), Tanh(), he3} {
			e := p.evaluate(act)
			for _, ws := range spacesAt[T](t, 2) {
				name := fmt.Sprintf("%s %T n=%d m=%d d=%d %s", ws.set.Name, T(0), n, m, d, act)
				check := func(form string, terms int, size func(r []float64) expected) {
					top := 0.0
					for i := range r {
						_, r[i] = loss.Eval(float64(f[i]), float64(p.y[i]))
						top = max(top, math.Abs(float64(p.y[i]*f[i])))
					}
					seen.check(t, fmt.Sprintf("%s %T", form, T(0)), name, terms+steps(act)+6+int(top), within(v, size(r)))
				}
				LossVelocity(v, f, p.x, p.y, p.w, p.a, n, m, d, act, loss, ws)
				check("LossVelocity", n+d, func(r []float64) expected { return e.velocities(p.a, r) })
				var packed PackedSamples[T]
				packed.Pack(p.x, n, d, ws)
				again := make([]T, m*d)
				LossVelocityPacked(again, f, &packed, p.y, p.w, p.a, m, act, loss, ws)
				same(t, name+" packed", &v, again)
				if act.f.Kind != actPolynomial {
					continue
				}
				MomentLossVelocity(v, f, &packed, p.y, p.w, p.a, m, act, loss, ws)
				check("MomentLossVelocity", n+pairsOf(d), func(r []float64) expected {
					return expected{e.velocities(p.a, r).value, e.velocityMoments(p.a, r)}
				})
			}
		}
	}
}

// TestSplitLossVelocity: likewise in bf16 parts, on every engine.
func TestSplitLossVelocity(t *testing.T) {
	loss, act, seen := LogisticLoss(2), Tanh(), ratios{}
	for _, ws := range splitSpaces(t, 2) {
		p := newSampleProblem[float32](75, 33, 9, 4)
		if slow(ws.Engine()) {
			p = newSampleProblem[float32](35, 5, 3, 4)
		}
		f, v, r := make([]float32, p.n), make([]float32, p.m*p.d), make([]float64, p.n)
		LossVelocity(v, f, p.x, p.y, p.w, p.a, p.n, p.m, p.d, act, loss, ws.Workspace)
		top := 0.0
		for i := range r {
			_, r[i] = loss.Eval(float64(f[i]), float64(p.y[i]))
			top = max(top, math.Abs(float64(p.y[i]*f[i])))
		}
		seen.check(t, "LossVelocity", ws.String(), ws.terms(act, p.n, p.d)+6+int(top), within(v, p.evaluate(act).velocities(p.a, r)))
	}
	seen.log(t)
}

func BenchmarkLossStep(b *testing.B) {
	const n = 4096
	for _, loss := range []Loss{SquareLoss(), LogisticLoss(2)} {
		b.Run(loss.String(), func(b *testing.B) {
			f, y, r := benchNormal[float64](n, 1), benchNormal[float64](n, 2), make([]float64, n)
			ws := NewWorkspace[float64](1)
			for b.Loop() {
				LossStep(r, f, y, loss, ws)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/sample")
		})
	}
}

// BenchmarkLossVelocity is a training step's velocity under either loss.
func BenchmarkLossVelocity(b *testing.B) {
	for _, s := range [][3]int{{4096, 64, 16}, {4096, 256, 64}} {
		n, m, d := s[0], s[1], s[2]
		p := newSampleProblem[float64](n, m, d, 1)
		f, v := make([]float64, n), make([]float64, m*d)
		for _, loss := range []Loss{SquareLoss(), LogisticLoss(2)} {
			b.Run(fmt.Sprintf("%s/m=%d,d=%d", loss, m, d), func(b *testing.B) {
				ws := NewWorkspace[float64](1)
				var packed PackedSamples[float64]
				packed.Pack(p.x, n, d, ws)
				for b.Loop() {
					LossVelocityPacked(v, f, &packed, p.y, p.w, nil, m, ReLU(), loss, ws)
				}
			})
		}
	}
}
