package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kac/bench"
	"kac/bench/gap"
)

func parse(t testing.TB, text string, overrides ...string) *Study {
	t.Helper()
	s, err := ms.Parse([]byte(text), overrides)
	if err != nil {
		t.Fatalf("%s %q: %v", text, overrides, err)
	}
	return s
}

// The grid of a study: names, widths and horizons of its groups.
func TestGrid(t *testing.T) {
	for _, c := range []struct {
		file, overrides string // overrides are separated by |
		want            []string
	}{
		{"widths=16\nhorizon=2", "", []string{"he4-d32 [16] 2"}}, // the problem's own dimension
		{"dim=[8,16]\nwidths=['d^1.5','d^2']\nhorizon=2", "", []string{"he4-d8 [23 64] 2", "he4-d16 [64 256] 2"}},
		{"dim='8..32'\nwidths='2^7..2^9, 3*d'\nhorizon=2", "", []string{"he4-d8 [24 128 256 512] 2", "he4-d16 [48 128 256 512] 2", "he4-d32 [96 128 256 512] 2"}},
		{"dim=8\nwidths=[64,'2^7',2.56e2]\nhorizon=[2,'d','2*d^0.5']", "", []string{
			"he4-d8-T2 [64 128 256] 2", "he4-d8-Td [64 128 256] 8", "he4-d8-T2xd0.5 [64 128 256] 5.65686"}},
		{"dim=8\nwidths=64\nhorizon='2..8'", "", []string{"he4-d8-T2 [64] 2", "he4-d8-T4 [64] 4", "he4-d8-T8 [64] 8"}},
		{"problem=['he3','he4']\ndim=8\nwidths=64\nhorizon='reach 0.3'\nprecision=['float64','float32']", "", []string{
			"he3-d8-float64 [64] 0", "he3-d8-float32 [64] 0", "he4-d8-float64 [64] 0", "he4-d8-float32 [64] 0"}},
		{"activation='4:0.8,6:0.6'\nlink='4:1'\ndim=8\nwidths=64\nhorizon=2", "", []string{"custom-d8 [64] 2"}},
		{"dim=8\nwidths=64\nhorizon=2", "dim=16|widths=[\"d^2\", 5]|problem=he6|seeds=3", []string{"he6-d16 [5 256] 2"}},
		{"dim=8\nwidths=64\nhorizon=2", "dim = 8,16|widths=[d, d^2]|horizon=reach 0.2", []string{"he4-d8 [8 64] 0", "he4-d16 [16 256] 0"}},
		{"dim=8\nwidths=64\nhorizon=2", "horizon=.5|tolerance=1.e-6|dynamics=descent|eta=.05|points=2", []string{"he4-d8 [64] 0.5"}},
		// A computed horizon of a descent moves up to whole steps: 20 spacings of a multiple of 0.05.
		{"dim=8\nwidths=64\nhorizon='d^0.5'\ndynamics=['flow','descent']\neta=0.05", "", []string{"he4-d8-flow [64] 2.82843", "he4-d8-descent [64] 3"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			var overrides []string
			if c.overrides != "" {
				overrides = strings.Split(c.overrides, "|")
			}
			var got []string
			for _, g := range parse(t, c.file, overrides...).Groups {
				got = append(got, fmt.Sprintf("%s %v %g", g.Name, parametersOf(g).Widths, parametersOf(g).Horizon))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q with %q:\n got %q\nwant %q", c.file, c.overrides, got, c.want)
			}
		})
	}
}

// One meaning, one Declared: a study is continued although its file is written differently.
func TestDeclaredIsCanonical(t *testing.T) {
	a := parse(t, "problem='he4'\ndim=[8,10]\nwidths=['2^7..2^9','d^2']\nhorizon='reach 0.10'\nseeds=8\npoints=21")
	b := parse(t, "dim='8, 10'\nwidths='128..512,1*d^2.0'\nhorizon=['reach 1e-1']\ntolerance=1e-10")
	if d, err := bench.Differences(a.Declared, b.Declared); len(d) > 0 || err != nil {
		t.Error(d, err)
	}
	c := parse(t, "dim=8\nwidths=4\nhorizon=1\nseed='18446744073709551000'\nseeds=3")
	d := parse(t, "dim=8\nwidths=4\nhorizon=1\nseed='18446744073709551001'\nseeds=3")
	if got, err := bench.Differences(d.Declared, c.Declared); err != nil || len(got) != 1 || got[0] != "seed 18446744073709551001, not 18446744073709551000" {
		t.Errorf("differences %q, error %v", got, err)
	}
}

