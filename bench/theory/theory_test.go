package theory

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

func smallTheory() Parameters {
	return Parameters{ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 8}, Times: []float64{0, 3, 8}, Tolerance: 1e-7, Curves: true,
		Widths: []int{32, 128}, Seeds: 6, Seed: 1}
}

// C(t), measured gaps and bounds in one study: C within the measurement, every bound above the
// measurement and above the tighter one, the table complete, the picture drawn.
func TestTheory(t *testing.T) {
	th, err := Run(context.Background(), smallTheory(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	// q(1) - E q(<w,w'>) = 1 - 3/(d(d+2)) for q = s^4.
	if got, want := th.Rows[0].Constant, 1-3.0/80; math.Abs(got-want) > 1e-10 {
		t.Errorf("C(0) = %.14g, want %.14g", got, want)
	}
	for i, r := range th.Rows {
		bound := math.Log10(r.HessianODE)
		if !(r.Constant <= r.HessianODE && bound <= r.Log10Potential+1e-9 && r.Log10Potential <= r.Log10Groenwall+0.5) {
			t.Errorf("t = %g: C %g, Hessian ODE %g, log10 of potential %g and Groenwall %g are not in this order", r.Time, r.Constant, r.HessianODE, r.Log10Potential, r.Log10Groenwall)
		}
		for j, m := range r.Measured {
			if !(math.Abs(m.Value-r.Constant) < 5*m.SE+3*r.Constant/math.Sqrt(float64(th.Parameters.Widths[j]))) {
				t.Errorf("t = %g, m = %d: measured %s, C(t) = %g", r.Time, th.Parameters.Widths[j], m.Text(), r.Constant)
			}
		}
		for j, p := range r.Potential {
			// Lemma 16, for means over six seeds; E_i |Delta_i|^2 is at least (E_i |Delta_i|)^2, which is a quarter of
			// Phi^2 or more.
			if !(p.Energy.Value <= 1.2*th.energyBound(r, j)) {
				t.Errorf("t = %g: m Delta^T H Delta = %s above %g", r.Time, p.Energy.Text(), th.energyBound(r, j))
			}
			if m := float64(th.Parameters.Widths[j]); !(p.Phi.Value*p.Phi.Value/4 <= 1.2*r.Coupling+5/math.Sqrt(m)) {
				t.Errorf("t = %g: sqrt(m) Phi = %s, coupling constant %g", r.Time, p.Phi.Text(), r.Coupling)
			}
			if !(p.Constant > 0.1 && p.Constant < 4) {
				t.Errorf("t = %g: eq. (8) needs C = %g", r.Time, p.Constant)
			}
		}
		if r.SelfConcordance > th.SelfConcordance || r.SelfConcordanceNorm > th.SelfConcordanceNorm || th.SelfConcordance > 1.2 {
			t.Errorf("t = %g: self-concordance %g, %g above the largest %g, %g", r.Time, r.SelfConcordance, r.SelfConcordanceNorm, th.SelfConcordance, th.SelfConcordanceNorm)
		}
		if i > 0 && !(r.RootIntegral > th.Rows[i-1].RootIntegral && r.WorstJ >= th.Rows[i-1].WorstJ && r.AverageJ >= th.Rows[i-1].AverageJ) {
			t.Errorf("t = %g: a running quantity falls: %+v after %+v", r.Time, r, th.Rows[i-1])
		}
	}
	if text := th.PotentialText(); !strings.Contains(text, "C = ") || !strings.Contains(text, "Lemma 16") {
		t.Errorf("potential: %q", text)
	}
	if w := th.Weak; w.Measured == nil || len(w.SupGap) != 2 || !(w.Decay > 0) {
		t.Errorf("weak statement %+v", w)
	}

	var out bytes.Buffer
	if err := WriteCSV(&out, th.Parameters.Widths, th.Asked()); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(records) != 4 {
		t.Fatalf("%d lines, error %v", len(records), err)
	}
	if got := strings.Join(records[0][:5], ","); got != "time,risk,risk_error,gap_constant,gap_constant_error" {
		t.Errorf("the header starts with %q", got)
	}
	for _, record := range records[1:] {
		for i, field := range record {
			if field == "" {
				t.Errorf("time %s: %s is empty", record[0], records[0][i])
			}
		}
	}
	checkPicture(t, th.Picture)
}

// checkPicture draws as SVG, which must be well formed and finite.
func checkPicture[F interface{ Write(io.Writer, string) error }](t *testing.T, draw func() (F, error)) {
	t.Helper()
	f, err := draw()
	if err != nil {
		t.Fatal(err)
	}
	var svg bytes.Buffer
	if err := f.Write(&svg, "svg"); err != nil {
		t.Fatal(err)
	}
	if s := svg.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Count(s, "<path") < 5 {
		t.Errorf("a drawing of %d bytes with an invalid number, or almost empty", svg.Len())
	}
}

func TestTheoryRefuses(t *testing.T) {
	for key, change := range map[string]func(*Parameters){
		"problem":   func(p *Parameters) { p.Problem = "circle" },
		"times":     func(p *Parameters) { p.Times = []float64{3, 2} },
		"tau":       func(p *Parameters) { p.Tau = 1.5 },
		"tolerance": func(p *Parameters) { p.Tolerance = 1 },
		"widths":    func(p *Parameters) { p.Widths = []int{0} },
		"seeds":     func(p *Parameters) { p.Seeds = 0 },
	} {
		t.Run(key, func(t *testing.T) {
			p := smallTheory()
			change(&p)
			_, err := p.Check()
			var input *bench.InputError
			if !errors.As(err, &input) || input.Key != key {
				t.Errorf("%s: error %v", key, err)
			}
		})
	}
	p := smallTheory()
	p.Problem = "circle"
	if _, err := p.Check(); err == nil || !strings.Contains(err.Error(), "available for it are") {
		t.Errorf("circle: %v", err)
	}
	if _, err := p.Check(); err != nil && strings.Contains(err.Error(), "\n") {
		t.Error("more than one line")
	}
}

// The decay of he4's risk against the risk itself, and int sqrt(L) against a fine rule.
func TestFitWeak(t *testing.T) {
	p := bench.ProblemChoice{Problem: "he4", Dim: 8}
	problem, err := p.Make()
	if err != nil {
		t.Fatal(err)
	}
	r, err := meanfield.Solve(context.Background(), problem, 20, meanfield.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := FitWeak(r, nil, nil)
	ends := math.Log(r.Risk(5)/r.Risk(20)) / math.Log(4)
	if math.Abs(w.Decay-ends) > 0.05*ends || w.Promised != -math.Min(1, w.Decay/6) || w.Measured != nil {
		t.Errorf("%+v; from the ends c = %g", w, ends)
	}
	const n = 20000
	sum := 0.0
	for i := range n {
		sum += math.Sqrt(r.Risk(20*(float64(i)+.5)/n)) * 20 / n
	}
	if math.Abs(w.RootIntegral-sum) > 1e-6*sum {
		t.Errorf("int sqrt(L) = %.9g, by the midpoint rule %.9g", w.RootIntegral, sum)
	}
	if !strings.Contains(w.Text(), "m^") {
		t.Errorf("%q", w.Text())
	}
}
