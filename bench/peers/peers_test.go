package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Shapes with a last block that is not full.
var smallWork = []work{
	{"velocity", "f64", 700, 70, 9}, {"velocity", "f32", 700, 70, 9},
	{"hessian", "f64", 700, 30, 7}, {"hessian", "f32", 700, 30, 7},
	{"pairwise", "f64", 700, 700, 9}, {"pairwise", "f32", 700, 700, 9},
	{"step", "f64", 700, 70, 9}, {"step", "f32", 700, 70, 9},
	{"xor", "f64", 700, 70, 9}, {"xor", "f32", 700, 70, 9},
	{"ridge", "f64", 300, 70, 9},
}

// contest runs the small work and returns the largest difference from kac in units of what is allowed.
func contest(t *testing.T, l library) float64 {
	t.Helper()
	worst := 0.0
	for _, w := range smallWork {
		kac := newKac(1)
		r, err := race(t.Context(), w, []library{kac, l}, 2)
		if err != nil {
			t.Fatalf("%s: %v", w, err)
		}
		if err := r.check(); err != nil {
			t.Error(err)
		}
		if len(r.seconds[1]) != 2 || len(r.peaks) != 2 || !(r.seconds[1][0] > 0) || !(r.share() > 0) {
			t.Errorf("%s: times %v, peaks %v", w, r.seconds, r.peaks)
		}
		if w.typ == "f64" && !(r.errors[1] > 0) {
			t.Errorf("%s: two programs agree in every bit: is it the same result?", w)
		}
		worst = max(worst, r.errors[1]/w.tolerance())
		_ = kac.close() // never fails
	}
	return worst
}

func TestGonumComputesTheSame(t *testing.T) {
	if worst := contest(t, newGonum()); !(worst < 0.1) {
		t.Errorf("gonum is within a factor %.2g of what is allowed, want 10", 1/worst)
	}
}

func TestPythonComputesTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Python")
	}
	o := options{python: "/usr/bin/python3", threads: 1}
	for title, module := range map[string]string{"NumPy": "numpy", "PyTorch": "torch"} {
		t.Run(title, func(t *testing.T) {
			w, err := startWorker(t.Context(), title, module, o, t.TempDir())
			if err != nil {
				t.Logf("%s is not there: %v", title, err)
				return
			}
			if worst := contest(t, w); !(worst < 0.1) {
				t.Errorf("%s is within a factor %.2g of what is allowed, want 10", title, 1/worst)
			}
			if cpu := w.processorTime(); runtime.GOOS == "linux" && !(cpu > 0) {
				t.Errorf("%s has taken %g s of processor time", title, cpu)
			}
			if _, err := w.ask("fly"); err == nil || !strings.Contains(err.Error(), "unknown command fly") {
				t.Errorf("%s, told to fly: error %v", title, err)
			}
			if err := w.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Children that misbehave are reported with what they said, and none is left behind.
func TestBadWorkers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the interpreter is a shell script")
	}
	small := work{"velocity", "f64", 3, 2, 2}
	for _, c := range []struct{ script, says string }{
		{"echo error no module named numpy", "no module named numpy"},
		{"echo it is broken >&2", "it is broken"},
		{"exit 3", "no answer"},
		{"echo ok 1.0; read line; echo error bad shape", "told to load velocity f64 3 2 2 .: bad shape"},
		{"echo ok 1.0; read line; echo Killed >&2; exit 1", "Killed"},
		{"echo ok 1.0; read line; echo ok; read line; echo ok soon", `"soon" is not a time`},
		{"echo ok 1.0; read line; echo ok; read line; echo ok 0", `"0" is not a time`},
		{"echo ok 1.0; read line; echo ok; read line; echo ok 0.5; read line; echo short >result; echo ok; read line", "6 bytes, want 32"},
	} {
		t.Run(c.script, func(t *testing.T) {
			dir := t.TempDir()
			python := filepath.Join(dir, "python")
			if err := os.WriteFile(python, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			w, err := startWorker(t.Context(), "Fake", "fake", options{python: python, threads: 1}, dir)
			if err == nil {
				_, err = race(t.Context(), small, []library{newGonum(), w}, 1)
				_ = w.close() // the child may have ended badly: that is the case
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: error %v, want %q", c.script, err, c.says)
			}
		})
	}
	if _, err := startWorker(t.Context(), "Fake", "fake", options{python: "/nonexistent/python", threads: 1}, t.TempDir()); err == nil {
		t.Error("an interpreter that is not there starts")
	}
}

func TestValuesRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "values")
	values := []float64{1, -0.5, math.Inf(1), 1 << 60}
	for _, typ := range []string{"f64", "f32"} {
		if err := writeValues(path, typ, values); err != nil {
			t.Fatal(err)
		}
		got, err := readValues(path, typ, len(values))
		if err != nil || differing(got, values) != 0 {
			t.Errorf("%s: %v, error %v", typ, got, err)
		}
		if _, err := readValues(path, typ, 3); err == nil {
			t.Errorf("%s: a result of another size is read", typ)
		}
	}
}

