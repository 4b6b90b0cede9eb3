package localsgd

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"kac/internal/plotting"
	"kac/particles/localsgd"
)

// Published ratios of tuned local-sgd to tuned minibatch-sgd.
func TestTunedRatios(t *testing.T) {
	p := CompareParameters{Grid: 24, TuningSeeds: 1, Rotations: []float64{0, .5, 1, 1.5}, Spreads: []float64{2, 4}, Parameters: kinkRuns(func(p *Parameters) {
		p.Objective = Objective{Word: QuadraticWord, Quadratics: Quadratics{Dim: 6, Mu: .05, Smoothness: 1}}
		p.Algorithms = []string{localsgd.LocalSGD, localsgd.MinibatchSGD}
		p.Noise, p.Clients, p.LocalSteps, p.Rounds, p.Start = "gaussian:.3", []int{8}, []int{32}, 10, 0
	})}
	if err := p.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	c, err := RunCompare(context.Background(), p, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[[2]float64]float64{{0, 2}: .091, {0, 4}: .091, {.5, 2}: .154, {1, 2}: .770, {1.5, 2}: 2.105, {1.5, 4}: 6.00}
	for i := 1; i < len(c.Rows); i += 2 {
		r := c.Rows[i]
		if ratio, known := want[[2]float64{r.Rotation, r.Spread}]; known && math.Abs(r.Ratio-ratio) > .006*ratio {
			t.Errorf("rotation %g, spread %g: ratio %.4f, published %g", r.Rotation, r.Spread, r.Ratio, ratio)
		}
		if (r.Ratio < 1) != (r.Verdict == "wins") {
			t.Errorf("ratio %g: local-sgd %s", r.Ratio, r.Verdict)
		}
	}
	var b bytes.Buffer
	if err := c.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteCSV(&b); err != nil || strings.Count(b.String(), "minibatch-sgd") < 16 {
		t.Errorf("%v: %s", err, b.String())
	}
	figure, err := c.Picture()
	if err != nil {
		t.Fatal(err)
	}
	if err := figure.Write(&b, "svg"); err != nil {
		t.Fatal(err)
	}
}

// Where nothing is exact steps are chosen on some seeds and reported on others; a best step at the edge is told of.
func TestMeasuredComparison(t *testing.T) {
	p := CompareParameters{Grid: 6, TuningSeeds: 4, Low: .001, High: .01, Parameters: kinkRuns(func(p *Parameters) {
		p.Objective = Objective{Word: HuberWord, Quadratics: Quadratics{Dim: 5, Mu: .02, Smoothness: 1}}
		p.Algorithms = []string{localsgd.LocalSGDM, localsgd.MinibatchSGDM}
		p.Noise, p.Clients, p.LocalSteps, p.Start, p.Seeds = "student:5,1", []int{4}, []int{4, 8}, 3, 6
	}), Budget: 40}
	if err := p.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	c, err := RunCompare(context.Background(), p, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Rows {
		if !r.AtEdge || r.Eta != .01 || r.Rounds != 40/r.LocalSteps || !(r.SE > 0) || r.Value == r.Tuned {
			t.Errorf("%+v", r)
		}
	}
	if len(c.Warnings) != 4 || !strings.Contains(c.Warnings[0], "at the edge of 0.001 to 0.01") {
		t.Error(c.Warnings)
	}
	if c.Rows[1].Verdict != "wins" { // steps are far too small for the minibatch version's few
		t.Errorf("%+v", c.Rows[1])
	}
}

// The figures: densities that integrate to one and lie on the histograms, published fixed points, crossings.
func TestFigures(t *testing.T) {
	ctx, quiet := context.Background(), func(float64, string) {}
	p := DefaultBiasFigure()
	p.LocalSteps, p.Replicas = []int{16, 64}, 4000
	f, err := RunBiasFigure(ctx, p, 2, quiet)
	if err != nil {
		t.Fatal(err)
	}
	for k, r := range f.Table.Rows {
		mass, chi := 0.0, 0.0
		cells := 0.0
		for i, d := range f.Density[k] {
			mass += d * f.width
			if expected := d * f.width * 4000; expected > 5 {
				e := (f.Histogram[k][i] - d) * f.width * 4000
				chi, cells = chi+e*e/expected, cells+1
			}
		}
		if math.Abs(mass-1) > 1e-4 || chi > cells+5*math.Sqrt(2*cells) {
			t.Errorf("K = %d: mass %g, chi² %g of %g cells", r.Steps, mass, chi, cells)
		}
		within(t, "mean of replicas", f.Means[k], r.Bias.Bias, 1)
	}
	fixed, err := DefaultFixedPointsFigure()
	if err != nil {
		t.Fatal(err)
	}
	table, err := RunFixedPoint(ctx, fixed, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := table.Rows[1].Distance; math.Abs(d-.48930840) > 5e-9 {
		t.Errorf("two steps of 1/7: distance %.9f", d)
	}
	c := DefaultCrossoverFigure()
	c.Rotations, c.Grid = []float64{.5, 1, 1.1}, 12
	if err := c.Check(ctx); err != nil {
		t.Fatal(err)
	}
	compared, err := RunCompare(ctx, c, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := compared.Crossings(), "loses to minibatch-sgd between rotations 1 and 1.1, loses to accelerated-minibatch between rotations 0.5 and 1"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	var b bytes.Buffer
	for _, drawn := range []interface {
		Picture() (*plotting.Figure, error)
	}{f, table, compared} {
		figure, err := drawn.Picture()
		if err != nil {
			t.Fatal(err)
		}
		if err := figure.Write(&b, "svg"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
}
