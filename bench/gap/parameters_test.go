package gap

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"kac/bench"
)

func TestCheckAccepts(t *testing.T) {
	p := small()
	p.Dim = 0
	problem, err := p.Check()
	if err != nil {
		t.Fatal(err)
	}
	if p.Dim != 32 || p.Rank != 1 || p.Precision != "float64" || problem.Dim() != 32 {
		t.Errorf("defaults not filled in: %+v", p)
	}
	if !reflect.DeepEqual(p.Widths, []int{16, 48}) {
		t.Errorf("widths %v, want them increasing", p.Widths)
	}
	if got := p.Times(); !reflect.DeepEqual(got, []float64{0, 1, 2, 3}) {
		t.Errorf("times %v", got)
	}
	custom := Parameters{ProblemChoice: bench.ProblemChoice{Activation: " 6:0.6, 4", Link: "4:1", Dim: 8}}
	made, err := custom.ProblemChoice.Make()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(made.Name(), ",") || custom.Activation != "4:1,6:0.6" {
		t.Errorf("custom problem %q with activation %q: want no comma in the name and the series in its one form", made.Name(), custom.Activation)
	}
}

// Every refusal is a bench.InputError that names the parameter and its value and says what is allowed.
func TestCheckRefuses(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		change           func(*Parameters)
		key, value, says string
	}{
		"no problem":          {func(p *Parameters) { p.Problem = "" }, "problem", "", "he4"},
		"unknown problem":     {func(p *Parameters) { p.Problem = "h4" }, "problem", "h4", "known are he4"},
		"preset and series":   {func(p *Parameters) { p.Activation = "4" }, "activation", "4", "not together with problem"},
		"preset and link":     {func(p *Parameters) { p.Link = "4" }, "link", "4", "not together with problem"},
		"preset, other rank":  {func(p *Parameters) { p.Rank = 2 }, "rank", "2", "he4 has rank 1"},
		"dimension too small": {func(p *Parameters) { p.Dim = 2 }, "dim", "2", "from 3 to 4096"},
		"circle too small":    {func(p *Parameters) { p.Problem, p.Dim = "circle", 3 }, "dim", "3", "from 4"},
		"dimension too large": {func(p *Parameters) { p.Dim = 5000 }, "dim", "5000", "from 3 to 4096"},
		"no widths":           {func(p *Parameters) { p.Widths = nil }, "widths", "", "at least one"},
		"width 0":             {func(p *Parameters) { p.Widths = []int{4, 0} }, "widths", "4,0", "0 is not allowed"},
		"width negative":      {func(p *Parameters) { p.Widths = []int{-1} }, "widths", "-1", "from 1"},
		"width twice":         {func(p *Parameters) { p.Widths = []int{8, 4, 8} }, "widths", "8,4,8", "twice"},
		"width too large":     {func(p *Parameters) { p.Widths = []int{1 << 25} }, "widths", "33554432", "16777216"},
		"seeds 0":             {func(p *Parameters) { p.Seeds = 0 }, "seeds", "0", "from 1"},
		"seed overflow":       {func(p *Parameters) { p.Seed = math.MaxUint64 - 1 }, "seed", "18446744073709551614", "would exceed"},
		"horizon 0":           {func(p *Parameters) { p.Horizon = 0 }, "horizon", "0", "above 0"},
		"horizon NaN":         {func(p *Parameters) { p.Horizon = nan }, "horizon", "NaN", "above 0"},
		"horizon infinite":    {func(p *Parameters) { p.Horizon = math.Inf(1) }, "horizon", "+Inf", "up to 1e+07"},
		"one point":           {func(p *Parameters) { p.Points = 1 }, "points", "1", "from 2"},
		"tolerance":           {func(p *Parameters) { p.Tolerance = 1e-14 }, "tolerance", "1e-14", "from 1e-12 to 0.01"},
		"tolerance NaN":       {func(p *Parameters) { p.Tolerance = nan }, "tolerance", "NaN", "from 1e-12 to 0.01"},
		"flow tolerance":      {func(p *Parameters) { p.FlowTolerance = 0 }, "flow-tolerance", "0", "from 1e-13"},
		"table too long":      {func(p *Parameters) { p.Seeds, p.Points = 1000, 100000 }, "points", "100000", "2e+08 rows"},
		"dynamics":            {func(p *Parameters) { p.Dynamics = "sgd" }, "dynamics", "sgd", "flow and descent"},
		"flow with a step":    {func(p *Parameters) { p.Eta = 0.1 }, "eta", "0.1", "descent only"},
		"descent, no step":    {func(p *Parameters) { p.Dynamics = DynamicsDescent }, "eta", "0", "above 0"},
		"descent, odd step":   {func(p *Parameters) { p.Dynamics, p.Eta = DynamicsDescent, 0.7 }, "eta", "0.7", "the time 1 is not a whole number of steps"},
		"descent, tiny step":  {func(p *Parameters) { p.Dynamics, p.Eta = DynamicsDescent, 1e-10 }, "eta", "1e-10", "3e+10 steps"},
		"form":                {func(p *Parameters) { p.Form = "fast" }, "form", "fast", "auto, pairwise and moment"},
		"form out of reach":   {func(p *Parameters) { p.Dim, p.Form = 1024, "moment" }, "form", "moment", "use pairwise"},
		"float32 tolerance":   {func(p *Parameters) { p.Precision, p.FlowTolerance = "float32", 1e-8 }, "flow-tolerance", "1e-08", "1e-07"},
		"precision":           {func(p *Parameters) { p.Precision = "float16" }, "precision", "float16", "float64"},
		"no link":             {custom("4", "", 1), "link", "", "together with activation 4"},
		"no activation":       {custom("", "4", 1), "activation", "", "together with link 4"},
		"series":              {custom("4:1:2", "4", 1), "activation", "4:1:2", "degree:coefficient"},
		"series, degree":      {custom("4", "x", 1), "link", "x", "known are relu"},
		"series, high degree": {custom("40", "4", 1), "activation", "40", "32"},
		"series, NaN":         {custom("4:nan", "4", 1), "activation", "4:nan", "finite"},
		"series, twice":       {custom("4,4", "4", 1), "activation", "4,4", "twice"},
		"series, zero":        {custom("4:0", "4", 1), "activation", "4:0", "zero"},
		"rank 3":              {custom("4", "4", 3), "rank", "3", "1"},
		"no overlap":          {custom("4", "3,5", 1), "link", "3,5", "information exponent is infinite"},
		"no overlap, circle":  {custom("3", "3", 2), "link", "3", "information exponent is infinite"},
		"custom without dim":  {func(p *Parameters) { custom("4", "4", 1)(p); p.Dim = 0 }, "dim", "0", "needs a dimension"},
	} {
		t.Run(name, func(t *testing.T) {
			p := small()
			c.change(&p)
			_, err := p.Check()
			var input *bench.InputError
			if !errors.As(err, &input) {
				t.Errorf("%s: error %v, want an InputError", name, err)
				return
			}
			if input.Key != c.key || input.Value != c.value || !strings.Contains(input.Reason, c.says) {
				t.Errorf("%s: %q; want key %q, value %q and a reason with %q", name, input, c.key, c.value, c.says)
			}
			if strings.Contains(input.Error(), "\n") {
				t.Errorf("%s: more than one line: %q", name, input)
			}
		})
	}
}

func custom(activation, link string, rank int) func(*Parameters) {
	return func(p *Parameters) {
		p.ProblemChoice = bench.ProblemChoice{Activation: activation, Link: link, Rank: rank, Dim: 8}
	}
}

func TestCheckTimes(t *testing.T) {
	for _, good := range [][]float64{{0}, {0, 1, 2.5}, {3}} {
		if err := bench.CheckTimes("times", good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range [][]float64{nil, {-1}, {1, 1}, {2, 1}, {math.NaN()}, {0, math.Inf(1)}, {0, math.NaN(), 1}, {1e8}} {
		var input *bench.InputError
		if err := bench.CheckTimes("times", bad); !errors.As(err, &input) || input.Key != "times" {
			t.Errorf("%v: error %v", bad, err)
		}
	}
}

func TestInputErrorQuotes(t *testing.T) {
	for value, want := range map[string]string{"4": "dim 4: no", "": `dim "": no`, "a b": `dim "a b": no`} {
		t.Run(value, func(t *testing.T) {
			if got := (&bench.InputError{Key: "dim", Value: value, Reason: "no"}).Error(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
