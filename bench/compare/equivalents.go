package compare

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"

	"kac/bench"
	"kac/meanfield/ridge"
)

// Equivalent is what a kernel does with n samples, without any data.
type Equivalent struct {
	Dim, Samples int
	Predictor    string
	Ridge        float64 // NaN: none, as of the floor
	ridge.Risk
}

// Equivalents returns the rows of every dimension, number of samples and kernel among the predictors.
func (p *Parameters) Equivalents() ([]Equivalent, error) {
	var rows []Equivalent
	for i, d := range p.Dims {
		problem, err := p.ProblemIn(d)
		if err != nil {
			return nil, err
		}
		for _, n := range p.sizes[i] {
			rows = append(rows, p.equivalents(problem, n)...)
		}
	}
	return rows, nil
}

func (p *Parameters) equivalents(problem *ridge.Problem, n int) (rows []Equivalent) {
	x := float64(n)
	for _, name := range p.Predictors {
		row := Equivalent{Dim: problem.Dim(), Samples: n, Predictor: name, Ridge: math.NaN()}
		switch name {
		case NTK, Best:
			kernel, ridges := p.kernel(problem, name, x)
			for _, row.Ridge = range ridges {
				row.Risk = problem.Equivalent(kernel, x, row.Ridge, p.Noise)
				rows = append(rows, row)
			}
		case Floor:
			row.Risk = problem.Floor(x)
			rows = append(rows, row)
		}
	}
	return rows
}

// kernel returns a kernel by its name and its ridges at n samples. That of the best kernel is no choice: it is the
// noise's variance.
func (p *Parameters) kernel(problem *ridge.Problem, name string, n float64) (ridge.Kernel, []float64) {
	if name == Best {
		return problem.Best(), []float64{p.Noise * p.Noise}
	}
	kernel := problem.NTK()
	var ridges []float64
	for _, r := range p.ridges {
		switch {
		case !math.IsNaN(r):
		case p.Noise == 0:
			r = 0
		default:
			r = bench.Significant(problem.BestRidge(kernel, n, p.Noise))
		}
		if !slices.Contains(ridges, r) { // auto may be one of the others
			ridges = append(ridges, r)
		}
	}
	return kernel, ridges
}

// WriteEquivalents writes equivalent.csv.
func (p *Parameters) WriteEquivalents(w io.Writer, rows []Equivalent) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "dim,samples,predictor,risk,ridge")
	for _, t := range p.degrees() {
		fmt.Fprintf(out, ",risk_%d", t)
	}
	fmt.Fprintln(out)
	for _, r := range rows {
		fmt.Fprintf(out, "%d,%d,%s,%s,%s", r.Dim, r.Samples, r.Predictor, field(r.Total), field(r.Ridge))
		for _, part := range r.Parts {
			fmt.Fprint(out, ",", field(part))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// degrees are those of the activation, in the order of a Risk's parts.
func (p *Parameters) degrees() (list []int) {
	for _, t := range p.terms {
		if t.Network != 0 {
			list = append(list, t.Degree)
		}
	}
	return list
}

// field prints a number, nothing for NaN and infinities.
func field(x float64) string { return bench.OrEmpty(bench.Finite(x)) }
