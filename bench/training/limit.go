package training

import (
	"context"
	"fmt"
	"math"

	"kac/bench"
	"kac/internal/sphere"
	"kac/meanfield"
	"kac/meanfield/lattice"
	"kac/particles"
)

// solvesExactly reports whether a study's reference needs the exact flow solved: it is the flow, or the descent of a
// task that has no lattice.
func (p *Parameters) solvesExactly(task *particles.Task) bool {
	return p.Reference == ReferenceExact || p.Reference == ReferenceDescent && !hasLattice(task)
}

// newLimit is the infinite-width reference of a study, whose exact flow is solved where solvesExactly says so; its
// twins start at the points start.
func (p *Parameters) newLimit(task *particles.Task, exact *meanfield.Reference, start []float64, seed uint64, workers int) (meanfield.Limit, error) {
	switch {
	case p.Reference == ReferenceExact:
		return exact.NewLimit(start)
	case p.solvesExactly(task):
		return exact.NewDescent(p.Eta, start)
	}
	return reducedLimit(task, p.Nodes, p.limitStep(), start, seed, workers)
}

// checkLongStep refuses steps that take the infinite network's particles at the poles past the target: eta a F'(a) must
// stay below 1, and is largest at the start.
func (p *Parameters) checkLongStep(task *particles.Task) error {
	s, err := task.Spectrum()
	if err != nil { // of several coordinates: the run sees it
		return nil //nolint:nilerr // no refusal
	}
	var north, south float64 // of F'(a) a at a = 1, -1
	for l, g := range s.G {
		x := g * float64(l) * float64(l+s.Dim-2) / float64(s.Dim-1)
		north += x
		if south += x; l%2 == 1 {
			south -= 2 * x
		}
	}
	if most := math.Max(north, south); !(p.Eta*most < 1) {
		return bench.Refuse("eta", bench.Number(p.Eta), "infinite width descends only in steps below 1/F'(1) = %s of %s", fmt.Sprintf("%.3g", 1/most), task.Name())
	}
	return nil
}

// solveExact solves the reference of a study, which all its repeats share.
func solveExact(ctx context.Context, task *particles.Task, p *Parameters) (*meanfield.Reference, error) {
	closed, err := task.Exact()
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

// reducer takes particles (m x d) to the coordinates that the limit knows: (a, c) of meanfield.Limit (m x Dim).
type reducer interface {
	Dim() int
	Reduce(z, w []float64, m int)
}

// onAxes is the reducer of targets of the first r coordinates in dimension d: a = (w_1, ..., w_r), c = |(w_{r+1}, ...,
// w_d)|.
type onAxes struct{ d, r int }

func (o onAxes) Dim() int { return o.r + 1 }

func (o onAxes) Reduce(z, w []float64, m int) {
	for i := range m {
		row, point := w[i*o.d:(i+1)*o.d], z[i*o.Dim():(i+1)*o.Dim()]
		copy(point, row[:o.r])
		point[o.r] = sphere.Norm(row[o.r:])
	}
}

// comparison measures networks without test samples: the population field of their task, the coordinates of its limit,
// and ||f*||^2.
type comparison struct {
	field *particles.Population
	reducer
	norm2 float64
}

// compare returns the comparison of a task by Hermite expansion, or by that of isotropic inputs.
func compare(task *particles.Task, workers int) (*comparison, error) {
	if field, r, err := closedField(task, workers); err == nil {
		return &comparison{field, r, r.TargetNorm2()}, nil
	}
	p, err := task.Exact()
	if err != nil {
		return nil, err
	}
	return &comparison{particles.NewPopulation(p, particles.Auto, workers), onAxes{task.Dim(), p.Rank()}, p.TargetNorm2()}, nil
}

// hasExact reports whether the infinite-width flow of a task is known without lattice points.
func hasExact(task *particles.Task) bool {
	_, err := task.Exact()
	return err == nil
}

// reducedReplicas independent shifts of the lattice tell the reference's error.
const reducedReplicas = 4

// reducedLimit is the flow of the reduction, or its descent of a step, with twins that start at the points start.
func reducedLimit(task *particles.Task, nodes int, step float64, start []float64, seed uint64, workers int) (*lattice.Limit, error) {
	return lattice.NewLimit(task, lattice.LimitOptions{
		Points: nodes, Replicas: reducedReplicas, Seed: seed, Step: step, Start: start, Workers: workers,
	})
}

// limitStep is that of the descent which stands for infinite width, 0 for the flow.
func (p *Parameters) limitStep() float64 {
	if p.Reference == ReferenceDescent {
		return p.Eta
	}
	return 0
}

// meanOf is an estimate as tables have it.
func meanOf(e meanfield.Estimate) bench.Mean { return bench.Mean{Value: e.Value, SE: e.Error, N: e.N} }

// hasLattice reports whether a task has references by lattice points.
func hasLattice(task *particles.Task) bool {
	_, err := lattice.Closed(task)
	return err == nil
}
