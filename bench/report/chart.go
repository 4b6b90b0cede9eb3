package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"kac/internal/plotting"
)

// chart is one figure. Texts are in plotting.Markup.
type chart struct {
	ID      string // names its files
	Title   string
	Caption string
	X, Y    axis
	Series  []series
	Bands   string // what the bands and bars are; "" without any
}

// axis is one of a chart's axes.
type axis struct {
	Label    string
	Log      bool      // logarithmic at first
	Switches bool      // between linear and logarithmic; both axes of a chart together
	FromZero bool      // a linear axis shows 0
	Marks    []float64 // where the numbers stand; nil: at round values
}

// series is a curve with its band, or points with their bars.
type series struct {
	Entry     string // in the legend; series of one entry are shown and hidden together
	X, Y      []float64
	Low, High []float64 // nil: no band or bars
	At, Of    int       // colour: that of series At of Of in an order; Of 0: black, or white on a dark page
	Dashed    bool
	Points    bool // no line
}

// maxPoints is how many points a curve of a chart has at most; screens and paper show no more.
const maxPoints = 400

// every returns the stride that leaves at most `most` of n values.
func every(n, most int) int { return max(1, (n-1+most-2)/(most-1)) }

// thinned are the indices of at most `most` of n values, the first and the last among them.
func thinned(n, most int) []int {
	var out []int
	for i := 0; i < n-1; i += every(n, most) {
		out = append(out, i)
	}
	return append(out, n-1)
}

// Alt says what there is to see to those who do not.
func (c *chart) Alt() string {
	var names []string
	for _, e := range c.entries() {
		names = append(names, plotting.Plain(e))
	}
	return fmt.Sprintf("Chart: %s. Horizontal: %s. Vertical: %s. Shown: %s.", plotting.Plain(c.Title), plotting.Plain(c.X.Label), plotting.Plain(c.Y.Label), join(names))
}

// entries are those of the legend, in the order of the series.
func (c *chart) entries() []string {
	var out []string
	for _, s := range c.Series {
		if !slices.Contains(out, s.Entry) {
			out = append(out, s.Entry)
		}
	}
	return out
}

// The chart as page.js reads it.
type jsonChart struct {
	ID     string       `json:"id"`
	XLog   bool         `json:"xlog"`
	YLog   bool         `json:"ylog"`
	XZero  bool         `json:"xzero"`
	YZero  bool         `json:"yzero"`
	XLabel string       `json:"xlabel"` // plain, before a value
	SwitX  bool         `json:"switchx"`
	SwitY  bool         `json:"switchy"`
	XMarks []digits     `json:"xmarks,omitempty"`
	X      []digits     `json:"x"` // of all series, increasing
	Series []jsonSeries `json:"series"`

	// For data that are saved: plain names.
	YLabel  string   `json:"ylabel"`
	Entries []string `json:"entries"`
}

type jsonSeries struct {
	Entry int       `json:"entry"` // number of the legend's entry
	Y     []digits  `json:"y"`     // at X; null between the series' own points
	Low   []digits  `json:"low,omitempty"`
	High  []digits  `json:"high,omitempty"`
	Light string    `json:"light"`
	Dark  string    `json:"dark"`
	Dash  []float64 `json:"dash,omitempty"` // pixels
	Dots  bool      `json:"dots,omitempty"`
	Wide  bool      `json:"wide,omitempty"`
	Gaps  []int     `json:"gaps,omitempty"` // indices of X where the series has a point that is not a finite number
}

// digits is a number with the six digits that a screen can show; null if it is not finite.
type digits float64

func (d digits) MarshalJSON() ([]byte, error) {
	x := float64(d)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, x, 'g', 6, 64), nil
}

// encode returns what page.js draws.
func (c *chart) encode() ([]byte, error) {
	out := jsonChart{
		ID: c.ID, XLog: c.X.Log, YLog: c.Y.Log, XZero: c.X.FromZero, YZero: c.Y.FromZero,
		SwitX: c.X.Switches, SwitY: c.Y.Switches, XLabel: plotting.Plain(c.X.Label), YLabel: plotting.Plain(c.Y.Label),
	}
	for _, e := range c.entries() {
		out.Entries = append(out.Entries, plotting.Plain(e))
	}
	for _, m := range c.X.Marks {
		out.XMarks = append(out.XMarks, digits(m))
	}
	var x []float64
	for _, s := range c.Series {
		x = append(x, s.X...)
	}
	slices.Sort(x)
	x = slices.Compact(x)
	for _, v := range x {
		out.X = append(out.X, digits(v))
	}
	entries := c.entries()
	for _, s := range c.Series {
		look := s.look()
		own := jsonSeries{Entry: slices.Index(entries, s.Entry), Light: plotting.Hex(look.Line.Color), Dark: s.onDark(), Dots: s.Points, Wide: s.Dashed, Gaps: s.gaps(x)}
		own.Y, own.Low, own.High = spread(x, s.X, s.Y), spread(x, s.X, s.Low), spread(x, s.X, s.High)
		if !s.Points {
			for _, d := range look.Line.Dashes {
				own.Dash = append(own.Dash, d.Points())
			}
		}
		out.Series = append(out.Series, own)
	}
	data, err := json.Marshal(&out)
	if err != nil {
		return nil, fmt.Errorf("encoding the chart %s: %w", c.ID, err)
	}
	return data, nil
}

// spread puts values at own places among all x.
func spread(x, own, values []float64) []digits {
	if values == nil {
		return nil
	}
	out := make([]digits, len(x))
	next := 0
	for i := range x {
		out[i] = digits(math.NaN())
		if next < len(own) && own[next] == x[i] {
			out[i] = digits(values[next])
			next++
		}
	}
	return out
}

// gaps are the places among all x of the series' own points that are not finite numbers.
func (s *series) gaps(x []float64) []int {
	var out []int
	for i, y := range s.Y {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			if at, found := slices.BinarySearch(x, s.X[i]); found {
				out = append(out, at)
			}
		}
	}
	return out
}

func (s *series) look() plotting.Look {
	if s.Of > 0 {
		return plotting.Ordered(s.At, s.Of)
	}
	look := plotting.Black()
	if s.Dashed {
		return plotting.Limit()
	}
	return look
}

func (s *series) onDark() string {
	if s.Of == 0 {
		return "#ffffff"
	}
	return plotting.Hex(plotting.OrderedOnDark(s.At, s.Of))
}
