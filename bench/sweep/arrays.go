package sweep

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"kac/bench/gap"
	"kac/internal/npy"
	"kac/internal/provenance"
)

// tableRow is a row of table.parquet; the columns are those of table.csv.
type tableRow struct {
	Problem        string  `parquet:"problem,dict"`
	Dim            int64   `parquet:"dim"`
	Width          int64   `parquet:"width"`
	Seed           uint64  `parquet:"seed"`
	Horizon        float64 `parquet:"horizon"`
	Dynamics       string  `parquet:"dynamics,dict"`
	Precision      string  `parquet:"precision,dict"`
	Time           float64 `parquet:"time"`
	Risk           float64 `parquet:"risk"`
	ReferenceRisk  float64 `parquet:"reference_risk"`
	FunctionError  float64 `parquet:"function_error"`
	CouplingMean   float64 `parquet:"coupling_mean"`
	CouplingMax    float64 `parquet:"coupling_max"`
	CouplingSquare float64 `parquet:"coupling_square"`
}

// WriteParquet writes table.parquet. Its key-value metadata hold version and parameters; sessions,
// times and workers, on which its bytes must not depend, are in study.json.
func WriteParquet(w io.Writer, s *Study, groups []*GroupResults) error {
	study, err := json.Marshal(s.Declared)
	if err != nil {
		return fmt.Errorf("encoding the study: %w", err)
	}
	parameters := make([]gap.Parameters, len(s.Groups))
	for i, g := range s.Groups {
		parameters[i] = g.Parameters
	}
	resolved, err := json.Marshal(parameters)
	if err != nil {
		return fmt.Errorf("encoding the parameters: %w", err)
	}
	out := parquet.NewGenericWriter[tableRow](w, parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("kac", provenance.Version, ""),
		parquet.KeyValueMetadata("kac.version", provenance.Version),
		parquet.KeyValueMetadata("kac.study", string(study)),
		parquet.KeyValueMetadata("kac.parameters", string(resolved)))
	for _, g := range groups {
		p := &g.Parameters
		rows := make([]tableRow, 0, p.Points)
		for _, c := range g.Cells {
			rows = rows[:0]
			for _, r := range c.Rows {
				rows = append(rows, tableRow{
					g.Problem.Name(), int64(p.Dim), int64(c.Width), c.Seed, p.Horizon, p.Dynamics, p.Precision,
					r.Time, r.Risk, r.ReferenceRisk, r.FunctionError, r.CouplingMean, r.CouplingMax, r.CouplingSquare,
				})
			}
			if _, err := out.Write(rows); err != nil {
				return fmt.Errorf("writing Parquet rows: %w", err)
			}
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("finishing the Parquet file: %w", err)
	}
	return nil
}

// array is an .npy file of a group: numbers, the last index running fastest, and their shape.
type array struct {
	name  string
	value func(*GroupResults) (data []float64, shape []int)
}

// Arrays of a group: widths x seeds x times, and the times.
var arrays = []array{
	{"function_error", cube(func(r *gap.Row) float64 { return r.FunctionError })},
	{"coupling_mean", cube(func(r *gap.Row) float64 { return r.CouplingMean })},
	{"coupling_square", cube(func(r *gap.Row) float64 { return r.CouplingSquare })},
	{"risk", cube(func(r *gap.Row) float64 { return r.Risk })},
	{"times", func(g *GroupResults) ([]float64, []int) {
		times := g.Parameters.Times()
		return times, []int{len(times)}
	}},
}

func cube(value func(*gap.Row) float64) func(*GroupResults) ([]float64, []int) {
	return func(g *GroupResults) (data []float64, shape []int) {
		times := 0
		for _, c := range g.Cells { // width after width, seed after seed, all with the same times
			times = len(c.Rows)
			for k := range c.Rows {
				data = append(data, value(&c.Rows[k]))
			}
		}
		return data, []int{len(g.Parameters.Widths), g.Parameters.Seeds, times}
	}
}

func writeArray(w io.Writer, data []float64, shape []int) error {
	if err := npy.Write(w, data, shape...); err != nil {
		return fmt.Errorf("encoding an array: %w", err)
	}
	return nil
}
