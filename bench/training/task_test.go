package training

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kac/bench"
	"kac/particles"
)

// writeRows writes a CSV file of numbers and returns its path.
func writeRows(t *testing.T, name string, rows [][]float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Trim(strings.ReplaceAll(fmt.Sprint(row), " ", ","), "[]") + "\n")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A task spelled out gives every digit of the preset that it is, references among them.
func TestSpelledTasks(t *testing.T) {
	h4, err := particles.ParseSeries("4")
	if err != nil {
		t.Fatal(err)
	}
	six, err := particles.RandomTeachers(h4, 6, 6, particles.Random6Seed)
	if err != nil {
		t.Fatal(err)
	}
	file := writeRows(t, "six.csv", six.Directions())
	for _, c := range []struct {
		preset    string
		choice    bench.ProblemChoice
		reference string
	}{
		{"he4", bench.ProblemChoice{Activation: "4", Link: "4"}, ReferenceExact},
		{"misspecified", bench.ProblemChoice{Activation: "4,6", Link: "4:0.8,6:.6"}, ReferenceReduced},
		{"circle", bench.ProblemChoice{Activation: "4", Link: "4", Rank: 2}, ReferenceDescent},
		{"random6", bench.ProblemChoice{Activation: "4", Link: "4", RandomTeachers: 6, TeacherSeed: particles.Random6Seed}, ReferenceReduced},
		{"random6", bench.ProblemChoice{Activation: "4", Link: "4", Teachers: file}, ReferenceDescent},
		{"xor4", bench.ProblemChoice{Activation: "softplus:16", Law: "boolean", SecondLayer: "8", Parities: "4"}, ReferenceWide},
		{"staircase", bench.ProblemChoice{Activation: "softplus:16", Law: "boolean", SecondLayer: "8", Parities: "1:.25, 4:.75"}, ReferenceWide},
	} {
		t.Run(c.preset, func(t *testing.T) {
			p := shortTraining()
			p.Reference, p.Dim, p.Steps = c.reference, 10, 6
			p.Problem = c.preset
			want := numbers(t, train(t, p, 0))
			p.ProblemChoice = c.choice
			p.Dim = 10
			got := numbers(t, train(t, p, 0))
			if len(want) < 24 {
				t.Fatalf("%s: %d rows", c.preset, len(want))
			}
			for i := range want {
				for k := range want[i] {
					// Teachers of norm 1 to the last bit, normalised again, may move by one.
					if math.Abs(got[i][k]-want[i][k]) > 1e-13*math.Abs(want[i][k]) {
						t.Errorf("%s, row %d, column %d: %v spelled out, %v by name", c.preset, i, k+2, got[i][k], want[i][k])
					}
				}
			}
		})
	}
}

// numbers returns what stands in training.csv after the problem's name.
func numbers(t *testing.T, s *Study) [][]float64 {
	t.Helper()
	var b strings.Builder
	if err := s.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	for _, row := range rows[1:] {
		var list []float64
		for _, text := range row[1:] {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, x)
		}
		out = append(out, list)
	}
	return out
}

