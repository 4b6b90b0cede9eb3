package localsgd

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"kac/bench"
	ideal "kac/meanfield/localsgd"
	"kac/particles/localsgd"
)

// Rules by which the step follows from eta and K.
const (
	FixedRule   = "fixed"   // eta
	InverseRule = "inverse" // eta/K
	SquareRule  = "square"  // eta/K²
)

// FixedPointParameters say everything that determines the numbers of kac local --fixed-point.
type FixedPointParameters struct {
	Quadratics
	// Objective is empty for quadratics; of kink and smooth-kink, all clients are equal, and the noise counts.
	Objective  string   `json:"objective,omitempty"`
	Noise      string   `json:"noise,omitempty"`
	Clients    int      `json:"clients,omitempty"`
	LocalSteps []int    `json:"local_steps"`
	Eta        float64  `json:"eta"`
	Rules      []string `json:"step_rule"`

	line  localsgd.Line
	noise localsgd.Noise
}

// checkLine refuses what cannot be computed on a line: what its law refuses.
func (p *FixedPointParameters) checkLine() error {
	one := BiasParameters{Objective: p.Objective, Noise: p.Noise, Eta: p.Eta, LocalSteps: p.LocalSteps}
	err := one.Check()
	p.line, p.noise = one.line, one.noise
	return err
}

// Check refuses what cannot be computed.
func (p *FixedPointParameters) Check(ctx context.Context) error {
	slices.Sort(p.LocalSteps)
	if err := increasing("local-steps", p.LocalSteps, MaxLocalSteps, "local steps"); err != nil {
		return err
	}
	for i, rule := range p.Rules {
		if rule != FixedRule && rule != InverseRule && rule != SquareRule {
			return bench.Refuse("step-rule", rule, "allowed are fixed (eta), inverse (eta/K) and square (eta/K^2)")
		}
		if slices.Contains(p.Rules[:i], rule) {
			return bench.Refuse("step-rule", rule, "it is there twice")
		}
	}
	if p.Objective != "" {
		return p.checkLine()
	}
	if p.Matrices != "" && p.Clients != 0 {
		return bench.Refuse("clients", p.Clients, "the matrices say how many clients there are; leave it out")
	}
	if p.Matrices == "" {
		if err := bench.CheckWhole("clients", p.Clients, 1, MaxClients, "clients"); err != nil {
			return err
		}
		if err := (bench.Memory{{Key: "dim", Value: p.Dim, Bytes: 32 * float64(p.Clients) * float64(p.Dim) * float64(p.Dim), Lower: "it, or clients"}}).Check(); err != nil {
			return err
		}
	}
	if err := p.Quadratics.check(ctx); err != nil {
		return err
	}
	if p.read == nil {
		made, err := p.of(ctx, p.Clients)
		if err != nil {
			return err
		}
		p.read = made
	}
	_, most := p.read.Curvatures()
	return stable(p.Eta, most, "the clients' matrices")
}

// FixedPointRow is a fixed point with its bounds, by the words of JSON.
type FixedPointRow struct {
	Rule            string    `json:"step_rule"`
	LocalSteps      int       `json:"local_steps"`
	Eta             float64   `json:"eta"`
	Distance        float64   `json:"distance"`
	Error           float64   `json:"distance_error"`
	Bound           known     `json:"bound"`
	BoundDirect     known     `json:"bound_direct"`
	DistanceAverage float64   `json:"distance_average"`
	BoundAverage    known     `json:"bound_average"`
	Contraction     float64   `json:"contraction"`
	ValueGap        float64   `json:"value_gap"`
	FixedPoint      []float64 `json:"fixed_point"`
}

// known is a number that is null in JSON where it is NaN.
type known float64

// MarshalJSON implements json.Marshaler.
func (k known) MarshalJSON() ([]byte, error) { return json.Marshal(bench.Finite(float64(k))) }

// FixedPointTable is the result of kac local --fixed-point.
type FixedPointTable struct {
	Parameters    FixedPointParameters
	Heterogeneity *ideal.Heterogeneity
	Optimum       []float64
	Average       []float64
	Rows          []FixedPointRow
}

