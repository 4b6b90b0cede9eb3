package compare

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	"kac/internal/portable"
)

const (
	rowHeight   = 3.1 * vg.Inch
	legendWidth = 148 // points
)

// lowest risk that a logarithmic axis shows.
const lowest = 1e-5

// strip is panels side by side with their legend.
type strip struct {
	panels []*plot.Plot
	legend plot.Legend
	room   int // panels that it has room for
}

// panelsInRow is 2 or 3, whichever leaves less room empty.
func (p *Parameters) panelsInRow() int {
	switch n := len(p.Dims); {
	case n <= 3:
		return n
	case n%3 == 1:
		return 2
	}
	return 3
}

// Picture has three parts: risk against n, a panel for each dimension; the crossings against d; and risk against time
// in the largest dimension, beside the infinite network and its linearisation.
func (r *Result) Picture() (*plotting.Figure, error) {
	p := r.Parameters
	var strips []strip
	inRow := p.panelsInRow()
	for from := 0; from < len(p.Dims); from += inRow {
		s := strip{legend: plotting.Legend(), room: inRow}
		for i := from; i < min(from+inRow, len(p.Dims)); i++ {
			var legend *plot.Legend
			if i == 0 {
				legend = &s.legend
			}
			panel, err := r.riskPanel(i, legend)
			if err != nil {
				return nil, err
			}
			s.panels = append(s.panels, panel)
		}
		strips = append(strips, s)
	}
	last := strip{legend: plotting.Legend()}
	if len(p.Dims) > 1 {
		last.panels = append(last.panels, r.crossingPanel(&last.legend))
	}
	if slices.Contains(p.Predictors, Network) {
		last.panels = append(last.panels, r.timePanel(&last.legend))
	}
	if last.room = len(last.panels); last.room > 0 {
		strips = append(strips, last)
	}
	heading := fmt.Sprintf("%s on the sphere, %s; error bars of risks: one standard error; of crossings: 95 %% intervals", plotting.Escape(p.Name()), plotting.Count(p.Draws, "draw"))
	return &plotting.Figure{
		Title: "Risk of networks and kernels against the number of samples, crossings against the dimension, risk against time: " + p.Name(),
		Width: 9.6 * vg.Inch, Height: rowHeight*vg.Length(len(strips)) + .25*vg.Inch,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, heading)
			height := (c.Max.Y - c.Min.Y) / vg.Length(len(strips))
			for i, s := range strips {
				own := draw.Crop(c, 0, 0, height*vg.Length(len(strips)-1-i), -height*vg.Length(i))
				whole := own.Max.X - own.Min.X - vg.Points(legendWidth)
				empty := whole * vg.Length(s.room-len(s.panels)) / vg.Length(s.room)
				plotting.SideBySide(draw.Crop(own, 0, -empty, 0, 0), s.panels, &s.legend, vg.Points(legendWidth))
			}
		},
	}, nil
}

func log10(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, x := range values {
		out[i] = math.Log10(x)
	}
	return out
}

// looks by predictor: colours of widths are in the middle of the map, kernels at its ends.
func look(name string) plotting.Look {
	switch name {
	case NTK:
		return plotting.Ordered(0, 4)
	case Best:
		return plotting.Ordered(3, 4)
	case Floor:
		l := plotting.Black()
		l.Line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
		return l
	}
	return plotting.Ordered(2, 4)
}

