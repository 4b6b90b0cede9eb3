package training

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"kac/bench"
	"kac/kernels"
	"kac/meanfield/lattice"
	"kac/particles"
)

// References of a training study: what stands for infinite width.
const (
	ReferenceWide    = "wide"    // a wide network on the same batches, of which the others are subsets
	ReferenceExact   = "exact"   // the exact infinite-width flow on the population
	ReferenceReduced = "reduced" // the same through lattice points of the reduction, r <= 8
	ReferenceDescent = "descent" // infinite width at the study's own step: projected descent of the reduction, or of the exact limit
)

// What the repeats of a training study draw anew.
const (
	VaryBoth      = ""          // particles and data
	VaryParticles = "particles" // the particles; all repeats have the data of the first seed
	VaryData      = "data"      // the data; all repeats have the particles of the first seed
)

// Limits of a training study.
const (
	MaxSamples = 1 << 24
	MaxTraced  = 10_000
	// defaultBatch is Batch where none is given and there are as many samples.
	defaultBatch = 2048
)

// Parameters say everything that determines the numbers of a study of networks trained on
// samples. The number of workers is not one of them.
type Parameters struct {
	bench.ProblemChoice `json:"-"` // in records as record says
	Inputs              string     `json:"inputs,omitempty"` // files of user data in place of drawn samples; risks are then over these
	Labels              string     `json:"labels,omitempty"`
	Sum                 string     `json:"data_sha256,omitempty"` // of the numbers in them, filled in
	TestInputs          string     `json:"test_inputs,omitempty"` // files of held-out user data, on which the mean square is measured too
	TestLabels          string     `json:"test_labels,omitempty"`
	TestSum             string     `json:"test_data_sha256,omitempty"` // of the numbers in them, filled in
	TestRows            int        `json:"test_data_rows,omitempty"`   // of them, filled in
	Samples             int        `json:"samples"`                    // n fixed samples; 0: fresh batches
	Batch               int        `json:"batch"`                      // samples a step; 0: 2048, or all if there are fewer
	Noise               float64    `json:"noise"`                      // standard deviation of the label noise
	Eta                 float64    `json:"eta"`                        // step, paper time
	Steps               int        `json:"steps"`
	Points              int        `json:"points"` // observations, evenly spaced over the steps, first and last among them
	Widths              []int      `json:"widths"`
	Reference           string     `json:"reference"`
	Wide                int        `json:"reference_width,omitempty"`  // width of the wide reference
	Nodes               int        `json:"reference_points,omitempty"` // points of the reduction
	Tests               int        `json:"test_samples"`               // held-out inputs, where there is no closed form
	Repeats             int        `json:"repeats"`
	Shared              bool       `json:"shared_reference,omitempty"` // the repeats are subsets of one wide network, on one sequence of batches
	Seed                uint64     `json:"seed"`                       // the repeats have seeds Seed, Seed+1, ...
	Vary                string     `json:"vary,omitempty"`             // what these seeds draw: VaryBoth, or one of the others, the rest being Seed's
	Precision           string     `json:"precision"`
	Form                string     `json:"form"`             // of velocities: auto, pairwise or moment; "": auto
	Traced              int        `json:"traced_particles"` // the first ones of each network of the first repeat, in particles.csv
	Evaluation          string     `json:"evaluation"`       // closed or samples; "" lets Check choose
	// Snapshots are paper times, multiples of Eta, at which the particles of the first repeat are kept.
	Snapshots []float64 `json:"snapshots,omitempty"`
	// Initial is a file of particles that the networks start from, their first rows; "": at random.
	Initial       string `json:"initial,omitempty"`
	InitialTensor string `json:"initial_tensor,omitempty"`
	InitialSum    string `json:"initial_sha256,omitempty"` // of the numbers, filled in
}

// Evaluations of function errors.
const (
	EvaluationClosed  = "closed"  // exact, by Hermite expansion
	EvaluationSamples = "samples" // on held-out inputs, with a standard error
)

// Check fills in what follows from the rest and returns the task. Every error is a bench.InputError that
// names the parameter by its key.
func (p *Parameters) Check() (*particles.Task, error) {
	return p.CheckWith(context.Background(), nil)
}

// CheckWith is Check with files of which some may have been read.
func (p *Parameters) CheckWith(ctx context.Context, files *Files) (*particles.Task, error) {
	return p.check(ctx, &reading{files: files})
}

// reading is which files are read, and what is noted of them.
type reading struct {
	files *Files
	notes []string // what was skipped
}

// matrix is rows of a file of teachers.
func (in *reading) matrix(ctx context.Context, path string) (*particles.Matrix, error) {
	m, err := in.files.matrix(ctx, path)
	if err == nil {
		in.notes = append(in.notes, m.Notes...)
	}
	return m, err
}

