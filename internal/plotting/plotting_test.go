package plotting

import (
	"bytes"
	"image/color"
	"image/png"
	"io"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func figure(t *testing.T) *Figure {
	t.Helper()
	p := New()
	p.X.Label.Text = "time *t*"
	p.Y.Label.Text = "‖*f*_{MF} − *f*_*m*‖^2 < 1"
	line := Curve(p, []float64{0, 10}, []float64{1, 0.1}, Ordered(1, 3).Line)
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Handler = Font(9), Markup // its colour is nil
	p.Legend.Add("*m* = 3", line)
	return &Figure{Title: "a <test> & more", Width: 4 * vg.Inch, Height: 3 * vg.Inch, Draw: func(c draw.Canvas) { p.Draw(c) }}
}

// The PNG shows something: white paper, and the line's own colour on it.
func TestPNG(t *testing.T) {
	var out bytes.Buffer
	if err := figure(t).Write(&out, "png"); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != 800 || got.Y != 600 {
		t.Errorf("size %v, want 4 in x 3 in at 200 dots per inch", got)
	}
	white, own := 0, 0
	want := color.NRGBAModel.Convert(Ordered(1, 3).Line.Color)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			switch color.NRGBAModel.Convert(img.At(x, y)) {
			case color.NRGBA{0xff, 0xff, 0xff, 0xff}:
				white++
			case want:
				own++
			}
		}
	}
	if white < 400_000 || own < 500 {
		t.Errorf("%d white pixels and %d of the line's colour", white, own)
	}
	if err := figure(t).Write(io.Discard, "bmp"); err == nil {
		t.Error("an unknown format was drawn")
	}
}

// The PDF is one page of vectors without fonts and dates, the same each time, with the italics and
// mathematical signs that the font library's own PDF text loses: outlines are as many as the text has letters.
func TestPDF(t *testing.T) {
	var out, again bytes.Buffer
	if err := figure(t).Write(&out, "pdf"); err != nil {
		t.Fatal(err)
	}
	if err := figure(t).Write(&again, "pdf"); err != nil {
		t.Fatal(err)
	}
	pdf := out.String()
	if pdf != again.String() {
		t.Error("two drawings of one figure differ")
	}
	if !strings.HasPrefix(pdf, "%PDF-") || !strings.HasSuffix(strings.TrimSpace(pdf), "%%EOF") || strings.Contains(pdf, "CreationDate") || strings.Contains(pdf, "/FontFile") {
		t.Errorf("%d bytes: no PDF, or one with a date or a font", len(pdf))
	}
	var buffer sfnt.Buffer
	for text, contours := range map[string]int{"‖": 2, "−": 1, "∞": 3, "i": 2, "": 0, " ": 0, "mm": 2} {
		t.Run(text, func(t *testing.T) {
			face := Markup.(markup).face(run{italic: true}, Font(10))
			path, err := outline(&buffer, face, vg.Point{X: 3, Y: 4}, text)
			if err != nil {
				t.Fatal(err)
			}
			closed, right := 0, vg.Length(0)
			for _, c := range path {
				if c.Type == vg.CloseComp {
					closed++
				}
				right = max(right, c.Pos.X)
			}
			if closed != contours || right > 3+1.2*face.Width(text) {
				t.Errorf("%q: %d contours, want %d; up to x = %g, the width is %g", text, closed, contours, right, face.Width(text))
			}
		})
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string][]run{
		"plain":            {{text: "plain"}},
		"":                 nil,
		"*m* ‖f_m‖^2":      {{text: "m", italic: true}, {text: " ‖f"}, {text: "m", level: -1}, {text: "‖"}, {text: "2", level: 1}},
		"*f*_{MF}^{\\*} x": {{text: "f", italic: true}, {text: "MF", level: -1}, {text: "*", level: 1}, {text: " x"}},
		"a\\_b {c}":        {{text: "a_b {c}"}},
	} {
		t.Run(text, func(t *testing.T) {
			if got := parse(text); !reflect.DeepEqual(got, want) {
				t.Errorf("parse(%q) = %+v, want %+v", text, got, want)
			}
		})
	}
}

func TestHTML(t *testing.T) {
	const text = `*m* ‖*f*_{*m*} − *f*_{MF}‖^2 < 1 & ` + "`"
	if got, want := HTML(text), "<i>m</i> ‖<i>f</i><sub><i>m</i></sub> − <i>f</i><sub>MF</sub>‖<sup>2</sup> &lt; 1 &amp; `"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Plain(text), "m ‖f_m − f_MF‖^2 < 1 & `"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	const odd = `a_b*c^d\*e`
	if got := Plain(Escape(odd)); got != odd {
		t.Errorf("%q, want %q", got, odd)
	}
	if got := HTML(Escape(odd)); got != odd {
		t.Errorf("%q, want %q", got, odd)
	}
}

// On a dark page lightness rises with the order as well.
func TestOrderedOnDark(t *testing.T) {
	before := 0.0
	for i := range 5 {
		c := OrderedOnDark(i, 5)
		light := 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)
		if light < before+10 || light < 90 {
			t.Errorf("series %d of 5, %s: lightness %.0f after %.0f", i, Hex(c), light, before)
		}
		before = light
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 20, "0 5 10 15 20"},
		{-0.4, 20.4, "0 5 10 15 20"},
		{0, 1.2, "0.0 0.2 0.4 0.6 0.8 1.0 1.2"},
		{0, 0.037, "0.00 0.01 0.02 0.03"},
		{0, 431, "0 100 200 300 400"},
		{-1, 1, "−1.0 −0.5 0.0 0.5 1.0"},
	} {
		t.Run(c.want, func(t *testing.T) {
			var got []string
			for _, tick := range (Ticks{}).Ticks(c.low, c.high) {
				if tick.Value < c.low-1e-9 || tick.Value > c.high+1e-9 {
					t.Errorf("mark at %g outside [%g, %g]", tick.Value, c.low, c.high)
				}
				if !tick.IsMinor() {
					got = append(got, tick.Label)
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("[%g, %g]: %q, want %q", c.low, c.high, s, c.want)
			}
		})
	}
	with, without := Ticks{}.Ticks(0, 7), Ticks{Unlabelled: true}.Ticks(0, 7)
	for i := range with {
		if with[i].Value != without[i].Value || with[i].IsMinor() != without[i].IsMinor() || strings.TrimSpace(without[i].Label) != "" {
			t.Errorf("mark %d: %+v and unlabelled %+v", i, with[i], without[i])
		}
	}
	if (Ticks{}).Ticks(1, 1) != nil {
		t.Error("marks on an axis of no length")
	}
}

// In grey, series differ by lightness: it rises with the order and stays readable on white.
func TestOrderedGrows(t *testing.T) {
	grey := func(c color.Color) float64 {
		r, g, b, _ := c.RGBA()
		return (0.2126*float64(r) + 0.7152*float64(g) + 0.0722*float64(b)) / 0xffff
	}
	for _, n := range []int{1, 2, 4, 9} {
		before := -1.0
		for i := range n {
			l := Ordered(i, n)
			g := grey(l.Line.Color)
			if g <= before || g > 0.75 {
				t.Errorf("series %d of %d: grey %.2f after %.2f", i, n, g, before)
			}
			before = g
			if i > 0 && reflect.DeepEqual(l.Glyph.Shape, Ordered(i-1, n).Glyph.Shape) {
				t.Errorf("series %d and %d of %d have one marker", i-1, i, n)
			}
		}
	}
}

var _ plot.Ticker = Ticks{}
