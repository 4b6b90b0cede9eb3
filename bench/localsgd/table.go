package localsgd

import (
	"bufio"
	"fmt"
	"io"
	"math"

	"kac/bench"
)

// Header is the first line of local.csv: a line an algorithm, number of local steps, of clients, and round, over the
// seeds.
const Header = "algorithm,clients,local_steps,round,gradients,communications,seeds,value_gap,value_gap_se,value_gap_q10,value_gap_q50,value_gap_q90,distance,distance_se," +
	"gap,gap_se,scaled_gap,scaled_gap_se,limit_value_gap,limit_value_gap_error,constant,constant_error,exact_value_gap,exact_value_gap_error"

// SeedsHeader is that of seeds.csv: a line a seed.
const SeedsHeader = "algorithm,clients,local_steps,round,seed,value_gap,distance,gap"

// WriteCSV writes the summary.
func (s *Study) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	for _, r := range s.Rows {
		m, root := float64(r.Clients), math.Sqrt(r.Distance2.Value)
		fmt.Fprintf(out, "%s,%d,%d,%d,%d,%d,%d,%s\n", r.Algorithm, r.Clients, r.LocalSteps, r.Round, s.gradients(&r), r.Round, s.Parameters.Seeds,
			bench.Fields(r.Value.Value, r.Value.SE, r.Quantiles[0], r.Quantiles[1], r.Quantiles[2], root, r.Distance2.SE/math.Max(2*root, 1e-300),
				r.Gap.Value, r.Gap.SE, m*r.Gap.Value, m*r.Gap.SE, r.gap, r.gapError, r.constant, r.constError, r.exact, r.exactError))
	}
	return out.Flush()
}

// gradients that all clients together took.
func (s *Study) gradients(r *Row) int {
	clients := r.Clients
	if s.Parameters.Participation < 1 {
		clients = max(int(math.Round(s.Parameters.Participation*float64(clients))), 1)
	}
	return clients * r.LocalSteps * r.Round
}

// WriteSeeds writes a line a seed.
func (s *Study) WriteSeeds(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, SeedsHeader)
	p := &s.Parameters
	for i, rows := range s.seeds {
		c := s.Rows[i*p.Rounds]
		for k := range p.Seeds {
			for j := range p.Rounds {
				m := rows[k*p.Rounds+j]
				fmt.Fprintf(out, "%s,%d,%d,%d,%d,%s\n", c.Algorithm, c.Clients, c.LocalSteps, j+1, p.Seed+uint64(k), bench.Fields(m.value, math.Sqrt(m.distance), m.gap))
			}
		}
	}
	return out.Flush()
}

// WriteText writes the last round for people.
func (s *Study) WriteText(w io.Writer) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "M clients, K local steps, after round %d, %d seeds; infinity: the same with infinitely many clients. Each with a standard error.\n\n", p.Rounds, p.Seeds)
	rows := [][]string{{"algorithm", "M", "K", "value gap", "infinity", "M*gap", "constant", "90 %"}}
	for _, r := range s.Rows {
		if r.Round != p.Rounds {
			continue
		}
		m := float64(r.Clients)
		scaled := "-"
		if !math.IsNaN(r.Gap.Value) {
			scaled = bench.Mean{Value: m * r.Gap.Value, SE: m * r.Gap.SE, N: r.Gap.N}.Text()
		}
		rows = append(rows, []string{r.Algorithm, fmt.Sprint(r.Clients), fmt.Sprint(r.LocalSteps), r.Value.Text(), bench.Known("%.5e", r.gap), scaled, bench.Known("%.6g", r.constant), fmt.Sprintf("%.4g", r.Quantiles[2])})
	}
	fmt.Fprint(out, bench.Align(rows, 1))
	fmt.Fprintf(out, "\n%s\n", s.Advice())
	return out.Flush()
}

// Advice says in one sentence whether more clients or fewer local steps help, of the last round of local-sgd.
func (s *Study) Advice() string {
	p := &s.Parameters
	for i := len(s.Rows) - 1; i >= 0; i-- {
		r := s.Rows[i]
		if r.Algorithm != "local-sgd" || r.Round != p.Rounds || math.IsNaN(r.gap) || !(r.Value.Value > 0) {
			continue
		}
		share := r.gap / r.Value.Value
		switch {
		case share > 2./3:
			return fmt.Sprintf("With %d clients and %d local steps %.0f %% of the value gap is there with infinitely many clients too: fewer local steps or a smaller step help (or more rounds, while they still descend), more clients do not.", r.Clients, r.LocalSteps, 100*math.Min(share, 1))
		case share < 1./3:
			return fmt.Sprintf("With %d clients and %d local steps %.0f %% of the value gap is noise, which more clients average away.", r.Clients, r.LocalSteps, 100*(1-share))
		}
		return fmt.Sprintf("With %d clients and %d local steps %.0f %% of the value gap is noise, which more clients average away; the rest fewer local steps or a smaller step lower.", r.Clients, r.LocalSteps, 100*(1-share))
	}
	return "No limit of infinitely many clients is known for these; M * gap needs one."
}