// Laws, activations, second layers and targets that no preset has: what they are called, and which
// references they have. Each is trained for a step.
func TestTaskChoices(t *testing.T) {
	teachers := writeRows(t, "v.csv", [][]float64{{3, 4, 0}, {0, 0, -2}})
	for _, c := range []struct {
		choice     bench.ProblemChoice
		preset     string
		says       string
		references string
	}{
		{bench.ProblemChoice{Activation: "relu", Link: "1,2:0.5"}, "", "target h_1(x_1) + 0.5 h_2(x_1), network (1/m) sum_i relu(<w_i, x>), x ~ N(0, I_8)", "[wide descent exact]"},
		{bench.ProblemChoice{Activation: "gelu", Link: "4", Law: "sphere"}, "", "x uniform on the sphere of radius sqrt 8", "[wide descent exact]"},
		{bench.ProblemChoice{Activation: "2:1,4:1", Link: "4", Rank: 3}, "", "v uniform on S^2", "[wide reduced descent exact]"},
		{bench.ProblemChoice{Activation: "4", Link: "4", Teachers: teachers, Weights: []float64{1, -.5}}, "", "sum_{j<=2} p_j h_4(<v_j, x>), v_j in R^3", "[wide reduced descent]"},
		{bench.ProblemChoice{Activation: "4", Link: "4", RandomTeachers: 3}, "", "(1/3) sum_{j<=3} h_4(<v_j, x>), v_j in R^3", "[wide reduced descent]"},
		{bench.ProblemChoice{Activation: "erf", Parities: "3", Law: "boolean", SecondLayer: "5"}, "", "target x_1 x_2 x_3, network (1/m) sum_i a_i erf(<w_i, x>), x uniform on {-1,1}^8, a_i = +-5 in equal halves", "[wide]"},
		{bench.ProblemChoice{Activation: "tanh", TeacherNetwork: teachers}, "", "target (1/2) sum_i a_i tanh(<v_i, x>), v_i in R^3", "[wide]"},
		{bench.ProblemChoice{Activation: "4", TeacherNetwork: teachers, TeacherActivation: "sigmoid", Weights: []float64{1, 2}}, "", "a_i sigmoid(<v_i, x>), v_i in R^3, network (1/m) sum_i h_4", "[wide]"},
		{bench.ProblemChoice{Activation: "softplus:2"}, "circle", "E_v h_4(<v, x>), v uniform on S^1, network (1/m) sum_i softplus:2(<w_i, x>)", "[wide]"},
		{bench.ProblemChoice{Activation: "2,4"}, "circle", "network (1/m) sum_i [h_2(<w_i, x>) + h_4(<w_i, x>)]", "[wide reduced descent exact]"},
		{bench.ProblemChoice{SecondLayer: "ones"}, "xor4", "network (1/m) sum_i softplus:16(<w_i, x>), x uniform on {-1,1}^8", "[wide]"},
		{bench.ProblemChoice{}, "xor6", "target x_1 x_2 x_3 x_4 x_5 x_6, network (1/m) sum_i a_i softplus:16(<w_i, x>), x uniform on {-1,1}^8, a_i = +-26.1279 in equal halves", "[wide]"},
	} {
		t.Run(c.preset, func(t *testing.T) {
			p := shortTraining()
			c.choice.Problem, c.choice.Dim = c.preset, p.Dim
			p.ProblemChoice, p.Steps, p.Points, p.Repeats = c.choice, 1, 2, 1
			s := train(t, p, 0)
			if got := s.Task.String(); !strings.Contains(got, c.says) || strings.ContainsAny(s.Task.Name(), ",\" \n") {
				t.Errorf("%+v: %s", c.choice, got)
			}
			if got := fmt.Sprint(References(s.Task)); got != c.references {
				t.Errorf("%s: references %s, want %s", s.Task, got, c.references)
			}
			if (c.choice.Teachers+c.choice.TeacherNetwork != "") != (len(s.Parameters.TeachersSum) == 64) {
				t.Errorf("%s: checksum %q", s.Task, s.Parameters.TeachersSum)
			}
		})
	}
}

