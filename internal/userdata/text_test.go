package userdata

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func unbounded(float64) error { return nil }

func put(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Spellings of one table: 1.5, -2, 3e3 above .25, 5, 6.
func TestSpellingsOfATable(t *testing.T) {
	want := []float64{1.5, -2, 3000, .25, 5, 6}
	for _, c := range []struct{ name, text, note string }{
		{"commas", "1.5,-2,3e3\n.25,5,6\n", ""},
		{"no line end at the end", "1.5,-2,3e3\n.25,5,6", ""},
		{"lines of Windows", "1.5,-2,3e3\r\n.25,5,6\r\n", ""},
		{"lines of old Macs", "1.5,-2,3e3\r.25,5,6\r", ""},
		{"a mark in front", "\ufeff1.5,-2,3e3\n.25,5,6\n", ""},
		{"semicolons", "1.5;-2;3e3\n.25;5;6\n", ""},
		{"tabs", "1.5\t-2\t3e3\n.25\t5\t6\n", ""},
		{"blanks", "  1.5   -2 3e3  \n .25\t5 6\n", ""},
		{"blanks around", "1.5 , -2,\t3e3\n .25,5 ,6 \n", ""},
		{"quotes", "\"1.5\",\"-2\",\"3e3\"\n'.25','5','6'\n", ""},
		{"quotes in blanks", "\"1.5\" \"-2\" '3e3'\n.25 5 6\n", ""},
		{"empty lines", "\n\n1.5,-2,3e3\n  \n\r\n.25,5,6\n\n\n", ""},
		{"comments", "# a, b, c\n1.5,-2,3e3 # the first\n  # none\n.25,5,6#\n# the end", ""},
		{"a delimiter at the end of lines", "1.5,-2,3e3,\n.25,5,6, \n", ""},
		{"tabs at the end of lines", "1.5\t-2\t3e3\t\n.25\t5\t6\t\n", ""},
		{"names", "a,b,c\n1.5,-2,3e3\n.25,5,6\n", "line 1, names of columns, is skipped"},
		{"names in quotes", "\"a, b\",\"b\"\"b\",c\n1.5,-2,3e3\n.25,5,6\n", "line 1, names of columns, is skipped"},
		{"names in blanks, numbers in commas", "# of 2026\n\na b c\n1.5,-2,3e3\n.25,5,6\n", "line 3, names of columns, is skipped"},
		{"names after a mark", "\ufeffa;b;c;\r\n1.5;-2;3e3;\r\n.25;5;6;\r\n", "line 1, names of columns, is skipped"},
		{"plus signs", "+1.5,-2,+3e+3\n+.25,5,6.\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Read(t.Context(), put(t, "x.csv", c.text), unbounded)
			if err != nil {
				t.Fatal(err)
			}
			if m.Rows != 2 || m.Columns != 3 || !slices.Equal(m.X, want) {
				t.Errorf("%d x %d: %v", m.Rows, m.Columns, m.X)
			}
			if got := strings.Join(m.Notes, ";"); got != c.note || m.Names {
				t.Errorf("notes %q, names %v", got, m.Names)
			}
		})
	}
}

func TestTablesRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "it is empty"},
		{"no numbers", "\n# none\n", "it has no numbers"},
		{"names alone", "a,b\n", "it has no numbers; line 1 has names of columns"},
		{"two lines of names", "a,b\nm,kg\n1,2\n", `line 2, column 1 is "m", not a number`},
		{"names in the middle", "1,2\na,b\n", `line 2, column 1 is "a", not a number`},
		{"a word among numbers", "1,x\n2,3\n", `line 1, column 2 is "x", not a number`},
		{"a short row", "# c\n1,2\n\n3\n", "line 4 has 1 numbers, line 2 has 2"},
		{"a long row", "1,2\n3,4,5\n", "line 2 has 3 numbers, line 1 has 2"},
		{"fewer names", "a,b\n1,2,3\n", "line 1 has names of columns, 2 of them; line 2 has 3 numbers"},
		{"a missing number", "1,,3\n", "line 1, column 2 is empty"},
		{"a missing last number", "1,2\n3,\n", "line 2, column 2 is empty"},
		{"delimiters at the end of some lines", "1,2,\n3,4\n", "line 2 does not end in a delimiter, as line 1 does"},
		{"only delimiters", ",,\n", "line 1, column 1 is empty"},
		{"an index of pandas", ",a,b\n0,1.5,2\n", "index=False"},
		{"an index and numbers of pandas", ",0,1\n0,1.5,2\n", "index=False"},
		{"decimal commas", "a;b\n1,5;2,5\n", "line 2, column 1 is 1,5; write a decimal point, not a comma"},
		{"another minus", "\u22121.5\n2\n", "not a number"},
		{"an exponent of Fortran", "1.0D+00\n2\n", `line 1, column 1 is "1.0D+00", not a number`},
		{"underscores", "1_0\n2\n", "not a number"},
		{"beyond float64", "1\n1e999\n", "line 2, column 1 is 1e999, which float64 cannot hold"},
		{"an open quote", "\"1,2\n3,4\n", "line 1: a quoted field does not end"},
		{"something behind quotes", "\"1\"5,2\n", "line 1: '5' follows a quoted field"},
		{"a long field", strings.Repeat("1", 600) + ",2\n", "line 1, column 1 has more than 512 characters without a delimiter"},
		{"zero bytes", strings.Repeat("\x00", 1<<20), "line 1, column 1 has more than 512 characters"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00", "compressed (gzip)"},
		{"a spreadsheet", "PK\x03\x04......", "an archive"},
		{"UTF-16", "\xff\xfe1\x00,\x002\x00", "UTF-16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Read(t.Context(), put(t, "x.csv", c.text), unbounded)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, %v; want %q", c.name, m, err, c.want)
			}
		})
	}
	for _, c := range []struct{ name, text, want string }{
		{"x.json", "1,2", `unknown kind of file ".json"`}, {"x.npy", "1,2\n3,4\n5,6\n", "does not begin like one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Read(t.Context(), put(t, c.name, c.text), unbounded); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		})
	}
}

// Rows are named by the lines of the file, whatever is skipped.
func TestRowsAreLines(t *testing.T) {
	text, want := "a,b\n", []string{}
	for i, line := 0, 2; i < 50; i++ {
		for range i * i % 4 {
			text += []string{"\n", "# c\n", "  \r\n"}[line%3]
			line++
		}
		text += fmt.Sprintf("%d.5,%d\n", i, i)
		want = append(want, fmt.Sprintf("line %d", line))
		line++
	}
	m, err := Read(t.Context(), put(t, "x.csv", text), unbounded)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		if m.Row(i) != w || m.Place(2*i+1) != w+", column 2" {
			t.Errorf("row %d is %s, want %s", i, m.Row(i), w)
		}
	}
}

func TestNamesOfPandas(t *testing.T) {
	for _, c := range []struct {
		text        string
		names, sure bool
	}{
		{"0,1,2\n.5,1,2\n", true, true}, {"0,1,2\n3,1,2\n", true, false}, {"0\n1.5\n", true, true}, {"0,1,3\n.5,1,2\n", false, false},
		{"0.0,1,2\n.5,1,2\n", false, false}, {"a,b\n0,1\n.5,2\n", false, false}, {"1,2\n0,1\n.5,1\n", false, false},
	} {
		t.Run(c.text, func(t *testing.T) {
			m, err := Read(t.Context(), put(t, "x.csv", c.text), unbounded)
			if err != nil || m.Names != c.names || m.Sure != c.sure {
				t.Errorf("%q: %v, %v", c.text, m, err)
			}
		})
	}
	m, err := Read(t.Context(), put(t, "x.csv", "# c\n0,1,2\n\n.5,1,2\n3,4,5\n"), unbounded)
	if err != nil {
		t.Fatal(err)
	}
	m.DropNames()
	if m.Rows != 2 || !slices.Equal(m.X, []float64{.5, 1, 2, 3, 4, 5}) || m.Row(0) != "line 4" || m.Row(1) != "line 5" || !strings.HasPrefix(m.Notes[0], "line 2, 0,1,2, is skipped") {
		t.Errorf("%+v, %s", m, m.Row(1))
	}
}

