package budget

import (
	"cmp"
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

// Picture draws curves of equal predicted gap over width and samples seen, for the plan's error and others, with the
// cheapest sizes marked.
func (r *Result) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	entries := plotting.Legend()
	plans := append([]*Plan{r.Plan}, r.Others...)
	slices.SortFunc(plans, func(a, b *Plan) int { return cmp.Compare(a.Error, b.Error) })
	low, high, bottom, top := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	seen := func(plan *Plan) float64 { return float64(plan.Batch) / plan.Eta * r.Parameters.Time }
	for _, plan := range plans {
		x, y := math.Log10(float64(plan.Width)), math.Log10(seen(plan))
		low, high, bottom, top = math.Min(low, x), math.Max(high, x), math.Min(bottom, y), math.Max(top, y)
	}
	low, high, bottom, top = low-.7, high+.9, bottom-.7, top+.9
	for i, plan := range plans {
		look := plotting.Ordered(i, len(plans))
		var xs, ys []float64
		for k := range 400 {
			y := bottom + (top-bottom)*float64(k)/399
			m := r.Law.leastWidth(plan, portable.Pow(10, y)/r.Parameters.Time)
			if x := math.Log10(m); x >= low && x <= high {
				xs, ys = append(xs, x), append(ys, y)
			}
		}
		if len(xs) > 1 {
			entries.Add("gap "+bench.Number(plan.Error), plotting.Curve(p, xs, ys, look.Line))
		}
		plotting.Marks(p, []float64{math.Log10(float64(plan.Width))}, []float64{math.Log10(seen(plan))}, look.Glyph)
	}
	// Equal arithmetic.
	style := plotting.Black().Line
	style.Width = vg.Points(0.6)
	style.Dashes = []vg.Length{vg.Points(2), vg.Points(2)}
	at := math.Log10(float64(r.Plan.Width)) + math.Log10(seen(r.Plan))
	lo, hi := math.Max(low, at-top), math.Min(high, at-bottom)
	entries.Add("equal flops", plotting.Curve(p, []float64{lo, hi}, []float64{at - lo, at - hi}, style))
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = low, high, bottom, top
	p.X.Tick.Marker, p.Y.Tick.Marker = plotting.Decades{}, plotting.Decades{}
	p.X.Label.Text = "width *m*"
	p.Y.Label.Text = "samples seen, *tB*/*η*"
	plotting.Around(p)
	entries.Add("marks: cheapest", plotting.Remark{})
	return &plotting.Figure{
		Title: fmt.Sprintf("Curves of equal gap over width and samples seen: %s, d = %d, to t = %s", r.Law.Problem.Name(), r.Parameters.Dim, bench.Number(r.Parameters.Time)),
		Width: 6.6 * vg.Inch, Height: 4.2 * vg.Inch,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, fmt.Sprintf("%s, *d* = %d, gap to the infinite width up to *t* = %s", plotting.Escape(r.Law.Problem.Name()), r.Parameters.Dim, bench.Number(r.Parameters.Time)))
			plotting.Stacked(c, []*plot.Plot{p}, &entries, vg.Points(118))
		},
	}, nil
}

// leastWidth is the least m that keeps a plan's error with its step for x = B/eta; +Inf where there is none.
func (l *Law) leastWidth(plan *Plan, x float64) float64 {
	most := 1.0
	for i := range l.Times {
		t := l.Gap(i, math.Inf(1), plan.Eta*x, plan.Eta)
		left := plan.Error - t.Total()
		if left <= 0 {
			return math.Inf(1)
		}
		most = math.Max(most, l.Width[i]/left)
	}
	return most
}
