package plotting

import (
	"math"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Font is the figures' font: Liberation Sans, which gonum/plot carries with it.
func Font(points float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(points)}
}

// Markup draws text with *italics*, and with sub- and superscripts: f_m, f_{MF}, x^2. A backslash
// takes the meaning from the character after it.
var Markup text.Handler = markup{text.Plain{Fonts: plot.DefaultTextHandler.Cache()}}

type markup struct{ text.Plain }

// run is a piece of one style. level is 0 on the baseline, +1 in a superscript, -1 in a subscript.
type run struct {
	text   string
	italic bool
	level  int
}

const (
	scriptSize = 0.70 // of the base size
	superShift = 0.38 // of the base size, up
	subShift   = 0.18 // down
	slant      = 0.10 // of the base size: room that an upright superscript needs after an italic
)

// visible writes out what nobody can see, such as a terminal's escapes: "\x1b" in place of the escape.
func visible(text string) string {
	var out strings.Builder
	for _, r := range text {
		if strconv.IsGraphic(r) || r == '\n' {
			out.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		out.WriteString(quoted[1 : len(quoted)-1])
	}
	return out.String()
}

func parse(txt string) []run {
	var (
		runs   []run
		now    run
		piece  strings.Builder
		single bool // the script ends after one character
		nested bool // in braces
	)
	flush := func() {
		if piece.Len() > 0 {
			now.text = piece.String()
			runs = append(runs, now)
			piece.Reset()
		}
	}
	level := func(l int) {
		flush()
		now.level = l
	}
	escaped := false
	for _, r := range txt {
		if r != '\n' && !strconv.IsGraphic(r) {
			piece.WriteString(visible(string(r)))
			escaped = false
			continue
		}
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
			continue
		case r == '*':
			flush()
			now.italic = !now.italic
			continue
		case (r == '_' || r == '^') && now.level == 0:
			level(1)
			if r == '_' {
				now.level = -1
			}
			single = true
			continue
		case r == '{' && single:
			single, nested = false, true
			continue
		case r == '}' && nested:
			nested = false
			level(0)
			continue
		}
		piece.WriteRune(r)
		if single {
			single = false
			level(0)
		}
	}
	flush()
	return runs
}

func (m markup) face(r run, base font.Font) font.Face {
	if r.italic {
		base.Style = xfont.StyleItalic
	}
	if r.level != 0 {
		base.Size *= scriptSize
	}
	return m.Fonts.Lookup(base, base.Size)
}

func shift(r run, base font.Font) vg.Length {
	switch r.level {
	case 1:
		return superShift * base.Size
	case -1:
		return -subShift * base.Size
	}
	return 0
}

// each calls f with every run, its face and its distance from the start, and returns the width.
func (m markup) each(txt string, base font.Font, f func(r run, face font.Face, x vg.Length)) vg.Length {
	x := vg.Length(0)
	before := run{}
	for _, r := range parse(txt) {
		if before.italic && before.level == 0 && r.level > 0 && !r.italic {
			x += slant * base.Size
		}
		face := m.face(r, base)
		f(r, face, x)
		x += face.Width(r.text)
		before = r
	}
	return x
}

func (m markup) width(txt string, base font.Font) vg.Length {
	return m.each(txt, base, func(run, font.Face, vg.Length) {})
}

// Box has the height of a plain line: scripts stay within it, up to the gap between lines.
func (m markup) Box(txt string, fnt font.Font) (width, height, depth vg.Length) {
	_, height, depth = m.Plain.Box(txt, fnt)
	return m.width(txt, fnt), height, depth
}

// Draw places lines as text.Plain does.
func (m markup) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	txt = strings.TrimRight(txt, "\n")
	if txt == "" {
		return
	}
	c.SetColor(sty.Color)
	if sty.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(sty.Rotation)
	}
	sin64, cos64 := math.Sincos(sty.Rotation)
	sin, cos := vg.Length(sin64), vg.Length(cos64)
	pt.X, pt.Y = pt.Y*sin+pt.X*cos, pt.Y*cos-pt.X*sin
	lines := m.Lines(txt)
	pt.Y += sty.Height(txt)*vg.Length(sty.YAlign) - m.Extents(sty.Font).Ascent
	for i, line := range lines {
		x := pt.X + vg.Length(sty.XAlign)*m.width(line, sty.Font)
		y := pt.Y + vg.Length(len(lines)-i)*sty.Font.Size
		done := labelled(c, line)
		m.each(line, sty.Font, func(r run, face font.Face, along vg.Length) {
			// SVG drops spaces at the start of a text.
			word := strings.TrimLeft(r.text, " ")
			along += face.Width(r.text[:len(r.text)-len(word)])
			if word != "" {
				c.FillString(face, vg.Point{X: x + along, Y: y + shift(r, sty.Font)}, word)
			}
		})
		done()
	}
}

// labelled tells a canvas that keeps words beside shapes what the next pieces say.
func labelled(c vg.Canvas, line string) (done func()) {
	if outer, ok := c.(*draw.Canvas); ok {
		c = outer.Canvas
	}
	for { // cropped canvases hold each other
		outer, ok := c.(draw.Canvas)
		if !ok {
			break
		}
		c = outer.Canvas
	}
	if keeper, ok := c.(interface{ label(string) func() }); ok {
		return keeper.label(Plain(line))
	}
	return func() {}
}