// A line of a gigabyte, a sparse file of a terabyte and a header that asks for more than there is are refused
// in bounded memory.
func TestMemoryIsBounded(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	afford := func(bytes float64) error {
		if bytes > 1<<20 {
			return errors.New("too much")
		}
		return nil
	}
	for _, c := range []struct{ name, start, want string }{
		{"x.csv", "", "line 1, column 1 has more than 512 characters"},
		{"x.csv", strings.Repeat("1,", 1<<20), "too much"},
		{"x.csv", strings.Repeat("1,2\n", 1<<20), "too much"},
		{"x.npy", "\x93NUMPY\x01\x00\x40\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 1000)}", ""},
		{"x.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff", "a header of 4294967295 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := put(t, c.name, c.start)
			if err := os.Truncate(path, 1<<40); err != nil {
				t.Skip("no sparse files here:", err)
			}
			if _, err := Read(t.Context(), path, afford); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %.20q: %v, want %q", c.name, c.start, err, c.want)
			}
		})
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
	// A file as long as its header says, and more than is affordable.
	header := "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000)}"
	path := put(t, "x.npy", "\x93NUMPY\x01\x00"+string(rune(len(header)))+"\x00"+header)
	if err := os.Truncate(path, int64(10+len(header))+8e9); err != nil {
		t.Skip("no sparse files here:", err)
	}
	if _, err := Read(t.Context(), path, afford); err == nil || err.Error() != "too much" {
		t.Error(err)
	}
}

func TestReadingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, path := range []string{put(t, "x.csv", "1,2\n"), put(t, "x.npy", "\x93NUMPY")} {
		if _, err := Read(ctx, path, unbounded); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// What is written as text comes back to the last bit, however it is laid out.
func FuzzText(f *testing.F) {
	f.Add("1,2\n3,4\n")
	f.Add("# c\na b\n\"1\" 2\r\n.5e3\t-0\n")
	f.Add("\ufeff0;1;\r1;2;\r")
	path := filepath.Join(f.TempDir(), "x.csv")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Read(t.Context(), path, unbounded)
		if err != nil {
			return
		}
		if m.Rows < 1 || m.Columns < 1 || len(m.X) != m.Rows*m.Columns {
			t.Fatalf("%d x %d: %d numbers", m.Rows, m.Columns, len(m.X))
		}
		lines := strings.Count(strings.ReplaceAll(text, "\r\n", "\n"), "\n") + strings.Count(strings.ReplaceAll(text, "\r\n", ""), "\r") + 1
		if at, _ := strconv.Atoi(strings.TrimPrefix(m.Row(m.Rows-1), "line ")); at < m.Rows || at > lines {
			t.Fatalf("the last of %d rows is %s of %d", m.Rows, m.Row(m.Rows-1), lines)
		}
		var plain strings.Builder
		for i, x := range m.X {
			plain.WriteString(strconv.FormatFloat(x, 'g', -1, 64))
			plain.WriteByte(",\n"[map[bool]int{true: 1}[(i+1)%m.Columns == 0]])
		}
		if err := os.WriteFile(path, []byte(plain.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := Read(t.Context(), path, unbounded)
		if err != nil || again.Rows != m.Rows || !slices.EqualFunc(again.X, m.X, func(a, b float64) bool {
			return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
		}) {
			t.Fatalf("%q, written again: %v, %v", text, again, err)
		}
	})
}
