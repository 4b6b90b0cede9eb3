package gap

import "kac/bench"

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
	Function      Scaled
	Coupling      Scaled // of the squared mean, (mean_i |Delta_i|)^2
	Square        Scaled // of the mean square, mean_i |Delta_i|^2, never smaller
}

// Scaled summarises one quantity.
type Scaled struct {
	Mean      [][]bench.Mean    // [time][width], m times the quantity
	Exponents []*bench.Exponent // [time], of the quantity in m; nil where none can be fitted
	// Overall is the exponent of the quantity's mean over all times after 0. Times of one run are
	// correlated, so they are averaged within each seed before the fit and do not narrow it.
	Overall *bench.Exponent
}

// Summarise summarises cells that all have the same times. Widths without a cell are left out.
func Summarise(widths []int, cells []Cell) Summary {
	var s Summary
	var byWidth [][]Cell
	for _, m := range widths {
		var own []Cell
		for _, c := range cells {
			if c.Width == m {
				own = append(own, c)
			}
		}
		if len(own) == 0 {
			continue
		}
		s.Widths = append(s.Widths, m)
		byWidth = append(byWidth, own)
		if s.Seeds == 0 || len(own) < s.Seeds {
			s.Seeds = len(own)
		}
	}
	if len(byWidth) == 0 {
		return s
	}
	for _, row := range byWidth[0][0].Rows {
		s.Times = append(s.Times, row.Time)
		s.ReferenceRisk = append(s.ReferenceRisk, row.ReferenceRisk)
	}
	s.Function = s.scaled(byWidth, func(r Row) float64 { return r.FunctionError })
	s.Coupling = s.scaled(byWidth, func(r Row) float64 {
		if r.Time == 0 { // a particle and its twin start at one point; what differs is rounding
			return 0
		}
		return r.CouplingMean * r.CouplingMean
	})
	s.Square = s.scaled(byWidth, func(r Row) float64 {
		if r.Time == 0 {
			return 0
		}
		return r.CouplingSquare
	})
	return s
}

func (s *Summary) scaled(byWidth [][]Cell, quantity func(Row) float64) Scaled {
	var out Scaled
	average := make([][]float64, len(byWidth))
	for i, cells := range byWidth {
		average[i] = make([]float64, len(cells))
	}
	later := 0.0
	for t, time := range s.Times {
		means := make([]bench.Mean, len(byWidth))
		values := make([][]float64, len(byWidth))
		for i, cells := range byWidth {
			scaled := make([]float64, len(cells))
			for j, c := range cells {
				x := quantity(c.Rows[t])
				values[i] = append(values[i], x)
				scaled[j] = float64(s.Widths[i]) * x
				if time > 0 {
					average[i][j] += x
				}
			}
			means[i] = bench.MeanOf(scaled)
		}
		if time > 0 {
			later++
		}
		out.Mean = append(out.Mean, means)
		out.Exponents = append(out.Exponents, bench.FitOrNil(s.Widths, values))
	}
	if later > 0 {
		for i := range average {
			for j := range average[i] {
				average[i][j] /= later
			}
		}
		out.Overall = bench.FitOrNil(s.Widths, average)
	}
	return out
}
