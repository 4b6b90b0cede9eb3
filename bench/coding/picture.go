package coding

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

// axis is what a picture's errors are drawn against: the first of what varies.
type axis struct {
	name  string
	value func(Summary) float64
	log   bool
}

func (p *Parameters) axis() axis {
	switch {
	case len(p.Wait)+len(p.Deadline) > 1:
		return axis{"time that the master waits, seconds", func(s Summary) float64 { return s.Seconds }, false}
	case len(p.Straggle) > 1:
		return axis{"probability *p* to lose a machine", func(s Summary) float64 { return s.Straggle }, false}
	case len(p.Degrees) > 1:
		return axis{"replication *d*, machines that hold a block", func(s Summary) float64 { return s.Replication }, false}
	}
	return axis{"blocks *n*", func(s Summary) float64 { return float64(s.Blocks) }, true}
}

// least is where logarithmic axes end below: errors of 0, and of rounding, are not drawn.
const least = 1e-20

// Picture draws the error of every scheme against what varies first, on a logarithmic axis: marks with bars of one
// standard error, and the limits as lines; of several sizes the largest. With several sizes there is a second panel,
// the graph code's distance from its limit, n (error - limit).
func (s *Study) Picture() (*plotting.Figure, error) {
	p := &s.Parameters
	a := p.axis()
	upper := plotting.New()
	upper.Y.Label.Text = "error, (1/*n*) E|*α* − 1|^2"
	upper.X.Label.Text = a.name
	entries := plotting.Legend()
	most := p.Blocks[len(p.Blocks)-1]
	for i, name := range p.Schemes {
		var points []Summary
		for _, r := range s.Summary {
			if r.Scheme != name || !a.log && r.Blocks != most {
				continue
			}
			if a.name[0] != 'r' && r.Degree != s.Summary[0].Degree && len(p.Degrees) > 1 {
				continue // one degree: the first
			}
			points = append(points, r)
		}
		look := plotting.Ordered(i, len(p.Schemes))
		var x, y, low, high, lx, ly []float64
		for _, r := range points {
			at := a.value(r)
			if a.log {
				at = math.Log10(at)
			}
			if r.Limit > least {
				lx, ly = append(lx, at), append(ly, math.Log10(r.Limit))
			}
			if !(r.Error.Value > least) {
				continue
			}
			x, y = append(x, at), append(y, math.Log10(r.Error.Value))
			se := r.Error.SE
			if math.IsNaN(se) {
				se = 0
			}
			low = append(low, math.Log10(math.Max(r.Error.Value-se, r.Error.Value/10)))
			high = append(high, math.Log10(r.Error.Value+se))
		}
		marks := plotting.Marks(upper, x, y, look.Glyph)
		for k := range x {
			style := look.Line
			style.Dashes, style.Width = nil, vg.Points(1)
			plotting.Curve(upper, []float64{x[k], x[k]}, []float64{low[k], high[k]}, style)
		}
		if len(lx) > 1 {
			look.Line.Width = vg.Points(1)
			entries.Add(name, plotting.Curve(upper, lx, ly, look.Line), marks)
		} else {
			entries.Add(name, marks)
		}
	}
	entries.Add("marks: measured,\nbars ± 1 std. error;\nlines: *n* = ∞", plotting.Remark{})
	plotting.Around(upper)
	upper.Y.Tick.Marker = plotting.Decades{}
	if a.log {
		upper.X.Tick.Marker = plotting.Sizes{Values: p.Blocks, Apart: .2}
		upper.X.Min, upper.X.Max = plotting.Room(math.Log10(float64(p.Blocks[0])), math.Log10(float64(most)), .04)
	}
	panels := []*plot.Plot{upper}
	if lower := s.scaled(); lower != nil {
		panels = append(panels, lower)
	}
	heading := fmt.Sprintf("Gradient codes, %s, %s", plotting.Escape(s.Parameters.graphName()), plotting.Count(p.Seeds, "seed"))
	if len(p.Degrees) == 1 && p.Degrees[0] > 0 {
		heading += fmt.Sprintf(", *d* = %d", p.Degrees[0])
	}
	if len(p.Straggle) == 1 {
		heading += ", *p* = " + bench.Number(p.Straggle[0])
	}
	if len(p.Blocks) == 1 || !a.log {
		heading += fmt.Sprintf(", *n* = %d", most)
	}
	return figure("Decoding error of gradient codes against "+strings.ReplaceAll(a.name, "*", ""), heading, panels, entries), nil
}

