package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"kac/internal/quantity"
	"kac/particles"
)

// maxTeachers bounds the teachers and the neurons of a teacher network.
const maxTeachers = 1 << 16

// target returns what the choice spells out.
func (c *ProblemChoice) target(ctx context.Context, activation particles.Activation, m making) (particles.Target, error) {
	switch {
	case c.Parities != "" && c.Link != "":
		return nil, Refuse("parities", c.Parities, "not together with link %s; give one target", c.Link)
	case c.TeacherNetwork != "" && c.Link+c.Parities != "":
		return nil, Refuse("teacher-network", c.TeacherNetwork, "not together with link or parities; give one target")
	}
	if c.Link == "" && (c.Teachers != "" || c.RandomTeachers != 0 || c.Rank != 0) {
		return nil, Refuse("link", "", "teachers and rank belong to a link; give it, for example 4:1")
	}
	if c.TeacherNetwork == "" && c.TeacherActivation != "" {
		return nil, Refuse("teacher-activation", c.TeacherActivation, "it belongs to teacher-network")
	}
	switch {
	case c.Parities != "":
		return c.parities()
	case c.TeacherNetwork != "":
		return c.network(ctx, m, activation)
	}
	target, err := c.ofLink(ctx, m)
	switch {
	case err != nil && m.exact:
		return nil, asInput("link", c.Link, err)
	case err != nil && c.Teachers == "":
		return nil, asInput("rank", c.Rank, err)
	}
	return target, err
}

// ofLink returns the target of a link: of x_1, of several coordinates, or of teachers.
func (c *ProblemChoice) ofLink(ctx context.Context, m making) (particles.Target, error) {
	series, err := particles.ParseSeries(c.Link)
	if err != nil || c.Basis == BasisLegendre || m.exact && !c.hermite() {
		return c.singleIndex(m)
	}
	if c.Teachers != "" || c.RandomTeachers != 0 {
		return c.teachers(ctx, m, series)
	}
	if len(c.Weights) > 0 {
		return nil, Refuse("teacher-weights", listed(c.Weights), "they belong to teachers, random-teachers or teacher-network")
	}
	return particles.NewLink(series, max(c.Rank, 1))
}

// singleIndex is link(x_1) of a link that is no Hermite series, or has no closed forms as one.
func (c *ProblemChoice) singleIndex(m making) (particles.Target, error) {
	link, err := c.function("link", c.Link, m)
	switch {
	case err != nil:
		return nil, err
	case m.exact && c.Rank != 1:
		return nil, Refuse("rank", c.Rank, "targets of more than one coordinate are known for Hermite series over gaussian inputs only; leave rank out")
	case c.Rank > 1:
		return nil, Refuse("rank", c.Rank, "the link %s is a function of one coordinate; several take a Hermite series", c.Link)
	case c.Teachers != "" || c.RandomTeachers != 0:
		return nil, Refuse("link", c.Link, "teachers take a Hermite series such as 4:1")
	case len(c.Weights) > 0:
		return nil, Refuse("teacher-weights", listed(c.Weights), "they belong to teachers, random-teachers or teacher-network")
	}
	target, err := particles.NewSingleIndex(link)
	if err != nil {
		return nil, Refuse("link", c.Link, "%s", Reason(err))
	}
	return target, nil
}

// teachers returns sum_j p_j link(<v_j, x>).
func (c *ProblemChoice) teachers(ctx context.Context, m making, link particles.Series) (particles.Target, error) {
	if c.Teachers != "" {
		if c.RandomTeachers != 0 || c.Rank != 0 || c.TeacherSeed != 0 {
			return nil, Refuse("teachers", c.Teachers, "the file says the directions; leave random-teachers, teacher-seed and rank out")
		}
		file, rows, err := c.rows(ctx, m, "teachers", c.Teachers)
		if err != nil {
			return nil, err
		}
		for j, v := range rows {
			if top := largest(v); !(norm(v) <= math.MaxFloat64) {
				return nil, Refuse("teachers", c.Teachers, "%s is %.3g: the norm of this direction is not finite", file.Place(j*file.Columns+top), v[top])
			}
		}
		t, err := particles.NewTeachers(link, rows, c.Weights)
		if err != nil {
			return nil, asInput("teachers", c.Teachers, err)
		}
		return t, nil
	}
	if err := CheckWhole("random-teachers", c.RandomTeachers, 1, maxTeachers, "teachers"); err != nil {
		return nil, err
	}
	rank := c.Rank
	if rank == 0 {
		rank = c.RandomTeachers
	}
	if err := CheckWhole("rank", rank, 1, MaxDim, "coordinates of the teachers; default: their number"); err != nil {
		return nil, err
	}
	drawn, err := particles.RandomTeachers(link, c.RandomTeachers, rank, c.TeacherSeed)
	if err != nil || len(c.Weights) == 0 {
		return drawn, err
	}
	t, err := particles.NewTeachers(link, drawn.Directions(), c.Weights)
	if err != nil {
		return nil, asInput("teacher-weights", listed(c.Weights), err)
	}
	return t, nil
}

