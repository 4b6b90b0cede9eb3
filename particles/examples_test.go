package particles_test

import (
	"context"
	"errors"
	"fmt"

	"kac/kernels"
	"kac/particles"
)

// must ends an example at an error; programs return it.
func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// A velocity by its closed form: what moves the first particle, in the tangent
// space of the sphere.
func ExamplePopulation_Velocity() {
	p := must(must(particles.Preset("he4", 3)).Closed())
	f := particles.NewPopulation(p, particles.Auto, 1)
	e := &particles.Ensemble[float64]{W: []float64{0.6, 0.8, 0, 0, 0, 1}, M: 2, D: 3}
	v := make([]float64, len(e.W))
	if err := f.Velocity(context.Background(), v, e.W, e.M); err != nil {
		panic(err)
	}
	e.Space.Tangent(v, e.W, e.M, e.D)
	fmt.Printf("%.4f\n", v[:3])
	// Output: [0.5530 -0.4147 0.0000]
}

// Gradient descent on a fixed sample.
func ExampleDescend() {
	task := must(particles.Preset("he4", 8))
	sample := task.Samples(4096, 1, 0) // seed 1, labels without noise
	f := must(particles.NewEmpirical(task, sample, 1))
	e := particles.NewUniform(64, task.Dim(), 1)
	const eta = 0.05
	_, err := particles.Descend(context.Background(), e, f, eta, []float64{0, 2}, func(t float64, w []float64) error {
		risk, err := f.Risk(w, e.M)
		fmt.Printf("t = %g  training risk %.2f\n", t, risk)
		return err
	})
	if err != nil {
		panic(err)
	}
	// Output:
	// t = 0  training risk 0.82
	// t = 2  training risk 0.24
}

// Several widths trained at once on the same fresh batches.
func ExampleNewTrainer() {
	task := must(particles.Preset("xor4", 6))
	batches := must(particles.NewFresh(task, 256, 1, 0))
	networks := particles.NewEnsembles[float32]([]int{32, 64}, task.Dim(), 1)
	trainer := must(particles.NewTrainer(task, batches, 0.01, networks, 1))
	defer trainer.Close()
	if err := trainer.Advance(context.Background(), 10); err != nil {
		panic(err)
	}
	fmt.Printf("step %d, paper time %.1f, %d and %d particles\n", trainer.Step(), trainer.Time(), networks[0].M, networks[1].M)
	// Output: step 10, paper time 0.1, 32 and 64 particles
}

// An activation and a target of one's own: Hermite series have closed forms.
func ExampleNewTask() {
	sigma := must(particles.NewSeries(map[int]float64{3: .8, 5: .6}))
	link := must(particles.ParseSeries("3:1"))
	task := must(particles.NewTask(particles.Spec{
		Name: "mine", Dim: 16, Activation: particles.NewActivation(sigma), Target: must(particles.NewLink(link, 1)),
	}))
	k, _ := task.Exponent()
	fmt.Println(task)
	fmt.Println("information exponent", k)
	// Output:
	// mine: target h_3(x_1), network (1/m) sum_i [0.8 h_3(<w_i, x>) + 0.6 h_5(<w_i, x>)], x ~ N(0, I_16)
	// information exponent 3
}

// threshold is a target of one's own: the sign of the first coordinate.
type threshold struct{}

func (threshold) Value(x []float64) float64 {
	if x[0] < 0 {
		return -1
	}
	return 1
}
func (threshold) Rank() int      { return 1 }
func (threshold) String() string { return "sign(x_1)" }

// A target that is no Hermite series can be learned from samples; that its
// closed forms are missing is a value.
func ExampleTask_Closed() {
	task := must(particles.NewTask(particles.Spec{Dim: 8, Activation: must(particles.ParseActivation("tanh")), Target: threshold{}}))
	_, err := task.Closed()
	fmt.Println(errors.Is(err, particles.ErrNoClosedForm))
	fmt.Println(err)
	// Output:
	// true
	// custom has no closed form: the activation tanh is no Hermite series
}