// What editors and other programs make of a study file: a byte order mark, line ends of two characters, a seed beyond
// TOML's whole numbers, lists with dots, expressions for whole numbers.
func TestForeignStudies(t *testing.T) {
	want := parse(t, "dim=8\nwidths=[64,128,256,512,1024]\nhorizon=1\nseeds=8\nseed='18446744073709551608'")
	for _, file := range []string{
		"\xef\xbb\xbfdim=8\nwidths=[64,128,256,512,1024]\nhorizon=1\nseeds=8\nseed=18446744073709551608",
		"dim = 8\r\nwidths = '64,128,...,1024'\r\nhorizon = 1\r\nseed = 18_446_744_073_709_551_608 # last\r\n",
		"dim='2^3'\nwidths=[64,128,'...',1024]\nhorizon='2^0'\nseeds='2^3'\nseed='18446744073709551608'",
	} {
		got := parse(t, file)
		if d, err := bench.Differences(want.Declared, got.Declared); len(d) > 0 || err != nil {
			t.Errorf("%q: %s, error %v", file, d, err)
		}
	}
	one := parse(t, "dim=8\nwidths=64\nhorizon=1\nseed=18446744073709551615\nseeds=1")
	if one.Declared.(gap.Declared).Seed != 18446744073709551615 {
		t.Errorf("the last seed is read as %d", one.Declared)
	}
}

