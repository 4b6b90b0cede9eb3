package theory

import (
	"errors"
	"slices"
	"strings"

	"kac/bench"
)

// ScalingParameters say everything that determines the numbers of `kac scaling`.
type ScalingParameters struct {
	Problems []string `json:"problems"` // presets of rank 1
	Dims     []int    `json:"dims"`
	Delta    float64  `json:"delta"` // T(delta) = first time with risk <= delta^2, Theorem 9 of the paper
	// FitFrom is the smallest dimension in the fits, 0: the third largest.
	FitFrom   int     `json:"fit_from"`
	Tolerance float64 `json:"tolerance"`
	// ConstantsTime bounds T for computing C(t) up to T; beyond, its cost, which grows like T^2 to T^3, is
	// out of reach and the column is empty.
	ConstantsTime float64 `json:"constants_time"`
	MaxTime       float64 `json:"max_time"` // T is searched up to here
}

// Check fills in what follows from the rest. Every error is a bench.InputError that names the parameter.
func (p *ScalingParameters) Check() error {
	if len(p.Problems) == 0 {
		return bench.Refuse("problem", "", "name one or more problems by name, such as he4,he6")
	}
	if len(p.Dims) < 2 {
		return bench.Refuse("dims", bench.Wholes(p.Dims, ","), "give at least two dimensions, such as 32,64,128")
	}
	p.Dims = slices.Clone(p.Dims)
	slices.Sort(p.Dims)
	for i, name := range p.Problems {
		if slices.Contains(p.Problems[:i], name) {
			return bench.Refuse("problem", strings.Join(p.Problems, ","), "%s is there twice; every problem may appear once", name)
		}
		for j, d := range p.Dims {
			if j > 0 && d == p.Dims[j-1] {
				return bench.Refuse("dims", d, "it is there twice; every dimension may appear once")
			}
			if d == 0 {
				return bench.Refuse("dims", d, "allowed are dimensions from 3 to %d", bench.MaxDim)
			}
			c := bench.ProblemChoice{Problem: name, Dim: d}
			problem, err := c.Make()
			var input *bench.InputError
			if errors.As(err, &input) && input.Key == "dim" {
				input.Key = "dims"
			}
			if err != nil {
				return err
			}
			if problem.Rank() > 1 {
				return noReduction("problem", name, problem)
			}
		}
	}
	for _, err := range []error{
		bench.CheckPositive("delta", p.Delta, 1, "root of the risk to reach"),
		bench.CheckTolerance(p.Tolerance),
		bench.CheckPositive("max-time", p.MaxTime, bench.MaxTime, "paper time"),
		bench.CheckNumber("constants-time", p.ConstantsTime, 0, bench.MaxTime, "paper time"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Tolerance > p.Delta*p.Delta/10 {
		return bench.Refuse("tolerance", bench.Number(p.Tolerance), "must be at most a tenth of delta^2 = %s, the risk to reach", bench.Number(p.Delta*p.Delta))
	}
	if p.FitFrom == 0 {
		p.FitFrom = p.Dims[max(0, len(p.Dims)-3)]
	}
	if n := len(p.Dims); p.FitFrom > p.Dims[n-2] {
		return bench.Refuse("fit-from", p.FitFrom, "leaves fewer than two dimensions to fit; allowed are numbers up to %d", p.Dims[n-2])
	}
	return nil
}
