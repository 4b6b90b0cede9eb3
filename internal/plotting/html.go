package plotting

import (
	"fmt"
	"html"
	"image/color"
	"strings"
)

// HTML writes text in Markup as HTML; characters with a meaning there are escaped.
func HTML(txt string) string {
	var out strings.Builder
	for _, r := range parse(txt) {
		piece := html.EscapeString(r.text)
		if r.italic {
			piece = "<i>" + piece + "</i>"
		}
		switch r.level {
		case 1:
			piece = "<sup>" + piece + "</sup>"
		case -1:
			piece = "<sub>" + piece + "</sub>"
		}
		out.WriteString(piece)
	}
	return out.String()
}

// Plain writes text in Markup without italics, with _ and ^ for scripts: for screen readers.
func Plain(txt string) string {
	var out strings.Builder
	level := 0
	for _, r := range parse(txt) {
		if r.level != 0 && r.level != level {
			out.WriteByte("_ ^"[1+r.level])
		}
		level = r.level
		out.WriteString(r.text)
	}
	return out.String()
}

// Escape is text that Markup draws as it stands.
func Escape(txt string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, `^`, `\^`).Replace(txt)
}

// The dark end of the map is too faint on a dark page.
const darkest = 0.45

// OrderedOnDark returns the colour of series i of n that have an order, for a dark page.
func OrderedOnDark(i, n int) color.NRGBA {
	at := darkest
	if n > 1 {
		at += (1 - darkest) * float64(i) / float64(n-1)
	}
	return between(viridis, at)
}

// Hex writes an opaque colour as in CSS.
func Hex(c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("#%02x%02x%02x", n.R, n.G, n.B)
}