func (p *Parameters) check(ctx context.Context, in *reading) (*particles.Task, error) {
	task, err := p.ProblemChoice.Task(ctx, bench.Sources{Matrix: in.matrix, Data: p.Inputs, Labels: p.Labels})
	if err != nil {
		return nil, err
	}
	for _, check := range []func() error{
		func() error { return bench.CheckWhole("dim", p.Dim, 1, bench.MaxDim, "dimension of the inputs") },
		p.checkData,
		func() error { return bench.CheckPositive("eta", p.Eta, 1e6, "step, paper time") },
		func() error { return bench.CheckWhole("steps", p.Steps, 1, 1e9, "steps of the descent") },
		func() error {
			return bench.CheckWhole("points", p.Points, 2, min(p.Steps+1, bench.MaxPoints), "observations, at most one a step")
		},
		func() error {
			return bench.CheckWhole("repeats", p.Repeats, 1, bench.MaxSeeds, "runs with seeds of their own")
		},
		func() error { return bench.CheckWhole("traced", p.Traced, 0, MaxTraced, "particles of each network") },
		func() error { return p.checkWidths(task) },
		func() error { return p.checkReference(task) },
		p.checkVary,
		p.checkPrecision,
		func() error { return p.checkForm(task) },
		p.checkSnapshots,
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	if p.Seed > math.MaxUint64-uint64(p.Repeats-1) {
		return nil, bench.Refuse("seed", p.Seed, "the last of %d seeds would exceed %d", p.Repeats, uint64(math.MaxUint64))
	}
	return task, p.checkEvaluation(task)
}

func (p *Parameters) checkData() error {
	if p.Inputs != "" && p.Noise != 0 {
		return bench.Refuse("noise", bench.Number(p.Noise), "labels from a file have their own; leave it out")
	}
	if p.Inputs != "" && p.Reference != ReferenceWide {
		return bench.Refuse("reference", p.Reference, "data from a file have no law and no target, so the reference is %s", ReferenceWide)
	}
	if err := bench.CheckWhole("samples", p.Samples, 0, MaxSamples, "fixed samples; 0 means fresh batches"); err != nil {
		return err
	}
	if p.Batch == 0 {
		if p.Batch = defaultBatch; p.Samples > 0 {
			p.Batch = min(defaultBatch, p.Samples)
		}
	}
	most, what := MaxSamples, "fresh samples a step"
	if p.Samples > 0 {
		most, what = p.Samples, "not more than the samples there are"
	}
	if err := bench.CheckWhole("batch", p.Batch, 1, most, what); err != nil {
		return err
	}
	return bench.CheckNumber("noise", p.Noise, 0, 1e6, "standard deviation of the label noise")
}

func (p *Parameters) checkWidths(task *particles.Task) error {
	var err error
	if p.Widths, err = bench.CheckWidths(p.Widths); err != nil {
		return err
	}
	for _, m := range p.Widths {
		if err := task.CheckWidth(m); err != nil {
			return bench.Refuse("widths", strings.ReplaceAll(strings.Trim(fmt.Sprint(p.Widths), "[]"), " ", ","), "%v", err)
		}
	}
	return nil
}

func (p *Parameters) checkReference(task *particles.Task) error {
	if p.Shared && p.Reference != ReferenceWide {
		return bench.Refuse("shared-reference", p.Shared, "only a wide network can be shared; the reference is %s", p.Reference)
	}
	widest := p.Widths[len(p.Widths)-1]
	switch p.Reference {
	case ReferenceWide:
		if err := task.CheckWidth(p.Wide); err != nil || p.Wide < widest || p.Wide > bench.MaxWidth {
			return bench.Refuse("reference-width", p.Wide, "allowed are even numbers from %d, the widest network, to %d", widest, bench.MaxWidth)
		}
		p.Nodes = 0
		return nil
	case ReferenceExact:
		p.Wide, p.Nodes = 0, 0
		if _, err := task.Exact(); err != nil {
			return p.refuseReference(task, err)
		}
	case ReferenceReduced, ReferenceDescent:
		p.Wide = 0
		_, err := lattice.Closed(task)
		if p.Reference == ReferenceDescent && err != nil {
			_, none := task.Exact()
			if none == nil {
				p.Nodes = 0
				return p.checkLongStep(task)
			}
			if _, series := task.Activation().Series(); !series { // which lattices do without
				err = none
			}
		}
		if err != nil {
			return p.refuseReference(task, err)
		}
		return p.checkNodes()
	default:
		return bench.Refuse("reference", p.Reference, "allowed are %s", strings.Join(References(task), ", "))
	}
	return nil
}

// refuseReference says why a task has no such reference, and which ones it has.
func (p *Parameters) refuseReference(task *particles.Task, why error) error {
	return bench.Refuse("reference", p.Reference, "%s; %s has %s", bench.Reason(why), task.Name(), strings.Join(References(task), ", "))
}

func (p *Parameters) checkNodes() error { return checkPoints(p.Nodes) }

// checkPoints refuses numbers of lattice points.
func checkPoints(n int) error {
	if n < 2 || n > lattice.MaxPoints || n&(n-1) != 0 {
		return bench.Refuse("reference-points", n, "allowed are powers of two from 2 to %d", lattice.MaxPoints)
	}
	return nil
}

// References lists the references that a task has.
func References(task *particles.Task) []string {
	list := []string{ReferenceWide}
	if hasLattice(task) {
		list = append(list, ReferenceReduced, ReferenceDescent)
	}
	if hasExact(task) {
		if !slices.Contains(list, ReferenceDescent) { // by the expansion
			list = append(list, ReferenceDescent)
		}
		list = append(list, ReferenceExact)
	}
	return list
}

func (p *Parameters) checkVary() error {
	switch {
	case p.Vary != VaryBoth && p.Vary != VaryParticles && p.Vary != VaryData:
		return bench.Refuse("vary", p.Vary, "allowed are both, %s and %s", VaryParticles, VaryData)
	case p.Vary != VaryBoth && p.Shared:
		return bench.Refuse("vary", p.Vary, "repeats that share the wide network are on the same data already")
	case p.Vary == VaryData && p.Inputs != "":
		return bench.Refuse("vary", p.Vary, "data from a file are the same in all repeats")
	}
	return nil
}

// seeds returns the seed of a repeat's particles and that of its data, which draws held-out inputs too.
func (p *Parameters) seeds(repeat int) (start, data uint64) {
	start, data = p.Seed+uint64(repeat), p.Seed+uint64(repeat)
	switch p.Vary {
	case VaryParticles:
		data = p.Seed
	case VaryData:
		start = p.Seed
	}
	return start, data
}

// precision is Precision, once checked.
func (p *Parameters) precision() particles.Precision {
	precision, _ := particles.ParsePrecision(p.Precision)
	return precision
}

// form is Form, once checked.
func (p *Parameters) form() particles.Form {
	form, _ := particles.ParseForm(p.Form)
	return form
}

func (p *Parameters) checkForm(task *particles.Task) error {
	if p.Form == "" {
		p.Form = particles.Auto.String()
	}
	form, err := particles.ParseForm(p.Form)
	if err != nil {
		return bench.Refuse("form", p.Form, "allowed are auto, pairwise and moment")
	}
	if err := task.FormError(form, p.precision(), p.Batch, p.Widths[len(p.Widths)-1]); err != nil {
		return bench.Refuse("form", p.Form, "%v; use pairwise or auto", err)
	}
	return nil
}

func (p *Parameters) checkPrecision() error {
	return bench.CheckPrecision(p.Precision)
}

// checkEvaluation chooses closed forms where they exist and are not dearer than held-out samples.
func (p *Parameters) checkEvaluation(task *particles.Task) error {
	closed := hasLattice(task) && p.Inputs == ""
	switch p.Evaluation {
	case EvaluationClosed:
		if !closed && (p.Inputs != "" || !hasExact(task)) {
			return bench.Refuse("evaluation", p.Evaluation, "%s has no closed form; use samples", task.Name())
		}
	case EvaluationSamples:
		if p.Reference != ReferenceWide {
			return bench.Refuse("evaluation", p.Evaluation, "the reference %s is compared in closed form", p.Reference)
		}
	case "":
		p.Evaluation = EvaluationSamples
		switch {
		case closed && (p.Reference != ReferenceWide || closedFlops(task, p.Wide) <= 2*float64(p.Wide*p.Dim)*float64(p.Tests)):
			p.Evaluation = EvaluationClosed
		case p.Reference != ReferenceWide: // by the expansion of isotropic inputs
			p.Evaluation = EvaluationClosed
		}
	default:
		return bench.Refuse("evaluation", p.Evaluation, "allowed are %s and %s", EvaluationClosed, EvaluationSamples)
	}
	if p.Evaluation == EvaluationSamples {
		return bench.CheckWhole("test-samples", p.Tests, 2, MaxSamples, "held-out inputs")
	}
	return nil
}

// closedFlops is the cost of mean_ij q(<w_i, w_j>) over m particles.
func closedFlops(task *particles.Task, m int) float64 {
	s, _ := task.Activation().Series()
	q := s.Dual()
	if p, err := task.Exact(); err == nil {
		q = p.Dual()
	}
	return min(kernels.PairwiseFlops(m, task.Dim(), q), kernels.MomentFlops(m, task.Dim(), q))
}

// Observations returns the numbers of steps after which the networks are observed, 0 first.
func (p *Parameters) Observations() []int64 {
	list := make([]int64, p.Points)
	for i := range list {
		list[i] = int64(math.Round(float64(p.Steps) * float64(i) / float64(p.Points-1)))
	}
	return slices.Compact(list)
}

// Runs is the number of runs that the repeats take: one each, or one for all if they share the wide network.
func (p *Parameters) Runs() int {
	if p.Shared {
		return 1
	}
	return p.Repeats
}

// runName says which repeats a run makes.
func (p *Parameters) runName(index int) string {
	if p.Shared && p.Repeats > 1 {
		return fmt.Sprintf("repeats 1 to %d", p.Repeats)
	}
	return fmt.Sprintf("repeat %d", index+1)
}

// Horizon is the last paper time.
func (p *Parameters) Horizon() float64 { return bench.StepTime(int64(p.Steps), p.Eta) }
