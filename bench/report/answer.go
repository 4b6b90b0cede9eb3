package report

import (
	"fmt"
	"math"
	"strconv"
)

// answer says in two or three sentences what the study found, from its numbers alone.
func (f *family) answer() string {
	return f.rate() + " " + f.constant() + " " + f.growth()
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
	text := when + "the gap " + functionGap + " falls like " + f.values(func(g *Group) (float64, string) {
		e := g.Summary.Function.Exponents[g.last()]
		if e == nil {
			return math.NaN(), ""
		}
		return e.Value, fmt.Sprintf("*m*^{%s} [%s, %s]", decimals(e.Value), decimals(e.Low), decimals(e.High))
	}) + ". "
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

// constant is the sentence that compares the widest networks with C(T).
func (f *family) constant() string {
	text := "There, *m* times the gap of the widest networks is " + f.values(func(g *Group) (float64, string) {
		mean := g.Summary.Function.Mean[g.last()][len(g.Summary.Widths)-1]
		return mean.Value, measured(mean)
	})
	exact := f.values(func(g *Group) (float64, string) {
		if !g.hasConstant() {
			return math.NaN(), ""
		}
		c := g.Reference[g.last()].Constant
		return c, short(c)
	})
	if exact != "" {
		text += "; its exact limit *C*(*T*) as *m* → ∞ is " + exact
	}
	return text + "."
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
