package sweep

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"

	"kac/bench"
	"kac/internal/npy"
	"kac/internal/provenance"
)

// parquetSchema is the form of table.parquet; the columns are those of table.csv.
func parquetSchema(s *bench.Schema) *parquet.Schema {
	var fields []reflect.StructField
	add := func(name string, kind reflect.Type) {
		tag := name
		if kind.Kind() == reflect.String {
			tag += ",dict"
		}
		exported := "F" + strings.Repeat("x", len(fields)) // any name: the tag tells the column's
		fields = append(fields, reflect.StructField{Name: exported, Type: kind, Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", tag))})
	}
	columns := func(list []bench.Column) {
		for _, c := range list {
			add(c.Name, map[bench.Kind]reflect.Type{bench.Real: reflect.TypeFor[float64](), bench.Whole: reflect.TypeFor[int64](), bench.Text: reflect.TypeFor[string]()}[c.Kind])
		}
	}
	add("problem", reflect.TypeFor[string]())
	add("dim", reflect.TypeFor[int64]())
	add(s.Size, reflect.TypeFor[int64]())
	add("seed", reflect.TypeFor[uint64]())
	columns(s.Labels)
	columns(s.Columns)
	return parquet.NewSchema("tableRow", parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()))
}

// parquetRow makes a row of values in the order of their columns.
func parquetRow(values ...any) parquet.Row {
	row := make(parquet.Row, len(values))
	for i, v := range values {
		row[i] = parquet.ValueOf(v).Level(0, 0, i)
	}
	return row
}

// value is x as a column of the kind holds it.
func value(k bench.Kind, x any) any {
	switch v := x.(type) {
	case int:
		return int64(v)
	case float64:
		if k == bench.Whole {
			return int64(v)
		}
	}
	return x
}

// WriteParquet writes table.parquet. Its key-value metadata hold version and parameters; sessions,
// times and workers, on which its bytes must not depend, are in study.json.
func WriteParquet(w io.Writer, s *Study, results []*bench.Result) error {
	study, err := json.Marshal(s.Declared)
	if err != nil {
		return fmt.Errorf("encoding the study: %w", err)
	}
	parameters := make([]any, len(s.Groups))
	for i, g := range s.Groups {
		parameters[i] = g.Facts.Parameters
	}
	resolved, err := json.Marshal(parameters)
	if err != nil {
		return fmt.Errorf("encoding the parameters: %w", err)
	}
	schema := s.schema()
	out := parquet.NewGenericWriter[any](w, parquetSchema(schema), parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("kac", provenance.Version, ""),
		parquet.KeyValueMetadata("kac.version", provenance.Version),
		parquet.KeyValueMetadata("kac.study", string(study)),
		parquet.KeyValueMetadata("kac.parameters", string(resolved)))
	for _, r := range results {
		f := &r.Facts
		rows := make([]parquet.Row, 0, f.Points)
		for _, c := range r.Cells {
			rows = rows[:0]
			for i := range c.Rows() {
				values := []any{f.Problem, int64(f.Dim), int64(c.Size), c.Seed}
				for k, l := range f.Labels {
					values = append(values, value(schema.Labels[k].Kind, l))
				}
				for k, x := range c.Row(i) {
					values = append(values, value(schema.Columns[k].Kind, x))
				}
				rows = append(rows, parquetRow(values...))
			}
			if _, err := out.WriteRows(rows); err != nil {
				return fmt.Errorf("writing Parquet rows: %w", err)
			}
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("finishing the Parquet file: %w", err)
	}
	return nil
}

// timesArray is the name of the array of times.
const timesArray = "times"

// arraysOf names the .npy files of a group: what is summarised, sizes x seeds x times, and the times.
func arraysOf(s *bench.Schema) []string {
	return append(bench.Names(s.Summarised()), timesArray)
}

// array is the numbers of a group's array, the last index running fastest, and their shape.
func array(r *bench.Result, name string) (data []float64, shape []int) {
	f := &r.Facts
	if name == timesArray {
		return f.Times, []int{len(f.Times)}
	}
	column := 0
	for i, c := range f.Schema.Columns {
		if c.Name == name {
			column = i
		}
	}
	for _, c := range r.Cells { // size after size, seed after seed, all with the same times
		for k := range c.Rows() {
			data = append(data, c.Value(k, column))
		}
	}
	return data, []int{len(f.Sizes), f.Seeds, len(f.Times)}
}

func writeArray(w io.Writer, data []float64, shape []int) error {
	if err := npy.Write(w, data, shape...); err != nil {
		return fmt.Errorf("encoding an array: %w", err)
	}
	return nil
}
