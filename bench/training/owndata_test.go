package training

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench"
)

// ownRows invents n inputs of d numbers with labels.
func ownRows(n, d, seed int) (x, y [][]float64) {
	for i := range n {
		row := make([]float64, d)
		for k := range row {
			row[k] = math.Sin(float64(seed) + 1.7*float64(i*d+k))
		}
		x, y = append(x, row), append(y, []float64{math.Cos(float64(3*i + seed))})
	}
	return x, y
}

// ownStudy trains on 40 rows of 5 numbers and tests on 5000, more than are evaluated at once.
func ownStudy(t *testing.T) (p Parameters, tests, labels [][]float64) {
	x, y := ownRows(40, 5, 1)
	tests, labels = ownRows(5000, 5, 2)
	p = shortTraining()
	p.Samples, p.Batch, p.ProblemChoice = 0, 16, bench.ProblemChoice{Activation: "3:1,4:0.5", SecondLayer: "2"}
	p.Inputs, p.Labels = writeRows(t, "x.csv", x), writeRows(t, "y.csv", y)
	p.TestInputs, p.TestLabels = writeRows(t, "tx.csv", tests), writeRows(t, "ty.csv", labels)
	return p, tests, labels
}

// The mean square on test data is that of the networks as their snapshots hold them, in plain loops over the
// formulas h_3(z) = (z^3 - 3z)/sqrt 6, h_4(z) = (z^4 - 6z^2 + 3)/sqrt 24; nothing else in a study changes.
func TestOwnTestData(t *testing.T) {
	p, tests, labels := ownStudy(t)
	p.Snapshots = []float64{0, p.Horizon()}
	for _, c := range []struct {
		precision string
		tolerance float64
	}{{bench.Float64, 1e-12}, {bench.Float32, 1e-4}} {
		t.Run(c.precision, func(t *testing.T) {
			p.Precision = c.precision
			s := train(t, p, 0)
			if s.Parameters.TestRows != 5000 || len(s.Parameters.TestSum) != 64 || s.Parameters.TestSum == s.Parameters.Sum {
				t.Errorf("%d rows, checksums %q and %q", s.Parameters.TestRows, s.Parameters.TestSum, s.Parameters.Sum)
			}
			compared := 0
			for _, snapshot := range s.Snapshots {
				want, se := meanSquare(snapshot.W, tests, labels)
				for _, r := range s.Rows {
					if r.Repeat != 0 || r.Time != snapshot.Time {
						continue
					}
					got := r.TestRisk
					if snapshot.Width == p.Wide {
						got = r.ReferenceTestRisk
					} else if snapshot.Width != r.Width {
						continue
					}
					compared++
					if math.Abs(got.Value-want) > c.tolerance*want || math.Abs(got.SE-se) > 10*c.tolerance*se || got.N != 5000 {
						t.Errorf("%s, width %d, time %g: %v, want %g +- %g", c.precision, snapshot.Width, r.Time, got, want, se)
					}
					if got.Value == r.Risk.Value {
						t.Errorf("width %d: the test inputs give what the training inputs give", r.Width)
					}
				}
			}
			if compared != 2*(3+3) {
				t.Errorf("%d rows compared", compared)
			}
			without := p
			without.TestInputs, without.TestLabels = "", ""
			plain := train(t, without, 0)
			for i, r := range s.Rows {
				r.TestRisk, r.ReferenceTestRisk = bench.Mean{}, bench.Mean{}
				if r != plain.Rows[i] {
					t.Errorf("row %d: %+v with test data, %+v without", i, r, plain.Rows[i])
				}
			}
			lines, plainLines := strings.Split(trainingCSV(t, s), "\n"), strings.Split(trainingCSV(t, plain), "\n")
			for i, line := range lines {
				if i <= len(s.Rows) && (!strings.HasPrefix(line, plainLines[i]+",") || strings.Count(line, ",") != strings.Count(Header, ",")+4) || i > len(s.Rows) && line != plainLines[i] {
					t.Errorf("line %d: %q with test data, %q without", i+1, line, plainLines[i])
				}
			}
		})
	}
}

