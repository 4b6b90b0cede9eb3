package ridge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"kac/internal/rng"
	"kac/kernels"
)

// lcg fills rows one after another: entry u1+u2+u3-1.5 with u = s/2^31, s <- (1103515245 s + 12345) mod 2^31; rows are
// normalised.
func lcg(rows, d int, seed uint64) []float64 {
	x := make([]float64, rows*d)
	for i := range x {
		x[i] = -1.5
		for range 3 {
			seed = (1103515245*seed + 12345) % (1 << 31)
			x[i] += float64(seed) / (1 << 31)
		}
	}
	unit(x, d)
	return x
}

func unit(x []float64, d int) {
	for ; len(x) > 0; x = x[d:] {
		norm := math.Sqrt(kernels.Dot(x[:d], x[:d]))
		for a := range d {
			x[a] /= norm
		}
	}
}

func drawn(n, d int, seed uint64) []float64 {
	x := make([]float64, n*d)
	for i := range n {
		rng.Normal(seed, rng.Data, uint64(i), x[i*d:(i+1)*d])
	}
	unit(x, d)
	return x
}

// labelled returns <x_i, e_1> and labels.
func labelled(p *Problem, x []float64, noise float64, seed uint64) (along, y []float64) {
	for i := 0; i*p.dim < len(x); i++ {
		along = append(along, x[i*p.dim])
		z := []float64{0}
		rng.Normal(seed, rng.LabelNoise, uint64(i), z)
		y = append(y, p.Label(along[i])+noise*z[0])
	}
	return along, y
}

// TestDrawFree: data by a formula, results of an independent implementation (dense Cholesky, SciPy), d = 8, n = 60.
func TestDrawFree(t *testing.T) {
	p := quartic(t, 8)
	x := lcg(60, 8, 1)
	along, y := labelled(p, x, 0, 0)
	if got := kernels.Dot(y, y) / 60; math.Abs(got-.216033104485) > 1e-11 {
		t.Errorf("mean y^2 %.12f", got)
	}
	s := NewSolver(p, 2, 0)
	defer s.Close()
	ridges := []float64{1, .1, .001}
	for _, c := range []struct {
		kernel Kernel
		want   []float64
	}{
		{p.NTK(), []float64{.4773605364, .4166596053, .4037532148}},
		{p.Best(), []float64{.4444572463, .3350474157, .3046019049}},
	} {
		t.Run(c.kernel.Name, func(t *testing.T) {
			sol, err := s.Solve(t.Context(), c.kernel, x, y, ridges, false, 1e-12)
			if err != nil || !sol.Converged {
				t.Fatal(err, sol)
			}
			for i, want := range c.want {
				risk, wrong, err := s.Risk(t.Context(), c.kernel, sol, i, x, along)
				if err != nil || math.Abs(risk.Total-want) > 1e-10 || !(wrong < 1e-9) {
					t.Errorf("%s, ridge %g: %.12f (error %.1e, residual %.1e, %d iterations), want %.10f; %v", c.kernel.Name, ridges[i], risk.Total, wrong, sol.Residual[i], sol.Iterations, want, err)
				}
			}
		})
	}
	floor, err := s.DrawFloor(t.Context(), x, along, 1e-12)
	if err != nil || floor.Parts[0] != 0 || math.Abs(floor.Parts[1]-.18059792) > 1e-8 {
		t.Errorf("floor of this draw: %v, %v; want .18059792 of degree 4 alone", floor, err)
	}
}

// TestShiftsAreSingleSystems: every ridge of a multi-shift solution is that of a dense Cholesky.
func TestShiftsAreSingleSystems(t *testing.T) {
	p := quartic(t, 6)
	n := 100
	x := drawn(n, 6, 3)
	_, y := labelled(p, x, .3, 3)
	k := p.NTK()
	ridges := []float64{.5, 1e-6, 20, 0, .01}
	s := NewSolver(p, 1, 0)
	defer s.Close()
	sol, err := s.Solve(t.Context(), k, x, y, ridges, true, 1e-13)
	if err != nil {
		t.Fatal(err)
	}
	for i, ridge := range ridges {
		m := mat.NewSymDense(n, nil)
		for a := range n {
			for b := a; b < n; b++ {
				z := kernels.Dot(x[a*6:a*6+6], x[b*6:b*6+6])
				m.SetSym(a, b, k.Weights[0]*horner(p.poly[0], z)+k.Weights[1]*horner(p.poly[1], z))
			}
			m.SetSym(a, a, m.At(a, a)+ridge)
		}
		var factor mat.Cholesky
		var c mat.VecDense
		if !factor.Factorize(m) {
			t.Fatalf("ridge %g: singular", ridge)
		}
		if err := factor.SolveVecTo(&c, mat.NewVecDense(n, y)); err != nil {
			t.Fatal(err)
		}
		norm, off := 0.0, 0.0
		for a := range n {
			norm += c.AtVec(a) * c.AtVec(a)
			off += (c.AtVec(a) - sol.Coef[i][a]) * (c.AtVec(a) - sol.Coef[i][a])
		}
		if !(math.Sqrt(off/norm) < 1e-9) {
			t.Errorf("ridge %g: coefficients differ by %.1e, residual %.1e", ridge, math.Sqrt(off/norm), sol.Residual[i])
		}
	}
}

