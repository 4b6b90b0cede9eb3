package bench

import "slices"

// Means are the summarised columns of a group: by time and size, over the seeds.
type Means struct {
	Times   []float64
	Sizes   []int
	Seeds   int           // fewest of a size
	Columns []ColumnMeans // those of Schema.Summarised, in its order
}

// ColumnMeans summarise one column.
type ColumnMeans struct {
	Column Column
	Mean   [][]Mean // [time][size]; of scaled columns, the size times it
	// Law is what predicts the means, of Column.Law: [time][size], NaN where it is not known; nil without one.
	Law [][]float64
	// Exponents are those of the size in a scaled column, by time, without the scale: -1 means that the gap closes like
	// 1/size. nil where none can be fitted.
	Exponents []*Exponent
	// Overall is the exponent of a scaled column's mean over all times after 0. Times of one run are
	// correlated, so they are averaged within each seed before the fit and do not narrow it.
	Overall *Exponent
}

// Seen is a cell whose values are known.
type Seen interface {
	Place() (size int, seed uint64)
	Value(row, column int) float64 // by time, in the order of Schema.Columns
}

// Summarise summarises cells that all have the same times. Sizes without a cell are left out.
func Summarise[C Seen](s *Schema, sizes []int, points int, cells []C) *Means {
	var out Means
	var bySize [][]C
	for _, m := range sizes {
		var own []C
		for _, c := range cells {
			if size, _ := c.Place(); size == m {
				own = append(own, c)
			}
		}
		if len(own) == 0 {
			continue
		}
		out.Sizes = append(out.Sizes, m)
		bySize = append(bySize, own)
		if out.Seeds == 0 || len(own) < out.Seeds {
			out.Seeds = len(own)
		}
	}
	if len(bySize) == 0 {
		return &out
	}
	for t := range points {
		out.Times = append(out.Times, bySize[0][0].Value(t, 0))
	}
	for _, how := range []How{Scaled, Averaged} {
		for i, c := range s.Columns {
			if c.How == how {
				m := summarise(&out, c, i, bySize)
				if law := slices.Index(Names(s.Columns), c.Law); law >= 0 {
					predict(&m, &out, law, bySize)
				}
				out.Columns = append(out.Columns, m)
			}
		}
	}
	return &out
}

// predict sets the law: a column whose values are those of any seed.
func predict[C Seen](m *ColumnMeans, s *Means, column int, bySize [][]C) {
	for t := range s.Times {
		row := make([]float64, len(bySize))
		for i, cells := range bySize {
			if row[i] = cells[0].Value(t, column); m.Column.How == Scaled {
				row[i] *= float64(s.Sizes[i])
			}
		}
		m.Law = append(m.Law, row)
	}
}

func summarise[C Seen](s *Means, column Column, index int, bySize [][]C) ColumnMeans {
	out := ColumnMeans{Column: column}
	average := make([][]float64, len(bySize))
	for i, cells := range bySize {
		average[i] = make([]float64, len(cells))
	}
	later := 0.0
	for t, time := range s.Times {
		means := make([]Mean, len(bySize))
		values := make([][]float64, len(bySize))
		for i, cells := range bySize {
			scaled := make([]float64, len(cells))
			for j, c := range cells {
				x := column.Summand(c.Value(t, index), time)
				values[i] = append(values[i], x)
				if scaled[j] = x; column.How == Scaled {
					scaled[j] = float64(s.Sizes[i]) * x
				}
				if time > 0 {
					average[i][j] += x
				}
			}
			means[i] = MeanOf(scaled)
		}
		if time > 0 {
			later++
		}
		out.Mean = append(out.Mean, means)
		if column.How == Scaled {
			out.Exponents = append(out.Exponents, FitOrNil(s.Sizes, values))
		}
	}
	if later > 0 && column.How == Scaled {
		for i := range average {
			for j := range average[i] {
				average[i][j] /= later
			}
		}
		out.Overall = FitOrNil(s.Sizes, average)
	}
	return out
}

// WholeSizes returns the cells of the sizes of which every seed is there, and which sizes those are.
// The cells are given by size and seed.
func WholeSizes[C Seen](all []int, seeds int, cells []C) (whole []C, sizes, missing []int) {
	for _, m := range all {
		n := len(whole)
		for _, c := range cells {
			if size, _ := c.Place(); size == m {
				whole = append(whole, c)
			}
		}
		if len(whole)-n == seeds {
			sizes = append(sizes, m)
		} else {
			whole, missing = whole[:n], append(missing, m)
		}
	}
	return whole, sizes, missing
}
