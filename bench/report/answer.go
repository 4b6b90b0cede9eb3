package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/bench/gap"
)

// answer says in two or three sentences what the study found, from its numbers alone.
func (f *family) answer() string {
	return f.rate() + " " + f.constant() + " " + f.growth() + f.coupling()
}

// A sentence names so many groups one by one; of more it gives the range.
const maxNamed = 3

// values writes one value a group, or their range if there are many.
func (f *family) values(of func(*Group) (value float64, text string)) string {
	var texts []string
	var low, high string
	least, most := math.Inf(1), math.Inf(-1)
	for _, g := range f.Groups {
		v, text := of(g)
		if math.IsNaN(v) {
			continue
		}
		if v < least {
			least, low = v, text
		}
		if v > most {
			most, high = v, text
		}
		texts = append(texts, text+f.of(g))
	}
	if len(texts) <= maxNamed {
		return join(texts)
	}
	return "between " + low + " and " + high
}

// rate is the sentence about the exponents at the last time.
func (f *family) rate() string {
	fits, contain, steeper, flatter := 0, 0, 0, 0
	for _, g := range f.Groups {
		e := g.Summary.Function.Exponents[g.last()]
		if e == nil {
			continue
		}
		fits++
		switch {
		case e.Contains(-1):
			contain++
		case e.High < -1:
			steeper++
		default:
			flatter++
		}
	}
	when := "At the last time, when " + f.when() + ", "
	if fits == 0 {
		return when + "the data determine no exponent of *m*: that takes two widths and two seeds, or three widths."
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, g := range f.Groups {
		if e := g.Summary.Function.Exponents[g.last()]; e != nil {
			low, high = min(low, e.Value), max(high, e.Value)
		}
	}
	text := when + "the gap " + functionGap + " " + powerLaw(low, high) + ". "
	switch {
	case contain == 1 && fits == 1:
		return text + "The 95 % interval contains −1, the rate of independent particles."
	case contain == fits:
		return text + "All 95 % intervals contain −1, the rate of independent particles."
	case contain == 0 && steeper == 0:
		return text + "No 95 % interval contains −1, the rate of independent particles: the gap falls more slowly."
	case contain == 0 && flatter == 0:
		return text + "No 95 % interval contains −1, the rate of independent particles: the gap falls faster."
	}
	return text + fmt.Sprintf("%d of %d 95 %% intervals contain −1, the rate of independent particles.", contain, fits)
}

// powerLaw says how a gap with exponents in [low, high] changes with m.
func powerLaw(low, high float64) string {
	verb := "falls like "
	switch {
	case low > 0:
		verb = "grows like "
	case high > 0:
		verb = "changes like "
	}
	if decimals(low) == decimals(high) {
		return verb + "*m*^{" + decimals(low) + "}"
	}
	return verb + "*m* to powers between " + decimals(low) + " and " + decimals(high)
}

func (f *family) when() string {
	if reach := f.reach(); reach > 0 {
		return "the infinite-width network has risk " + short(reach)
	}
	return "the infinite-width network has risk " + f.values(func(g *Group) (float64, string) {
		risk := g.Reference[g.last()].Risk
		return risk, short(risk)
	})
}

// of names the group in brackets, where there are several.
func (f *family) of(g *Group) string {
	if len(f.Groups) == 1 {
		return ""
	}
	return " (" + f.label(g) + ")"
}

// A mean so many standard errors from its limit is told of.
const farFrom = 2

// distance is how many standard errors m times the gap of width i at the last time is above C(T); NaN where that is not
// known.
func (g *Group) distance(i int) float64 {
	mean := g.Summary.Function.Mean[g.last()][i]
	if !g.hasConstant() || !(mean.SE > 0) {
		return math.NaN()
	}
	return (mean.Value - g.Reference[g.last()].Constant) / mean.SE
}

// constant is the sentence that compares the networks with C(T).
func (f *family) constant() string {
	known, seeds, near := false, false, true
	for _, g := range f.Groups {
		known = known || g.hasConstant()
		for i := range g.Summary.Widths {
			seeds = seeds || !math.IsNaN(g.distance(i))
			near = near && !(math.Abs(g.distance(i)) > farFrom)
		}
	}
	text := "The table below gives *m* times the gap of the widest networks"
	switch {
	case !known:
		return text + "."
	case !seeds:
		return text + " beside its exact limit *C*(*T*) as *m* → ∞."
	case near:
		return text + " beside its exact limit *C*(*T*) as *m* → ∞: every width is within 2 standard errors of it."
	}
	return text + " beside its exact limit *C*(*T*) as *m* → ∞, and the widths that are more than 2 standard errors from it."
}

// coupling is the sentences about the particles: the squared mean of their distances to their twins, after the paper,
// and their mean square, with the exact limits of both.
func (f *family) coupling() string {
	limit := func(of func(refRow) float64) string {
		return f.values(func(g *Group) (float64, string) {
			if !g.hasConstant() {
				return math.NaN(), ""
			}
			c := of(g.Reference[g.last()])
			return c, short(c)
		})
	}
	exact, exactMean := limit(func(r refRow) float64 { return r.Coupling }), limit(func(r refRow) float64 { return r.MeanCoupling })
	widest := func(of func(*gap.Summary) *gap.Scaled) string {
		return f.values(func(g *Group) (float64, string) {
			mean := of(&g.Summary).Mean[g.last()][len(g.Summary.Widths)-1]
			return mean.Value, measured(mean)
		})
	}
	text := " Particles: *m* times the squared mean distance to the twins, *m* " + couplingGap + ", of the widest networks is " +
		widest(func(s *gap.Summary) *gap.Scaled { return &s.Coupling }) + "; *m* times the mean square, *m* " + squareGap + ", another statistic and never smaller, is " +
		widest(func(s *gap.Summary) *gap.Scaled { return &s.Square })
	if exact != "" {
		text += "; the exact limit of the latter, " + couplingLimit + ", is " + exact + ", and that of the former, " + meanCouplingLimit + ", " + exactMean
	}
	return text + "."
}

// answerTable has a row for each group.
func (f *family) answerTable() table {
	t := table{
		ID: f.Slug + "-answer", Title: "The answer in numbers, at the last time", Left: 1,
		Header: []string{"", "*T*", "risk of *f*_{MF}", "exponent of *m*", "95 % interval", "widest *m*", "*m* · function error", "limit *C*(*T*)", "widths > 2 std. errors from *C*(*T*)"},
		Note:   "0.605(12) is 0.605 with standard error 0.012. Of widths that are far from *C*(*T*), the distance in standard errors is in brackets.",
	}
	for _, g := range f.Groups {
		k, widest := g.last(), len(g.Summary.Widths)-1
		far := g.far()
		row := append([]string{f.label(g), short(g.Parameters.Horizon), short(g.Reference[k].Risk)}, exponent(g.Summary.Function.Exponents[k])...)
		t.Rows = append(t.Rows, append(row, strconv.Itoa(g.Summary.Widths[widest]), measured(g.Summary.Function.Mean[k][widest]), constant(g.Reference[k]), far))
	}
	if !slices.ContainsFunc(f.Groups, (*Group).hasConstant) {
		t.drop(8)
		t.drop(7)
		t.Note = "0.605(12) is 0.605 with standard error 0.012."
	}
	return t
}

// far names the widths that are more than farFrom standard errors from C(T).
func (g *Group) far() string {
	var list []string
	known := false
	for i, m := range g.Summary.Widths {
		d := g.distance(i)
		known = known || !math.IsNaN(d)
		if math.Abs(d) > farFrom {
			sign := "+"
			if d < 0 {
				sign = "−"
			}
			list = append(list, fmt.Sprintf("%d (%s%.1f)", m, sign, math.Abs(d)))
		}
	}
	switch {
	case !known:
		return "–"
	case len(list) == 0:
		return "none"
	}
	return strings.Join(list, ", ")
}

// growth is the sentence about the widest networks over the whole time.
func (f *family) growth() string {
	most := 0.0
	for _, g := range f.Groups {
		i := len(g.Summary.Widths) - 1
		for k := range g.Summary.Times {
			most = max(most, g.Summary.Function.Mean[k][i].Value/g.Summary.Function.Mean[0][i].Value)
		}
	}
	if most <= 1.05 {
		return "At no time until then is it more than 5 % above its value at the start: the gap does not grow."
	}
	return fmt.Sprintf("Until then it grows to at most %s times its value at the start.", strconv.FormatFloat(most, 'g', 3, 64))
}

func decimals(x float64) string { return minus(strconv.FormatFloat(x, 'f', 2, 64)) }
