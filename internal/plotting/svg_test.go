package plotting

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// texts reads an SVG and returns its element names and the labels of its letters.
func texts(t *testing.T, svg []byte) (elements map[string]int, labels []string) {
	t.Helper()
	elements = map[string]int{}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return elements, labels
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "aria-label" {
					labels = append(labels, a.Value)
				}
			}
		}
	}
}

func svgOf(t *testing.T, f *Figure) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := f.Write(&out, "svg"); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The SVG is well-formed, carries its title, names no font and no text that a font would draw, says what its letters
// say, loses no number, and is the same each time.
func TestSVG(t *testing.T) {
	f := figure(t)
	svg := svgOf(t, f)
	if !bytes.Equal(svg, svgOf(t, f)) {
		t.Error("two drawings of one figure differ")
	}
	elements, labels := texts(t, svg)
	if elements["title"] != 1 || elements["text"] > 0 || bytes.Contains(svg, []byte("font")) {
		t.Errorf("elements %v: a text, a font or no title", elements)
	}
	for _, want := range []string{"a <test> & more", "time t", "‖f_MF − f_m‖^2 < 1", "m = 3", "10"} {
		if !slices.Contains(labels, want) {
			t.Errorf("no label %q among %q", want, labels)
		}
	}
	if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("#-")) || len(svg) > 40_000 {
		t.Errorf("an invalid number or colour, or %d bytes", len(svg))
	}
	// Letters are defined once each, and every use has its definition.
	defined := map[string]bool{}
	for _, m := range regexp.MustCompile(`<path id="(g\d+)" d="([^"]*)"`).FindAllSubmatch(svg, -1) {
		if defined[string(m[2])] {
			t.Errorf("%s is there twice", m[1])
		}
		defined[string(m[1])], defined[string(m[2])] = true, true
	}
	for _, m := range regexp.MustCompile(`xlink:href="#([^"]*)"`).FindAllSubmatch(svg, -1) {
		if !defined[string(m[1])] {
			t.Errorf("%s is used and not defined", m[1])
		}
	}
}

// Control characters, which XML cannot hold and terminals obey, are written out in titles and labels.
func TestControlCharacters(t *testing.T) {
	p := New()
	p.X.Label.Text = Escape("run\x1b[31m\a_1\ufffe\xff")
	svg := svgOf(t, &Figure{Title: "a\x00b\x1b", Width: 200, Height: 200, Draw: func(c draw.Canvas) { p.Draw(c) }})
	_, labels := texts(t, svg)
	for _, want := range []string{`a\x00b\x1b`, `run\x1b[31m\a_1\ufffe` + "\ufffd"} {
		if !slices.Contains(labels, want) {
			t.Errorf("no label %q among %q", want, labels)
		}
	}
	if got := HTML(Escape("\x1b<\u202e")); got != `\x1b&lt;\u202e` {
		t.Errorf("HTML %q", got)
	}
}

// A viewer without any font draws what one with fonts draws, pixel by pixel, and the letters stand where the program's
// own rasteriser puts them.
func TestSVGWithoutFonts(t *testing.T) {
	viewer, err := exec.LookPath("rsvg-convert")
	if err != nil {
		t.Skip("no rsvg-convert; TestSVG says that no font is asked for")
	}
	dir := t.TempDir()
	none := filepath.Join(dir, "fonts.conf")
	if err := os.WriteFile(none, []byte(`<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>`), 0o644); err != nil {
		t.Fatal(err)
	}
	f := figure(t)
	svg := svgOf(t, f)
	render := func(environment ...string) []byte {
		t.Helper()
		cmd := exec.Command(viewer, "-z", strconv.FormatFloat(float64(pngDPI)/96, 'g', -1, 64))
		cmd.Stdin, cmd.Env = bytes.NewReader(svg), append(os.Environ(), environment...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("rsvg-convert: %v", err)
		}
		return out
	}
	with, without := render(), render("FONTCONFIG_FILE="+none)
	if !bytes.Equal(with, without) {
		t.Error("the picture depends on the fonts that are there")
	}
	own := bytes.Buffer{}
	if err := f.Write(&own, "png"); err != nil {
		t.Fatal(err)
	}
	a, err := png.Decode(bytes.NewReader(without))
	if err != nil {
		t.Fatal(err)
	}
	b, err := png.Decode(&own)
	if err != nil {
		t.Fatal(err)
	}
	// Ink by columns and by rows, of both.
	for _, across := range []bool{true, false} {
		x, y := ink(a, across), ink(b, across)
		if len(x) != len(y) {
			t.Fatalf("%d and %d pixels", len(x), len(y))
		}
		different, all := 0.0, 0.0
		for i := range x {
			different += math.Abs(x[i] - y[i])
			all += y[i]
		}
		if different > 0.05*all {
			t.Errorf("across %t: %.3g of the ink %.3g is elsewhere", across, different, all)
		}
	}
}

// ink is the darkness of each row or column, in groups of four pixels.
func ink(img image.Image, across bool) []float64 {
	n := img.Bounds().Dy()
	if across {
		n = img.Bounds().Dx()
	}
	out := make([]float64, n/4+1)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			at := y
			if across {
				at = x
			}
			out[at/4] += 1 - float64(r+g+b)/(3*0xffff)
		}
	}
	return out
}

