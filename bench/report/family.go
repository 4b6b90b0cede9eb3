package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kac/bench/gap"
)

// family is the groups that differ in dimension and horizon alone: one problem, dynamics and
// precision. Exponents are compared within it.
type family struct {
	Slug   string
	Groups []*Group
}

// families sorts the groups, in the study's order.
func (s *Study) families() []*family {
	var out []*family
	byKey := map[string]*family{}
	dynamics, precisions := map[string]bool{}, map[string]bool{}
	for _, g := range s.Groups {
		dynamics[g.Parameters.Dynamics], precisions[g.Parameters.Precision] = true, true
	}
	for _, g := range s.Groups {
		p := &g.Parameters
		key := g.Problem.Name() + " " + p.Dynamics + " " + p.Precision
		if byKey[key] == nil {
			slug := p.Problem
			if slug == "" {
				slug = "custom"
			}
			if len(dynamics) > 1 {
				slug += "-" + p.Dynamics
			}
			if len(precisions) > 1 {
				slug += "-" + p.Precision
			}
			byKey[key] = &family{Slug: slug}
			out = append(out, byKey[key])
		}
		byKey[key].Groups = append(byKey[key].Groups, g)
	}
	return out
}

// oneHorizon reports whether no dimension is there twice.
func (f *family) oneHorizon() bool {
	seen := map[int]bool{}
	for _, g := range f.Groups {
		if seen[g.Parameters.Dim] {
			return false
		}
		seen[g.Parameters.Dim] = true
	}
	return true
}

// label tells a group from the others of its family.
func (f *family) label(g *Group) string {
	text := "*d*\u00a0=\u00a0" + strconv.Itoa(g.Parameters.Dim) // one word
	if !f.oneHorizon() {
		text += ", *T*\u00a0=\u00a0" + short(g.Parameters.Horizon)
	}
	return text
}

// last is the index of the last time.
func (g *Group) last() int { return len(g.Summary.Times) - 1 }

// hasConstant reports whether C(t) is known.
func (g *Group) hasConstant() bool {
	return g.NoConstant == "" && slices.ContainsFunc(g.Reference, func(r refRow) bool { return r.Constant > 0 })
}

// quantity is one of the gaps.
type quantity struct {
	Name, Slug string // "function error"
	Gap        string // formula
	Scaled     string // formula of m times it
	of         func(*gap.Summary) *gap.Scaled
}

var quantities = []quantity{
	{"function error", "gap", functionGap, "*m* " + functionGap, func(s *gap.Summary) *gap.Scaled { return &s.Function }},
	{"squared coupling error", "coupling", couplingGap, "*m* " + couplingGap, func(s *gap.Summary) *gap.Scaled { return &s.Coupling }},
	{"mean square coupling error", "coupling-square", squareGap, "*m* " + squareGap, func(s *gap.Summary) *gap.Scaled { return &s.Square }},
}

// Formulas in plotting.Markup.
const (
	functionGap   = "‖*f*_{*m*} − *f*_{MF}‖^2"
	couplingGap   = "(mean_{*i*} |Δ_{*i*}|)^2"
	couplingLimit = "lim *m* E_{*i*} |Δ_{*i*}|^2"
	// meanCouplingLimit is that of the squared mean, in mean over networks.
	meanCouplingLimit = "lim *m* E (mean_{*i*} |Δ_{*i*}|)^2"
	squareGap         = "mean_{*i*} |Δ_{*i*}|^2"
	riskFormula       = "‖*f* − *f*^{\\*}‖^2"
	timeLabel         = "paper time *t*"
)

// short writes a number for people.
func short(x float64) string { return powers(strconv.FormatFloat(x, 'g', 4, 64)) }

// powers writes 1.2e-07 as 1.2·10^{−7}, and minus signs as such.
func powers(text string) string {
	number, exponent, found := strings.Cut(text, "e")
	if !found {
		return minus(text)
	}
	exponent = strings.TrimPrefix(exponent, "+")
	if n, err := strconv.Atoi(exponent); err == nil {
		exponent = strconv.Itoa(n)
	}
	power := "10^{" + minus(exponent) + "}"
	if number == "1" {
		return power
	}
	return minus(number) + "·" + power
}

func minus(text string) string {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if r == '-' {
			r = '−'
		}
		out = append(out, r)
	}
	return string(out)
}

// without is what a message says after the name of the package that wrote it.
func without(message string) string {
	if _, rest, found := strings.Cut(message, ": "); found {
		return rest
	}
	return message
}

// join lists things in a sentence.
func join(list []string) string {
	switch n := len(list); n {
	case 0:
		return ""
	case 1:
		return list[0]
	default:
		text := list[0]
		for _, s := range list[1 : n-1] {
			text += ", " + s
		}
		return fmt.Sprintf("%s and %s", text, list[n-1])
	}
}
