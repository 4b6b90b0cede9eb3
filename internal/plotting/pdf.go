package plotting

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"regexp"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// writePDF draws letters as outlines: vgpdf loses italics and every character outside Windows-1252,
// such as ‖, − and ∞, and outlines need no font where the figure is printed.
func (f *Figure) writePDF(w io.Writer) error {
	canvas := &outlines{CanvasSizer: vgpdf.New(f.Width, f.Height)}
	f.draw(canvas)
	if canvas.err != nil {
		return fmt.Errorf("drawing a figure as pdf: %w", canvas.err)
	}
	var out bytes.Buffer
	if _, err := canvas.CanvasSizer.(*vgpdf.Canvas).WriteTo(&out); err != nil {
		return fmt.Errorf("drawing a figure as pdf: %w", err)
	}
	if _, err := w.Write(pdfDates.ReplaceAllFunc(out.Bytes(), blank)); err != nil {
		return fmt.Errorf("drawing a figure as pdf: %w", err)
	}
	return nil
}

// Equal figures are equal bytes, so the time of drawing is left out. Spaces keep the file's offsets.
var pdfDates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:[0-9]{14}\)`)

func blank(text []byte) []byte { return bytes.Repeat([]byte(" "), len(text)) }

// outlines is a canvas that fills the shapes of letters.
type outlines struct {
	vg.CanvasSizer
	buffer sfnt.Buffer
	err    error // the first one
}

// SetColor hands a translucent colour on as vgpdf reads it, not multiplied with its opacity; nil is black.
func (c *outlines) SetColor(of color.Color) {
	if of == nil {
		of = color.Black
	}
	c.CanvasSizer.SetColor(straight(color.NRGBAModel.Convert(of).(color.NRGBA)))
}

type straight color.NRGBA

func (s straight) RGBA() (r, g, b, a uint32) {
	return 0x101 * uint32(s.R), 0x101 * uint32(s.G), 0x101 * uint32(s.B), 0x101 * uint32(s.A)
}

// FillString fills the text's outlines, its origin at pt.
func (c *outlines) FillString(face font.Face, pt vg.Point, text string) {
	path, err := outline(&c.buffer, face, pt, text)
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("the letters of %q: %w", text, err)
	}
	c.Fill(path)
}

// outline sets glyphs side by side as font.Face.Width measures them.
func outline(buffer *sfnt.Buffer, face font.Face, at vg.Point, text string) (vg.Path, error) {
	var path vg.Path
	outlines := (*sfnt.Font)(face.Face)
	// One font unit is one pixel, so that nothing is rounded to a grid of pixels.
	units := fixed.I(int(outlines.UnitsPerEm()))
	scale := face.Font.Size / vg.Length(units)
	err := eachGlyph(buffer, outlines, units, text, func(glyph sfnt.GlyphIndex, x fixed.Int26_6) error {
		segments, err := outlines.LoadGlyph(buffer, glyph, units, nil)
		if err != nil {
			return err
		}
		path = appendGlyph(path, segments, vg.Point{X: at.X + vg.Length(x)*scale, Y: at.Y}, scale)
		return nil
	})
	return path, err
}

// appendGlyph adds closed contours. A quadratic curve is written as the cubic that it is: PDF has
// no other.
func appendGlyph(path vg.Path, segments sfnt.Segments, at vg.Point, scale vg.Length) vg.Path {
	place := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(p.X)*scale, Y: at.Y - vg.Length(p.Y)*scale}
	}
	toward := func(from, to vg.Point) vg.Point { return from.Add(to.Sub(from).Scale(2.0 / 3)) }
	open := false
	var now vg.Point
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if open {
				path.Close()
			}
			open, now = true, place(s.Args[0])
			path.Move(now)
		case sfnt.SegmentOpLineTo:
			now = place(s.Args[0])
			path.Line(now)
		case sfnt.SegmentOpQuadTo:
			control, end := place(s.Args[0]), place(s.Args[1])
			path.CubeTo(toward(now, control), toward(end, control), end)
			now = end
		case sfnt.SegmentOpCubeTo:
			now = place(s.Args[2])
			path.CubeTo(place(s.Args[0]), place(s.Args[1]), now)
		}
	}
	if open {
		path.Close()
	}
	return path
}
