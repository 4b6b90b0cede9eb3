package bench

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what a column holds.
type Kind int

// Kinds of columns. In memory, in cells and in tables of numbers all but Text are float64.
const (
	Real  Kind = iota // the shortest decimals that read back exactly
	Whole             // a whole number, below 2^53
	Text
)

// How is how a column is summarised over seeds.
type How int

// Ways to summarise.
const (
	NotSummarised How = iota
	Averaged          // its mean over the seeds, for each size and time
	Scaled            // the mean of the size times it, and the fitted exponent of the size in it: for gaps that close like 1/size
)

// Column declares a column of a table: every table, array, chart and page that has it follows from here.
type Column struct {
	Name    string // in files: lower case, words joined by _
	Kind    Kind
	Unit    string // "paper time", "rad"; "": a plain number
	Meaning string // one line, for docs/formats.md and charts
	Formula string // as internal/plotting.Markup sets it; "": the name

	How    How
	Square bool   // its square is what is summarised
	Rests  bool   // it is 0 at time 0 but for rounding, and summarised as 0 there
	Mean   string // its name in summary.csv; "": that of the column
	Slope  string // its name among the quantities of slopes.csv; "": that of the column

	Law    string // the column that predicts it, drawn over it; "": none
	Common bool   // it is the same for all sizes of a seed
}

// Schema is the form of a system's tables. Tidy rows are
//
//	problem, dim, <size>, seed, <labels>, <columns>     the first column is the time
type Schema struct {
	Measure string // the word behind `measure =` in study files
	Size    string // the column of the size: width, clients, blocks, batch, ...
	Sizes   string // the key that lists the sizes: widths, ...
	Letter  string // how people write the size: m
	Seeds   string // the key that counts the seeds

	// Labels tell the groups of one study apart, beside problem and dimension.
	Labels  []Column
	Columns []Column

	// Limit are the columns of reference.csv, after problem, dim and the first LimitLabels of the labels; none: there
	// is no such file.
	Limit       []Column
	LimitLabels int

	// Together says that all sizes of a seed run in one cell, such as networks on the same batches.
	Together bool
}

// Names are the names of columns.
func Names(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// header joins names of columns.
func header(lists ...[]string) string {
	var all []string
	for _, list := range lists {
		all = append(all, list...)
	}
	return strings.Join(all, ",")
}

// TableHeader is the first line of table.csv.
func (s *Schema) TableHeader() string {
	return header([]string{"problem", "dim", s.Size, "seed"}, Names(s.Labels), Names(s.Columns))
}

// RunHeader is the first line of a table of one study: the words between the size and the columns are those of the
// verb.
func (s *Schema) RunHeader(words ...string) string {
	return header([]string{"problem", "dim", s.Size}, words, Names(s.Columns))
}

// GroupHeader are the columns that tell groups apart.
func (s *Schema) GroupHeader() string { return header([]string{"problem", "dim"}, Names(s.Labels)) }

// LimitHeader is the first line of reference.csv.
func (s *Schema) LimitHeader() string {
	return header([]string{"problem", "dim"}, Names(s.Labels[:s.LimitLabels]), Names(s.Limit))
}

// SummaryHeader is the first line of summary.csv.
func (s *Schema) SummaryHeader() string {
	names := []string{s.Size, "time", "seeds"}
	for _, c := range s.Summarised() {
		names = append(names, c.MeanName(), c.MeanName()+"_se")
	}
	return header([]string{s.GroupHeader()}, names)
}

// SlopesHeader is the first line of slopes.csv.
func (s *Schema) SlopesHeader() string {
	return s.GroupHeader() + ",quantity,time,exponent,exponent_low,exponent_high,standard_error,degrees_of_freedom"
}

// Summarised are the columns that summaries and arrays hold: the scaled ones, then those of which there is a mean.
func (s *Schema) Summarised() []Column {
	out := s.Scaled()
	for _, c := range s.Columns {
		if c.How == Averaged {
			out = append(out, c)
		}
	}
	return out
}

// Scaled are the columns with fitted exponents.
func (s *Schema) Scaled() []Column {
	var out []Column
	for _, c := range s.Columns {
		if c.How == Scaled {
			out = append(out, c)
		}
	}
	return out
}

// MeanName is the column's name in summary.csv.
func (c *Column) MeanName() string {
	if c.Mean != "" {
		return c.Mean
	}
	return c.Name
}

// SlopeName is the column's name among the quantities of slopes.csv.
func (c *Column) SlopeName() string {
	if c.Slope != "" {
		return c.Slope
	}
	return c.Name
}

// Summand is what is summarised of a value of the column at a time.
func (c *Column) Summand(x, time float64) float64 {
	switch {
	case c.Rests && time == 0:
		return 0
	case c.Square:
		return x * x
	}
	return x
}

// Check says what is wrong with a declaration; a test of each system calls it.
func (s *Schema) Check() error {
	if len(s.Columns) == 0 || s.Columns[0].Name != "time" {
		return fmt.Errorf("%s: the first column is not the time", s.Measure)
	}
	if s.LimitLabels > len(s.Labels) {
		return fmt.Errorf("%s: %d of %d labels", s.Measure, s.LimitLabels, len(s.Labels))
	}
	for _, file := range []string{s.TableHeader(), s.LimitHeader(), s.SummaryHeader()} {
		seen := map[string]bool{}
		for _, name := range strings.Split(file, ",") {
			if name == "" || seen[name] {
				return fmt.Errorf("%s: the column %q is there twice in %s", s.Measure, name, file)
			}
			seen[name] = true
		}
	}
	for _, c := range append(append(s.Labels[:len(s.Labels):len(s.Labels)], s.Columns...), s.Limit...) {
		if c.Meaning == "" {
			return fmt.Errorf("%s: the column %s has no meaning", s.Measure, c.Name)
		}
	}
	for _, c := range s.Columns {
		if c.Law != "" && !slices.Contains(Names(s.Columns), c.Law) {
			return fmt.Errorf("%s: the column %s is predicted by %s, which is none", s.Measure, c.Name, c.Law)
		}
		if c.Kind == Text {
			return fmt.Errorf("%s: the column %s holds text; only labels may", s.Measure, c.Name)
		}
	}
	return nil
}
