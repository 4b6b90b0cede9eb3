package training

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
	"kac/particles"
)

// maxTeachers bounds the teachers and the neurons of a teacher network.
const maxTeachers = 1 << 16

// teachers returns sum_j p_j link(<v_j, x>).
func (c *TaskChoice) teachers(ctx context.Context, in *reading, link particles.Series) (particles.Target, error) {
	if c.Teachers != "" {
		if c.RandomTeachers != 0 || c.Rank != 0 || c.TeacherSeed != 0 {
			return nil, bench.Refuse("teachers", c.Teachers, "the file says the directions; leave random-teachers, teacher-seed and rank out")
		}
		m, rows, err := c.rows(ctx, in, "teachers", c.Teachers)
		if err != nil {
			return nil, err
		}
		for j, v := range rows {
			if top := largest(v); !(norm(v) <= math.MaxFloat64) {
				return nil, bench.Refuse("teachers", c.Teachers, "%s is %.3g: the norm of this direction is not finite", m.Place(j*m.Columns+top), v[top])
			}
		}
		t, err := particles.NewTeachers(link, rows, c.Weights)
		if err != nil {
			return nil, asInput("teachers", c.Teachers, err)
		}
		return t, nil
	}
	if err := bench.CheckWhole("random-teachers", c.RandomTeachers, 1, maxTeachers, "teachers"); err != nil {
		return nil, err
	}
	rank := c.Rank
	if rank == 0 {
		rank = c.RandomTeachers
	}
	if err := bench.CheckWhole("rank", rank, 1, bench.MaxDim, "coordinates of the teachers; default: their number"); err != nil {
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
func (c *TaskChoice) network(ctx context.Context, in *reading, activation particles.Activation) (particles.Target, error) {
	if c.TeacherActivation != "" {
		var err error
		if activation, err = parseActivation("teacher-activation", c.TeacherActivation); err != nil {
			return nil, err
		}
	}
	m, rows, err := c.rows(ctx, in, "teacher-network", c.TeacherNetwork)
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
			return nil, bench.Refuse("teacher-network", c.TeacherNetwork, "%s is %.3g: neurons of this size give labels of about %.3g, whose products are not finite", m.Place(j*m.Columns+top), v[top], label)
		}
	}
	t, err := particles.NewTeacherNetwork(activation, rows, c.Weights)
	if err != nil {
		return nil, asInput("teacher-network", c.TeacherNetwork, err)
	}
	return t, nil
}

// norm is |v|, infinite only where it exceeds the largest float64.
func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum = math.Hypot(sum, x)
	}
	return sum
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
func (c *TaskChoice) rows(ctx context.Context, in *reading, key, path string) (*particles.Matrix, [][]float64, error) {
	m, err := in.files.matrix(ctx, path)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, err
	case err != nil:
		return nil, nil, bench.Refuse(key, path, "%v", err)
	case m.Rows > maxTeachers:
		return nil, nil, bench.Refuse(key, path, "it has %d rows; allowed are at most %d", m.Rows, maxTeachers)
	}
	in.notes = append(in.notes, m.Notes...)
	c.Sum = checksum(m.X)
	list := make([][]float64, m.Rows)
	for i := range list {
		list[i] = m.X[i*m.Columns : (i+1)*m.Columns]
	}
	return m, list, nil
}

// checksum is the SHA-256 of the numbers, little-endian.
func checksum(arrays ...[]float64) string {
	h := sha256.New()
	var word [8]byte
	for _, x := range arrays {
		for _, v := range x {
			binary.LittleEndian.PutUint64(word[:], math.Float64bits(v))
			h.Write(word[:]) // of a hash: never fails
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// parities returns sum c x_1...x_k.
func (c *TaskChoice) parities() (particles.Target, error) {
	if len(c.Weights) > 0 {
		return nil, bench.Refuse("teacher-weights", listed(c.Weights), "parities have their own coefficients, such as 1:0.25,4:0.75")
	}
	var terms []particles.Monomial
	for piece := range strings.SplitSeq(c.Parities, ",") {
		degree, weight, weighted := strings.Cut(piece, ":")
		k, err := quantity.Whole(degree)
		v := 1.0
		if err == nil && weighted {
			v, err = quantity.Value(weight)
		}
		if err != nil || k < 1 || k > bench.MaxDim || v == 0 {
			return nil, bench.Refuse("parities", c.Parities, "%q is no term; give degree:coefficient pairs such as 1:0.25,4:0.75, for .25 x_1 + .75 x_1 x_2 x_3 x_4", piece)
		}
		if slices.ContainsFunc(terms, func(t particles.Monomial) bool { return t.Degree == k }) {
			return nil, bench.Refuse("parities", c.Parities, "degree %d is given twice", k)
		}
		terms = append(terms, particles.Monomial{Coefficient: v, Degree: k})
	}
	return particles.NewMonomials(terms...)
}

// asInput makes a bench.InputError of another error.
func asInput(key string, value any, err error) error {
	var input *bench.InputError
	if errors.As(err, &input) {
		return err
	}
	return bench.Refuse(key, value, "%s", bench.Reason(err))
}

// listed writes a list as the command line takes it.
func listed(list []float64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}