// TestErrorsOfRisksAreTrue: what an early end makes wrong is within its estimate, and the estimate within a factor of
// 1000 of it.
func TestErrorsOfRisksAreTrue(t *testing.T) {
	for _, c := range []struct {
		d, n  int
		noise float64
	}{{8, 60, 0}, {8, 250, 0}, {10, 600, 0}, {8, 250, .4}, {6, 300, .3}, {12, 900, 0}} {
		t.Run(fmt.Sprint(c.d, c.n), func(t *testing.T) {
			p := quartic(t, c.d)
			x := drawn(c.n, c.d, 5)
			along, y := labelled(p, x, c.noise, 5)
			ridges := []float64{0, .05}
			s := NewSolver(p, 2, 0)
			for _, k := range []Kernel{p.NTK(), p.Best()} {
				fine, err := s.Solve(t.Context(), k, x, y, ridges, true, 1e-13)
				if err != nil {
					t.Fatal(err)
				}
				for _, tolerance := range []float64{1e-2, 1e-4, 1e-6} {
					rough, err := s.Solve(t.Context(), k, x, y, ridges, c.noise > 0, tolerance)
					if err != nil {
						t.Fatal(err)
					}
					for i := range ridges {
						a, _, _ := s.Risk(t.Context(), k, fine, i, x, along)
						b, wrong, _ := s.Risk(t.Context(), k, rough, i, x, along)
						if off := math.Abs(a.Total - b.Total); off > wrong+1e-13 {
							t.Errorf("d = %d, n = %d, noise %g, %s, ridge %g, tolerance %g: wrong by %.2e, estimate %.2e", c.d, c.n, c.noise, k.Name, ridges[i], tolerance, off, wrong)
						}
						if wrong > 100*tolerance {
							t.Errorf("d = %d, n = %d, %s, ridge %g, tolerance %g: an estimate of %.2e says nothing", c.d, c.n, k.Name, ridges[i], tolerance, wrong)
						}
					}
				}
			}
			s.Close()
		})
	}
}

// TestBeyondTheRank: at ridge 0 and n > N, without noise the target is found; with noise it is least squares, noise^2
// N/(n-N) in the mean.
func TestBeyondTheRank(t *testing.T) {
	p := quartic(t, 6)
	k := p.NTK()
	rank := p.Rank(k)
	n := 3 * int(rank)
	s := NewSolver(p, 2, 0)
	defer s.Close()
	sum, square := 0.0, 0.0
	const draws = 20
	for seed := range uint64(draws) {
		x := drawn(n, 6, seed)
		for _, noise := range []float64{0, .3} {
			along, y := labelled(p, x, noise, seed)
			sol, err := s.Solve(t.Context(), k, x, y, []float64{0}, noise > 0, 1e-9)
			if err != nil || !sol.Converged {
				t.Fatal(noise, err, sol.Residual, sol.Iterations)
			}
			risk, _, err := s.Risk(t.Context(), k, sol, 0, x, along)
			switch {
			case err != nil:
				t.Fatal(err)
			case noise == 0 && risk.Total > 1e-12:
				t.Errorf("without noise: %g", risk.Total)
			case noise > 0:
				sum += risk.Total
				square += risk.Total * risk.Total
			}
		}
	}
	mean := sum / draws
	se := math.Sqrt((square/draws - mean*mean) / (draws - 1))
	want := p.Equivalent(k, float64(n), 0, .3).Total
	if math.Abs(mean-want) > 3*se+.02*want {
		t.Errorf("with noise: %g(%g), want %g", mean, se, want)
	}
}

