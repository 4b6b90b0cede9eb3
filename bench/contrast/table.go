package contrast

import (
	"bufio"
	"fmt"
	"io"
	"math"

	"kac/bench"
)

// Header is the first line of contrast.csv: a line a level of noise, batch size, feature and time.
const Header = "batch,noised,beta,feature,time,error,error_se,flow_error,limit_error,rate,limit_rate,constant"

// GapsHeader is that of gaps.csv: the three gaps apart, of the same lines.
const GapsHeader = "batch,noised,beta,feature,time,batch_gap,step_gap,step_gap_se,effect,effect_se,flow_effect"

// SeedsHeader is that of seeds.csv: a line a descent.
const SeedsHeader = "batch,noised,beta,feature,time,seed,error"

// each calls line with the fields of every row that is told.
func (s *Study) each(line func(i int, r ExactRow, fields string)) {
	for i, r := range s.Rows {
		if !s.Parameters.told(r.Feature) {
			continue
		}
		noised, beta := s.Parameters.levels[r.Level].names()
		line(i, r, fmt.Sprintf("%d,%s,%s,%d,%s", r.Batch, noised, beta, r.Feature, bench.Fields(r.Time)))
	}
}

// WriteCSV writes the means beside what is exact.
func (s *Study) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	s.each(func(i int, r ExactRow, fields string) {
		fmt.Fprintf(out, "%s,%s\n", fields, bench.Fields(r.Error.Value, r.Error.SE, r.Flow, r.Limit, r.Rate, 1, r.Const))
	})
	return out.Flush()
}

// WriteGaps writes the gaps: of the batch, flow - limit; of the step, error - flow; and the effect of noise, the error
// under it minus the error at the first level, measured on the same draws, and along the flow.
func (s *Study) WriteGaps(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, GapsHeader)
	per := len(s.Rows) / len(s.Parameters.levels)
	s.each(func(i int, r ExactRow, fields string) {
		e := s.Effects[i]
		fmt.Fprintf(out, "%s,%s\n", fields, bench.Fields(r.Flow-r.Limit, r.Error.Value-r.Flow, r.Error.SE, e.Value, e.SE, r.Flow-s.Rows[i%per].Flow))
	})
	return out.Flush()
}

// WriteSeeds writes every descent.
func (s *Study) WriteSeeds(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, SeedsHeader)
	p := &s.Parameters
	k := len(p.Alpha)
	s.each(func(i int, r ExactRow, fields string) {
		group := i / (len(p.Times) * k)
		for seed := range p.Seeds {
			fmt.Fprintf(out, "%s,%d,%s\n", fields, p.Seed+uint64(seed), bench.Fields(s.cells[group*p.Seeds+seed][i%(len(p.Times)*k)]))
		}
	})
	return out.Flush()
}

// WriteText writes the last time for people.
func (s *Study) WriteText(w io.Writer) error {
	p := &s.Parameters
	last := p.Times[len(p.Times)-1]
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Error angle(theta, mu)/pi of the best linear probe for feature k at time %s, over %d seeds; flow: step 0, limit: m = infinity, m*gap: m (error - limit).", bench.Number(last), p.Seeds)
	several := len(p.levels) > 1
	head := []string{"m", "k", "error", "flow", "limit", "m*gap", "C(t)"}
	if several {
		head = append(append([]string{"beta"}, head...), "effect")
		noised, _ := p.levels[0].names()
		fmt.Fprintf(out, " beta: of the noise on feature %s.", noised)
	}
	fmt.Fprint(out, "\n\n")
	rows := [][]string{head}
	s.each(func(i int, r ExactRow, _ string) {
		if r.Time != last {
			return
		}
		m := r.Error
		scaled := bench.Mean{Value: float64(r.Batch) * (m.Value - r.Limit), SE: float64(r.Batch) * m.SE, N: m.N}
		row := []string{fmt.Sprint(r.Batch), fmt.Sprint(r.Feature), m.Text(), bench.Known("%.5f", r.Flow), fmt.Sprintf("%.5f", r.Limit), scaled.Text(), bench.Known("%.4g", r.Const)}
		if several {
			_, beta := p.levels[r.Level].names()
			row = append(append([]string{beta}, row...), "-")
			if r.Level > 0 {
				row[len(row)-1] = s.Effects[i].Text()
			}
		}
		rows = append(rows, row)
	})
	fmt.Fprint(out, bench.AlignRight(rows))
	if p.exact() {
		worst := 0.0
		for _, r := range s.Rows {
			worst = math.Max(worst, r.Wrong)
		}
		fmt.Fprintf(out, "\nErrors of the flow are within %.1g.\n", worst)
	}
	return out.Flush()
}