// scaled is the second panel, nil with one size or without a graph code.
func (s *Study) scaled() *plot.Plot {
	p := &s.Parameters
	if len(p.Blocks) < 2 || !slices.Contains(p.Schemes, "graph") {
		return nil
	}
	lower := plotting.New()
	lower.Y.Label.Text = "*n* (error − limit), graph"
	lower.X.Label.Text = "blocks *n*"
	var x, y []float64
	for _, r := range s.Summary {
		if r.Scheme != "graph" || r.Setting != s.Summary[0].Setting || r.Degree != s.Summary[0].Degree || math.IsNaN(r.Scaled.Value) {
			continue
		}
		at := math.Log10(float64(r.Blocks))
		x, y = append(x, at), append(y, r.Scaled.Value)
		se := r.Scaled.SE
		if math.IsNaN(se) {
			se = 0
		}
		style := plotting.Black().Line
		style.Width = vg.Points(1)
		plotting.Curve(lower, []float64{at, at}, []float64{r.Scaled.Value - se, r.Scaled.Value + se}, style)
	}
	if len(x) == 0 {
		return nil
	}
	plotting.Marks(lower, x, y, plotting.Black().Glyph)
	thin := plotting.Limit().Line
	thin.Width = vg.Points(1)
	low, high := plotting.Room(x[0], x[len(x)-1], .04)
	plotting.Curve(lower, []float64{low, high}, []float64{0, 0}, thin)
	plotting.Around(lower)
	lower.X.Min, lower.X.Max = low, high
	lower.X.Tick.Marker = plotting.Sizes{Values: p.Blocks, Apart: .2}
	return lower
}

func figure(title, heading string, panels []*plot.Plot, entries plot.Legend) *plotting.Figure {
	return &plotting.Figure{
		Title: title, Width: 6.6 * vg.Inch, Height: vg.Length(.6+3*float64(len(panels))) * vg.Inch,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, heading)
			if len(panels) == 1 {
				plotting.Stacked(c, panels, &entries, vg.Points(122))
				return
			}
			// The axes differ, so each panel has its own.
			middle := (c.Min.Y + c.Max.Y) / 2
			plotting.Stacked(draw.Crop(c, 0, 0, middle-c.Min.Y, 0), panels[:1], &entries, vg.Points(122))
			empty := plotting.Legend()
			plotting.Stacked(draw.Crop(c, 0, 0, 0, middle-c.Max.Y), panels[1:], &empty, vg.Points(122))
		},
	}
}

// LimitPicture draws the limit against the probability to lose a machine, a line a degree, or against the degree.
func LimitPicture(rows []LimitRow) *plotting.Figure {
	p := plotting.New()
	p.Y.Label.Text = "error of infinitely many blocks"
	entries := plotting.Legend()
	degrees, straggle := []int{}, []float64{}
	for _, r := range rows {
		degrees, straggle = append(degrees, r.Degree), append(straggle, r.Straggle)
	}
	slices.Sort(degrees)
	slices.Sort(straggle)
	degrees, straggle = slices.Compact(degrees), slices.Compact(straggle)
	byDegree := len(straggle) == 1
	series := len(degrees)
	if byDegree {
		series = 1
	}
	for i := range series {
		look := plotting.Ordered(i, series)
		var x, y []float64
		for _, r := range rows {
			switch {
			case !(r.Error > least):
			case byDegree:
				x, y = append(x, float64(r.Degree)), append(y, math.Log10(r.Error))
			case r.Degree == degrees[i]:
				x, y = append(x, r.Straggle), append(y, math.Log10(r.Error))
			}
		}
		line, marks := plotting.Curve(p, x, y, look.Line), plotting.Marks(p, x, y, look.Glyph)
		text := "*p* = " + bench.Number(straggle[0])
		if !byDegree {
			text = fmt.Sprintf("*d* = %d", degrees[i])
		}
		entries.Add(text, line, marks)
	}
	p.X.Label.Text = "probability *p* to lose a machine"
	if byDegree {
		p.X.Label.Text = "degree *d*, machines that hold a block"
	}
	plotting.Around(p)
	p.Y.Tick.Marker = plotting.Decades{}
	return figure("Decoding error of infinitely many blocks", "Optimal decoding on the infinite *d*-regular graph", []*plot.Plot{p}, entries)
}

