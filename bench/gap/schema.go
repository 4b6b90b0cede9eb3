package gap

import (
	"slices"

	"kac/bench"
)

// Schema is the form of the tables of gap studies: a column is declared here, a Row has its field, and Row.numbers ties
// the two.
var Schema = &bench.Schema{
	Measure: "gap", Size: "width", Sizes: "widths", Letter: "m", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "horizon", Unit: "paper time", Meaning: "last time"},
		{Name: "dynamics", Kind: bench.Text, Meaning: "flow or descent"},
		{Name: "precision", Kind: bench.Text, Meaning: "of the velocities"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "paper time t"},
		{Name: "risk", Meaning: "‖f_m − f*‖²", How: bench.Averaged, Formula: "‖*f* − *f*^{\\*}‖^2"},
		{Name: "reference_risk", Meaning: "‖f_MF − f*‖²", Formula: "‖*f*_{MF} − *f*^{\\*}‖^2"},
		{Name: "function_error", Meaning: "‖f_m − f_MF‖²", How: bench.Scaled, Mean: "m_function_error", Formula: "‖*f*_{*m*} − *f*_{MF}‖^2"},
		{Name: "coupling_mean", Meaning: "mean over the particles of |Δ_i|, the distance to the twin", How: bench.Scaled, Square: true, Rests: true,
			Mean: "m_coupling2", Slope: "coupling_mean^2", Formula: "(mean_{*i*} |Δ_{*i*}|)^2"},
		{Name: "coupling_max", Meaning: "maximum over the particles of |Δ_i|", Formula: "max_{*i*} |Δ_{*i*}|"},
		{Name: "coupling_square", Meaning: "mean of |Δ_i|²", How: bench.Scaled, Rests: true, Mean: "m_coupling_square", Formula: "mean_{*i*} |Δ_{*i*}|^2"},
	},
	Limit: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "paper time t"},
		{Name: "risk", Meaning: "‖f_MF − f*‖²"},
		{Name: "risk_error", Meaning: "its absolute error"},
		{Name: "self_energy", Meaning: "‖f_MF‖²"},
		{Name: "gap_constant", Meaning: "C(t) = lim m E‖f_m − f_MF‖²"},
		{Name: "gap_constant_error", Meaning: "its absolute error"},
		{Name: "coupling_constant", Meaning: "lim m E|Δ|², the mean of squares"},
		{Name: "mean_coupling_constant", Meaning: "lim m E(mean_i |Δ_i|)², the squared mean"},
		{Name: "mean_coupling_constant_error", Meaning: "its absolute error"},
	},
	LimitLabels: 1,
}

// numbers are the columns of a row, in the order of Schema.Columns.
func (r *Row) numbers() [rowNumbers]*float64 {
	return [rowNumbers]*float64{&r.Time, &r.Risk, &r.ReferenceRisk, &r.FunctionError, &r.CouplingMean, &r.CouplingMax, &r.CouplingSquare}
}

const rowNumbers = 7

// Header is the first line of gap.csv; one row per width, seed and time, in that order.
var Header = Schema.RunHeader("seed", "precision")

// Place is the cell's width and seed.
func (c Cell) Place() (size int, seed uint64) { return c.Width, c.Seed }

// Value is that of a row and a column of Schema.
func (c Cell) Value(row, column int) float64 { return *c.Rows[row].numbers()[column] }

// values are the rows as bench has them.
func (c Cell) values() []float64 {
	out := make([]float64, 0, rowNumbers*len(c.Rows))
	for i := range c.Rows {
		for _, x := range c.Rows[i].numbers() {
			out = append(out, *x)
		}
	}
	return out
}

// cellOf is the cell that bench keeps as numbers.
func cellOf(c bench.Cell) Cell {
	out := Cell{Width: c.Size, Seed: c.Seed, Rows: make([]Row, c.Rows())}
	for i := range out.Rows {
		for k, x := range out.Rows[i].numbers() {
			*x = c.Value(i, k)
		}
	}
	return out
}

// scaled is the place of a column among those of Means.
func scaled(name string) int {
	return slices.IndexFunc(Schema.Summarised(), func(c bench.Column) bool { return c.Name == name })
}
