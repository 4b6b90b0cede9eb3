package distance

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"kac/bench"
	"kac/bench/hessian"
)

// Value is a number or a text with its key; NaN is one that is not known.
type Value struct {
	Key    string
	Number float64
	Text   string // instead
}

// Values are all that is printed, in order.
func (r *Result) Values() []Value {
	p := &r.Parameters
	m := float64(p.Width)
	mean, _, low, high := r.spread()
	n := func(key string, x float64) Value { return Value{Key: key, Number: x} }
	out := []Value{
		n("width", m), n("dim", float64(p.Dim)), n("time", r.Time), n("risk", r.Risk),
		n("reference_risk", r.ReferenceRisk), n("reference_risk_error", r.ReferenceWrong),
		n("function_error", r.FunctionError), n("m_function_error", m*r.FunctionError),
		n("gap_constant", r.Constant), n("gap_constant_error", r.ConstantError), n("ratio", m*r.FunctionError/r.Constant),
		n("networks", float64(len(r.Networks))), n("networks_mean", mean.Value), n("networks_se", mean.SE), n("networks_min", low), n("networks_max", high),
		n("coupling_mean", r.CouplingMean), n("coupling_max", r.CouplingMax), n("coupling_square", r.CouplingSquare),
		n("m_coupling2", m*r.CouplingMean*r.CouplingMean), n("m_coupling_square", m*r.CouplingSquare),
		n("coupling_constant", r.CouplingConstant), n("mean_coupling_constant", r.MeanCouplingConstant),
	}
	for i, level := range hessian.Levels {
		key := fmt.Sprintf("alpha_q%02.0f", 100*level)
		out = append(out, n(key, r.Alignment[i]), n("exact_"+key, r.ExactAlignment[i]))
	}
	h := r.curvatureValues()
	out = append(out, n("top_median", h.median), n("top_max", h.most), n("top_positive", h.positive), n("exact_top_positive", h.exactly), n("top_minus_exact", h.apart))
	return append(out, Value{Key: "regime", Text: r.Regime()}, Value{Key: "answer", Text: r.Answer()})
}

// curvatureValues summarise the largest eigenvalues of the local Hessians: NaN without them.
type curvatureSummary struct{ median, most, positive, exactly, apart float64 }

func (r *Result) curvatureValues() curvatureSummary {
	nan := math.NaN()
	if r.Hessians == nil {
		return curvatureSummary{nan, nan, nan, nan, nan}
	}
	rows := r.Hessians.States[0].Rows
	s := curvatureSummary{most: math.Inf(-1)}
	var top []float64
	for i := range rows {
		x, exact := rows[i].Top, rows[i].Exact()
		top = append(top, x)
		s.most = math.Max(s.most, x)
		if x > 0 {
			s.positive += 1 / float64(len(rows))
		}
		if exact > 0 {
			s.exactly += 1 / float64(len(rows))
		}
		s.apart += (x - exact) * (x - exact) / float64(len(rows))
	}
	s.median, s.apart = hessian.Median(top), math.Sqrt(s.apart)
	return s
}

// WriteCSV writes one line with all values under their keys.
func (r *Result) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	var header, row []string
	for _, v := range r.Values() {
		header = append(header, v.Key)
		switch {
		case v.Text != "":
			row = append(row, v.Text)
		case math.IsNaN(v.Number) || math.IsInf(v.Number, 0):
			row = append(row, "")
		default:
			row = append(row, strconv.FormatFloat(v.Number, 'g', -1, 64))
		}
	}
	if err := out.WriteAll([][]string{header, row}); err != nil {
		return fmt.Errorf("writing the values: %w", err)
	}
	return nil
}

// WriteJSON writes an object with program, parameters, and all values by their keys; null is what is not known.
func (r *Result) WriteJSON(w io.Writer) error {
	var b bytes.Buffer
	put := func(key string, v any) error {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encoding %s: %w", key, err)
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", key, data)
		return nil
	}
	if err := put("program", "kac measure"); err != nil {
		return err
	}
	if err := put("parameters", r.Parameters); err != nil {
		return err
	}
	for _, v := range r.Values() {
		var value any = bench.Finite(v.Number)
		if v.Text != "" {
			value = v.Text
		}
		if err := put(v.Key, value); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte("{"+b.String()+"}"), "", "  "); err != nil {
		return fmt.Errorf("encoding the values: %w", err)
	}
	out.WriteByte('\n')
	_, err := w.Write(out.Bytes())
	return err
}

// WriteText writes the values for people.
func (r *Result) WriteText(w io.Writer) error {
	p := &r.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n\n", r.Answer())
	which := "as given"
	switch {
	case r.AtEnd:
		which = "the best one, at the end of the search: the infinite network is nearer still later, or has stopped"
	case r.TimeFound:
		which = "the best one"
	}
	fmt.Fprintf(out, "%s, d = %d, m = %d, t = %s (%s)\n", r.Problem.Name(), p.Dim, p.Width, bench.Number(r.Time), which)
	rows := [][]string{{"", "yours", "infinite"}}
	add := func(name string, own, limit float64) {
		if !math.IsNaN(own) {
			rows = append(rows, []string{name, fmt.Sprintf("%.6g", own), bench.Known("%.6g", limit)})
		}
	}
	m, nan := float64(p.Width), math.NaN()
	h := r.curvatureValues()
	add("risk", r.Risk, r.ReferenceRisk)
	add("function error", r.FunctionError, nan)
	add("m * function error", m*r.FunctionError, r.Constant)
	add("distance to the twin, mean", r.CouplingMean, nan)
	add("distance to the twin, largest", r.CouplingMax, nan)
	add("m * (mean distance)^2", m*r.CouplingMean*r.CouplingMean, r.MeanCouplingConstant)
	add("m * mean squared distance", m*r.CouplingSquare, r.CouplingConstant)
	for i, level := range hessian.Levels {
		add(fmt.Sprintf("alignment, quantile %g %%", 100*level), r.Alignment[i], r.ExactAlignment[i])
	}
	add("share with a positive local eigenvalue", h.positive, h.exactly)
	add("largest eigenvalue, median", h.median, nan)
	add("largest eigenvalue, maximum", h.most, nan)
	add("its rms distance from infinite width", h.apart, nan)
	fmt.Fprint(out, bench.Align(rows, 1))
	return out.Flush()
}