func TestTaskChoiceRefuses(t *testing.T) {
	bad := writeRows(t, "bad.csv", [][]float64{{1, 2}, {3, math.NaN()}})
	zero := writeRows(t, "zero.csv", [][]float64{{1, 2}, {0, 0}})
	huge := writeRows(t, "huge.csv", [][]float64{{1, 2}, {3, 1.7e308}, {1.7e308, 1.7e308}})
	large := writeRows(t, "large.csv", [][]float64{{1, 2}, {3, 1e20}})
	for _, c := range []struct {
		task   string
		choice bench.ProblemChoice
		key    string
		says   string
	}{
		{"", bench.ProblemChoice{}, "problem", "name a preset, or give an activation and a target"},
		{"", bench.ProblemChoice{Link: "4"}, "activation", "must be given"},
		{"", bench.ProblemChoice{Activation: "swish", Link: "4"}, "activation", "known are relu, tanh"},
		{"", bench.ProblemChoice{Activation: "4", Link: "x"}, "link", "degree:coefficient"},
		{"", bench.ProblemChoice{Activation: "4", Link: "3"}, "link", "information exponent is infinite"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", Parities: "3"}, "parities", "not together with link 4"},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3", TeacherNetwork: zero}, "teacher-network", "give one target"},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3:x"}, "parities", `"3:x" is no term`},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3,3:2"}, "parities", "given twice"},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3:0x1p-1"}, "parities", `"3:0x1p-1" is no term`},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3:inf"}, "parities", `"3:inf" is no term`},
		{"", bench.ProblemChoice{Activation: "4", Parities: "0x3"}, "parities", `"0x3" is no term`},
		{"he4", bench.ProblemChoice{SecondLayer: "0x1p1"}, "second-layer", "C > 0"},
		{"he4", bench.ProblemChoice{SecondLayer: "1_0"}, "second-layer", "C > 0"},
		{"he4", bench.ProblemChoice{SecondLayer: "inf"}, "second-layer", "C > 0"},
		{"", bench.ProblemChoice{Activation: "4", Parities: "9"}, "dim", "depends on 9 coordinates"},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3", Rank: 2}, "link", "belong to a link"},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3", Weights: []float64{1}}, "teacher-weights", "their own coefficients"},
		{"", bench.ProblemChoice{Activation: "4", Parities: "3", TeacherActivation: "relu"}, "teacher-activation", "belongs to teacher-network"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", Weights: []float64{1}}, "teacher-weights", "they belong to"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", Teachers: bad}, "teachers", "line 2, column 2 is NaN"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", Teachers: zero}, "teachers", "direction 2 has norm 0"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", Teachers: huge}, "teachers", "line 3, column 1 is 1.7e+308"},
		{"", bench.ProblemChoice{Activation: "4", TeacherNetwork: large}, "teacher-network", "line 2, column 2 is 1e+20"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", Teachers: zero, Rank: 2}, "teachers", "the file says the directions"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", RandomTeachers: -1}, "random-teachers", "from 1"},
		{"", bench.ProblemChoice{Activation: "4", Link: "4", RandomTeachers: 2, Weights: []float64{1}}, "teacher-weights", "1 weights for 2"},
		{"", bench.ProblemChoice{Activation: "4", TeacherNetwork: bad}, "teacher-network", "line 2, column 2 is NaN"},
		{"", bench.ProblemChoice{Activation: "4", TeacherNetwork: zero, Weights: []float64{1}}, "teacher-network", "1 second-layer weights for 2"},
		{"he4", bench.ProblemChoice{Link: "4"}, "problem", "it has a target"},
		{"he4", bench.ProblemChoice{Activation: "3"}, "activation", "information exponent is infinite"},
		{"he4", bench.ProblemChoice{Law: "cauchy"}, "law", "gaussian, sphere and boolean"},
		{"he4", bench.ProblemChoice{SecondLayer: "-2"}, "second-layer", "C > 0"},
		{"he4", bench.ProblemChoice{SecondLayer: "2"}, "widths", "width 7 is odd"},
		{"xor33", bench.ProblemChoice{}, "problem", "xor1 to xor32"},
		{"xor04", bench.ProblemChoice{}, "problem", "xor1 to xor32"},
		{"xor9", bench.ProblemChoice{}, "dim", "needs at least 9"},
	} {
		t.Run(c.task+" "+c.key, func(t *testing.T) {
			p := shortTraining()
			c.choice.Problem, c.choice.Dim = c.task, p.Dim
			p.ProblemChoice, p.Widths = c.choice, []int{7}
			refuses(t, p, c.key, c.says)
		})
	}
	// More than 8 coordinates leave no reduction, for any target.
	for _, reference := range []string{ReferenceReduced, ReferenceDescent} {
		p := shortTraining()
		p.ProblemChoice, p.Reference = bench.ProblemChoice{Activation: "4", Link: "4", RandomTeachers: 2, Rank: 9, Dim: 16}, reference
		refuses(t, p, "reference", "the target depends on 9 coordinates; at most 8 are allowed; activation=4;link=4;rank=9;random-teachers=2 has wide")
	}
}

