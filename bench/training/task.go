package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
	"kac/internal/visible"
	"kac/particles"
)

// TaskChoice changes a preset, or spells out a task that has no name. Of the targets Link, Parities and
// TeacherNetwork at most one is given, and none beside a preset.
type TaskChoice struct {
	Activation  string `json:"activation,omitempty"`   // as particles.ParseActivation reads it; "": the preset's
	Law         string `json:"law,omitempty"`          // of the inputs; "": the preset's, or gaussian
	SecondLayer string `json:"second_layer,omitempty"` // "ones", or C of +-C in halves; "": the preset's, or ones

	// sum_j p_j link(<v_j, x>), v_j of Teachers or RandomTeachers; of neither: link(x_1), or its mean over
	// directions in the first Rank coordinates.
	Link           string `json:"link,omitempty"`     // Hermite series; alone, any activation
	Rank           int    `json:"rank,omitempty"`     // r; 0: 1, or what the file says
	Teachers       string `json:"teachers,omitempty"` // file of directions v_j, count x r
	RandomTeachers int    `json:"random_teachers,omitempty"`
	TeacherSeed    uint64 `json:"teacher_seed,omitempty"`

	Parities string `json:"parities,omitempty"` // k:c, ...: sum of c x_1...x_k

	TeacherNetwork    string `json:"teacher_network,omitempty"`    // file of neurons, count x r
	TeacherActivation string `json:"teacher_activation,omitempty"` // "": the network's

	Weights []float64 `json:"teacher_weights,omitempty"` // p_j, or a_j of the teacher network
	Sum     string    `json:"teachers_sha256,omitempty"` // of the numbers in the file, filled in by Check
}

// zero reports whether nothing is chosen.
func (c *TaskChoice) zero() bool {
	return c.Activation == "" && c.Law == "" && c.SecondLayer == "" && !c.hasTarget() && !c.ofTarget()
}

// hasTarget reports whether a target is spelled out.
func (c *TaskChoice) hasTarget() bool {
	return c.Link != "" || c.Parities != "" || c.TeacherNetwork != ""
}

// ofTarget reports whether something belongs to a target.
func (c *TaskChoice) ofTarget() bool {
	return c.Rank != 0 || c.Teachers != "" || c.RandomTeachers != 0 || c.TeacherSeed != 0 || c.TeacherActivation != "" || len(c.Weights) > 0
}

// task returns the task of a study and fills in its dimension.
func (p *Parameters) task(ctx context.Context, in *reading) (*particles.Task, error) {
	if p.Task == "" {
		return p.customTask(ctx, in)
	}
	c := &p.Choice
	if c.hasTarget() || c.ofTarget() {
		return nil, bench.Refuse("problem", p.Task, "it has a target; leave the problem out to give another one")
	}
	task, err := particles.Preset(p.Task, p.Dim)
	var unknown *particles.UnknownError
	switch {
	case errors.As(err, &unknown):
		return nil, bench.Refuse("problem", p.Task, "known are %s, and xor1 to xor32", strings.Join(unknown.Known, ", "))
	case err != nil:
		return nil, bench.Refuse("dim", p.Dim, "%s", bench.Reason(err))
	}
	p.Dim = task.Dim()
	if c.zero() && p.Inputs == "" {
		return task, nil
	}
	spec := particles.Spec{Name: p.Task + c.suffix(), Dim: p.Dim, Law: task.Law(), Target: task.Target(), Activation: task.Activation(), Halves: task.Halves()}
	return p.finish(spec)
}

// customTask makes a task without a name.
func (p *Parameters) customTask(ctx context.Context, in *reading) (*particles.Task, error) {
	c := &p.Choice
	switch {
	case p.Inputs == "" && !c.hasTarget():
		return nil, bench.Refuse("problem", "", "name a preset, or give an activation and a target: link, parities or teacher-network")
	case c.Activation == "":
		return nil, bench.Refuse("activation", "", "without a problem's name it must be given: relu, tanh, sigmoid, erf, gelu, softplus:T or a Hermite series")
	case p.Dim == 0:
		return nil, bench.Refuse("dim", 0, "without a problem's name it must be given, up to %d", bench.MaxDim)
	}
	if err := bench.CheckWhole("dim", p.Dim, 2, bench.MaxDim, "dimension of the inputs"); err != nil {
		return nil, err
	}
	activation, err := c.activation()
	if err != nil {
		return nil, err
	}
	spec := particles.Spec{Dim: p.Dim, Activation: activation}
	if p.Inputs != "" {
		spec.Name = strings.TrimPrefix(c.suffix(), ";")
		return p.finish(spec)
	}
	if err := c.target(ctx, in, &spec); err != nil {
		return nil, err
	}
	spec.Name = strings.TrimPrefix(c.suffix(), ";")
	return p.finish(spec)
}

// finish applies what the choice changes.
func (p *Parameters) finish(spec particles.Spec) (*particles.Task, error) {
	c := &p.Choice
	if p.Inputs != "" {
		if c.Law != "" || c.hasTarget() || c.ofTarget() {
			return nil, bench.Refuse("data", p.Inputs, "data from a file have their own law and target; leave law, target and teachers out")
		}
		spec.Target = ownLabels(p.Labels)
	}
	var err error
	if spec.Activation, err = c.activationOr(spec.Activation); err != nil {
		return nil, err
	}
	if c.Law != "" {
		if spec.Law, err = particles.ParseLaw(c.Law); err != nil {
			return nil, bench.Refuse("law", c.Law, "allowed are gaussian, sphere and boolean")
		}
	}
	switch c.SecondLayer {
	case "":
	case "ones":
		spec.Halves = 0
	default:
		if spec.Halves, err = quantity.Value(c.SecondLayer); err != nil || !(spec.Halves > 0) || spec.Halves > 1e6 {
			return nil, bench.Refuse("second-layer", c.SecondLayer, "allowed are ones, and C > 0 up to 1e6 for a second layer of +-C in equal halves")
		}
	}
	task, err := particles.NewTask(spec)
	var learned *particles.NothingLearnedError
	switch {
	case errors.As(err, &learned):
		return nil, bench.Refuse(c.blame(), c.blamed(p.Dim), "%s", bench.Reason(err))
	case err != nil:
		return nil, bench.Refuse("dim", p.Dim, "%s", bench.Reason(err))
	}
	return task, nil
}

