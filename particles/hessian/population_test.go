package hessian

import (
	"context"
	"math"
	"testing"

	"kac/internal/ode"
	"kac/internal/rng"
	"kac/kernels"
	"kac/particles"
)

// The batched local Hessians are LocalHessian's without the term -w nu^T; their
// trace and top eigenvalue are those of the matrices.
func TestLocalHessiansAreLocalHessian(t *testing.T) {
	const m = 9
	for _, p := range problems(t) {
		for _, form := range []particles.Form{particles.Auto, particles.PairwiseForm} {
			f, second := field(t, p, form, 2)
			d := p.Dim()
			e := particles.NewUniform(m, d, 5)
			size := kernels.PackedLen(d)
			D, one, v := make([]float64, m*size), make([]float64, d*d), make([]float64, d)
			if err := second.LocalHessians(t.Context(), D, e.W, m); err != nil {
				t.Fatal(err)
			}
			top, trace := make([]float64, m), make([]float64, m)
			if err := second.Spectra(t.Context(), top, trace, D, e.W, m); err != nil {
				t.Fatal(err)
			}
			for j := range m {
				if err := second.LocalHessian(one, e.W, m, j); err != nil {
					t.Fatal(err)
				}
				if err := f.VelocityAt(v, e.Row(j), e.W, m); err != nil {
					t.Fatal(err)
				}
				scale, sum := math.Max(1, largest(one)), 0.0
				for a := range d {
					for b := a; b < d; b++ {
						want := one[a*d+b] + e.Row(j)[a]*v[b]
						got := D[j*size+kernels.PackedIndex(d, a, b)]
						if !(math.Abs(got-want) < 1e-13*scale) {
							t.Errorf("%v: D_%d[%d,%d] = %.16g, want %.16g", p, j, a, b, got, want)
						}
						one[a*d+b], one[b*d+a] = got, got
					}
					sum += one[a*d+a]
				}
				if math.Abs(trace[j]-sum) > 1e-13*scale*float64(d) {
					t.Errorf("%v: trace %g, want %g", p, trace[j], sum)
				}
				if want := topTangent(one, e.Row(j)); !(math.Abs(top[j]-want) < 1e-9*scale) {
					t.Errorf("%v: top eigenvalue of D_%d = %.12g, by power iteration %.12g", p, j, top[j], want)
				}
			}
		}
	}
}

// topTangent is the largest eigenvalue on the space orthogonal to w, by the
// power method on D + c.
func topTangent(D, w []float64) float64 {
	d := len(w)
	shift := 0.0
	for a := range d {
		row := 0.0
		for b := range d {
			row += math.Abs(D[a*d+b])
		}
		shift = math.Max(shift, row)
	}
	v, next := make([]float64, d), make([]float64, d)
	for a := range v {
		v[a] = math.Sin(float64(3*a + 1))
	}
	lambda := 0.0
	for range 20000 {
		project(v, w)
		normalize(v)
		for a := range d {
			next[a] = shift*v[a] + kernels.Dot(D[a*d:(a+1)*d], v)
		}
		lambda = kernels.Dot(next, v) - shift
		v, next = next, v
	}
	return lambda
}

// H Delta by the definition, pair by pair.
func TestInteractionIsItsDefinition(t *testing.T) {
	const m = 6
	worst := 0.0
	for _, p := range problems(t) {
		_, second := field(t, p, particles.Auto, 1)
		d := p.Dim()
		e, delta := particles.NewUniform(m, d, 8), particles.NewUniform(m, d, 9).W
		for i := range delta { // of very different sizes
			delta[i] *= math.Pow(10, -float64(i/d))
		}
		got, want := make([]float64, m*d), make([]float64, m*d)
		if err := second.Interaction(t.Context(), got, delta, e.W, m); err != nil {
			t.Fatal(err)
		}
		for i := range m {
			row := want[i*d : (i+1)*d]
			for j := range m {
				u := append([]float64(nil), delta[j*d:(j+1)*d]...)
				project(u, e.Row(j))
				_, d1, d2 := p.Dual().Eval(kernels.Dot(e.Row(i), e.Row(j)))
				along := kernels.Dot(e.Row(i), u)
				for a := range row {
					row[a] += (d1*u[a] + d2*along*e.Row(j)[a]) / m
				}
			}
			project(row, e.Row(i))
		}
		for i := range want {
			diff := math.Abs(got[i] - want[i])
			worst = math.Max(worst, diff/largest(want))
			if !(diff < 1e-13*largest(want)) {
				t.Errorf("%v: (H Delta)[%d] = %.15g, want %.15g", p, i, got[i], want[i])
			}
		}
		if energy := InteractionEnergy(delta, got, m); !(energy > 0) {
			t.Errorf("%v: Delta H Delta = %g", p, energy)
		}
	}
	t.Logf("largest error relative to the largest component %.2g", worst)
}

