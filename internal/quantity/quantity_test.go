package quantity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// values of a list in dimension 16.
func values(list []Quantity) []float64 {
	var out []float64
	for _, q := range list {
		out = append(out, q.At(16)...)
	}
	return out
}

func TestParseList(t *testing.T) {
	for _, c := range []struct {
		text string
		want []float64
	}{
		{"64", []float64{64}},
		{" 64 , 128", []float64{64, 128}},
		{"+5,1e5,.5,5.", []float64{5, 1e5, .5, 5}},
		{"2^7..2^10,3", []float64{128, 256, 512, 1024, 3}},
		{"3*2^2..3*2^4", []float64{12, 24, 48}},
		{"d,d^1.5,2*d^2,d*d,d^-1", []float64{16, 64, 512, 256, 1. / 16}},
		{"16,32,...,256", []float64{16, 32, 64, 128, 256}},
		{"16, 32, ..., 256, 300", []float64{16, 32, 64, 128, 256, 300}},
		{"1,3,...,27", []float64{1, 3, 9, 27}},
		{"5,16,32,...,64", []float64{5, 16, 32, 64}},
		{"16,32,...,32", []float64{16, 32}},
		{"16,24,...,36", []float64{16, 24, 36}},
		{"2^4,2^5,...,2^8", []float64{16, 32, 64, 128, 256}},
		{"d,2*d,...,8*d", []float64{16, 32, 64, 128}},
		{".5,1,...,4", []float64{.5, 1, 2, 4}},
		{"100,300,...,24300", []float64{100, 300, 900, 2700, 8100, 24300}},
		{"d^1.5..d^3:0.25", []float64{64, 128, 256, 512, 1024, 2048, 4096}},
		{"7, 2*d^1..2*d^2:.5, 9", []float64{7, 32, 128, 512, 9}},
		{"d^2..d^2:1", []float64{256}},
		{"2^0..2^62", nil},
	} {
		t.Run(c.text, func(t *testing.T) {
			list, err := ParseList(c.text)
			if c.want == nil {
				if err != nil || len(values(list)) != 63 {
					t.Errorf("%q: %d values, error %v", c.text, len(values(list)), err)
				}
				return
			}
			if got := values(list); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q: %v, error %v; want %v", c.text, got, err, c.want)
			}
		})
	}
	if list, err := ParseList("d^.1..d^.4:.1"); err != nil || list[2].String() != "d^0.3" {
		t.Errorf("steps of .1: %v, error %v", list, err)
	}
	if q, err := Parse("reach  .10"); err != nil || q.Reach != .1 || q.String() != "reach 0.1" {
		t.Errorf("reach .10: %v, error %v", q, err)
	}
}

func TestBadLists(t *testing.T) {
	for text, says := range map[string]string{
		"": "not a number", " ": "not a number", "8,": "not a number", ",8": "not a number", "8,,9": "not a number", "1_0": "not a number", "0x10": "not a number", "0x1p4": "not a number",
		"Inf": "not a number", "nan": "not a number", "-inf": "not a number", "1e": "not a number", "8 9": "not a number", "eight": "not a number", "٨": "not a number", "8;9": "not a number",
		"1e999": "beyond", "1e200*1e200": "beyond", "2^5000": "beyond", "d^1e999": "beyond", "d^d": "not a number", "2^^3": "not a number", "2^3^2": "not a number", "0^-1": "beyond", "(2)^3": "not a number",
		"2^7..1000": "doubling", "1024..2^7": "doubling", "0..8": "doubling", "-8..8": "doubling", "d..d^2": "contains d", "2..": "not a number", "1..2..4": "not a number",
		"reach": "reach 0.1", "reach 0": "reach 0.1", "reach -1": "reach 0.1", "reach nan": "reach 0.1", "reached": "reach 0.1",
		"d..d^2:": "step above 0", "d..d^2:0": "step above 0", "d..d^2:-1": "step above 0", "d..d^2:.3": "does not arrive", "d..d^2:1e-9": "does not arrive", "d^2..d:.5": "from a power of d",
		"2..4:1": "from a power of d", "d..2*d^2:1": "from a power of d", "x..d:1": "not a number", "d..x:1": "not a number", "d,2*d,...,d..d^2:1": "the dots lead",
		"16,32,...,200": "does not lead to 200", "16,32,...,16": "does not lead to 16", "16,16,...,32": "does not lead", "0,16,...,32": "does not lead", "-2,2,...,32": "does not lead",
		"2,-4,...,16": "does not lead", "16,8,...,4": "does not lead", "...": "stand between", "16,...,32": "stand between", "16,32,...": "stand between", "16,32,...,...,64": "stand between",
		"d,2*d,...,64": "beside the dots", "1,2,...,reach 1": "beside the dots", "1..4,8,...,16": "beside the dots", fmt.Sprint("1,1.000001,...,", 1e300): "does not lead",
	} {
		t.Run(text, func(t *testing.T) {
			if list, err := ParseList(text); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v, error %v; want %q", text, list, err, says)
			}
		})
	}
}

func TestWhole(t *testing.T) {
	for text, want := range map[string]int{"8": 8, "-8": -8, "+8": 8, " 8 ": 8, "2^16": 65536, "1e5": 100000, "3*2^7": 384, "8.0": 8, "9007199254740993": 9007199254740993} {
		t.Run(text, func(t *testing.T) {
			if got, err := Whole(text); err != nil || got != want {
				t.Errorf("Whole(%q) = %d, error %v", text, got, err)
			}
		})
	}
	for _, text := range []string{"", "8.5", "1_0", "0x10", "d", "d^0.5", "2^0.5", "nan", "Inf", "8,9", "1..4", "reach 1", "2^70", "99999999999999999999", "1e400"} {
		got, err := Whole(text)
		if err == nil {
			t.Errorf("Whole(%q) = %d", text, got)
		}
		if beyond := slices.Contains([]string{"2^70", "99999999999999999999", "1e400"}, text); beyond != errors.Is(err, ErrRange) {
			t.Errorf("Whole(%q): error %v", text, err)
		}
	}
}

func TestSeed(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "+7": 7, "18446744073709551615": math.MaxUint64, "2^40": 1 << 40} {
		t.Run(text, func(t *testing.T) {
			if got, err := Seed(text); err != nil || got != want {
				t.Errorf("Seed(%q) = %d, error %v", text, got, err)
			}
		})
	}
	for _, text := range []string{"", "-1", "18446744073709551616", "2^60", "1.5", "0x10", "1_0"} {
		if got, err := Seed(text); err == nil {
			t.Errorf("Seed(%q) = %d", text, got)
		}
	}
}

// What is read is written in one form that reads back as itself.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"8", "2^7..2^16", "3*d^1.5", "reach 0.1", "1e-300*1e-300", "d^-0", "5.*.2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(q.String())
		if err != nil || again.String() != q.String() {
			t.Fatalf("%q is %v, which is %v, error %v", text, q, again, err)
		}
		if n := len(q.At(16)); n > maxEntries+1 {
			t.Fatalf("%q has %d values", text, n)
		}
	})
}