// A run that is cut and goes on from a snapshot gives the bits of one that was not.
func ExampleSnapshot() {
	p := must(must(particles.Preset("he4", 6)).Closed())
	f := particles.NewPopulation(p, particles.Auto, 1)
	whole, first := particles.NewUniform(16, 6, 1), particles.NewUniform(16, 6, 1)
	ctx, times := context.Background(), []float64{1, 2}
	must(particles.Flow(ctx, whole, f, particles.Tolerances{}, times, nil))

	must(particles.Flow(ctx, first, f, particles.Tolerances{}, times[:1], nil))
	saved := must((&particles.Snapshot{Ensemble: first}).MarshalBinary())
	var back particles.Snapshot
	if err := back.UnmarshalBinary(saved); err != nil {
		panic(err)
	}
	must(particles.Flow(ctx, back.Ensemble, f, particles.Tolerances{}, times[1:], nil))
	fmt.Println(back.Ensemble.Row(3)[0] == whole.Row(3)[0])
	// Output: true
}

// A logistic loss, and particles that leave the sphere: XOR from 256 samples by descent on kappa log(1 + e^(-y f)).
func ExampleSpec_loss() {
	task := must(particles.NewTask(particles.Spec{
		Name: "xor", Dim: 8, Law: particles.Boolean, Target: must(particles.NewMonomials(particles.Monomial{Coefficient: -1, Degree: 2})),
		Activation: must(particles.ParseActivation("relu")), Halves: 4, Loss: kernels.LogisticLoss(2),
	}))
	field := must(particles.NewEmpirical(task, task.Samples(256, 3, 0), 1))
	e := particles.NewUniform(64, 8, 2)
	e.Space = particles.FreeSpace
	must(particles.Descend(context.Background(), e, field, .125, []float64{0, 16}, func(t float64, w []float64) error {
		fmt.Printf("t = %2g  mean loss %.2f\n", t, must(field.Risk(w, e.M)))
		return nil
	}))
	// Output:
	// t =  0  mean loss 1.33
	// t = 16  mean loss 0.04
}

// The velocity that a particle would have at any point of the sphere among those of a network, at the price of one.
func ExamplePopulation_VelocityAt() {
	task, err := particles.Preset("he4", 4)
	if err != nil {
		panic(err)
	}
	problem, err := task.Closed()
	if err != nil {
		panic(err)
	}
	f := particles.NewPopulation(problem, particles.Auto, 1)
	e := particles.NewUniform(64, 4, 1)
	v := make([]float64, 4)
	if err := f.VelocityAt(v, []float64{.6, .8, 0, 0}, e.W, e.M); err != nil {
		panic(err)
	}
	fmt.Printf("%.3f, of which nothing points away from the sphere: %.0e\n", v, .6*v[0]+.8*v[1])
	// Output: [0.625 -0.469 -0.016 0.032], of which nothing points away from the sphere: 0e+00
}

// A target tanh(x_1) learned by GELU neurons: its expectations need no Hermite series of either.
func ExampleTask_Exact() {
	target := must(particles.NewSingleIndex(must(particles.ParseActivation("tanh"))))
	task := must(particles.NewTask(particles.Spec{Dim: 8, Target: target, Activation: must(particles.ParseActivation("gelu"))}))
	fmt.Printf("E f*^2 = %.6f\n", must(task.Exact()).TargetNorm2())
	// Output: E f*^2 = 0.394294
}

func ExampleNewSingleIndex() {
	target := must(particles.NewSingleIndex(must(particles.ParseActivation("relu"))))
	fmt.Println(target, target.Value([]float64{2, -1}))
	// Output: relu(x_1) 2
}

// An activation of one's own, which is learned on the population.
func ExampleNewFunction() {
	hat := must(particles.NewFunction("hat", func(z float64) float64 { return max(1-max(z, -z), 0) }, []float64{-1, 0, 1}))
	fmt.Println(hat)
	// Output: hat
}

func ExampleNewLegendreActivation() {
	sigma := must(particles.NewLegendreActivation(must(particles.ParseSeries("2:1")), 8))
	fmt.Println(sigma.Formula("z"))
	// Output: Pbar_2(z/sqrt 8)
}

// What an activation is in dimension 8: how strongly it sees every degree, and where learning begins.
func ExampleTask_Spectrum() {
	s := must(must(particles.Preset("relu", 8)).Spectrum())
	fmt.Printf("E relu^2 = %.3f, of degrees 0, 1, 2: %.4f %.4f %.4f\n", s.DualAtOne, s.Q[0], s.Q[1], s.Q[2])
	fmt.Println("information exponent", s.Exponent())
	// Output:
	// E relu^2 = 0.500, of degrees 0, 1, 2: 0.1694 0.2500 0.0732
	// information exponent 1
}
