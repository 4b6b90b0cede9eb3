package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
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

	"kac/bench/sweep"
)

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
	study, err := sweep.Parse([]byte(text), nil)
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
	study, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := study.Write(Path(dir, out)); err != nil {
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
		`<h2 id="answer">`, "What was computed", "<i>h</i><sub>4</sub>(<i>x</i><sub>1</sub>)", "gradient flow on the sphere", "risk 0.6",
		`<figure class="chart" id="he4-d5-gap">`, "limit <i>C</i>(<i>t</i>)", `id="he4-d5-coupling"`, `id="he4-d5-risk"`, `id="he4-d7-gap"`,
		"How the gap falls with the width", `id="he4-gap-against-width"`, `id="he4-gap-exponent"`, "Scaled gaps at the last time", "Fitted exponents",
		"Across dimensions", `id="he4-against-dimension"`, `id="he4-horizon"`,
		"Infinite-width references", "Provenance", "kac sweep &lt;study&gt; &amp; *more*_", "Files and their SHA-256", "table.csv",
	} {
		i := strings.Index(page[at:], part)
		if i < 0 {
			t.Fatalf("no %q after the parts before it", part)
		}
		at += i
	}
	for _, outside := range []string{`src="http`, `href="http`, `url(`, "@import", "<link", "<iframe"} {
		if strings.Contains(strings.ToLower(page), outside) {
			t.Errorf("the page contains %q", outside)
		}
	}
	charts := regexp.MustCompile(`<figure class="chart" id="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(charts) != 12 || len(out) != 1+2*len(charts) {
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
		if row["quantity"] != sweep.SlopeFunction || row["time"] == "" || row["time"] != row["horizon"] {
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
		if want := "<i>m</i><sup>" + numbers[0] + "</sup> [" + numbers[1] + ", " + numbers[2] + "]"; !strings.Contains(page, want) {
			t.Errorf("the answer does not say %q", want)
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
	code, err := assets.ReadFile("uplot/uPlot.iife.min.js")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("uplot/fetch.sh")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(code[:80], []byte("(v"+uplotVersion+")")) || !bytes.Contains(script, []byte("version="+uplotVersion+"\n")) {
		t.Errorf("uplotVersion is %s; the library starts with %q", uplotVersion, code[:60])
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
		if got := short(x); got != want {
			t.Errorf("short(%g) = %q, want %q", x, got, want)
		}
	}
	for _, c := range []struct {
		m, d int
		want string
	}{{23, 8, " (*d*^{1.5})"}, {64, 8, " (*d*^{2})"}, {8, 8, " (*d*^{1})"}, {100, 8, ""}, {1, 8, ""}, {181, 8, " (*d*^{2.5})"}} {
		if got := power(c.m, c.d); got != c.want {
			t.Errorf("power(%d, %d) = %q, want %q", c.m, c.d, got, c.want)
		}
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
