// Package plotting is the house style of the figures: sizes, fonts, colours that survive
// colour-blind eyes and grey printers, labels with subscripts, and output as SVG, PDF or PNG.
package plotting

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"io"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
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

// writeSVG adds what vgsvg leaves out: a title, and fonts that replace the program's own where it
// is not installed. Arial and Helvetica have the same letter widths, so that the layout holds.
func (f *Figure) writeSVG(w io.Writer) error {
	canvas := vgsvg.New(f.Width, f.Height)
	f.draw(canvas)
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return fmt.Errorf("drawing a figure as svg: %w", err)
	}
	text := strings.ReplaceAll(out.String(), "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")
	text = strings.ReplaceAll(text, "font-variant:none;", "") // not a value of that property
	head, body, found := strings.Cut(text, "<g ")
	if !found {
		return fmt.Errorf("drawing a figure as svg: no drawing in %d bytes", out.Len())
	}
	text = head + "<title>" + html.EscapeString(f.Title) + "</title>\n<g " + body
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("drawing a figure as svg: %w", err)
	}
	return nil
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