// meanSquare is the mean of (y - f(x))^2 and its standard error, for a second layer of 2, -2, 2, ...
func meanSquare(w []float64, x, y [][]float64) (mean, se float64) {
	d := len(x[0])
	m := len(w) / d
	sum, sum2 := 0., 0.
	for i, row := range x {
		f := 0.
		for k := range m {
			z := 0.
			for a, v := range row {
				z += v * w[k*d+a]
			}
			c := 2.
			if k%2 == 1 {
				c = -2
			}
			f += c * ((z*z*z-3*z)/math.Sqrt(6) + .5*(z*z*z*z-6*z*z+3)/math.Sqrt(24)) / float64(m)
		}
		e := (y[i][0] - f) * (y[i][0] - f)
		sum, sum2 = sum+e, sum2+e*e
	}
	n := float64(len(x))
	mean = sum / n
	return mean, math.Sqrt((sum2 - n*mean*mean) / (n - 1) / n)
}

// A run that is cut and goes on, and a finished one that is printed again, give the same table, text and picture.
func TestOwnTestDataAgain(t *testing.T) {
	p, _, _ := ownStudy(t)
	p.Precision, p.Shared = bench.Float32, true
	var saved [][]byte
	ready, err := p.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ready.Run(t.Context(), Options{Checkpoint: func(c *Checkpoint) error {
		data, err := c.MarshalBinary()
		saved = append(saved, data)
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := trainingCSV(t, s) + textOf(t, s)
	for _, part := range []string{
		testHeader + "\n", "\nMean square of y - f_m on the training inputs\n", "\nMean square of y - f_m on the test inputs\n",
		"Test inputs: the 5000 of " + p.TestInputs + ", labels of " + p.TestLabels,
	} {
		if !strings.Contains(want, part) {
			t.Errorf("no %q in\n%s", part, textOf(t, s))
		}
	}
	for _, i := range []int{0, 1, len(saved) / 2, len(saved) - 2} {
		var c Checkpoint
		if err := c.UnmarshalBinary(saved[i]); err != nil {
			t.Fatal(err)
		}
		again, err := ready.Run(t.Context(), Options{Before: &c, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if trainingCSV(t, again)+textOf(t, again) != want {
			t.Errorf("going on from checkpoint %d changes the files", i)
		}
	}
	dir := filepath.Join(t.TempDir(), "out")
	for n := range 2 {
		store, err := Open(dir, &ready.Parameters, nil, bench.Session{})
		if err != nil {
			t.Fatal(err)
		}
		if store.Complete() != (n == 1) {
			t.Fatalf("opened %d times: complete is %v", n+1, store.Complete())
		}
		if n == 0 {
			err = store.Save(s, nil)
		} else {
			var again *Study
			if again, _, err = store.Load(ready); err == nil && (rows(t, again) != rows(t, s) || textOf(t, again) != textOf(t, s)) {
				t.Error("the finished study reads back as another one")
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		store.Close()
	}
	// Other numbers in the same files are another study.
	other := ready.Parameters
	other.TestSum = other.Sum
	if _, err := Open(dir, &other, nil, bench.Session{}); err == nil || !strings.Contains(err.Error(), "test-data-sha256") {
		t.Errorf("other test data: %v", err)
	}
	summary := s.Summary()
	figure, err := s.Picture(&summary, "time")
	if err != nil {
		t.Fatal(err)
	}
	var svg strings.Builder
	if err := figure.Write(&svg, "svg"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(svg.String(), "Mean square on training and on test inputs") {
		t.Error("the picture does not name its test inputs")
	}
}

func textOf(t *testing.T, s *Study) string {
	t.Helper()
	var text strings.Builder
	summary := s.Summary()
	if err := s.WriteText(&text, &summary); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// A plan counts what test data cost.
func TestOwnTestDataPlanned(t *testing.T) {
	p, _, _ := ownStudy(t)
	plan, err := MakePlan(t.Context(), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	without := p
	without.TestInputs, without.TestLabels = "", ""
	plain, err := MakePlan(t.Context(), without, 1)
	if err != nil {
		t.Fatal(err)
	}
	// 5000 inputs of 5 numbers as the kernels take them, and squares of errors.
	if more, want := plan.Memory-plain.Memory, 5000*(5*8+8.); more != want {
		t.Errorf("%g bytes more, want %g", more, want)
	}
	var text strings.Builder
	if err := plan.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "40 inputs of " + p.Inputs + " in R^5"; !strings.Contains(text.String(), want) || !strings.Contains(text.String(), "Test inputs: the 5000 of "+p.TestInputs) || strings.Contains(text.String(), "N(0, I") {
		t.Errorf("no %q, or a law, in\n%s", want, text.String())
	}
	if ratio := plan.Observe / plain.Observe; ratio < 10 { // 5040 inputs in place of 40; measured, so only roughly
		t.Errorf("an observation takes %g times as long as without", ratio)
	}
}

func TestOwnTestDataRefused(t *testing.T) {
	good, _, _ := ownStudy(t)
	wide := writeRows(t, "wide.csv", [][]float64{{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}})
	two := writeRows(t, "two.csv", [][]float64{{1}, {2}})
	short, one := writeRows(t, "short.csv", [][]float64{{1, 2, 3, 4, 5}}), writeRows(t, "one.csv", [][]float64{{1}})
	large := writeRows(t, "large.csv", [][]float64{{1, 2, 3, 4, 5}, {1, 2, 1e80, 4, 5}})
	largeLabels := writeRows(t, "largelabels.csv", [][]float64{{1}, {1e160}})
	for _, c := range []struct {
		change    func(*Parameters)
		key, says string
	}{
		{func(p *Parameters) { p.TestLabels = "" }, "test-labels", "come together"},
		{func(p *Parameters) { p.TestInputs = "" }, "test-data", "come together"},
		{func(p *Parameters) { p.Labels = "" }, "labels", "come together"},
		{func(p *Parameters) { p.Inputs = "" }, "data", "come together"},
		{func(p *Parameters) { p.Inputs, p.Labels = "", "" }, "test-data", "belongs to data of your own"},
		{func(p *Parameters) { p.TestInputs, p.TestLabels = wide, two }, "test-data", "have 6 numbers, those of"},
		{func(p *Parameters) { p.TestInputs, p.TestLabels = short, one }, "test-data", "one row"},
		{func(p *Parameters) { p.TestInputs, p.TestLabels = large, two }, "test-data", "line 2, column 3 is 1e+80"},
		{func(p *Parameters) { p.TestInputs, p.TestLabels = short, two }, "test-labels", "2 labels for the 1 inputs"},
		{func(p *Parameters) { p.TestLabels = largeLabels }, "test-labels", "2 labels for the 5000 inputs"},
		{func(p *Parameters) { p.TestLabels += "x" }, "test-labels", "no such file"},
		{func(p *Parameters) { p.TestLabels = p.TestInputs }, "test-labels", "file of the inputs too"},
	} {
		t.Run(c.key, func(t *testing.T) {
			p := good
			c.change(&p)
			refuses(t, p, c.key, c.says)
		})
	}
	// The training data once more are no mistake, only of little use.
	p := good
	p.TestInputs, p.TestLabels = p.Inputs, p.Labels
	for _, r := range train(t, p, 0).Rows {
		if r.TestRisk != r.Risk || r.ReferenceTestRisk != r.ReferenceRisk {
			t.Errorf("on the same inputs: %v and %v, reference %v and %v", r.TestRisk, r.Risk, r.ReferenceTestRisk, r.ReferenceRisk)
		}
	}
}
