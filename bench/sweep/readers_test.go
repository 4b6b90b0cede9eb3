package sweep

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"kac/bench/gap"
	"kac/internal/disk"
)

// python is Debian's, for which NumPy and pandas are packages; KAC_PYTHON names another.
func python() string {
	if p := os.Getenv("KAC_PYTHON"); p != "" {
		return p
	}
	return "/usr/bin/python3"
}

// docBlocks are the pieces of docs/reading.md by the name in their first line.
func docBlocks(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../docs/reading.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, piece := range strings.Split(string(data), "```python\n")[1:] {
		code, _, ok := strings.Cut(piece, "```")
		name, _, _ := strings.Cut(code, "\n")
		if !ok || !strings.HasPrefix(name, "# ") {
			t.Fatalf("a piece of docs/reading.md without an end or a name: %q", name)
		}
		blocks[strings.TrimPrefix(name, "# ")] = code
	}
	return blocks
}

// onDisk is a finished study in a real directory.
func onDisk(t *testing.T, text string) (string, *Results) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	o := on(disk.Real)
	o.claims = flocks{}
	if err := whole(t.Context(), parse(t, text), dir, o); err != nil {
		t.Fatal(err)
	}
	results, err := ms.Results(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, results
}

// Readers tests what the documentation tells people to paste, in real NumPy, pandas and polars: every
// number that arrives there is the one that was computed, to the last bit. Debian has no Parquet
// reader for Python and no polars; where KAC_PYTHON has them, they are tested too.
func TestReaders(t *testing.T) {
	const study = "problem=['he4','circle']\ndim=[4,5]\nwidths=[2,5]\nseeds=3\nseed='18446744073709551613'\nhorizon=0.75\npoints=4\ntolerance=1e-4"
	dir, results := onDisk(t, study)
	var want []float64 // all columns of numbers, row by row
	for _, g := range results.Groups {
		for _, c := range g.Cells {
			for k := range c.Rows() {
				want = append(append(want, float64(g.Facts.Dim), float64(c.Size), g.Facts.Labels[0].(float64)), c.Row(k)...)
			}
		}
	}
	const rows = `
import json
columns = ["dim", "width", "horizon", "time", "risk", "reference_risk", "function_error", "coupling_mean", "coupling_max", "coupling_square"]
print(json.dumps({"seed": str(int(table["seed"][0])), "numbers": %s}))
`
	checkTable := func(t *testing.T, out []byte) {
		var got struct {
			Seed    string
			Numbers [][]float64
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if got.Seed != "18446744073709551613" {
			t.Errorf("seed %s", got.Seed)
		}
		n := 0
		for _, row := range got.Numbers {
			for _, x := range row {
				if n >= len(want) || math.Float64bits(x) != math.Float64bits(want[n]) {
					t.Fatalf("number %d is %v", n, x)
				}
				n++
			}
		}
		if n != len(want) {
			t.Errorf("%d numbers, want %d", n, len(want))
		}
	}
	tried := map[string]bool{}
	for name, code := range docBlocks(t) {
		t.Run(name, func(t *testing.T) {
			tried[name] = true
			var footer, modules string
			switch name {
			case "pandas-csv":
				modules, footer = "numpy, pandas", fmt.Sprintf(rows, "[[float(x) for x in row] for row in table[columns].values]")
			case "pandas-parquet":
				modules, footer = "pandas, pyarrow", fmt.Sprintf(rows, "[[float(x) for x in row] for row in table[columns].values]")
			case "polars-csv", "polars-parquet":
				modules, footer = "polars", fmt.Sprintf(rows, "[[float(x) for x in row] for row in table.select(columns).rows()]")
			case "pandas-constant":
				modules, footer = "pandas", "print(len(both), int(both.gap_constant.isna().sum()), repr(float(both.gap_constant[0])))"
			case "numpy":
				modules, footer = "numpy", "import json\nprint(json.dumps({g: [list(map(float, t)), np.asarray(np.load(f'arrays/{g}-function_error.npy')).tolist()] for g, (t, _) in arrays.items()}))"
			default:
				t.Fatalf("no test for the piece %q of docs/reading.md", name)
			}
			out := runPython(t, dir, modules, code+footer)
			switch name {
			case "pandas-constant":
				// Half of the rows are of rank 2, where C(t) is not known.
				if got, want := strings.TrimSpace(string(out)), fmt.Sprintf("32 16 %s", floatRepr(results.Groups[0].Limit[0][4])); got != want {
					t.Errorf("%q, want %q", got, want)
				}
			case "numpy":
				checkArrays(t, out, results)
			default:
				checkTable(t, out)
			}
		})
	}
	if len(tried) != 6 {
		t.Errorf("pieces %v of docs/reading.md, want 6", tried)
	}
}

// floatRepr is Python's repr of numbers of size one.
func floatRepr(x float64) string {
	text := number(x)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// runPython runs code in dir. Without the modules the test is skipped, or fails if
// KAC_REQUIRE_READERS is set and Debian has them.
func runPython(t *testing.T, dir, modules, code string) []byte {
	t.Helper()
	if out, err := exec.Command(python(), "-c", "import "+modules).CombinedOutput(); err != nil {
		text := strings.TrimSpace(string(out))
		why := fmt.Sprintf("%s has no %s (%v: %s)", python(), modules, err, text[strings.LastIndex(text, "\n")+1:])
		debian := !strings.Contains(modules, "pyarrow") && !strings.Contains(modules, "polars")
		if os.Getenv("KAC_REQUIRE_READERS") != "" && (debian || os.Getenv("KAC_PYTHON") != "") {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	cmd := exec.Command(python(), "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(code)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return out
}

func checkArrays(t *testing.T, out []byte, results *Results) {
	t.Helper()
	var got map[string][2]json.RawMessage
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, g := range results.Groups {
		var times []float64
		var errs [][][]float64
		if err := json.Unmarshal(got[g.Name][0], &times); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got[g.Name][1], &errs); err != nil {
			t.Fatal(err)
		}
		if len(errs) != 2 || len(errs[0]) != 3 || len(errs[0][0]) != 4 || len(times) != 4 {
			t.Fatalf("%s: the shape is not widths x seeds x times", g.Name)
		}
		for i, c := range g.Cells {
			for k := range c.Rows() {
				if errs[i/3][i%3][k] != c.Value(k, 3) || times[k] != c.Value(k, 0) {
					t.Fatalf("%s: width %d, seed %d, time %g differs", g.Name, c.Size, c.Seed, c.Value(k, 0))
				}
			}
		}
	}
}

// tableRow is a row of table.parquet of the gap, with the names that readers know.
type tableRow struct {
	Problem        string  `parquet:"problem,dict"`
	Dim            int64   `parquet:"dim"`
	Width          int64   `parquet:"width"`
	Seed           uint64  `parquet:"seed"`
	Horizon        float64 `parquet:"horizon"`
	Dynamics       string  `parquet:"dynamics,dict"`
	Precision      string  `parquet:"precision,dict"`
	Time           float64 `parquet:"time"`
	Risk           float64 `parquet:"risk"`
	ReferenceRisk  float64 `parquet:"reference_risk"`
	FunctionError  float64 `parquet:"function_error"`
	CouplingMean   float64 `parquet:"coupling_mean"`
	CouplingMax    float64 `parquet:"coupling_max"`
	CouplingSquare float64 `parquet:"coupling_square"`
}

// The Parquet file holds the rows of the table, and says what it is of, by the library's own reader.
func TestParquet(t *testing.T) {
	m, _ := straight(t, tiny)
	data := read(t, m, "out/"+ParquetFile)
	rows, err := parquet.Read[tableRow](strings.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(read(t, m, "out/"+TableFile)), "\n")
	if lines[0] != gap.Schema.TableHeader() || len(lines) != len(rows)+1 || len(rows) != 24 {
		t.Fatalf("%d rows, %d lines of CSV, header %q", len(rows), len(lines), lines[0])
	}
	for i, r := range rows {
		line := fmt.Sprintf("%s,%d,%d,%d,%s,%s,%s", r.Problem, r.Dim, r.Width, r.Seed, number(r.Horizon), r.Dynamics, r.Precision)
		for _, x := range []float64{r.Time, r.Risk, r.ReferenceRisk, r.FunctionError, r.CouplingMean, r.CouplingMax, r.CouplingSquare} {
			line += "," + number(x)
		}
		if line != lines[i+1] {
			t.Fatalf("row %d is %q, in CSV %q", i, line, lines[i+1])
		}
	}
	file, err := parquet.OpenFile(strings.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := file.Lookup("kac.study"); !ok || !strings.Contains(text, `"widths":["2","3"]`) {
		t.Errorf("metadata kac.study %q", text)
	}
	for _, key := range []string{"kac.version", "kac.parameters"} {
		if _, ok := file.Lookup(key); !ok {
			t.Errorf("no metadata %s", key)
		}
	}
}
