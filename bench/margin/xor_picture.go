package margin

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	ideal "kac/meanfield/margin"
)

// Picture draws the phase diagram: kappa to the right, the power h upwards, both thresholds as lines and what was asked
// for as marks; with trained networks a second panel has their margin over the largest against kappa.
func (t *XORTable) Picture() (*plotting.Figure, error) {
	p := &t.Parameters
	upper := plotting.New()
	upper.X.Label.Text, upper.Y.Label.Text = "*κ*", "power *h*"
	entries := plotting.Legend()
	var x, y []float64
	for k := 0; k <= 100; k++ {
		h := 1 + float64(k)/100
		x, y = append(x, ideal.KappaGeneralise(h)), append(y, h)
	}
	most := 5.0
	for _, k := range p.Kappas {
		most = math.Max(most, k)
	}
	black, limit := plotting.Black(), plotting.Ordered(1, 3)
	right := make([]float64, len(x))
	for i := range right {
		right[i] = ideal.KappaUniform
	}
	entries.Add("networks generalise\nright of this line", plotting.Curve(upper, x, y, black.Line))
	entries.Add("uniform bounds fail\nleft of this line", plotting.Curve(upper, right, y, limit.Line))
	for i, yes := range []bool{false, true} {
		var mx, my []float64
		for _, r := range t.Rows {
			if r.Generalises() == yes {
				mx, my = append(mx, r.Kappa), append(my, r.Power)
			}
		}
		look := plotting.Ordered(2*i, 3)
		if len(mx) > 0 {
			entries.Add([]string{"memorises", "generalises"}[i], plotting.Marks(upper, mx, my, look.Glyph))
		}
	}
	plotting.Around(upper)
	upper.X.Min, upper.X.Max, upper.Y.Min, upper.Y.Max = 0, most*1.03, 1, 2
	panels := []*plot.Plot{upper}
	height := 3.6 * vg.Inch
	if p.Neurons > 0 {
		lower := plotting.New()
		lower.X.Label.Text, lower.Y.Label.Text = "*κ*", "trained / largest margin"
		least := .95
		for _, r := range t.Rows {
			least = math.Min(least, r.Margin/r.XOR.Margin())
		}
		for i, h := range p.Powers {
			var tx, ty []float64
			for _, r := range t.Rows {
				if r.Power == h {
					tx, ty = append(tx, r.Kappa), append(ty, r.Margin/r.XOR.Margin())
				}
			}
			look := plotting.Ordered(i, len(p.Powers))
			entries.Add("trained, *h* = "+bench.Number(h), plotting.Marks(lower, tx, ty, look.Glyph))
			g := ideal.KappaGeneralise(h)
			thin := look.Line
			thin.Width = vg.Points(.6)
			plotting.Curve(lower, []float64{g, g}, []float64{least, 1}, thin)
		}
		plotting.Curve(lower, []float64{0, most * 1.03}, []float64{1, 1}, black.Line)
		plotting.Around(lower)
		lower.X.Min, lower.X.Max = 0, most*1.03
		panels, height = append(panels, lower), 5.6*vg.Inch
	}
	return &plotting.Figure{
		Title: "Phases of max-margin networks on XOR", Width: 6.6 * vg.Inch, Height: height,
		Draw: func(c draw.Canvas) {
			plotting.Stacked(plotting.Heading(c, "Max-margin networks on XOR, relu^{*h*}, *d* → ∞"), panels, &entries, vg.Points(126))
		},
	}, nil
}
