package bench

import (
	"fmt"
	"strings"
)

// Markdown is the table of the schema's columns for docs/formats.md, between two comments that name the measure; a test
// holds the page to it.
func (s *Schema) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "<!-- columns of %s -->\n", s.Measure)
	fmt.Fprintf(&out, "| column | meaning | summarised as |\n|---|---|---|\n")
	fmt.Fprintf(&out, "| `problem`, `dim`, `%s`, `seed` | the row: problem, dimension d, %s %s, seed | |\n", s.Size, s.Size, s.Letter)
	for _, c := range append(s.Labels[:len(s.Labels):len(s.Labels)], s.Columns...) {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", c.Name, c.described(), s.summarised(&c))
	}
	if len(s.Limit) > 0 {
		fmt.Fprintf(&out, "| `reference.csv`: `problem`, `dim` | the limit's | |\n")
	}
	for _, c := range append(s.Labels[:s.LimitLabels:s.LimitLabels], s.Limit...) {
		if len(s.Limit) > 0 {
			fmt.Fprintf(&out, "| `reference.csv`: `%s` | %s | |\n", c.Name, c.described())
		}
	}
	fmt.Fprintf(&out, "<!-- end of %s -->\n", s.Measure)
	return out.String()
}

// described is the column's meaning with its unit, as Markdown.
func (c *Column) described() string {
	text := c.Meaning
	if c.Unit != "" && !strings.HasPrefix(text, c.Unit) {
		text += " (" + c.Unit + ")"
	}
	return strings.NewReplacer("|", `\|`, "*", `\*`).Replace(text)
}

// summarised says how summary.csv and slopes.csv have a column.
func (s *Schema) summarised(c *Column) string {
	what := ""
	if c.Square {
		what = "² "
	}
	switch c.How {
	case Scaled:
		return fmt.Sprintf("`%s`: %s × %s%s; exponent `%s`", c.MeanName(), s.Size, c.Name, strings.TrimSuffix(what, " "), c.SlopeName())
	case Averaged:
		return fmt.Sprintf("`%s`: mean", c.MeanName())
	}
	return ""
}
