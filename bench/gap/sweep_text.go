package gap

import (
	"math"
	"strconv"

	"kac/bench"
)

// sweepText is a table for people: each group's last time, each width's scaled gaps there.
func sweepText(results []*bench.Result) (string, error) {
	rows := [][]string{{"group", "T", "risk", "m", "m*function error", "m*coupling^2", "C(T)", "coupling's limit", "exponent of m"}}
	for _, r := range results {
		g := ResultsOf(r)
		last := g.Reference[len(g.Reference)-1]
		for i, m := range g.Summary.Widths {
			k := len(g.Summary.Times) - 1
			row := []string{"", "", "", strconv.Itoa(m), g.Summary.Function.Mean[k][i].Text(), g.Summary.Coupling.Mean[k][i].Text(), "", "", ""}
			if i == 0 {
				row[0], row[1], row[2] = g.Name, bench.Number(g.Parameters.Horizon), strconv.FormatFloat(last.Risk, 'g', 4, 64)
				row[6], row[7] = bench.Mean{Value: last.Constant, SE: math.NaN()}.Text(), bench.Mean{Value: last.MeanCoupling, SE: math.NaN()}.Text()
				row[8] = g.Summary.Function.Exponents[k].Text()
			}
			rows = append(rows, row)
		}
	}
	return "Scaled gaps at the last time, means over seeds with standard errors in brackets; C(T) is the exact limit of m*function error, the coupling's limit that of m*coupling^2, the squared mean.\n\n" + bench.Columns(rows, 1), nil
}
