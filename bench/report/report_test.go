package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
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

	"kac/bench"
	gaps "kac/bench/gap"
	"kac/bench/report/uplot"
	"kac/bench/sweep"
)

// ms are the measures that studies of the tests have.
var ms = sweep.Measures{gaps.Measure}

const smallStudy = `problem = "he4"
dim = [5, 7]
widths = ["d^1.5", "2*d"]
seeds = 3
horizon = "reach 0.6"
points = 5
tolerance = 1e-6
`

// makeStudy runs a sweep to its end in a new directory.
func makeStudy(t *testing.T, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "study")
	study, err := ms.Parse([]byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := sweep.Options{Workers: 2, CommandLine: []string{"kac", "sweep", "<study> & *more*_"}}
	if _, err := sweep.Run(t.Context(), study, dir, o); err != nil {
		t.Fatal(err)
	}
	if _, err := sweep.Merge(t.Context(), study, dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

// files are those of a directory by name.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = data
	}
	return out
}

func write(t *testing.T, dir, out string) map[string][]byte {
	t.Helper()
	study, err := Open(t.Context(), ms, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := study.Write(Path(dir, out), bench.Session{}); err != nil {
		t.Fatal(err)
	}
	return files(t, out)
}

// The report of a sweep: its parts in order, each chart in the page and as two files beside it, nothing
// that refers to another place, the same bytes each time.
func TestReport(t *testing.T) {
	dir := makeStudy(t, smallStudy)
	out := write(t, dir, filepath.Join(dir, DefaultDir))
	again := write(t, dir, filepath.Join(t.TempDir(), "again"))
	if len(again) != len(out) {
		t.Errorf("%d files, then %d", len(out), len(again))
	}
	for name := range out {
		if !bytes.Equal(out[name], again[name]) {
			t.Errorf("%s differs the second time", name)
		}
	}
	page := string(out[PageFile])
	at := 0
	for _, part := range []string{
		"<h1>How far is a network of <i>m</i> neurons from its infinite-width limit, up to the time at which the limit has learned?</h1>",
		`<h2 id="answer">`, "another statistic and never smaller, is", "the exact limit of the latter, lim <i>m</i> E<sub><i>i</i></sub> |Δ<sub><i>i</i></sub>|<sup>2</sup>, is", "Table: The answer in numbers", "widths &gt; 2 std. errors", "a name in a legend hides or shows its curve", "What was computed", "<i>h</i><sub>4</sub>(<i>x</i><sub>1</sub>)", "gradient flow on the sphere", "risk 0.6",
		`<figure class="chart" id="he4-d5-gap">`, "limit <i>C</i>(<i>t</i>)", `id="he4-d5-coupling"`, `id="he4-d5-risk"`, `id="he4-d7-gap"`,
		"Table: <i>m</i> times the squared coupling error", "How the gap falls with the width", `id="he4-gap-against-width"`, `id="he4-gap-exponent"`, "Scaled gaps at the last time", "Fitted exponents",
		"Across dimensions", `id="he4-against-dimension"`, `id="he4-horizon"`,
		"Infinite-width references", "Provenance", "kac sweep &#39;&lt;study&gt; &amp; *more*_&#39;", "Files and their SHA-256", "table.csv",
	} {
		i := strings.Index(page[at:], part)
		if i < 0 {
			t.Fatalf("no %q after the parts before it", part)
		}
		at += i
	}
	for _, outside := range []string{`src="http`, `href="http`, `url(`, "@import", "<link", "<iframe"} {
		if strings.Contains(strings.ReplaceAll(strings.ToLower(page), "objecturl(", ""), outside) { // a URL of the page's own data
			t.Errorf("the page contains %q", outside)
		}
	}
	charts := regexp.MustCompile(`<figure class="chart" id="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(charts) != 16 || len(out) != 2+2*len(charts) {
		t.Errorf("%d charts and %d files", len(charts), len(out))
	}
	for _, c := range charts {
		svg, pdf := out[c[1]+".svg"], out[c[1]+".pdf"]
		if !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 2000 {
			t.Errorf("%s.pdf has %d bytes", c[1], len(pdf))
		}
		decoder := xml.NewDecoder(bytes.NewReader(svg))
		paths := 0
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s.svg: %v", c[1], err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
				paths++
			}
		}
		if paths < 8 || bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("%s.svg: %d paths, or a number that is none", c[1], paths)
		}
	}
}

// What the page shows is what the tables hold: means with their bands, C(t), and fitted exponents.
func TestNumbers(t *testing.T) {
	dir := makeStudy(t, smallStudy)
	page := string(write(t, dir, filepath.Join(t.TempDir(), "out"))[PageFile])
	data := regexp.MustCompile(`<script type="application/json">(.*)</script>`).FindAllStringSubmatch(page, -1)
	charts := map[string]struct {
		ID     string
		X      []float64
		Series []struct {
			Entry        int
			Y, Low, High []*float64
		}
	}{}
	for _, d := range data {
		c := charts[""]
		if err := json.Unmarshal([]byte(d[1]), &c); err != nil {
			t.Fatal(err)
		}
		charts[c.ID] = c
	}
	near := func(what string, got *float64, want string) {
		t.Helper()
		w, err := strconv.ParseFloat(want, 64)
		if err != nil || got == nil || math.Abs(*got-w) > 1e-5*math.Abs(w)+2e-6 { // six digits
			t.Errorf("%s is %v, the table has %s", what, got, want)
		}
	}
	gap := charts["he4-d7-gap"]
	if len(gap.Series) != 3 || len(gap.X) != 5 {
		t.Fatalf("%d series at %d times", len(gap.Series), len(gap.X))
	}
	n := 0
	for _, row := range rows(t, dir, sweep.SummaryFile) {
		if row["dim"] != "7" {
			continue
		}
		s, k := gap.Series[n/5], n%5 // by width and time
		near("the gap", s.Y[k], row["m_function_error"])
		half := (*s.High[k] - *s.Low[k]) / 2
		near("the standard error", &half, row["m_function_error_se"])
		n++
	}
	if n != 10 {
		t.Fatalf("%d rows", n)
	}
	k := 0
	for _, row := range rows(t, dir, sweep.ReferenceFile) {
		if row["dim"] == "7" {
			near("C(t)", gap.Series[2].Y[k], row["gap_constant"])
			k++
		}
	}
	shown := 0
	for _, row := range rows(t, dir, sweep.SlopesFile) {
		if row["quantity"] != "function_error" || row["time"] == "" || row["time"] != row["horizon"] {
			continue
		}
		numbers := make([]string, 3)
		for i, name := range []string{"exponent", "exponent_low", "exponent_high"} {
			x, err := strconv.ParseFloat(row[name], 64)
			if err != nil {
				t.Fatal(err)
			}
			numbers[i] = decimals(x)
		}
		answer := page[strings.Index(page, `<table id="he4-answer"`):]
		if want := "<td>" + numbers[0] + "</td><td>[" + numbers[1] + ", " + numbers[2] + "]</td>"; !strings.Contains(answer[:strings.Index(answer, "</table>")], want) {
			t.Errorf("the answer's table does not say %q", want)
		}
		shown++
	}
	if shown != 2 {
		t.Errorf("%d slopes", shown)
	}
}

// rows reads a CSV file of the study.
func rows(t *testing.T, dir, name string) []map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, field := range line {
			row[lines[0][i]] = field
		}
		out = append(out, row)
	}
	return out
}

// The embedded library is the one of fetch.sh, byte for byte, and the page says which it is.
func TestLibrary(t *testing.T) {
	code := uplot.Script
	script, err := os.ReadFile("uplot/fetch.sh")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(code[:80], "(v"+uplot.Version+")") || !bytes.Contains(script, []byte("version="+uplot.Version+"\n")) {
		t.Errorf("uplot.Version is %s; the library starts with %q", uplot.Version, code[:60])
	}
	// Files in order are not fetched: no npm is in reach here.
	tools := t.TempDir()
	for _, name := range []string{"bash", "dirname", "sha256sum"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(path, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(tools, "bash"), "uplot/fetch.sh")
	cmd.Env = []string{"PATH=" + tools}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("fetch.sh: %v\n%s", err, out)
	}
}

func TestPath(t *testing.T) {
	for _, c := range [][2]string{{"", "d/report/report.html"}, {"o", "o/report.html"}, {"o/x.html", "o/x.html"}, {"x.HTML", "x.HTML"}} {
		if got := filepath.ToSlash(Path("d", c[0])); got != c[1] {
			t.Errorf("--out %q: %s, want %s", c[0], got, c[1])
		}
	}
}

func TestTexts(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.1: "0.1", -1.5: "−1.5", 1e-8: "10^{−8}", 2.5e-10: "2.5·10^{−10}", 3e21: "3·10^{21}", 51.5432: "51.54"} {
		t.Run(fmt.Sprint(x), func(t *testing.T) {
			if got := short(x); got != want {
				t.Errorf("short(%g) = %q, want %q", x, got, want)
			}
		})
	}
	for _, c := range []struct {
		m, d int
		want string
	}{{23, 8, " (*d*^{1.5})"}, {64, 8, " (*d*^{2})"}, {8, 8, " (*d*^{1})"}, {100, 8, ""}, {1, 8, ""}, {181, 8, " (*d*^{2.5})"}} {
		t.Run(c.want, func(t *testing.T) {
			if got := power(c.m, c.d); got != c.want {
				t.Errorf("power(%d, %d) = %q, want %q", c.m, c.d, got, c.want)
			}
		})
	}
	for _, n := range []int{2, 3, 400, 401, 799, 800, 801, 12345} {
		got := thinned(n, maxPoints)
		if len(got) > maxPoints || got[0] != 0 || got[len(got)-1] != n-1 || !slices.IsSorted(got) {
			t.Errorf("thinned(%d): %d indices, %d to %d", n, len(got), got[0], got[len(got)-1])
		}
	}
	if got := join([]string{"a", "b", "c"}); got != "a, b and c" {
		t.Errorf("%q", got)
	}
	nan := digits(math.NaN())
	if data, err := json.Marshal(append(spread([]float64{1, 2, 3}, []float64{1, 3}, []float64{0.5, 1.23456789}), nan)); err != nil || string(data) != "[0.5,null,1.23457,null]" {
		t.Errorf("%s, %v", data, err)
	}
}

// A point that is not a finite number is a gap in the page's curve and in the drawing; places between a series' own
// points are not. A chart without any number is drawn, and says so.
func TestGapsInCharts(t *testing.T) {
	nan := math.NaN()
	c := &chart{ID: "x", Series: []series{
		{Entry: "a", X: []float64{0, 1, 2, 3}, Y: []float64{1, nan, 3, math.Inf(1)}},
		{Entry: "b", X: []float64{0, 2}, Y: []float64{1, 2}},
	}}
	data, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"y":[1,null,3,null]`, `"gaps":[1,3]`, `"y":[1,null,2,null]`, `"entries":["a","b"]`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	if strings.Count(string(data), "gaps") != 1 {
		t.Errorf("a gap between points: %s", data)
	}
	empty := []float64{nan, nan}
	for _, c := range []*chart{
		c, {ID: "x", X: axis{Log: true}, Y: axis{Log: true}, Series: c.Series},
		{ID: "x", Series: []series{{X: []float64{0, 1}, Y: empty, Low: empty, High: empty}}},
		{ID: "x", X: axis{Log: true}, Y: axis{Log: true, FromZero: true}, Series: []series{{X: []float64{0, 1}, Y: empty, Points: true, Low: empty, High: empty}}},
		{ID: "x", Y: axis{Log: true}, Series: []series{{X: []float64{0, 1}, Y: []float64{1e-300, 1e300}}}},
		{ID: "x", Y: axis{Log: true}, Series: []series{{X: []float64{0, 1}, Y: []float64{5e-324, 5e-324}}}},
	} {
		figure, err := c.figure()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := figure.Write(&out, "svg"); err != nil {
			t.Fatal(err)
		}
		if s := out.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "no finite number") != math.IsNaN(c.Series[0].Y[0]) {
			t.Errorf("a number of the drawing is none, or a wrong word:\n%s", s)
		}
	}
}

// The distance from C(T) is told in standard errors from two on, with its sign.
func TestFarFromTheLimit(t *testing.T) {
	g := &Group{Results: &gaps.Results{}}
	g.Summary.Times, g.Summary.Widths = []float64{1}, []int{8, 16, 32, 64}
	g.Reference = []refRow{{Constant: 1}}
	g.Summary.Function.Mean = [][]bench.Mean{{{Value: 1.3, SE: 0.1}, {Value: 1.19, SE: 0.1}, {Value: 0.7, SE: 0.1}, {Value: 3, SE: math.NaN()}}}
	if got := g.far(); got != "8 (+3.0), 32 (−3.0)" {
		t.Errorf("far from C(T): %q", got)
	}
	for values, want := range map[[2]float64]string{
		{-1.02, -1.02}: "falls like *m*^{−1.02}", {-1.1, -0.9}: "falls like *m* to powers between −1.10 and −0.90",
		{0.24, 0.24}: "grows like *m*^{0.24}", {-0.3, 0.1}: "changes like *m* to powers between −0.30 and 0.10",
	} {
		t.Run(fmt.Sprint(values), func(t *testing.T) {
			if got := powerLaw(values[0], values[1]); got != want {
				t.Errorf("%v: %q, want %q", values, got, want)
			}
		})
	}
}
