package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/ode"
	"kac/particles"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "kac-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "kac")
		build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building kac: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

type result struct {
	stdout, stderr string
	code           int
}

// kac runs the program in dir ("": a fresh one), for at most a minute.
func kac(t *testing.T, dir string, arguments ...string) result {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, arguments...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("kac %v: %v", arguments, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// good is kac that must succeed.
func good(t *testing.T, dir string, arguments ...string) result {
	t.Helper()
	r := kac(t, dir, arguments...)
	if r.code != 0 {
		t.Fatalf("kac %s: exit code %d\n%s", strings.Join(arguments, " "), r.code, r.stderr)
	}
	return r
}

func words(s string) []string { return strings.Fields(s) }

const smallGap = "gap --problem he4 --dim 6 --widths 8,16 --seeds 3 --horizon 2 --points 3 --tolerance 1e-6"

// Risks of he4 known to five digits from an independent program (its times 0, 1, 2, 4, 8, 10, 16 are
// half of paper time), from the CSV on standard output, which holds nothing else.
func TestReferenceKnownRisks(t *testing.T) {
	for _, c := range []struct {
		dim   string
		risks []float64
	}{
		{"32", []float64{.99724, .76512, .53775, .35260, .22484, .19370, .14044}},
		{"64", []float64{.99929, .93382, .75418, .53092, .35017, .30421, .22475}},
	} {
		t.Run(c.dim, func(t *testing.T) {
			r := good(t, "", "reference", "--problem", "he4", "--dim", c.dim, "--times", "0,2,4,8,16,20,32")
			rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
			if err != nil || len(rows) != 8 {
				t.Fatalf("d = %s: %d lines, error %v", c.dim, len(rows), err)
			}
			if got := strings.Join(rows[0], ","); got != "time,risk,error,self_energy" {
				t.Errorf("header %q", got)
			}
			for i, want := range c.risks {
				got, err := strconv.ParseFloat(rows[i+1][1], 64)
				if err != nil || got < want-5.1e-6 || got > want+5.1e-6 {
					t.Errorf("d = %s, time %s: risk %s, known %.5f", c.dim, rows[i+1][0], rows[i+1][1], want)
				}
				if e, err := strconv.ParseFloat(rows[i+1][2], 64); err != nil || !(e > 0) || e > 1e-10 {
					t.Errorf("d = %s, time %s: error %s above the tolerance", c.dim, rows[i+1][0], rows[i+1][2])
				}
			}
			if !strings.Contains(r.stderr, "right-hand sides") {
				t.Errorf("no summary on standard error: %q", r.stderr)
			}
		})
	}
}

func TestReferenceForms(t *testing.T) {
	base := words("reference --problem circle --dim 8 --tolerance 1e-6")
	asCSV := good(t, "", append(base, "--times", "0,1,2")...).stdout
	quiet := good(t, "", append(base, "--horizon", "2", "--points", "3", "-q")...)
	if quiet.stdout != asCSV || quiet.stderr != "" {
		t.Errorf("--horizon 2 --points 3 -q prints\n%son standard output and %q on standard error", quiet.stdout, quiet.stderr)
	}
	var object struct{ Rows []map[string]float64 }
	if err := json.Unmarshal([]byte(good(t, "", append(base, "--times", "0,1,2", "--format", "json")...).stdout), &object); err != nil {
		t.Fatal(err)
	}
	records := object.Rows
	rows, err := csv.NewReader(strings.NewReader(asCSV)).ReadAll()
	if err != nil || len(records) != len(rows)-1 {
		t.Fatalf("%d JSON records, %d CSV rows, error %v", len(records), len(rows)-1, err)
	}
	for i, r := range records {
		for j, key := range rows[0] {
			if want, _ := strconv.ParseFloat(rows[i+1][j], 64); r[key] != want {
				t.Errorf("row %d, %s: %g in JSON, %g in CSV", i, key, r[key], want)
			}
		}
	}
	if panels := good(t, "", append(base, "--times", "2", "--panels", "-q")...); !strings.Contains(panels.stderr, "a_0 in [") || strings.Count(panels.stdout, "\n") != 2 {
		t.Errorf("--panels: %q on standard error, %q on standard output", panels.stderr, panels.stdout)
	}
}

// The first time with risk 0.1 at d = 16, 23.8258 by fixed Runge-Kutta steps on 960 fixed nodes, and
// an honest answer if there is none.
func TestReferenceReach(t *testing.T) {
	base := words("reference --problem he4 --dim 16 --tolerance 1e-8 --reach 0.1 --horizon")
	out := good(t, "", append(base, "30")...).stdout
	if !strings.Contains(out, "\n23.8257") && !strings.Contains(out, "\n23.8258") {
		t.Errorf("reach: %q, want 23.8258", out)
	}
	if r := kac(t, "", append(base, "10")...); r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "has not reached 0.1") {
		t.Errorf("not reached: code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}

func TestGapCommand(t *testing.T) {
	dir := t.TempDir()
	first := good(t, dir, append(words(smallGap), "--out", "study")...)
	for _, want := range []string{"he4, d = 6, gradient flow", "m=8", "m=16", "p of the average over all times"} {
		if !strings.Contains(first.stdout, want) {
			t.Errorf("no %q in\n%s", want, first.stdout)
		}
	}
	if !strings.Contains(first.stderr, "6 cells in") {
		t.Errorf("standard error: %q", first.stderr)
	}
	table, err := os.ReadFile(filepath.Join(dir, "study", "gap.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(table, []byte("\n")); n != 1+2*3*3 {
		t.Errorf("gap.csv has %d lines, want a header and 18 rows", n)
	}
	// Again: the same table, nothing computed. In text, CSV and JSON; with widths in another order.
	again := good(t, dir, append(words(strings.Replace(smallGap, "8,16", "16,8", 1)), "--out", "study", "--workers", "1")...)
	if again.stdout != first.stdout || !strings.Contains(again.stderr, "nothing to compute") {
		t.Errorf("the second run prints another table, or computes: %q", again.stderr)
	}
	if out := good(t, dir, append(words(smallGap), "--out", "study", "--format", "csv", "-q")...); !strings.HasPrefix(out.stdout, gap.SummaryHeader+"\n") || out.stderr != "" {
		t.Errorf("--format csv -q: %q, %q", out.stdout, out.stderr)
	}
	if out := good(t, dir, append(words(smallGap), "--format", "json", "-q")...); !json.Valid([]byte(out.stdout)) {
		t.Errorf("--format json: %q", out.stdout)
	}
	// Without --out nothing is written, and the numbers are the same.
	bare := t.TempDir()
	if out := good(t, bare, append(words(smallGap), "--workers", "3")...); out.stdout != first.stdout {
		t.Errorf("without --out the table differs:\n%s", out.stdout)
	}
	if left, _ := os.ReadDir(bare); len(left) != 0 {
		t.Errorf("without --out the directory holds %v", left)
	}
}

// The exact limits: computed when asked for, kept, printed again from the directory, and left out when not wanted. A
// finished study without them gets them.
func TestGapConstant(t *testing.T) {
	dir := t.TempDir()
	table := func(more ...string) string {
		return good(t, dir, append(append(words(smallGap), "--out", "study", "--format", "csv", "-q"), more...)...).stdout
	}
	last := func(out string) string {
		line := strings.Split(strings.SplitN(out, "\n", 3)[1], ",")
		return line[len(line)-2]
	}
	if got := last(table("--no-constant")); got != "" {
		t.Errorf("--no-constant prints the limit %q", got)
	}
	with := table("--constant")
	if last(with) == "" || with != table() || with != table("--constant") {
		t.Errorf("--constant prints\n%s\nand then\n%s", with, table())
	}
	if got := last(table("--no-constant")); got != "" {
		t.Errorf("--no-constant prints the limit %q of the directory", got)
	}
	theory := good(t, "", "theory", "--problem", "he4", "--dim", "6", "--times", "0,1", "--format", "csv", "-q").stdout
	head, row, _ := strings.Cut(theory, "\n")
	at := slices.Index(strings.Split(head, ","), "gap_constant")
	want, err := strconv.ParseFloat(strings.Split(row, ",")[at], 64)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := strconv.ParseFloat(last(with), 64); err != nil || math.Abs(got-want) > 1e-5*want {
		t.Errorf("C(0) = %v (%v), kac theory has %v", got, err, want)
	}
	refused := kac(t, dir, "gap", "--problem", "circle", "--widths", "8", "--horizon", "1", "--constant")
	if refused.code != 2 || !strings.Contains(refused.stderr, "rank 1 only") {
		t.Errorf("rank 2: code %d, %q", refused.code, refused.stderr)
	}
}

func TestOtherCommands(t *testing.T) {
	problems := good(t, "", "problems").stdout
	for _, info := range particles.Presets() {
		if !strings.Contains(problems, "\n"+info.Name+"  (d = ") {
			t.Errorf("kac problems does not list %s", info.Name)
		}
	}
	version := good(t, "", "version").stdout
	if flag := good(t, "", "--version").stdout; flag != version {
		t.Errorf("kac --version prints %q", flag)
	}
	for _, want := range []string{"GOAMD64", "kernel level", "CPU features", "Go  "} {
		if !strings.Contains(version, want) {
			t.Errorf("kac version does not show %q", want)
		}
	}
	for _, arguments := range [][]string{nil, {"--help"}, {"gap", "--help"}, {"reference", "--help"}, {"roofline", "--help"}, {"problems", "--help"}, {"version", "--help"}, {"help"}, {"help", "gap"}, {"gap", "help"}, {"check", "help"}, {"train", "-h"}, {"help", "help"}} {
		help := good(t, "", arguments...)
		for line := range strings.Lines(help.stdout) {
			if len(strings.TrimRight(line, "\n")) > 80 {
				t.Errorf("kac %v: help of %d columns: %s", arguments, len(line)-1, line)
			}
		}
		if !strings.HasPrefix(help.stdout, "Usage: kac") || help.stderr != "" {
			t.Errorf("kac %v: %q", arguments, help.stdout)
		}
	}
}

// Exit codes belong to kinds of errors, however deeply wrapped, and each error is one line.
func TestExitCodes(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("width 8, seed 1: %w", fmt.Errorf("flow: %w", err)) }
	for _, c := range []struct {
		err  error
		code int
		says string
	}{
		{nil, 0, ""},
		{errors.New("disk full"), 1, "disk full"},
		{&bench.InputError{Key: "dim", Value: "2", Reason: "too small"}, 2, "--dim 2: too small"},
		{wrap(&particles.NonFiniteError{Time: 1.5, Particle: 3, Coordinate: 2, Quantity: "position", Value: 0}), 3, "width 8, seed 1: flow: position of particle 3, coordinate 2, is 0 at time 1.5"},
		{wrap(&ode.NonFiniteError{Time: 1.5}), 3, "1.5"},
		{wrap(context.Canceled), 4, "interrupted"},
		{&failure{err: context.Canceled, note: "go on with: kac"}, 4, "interrupted\nkac gap: go on with: kac\n"},
		{&levelError{errors.New("KAC_LEVEL=x: unknown")}, 2, "KAC_LEVEL=x"},
		{errors.New("two\nlines"), 1, "two lines"},
	} {
		t.Run(c.says, func(t *testing.T) {
			var out bytes.Buffer
			if code := (*commandLine)(nil).report(&out, "kac gap", c.err); code != c.code || !strings.Contains(out.String(), c.says) {
				t.Errorf("%v: code %d, %q; want %d, %q", c.err, code, out.String(), c.code, c.says)
			}
		})
	}
}
