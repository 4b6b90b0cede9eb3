package theory

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/internal/plotting"
)

// Bounds that go higher leave the picture: beyond, nothing can be told apart from them.
const pictureDecades = 8

// Picture draws what was measured, C(t) and the bounds against paper time, on a logarithmic axis. A
// bound that leaves the picture is marked with the value it has at the end.
func (th *Study) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	entries := plotting.Legend()
	p.X.Label.Text = "paper time *t*"
	p.Y.Label.Text = "*m* ‖*f*_{*m*} − *f*_{MF}‖^2"
	times := column(th.Rows, func(r Row) float64 { return r.Time })
	horizon := times[len(times)-1]
	low := math.Inf(1)
	for i, m := range th.Parameters.Widths {
		look := plotting.Ordered(i, len(th.Parameters.Widths)+1)
		line, err := drawMeasured(p, times, th.Rows, i, look)
		if err != nil {
			return nil, err
		}
		entries.Add("*m* = "+strconv.Itoa(m), line)
	}
	constant := column(th.Rows, func(r Row) float64 { return math.Log10(r.Constant) })
	for _, x := range constant {
		low = math.Min(low, x)
	}
	line, err := plotting.Curve(p, times, constant, draw.LineStyle{Color: plotting.Black().Line.Color, Width: vg.Points(2)})
	if err != nil {
		return nil, err
	}
	entries.Add("exact, *C*(*t*)", line)
	for i, b := range []struct {
		name string
		log  func(Row) float64
	}{
		{"Hessian ODE, Lemma 5", func(r Row) float64 { return math.Log10(r.HessianODE) }},
		{"potential, eq. (8), *C* = 1", func(r Row) float64 { return r.Log10Potential }},
		{"Grönwall, eq. (5)", func(r Row) float64 { return r.Log10Groenwall }},
	} {
		style := plotting.Ordered(i+1, 5).Line
		style.Color = plotting.Black().Line.Color
		style.Width = vg.Points(1.2)
		values := column(th.Rows, b.log)
		line, err := plotting.Curve(p, times, values, style)
		if err != nil {
			return nil, err
		}
		if last := values[len(values)-1]; last > pictureDecades {
			b.name += fmt.Sprintf("\n(10^{%.0f} at the end)", last)
		}
		entries.Add(b.name, line)
	}
	if len(th.Parameters.Widths) > 0 && th.Parameters.Seeds > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}
	p.X.Min, p.X.Max = -0.02*horizon, 1.02*horizon
	p.Y.Min, p.Y.Max = math.Min(-1, low-0.3), pictureDecades
	p.Y.Tick.Marker = plotting.Decades{}
	return &plotting.Figure{
		Title: fmt.Sprintf("m times the function error, its exact limit and its bounds against paper time: %s, d = %d", th.Problem.Name(), th.Parameters.Dim),
		Width: 6.8 * vg.Inch, Height: 4.2 * vg.Inch,
		Draw: func(c draw.Canvas) { plotting.Stacked(c, []*plot.Plot{p}, &entries, vg.Points(142)) },
	}, nil
}

func column[T any](rows []T, f func(T) float64) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = f(r)
	}
	return out
}

// drawMeasured adds the band and line of one width, in decimal logarithms.
func drawMeasured(p *plot.Plot, times []float64, rows []Row, width int, look plotting.Look) (*plotter.Line, error) {
	var above, below plotter.XYs
	values := make([]float64, len(rows))
	for i, r := range rows {
		m := r.Measured[width]
		values[i] = math.Log10(m.Value)
		if m.SE < m.Value {
			above = append(above, plotter.XY{X: times[i], Y: math.Log10(m.Value + m.SE)})
			below = append(below, plotter.XY{X: times[i], Y: math.Log10(m.Value - m.SE)})
		}
	}
	if len(above) > 1 {
		for j := len(below) - 1; j >= 0; j-- {
			above = append(above, below[j])
		}
		band, err := plotter.NewPolygon(above)
		if err != nil {
			return nil, fmt.Errorf("drawing a band: %w", err)
		}
		band.Color, band.LineStyle.Width = look.Band, 0
		p.Add(band)
	}
	return plotting.Curve(p, times, values, look.Line)
}
