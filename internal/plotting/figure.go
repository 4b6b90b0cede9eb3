// Package plotting is the house style of the figures: sizes, fonts, colours that survive
// colour-blind eyes and grey printers, labels with subscripts, and output as SVG, PDF or PNG.
package plotting

import (
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Figure is a drawing of a fixed size.
type Figure struct {
	Title         string // for screen readers and search; not drawn
	Width, Height vg.Length
	Draw          func(draw.Canvas)
}

// Resolution of PNG output, dots per inch.
const pngDPI = 200

// Write writes the figure as "svg", "pdf" or "png". Equal figures give equal bytes.
func (f *Figure) Write(w io.Writer, format string) error {
	switch format {
	case "svg":
		return f.writeSVG(w)
	case "pdf":
		return f.writePDF(w)
	case "png":
		canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(pngDPI))}
		f.draw(canvas)
		if _, err := canvas.WriteTo(w); err != nil {
			return fmt.Errorf("drawing a figure as png: %w", err)
		}
		return nil
	}
	return fmt.Errorf("drawing a figure: format %q: allowed are svg, pdf and png", format)
}

func (f *Figure) draw(canvas vg.CanvasSizer) {
	c := draw.New(canvas)
	// Paper is white also where the viewer's background is dark.
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	f.Draw(c)
}

// New returns an empty plot in the house style.
func New() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // the figure has its own
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = Font(11)
		axis.Label.TextStyle.Handler = Markup
		axis.Label.Padding = vg.Points(4)
		axis.Tick.Label.Font = Font(9)
		axis.Tick.Label.Handler = Markup
		axis.Tick.Length = vg.Points(4)
		axis.Tick.Marker = Ticks{}
		axis.Padding = 0
		axis.LineStyle.Width = vg.Points(0.75)
		axis.Tick.LineStyle.Width = vg.Points(0.75)
	}
	return p
}
