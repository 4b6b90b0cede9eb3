package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"kac/bench"
	"kac/internal/layout"
	"kac/internal/visible"
)

// Formats of what is printed on standard output.
const (
	formatText = "text"
	formatCSV  = "csv"
	formatJSON = "json"
)

func checkFormat(format string) error {
	return oneOf("format", format, formatText, formatCSV, formatJSON)
}

// output is data that can be printed in every format: csv writes the table, text the one for people, nil: the columns
// of the table.
type output struct {
	program    string // kac gap
	parameters any    // of the JSON; nil: none
	summary    any    // beside the rows of the JSON; nil: none
	csv        func(io.Writer) error
	text       func(io.Writer) error
	more       []moreRows // further tables of the JSON
}

// moreRows is a table under its own key.
type moreRows struct {
	key string
	csv func(io.Writer) error
}

// print writes the data on standard output.
func (p *process) print(format string, o output) error {
	write := o.csv
	switch format {
	case formatJSON:
		write = o.json
	case formatText:
		write = p.fitted(o.text)
		if o.text == nil {
			write = p.fitted(func(w io.Writer) error { return o.table(w, p.width()) })
		}
	}
	if err := write(p.stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// say writes a note; in names and paths of it what a terminal would obey, line breaks too, is escaped.
func say(stderr io.Writer, format string, arguments ...any) {
	for i, a := range arguments {
		switch a := a.(type) {
		case string:
			arguments[i] = visible.Text(a)
		case error:
			arguments[i] = visible.Text(a.Error())
		}
	}
	fmt.Fprintf(stderr, format, arguments...)
}

// answers are the headings of what a table is printed for, and of the width that it belongs to.
var answers = []string{"scheme", "error", "gamma", "eps", "lambda", "value", "T", "R", "m", "width", "m*function error", "m*coupling^2", "C(T)", "margin", "value gap", "round", "bias", "|x_inf - x*|", "test error", "worst error", "flow"}

// fitted makes a text fit the terminal, or 80 columns where there is none.
func (p *process) fitted(text func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		var b bytes.Buffer
		if err := text(&b); err != nil {
			return err
		}
		return layout.Fit(w, b.String(), p.width(), answers...)
	}
}

// isTerminal reports whether standard output is read by a person.
func (p *process) isTerminal() bool {
	file, isFile := p.stdout.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}

func (p *process) width() int {
	if file, isFile := p.stdout.(*os.File); isFile {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width >= 20 {
			return width
		}
	}
	return 80
}

// records reads the table back; the first row is the header.
func (o *output) records() ([][]string, error) { return recordsOf(o.csv) }

func recordsOf(table func(io.Writer) error) ([][]string, error) {
	var b bytes.Buffer
	if err := table(&b); err != nil {
		return nil, err
	}
	records, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	return records, nil
}

// json writes an object with the parameters and the rows, whose keys are the columns and whose numbers are spelled as
// in the table; what is empty or not finite there is null.
func (o *output) json(w io.Writer) error {
	records, err := o.records()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	encode := func(v any) error {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encoding the table: %w", err)
		}
		b.Write(data)
		return nil
	}
	b.WriteString(`{"program":`)
	if err := encode(o.program); err != nil {
		return err
	}
	if o.parameters != nil {
		b.WriteString(`,"parameters":`)
		if err := encode(o.parameters); err != nil {
			return err
		}
	}
	if o.summary != nil {
		b.WriteString(`,"summary":`)
		if err := encode(o.summary); err != nil {
			return err
		}
	}
	if err := writeRows(&b, "rows", records, encode); err != nil {
		return err
	}
	for _, table := range o.more {
		if records, err = recordsOf(table.csv); err != nil {
			return err
		}
		if err := writeRows(&b, table.key, records, encode); err != nil {
			return err
		}
	}
	b.WriteString("}")
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		return fmt.Errorf("encoding the table: %w", err)
	}
	_, err = fmt.Fprintln(w, out.String())
	return err
}

// writeRows adds the rows of a table under a key.
func writeRows(b *bytes.Buffer, key string, records [][]string, encode func(any) error) error {
	b.WriteByte(',')
	if err := encode(key); err != nil {
		return err
	}
	b.WriteString(":[")
	for i, record := range records[1:] {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('{')
		for k, field := range record {
			if k > 0 {
				b.WriteByte(',')
			}
			if err := encode(records[0][k]); err != nil {
				return err
			}
			b.WriteByte(':')
			switch {
			case slices.Contains(textColumns, records[0][k]):
				if err := encode(field); err != nil {
					return err
				}
			case json.Valid([]byte(field)):
				b.WriteString(field)
			default:
				b.WriteString("null")
			}
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	return nil
}

// textColumns are those whose fields are texts, whatever they look like.
var textColumns = []string{"algorithm", "dominant", "step_rule", "verdict", "problem", "noised", "beta", "start_1", "start_2", "predictor", "scheme", "graph", "p", "active", "excluded", "quantity", "dynamics", "precision", "group", "part", "path", "fault", "formula", "form",
	"operation", "type", "shape", "version", "revision", "go_version", "os", "arch", "goamd64", "cpu", "cpu_features", "kernel_level", "bf16_engine"}

// table writes the columns for people, numbers to six digits: as many of the first ones as there is room for.
func (o *output) table(w io.Writer, width int) error {
	records, err := o.records()
	if err != nil {
		return err
	}
	for _, record := range records[1:] {
		for k, field := range record {
			if x, err := strconv.ParseFloat(field, 64); err == nil && strings.ContainsAny(field, ".e") {
				record[k] = strconv.FormatFloat(x, 'g', 6, 64)
			} else if field == "" {
				record[k] = "-"
			}
		}
	}
	text, left := bench.AlignRight(records), []string{}
	for strings.Index(text, "\n") > width && len(records[0]) > 2 {
		last := len(records[0]) - 1
		left = append([]string{records[0][last]}, left...)
		for i := range records {
			records[i] = records[i][:last]
		}
		text = bench.AlignRight(records)
	}
	if len(left) > 0 {
		text += "Left out for lack of room: " + strings.Join(left, ", ") + "; --format csv has all.\n"
	}
	_, err = io.WriteString(w, text)
	return err
}