// RunFixedPoint computes the table.
func RunFixedPoint(ctx context.Context, p FixedPointParameters, progress func(share float64, what string)) (*FixedPointTable, error) {
	if p.line != nil {
		return p.runLine(ctx, progress)
	}
	f := p.read
	h, err := abandoned(ctx, func() (*ideal.Heterogeneity, error) { return ideal.HeterogeneityOf(ctx, f) })
	if err != nil {
		return nil, err
	}
	t := &FixedPointTable{Parameters: p, Heterogeneity: h, Optimum: f.Optimum(), Average: f.AverageOptimum()}
	for i, rule := range p.Rules {
		for j, k := range p.LocalSteps {
			eta := p.step(rule, k)
			x, err := abandoned(ctx, func() (*ideal.FixedPoint, error) { return ideal.FixedPointOf(ctx, f, h, eta, k) })
			if err != nil {
				return nil, err
			}
			t.Rows = append(t.Rows, FixedPointRow{rule, k, eta, x.Distance, x.Error, known(x.Bound), known(x.BoundDirect), x.DistanceAverage, known(x.BoundAverage), x.Contraction, x.Value, x.X})
			if progress != nil {
				progress(float64(i*len(p.LocalSteps)+j+1)/float64(len(p.Rules)*len(p.LocalSteps)), "fixed points")
			}
		}
	}
	return t, nil
}

// step is eta by a rule.
func (p *FixedPointParameters) step(rule string, steps int) float64 {
	switch k := float64(steps); rule {
	case InverseRule:
		return p.Eta / k
	case SquareRule:
		return p.Eta / k / k
	}
	return p.Eta
}

// runLine computes the table of infinitely many equal clients on a line, whose fixed point is a matter of noise: the
// bounds, which are about clients that differ, are not known.
func (p *FixedPointParameters) runLine(ctx context.Context, progress func(share float64, what string)) (*FixedPointTable, error) {
	mu, most := p.line.Curvatures()
	t := &FixedPointTable{Parameters: *p, Heterogeneity: &ideal.Heterogeneity{Mu: mu, Smoothness: most, TauExact: true}, Optimum: []float64{0}, Average: []float64{0}}
	none := known(math.NaN())
	for i, rule := range p.Rules {
		for j, k := range p.LocalSteps {
			eta := p.step(rule, k)
			x, err := ideal.FixedOf(ctx, p.line, &p.noise, eta, 1, k)
			if err != nil {
				return nil, err
			}
			away := math.Abs(x.X)
			t.Rows = append(t.Rows, FixedPointRow{rule, k, eta, away, x.XError, none, none, away, none, math.Abs(x.Slope), p.line.Value(x.X), []float64{x.X}})
			if progress != nil {
				progress(float64(i*len(p.LocalSteps)+j+1)/float64(len(p.Rules)*len(p.LocalSteps)), "fixed points")
			}
		}
	}
	return t, nil
}

// FixedPointHeader begins the first line of fixed-points.csv; the coordinates of the fixed point follow, x_1 to x_d.
const FixedPointHeader = "step_rule,local_steps,eta,distance,distance_error,bound,bound_direct,distance_average,bound_average,contraction,value_gap"

// WriteCSV writes the table.
func (t *FixedPointTable) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, FixedPointHeader)
	for i := range t.Optimum {
		fmt.Fprintf(out, ",x_%d", i+1)
	}
	fmt.Fprintln(out)
	for _, r := range t.Rows {
		numbers := append([]float64{r.Eta, r.Distance, r.Error, float64(r.Bound), float64(r.BoundDirect), r.DistanceAverage, float64(r.BoundAverage), r.Contraction, r.ValueGap}, r.FixedPoint...)
		fmt.Fprintf(out, "%s,%d,%s\n", r.Rule, r.LocalSteps, bench.Fields(numbers...))
	}
	return out.Flush()
}

