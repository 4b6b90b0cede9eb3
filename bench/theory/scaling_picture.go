package theory

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// Picture draws T, J_max's parts and sup C (where any was computed) against d on logarithmic axes, a panel
// each, with the fitted power laws as thin lines.
func (s *Scaling) Picture() (*plotting.Figure, error) {
	entries := plotting.Legend()
	var panels []*plot.Plot
	type measured struct {
		label string
		value func(ScalingRow) float64
		fit   func(ScalingFit) *bench.Exponent
	}
	quantities := []measured{
		{"*T*(*δ*)", func(r ScalingRow) float64 { return r.Time }, func(f ScalingFit) *bench.Exponent { return f.Time }},
		{"sup ‖*J*_{*t,s*}‖", func(r ScalingRow) float64 { return r.WorstJ }, func(f ScalingFit) *bench.Exponent { return f.WorstJ }},
		{"sup_{*t*} *C*(*t*)", func(r ScalingRow) float64 { return r.SupConstant }, func(f ScalingFit) *bench.Exponent { return f.SupConstant }},
	}
	if !slices.ContainsFunc(s.Rows, func(r ScalingRow) bool { return r.SupConstant > 0 }) {
		quantities = quantities[:2]
	}
	for q, quantity := range quantities {
		last := q == len(quantities)-1
		p := plotting.New()
		p.Y.Label.Text = quantity.label
		for i, f := range s.Fits {
			look := plotting.Ordered(i, len(s.Fits))
			var x, y []float64
			for _, r := range s.Rows {
				if v := quantity.value(r); r.Problem == f.Problem && v > 0 {
					x, y = append(x, math.Log10(float64(r.Dim))), append(y, math.Log10(v))
				}
			}
			if len(x) == 0 {
				continue
			}
			points, err := plotting.Marks(p, x, y, look.Glyph)
			if err != nil {
				return nil, err
			}
			if e := quantity.fit(f); e != nil {
				style := look.Line
				style.Width = vg.Points(0.8)
				end := len(x) - 1
				line := []float64{y[end] - e.Value*(x[end]-x[0]), y[end]}
				if _, err := plotting.Curve(p, []float64{x[0], x[end]}, line, style); err != nil {
					return nil, err
				}
			}
			if q == 0 {
				entries.Add(fmt.Sprintf("%s: *T* ~ *d*^{%s}\npromised %s", f.Problem, exponentText(f.Time), bench.Number(f.Promised)), points)
			} else if e := quantity.fit(f); e != nil {
				entries.Add(fmt.Sprintf("%s: %s ~ *d*^{%s}", f.Problem, [...]string{"", "*J*", "*C*"}[q], exponentText(e)), points)
			}
		}
		low, high := math.Log10(float64(s.Parameters.Dims[0])), math.Log10(float64(s.Parameters.Dims[len(s.Parameters.Dims)-1]))
		p.X.Min, p.X.Max = low-0.05, high+0.05
		p.X.Tick.Marker = dimensions{s.Parameters.Dims, !last}
		span := math.Max(p.Y.Max-p.Y.Min, 0.1)
		p.Y.Min, p.Y.Max = p.Y.Min-0.08*span, p.Y.Max+0.08*span
		p.Y.Tick.Marker = plotting.Decades{}
		if span < 0.5 { // no power of ten in sight
			p.Y.Tick.Marker = plainTicks{}
		}
		if last {
			p.X.Label.Text = "dimension *d*"
		}
		panels = append(panels, p)
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("Time to risk %s^2, stability constant and 1/m constant against dimension: %s", bench.Number(s.Parameters.Delta), strings.Join(s.Parameters.Problems, ", ")),
		Width: 6.9 * vg.Inch, Height: vg.Length(2.2*float64(len(panels))) * vg.Inch,
		Draw: func(c draw.Canvas) { plotting.Stacked(c, panels, &entries, vg.Points(136)) },
	}, nil
}

func exponentText(e *bench.Exponent) string {
	if e == nil {
		return "?"
	}
	return plotting.Minus(fmt.Sprintf("%.2f", e.Value))
}

// dimensions marks the dimensions of a sweep on an axis of their decimal logarithms.
type dimensions struct {
	dims       []int
	unlabelled bool
}

func (k dimensions) Ticks(_, _ float64) []plot.Tick {
	var ticks []plot.Tick
	before := math.Inf(-1)
	for _, d := range k.dims {
		t := plot.Tick{Value: math.Log10(float64(d)), Label: " "}
		if !k.unlabelled && t.Value > before+0.1 { // labels do not touch
			t.Label = fmt.Sprint(d)
			before = t.Value
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// plainTicks marks round numbers on a short axis of their decimal logarithms.
type plainTicks struct{}

func (plainTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for _, t := range (plotting.Ticks{}).Ticks(math.Pow(10, low), math.Pow(10, high)) {
		ticks = append(ticks, plot.Tick{Value: math.Log10(t.Value), Label: t.Label})
	}
	return ticks
}
