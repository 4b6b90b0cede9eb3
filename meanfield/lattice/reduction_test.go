package lattice

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"kac/internal/rng"
	"kac/kernels"
	"kac/particles"
)

func mustReduction(t testing.TB, task *particles.Task, workers int) *Reduction {
	t.Helper()
	f, err := New(task, workers)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustPoints(t testing.TB, f *Reduction, n int, replica int) *particles.Ensemble[float64] {
	t.Helper()
	e, err := f.Points(n, 1, replica)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// reducedTasks have ranks 1, 2, 3 and 6, odd degrees among them.
func reducedTasks(t testing.TB) []*particles.Task {
	odd := linkTask(t, "1:0.3,3:1,4:0.5", "1:0.4,3:-1,4:1", 1, 9)
	radial := linkTask(t, "2:1,4:1,6:0.7", "2:0.4,6:1", 3, 9)
	return []*particles.Task{mustTask(t, "he4", 16), mustTask(t, "misspecified", 8), mustTask(t, "circle", 8), odd, radial, mustTask(t, "random6", 9)}
}

// The law of the points: unit norm, and E a_j^2 = 1/d, E a_j a_k = 0, E a_j^4 =
// 3/(d(d+2)) as on the sphere, far more precisely than n random points would
// give.
func TestReducedPoints(t *testing.T) {
	for _, task := range reducedTasks(t) {
		f := mustReduction(t, task, 1)
		const n, replicas = 4096, 6
		r, d := f.Rank(), float64(task.Dim())
		second, fourth := make([]float64, r), make([]float64, r)
		cross := 0.0
		for replica := range replicas {
			e := mustPoints(t, f, n, replica)
			for i := range n {
				z := e.Row(i)
				if math.Abs(norm(z)-1) > 1e-14 || z[r] < 0 {
					t.Fatalf("%s: point %v", task.Name(), z)
				}
				for j := range r {
					second[j] += z[j] * z[j] / (n * replicas)
					fourth[j] += math.Pow(z[j], 4) / (n * replicas)
				}
				cross += z[0] * z[r-1] / (n * replicas)
			}
		}
		for j := range r {
			if math.Abs(second[j]*d-1) > 2e-3 || math.Abs(fourth[j]*d*(d+2)/3-1) > 1e-2 {
				t.Errorf("%s: E a_%d^2 = %v, want %v; fourth moment %v, want %v", task.Name(), j+1, second[j], 1/d, fourth[j], 3/d/(d+2))
			}
		}
		if r > 1 && math.Abs(cross*d) > 2e-3 {
			t.Errorf("%s: E a_1 a_%d = %v", task.Name(), r, cross)
		}
	}
}

// K is the average of q over the complement, by quadrature in the angle:
// E_s q(<a,a'> + c c' s) with s = cos(theta), density sin^{d-r-2}.
func TestReducedKernel(t *testing.T) {
	for _, task := range reducedTasks(t) {
		f := mustReduction(t, task, 1)
		e := mustPoints(t, f, 8, 0)
		sigma, _ := task.Activation().Series()
		want, r := 0.0, f.Rank()
		power := float64(task.Dim() - r - 2)
		mass := quad.Fixed(func(x float64) float64 { return math.Pow(math.Sin(x), power) }, 0, math.Pi, 60, nil, 0)
		for i := range 8 {
			for j := range 8 {
				z, y := e.Row(i), e.Row(j)
				inner := kernels.Dot(z[:r], y[:r])
				want += quad.Fixed(func(x float64) float64 {
					s, q := inner+z[r]*y[r]*math.Cos(x), 0.0
					for k := sigma.Degree(); k >= 0; k-- {
						q = q*s + sigma.Coefficient(k)*sigma.Coefficient(k)
					}
					return q * math.Pow(math.Sin(x), power)
				}, 0, math.Pi, 60, nil, 0) / mass / 64
			}
		}
		got, err := f.SelfEnergy(e.W, 8)
		if err != nil || math.Abs(got-want) > 1e-12*want {
			t.Errorf("%s: mean K = %v, by quadrature %v, %v", task.Name(), got, want, err)
		}
		// The mean potential at the points themselves is the self-energy.
		if u, err := f.MeanPotential(e.W, 8, e.W, 8); err != nil || math.Abs(u-got) > 1e-13*got {
			t.Errorf("%s: mean potential %v, self-energy %v, %v", task.Name(), u, got, err)
		}
	}
}

// One point with c = 0 is one neuron inside the target's space: the risk is
// that of samples.
func TestReducedRiskOfOneNeuron(t *testing.T) {
	for _, task := range reducedTasks(t) {
		f := mustReduction(t, task, 1)
		r := f.Rank()
		z := make([]float64, r+1)
		rng.Normal(3, rng.Data, 0, z[:r])
		normalize(z)
		got, err := f.Risk(z, 1)
		if err != nil {
			t.Fatal(err)
		}
		const n = 100000
		var sum, squares float64
		x := make([]float64, r)
		sigma := task.Activation().Kernel()
		for i := range n {
			rng.Normal(4, rng.Data, uint64(i), x)
			v, _, _ := sigma.Eval(kernels.Dot(x, z[:r]))
			e := math.Pow(task.Target().Value(x)-v, 2)
			sum, squares = sum+e, squares+e*e
		}
		mean := sum / n
		if se := math.Sqrt((squares/n - mean*mean) / n); math.Abs(got-mean) > 5*se+1e-12 {
			t.Errorf("%s: risk %v, over samples %v +- %v", task.Name(), got, mean, se)
		}
	}
}

// The velocity is -n/2 times the tangent gradient of the risk, for points with
// mass; a passive point at the place of one with mass moves with it.
func TestReducedVelocityIsGradient(t *testing.T) {
	for _, task := range reducedTasks(t) {
		f := mustReduction(t, task, 1)
		const n, h = 6, 1e-5
		e := mustPoints(t, f, 8, 0)
		e.W, e.M = e.W[:n*e.D], n
		v := velocity(t, f, e.W, n)
		for i := range n {
			row, u := slices.Clone(e.Row(i)), slices.Clone(e.Row((i+1)%n))
			particles.UnitSphere.Tangent(u, row, 1, len(u))
			move := func(h float64) float64 {
				for a := range row {
					e.Row(i)[a] = row[a] + h*u[a]
				}
				r, err := f.Risk(e.W, n)
				if err != nil {
					t.Fatal(err)
				}
				copy(e.Row(i), row)
				return r
			}
			got, want := kernels.Dot(v[i*e.D:(i+1)*e.D], u), -float64(n)/2*(move(h)-move(-h))/(2*h)
			if math.Abs(got-want) > 2e-8*(1+largest(v)) {
				t.Errorf("%s, point %d: <v, u> = %v, by differences of the risk %v", task.Name(), i, got, want)
			}
		}
		twin := append(slices.Clone(e.W), e.Row(2)...)
		f.SetActive(n)
		both := velocity(t, f, twin, n+1)
		if !slices.Equal(both[:len(v)], v) || !slices.Equal(both[len(v):], v[2*e.D:3*e.D]) {
			t.Errorf("%s: a passive point disturbs the others or moves by itself", task.Name())
		}
	}
}

func TestReducedWorkers(t *testing.T) {
	task := mustTask(t, "random6", 64)
	var want []float64
	for _, workers := range []int{1, 2, 3, 8} {
		f := mustReduction(t, task, workers)
		e := mustPoints(t, f, 2048, 1)
		got := velocity(t, f, e.W, e.M)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers change the velocity by %g", workers, distance(got, want))
		}
	}
}

// The published risks of he4 in dimension 32 (code times 1 and 4, paper times
// 2 and 8), within the error that replicas tell.
func TestReducedRiskKnown(t *testing.T) {
	f := mustReduction(t, mustTask(t, "he4", 32), 2)
	want := []float64{.99724, .76512, .35260}
	const replicas = 6
	var risks [3][]float64
	for replica := range replicas {
		e := mustPoints(t, f, 1024, replica)
		i := 0
		_, err := particles.Flow(t.Context(), e, f, particles.Tolerances{}, []float64{0, 2, 8}, func(_ float64, w []float64) error {
			r, err := f.Risk(w, e.M)
			risks[i] = append(risks[i], r)
			i++
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, r := range risks {
		mean, square := 0.0, 0.0
		for _, x := range r {
			mean += x / replicas
		}
		for _, x := range r {
			square += (x - mean) * (x - mean)
		}
		se := math.Sqrt(square / (replicas - 1) / replicas)
		if math.Abs(mean-want[i]) > 4.5*se+5e-6 || se > 3e-3 {
			t.Errorf("risk %v +- %v, published %v", mean, se, want[i])
		}
	}
}

// Descent of the reduction is the descent of the infinite network: with a step
// halved, its distance to the flow is halved (in norm, exactly for the points).
func TestReducedDescentOrder(t *testing.T) {
	f := mustReduction(t, mustTask(t, "misspecified", 16), 1)
	const n = 256
	end := []float64{4}
	start := mustPoints(t, f, n, 0)
	flow := start.Clone()
	if _, err := particles.Flow(t.Context(), flow, f, particles.Tolerances{Relative: 1e-11, Absolute: 1e-11}, end, nil); err != nil {
		t.Fatal(err)
	}
	selfFlow, _ := f.SelfEnergy(flow.W, n)
	var gaps []float64
	for _, eta := range []float64{1. / 16, 1. / 32, 1. / 64} {
		e := start.Clone()
		if _, err := particles.Descend(t.Context(), e, f, eta, end, nil); err != nil {
			t.Fatal(err)
		}
		self, _ := f.SelfEnergy(e.W, n)
		cross, err := f.MeanPotential(flow.W, n, e.W, n)
		if err != nil {
			t.Fatal(err)
		}
		gaps = append(gaps, math.Sqrt(self-2*cross+selfFlow))
	}
	for i := 1; i < len(gaps); i++ {
		if ratio := gaps[i-1] / gaps[i]; math.Abs(ratio-2) > .25 {
			t.Errorf("||f_eta - f||: %v", gaps)
		}
	}
}

// A particle w of R^d reduces to (P w, |w - P w|).
func TestReduce(t *testing.T) {
	f := mustReduction(t, mustTask(t, "circle", 8), 1)
	e := particles.NewUniform(3, 8, 1)
	z := make([]float64, 9)
	f.Reduce(z, e.W, 3)
	for i := range 3 {
		if z[3*i] != e.Row(i)[0] || math.Abs(norm(z[3*i:3*i+3])-1) > 1e-15 {
			t.Errorf("particle %v reduces to %v", e.Row(i), z[3*i:3*i+3])
		}
	}
}

func TestReductionRefuses(t *testing.T) {
	h4 := mustSeries(t, "4")
	nine, err := particles.RandomTeachers(h4, 2, 9, 1)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := particles.NewTask(particles.Spec{Dim: 32, Target: nine, Activation: particles.NewActivation(h4)})
	if err != nil {
		t.Fatal(err)
	}
	relu, _ := particles.ParseActivation("relu")
	six, _ := particles.RandomTeachers(h4, 2, 6, 1)
	other, err := particles.NewTask(particles.Spec{Dim: 32, Target: six, Activation: relu})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		task *particles.Task
		want string
	}{
		{mustTask(t, "xor4", 32), "inputs are boolean, not gaussian"},
		{wide, "depends on 9 coordinates; at most 8"},
		{other, "relu is no Hermite series"},
		{mustTask(t, "random6", 7), "at least 8 is needed"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if _, err := New(c.task, 1); !errors.Is(err, particles.ErrNoClosedForm) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	f := mustReduction(t, mustTask(t, "he4", 8), 1)
	for _, n := range []int{0, 3, 1 << 21} {
		if _, err := f.Points(n, 1, 0); err == nil {
			t.Errorf("%d points are no error", n)
		}
	}
}
