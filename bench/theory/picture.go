package theory

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/internal/plotting"
	"kac/internal/portable"
)

// Bounds that go higher leave the picture: beyond, nothing can be told apart from them.
const pictureDecades = 8

// Picture draws what was measured, C(t) and the bounds against paper time twice: on a linear axis as high as the
// measurements and C(t), which tells these apart, and on a logarithmic axis for the bounds. A bound that leaves the
// picture is marked with the value it has at the end.
func (th *Study) Picture() (*plotting.Figure, error) {
	linear, logarithmic := plotting.New(), plotting.New()
	entries := plotting.Legend()
	times := column(th.Rows, func(r Row) float64 { return r.Time })
	constant := column(th.Rows, func(r Row) float64 { return r.Constant })
	for i, m := range th.Parameters.Widths {
		look := plotting.Ordered(i, len(th.Parameters.Widths)+1)
		entries.Add("*m* = "+strconv.Itoa(m), drawMeasured(linear, logarithmic, times, th.Rows, i, look))
	}
	exact := draw.LineStyle{Color: plotting.Black().Line.Color, Width: vg.Points(2)}
	plotting.Curve(linear, times, constant, exact)
	entries.Add("exact, *C*(*t*)", plotting.Curve(logarithmic, times, logs(constant), exact))
	plotting.FromZero(linear)
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
		plain := make([]float64, len(values))
		for k, x := range values {
			plain[k] = math.Min(portable.Pow(10, x), 10*linear.Y.Max) // far above the panel, and finite
		}
		// Added below the range of the panel, which they may leave.
		low, high := linear.Y.Min, linear.Y.Max
		plotting.Curve(linear, times, plain, style)
		linear.Y.Min, linear.Y.Max = low, high
		if last := values[len(values)-1]; last > pictureDecades {
			b.name += "\n(" + endOf(last) + " at the end)"
		}
		entries.Add(b.name, plotting.Curve(logarithmic, times, values, style))
	}
	if len(th.Parameters.Widths) > 0 && th.Parameters.Seeds > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}
	for _, p := range []*plot.Plot{linear, logarithmic} {
		p.X.Label.Text = "paper time *t*"
		plotting.Times(p, times[len(times)-1])
	}
	linear.Y.Label.Text = "*m* ‖*f*_{*m*} − *f*_{MF}‖^2"
	// Values of 0 have no logarithm: the axis begins at the smallest that has one, within reason.
	low := math.Max(math.Min(-1, logarithmic.Y.Min-0.3), -pictureDecades)
	logarithmic.Y.Min, logarithmic.Y.Max = low, pictureDecades
	logarithmic.Y.Tick.Marker = plotting.Decades{}
	heading := plotting.Escape(th.Problem.Name()) + fmt.Sprintf(", *d* = %d", th.Parameters.Dim)
	if len(th.Parameters.Widths) > 0 {
		heading += ", " + plotting.Count(th.Parameters.Seeds, "seed")
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("m times the function error, its exact limit and its bounds against paper time: %s, d = %d", th.Problem.Name(), th.Parameters.Dim),
		Width: 9.6 * vg.Inch, Height: 4 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.SideBySide(plotting.Heading(c, heading+"; linear at the left, logarithmic at the right"), []*plot.Plot{linear, logarithmic}, &entries, vg.Points(142))
		},
	}, nil
}

// endOf writes a number by its decimal logarithm.
func endOf(log10 float64) string {
	if math.IsInf(log10, 1) {
		return "no finite number"
	}
	return fmt.Sprintf("10^{%.0f}", log10)
}

func column[T any](rows []T, f func(T) float64) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = f(r)
	}
	return out
}

// logs are decimal logarithms; what has none is a gap in a curve.
func logs(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.Log10(v)
	}
	return out
}

// drawMeasured adds the bands and lines of one width to both panels.
func drawMeasured(linear, logarithmic *plot.Plot, times []float64, rows []Row, width int, look plotting.Look) *plotting.Line {
	var values, low, high []float64
	for _, r := range rows {
		m := r.Measured[width]
		values, low, high = append(values, m.Value), append(low, math.Max(m.Value-m.SE, 0)), append(high, m.Value+m.SE)
	}
	plotting.Area(linear, times, low, high, look)
	plotting.Curve(linear, times, values, look.Line)
	plotting.Area(logarithmic, times, logs(low), logs(high), look)
	return plotting.Curve(logarithmic, times, logs(values), look.Line)
}