// Data of one's own need no target: an activation is enough.
func TestOwnDataActivation(t *testing.T) {
	p := shortTraining()
	p.Inputs, p.Labels = writeRows(t, "x.csv", [][]float64{{1, 0, 2}, {0, 1, 1}, {2, 1, 0}}), writeRows(t, "y.csv", [][]float64{{1}, {2}, {3}})
	p.ProblemChoice, p.Samples, p.Batch = bench.ProblemChoice{Activation: "tanh", SecondLayer: "3"}, 0, 2
	s := train(t, p, 0)
	var text strings.Builder
	summary := s.Summary()
	if err := s.WriteText(&text, &summary); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("3 inputs of %s in R^3, labels of %s, network (1/m) sum_i a_i tanh(<w_i, x>), a_i = +-3 in equal halves\n", p.Inputs, p.Labels)
	if !strings.Contains(text.String(), want) {
		t.Errorf("no %q in\n%s", want, text.String())
	}
	p.Law = "sphere"
	refuses(t, p, "data", "their own law")
	// Other numbers in the same files are other parameters.
	p.Law = ""
	before, err := p.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Labels, []byte("1\n2\n4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	after, err := p.Prepare()
	if err != nil || before.Sum == after.Sum || len(after.Sum) != 64 {
		t.Errorf("checksums %q and %q, error %v", before.Sum, after.Sum, err)
	}
}

// Repeats that vary one thing keep the other: the first one is the usual first one; the start is that of
// the particles alone, and repeats of the same start that differ do so by their data.
func TestTrainingVary(t *testing.T) {
	p := shortTraining()
	usual := train(t, p, 0).Rows
	each := len(usual) / p.Repeats
	for _, vary := range []string{VaryParticles, VaryData} {
		p.Vary = vary
		rows := train(t, p, 0).Rows
		if !slices.Equal(rows[:each], usual[:each]) {
			t.Errorf("%s: the first repeat is not the usual one", vary)
		}
		for i, first := range rows[:each] {
			second := rows[each+i]
			same := second.FunctionError == first.FunctionError
			if want := vary == VaryData && first.Step == 0; same != want {
				t.Errorf("%s, row %d: the repeats are the same: %v, want %v", vary, i, same, want)
			}
			if vary == VaryParticles && first.Step == 0 && second.FunctionError != usual[each+i].FunctionError {
				t.Errorf("%s, row %d: the second repeat starts elsewhere than the usual one", vary, i)
			}
		}
	}
	a, b := Parameters{Seed: 5, Vary: VaryParticles}, Parameters{Seed: 5, Vary: VaryData}
	for repeat := range 3 {
		if start, data := a.seeds(repeat); start != 5+uint64(repeat) || data != 5 {
			t.Errorf("vary particles, repeat %d: seeds %d, %d", repeat, start, data)
		}
		if start, data := b.seeds(repeat); start != 5 || data != 5+uint64(repeat) {
			t.Errorf("vary data, repeat %d: seeds %d, %d", repeat, start, data)
		}
	}
	p.Vary = "all"
	refuses(t, p, "vary", "both, particles and data")
	p.Vary, p.Shared = VaryData, true
	refuses(t, p, "vary", "on the same data already")
}
