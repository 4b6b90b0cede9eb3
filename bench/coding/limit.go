package coding

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"kac/bench"
	limits "kac/meanfield/coding"
)

// LimitParameters are those of the table of limits.
type LimitParameters struct {
	Degrees   []int     `json:"degree"`
	Straggle  []float64 `json:"straggle"`
	Tolerance float64   `json:"tolerance"`
}

// Check sorts the lists. Every error is a bench.InputError.
func (p *LimitParameters) Check() (err error) {
	if len(p.Degrees) == 0 {
		return bench.Refuse("degree", "", "give the degree, how many machines hold a block, such as 3,4")
	}
	if len(p.Straggle) == 0 {
		return bench.Refuse("straggle", "", "give the probability to lose a machine, such as .25")
	}
	if p.Degrees, err = increasing("degree", p.Degrees, 1, limits.MaxDegree); err != nil {
		return err
	}
	if p.Straggle, err = CheckStraggle(p.Straggle); err != nil {
		return err
	}
	return bench.CheckNumber("tolerance", p.Tolerance, 1e-15, 1e-2, "absolute error of the limit")
}

// LimitRow is the ideal at one degree and probability.
type LimitRow struct {
	Degree   int
	Straggle float64
	limits.Limit
}

// Limits computes the table.
func Limits(ctx context.Context, p LimitParameters) ([]LimitRow, error) {
	var rows []LimitRow
	for _, d := range p.Degrees {
		for _, x := range p.Straggle {
			l, err := limits.Solve(ctx, d, x, p.Tolerance)
			var short *limits.ToleranceError
			if errors.As(err, &short) {
				return nil, bench.Refuse("tolerance", bench.Number(p.Tolerance), "at degree %d and straggle %s the error of the limit can be brought down to %.2g, not further", d, bench.Number(x), short.Reached)
			}
			if err != nil {
				return nil, err
			}
			rows = append(rows, LimitRow{d, x, l})
		}
	}
	return rows, nil
}

// LimitHeader is the first line of limit.csv.
const LimitHeader = "degree,straggle,error,error_error,finite,fixed,uncoded,frc"

// WriteLimits writes the table.
func WriteLimits(w io.Writer, rows []LimitRow) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, LimitHeader)
	for _, r := range rows {
		fmt.Fprintf(out, "%d,%s\n", r.Degree, bench.Fields(r.Straggle, r.Error, r.Wrong, r.Finite,
			limits.Fixed(float64(r.Degree), r.Straggle), limits.Uncoded(r.Straggle), limits.Fractional(r.Degree, r.Straggle)))
	}
	return out.Flush()
}
