package plotting

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// writeSVG draws letters as outlines, as writePDF does: another font than the one that text was measured with has other
// widths, and names, numbers and exponents would print over each other. Each letter is defined once and used where it
// stands. What the letters say is kept for search and screen readers: the figure's title, and the words of each label.
func (f *Figure) writeSVG(w io.Writer) error {
	canvas := &svgCanvas{Canvas: vgsvg.New(f.Width, f.Height), letters: map[letter]int{}}
	f.draw(canvas)
	if canvas.err != nil {
		return fmt.Errorf("drawing a figure as svg: %w", canvas.err)
	}
	var out bytes.Buffer
	if _, err := canvas.Canvas.WriteTo(&out); err != nil {
		return fmt.Errorf("drawing a figure as svg: %w", err)
	}
	n := 0
	text := svgText.ReplaceAllStringFunc(out.String(), func(element string) string {
		n++
		return canvas.lettering(n-1, element)
	})
	head, body, found := strings.Cut(text, "<g ")
	head, opened := strings.CutSuffix(strings.TrimRight(head, "\n"), ">")
	if !found || !opened || n != len(canvas.pieces) {
		return fmt.Errorf("drawing a figure as svg: %d of %d texts in %d bytes", n, len(canvas.pieces), out.Len())
	}
	title := xmlText(f.Title)
	text = head + "\n\trole=\"graphics-document document\" aria-label=\"" + title + "\">\n<title>" + title + "</title>\n" + canvas.defs.text() + "<g " + body
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("drawing a figure as svg: %w", err)
	}
	return nil
}

// A text as vgsvg writes it.
var svgText = regexp.MustCompile(`<text x="([^"]*)" y="([^"]*)"[^>]*>[^<]*</text>`)

var svgFill = regexp.MustCompile(`fill:(#[0-9A-Fa-f]{6})`)

// svgCanvas remembers every text in the order of drawing, with its letters in units of the font.
type svgCanvas struct {
	*vgsvg.Canvas
	buffer  sfnt.Buffer
	defs    glyphs
	letters map[letter]int // number among defs
	pieces  []svgPiece
	open    string // the label that waits for its first piece
	err     error  // the first one
}

// letter is a glyph of a font.
type letter struct {
	font  *sfnt.Font
	glyph sfnt.GlyphIndex
}

// svgPiece is a text of one font and size.
type svgPiece struct {
	label string // of the pieces from here to the one that closes; "" but at the first
	close bool
	scale float64 // font units to points
	uses  []svgUse
}

type svgUse struct{ glyph, x int }

// label says what the pieces drawn until done is called say together.
func (c *svgCanvas) label(text string) (done func()) {
	first := len(c.pieces)
	c.open = text
	return func() {
		c.open = ""
		if len(c.pieces) > first {
			c.pieces[len(c.pieces)-1].close = true
		}
	}
}

// FillString lets vgsvg write place and colour, and keeps the letters.
func (c *svgCanvas) FillString(face font.Face, at vg.Point, text string) {
	c.Canvas.FillString(face, at, "")
	of := (*sfnt.Font)(face.Face)
	units := fixed.I(int(of.UnitsPerEm())) // one unit is one pixel: nothing is rounded to a grid
	piece := svgPiece{label: c.open, scale: face.Font.Size.Points() / float64(of.UnitsPerEm())}
	c.open = ""
	err := eachGlyph(&c.buffer, of, units, text, func(glyph sfnt.GlyphIndex, x fixed.Int26_6) error {
		n, known := c.letters[letter{of, glyph}]
		if !known {
			segments, err := of.LoadGlyph(&c.buffer, glyph, units, nil)
			if err != nil {
				return err
			}
			n = c.defs.add(segments)
			c.letters[letter{of, glyph}] = n
		}
		if n > 0 { // not a space
			piece.uses = append(piece.uses, svgUse{n, x.Round()})
		}
		return nil
	})
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("the letters of %q: %w", text, err)
	}
	c.pieces = append(c.pieces, piece)
}

// lettering is what takes the place of text n.
func (c *svgCanvas) lettering(n int, element string) string {
	piece := c.pieces[n]
	var out strings.Builder
	if piece.label != "" {
		fmt.Fprintf(&out, "<g role=\"img\" aria-label=\"%s\">", xmlText(piece.label))
	}
	at := svgText.FindStringSubmatch(element)
	fmt.Fprintf(&out, "<g transform=\"translate(%s %s) scale(%.5g)\"", at[1], negated(at[2]), piece.scale)
	if fill := svgFill.FindStringSubmatch(element); fill != nil {
		fmt.Fprintf(&out, " fill=\"%s\"", fill[1])
	}
	out.WriteString(">")
	for _, use := range piece.uses {
		fmt.Fprintf(&out, "<use xlink:href=\"#g%d\"", use.glyph)
		if use.x != 0 {
			fmt.Fprintf(&out, " x=\"%d\"", use.x)
		}
		out.WriteString("/>")
	}
	out.WriteString("</g>")
	if piece.close {
		out.WriteString("</g>")
	}
	return out.String()
}

// negated is a decimal number with the other sign: vgsvg turns texts over, whose letters stand upright here.
func negated(number string) string {
	if rest, negative := strings.CutPrefix(number, "-"); negative {
		return rest
	}
	return "-" + number
}

// glyphs are the definitions of letters, numbered from 1; 0 has no outline.
type glyphs []string

// add writes an outline in units of the font, y upward.
func (g *glyphs) add(segments sfnt.Segments) int {
	if len(segments) == 0 {
		return 0
	}
	var out strings.Builder
	for i, s := range segments {
		points := 1
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				out.WriteByte('Z')
			}
			out.WriteByte('M')
		case sfnt.SegmentOpLineTo:
			out.WriteByte('L')
		case sfnt.SegmentOpQuadTo:
			points = 2
			out.WriteByte('Q')
		case sfnt.SegmentOpCubeTo:
			points = 3
			out.WriteByte('C')
		}
		for k := range points {
			if k > 0 {
				out.WriteByte(' ')
			}
			fmt.Fprintf(&out, "%d %d", s.Args[k].X.Round(), -s.Args[k].Y.Round())
		}
	}
	out.WriteByte('Z')
	*g = append(*g, out.String())
	return len(*g)
}

func (g glyphs) text() string {
	if len(g) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("<defs>\n")
	for i, path := range g {
		fmt.Fprintf(&out, "<path id=\"g%d\" d=\"%s\"/>\n", i+1, path)
	}
	out.WriteString("</defs>\n")
	return out.String()
}

// eachGlyph calls f with every letter of a text and its distance from the start, as font.Face.Width measures it.
func eachGlyph(buffer *sfnt.Buffer, of *sfnt.Font, units fixed.Int26_6, text string, f func(glyph sfnt.GlyphIndex, x fixed.Int26_6) error) error {
	x := fixed.Int26_6(0)
	previous, first := sfnt.GlyphIndex(0), true
	for _, r := range text {
		glyph, err := of.GlyphIndex(buffer, r)
		if err != nil {
			return err
		}
		if !first {
			if kern, err := of.Kern(buffer, previous, glyph, units, xfont.HintingNone); err == nil {
				x += kern
			}
		}
		previous, first = glyph, false
		if err := f(glyph, x); err != nil {
			return err
		}
		advance, err := of.GlyphAdvance(buffer, glyph, units, xfont.HintingNone)
		if err != nil {
			return err
		}
		x += advance
	}
	return nil
}

// xmlText escapes a text for XML; what XML cannot hold, and what nobody can see, is written out.
func xmlText(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(visible(text))) // a Builder does not fail
	return out.String()
}
