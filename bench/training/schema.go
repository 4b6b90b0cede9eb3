package training

import (
	"slices"

	"kac/bench"
)

// Schema is the form of the tables of trainings: a column is declared here, a Row has its field, and Row.numbers ties
// the two.
var Schema = &bench.Schema{
	Measure: "train", Size: "width", Sizes: "widths", Letter: "m", Seeds: "repeats", Together: true,
	Labels: []bench.Column{
		{Name: "horizon", Unit: "paper time", Meaning: "last time"},
		{Name: "samples", Kind: bench.Whole, Meaning: "fixed training samples; 0: fresh batches"},
		{Name: "batch", Kind: bench.Whole, Meaning: "samples a step"},
		{Name: "noise", Meaning: "standard deviation of the label noise"},
		{Name: "eta", Unit: "paper time", Meaning: "step"},
		{Name: "reference", Kind: bench.Text, Meaning: "wide, exact, reduced or descent"},
		{Name: "precision", Kind: bench.Text, Meaning: "of the training"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "step number times eta"},
		{Name: "risk", How: bench.Averaged, Formula: "‖*f*_{*m*} − *f*^{\\*}‖^2",
			Meaning: "‖f_m − f*‖²; with data of one's own the mean square of y − f_m on the training inputs"},
		{Name: "risk_se", Meaning: "its standard error; 0 in closed form"},
		{Name: "reference_risk", How: bench.Averaged, Formula: "‖*f*_{ref} − *f*^{\\*}‖^2", Meaning: "the same of the reference"},
		{Name: "reference_risk_se", Meaning: "its standard error, or the error of an exact one"},
		{Name: "function_error", How: bench.Scaled, Mean: "m_function_error", Formula: "‖*f*_{*m*} − *f*_{ref}‖^2", Meaning: "‖f_m − f_ref‖²"},
		{Name: "function_error_se", Meaning: "its standard error"},
		{Name: "coupling_mean", How: bench.Scaled, Square: true, Rests: true, Mean: "m_coupling2", Slope: "coupling_mean^2",
			Formula: "(mean_{*i*} |Δ_{*i*}|)^2", Meaning: "mean over the particles of |Δ_i|"},
		{Name: "coupling_max", Meaning: "their maximum", Formula: "max_{*i*} |Δ_{*i*}|"},
		{Name: "coupling_square", How: bench.Scaled, Rests: true, Mean: "m_coupling_square", Formula: "mean_{*i*} |Δ_{*i*}|^2", Meaning: "mean of |Δ_i|²"},
		{Name: "step_angle", Unit: "rad", Meaning: "root mean square angle by which the last step turned the particles"},
	},
}

// WithTests is Schema where the study has test data of the user.
var WithTests = withTests(*Schema)

func withTests(s bench.Schema) *bench.Schema {
	s.Columns = append(slices.Clone(s.Columns), []bench.Column{
		{Name: "test_risk", How: bench.Averaged, Meaning: "with test data: the mean square of y − f_m on them", Formula: "mean (*y* − *f*_{*m*})^2"},
		{Name: "test_risk_se", Meaning: "its standard error"},
		{Name: "reference_test_risk", Meaning: "the same of the reference", Formula: "mean (*y* − *f*_{ref})^2"},
		{Name: "reference_test_risk_se", Meaning: "its standard error"},
	}...)
	return &s
}

// schema is that of the study's tables.
func (p *Parameters) schema() *bench.Schema {
	if p.TestInputs != "" {
		return WithTests
	}
	return Schema
}

// header is the first line of the study's table, and numbers how many of its columns hold numbers that are not counts.
func (p *Parameters) header() (header string, numbers int) {
	s := p.schema()
	return s.RunHeader("repeat", "step"), len(s.Columns)
}

// numbers are the columns of a row after its counts, those of WithTests.
func (r *Row) numbers() []*float64 {
	return []*float64{&r.Time, &r.Risk.Value, &r.Risk.SE, &r.ReferenceRisk.Value, &r.ReferenceRisk.SE, &r.FunctionError.Value, &r.FunctionError.SE,
		&r.CouplingMean, &r.CouplingMax, &r.CouplingSquare, &r.Turn, &r.TestRisk.Value, &r.TestRisk.SE, &r.ReferenceTestRisk.Value, &r.ReferenceTestRisk.SE}
}
