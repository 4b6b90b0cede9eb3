package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/plotting"
	"kac/internal/portable"
	"kac/particles"
)

// item is a line of a list of terms. Texts are in plotting.Markup.
type item struct{ Term, Text string }

// words are the parameters of a family in sentences.
func (f *family) words() []item {
	g := f.Groups[0]
	p := &g.Parameters
	out := []item{
		{"Inputs", "*x* ~ *N*(0, *I*_{*d*}), *d* = " + join(f.dims())},
		{"Target", "*f*^{\\*}(*x*) = " + target(g.Problem)},
		{"Network", "*f*_{*m*}(*x*) = (1/*m*) Σ_{*i* ≤ *m*} " + network(g.Problem) + ", neurons *w*_{*i*} on the unit sphere of R^{*d*}, uniform at the start"},
		{"Dynamics", dynamics(p)},
		{"Infinite width", "*f*_{MF}, the mean-field limit *m* = ∞, solved as an equation for the law of neurons; the risk's error is at most " + short(p.Tolerance) + " at every time"},
		{"Last time", f.horizonWords() + f.horizons()},
		{"Widths", f.widths()},
		{"Seeds", seeds(p)},
		{"Times", fmt.Sprintf("%d equally spaced, from 0 to *T*; paper time, d*w*/d*t* = ν(*w*) without a factor 2", p.Points)},
	}
	if p.Precision == bench.Float32 {
		out = append(out, item{"Precision", "velocities in float32, everything else in float64"})
	}
	return out
}

func (f *family) dims() []string {
	var out []string
	for _, g := range f.Groups {
		if d := strconv.Itoa(g.Parameters.Dim); !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// hermite writes a series such as 0.8 h_4(z) + 0.6 h_6(z).
func hermite(s particles.Series, z string) string {
	var terms []string
	for k, c := range s.Coefficients() {
		if c == 0 {
			continue
		}
		term := fmt.Sprintf("*h*_{%d}(%s)", k, z)
		if c != 1 {
			term = minus(strconv.FormatFloat(c, 'g', -1, 64)) + " " + term
		}
		terms = append(terms, term)
	}
	return strings.ReplaceAll(strings.Join(terms, " + "), "+ −", "− ")
}

const hermiteNote = "; *h*_{*k*} is the Hermite polynomial of degree *k* with E *h*_{*k*}(*z*)^2 = 1 for *z* ~ *N*(0, 1)"

func target(p particles.Expectations) string {
	if f, is := p.Task().Target().(*particles.SingleIndex); is {
		return words(f.Link(), "*x*_1")
	}
	link, _ := p.Task().Link()
	if p.Rank() == 1 {
		return hermite(link, "*x*_1") + hermiteNote
	}
	return "E_{*v*} " + bracketed(link, "⟨*v*, *x*⟩") + ", *v* uniform on the unit circle of the first two coordinates" + hermiteNote
}

func network(p particles.Expectations) string {
	if _, is := p.Task().Target().(*particles.SingleIndex); is {
		return words(p.Task().Activation(), "⟨*w*_{*i*}, *x*⟩")
	}
	return bracketed(p.Activation(), "⟨*w*_{*i*}, *x*⟩")
}

// words writes any activation.
func words(a particles.Activation, z string) string {
	if s, is := a.Series(); is {
		return bracketed(s, z)
	}
	return a.Formula(z)
}

// bracketed sets a sum of several terms in brackets.
func bracketed(s particles.Series, z string) string {
	text := hermite(s, z)
	if strings.Contains(text, "+ ") || strings.Contains(text, "− ") {
		return "[" + text + "]"
	}
	return text
}

func dynamics(p *gap.Parameters) string {
	if p.Dynamics == gap.DynamicsDescent {
		return "gradient descent on the sphere, *w* ← normalised(*w* + η ν(*w*)) with η = " + short(p.Eta) + ", on the population loss; no samples"
	}
	return "gradient flow on the sphere, d*w*/d*t* = ν(*w*), on the population loss; no samples. Error of a step at most " + short(p.FlowTolerance)
}

// reach is the risk at which all groups end, 0 if there is no such one.
func (f *family) reach() float64 {
	for _, g := range f.Groups {
		if g.Reach != f.Groups[0].Reach {
			return 0
		}
	}
	return f.Groups[0].Reach
}

// horizonWords says what the last times are.
func (f *family) horizonWords() string {
	if reach := f.reach(); reach > 0 {
		return "*T*, the first time at which the infinite-width network has risk " + short(reach)
	}
	return "*T*, as given"
}

func (f *family) horizons() string {
	var list []string
	for _, g := range f.Groups {
		text := short(g.Parameters.Horizon)
		if f.oneHorizon() {
			text += f.of(g)
		}
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return ": " + join(list)
}

// widths names the widths of each group, or once where they are the same for all.
func (f *family) widths() string {
	var list []string
	var before []int
	for _, g := range f.Groups {
		if slices.Equal(g.Parameters.Widths, before) {
			continue
		}
		before = g.Parameters.Widths
		var m []string
		for _, w := range g.Parameters.Widths {
			m = append(m, fmt.Sprintf("%d%s", w, power(w, g.Parameters.Dim)))
		}
		list = append(list, "*m* = "+join(m)+f.of(g))
	}
	if len(list) == 1 {
		return strings.TrimSuffix(list[0], f.of(f.Groups[0]))
	}
	return strings.Join(list, "; ")
}

// power adds that m is d^p where p is a multiple of a half.
func power(m, d int) string {
	p := math.Round(2*math.Log(float64(m))/math.Log(float64(d))) / 2
	if p <= 0 || int(math.Round(portable.Pow(float64(d), p))) != m {
		return ""
	}
	return " (*d*^{" + strconv.FormatFloat(p, 'g', -1, 64) + "})"
}

func seeds(p *gap.Parameters) string {
	if p.Seeds == 1 {
		return fmt.Sprintf("one, seed %d: no standard errors", p.Seed)
	}
	return fmt.Sprintf("%d for every width, numbers %d to %d; a narrow network is the first neurons of a wider one of the same seed", p.Seeds, p.Seed, p.Seed+uint64(p.Seeds)-1)
}

// problemName is the preset's name, or how a problem without a name is called.
func (g *Group) problemName() string {
	if g.Parameters.Problem != "" {
		return plotting.Escape(g.Parameters.Problem)
	}
	return "custom problem"
}

// title is the family's name, with what tells it from others of the same problem.
func (f *family) title(all []*family) string {
	p := &f.Groups[0].Parameters
	dynamics, precision := "", ""
	for _, other := range all {
		o := &other.Groups[0].Parameters
		if other.Groups[0].Problem.Name() != f.Groups[0].Problem.Name() {
			continue
		}
		if o.Dynamics != p.Dynamics {
			dynamics = ", " + p.Dynamics
		}
		if o.Precision != p.Precision {
			precision = ", " + p.Precision
		}
	}
	return f.Groups[0].problemName() + dynamics + precision
}