// riskPanel is risk against n in one dimension: measured means with bars, equivalents as lines.
func (r *Result) riskPanel(i int, legend *plot.Legend) (*plot.Plot, error) {
	p, d := r.Parameters, r.Parameters.Dims[i]
	problem, err := p.ProblemIn(d)
	if err != nil {
		return nil, err
	}
	panel := plotting.New()
	panel.Title.Text = fmt.Sprintf("*d* = %d", d)
	panel.Title.TextStyle.Font, panel.Title.TextStyle.Handler = plotting.Font(10), plotting.Markup
	sizes := p.sizes[i]
	low, high := float64(sizes[0]), float64(sizes[len(sizes)-1])
	panel.X.Min, panel.X.Max = plotting.Room(math.Log10(low), math.Log10(high), .04)
	bottom := math.Inf(1)
	entry := func(text string, thumbs ...plot.Thumbnailer) {
		if legend != nil {
			legend.Add(text, thumbs...)
		}
	}
	for _, name := range p.Predictors {
		if name == Network {
			continue
		}
		own := look(name)
		var x, y []float64
		for k := range 121 {
			n := portable.Pow(10, panel.X.Min+(panel.X.Max-panel.X.Min)*float64(k)/120)
			risk := problem.Floor(n).Total
			if name != Floor {
				kernel, ridges := p.kernel(problem, name, n)
				risk = problem.Equivalent(kernel, n, ridges[0], p.Noise).Total
			}
			if risk < lowest {
				risk = math.NaN()
			}
			x, y = append(x, n), append(y, risk)
		}
		entry(name+", equivalent", plotting.Curve(panel, log10(x), log10(y), own.Line))
	}
	for _, s := range r.series(d) {
		own := look(s.Predictor)
		if s.Predictor == Network && len(p.Widths) > 1 {
			own = plotting.Ordered(slices.Index(p.Widths, s.Width), len(p.Widths))
		}
		for k := range s.x {
			bottom = math.Min(bottom, s.mean[k])
			ends := []float64{math.Log10(math.Max(s.mean[k]-s.half[k], lowest)), math.Log10(s.mean[k] + s.half[k])}
			bar := own.Line
			bar.Dashes, bar.Width = nil, vg.Points(.8)
			plotting.Curve(panel, []float64{math.Log10(s.x[k]), math.Log10(s.x[k])}, ends, bar)
		}
		if s.Predictor == Network {
			own.Line.Width = vg.Points(.8)
			plotting.Curve(panel, log10(s.x), log10(s.mean), own.Line)
		}
		own.Glyph.Shape = look(s.Predictor).Glyph.Shape
		entry(s.label(p), plotting.Marks(panel, log10(s.x), log10(s.mean), own.Glyph))
	}
	limit := r.Limits[i].Risk[len(r.Limits[i].Risk)-1]
	if slices.Contains(p.Predictors, Network) {
		line := plotting.Limit().Line
		line.Width = vg.Points(1)
		entry(fmt.Sprintf("network, *m* = *n* = ∞, *t* = %s", bench.Number(p.Horizon)), plotting.Curve(panel, []float64{panel.X.Min, panel.X.Max}, log10([]float64{limit, limit}), line))
		bottom = math.Min(bottom, limit)
	}
	bottom = math.Max(math.Min(bottom/1.6, problem.Norm2()/30), lowest)
	panel.Y.Min, panel.Y.Max = math.Log10(bottom), math.Log10(problem.Norm2()*1.6)
	r.verticals(panel, problem.Dim(), entry)
	panel.X.Label.Text, panel.Y.Label.Text = "samples *n*", ""
	if i%p.panelsInRow() == 0 {
		panel.Y.Label.Text = "risk"
	}
	panel.X.Tick.Marker, panel.Y.Tick.Marker = plotting.Decades{}, plotting.Decades{}
	return panel, nil
}

// verticals mark d^2, N_2 and the kernel's rank where they lie within the panel.
func (r *Result) verticals(panel *plot.Plot, d int, entry func(string, ...plot.Thumbnailer)) {
	problem, err := r.Parameters.ProblemIn(d)
	if err != nil {
		return
	}
	line := plotting.Black().Line
	line.Width, line.Dashes = vg.Points(.6), []vg.Length{vg.Points(1), vg.Points(2)}
	for i, n := range []float64{float64(d) * float64(d), problem.Rank(problem.NTK())} {
		x := math.Log10(n)
		if x > panel.X.Min && x < panel.X.Max {
			if i == 1 {
				line.Dashes = nil
			}
			entry([]string{"*n* = *d*^2", "rank of the kernel"}[i], plotting.Curve(panel, []float64{x, x}, []float64{panel.Y.Min, panel.Y.Max}, line))
		}
	}
}

// seriesOf is a predictor's means over draws against n.
type seriesOf struct {
	Predictor     string
	Width         int
	x, mean, half []float64
}

func (s *seriesOf) label(p *Parameters) string {
	if s.Predictor != Network {
		return s.Predictor + ", on data"
	}
	return fmt.Sprintf("network, *m* = %d", s.Width)
}

// series are those of one dimension with the first of the ridges.
func (r *Result) series(d int) (list []*seriesOf) {
	for _, s := range r.Summaries() {
		if s.Dim != d || s.N == 0 {
			continue
		}
		at := slices.IndexFunc(list, func(o *seriesOf) bool { return o.Predictor == s.Predictor && o.Width == s.Width })
		if at < 0 {
			at = len(list)
			list = append(list, &seriesOf{Predictor: s.Predictor, Width: s.Width})
		}
		own := list[at]
		if n := len(own.x); n > 0 && own.x[n-1] == float64(s.Samples) {
			continue // another ridge
		}
		half := 0.0
		if s.SE > 0 { // NaN of a single draw
			half = s.SE
		}
		own.x, own.mean, own.half = append(own.x, float64(s.Samples)), append(own.mean, s.Value), append(own.half, half)
	}
	return list
}
