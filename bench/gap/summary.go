package gap

import (
	"slices"

	"kac/bench"
)

// Scaled gap quantities, summarised over seeds.
const (
	QuantityFunction = "m*function_error"  // m ||f_m - f_MF||^2
	QuantityCoupling = "m*coupling_mean^2" // m (mean_i |Delta_i|)^2
	QuantitySquare   = "m*coupling_square" // m mean_i |Delta_i|^2
)

// Summary holds, per time and width, means over seeds of the scaled gap quantities, and per time
// the exponents of the unscaled ones in m: -1 means that the gap closes like 1/m.
type Summary struct {
	Times         []float64
	Widths        []int
	Seeds         int // fewest seeds of a width
	ReferenceRisk []float64
	Risk          [][]bench.Mean // [time][width], of the networks
	Function      Scaled
	Coupling      Scaled // of the squared mean, (mean_i |Delta_i|)^2
	Square        Scaled // of the mean square, mean_i |Delta_i|^2, never smaller
	Limit         *Limit // of the three as m -> infinity; nil where it was not computed
}

// summarised is one of the quantities, with its limit if that is known.
type summarised struct {
	name, title, sign string
	scaled            *Scaled
	limit             *Known
}

// all are the quantities in the order of tables.
func (s *Summary) all() []summarised {
	out := []summarised{
		{QuantityFunction, "Function error, m ||f_m - f_MF||^2", "C(t)", &s.Function, nil},
		{QuantityCoupling, "Coupling, squared mean: m (mean_i |Delta_i|)^2", "limit", &s.Coupling, nil},
		{QuantitySquare, "Coupling, mean square: m mean_i |Delta_i|^2", "limit", &s.Square, nil},
	}
	if known := s.Limit.At(s.Times); known != nil {
		for i := range out {
			out[i].limit = &known[i]
		}
	}
	return out
}

// Scaled summarises one quantity.
type Scaled = bench.ColumnMeans

// Summarise summarises cells that all have the same times. Widths without a cell are left out.
func Summarise(widths []int, cells []Cell) Summary {
	points := 0
	if len(cells) > 0 {
		points = len(cells[0].Rows)
	}
	means := bench.Summarise(Schema, widths, points, cells)
	s := Summary{Times: means.Times, Widths: means.Sizes, Seeds: means.Seeds}
	if len(means.Columns) == 0 {
		return s
	}
	s.Function, s.Coupling, s.Square = means.Columns[scaled("function_error")], means.Columns[scaled("coupling_mean")], means.Columns[scaled("coupling_square")]
	s.Risk = means.Columns[scaled("risk")].Mean
	first := slices.IndexFunc(cells, func(c Cell) bool { return c.Width == s.Widths[0] })
	for _, row := range cells[first].Rows {
		s.ReferenceRisk = append(s.ReferenceRisk, row.ReferenceRisk)
	}
	return s
}
