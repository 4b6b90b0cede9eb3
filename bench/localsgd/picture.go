package localsgd

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// figure stacks panels under a heading.
func figure(title, heading string, panels []*plot.Plot, entries plot.Legend) *plotting.Figure {
	return &plotting.Figure{
		Title: title, Width: 19 * vg.Centimeter, Height: vg.Length(2+8.5*float64(len(panels))) * vg.Centimeter,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, heading)
			column := 4.6 * vg.Centimeter
			if len(panels) == 1 {
				plotting.Stacked(c, panels, &entries, column)
				return
			}
			// The axes differ, so each panel has its own.
			middle := (c.Min.Y + c.Max.Y) / 2
			plotting.Stacked(draw.Crop(c, 0, 0, middle-c.Min.Y, 0), panels[:1], &entries, column)
			empty := plotting.Legend()
			plotting.Stacked(draw.Crop(c, 0, 0, 0, middle-c.Max.Y), panels[1:], &empty, column)
		},
	}
}

// logs are decimal logarithms; what has none is a gap.
func logs(list []float64) []float64 {
	out := make([]float64, len(list))
	for i, x := range list {
		out[i] = math.NaN()
		if x > 0 {
			out[i] = math.Log10(x)
		}
	}
	return out
}

// sizes makes an axis of whole numbers, logarithmic.
func sizes(p *plot.Plot, name string, values []int) {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	p.X.Label.Text = name
	p.X.Tick.Marker = plotting.Sizes{Values: values, Apart: .2}
	p.X.Min, p.X.Max = plotting.Room(math.Log10(float64(values[0])), math.Log10(float64(values[len(values)-1])), .04)
}

// Picture draws the size of the bias against K on logarithmic axes, with the laws beside it.
func (t *BiasTable) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	p.Y.Label.Text = "|E *x*_K − *x*_K^{GD}|"
	var k, bias, law, deviation []float64
	for _, r := range t.Rows {
		k = append(k, float64(r.Steps))
		bias, law, deviation = append(bias, math.Abs(r.Bias.Bias)), append(law, math.Abs(r.Law)), append(deviation, r.Deviation)
	}
	x := logs(k)
	entries := plotting.Legend()
	add := func(i int, name string, y []float64, marks bool) {
		look := plotting.Ordered(i, 3)
		curve := plotting.Curve(p, x, logs(y), look.Line)
		if marks {
			entries.Add(name, curve, plotting.Marks(p, x, logs(y), look.Glyph))
			return
		}
		entries.Add(name, curve)
	}
	add(0, "bias, exact", bias, true)
	if !math.IsNaN(law[0]) && t.Parameters.LocalSteps[len(t.Parameters.LocalSteps)-1] > 1 {
		add(1, "law of\nsmall steps", law, false)
	}
	add(2, "deviation of *x*_K", deviation, false)
	if level := math.Abs(t.Rows[0].Continuous); level > 0 {
		style := plotting.Black().Line
		style.Width, style.Dashes = vg.Points(1), []vg.Length{vg.Points(3), vg.Points(3)}
		y := math.Log10(level)
		entries.Add("stationary mean,\ncontinuous time", plotting.Curve(p, []float64{x[0], x[len(x)-1]}, []float64{y, y}, style))
	}
	plotting.Around(p)
	p.Y.Tick.Marker = plotting.Decades{}
	sizes(p, "local steps *K*", t.Parameters.LocalSteps)
	q := &t.Parameters
	heading := fmt.Sprintf("Iterate bias: %s, noise %s, step %s, start %s", plotting.Escape(q.Objective), plotting.Escape(q.Noise), bench.Number(q.Eta), bench.Number(q.Start))
	return figure("Iterate bias against local steps", heading, []*plot.Plot{p}, entries), nil
}

// Picture draws the value gap against the rounds: a curve an algorithm, number of clients and of local steps.
func (t *ExactTable) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	p.Y.Label.Text = "E *F*(*x*) − *F*^{\\*}"
	p.X.Label.Text = "round"
	entries := plotting.Legend()
	q := &t.Parameters
	all := len(t.Rows) / q.Rounds
	for i := range all {
		rows := t.Rows[i*q.Rounds : (i+1)*q.Rounds]
		var x, y []float64
		for _, r := range rows {
			x, y = append(x, float64(r.Round)), append(y, r.Gap)
		}
		name := fmt.Sprintf("%s\n*M* = %d, *K* = %d", rows[0].Algorithm, rows[0].Clients, rows[0].LocalSteps)
		look := plotting.Ordered(i, all)
		curve := plotting.Curve(p, x, logs(y), look.Line)
		if q.Rounds <= 64 {
			entries.Add(name, curve, plotting.Marks(p, x, logs(y), look.Glyph))
		} else {
			entries.Add(name, curve)
		}
	}
	plotting.Around(p)
	p.Y.Tick.Marker = plotting.Decades{}
	p.X.Min, p.X.Max = plotting.Room(1, float64(q.Rounds), .03)
	heading := fmt.Sprintf("Quadratics, exact moments: noise %s, step %s, server's step %s", plotting.Escape(q.Noise), bench.Number(q.Eta), bench.Number(q.ServerStep))
	return figure("Value gap against rounds", heading, []*plot.Plot{p}, entries), nil
}

// Picture draws |x_inf - x*| against K, a curve a rule of steps; the dashed line is the distance of the optima's mean.
func (t *FixedPointTable) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	p.Y.Label.Text = "|*x*_∞ − *x*^{\\*}|"
	entries := plotting.Legend()
	q := &t.Parameters
	n := len(q.LocalSteps)
	names := map[string]string{FixedRule: "*η*", InverseRule: "*η*/*K*", SquareRule: "*η*/*K*^2"}
	for i, rule := range q.Rules {
		var x, y []float64
		for _, r := range t.Rows[i*n : (i+1)*n] {
			x, y = append(x, float64(r.LocalSteps)), append(y, r.Distance)
		}
		look := plotting.Ordered(i, max(len(q.Rules), 2))
		entries.Add("step "+names[rule], plotting.Curve(p, logs(x), y, look.Line), plotting.Marks(p, logs(x), y, look.Glyph))
	}
	style := plotting.Black().Line
	style.Width, style.Dashes = vg.Points(1), []vg.Length{vg.Points(3), vg.Points(3)}
	ends := logs([]float64{float64(q.LocalSteps[0]), float64(q.LocalSteps[n-1])})
	if q.line == nil {
		entries.Add("mean of the\nclients' optima", plotting.Curve(p, ends, []float64{t.Heterogeneity.Shift, t.Heterogeneity.Shift}, style))
	}
	plotting.FromZero(p)
	sizes(p, "local steps *K*", q.LocalSteps)
	var heading string
	if q.line != nil {
		heading = fmt.Sprintf("Where rounds of infinitely many clients end: %s, noise %s, *η* = %s", plotting.Escape(q.Objective), plotting.Escape(q.Noise), fmt.Sprintf("%.6g", q.Eta))
	} else {
		heading = fmt.Sprintf("Where rounds without noise end: *M* = %d clients, *d* = %d, *η* = %s", q.read.Clients(), q.read.Dim(), fmt.Sprintf("%.6g", q.Eta))
	}
	return figure("Distance of the fixed point from the optimum", heading, []*plot.Plot{p}, entries), nil
}