// network returns the teacher network (1/m) sum_j a_j sigma(<v_j, x>).
func (c *ProblemChoice) network(ctx context.Context, m making, activation particles.Activation) (particles.Target, error) {
	if c.TeacherActivation != "" {
		var err error
		if activation, err = c.function("teacher-activation", c.TeacherActivation, m); err != nil {
			return nil, err
		}
	}
	file, rows, err := c.rows(ctx, m, "teacher-network", c.TeacherNetwork)
	if err != nil {
		return nil, err
	}
	for j, v := range rows {
		label := 0.0 // what neuron j adds, of a usual size
		for _, z := range []float64{norm(v), -norm(v)} {
			y, _, _ := activation.Kernel().Eval(z)
			label = math.Max(label, math.Abs(y)/float64(len(rows)))
		}
		if l4 := label * label * label * label; !(l4 <= math.MaxFloat64) { // as in overflow
			top := largest(v)
			return nil, Refuse("teacher-network", c.TeacherNetwork, "%s is %.3g: neurons of this size give labels of about %.3g, whose products are not finite", file.Place(j*file.Columns+top), v[top], label)
		}
	}
	t, err := particles.NewTeacherNetwork(activation, rows, c.Weights)
	if err != nil {
		return nil, asInput("teacher-network", c.TeacherNetwork, err)
	}
	return t, nil
}

// largest is the index of the number of largest absolute value.
func largest(v []float64) int {
	top := 0
	for k, x := range v {
		if math.Abs(x) > math.Abs(v[top]) {
			top = k
		}
	}
	return top
}

// rows reads vectors of one length, and notes their checksum.
func (c *ProblemChoice) rows(ctx context.Context, m making, key, path string) (*particles.Matrix, [][]float64, error) {
	read := m.Matrix
	if read == nil {
		read = particles.ReadMatrix
	}
	file, err := read(ctx, path)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, err
	case err != nil:
		return nil, nil, Refuse(key, path, "%v", err)
	case file.Rows > maxTeachers:
		return nil, nil, Refuse(key, path, "it has %d rows; allowed are at most %d", file.Rows, maxTeachers)
	}
	c.TeachersSum = Checksum(file.X)
	list := make([][]float64, file.Rows)
	for i := range list {
		list[i] = file.X[i*file.Columns : (i+1)*file.Columns]
	}
	return file, list, nil
}

// parities returns sum c x_1...x_k.
func (c *ProblemChoice) parities() (particles.Target, error) {
	if len(c.Weights) > 0 {
		return nil, Refuse("teacher-weights", listed(c.Weights), "parities have their own coefficients, such as 1:0.25,4:0.75")
	}
	var terms []particles.Monomial
	for piece := range strings.SplitSeq(c.Parities, ",") {
		degree, weight, weighted := strings.Cut(piece, ":")
		k, err := quantity.Whole(degree)
		v := 1.0
		if err == nil && weighted {
			v, err = quantity.Value(weight)
		}
		if err != nil || k < 1 || k > MaxDim || v == 0 {
			return nil, Refuse("parities", c.Parities, "%q is no term; give degree:coefficient pairs such as 1:0.25,4:0.75, for .25 x_1 + .75 x_1 x_2 x_3 x_4", piece)
		}
		if slices.ContainsFunc(terms, func(t particles.Monomial) bool { return t.Degree == k }) {
			return nil, Refuse("parities", c.Parities, "degree %d is given twice", k)
		}
		terms = append(terms, particles.Monomial{Coefficient: v, Degree: k})
	}
	return particles.NewMonomials(terms...)
}

// asInput makes a InputError of another error.
func asInput(key string, value any, err error) error {
	var input *InputError
	if errors.As(err, &input) {
		return err
	}
	return Refuse(key, value, "%s", Reason(err))
}

// listed writes a list as the command line takes it.
func listed(list []float64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}

// TargetKey is the flag that chose the size of the labels, and its value.
func (c *ProblemChoice) TargetKey() (key, value string) {
	for _, k := range [][2]string{{"teacher-weights", listed(c.Weights)}, {"teacher-network", c.TeacherNetwork}, {"link", c.Link}, {"parities", c.Parities}} {
		if k[1] != "" {
			return k[0], k[1]
		}
	}
	return "problem", ""
}
