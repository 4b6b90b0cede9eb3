package training

import (
	"context"
	"fmt"

	"kac/bench"
	"kac/internal/sphere"
	"kac/meanfield"
	"kac/meanfield/lattice"
	"kac/particles"
)

// limit is an infinite-width network that stands beside finite ones. Points are those of
// particles.Reduction: (a, c) in R^{r+1}, a in R^r.
type limit interface {
	// advance moves the network and its twins to step number step.
	advance(ctx context.Context, step int64) error
	// selfEnergy is ||f_MF||^2, meanPotential the mean of U over m points.
	selfEnergy() (float64, error)
	meanPotential(z []float64, m int) (float64, error)
	risk() (bench.Mean, error)
	// gap is ||f_m - f_MF||^2 for a network of m particles with reduced points z and self = ||f_m||^2, with
	// the error that the limit's own points make.
	gap(self float64, z []float64, m int) (bench.Mean, error)
	// twins returns the points of the twins (widest x (r+1)).
	twins() []float64
}

// exactLimit is the exact flow.
type exactLimit struct {
	reference *meanfield.Reference
	field     *meanfield.Field
	moving    *meanfield.Twins
	eta, now  float64
	rank      int
	direction []float64 // v_i, widest x r
	points    []float64
}

// solveExact solves the reference of a study, which all its repeats share.
func solveExact(ctx context.Context, task *particles.Task, p *Parameters) (*meanfield.Reference, error) {
	closed, err := task.Closed()
	if err != nil {
		return nil, err
	}
	ref, err := meanfield.Solve(ctx, closed, p.Horizon(), meanfield.Options{Tolerance: 1e-10})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s: %w", task.Name(), err)
	}
	return ref, nil
}

// closedField is the population field of a task with closed forms, and the reduction whose sums it uses.
func closedField(task *particles.Task, workers int) (*particles.Population, *lattice.Reduction, error) {
	r, err := lattice.New(task, workers)
	if err != nil {
		return nil, nil, err
	}
	return particles.NewPopulation(r.Expectations(), particles.Auto, workers), r, nil
}

func newExactLimit(ref *meanfield.Reference, r int, eta float64, start []float64) (*exactLimit, error) {
	n := len(start) / (r + 1)
	l := &exactLimit{reference: ref, eta: eta, rank: r, direction: make([]float64, n*r), points: make([]float64, len(start))}
	a0 := make([]float64, n)
	for i := range a0 {
		z := start[i*(r+1) : i*(r+1)+r]
		a0[i] = z[0]
		if l.direction[i*r] = 1; r > 1 {
			a0[i] = sphere.Norm(z)
			sphere.Scale(l.direction[i*r:(i+1)*r], z, a0[i])
		}
	}
	var err error
	if l.field, err = ref.At(0); err != nil {
		return nil, err
	}
	if l.moving, err = ref.NewTwins(a0); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *exactLimit) advance(ctx context.Context, step int64) error {
	l.now = min(bench.StepTime(step, l.eta), l.reference.Horizon())
	if err := l.field.Set(l.now); err != nil {
		return err
	}
	return l.moving.Advance(ctx, l.now)
}

func (l *exactLimit) selfEnergy() (float64, error) { return l.reference.SelfEnergy(l.now), nil }

func (l *exactLimit) risk() (bench.Mean, error) {
	return bench.Mean{Value: l.reference.Risk(l.now), SE: l.reference.RiskError(l.now), N: 1}, nil
}

func (l *exactLimit) meanPotential(z []float64, m int) (float64, error) {
	sum, r := 0.0, l.rank
	for i := range m {
		a := z[i*(r+1)]
		if r > 1 {
			a = sphere.Norm(z[i*(r+1) : i*(r+1)+r])
		}
		sum += l.field.Potential(a)
	}
	return sum / float64(m), nil
}

func (l *exactLimit) gap(self float64, z []float64, m int) (bench.Mean, error) {
	e, err := limitDistance(self, l, z, m)
	return exactly(e), err
}

func (l *exactLimit) twins() []float64 {
	a, c := l.moving.Positions()
	r := l.rank
	for i := range a {
		for k := range r {
			l.points[i*(r+1)+k] = a[i] * l.direction[i*r+k]
		}
		l.points[i*(r+1)+r] = c[i]
	}
	return l.points
}

// reducedReplicas independent shifts of the lattice tell the reference's error.
const reducedReplicas = 4

// reducedLimit is the flow or the descent of the reduction: several replicas of the points, and
// twins that follow the first one.
type reducedLimit struct {
	field    *lattice.Reduction
	replicas []*particles.Ensemble[float64]
	nodes    int
	descent  bool
	eta      float64
}

func newReducedLimit(task *particles.Task, p *Parameters, start []float64, seed uint64, workers int) (*reducedLimit, error) {
	f, err := lattice.New(task, workers)
	if err != nil {
		return nil, err
	}
	f.SetActive(p.Nodes)
	l := &reducedLimit{field: f, nodes: p.Nodes, descent: p.Reference == ReferenceDescent, eta: p.Eta}
	for i := range reducedReplicas {
		e, err := f.Points(p.Nodes, seed, i)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			e.W = append(e.W, start...)
			e.M = len(e.W) / e.D
		}
		l.replicas = append(l.replicas, e)
	}
	return l, nil
}

func (l *reducedLimit) advance(ctx context.Context, step int64) error {
	t := []float64{bench.StepTime(step, l.eta)}
	for _, e := range l.replicas {
		if t[0] <= e.Time {
			continue
		}
		var err error
		if l.descent {
			_, err = particles.Descend(ctx, e, l.field, l.eta, t, nil)
		} else {
			_, err = particles.Flow(ctx, e, l.field, particles.Tolerances{Relative: 1e-9, Absolute: 1e-9}, t, nil)
		}
		if err != nil {
			return fmt.Errorf("the reduced reference: %w", err)
		}
	}
	return nil
}

func (l *reducedLimit) selfEnergy() (float64, error) {
	e := l.replicas[0]
	return l.field.SelfEnergy(e.W, e.M)
}

func (l *reducedLimit) meanPotential(z []float64, m int) (float64, error) {
	e := l.replicas[0]
	return l.field.MeanPotential(e.W, e.M, z, m)
}

func (l *reducedLimit) risk() (bench.Mean, error) {
	risks := make([]float64, len(l.replicas))
	for i, e := range l.replicas {
		var err error
		if risks[i], err = l.field.Risk(e.W, e.M); err != nil {
			return bench.Mean{}, err
		}
	}
	return bench.MeanOf(risks), nil
}

// gap is the mean over the replicas, each a network of its own.
func (l *reducedLimit) gap(self float64, z []float64, m int) (bench.Mean, error) {
	gaps := make([]float64, len(l.replicas))
	for i, e := range l.replicas {
		potential, err := l.field.MeanPotential(e.W, e.M, z, m)
		if err != nil {
			return bench.Mean{}, err
		}
		own, err := l.field.SelfEnergy(e.W, e.M)
		if err != nil {
			return bench.Mean{}, err
		}
		gaps[i] = bench.NotNegative(self - 2*potential + own)
	}
	return bench.MeanOf(gaps), nil
}

func (l *reducedLimit) twins() []float64 {
	e := l.replicas[0]
	return e.W[l.nodes*e.D:]
}