// blame is the flag to name if activation and target leave nothing to learn.
func (c *TaskChoice) blame() string {
	switch {
	case c.Link != "":
		return "link"
	case c.Activation != "":
		return "activation"
	}
	return "dim"
}

func (c *TaskChoice) blamed(dim int) string {
	switch c.blame() {
	case "link":
		return c.Link
	case "activation":
		return c.Activation
	}
	return strconv.Itoa(dim)
}

func (c *TaskChoice) activationOr(other particles.Activation) (particles.Activation, error) {
	if c.Activation == "" {
		return other, nil
	}
	return c.activation()
}

func (c *TaskChoice) activation() (particles.Activation, error) {
	return parseActivation("activation", c.Activation)
}

func parseActivation(key, text string) (particles.Activation, error) {
	a, err := particles.ParseActivation(text)
	if err != nil {
		return a, bench.Refuse(key, text, "%s", bench.Reason(err))
	}
	return a, nil
}

// suffix writes the choice free of commas and spaces, so that it stays one plain CSV field.
func (c *TaskChoice) suffix() string {
	var b strings.Builder
	add := func(key, value string) {
		if value != "" && value != "0" {
			fmt.Fprintf(&b, ";%s=%s", key, strings.NewReplacer(",", "+", " ", "_", "\"", "_", "\n", "_").Replace(visible.Text(value)))
		}
	}
	add("activation", c.Activation)
	add("law", c.Law)
	add("second-layer", c.SecondLayer)
	add("link", c.Link)
	add("rank", strconv.Itoa(c.Rank))
	add("teachers", c.Teachers)
	add("random-teachers", strconv.Itoa(c.RandomTeachers))
	add("parities", c.Parities)
	add("teacher-network", c.TeacherNetwork)
	return b.String()
}

// ownLabels is the target of data from a file: nothing is known of it but its labels there.
type ownLabels string

func (l ownLabels) Value([]float64) float64 { return math.NaN() }
func (l ownLabels) Rank() int               { return 1 }
func (l ownLabels) String() string          { return "labels of " + string(l) }

// target sets spec.Target.
func (c *TaskChoice) target(ctx context.Context, in *reading, spec *particles.Spec) (err error) {
	switch {
	case c.Parities != "" && c.Link != "":
		return bench.Refuse("parities", c.Parities, "not together with link %s; give one target", c.Link)
	case c.TeacherNetwork != "" && c.Link+c.Parities != "":
		return bench.Refuse("teacher-network", c.TeacherNetwork, "not together with link or parities; give one target")
	}
	if c.Link == "" && (c.Teachers != "" || c.RandomTeachers != 0 || c.Rank != 0) {
		return bench.Refuse("link", "", "teachers and rank belong to a link; give it, for example 4:1")
	}
	if c.TeacherNetwork == "" && c.TeacherActivation != "" {
		return bench.Refuse("teacher-activation", c.TeacherActivation, "it belongs to teacher-network")
	}
	switch {
	case c.Parities != "":
		spec.Target, err = c.parities()
	case c.TeacherNetwork != "":
		spec.Target, err = c.network(ctx, in, spec.Activation)
	default:
		var link particles.Series
		if link, err = particles.ParseSeries(c.Link); err != nil {
			if any, known := particles.ParseActivation(c.Link); known == nil {
				spec.Target, err = c.singleIndex(any)
				return err
			}
			return bench.Refuse("link", c.Link, "%s, or one of relu, tanh, sigmoid, erf, gelu and softplus:T", bench.SeriesReason(err))
		}
		if c.Teachers == "" && c.RandomTeachers == 0 {
			if len(c.Weights) > 0 {
				return bench.Refuse("teacher-weights", listed(c.Weights), "they belong to teachers, random-teachers or teacher-network")
			}
			spec.Target, err = particles.NewLink(link, max(c.Rank, 1))
		} else {
			spec.Target, err = c.teachers(ctx, in, link)
		}
		if err != nil && c.Teachers == "" {
			err = asInput("rank", c.Rank, err)
		}
	}
	if err == nil && spec.Target.Rank() > spec.Dim {
		err = bench.Refuse("dim", spec.Dim, "the target depends on %d coordinates", spec.Target.Rank())
	}
	return err
}

// singleIndex is link(x_1) of a link that is no Hermite series.
func (c *TaskChoice) singleIndex(link particles.Activation) (particles.Target, error) {
	switch {
	case c.Rank > 1:
		return nil, bench.Refuse("rank", c.Rank, "the link %s is a function of one coordinate; several take a Hermite series", c.Link)
	case c.Teachers != "" || c.RandomTeachers != 0:
		return nil, bench.Refuse("link", c.Link, "teachers take a Hermite series such as 4:1")
	case len(c.Weights) > 0:
		return nil, bench.Refuse("teacher-weights", listed(c.Weights), "they belong to teachers, random-teachers or teacher-network")
	}
	target, err := particles.NewSingleIndex(link)
	if err != nil {
		return nil, bench.Refuse("link", c.Link, "%s", err)
	}
	return target, nil
}