func differing(a, b []float64) (different int) {
	for i := range a {
		if a[i] != b[i] {
			different++
		}
	}
	return different
}

// A wrong answer fails, NaN too, and the table is printed from the times.
func TestReport(t *testing.T) {
	kac, other := newKac(1), newGonum()
	defer kac.close()
	other.title = "Other"
	r := result{
		work: work{"velocity", "f64", 1000, 1000, 10}, libraries: []library{kac, other},
		seconds: [][]float64{{0.002, 0.004, 0.003}, {0.004, 0.016, 0.003}}, errors: []float64{0, 1e-12}, peaks: []float64{2.5e10, 2e10, 4e10},
	}
	if err := r.check(); err != nil {
		t.Error(err)
	}
	for _, e := range []float64{2e-10, math.NaN(), math.Inf(1)} {
		bad := r
		bad.errors = []float64{0, e}
		if err := bad.check(); err == nil || !strings.Contains(err.Error(), "velocity f64 1000,1000,10: the result of Other differs") {
			t.Errorf("a difference of %g: error %v", e, err)
		}
	}
	var out bytes.Buffer
	step := r
	step.work, step.pairs = work{"step", "f32", 1000, 2000, 10}, []float64{0.009, 0.01, 0.001}
	report{options: options{threads: 1, rounds: 3}, libraries: r.libraries, results: []result{r, step}, missing: []string{"X is left out"}, foreign: 0.25}.write(&out)
	for _, want := range []string{"medians of 3", "Other programs kept 0.2 processors busy", "mean little", "X is left out", "13.3         50  2.00 (1.00-4.00)", "1.0e-12", "667 (1.75 h)", "1000,2000,10       3.00  0.444"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if percent(.994) != "99" || percent(1.01) != "?" || percent(math.NaN()) != "?" {
		t.Error("shares of the peak above all of it are printed")
	}
	if a := step.work.answer([]float64{3}, data{w: []float64{1}}); a[0] != 2 {
		t.Errorf("a step from 1 to 3 counts as %g", a[0])
	}
	if d := distance([]float64{1, math.NaN()}, []float64{1, 2}); !math.IsNaN(d) {
		t.Errorf("the distance to NaN is %g", d)
	}
	if d := distance([]float64{1}, []float64{1, 2}); !math.IsInf(d, 1) {
		t.Errorf("the distance of other lengths is %g", d)
	}
}

// A peer has the better of its numbers of threads in every round, and is ended as often as it was started.
func TestBestThreads(t *testing.T) {
	wait, closed := [][]time.Duration{{3, 30}, {30, 3}}, 0
	b := &best{threads: threadCounts(4)}
	for i := range b.threads {
		round := 0
		l := &inProcess{title: "Fake", release: "1", closing: func() { closed++ }}
		l.prepare = func(work, data) (func(), func() []float64) {
			return func() { time.Sleep(wait[round][i] * time.Millisecond); round++ }, func() []float64 { return []float64{float64(i)} }
		}
		b.of = append(b.of, onThreads{l, b.threads[i]})
	}
	if err := b.load(smallWork[0], data{}); err != nil {
		t.Fatal(err)
	}
	before := runtime.GOMAXPROCS(0)
	for want := range 2 {
		seconds, err := b.run()
		got, _ := b.result() // never fails
		if err != nil || !(seconds < .03) || got[0] != float64(want) {
			t.Errorf("round %d: %g s, that of number %v, error %v", want, seconds, got, err)
		}
	}
	if err := b.close(); err != nil || closed != 2 || b.version() != "1, the better of 1 and 4 threads" || runtime.GOMAXPROCS(0) != before {
		t.Errorf("error %v, %d closed, %s, %d processors", err, closed, b.version(), runtime.GOMAXPROCS(0))
	}
}

func TestCases(t *testing.T) {
	if n := len(options{}.cases()); n != 15 {
		t.Errorf("%d cases", n)
	}
	if c := (options{only: "velocity f32"}).cases(); len(c) != 3 || c[2].String() != "velocity f32 65536,1024,32" {
		t.Errorf("cases %v", c)
	}
	for _, o := range []options{{threads: 0, rounds: 5}, {threads: 1, rounds: 0}, {threads: 1, rounds: 5, only: "dance"}, {threads: 1 << 20, rounds: 5}} {
		if o.check() == nil {
			t.Errorf("%+v is allowed", o)
		}
	}
}

func TestTicks(t *testing.T) {
	if got := ticks([]string{"cpu", "10", "15", "x"}, 1, 2); got != 0.25 {
		t.Errorf("%g", got)
	}
	if !math.IsNaN(ticks([]string{"cpu", "x"}, 1)) || !math.IsNaN(ticks(nil, 0)) {
		t.Error("what is not a number counts")
	}
}
