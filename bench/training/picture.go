package training

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// Picture draws the three panels of the paper's figures side by side: risk, m times the function
// error, m times the squared mean coupling, one line per width with its band of one standard error,
// against paper time, which label names. Test data of the user add a panel.
func (s *Study) Picture(summary *Summary, label string) (*plotting.Figure, error) {
	entries := plotting.Legend()
	type curves struct {
		title             string
		values            [][]bench.Mean
		reference         []bench.Mean // nil: it is not drawn
		startMayFallAside bool
	}
	shown := []curves{{title: "risk, ‖*f*_{*m*} − *f*^{\\*}‖^2", values: summary.Risk, reference: summary.ReferenceRisk}}
	if s.Parameters.Inputs != "" { // see riskTitle
		shown[0].title = "mean square of *y* − *f*_{*m*}, training inputs"
	}
	title, width := "Risk", 11*vg.Inch
	if summary.TestRisk != nil {
		shown = append(shown, curves{title: "mean square of *y* − *f*_{*m*}, test inputs", values: summary.TestRisk, reference: summary.ReferenceTest})
		title, width = "Mean square on training and on test inputs", 14*vg.Inch
	}
	shown = append(shown, curves{title: "function error, *m* ‖*f*_{*m*} − *f*_{ref}‖^2", values: summary.Function, startMayFallAside: true},
		curves{title: "coupling, *m* (E_{*i*} ‖Δ(*i*)‖)^2", values: summary.Coupling})
	var panels []*plot.Plot
	for k, q := range shown {
		values := q.values
		panel := plotting.New()
		panel.Y.Label.Text, panel.X.Label.Text = q.title, label
		from := 0
		if q.startMayFallAside && towers(values) {
			// A second layer of +-C starts with C^2 Var(sigma), which would flatten all that follows.
			from = 1
			panel.Y.Label.Text += ", *t* > 0"
		}
		for i, m := range summary.Widths {
			column := make([]bench.Mean, 0, len(values))
			for _, row := range values[from:] {
				column = append(column, row[i])
			}
			line, glyphs := drawMeans(panel, summary.Times[from:], column, plotting.Ordered(i, len(summary.Widths)), i)
			if k == 0 {
				entries.Add("*m* = "+strconv.Itoa(m), line, glyphs)
			}
		}
		if q.reference != nil {
			line, _ := drawMeans(panel, summary.Times, q.reference, plotting.Limit(), -1)
			if k == 0 {
				entries.Add("reference", line)
			}
		}
		plotting.Times(panel, summary.Times[len(summary.Times)-1])
		plotting.FromZero(panel)
		panels = append(panels, panel)
	}
	if summary.Repeats > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("%s, m times the function error and m times the squared coupling against time: %s, d = %d, widths %v, %d repeats",
			title, s.Task.Name(), s.Parameters.Dim, summary.Widths, summary.Repeats),
		Width: width, Height: 3.4 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.SideBySide(plotting.Heading(c, s.heading()), panels, &entries, legendWidth)
		},
	}, nil
}

// Room for the names of widths beside the panels.
const legendWidth = vg.Length(98)

// heading is what the pictures say above their panels.
func (s *Study) heading() string {
	return plotting.Escape(s.Task.Name()) + fmt.Sprintf(", *d* = %d, step %s, %s", s.Parameters.Dim, bench.Number(s.Parameters.Eta), plotting.Count(s.Parameters.Repeats, "repeat"))
}

// towers reports whether the values of the first time are more than three times all later ones.
func towers(values [][]bench.Mean) bool {
	first, later := math.Inf(1), 0.0
	for t, row := range values {
		for _, mean := range row {
			if t == 0 {
				first = math.Min(first, mean.Value)
			} else {
				later = math.Max(later, mean.Value)
			}
		}
	}
	return len(values) > 2 && first > 3*later
}

// drawMeans adds a band, a line and, for index >= 0, sparse markers.
func drawMeans(panel *plot.Plot, times []float64, means []bench.Mean, look plotting.Look, index int) (*plotting.Line, *plotter.Scatter) {
	marks := max(1, int(math.Round(float64(len(times)-1)/7)))
	var values, low, high, markX, markY []float64
	for t, mean := range means {
		values, low, high = append(values, mean.Value), append(low, math.Max(mean.Value-mean.SE, 0)), append(high, mean.Value+mean.SE)
		if index >= 0 && (t+index)%marks == 0 {
			markX, markY = append(markX, times[t]), append(markY, mean.Value)
		}
	}
	plotting.Area(panel, times, low, high, look)
	return plotting.Curve(panel, times, values, look.Line), plotting.Marks(panel, markX, markY, look.Glyph)
}

// HistogramPicture draws the distribution of |Delta_i| at the last observation, all repeats
// together, one line per width: particles per bin of equal ratio, as a share.
func (s *Study) HistogramPicture() (*plotting.Figure, error) {
	panel, entries := plotting.New(), plotting.Legend()
	panel.X.Label.Text, panel.Y.Label.Text = "distance of a particle to its twin, ‖Δ(*i*)‖", "share of particles in a bin"
	panel.X.Tick.Marker = plotting.Decades{}
	width := math.Log10(binEdge(2) / binEdge(1))
	first := histogramBins // the lowest bin that any network reaches
	for _, times := range s.Histogram {
		for k, n := range times[len(times)-1] {
			if n > 0 && k > 0 {
				first = min(first, k)
			}
		}
	}
	for i, m := range s.Parameters.Widths {
		bins := s.Histogram[i][len(s.Histogram[i])-1]
		total := 0
		for _, n := range bins {
			total += n
		}
		var x, share []float64
		for k := max(first-1, 1); k < len(bins); k++ {
			x, share = append(x, math.Log10(binEdge(k))+width/2), append(share, float64(bins[k])/float64(total))
		}
		entries.Add("*m* = "+strconv.Itoa(m), plotting.Curve(panel, x, share, plotting.Ordered(i, len(s.Parameters.Widths)).Line))
	}
	plotting.FromZero(panel)
	panel.X.Min, panel.X.Max = plotting.Room(panel.X.Min, panel.X.Max, 0)
	at := fmt.Sprintf("paper time *t* = %s", bench.Number(s.Parameters.Horizon()))
	return &plotting.Figure{
		Title: fmt.Sprintf("Distribution of the distance of particles to their twins at paper time %s: %s, widths %v", bench.Number(s.Parameters.Horizon()), s.Task.Name(), s.Parameters.Widths),
		Width: 5.8 * vg.Inch, Height: 3.5 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.SideBySide(plotting.Heading(c, s.heading()+", "+at), []*plot.Plot{panel}, &entries, legendWidth)
		},
	}, nil
}