// Bad input names key and value and says what is allowed.
func TestBadStudies(t *testing.T) {
	const rest = "dim=8\nwidths=64\nhorizon=2\n"
	for _, c := range []struct{ file, override, key, value, says string }{
		{rest + "wdiths=3", "", "key", "wdiths", "did you mean widths?"},
		{rest + "flow_tolerance=1e-6", "", "key", "flow_tolerance", "did you mean flow-tolerance?"},
		{rest, "sedes=3", "key", "sedes", "did you mean seeds?"},
		{rest + "[group]\ndim=3", "", "key", "group", "Known are problem, dim"},
		{rest + "dim=9", "", "dim", "9", "twice, 8 before it"},
		{rest + "widths=[8, 'd^2']", "", "widths", `[8, "d^2"]`, "twice, 64 before it"},
		{"dim=8\nwidths=64\nhorizon=1\nseeds='2'", "", "seeds", `"2"`, "without quotes"},
		{rest + "tolerance='1e-6'", "", "tolerance", `"1e-6"`, "without quotes"},
		{rest + "seed=18446744073709551616", "", "seed", "18446744073709551616", "from 0 to 18446744073709551615"},
		{rest + "precision=''", "", "precision", "", "is empty"},
		{rest + "activation=''", "", "activation", "", "is empty"},
		{"\xff\xfed\x00i\x00m\x00", "", "TOML", "file", "UTF-8"},
		{rest, "dim=", "override", "dim=", "has no value"},
		{rest, "horizon=1_0", "horizon", "1_0", "is not a number"},
		{rest, "horizon=0x10", "horizon", "0x10", "is not a number"},
		{rest, "horizon=[1, 0x10]", "horizon", "1,0x10", "is not a number"},
		{rest, "widths=[1_6]", "widths", "1_6", "is not a number"},
		{rest, "dim=[8,inf]", "dim", "8,inf", "is not a number"},
		{rest, "widths=64,128,...,1000", "widths", "64,128,...,1000", "does not lead to 1000"},
		{rest, "widths=64,...,1024", "widths", "64,...,1024", "stand between two numbers"},
		{"dim=", "", "TOML", "line 1", ""},
		{rest, "dim", "override", "dim", "key=value"},
		{rest, "=3", "override", "=3", "key=value"},
		{"dim=8\nhorizon=2", "", "widths", "", "at least one width"},
		{"dim=8\nwidths=64", "", "horizon", "", "reach 0.1"},
		{rest, "dim=2", "dim", "2", "from 3"},
		{rest, "dim=8.5", "dim", "8.5", "whole numbers"},
		{rest, "dim=d", "dim", "d", "whole numbers"},
		{rest, "dim=[8,8]", "dim", "8", "twice"},
		{rest, "dim=[]", "dim", "[]", "empty"},
		{rest, "dim=true", "dim", "true", "numbers"},
		{rest, "widths=-4", "widths", "-4", "from 1"},
		{rest, "widths=0.4", "widths", "0.4", "not a whole number"},
		{rest, "widths=d^-1", "widths", "d^-1", "from 1"},
		{rest, "widths=d^2^3", "widths", "d^2^3", "3*d^1.5"},
		{rest, "widths=wide", "widths", "wide", "such as 2^7"},
		{rest, "widths=nan", "widths", "nan", "such as 2^7"},
		{rest, "widths=0x10p2", "widths", "0x10p2", "such as 2^7"},
		{rest, "widths=2^7..1000", "widths", "2^7..1000", "doubling"},
		{rest, "widths=d..d^2", "widths", "d..d^2", "contains d"},
		{rest, "widths=0..0", "widths", "0..0", "doubling"},
		{rest, "widths=reach 0.1", "widths", "reach 0.1", "powers"},
		{rest, "widths=[64,64]", "widths", "64,64", "in dimension 8"},
		{rest, "widths=2^25", "widths", "3.3554432e+07", "16777216"},
		{rest, "widths=1e300*1e300", "widths", "1e300*1e300", "beyond"},
		{rest, "horizon=-1", "horizon", "-1", "above 0"},
		{rest, "horizon=reach", "horizon", "reach", "reach 0.1"},
		{rest, "horizon=reach -1", "horizon", "reach -1", "reach 0.1"},
		{rest, "horizon=reach 1e-12", "horizon", "reach 1e-12", "tolerance"},
		{rest, "horizon=[2,2.0]", "horizon", "2,2", "the same"},
		{rest, "problem=he5", "problem", "he5", "known are he3"},
		{rest, "problem=[he4,he4]", "problem", "he4", "twice"},
		{rest, "problem=4", "problem", "4", "word"},
		{rest, "activation=4:1", "link", "", "together with activation 4:1"},
		{rest + "problem='he4'", "activation=4:1", "activation", "4:1", "not together with problem"},
		{rest, "seeds=0", "seeds", "0", "above 0"},
		{rest, "seeds=2.5", "seeds", "2.5", "whole number"},
		{rest, "seeds=many", "seeds", "many", "whole number"},
		{rest, "seed=-1", "seed", "-1", "from 0"},
		{rest, "points=1", "points", "1", "from 2"},
		{rest, "points=1000000\nseeds=90000", "points", "1000000\nseeds=90000", "whole number"},
		{rest, "dynamics=jump", "dynamics", "jump", "flow and descent"},
		{rest, "eta=0.1", "eta", "0.1", "descent only"},
		{rest + "dynamics='descent'", "eta=0.3", "eta", "0.3", "multiple of eta"},
		{rest + "dynamics='descent'", "flow-tolerance=1e-8", "flow-tolerance", "1e-08", "flow only"},
		{rest, "flow-tolerance=0", "flow-tolerance", "0", "above 0"},
		{rest, "tolerance=1", "tolerance", "1", "1e-12"},
		{rest, "tolerance=inf", "tolerance", "inf", "give a number"},
		{rest + "tolerance=inf", "", "tolerance", "+Inf", "1e-12"},
		{rest, "form=fast", "form", "fast", "pairwise"},
		{rest, "precision=float16", "precision", "float16", "float64"},
		{rest, "seeds=100000\nseed=3", "seeds", "100000\nseed=3", "whole number"},
		{"dim=8\nwidths=[1,2,3]\nhorizon=2\nseeds=100000", "", "seeds", "100000", "cells"},
		{"dim=8\nwidths=[1,2,3]\nhorizon=2\nseeds=1000\npoints=10000", "", "points", "10000", "rows"},
	} {
		t.Run(c.file, func(t *testing.T) {
			var overrides []string
			if c.override != "" {
				overrides = []string{c.override}
			}
			_, err := ms.Parse([]byte(c.file), overrides)
			var input *bench.InputError
			if !errors.As(err, &input) {
				t.Errorf("%q with %q: error %v, want an InputError", c.file, c.override, err)
				return
			}
			if input.Key != c.key || !strings.HasPrefix(input.Value, c.value) || !strings.Contains(input.Reason, c.says) {
				t.Errorf("%q with %q: %q; want key %q, value %q and %q", c.file, c.override, input, c.key, c.value, c.says)
			}
		})
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "study.toml")
	if err := os.WriteFile(path, []byte("dim = 8\nwidhts = 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var file *FileError
	if _, err := ms.Load(path, nil); !errors.As(err, &file) || !strings.HasPrefix(err.Error(), path+": key widhts: unknown; did you mean widths?") {
		t.Errorf("error %v", err)
	}
	for _, bad := range []string{dir, filepath.Join(dir, "absent.toml")} {
		if _, err := ms.Load(bad, nil); !errors.As(err, &file) || !strings.HasPrefix(err.Error(), bad+": ") {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}

// Horizons from a risk: six digits, rounded up, so that the risk is reached; whole steps for a descent.
func TestResolve(t *testing.T) {
	s := parse(t, "dim=6\nwidths=8\nhorizon='reach 0.3'\ntolerance=1e-6\ndynamics=['flow','descent']\neta=0.1\npoints=3")
	if s.resolved() {
		t.Fatal("resolved before")
	}
	if err := s.Resolve(t.Context(), nil); err != nil || !s.resolved() {
		t.Fatal(err)
	}
	if flow, descent := parametersOf(s.Groups[0]).Horizon, parametersOf(s.Groups[1]).Horizon; flow != 1.82913 || descent != 2 {
		t.Errorf("horizons %g and %g", flow, descent)
	}
	for _, x := range []float64{1, 51.538494, 123456, 1234567, 1e-7, 10.4784089, 99999.95} {
		if y := bench.Significant(x); y < x || y > x*(1+1e-5) || len(strings.Trim(strings.ReplaceAll(fmt.Sprintf("%e", y), ".", ""), "0")) > 12 {
			t.Errorf("bench.Significant(%v) = %v", x, y)
		}
	}
	var input *bench.InputError
	high := parse(t, "dim=6\nwidths=8\nhorizon='reach 2'\ntolerance=1e-4")
	if err := high.Resolve(t.Context(), nil); !errors.As(err, &input) || input.Key != "horizon" {
		t.Errorf("a risk above the first: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("dim=[8,16]\nwidths=['d^1.5','2^7..2^9']\nhorizon='reach 0.1'\nseeds=8"), "dim=8")
	f.Add([]byte("activation='4:0.8,6:0.6'\nlink='4:1'\ndim=8\nwidths=64\nhorizon=[2,'d']"), "widths=[d, d^2]")
	f.Add([]byte("dim=8\nwidths=64\nhorizon=2\ndynamics='descent'\neta=0.05\nseed='1'"), "precision=float32")
	f.Fuzz(func(t *testing.T, file []byte, override string) {
		s, err := ms.Parse(file, []string{override})
		if err != nil {
			var input *bench.InputError
			if !errors.As(err, &input) {
				t.Fatalf("%v is not an InputError", err)
			}
			return
		}
		for _, g := range s.Groups {
			p := parametersOf(g)
			if p.Horizon == 0 {
				p.Horizon = p.RoundUp(1)
			}
			if _, err := p.Check(); err != nil {
				t.Fatalf("%s: %v", g.Name, err)
			}
		}
	})
}