// TestEquivalentsAgainstMeansOverTargets within 1 % from d = 16 on, and one target's mean over draws within 3 standard
// errors.
func TestEquivalentsAgainstMeansOverTargets(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	for _, c := range []struct {
		d, n                 int
		ridge, noise, within float64
	}{{16, 256, 0, 0, .01}, {10, 316, 0, 0, .025}, {20, 400, .2, .3, .01}} { // at d = 10 the equivalent itself is 1.7 % low
		t.Run(fmt.Sprintf("d=%d,n=%d,noise=%g", c.d, c.n, c.noise), func(t *testing.T) {
			p := quartic(t, c.d)
			k := p.NTK()
			want := p.Equivalent(k, float64(c.n), c.ridge, c.noise)
			s := NewSolver(p, 2, 0)
			defer s.Close()
			const draws = 24
			sum, square := 0.0, 0.0
			for seed := range uint64(draws) {
				x := drawn(c.n, c.d, seed)
				if seed < 3 {
					mean, err := p.MeanOverTargets(k, x, c.ridge, c.noise)
					if err != nil || math.Abs(mean.Total/want.Total-1) > c.within || math.Abs(mean.Parts[1]/want.Parts[1]-1) > c.within {
						t.Errorf("mean over targets %v, equivalent %v; %v", mean, want, err)
					}
				}
				along, y := labelled(p, x, c.noise, seed)
				sol, err := s.Solve(t.Context(), k, x, y, []float64{c.ridge}, c.noise > 0, 1e-8)
				if err != nil {
					t.Fatal(err)
				}
				risk, _, err := s.Risk(t.Context(), k, sol, 0, x, along)
				if err != nil {
					t.Fatal(err)
				}
				sum += risk.Total
				square += risk.Total * risk.Total
			}
			mean := sum / draws
			se := math.Sqrt((square/draws - mean*mean) / (draws - 1))
			if math.Abs(mean-want.Total) > 3*se {
				t.Errorf("mean over draws %.5f(%.5f), equivalent %.5f", mean, se, want.Total)
			}
		})
	}
}

// TestMeanOverTargetsIsTheMean over many directions q, of exact risks of single ones.
func TestMeanOverTargetsIsTheMean(t *testing.T) {
	const d, n, draws = 7, 80, 1500
	p := quartic(t, d)
	k := p.NTK()
	x := drawn(n, d, 2)
	want, err := p.MeanOverTargets(k, x, .1, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSolver(p, 1, 0)
	defer s.Close()
	directions := drawn(draws, d, 9)
	sum, square := 0.0, 0.0
	for j := range draws {
		along, y := make([]float64, n), make([]float64, n)
		for i := range n {
			along[i] = kernels.Dot(x[i*d:(i+1)*d], directions[j*d:(j+1)*d])
			y[i] = p.Label(along[i])
		}
		sol, err := s.Solve(t.Context(), k, x, y, []float64{.1}, false, 1e-9)
		if err != nil {
			t.Fatal(err)
		}
		risk, _, err := s.Risk(t.Context(), k, sol, 0, x, along)
		if err != nil {
			t.Fatal(err)
		}
		sum += risk.Total
		square += risk.Total * risk.Total
	}
	mean := sum / draws
	se := math.Sqrt((square/draws - mean*mean) / (draws - 1))
	if math.Abs(mean-want.Total) > 3.5*se || se > .02*mean {
		t.Errorf("mean of %d targets %.6f(%.6f), formula %.6f", draws, mean, se, want.Total)
	}
	if _, err := p.MeanOverTargets(k, drawn(600, d, 2), 0, 0); err == nil {
		t.Error("a singular matrix is accepted")
	}
}

// TestSolverStops and does not depend on workers.
func TestSolverStops(t *testing.T) {
	p := quartic(t, 10)
	x := drawn(500, 10, 1)
	_, y := labelled(p, x, 0, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := NewSolver(p, 2, 0)
	defer s.Close()
	if _, err := s.Solve(ctx, p.NTK(), x, y, []float64{0}, false, 1e-8); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	two, err := s.Solve(t.Context(), p.NTK(), x, y, []float64{0, 1}, false, 1e-8)
	if err != nil {
		t.Fatal(err)
	}
	one := NewSolver(p, 1, 0)
	defer one.Close()
	other, err := one.Solve(t.Context(), p.NTK(), x, y, []float64{0, 1}, false, 1e-8)
	if err != nil {
		t.Fatal(err)
	}
	for i := range two.Coef {
		for a := range two.Coef[i] {
			if two.Coef[i][a] != other.Coef[i][a] {
				t.Fatalf("coefficient %d of ridge %d depends on workers", a, i)
			}
		}
	}
	short := NewSolver(p, 1, 3)
	defer short.Close()
	if sol, err := short.Solve(t.Context(), p.NTK(), x, y, []float64{0}, false, 1e-12); err != nil || sol.Converged || sol.Iterations != 3 {
		t.Errorf("three iterations: %+v, %v", sol, err)
	}
	for _, bad := range [][]float64{nil, {-1}, {math.NaN()}, {math.Inf(1)}} {
		if _, err := s.Solve(t.Context(), p.NTK(), x, y, bad, false, 1e-8); err == nil {
			t.Errorf("ridges %v are accepted", bad)
		}
	}
}
