package coding

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"kac/bench"
)

// Header is the first line of code.csv: a line a scheme, size and setting, over its seeds.
const Header = "scheme,graph,blocks,machines,replication,straggle,seconds,seeds,draws,error,error_se,mean_alpha,mean_alpha_se,debiased_error,limit,limit_error,scaled_gap,scaled_gap_se"

// SeedsHeader is that of seeds.csv: a line a seed.
const SeedsHeader = "scheme,graph,blocks,machines,replication,straggle,seconds,seed,error,error_se,mean_alpha"

// graphName is the graph as it was asked for.
func (p *Parameters) graphName() string {
	if p.matrix != nil {
		return Matrix
	}
	return p.family.String()
}

// graphField is the same as a field of CSV.
func (p *Parameters) graphField() string {
	name := p.graphName()
	if strings.ContainsAny(name, ",\"\n") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

// WriteCSV writes the summary.
func (s *Study) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	for _, r := range s.Summary {
		fmt.Fprintf(out, "%s,%s,%d,%d,%s,%d,%d,%s\n", r.Scheme, s.Parameters.graphField(), r.Blocks, r.Machines, bench.Fields(r.Replication, r.Straggle, r.Seconds), r.Seeds, r.Draws,
			bench.Fields(r.Error.Value, r.Error.SE, r.MeanAlpha.Value, r.MeanAlpha.SE, r.Debiased, r.Limit, r.Wrong, r.Scaled.Value, r.Scaled.SE))
	}
	return out.Flush()
}

// WriteSeeds writes a line a seed.
func (s *Study) WriteSeeds(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, SeedsHeader)
	for _, r := range s.Rows {
		fmt.Fprintf(out, "%s,%s,%d,%d,%s,%d,%s\n", r.Scheme, s.Parameters.graphField(), r.Blocks, r.Machines, bench.Fields(r.Replication, r.Straggle, r.Seconds), r.Seed, bench.Fields(r.Error, r.SE, r.MeanAlpha))
	}
	return out.Flush()
}

// WriteText writes the summary for people.
func (s *Study) WriteText(w io.Writer) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Decoding error (1/n) E|alpha - 1|^2 of gradient codes, n blocks; limit: n = infinity.\n\n")
	head := []string{"scheme", "n", "held", "lost", "error", "limit", "n*(error-limit)"}
	if p.Delays != "" {
		head[3] = "waited"
	}
	rows := [][]string{head}
	for _, r := range s.Summary {
		row := []string{r.Scheme, fmt.Sprint(r.Blocks), fmt.Sprintf("%.4g", r.Replication), fmt.Sprintf("%.4g", r.Straggle), r.Error.Text(), bench.Known("%.6g", r.Limit), scaledText(r.Scaled)}
		if p.Delays != "" {
			row[3] = fmt.Sprintf("%.4g s", r.Seconds)
		}
		rows = append(rows, row)
	}
	fmt.Fprint(out, bench.Align(rows, 1))
	return out.Flush()
}

func scaledText(m bench.Mean) string {
	if math.IsNaN(m.Value) {
		return "-"
	}
	return m.Text()
}