// Lemma 16's identity: Delta^T H Delta is the mean square of the output's
// response, exactly on a sample; and the sample's local Hessians, interaction
// and energy are the population's within 5 standard errors.
func TestSampleCurvature(t *testing.T) {
	const m, n, d = 3, 1 << 16, 5
	p := problem(t, "2:0.7,3:0.5", "2:1,3:0.4", 1, d)
	x, y := make([]float64, n*d), make([]float64, n)
	for i := range n {
		s := rng.New(4, rng.Quadrature, uint64(i))
		s.FillNormal(x[i*d : (i+1)*d])
		y[i] = p.Task().Target().Value(x[i*d : (i+1)*d])
	}
	c, err := NewCurvature(x, y, n, d, kernels.HermiteActivation(p.Activation().Coefficients()), nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, second := field(t, p, particles.Auto, 1)
	e, delta := particles.NewUniform(m, d, 3), particles.NewUniform(m, d, 4).W
	got, want := make([]float64, m*d), make([]float64, m*d)
	response, err := c.Interaction(t.Context(), got, delta, e.W, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Interaction(t.Context(), want, delta, e.W, m); err != nil {
		t.Fatal(err)
	}
	var square, fourth float64
	for _, s := range response {
		square += s * s / n
		fourth += s * s * s * s / n
	}
	energy, population := InteractionEnergy(delta, got, m), InteractionEnergy(delta, want, m)
	if !(math.Abs(energy-square) < 1e-12*square) {
		t.Errorf("Delta H Delta = %.15g, mean square response %.15g", energy, square)
	}
	if se := math.Sqrt((fourth - square*square) / n); !(math.Abs(energy-population) < 5*se) {
		t.Errorf("energy %g +- %g on the sample, %g in the population", energy, se, population)
	}
	for i := range want { // heavy-tailed summands: a generous multiple of their scale
		if math.Abs(got[i]-want[i]) > 0.15*largest(want) {
			t.Errorf("(H Delta)[%d] = %g on the sample, %g in the population", i, got[i], want[i])
		}
	}
	size := kernels.PackedLen(d)
	a, b := make([]float64, m*size), make([]float64, m*size)
	if err := c.LocalHessians(t.Context(), a, e.W, m); err != nil {
		t.Fatal(err)
	}
	if err := second.LocalHessians(t.Context(), b, e.W, m); err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if math.Abs(a[i]-b[i]) > 0.15*math.Max(1, largest(b)) {
			t.Errorf("packed Hessian entry %d = %g on the sample, %g in the population", i, a[i], b[i])
		}
	}
}

// J against differences of the motion of a massless particle in the network's
// field, and the composition J_{t,s} = J_{t,u} J_{u,s}.
func TestJacobians(t *testing.T) {
	const m, j, s, u, end = 12, 4, 0.5, 2.0, 4.0
	ctx := context.Background()
	p := preset(t, "he4", 6)
	f, _ := field(t, p, particles.Auto, 1)
	d := p.Dim()
	start := particles.NewUniform(m, d, 21)
	if _, err := particles.Flow(ctx, start, f, particles.Tolerances{Relative: 1e-12, Absolute: 1e-12}, []float64{s}, nil); err != nil {
		t.Fatal(err)
	}
	at := map[float64][]float64{}
	keep := func(time float64, J [][]float64) error {
		at[time] = append([]float64(nil), J[0]...)
		return nil
	}
	whole := start.Clone()
	if err := Jacobians(ctx, whole, f, []int{j}, 1e-12, []float64{s, u, end}, keep); err != nil {
		t.Fatal(err)
	}
	full, first := at[end], at[u]
	later := start.Clone()
	if _, err := particles.Flow(ctx, later, f, particles.Tolerances{Relative: 1e-12, Absolute: 1e-12}, []float64{u}, nil); err != nil {
		t.Fatal(err)
	}
	if err := Jacobians(ctx, later, f, []int{j}, 1e-12, []float64{end}, keep); err != nil {
		t.Fatal(err)
	}
	product := make([]float64, d*d)
	multiply(product, at[end], first, d)
	for i := range product {
		if !(math.Abs(product[i]-full[i]) < 1e-9*largest(full)) {
			t.Errorf("(J_tu J_us)[%d] = %.12g, J_ts %.12g", i, product[i], full[i])
		}
	}
	if growth := largest(full); growth < 1.5 {
		t.Errorf("J has grown to %g only: the test shows little", growth)
	}
	const h = 1e-3
	for b := range d {
		dir := make([]float64, d)
		dir[b] = 1
		project(dir, start.Row(j))
		got := make([]float64, d)
		for n, c := range map[float64]float64{1: 45, 2: -9, 3: 1} {
			for _, sign := range []float64{-1, 1} {
				from := make([]float64, d)
				for a := range from {
					from[a] = start.Row(j)[a] + sign*n*h*dir[a]
				}
				normalize(from)
				to := carry(t, f, start, from, s, end)
				for a := range got {
					got[a] += sign * c * to[a] / (60 * h)
				}
			}
		}
		for a := range got {
			if !(math.Abs(got[a]-full[a*d+b]) < 1e-8*largest(full)) {
				t.Errorf("J[%d,%d] = %.12g, differences %.12g", a, b, full[a*d+b], got[a])
			}
		}
	}
}

// carry moves a massless particle from time s to end beside the network.
func carry(t *testing.T, f *particles.Population, e *particles.Ensemble[float64], from []float64, s, end float64) []float64 {
	t.Helper()
	m, d := e.M, e.D
	in, err := ode.New(ode.DOP853, func(_ float64, y, dy []float64) error {
		if err := f.Velocity(t.Context(), dy[:m*d], y[:m*d], m); err != nil {
			return err
		}
		e.Space.Tangent(dy[:m*d], y[:m*d], m, d)
		return f.VelocityAt(dy[m*d:], y[m*d:], y[:m*d], m)
	}, (m+1)*d, ode.Options{RelTol: 1e-13, AbsTol: 1e-13})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Start(s, append(append([]float64(nil), e.W...), from...)); err != nil {
		t.Fatal(err)
	}
	if err := in.Advance(context.Background(), end); err != nil {
		t.Fatal(err)
	}
	return in.Y()[m*d:]
}