// WriteJSON writes an object; what there is one of stands at its top, too.
func (t *FixedPointTable) WriteJSON(w io.Writer) error {
	h := t.Heterogeneity
	type all struct {
		Program    string               `json:"program"`
		Parameters FixedPointParameters `json:"parameters"`
		*FixedPointRow
		Optimum        []float64       `json:"optimum"`
		Average        []float64       `json:"average_optimum"`
		Mu             float64         `json:"curvature_least"`
		Smoothness     float64         `json:"curvature_most"`
		Tau            float64         `json:"tau"`
		TauExact       bool            `json:"tau_exact"`
		Zeta           float64         `json:"optima_rms"`
		Gradients      float64         `json:"gradients_rms"`
		OptimumAverage float64         `json:"optimum_average"`
		OptimumBound   float64         `json:"optimum_average_bound"`
		Rows           []FixedPointRow `json:"rows"`
	}
	o := all{Program: "kac local", Parameters: t.Parameters, Optimum: t.Optimum, Average: t.Average, Mu: h.Mu, Smoothness: h.Smoothness, Tau: h.Tau, TauExact: h.TauExact, Zeta: h.Zeta,
		Gradients: h.Gradients, OptimumAverage: h.Shift, OptimumBound: h.ShiftBound, Rows: t.Rows}
	if len(t.Rows) == 1 {
		o.FixedPointRow = &t.Rows[0]
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(o)
}

// WriteText writes the table for people.
func (t *FixedPointTable) WriteText(w io.Writer) error {
	h := t.Heterogeneity
	out := bufio.NewWriter(w)
	if p := &t.Parameters; p.line != nil {
		fmt.Fprintf(out, "Where rounds of infinitely many equal clients end, x_inf, for any step of the server: %s, noise %s; x* = 0.\n\n", p.Objective, p.Noise)
		rows := [][]string{{"step", "K", "eta", "x_inf", "+-", "contraction", "F - F*"}}
		for _, r := range t.Rows {
			rows = append(rows, []string{r.Rule, fmt.Sprint(r.LocalSteps), fmt.Sprintf("%.5g", r.Eta), fmt.Sprintf("%.9g", r.FixedPoint[0]), fmt.Sprintf("%.0e", r.Error), fmt.Sprintf("%.8f", r.Contraction), fmt.Sprintf("%.6g", r.ValueGap)})
		}
		fmt.Fprint(out, bench.Align(rows, 1))
		return out.Flush()
	}
	fmt.Fprintf(out, "Where local steps without noise end, x_inf, for any step of the server; x* the optimum of the mean objective.\n")
	fmt.Fprintf(out, "mu %.6g, H %.6g, tau %.8g%s, rms distance of the optima to x* %.8g, |x* - mean x*_m| %.8g (bound %.6g).\n\n", h.Mu, h.Smoothness, h.Tau, map[bool]string{true: "", false: " at most"}[h.TauExact], h.Zeta, h.Shift, h.ShiftBound)
	rows := [][]string{{"step", "K", "eta", "|x_inf - x*|", "+-", "bound", "|x_inf - mean x*_m|", "bound", "contraction", "F - F*"}}
	for _, r := range t.Rows {
		rows = append(rows, []string{r.Rule, fmt.Sprint(r.LocalSteps), fmt.Sprintf("%.5g", r.Eta), fmt.Sprintf("%.9g", r.Distance), fmt.Sprintf("%.0e", r.Error), fmt.Sprintf("%.5g", float64(min(r.Bound, r.BoundDirect))),
			fmt.Sprintf("%.9g", r.DistanceAverage), fmt.Sprintf("%.5g", float64(r.BoundAverage)), fmt.Sprintf("%.8f", r.Contraction), fmt.Sprintf("%.6g", r.ValueGap)})
	}
	fmt.Fprint(out, bench.Align(rows, 1))
	if len(t.Rows) == 1 && len(t.Optimum) <= 20 {
		var x []string
		for _, v := range t.Rows[0].FixedPoint {
			x = append(x, fmt.Sprintf("%.9g", v))
		}
		fmt.Fprintf(out, "\nx_inf = (%s)\n", strings.Join(x, ", "))
	}
	return out.Flush()
}