// Ticks of any magnitude are few, distinct, in order, and short.
func TestTicksOfAnyMagnitude(t *testing.T) {
	for _, want := range []struct {
		low, high float64
		labels    string
	}{
		{0, 1.1e-12, "0|2·10^{−13}|4·10^{−13}|6·10^{−13}|8·10^{−13}|10^{−12}"},
		{-2e-7, 2e-7, "−2·10^{−7}|−10^{−7}|0|10^{−7}|2·10^{−7}"},
		{0, 3e7, "0|5·10^{6}|10^{7}|1.5·10^{7}|2·10^{7}|2.5·10^{7}|3·10^{7}"},
		{1, 1 + 1e-6, "1.0000000|1.0000002|1.0000004|1.0000006|1.0000008|1.0000010"},
	} {
		t.Run(want.labels, func(t *testing.T) {
			if got := strings.Join(labelsOf(Ticks{}.Ticks(want.low, want.high)), "|"); got != want.labels {
				t.Errorf("[%g, %g]: %s, want %s", want.low, want.high, got, want.labels)
			}
		})
	}
	for k := -300; k <= 300; k += 3 {
		for _, ends := range [][2]float64{{0, 3.7}, {-2, 5}, {9, 9.01}, {4, 4}, {-7, -7}, {-1, -1 + 1e-13}} {
			scale := math.Pow(10, float64(k))
			low, high := Room(ends[0]*scale, ends[1]*scale, 0.03)
			ticks := Ticks{}.Ticks(low, high)
			labels := labelsOf(ticks)
			if len(labels) < 2 || len(labels) > 9 || len(ticks) > 60 {
				t.Errorf("[%g, %g]: %d labels among %d ticks", low, high, len(labels), len(ticks))
			}
			for i, l := range labels {
				if i > 0 && l == labels[i-1] || len([]rune(Plain(l))) > 16 {
					t.Errorf("[%g, %g]: labels %q", low, high, labels)
				}
			}
			for i, tick := range ticks {
				if i > 0 && !(tick.Value > ticks[i-1].Value) || !(tick.Value >= low-1e-6*(high-low)) || !(tick.Value <= high+1e-6*(high-low)) {
					t.Errorf("[%g, %g]: a tick at %g", low, high, tick.Value)
				}
			}
		}
	}
}

func labelsOf(ticks []plot.Tick) []string {
	var out []string
	for _, tick := range ticks {
		if tick.Label != "" {
			out = append(out, tick.Label)
		}
	}
	return out
}

// Whatever the numbers are, a picture is drawn, with a frame and no invalid number; where there is none it says so.
func TestAnyNumbers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name  string
		y     []float64
		parts int // of the curve: lines and dots
		empty bool
	}{
		{"none", nil, 0, true},
		{"nothing", []float64{nan, nan, nan}, 0, true},
		{"endless", []float64{inf, -inf, nan}, 0, true},
		{"one point", []float64{2, nan, nan}, 1, false},
		{"gaps", []float64{1, 2, nan, 3, 4, inf, 5}, 3, false},
		{"equal", []float64{0.3, 0.3, 0.3}, 1, false},
		{"zero", []float64{0, 0, 0}, 1, false},
		{"tiny", []float64{1e-300, 2e-300, 3e-300}, 1, false},
		{"denormal", []float64{0, 5e-324}, 1, false},
		{"huge", []float64{-1e300, 2e300, 1e300}, 1, false},
		{"largest", []float64{-math.MaxFloat64, 0, 1}, 1, false},
		{"beside", []float64{1, 1 + 2e-16, 1}, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, frame := range map[string]func(*plot.Plot){"from zero": FromZero, "around": Around} {
				t.Run(name, func(t *testing.T) {
					p := New()
					x := make([]float64, len(c.y))
					for i := range x {
						x[i] = float64(i)
					}
					look := Ordered(0, 2)
					line := Curve(p, x, c.y, look.Line)
					Area(p, x, c.y, c.y, look)
					Marks(p, x, c.y, look.Glyph)
					Times(p, float64(len(x)))
					frame(p)
					if got := len(pieces(line.X, line.Y)); got != c.parts {
						t.Errorf("%s: %d pieces of the curve, want %d", c.name, got, c.parts)
					}
					for _, format := range []string{"svg", "pdf", "png"} {
						var out bytes.Buffer
						f := &Figure{Title: c.name, Width: 4 * vg.Inch, Height: 3 * vg.Inch, Draw: func(c draw.Canvas) { p.Draw(c) }}
						if err := f.Write(&out, format); err != nil {
							t.Fatalf("%s, %s: %v", c.name, format, err)
						}
						if format != "svg" {
							continue
						}
						if s := out.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
							t.Errorf("%s, %s: a number of the picture is none", c.name, name)
						}
						if _, labels := texts(t, out.Bytes()); slices.Contains(labels, "no finite number to draw") != c.empty {
							t.Errorf("%s, %s: labels %q", c.name, name, labels)
						}
					}
				})
			}
		})
	}
}

// A heading of any length stays within the figure, in lines that hold all of it.
func TestHeading(t *testing.T) {
	for _, text := range []string{"he4, *d* = 8, 4 seeds", "activation=" + strings.Repeat("4:0.123456,", 20) + ";link=" + strings.Repeat("6:1,", 30) + ";rank=1, *d* = 8", ""} {
		f := &Figure{Width: 300, Height: 400, Draw: func(c draw.Canvas) {
			if below := Heading(c, text); below.Max.Y >= c.Max.Y || below.Max.Y < c.Max.Y-200 {
				t.Errorf("%q: %v is left of %v", text, below.Rectangle, c.Rectangle)
			}
		}}
		_, labels := texts(t, svgOf(t, f))
		if got := strings.Join(labels[1:], ""); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(Plain(text), " ", "") {
			t.Errorf("%q became %q", text, got)
		}
		for _, line := range labels[1:] {
			if w := Markup.(markup).width(Escape(line), Font(9)); w > 300 {
				t.Errorf("%q is %g points wide", line, w)
			}
		}
	}
}