// Picture draws the worst error found against the share of machines, or, of one share and several degrees, against the
// degree, with the theorem's bound as a line, and what independent blocks leave.
func (s *AdversaryStudy) Picture() (*plotting.Figure, error) {
	p, params := plotting.New(), &s.Parameters
	byDegree := len(params.Straggle) == 1 && len(params.Degrees) > 1
	p.X.Label.Text = "share *p* of the machines that are taken"
	if byDegree {
		p.X.Label.Text = "degree *d* of the graph"
	}
	p.Y.Label.Text = "error, (1/*n*) |*α* − 1|^2"
	entries := plotting.Legend()
	n, degree := params.Blocks[len(params.Blocks)-1], 0
	for _, r := range s.Rows {
		if r.Blocks == n && degree == 0 {
			degree = r.Degree
		}
	}
	for i, name := range params.Schemes {
		look := plotting.Ordered(i, len(params.Schemes))
		var x, y, bx, by, iy []float64
		for _, r := range s.Rows {
			if r.Scheme != name || r.Blocks != n || !byDegree && r.Degree != degree {
				continue
			}
			at := r.Straggle
			if byDegree {
				at = float64(r.Degree)
			}
			x, y, iy = append(x, at), append(y, r.Error), append(iy, r.Independent)
			if !math.IsNaN(r.Bound) {
				bx, by = append(bx, at), append(by, r.Bound)
			}
		}
		line := plotting.Curve(p, x, y, look.Line)
		entries.Add(name+", worst found", line, plotting.Marks(p, x, y, look.Glyph))
		if len(bx) > 0 {
			entries.Add("no set does more", plotting.Curve(p, bx, by, plotting.Limit().Line))
			thin := look.Line
			thin.Width = vg.Points(.7)
			entries.Add("graph, independent\nblocks", plotting.Curve(p, x, iy, thin))
		}
	}
	plotting.Around(p)
	p.Y.Min = 0
	heading := fmt.Sprintf("Adversary, %s, *n* = %d", plotting.Escape(params.graphName()), n)
	switch {
	case byDegree:
		heading += ", share *p* = " + bench.Number(params.Straggle[0])
	case degree > 0:
		heading += fmt.Sprintf(", *d* = %d", degree)
	}
	return figure("Decoding error under an adversary", heading, []*plot.Plot{p}, entries), nil
}

// Picture draws the distance to the optimum against steps and, with delays, against simulated seconds.
func (d *Descent) Picture() (*plotting.Figure, error) {
	code := &d.Parameters.Code
	panel := func(label string, at func(DescendRow) float64, entries *plot.Legend) *plot.Plot {
		p := plotting.New()
		p.X.Label.Text = label
		p.Y.Label.Text = "|*θ* − *θ*^{\\*}|^2"
		for i, name := range code.Schemes {
			look := plotting.Ordered(i, len(code.Schemes))
			var x, y, low, high []float64
			for _, r := range d.Rows {
				if v := r.Distance.Value; r.Scheme == name && v > least {
					se := r.Distance.SE
					if math.IsNaN(se) {
						se = 0
					}
					x, y = append(x, at(r)), append(y, math.Log10(v))
					low, high = append(low, math.Log10(math.Max(v-se, v/10))), append(high, math.Log10(v+se))
				}
			}
			plotting.Area(p, x, low, high, look)
			line := plotting.Curve(p, x, y, look.Line)
			if entries != nil {
				entries.Add(name, line)
			}
		}
		plotting.Around(p)
		p.X.Min = 0
		p.Y.Tick.Marker = plotting.Decades{}
		return p
	}
	entries := plotting.Legend()
	panels := []*plot.Plot{panel("step", func(r DescendRow) float64 { return float64(r.Step) }, &entries)}
	if code.Seeds > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}
	if code.Delays != "" {
		panels = append(panels, panel("simulated time, seconds", func(r DescendRow) float64 { return r.Seconds }, nil))
	}
	how := "random stragglers"
	switch {
	case d.Parameters.Adversarial:
		how = "an adversary"
	case code.Delays != "":
		how = "delays " + plotting.Escape(code.Delays)
	}
	heading := fmt.Sprintf("Descent with coded gradients, %s loss, %s, %s", d.Parameters.Loss, how, plotting.Count(code.Seeds, "seed"))
	return figure("Distance to the optimum against steps", heading, panels, entries), nil
}
