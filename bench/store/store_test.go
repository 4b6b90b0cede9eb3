package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kac/bench"
	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/disk/disktest"
)

func text(name, content string) File {
	return File{name, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }}
}

// study is a small study that is computed in one go: two tables and a picture.
func study(on disk.FS, change func(r *Results) error) error {
	r, err := OpenResults(on, "out", "kac test", map[string]int{"dim": 4}, bench.Session{}, "a.csv", "b.csv", "a.svg")
	if err != nil {
		return err
	}
	defer r.Close()
	if change != nil {
		return change(r)
	}
	return r.Finish([]File{text("a.csv", "table\n"), text("b.csv", strings.Repeat("other\n", 20000))}, []File{text("a.svg", "<svg/>")})
}

// contents are the files of the directory, without what run.json says of times.
func contents(t *testing.T, m *disktest.Memory) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := m.ReadDir("out")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := m.ReadFile(path.Join("out", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if out[e.Name()] = string(data); e.Name() == RunFile {
			out[e.Name()] = ""
		}
	}
	return out
}

func finished(t *testing.T, what string, m *disktest.Memory, want map[string]string) {
	t.Helper()
	if got := contents(t, m); !maps.Equal(got, want) {
		t.Fatalf("%s: files %q, want %q", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if checked, err := Check(m, "out", RunFile); err != nil || len(checked.Bad) > 0 || !checked.Complete || checked.Files != len(want) {
		t.Fatalf("%s: check says %+v, %v", what, checked, err)
	}
}

// The process is killed, or the machine loses power, at the boundary before every operation: what is
// there is in order, and the same command ends with the same files. The same holds where the study was
// finished before and is computed again with other numbers.
func TestKilledAtEveryOperation(t *testing.T) {
	straight := disktest.NewMemory()
	if err := study(straight, nil); err != nil {
		t.Fatal(err)
	}
	want := contents(t, straight)
	other := func(r *Results) error {
		return r.Finish([]File{text("a.csv", "of another build\n"), text("b.csv", "1\n")}, []File{text("a.svg", "<svg></svg>")})
	}
	losses := map[string]disktest.Loss{"killed": {Names: true, Data: true}, "power lost": {}, "names kept": {Names: true}, "data kept": {Data: true}}
	undrawn := map[bool]int{}
	for _, before := range []bool{false, true} {
		for n := 1; ; n++ {
			m := disktest.NewMemory()
			if before {
				if err := study(m, other); err != nil {
					t.Fatal(err)
				}
			}
			system := &disktest.Faulty{Base: m, Fail: disktest.CrashAt(n)}
			err := study(system, nil)
			for name, loss := range losses {
				what := fmt.Sprintf("%s before operation %d, finished before: %v", name, n, before)
				after := m.PowerLoss(loss)
				if Holds(after, "out", RunFile) {
					checked, err := Check(after, "out", RunFile)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					if len(checked.Bad) > 0 {
						t.Fatalf("%s: check says %q", what, checked.Texts())
					}
					for _, name := range checked.Undrawn {
						if undrawn[before]++; name != "a.svg" || !checked.Complete {
							t.Fatalf("%s: %q is said to be undrawn, of a run that is complete: %v", what, name, checked.Complete)
						}
					}
				}
				if err := study(after, nil); err != nil {
					t.Fatalf("%s: again: %v", what, err)
				}
				finished(t, what, after, want)
			}
			if err == nil {
				t.Logf("finished before: %v; %d operations", before, system.Ops())
				if !before && undrawn[before] < 4 {
					t.Errorf("only %d kills left a picture to be drawn", undrawn[before])
				}
				if system.Ops() < 30 {
					t.Errorf("only %d operations", system.Ops())
				}
				break
			}
			if !errors.Is(err, disktest.ErrCrashed) {
				t.Fatalf("crash at operation %d: %v", n, err)
			}
		}
	}
}

// A disk that is full, broken or writes short at any operation: the error says what happened, tables
// that were written stay, and the same command ends well on a good disk. A picture alone that fails
// leaves a complete run.
func TestFailingDisk(t *testing.T) {
	straight := disktest.NewMemory()
	if err := study(straight, nil); err != nil {
		t.Fatal(err)
	}
	want := contents(t, straight)
	for name, failure := range map[string]error{"full": syscall.ENOSPC, "broken": syscall.EIO, "short": disktest.ErrShort} {
		t.Run(name, func(t *testing.T) {
			pictures := 0
			for n := 1; ; n++ {
				m := disktest.NewMemory()
				system := &disktest.Faulty{Base: m, Fail: disktest.FailAt(n, failure)}
				err := study(system, nil)
				if n > system.Ops() {
					break
				}
				what := fmt.Sprintf("%s at operation %d", name, n)
				undrawn := (*PictureError)(nil)
				switch {
				case err == nil: // a leftover that could not be removed, a probe
				case errors.As(err, &undrawn):
					pictures++
					if head := head(t, m); !head.Complete {
						t.Fatalf("%s: the run is not complete without its picture", what)
					}
				case !errors.Is(err, failure) || !strings.Contains(err.Error(), "out"):
					t.Fatalf("%s: error %q does not say what happened where", what, err)
				}
				if err := study(m, nil); err != nil {
					t.Fatalf("%s, then a good disk: %v", what, err)
				}
				finished(t, what, m, want)
			}
			if pictures < 5 {
				t.Errorf("%s: %d failing pictures", name, pictures)
			}
		})
	}
}

func head(t *testing.T, m *disktest.Memory) (h Head) {
	t.Helper()
	data, err := m.ReadFile("out/" + RunFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// A picture that cannot be drawn, by an error or by a panic, costs no table and no other picture; the
// next run tries again.
func TestUndrawn(t *testing.T) {
	for what, draw := range map[string]File{
		"error": {"a.svg", func(io.Writer) error { return errors.New("no finite value") }},
		"panic": Picture("a.svg", nil),
	} {
		t.Run(what, func(t *testing.T) {
			m := disktest.NewMemory()
			var undrawn *PictureError
			err := study(m, func(r *Results) error {
				return r.Finish([]File{text("a.csv", "table\n"), text("b.csv", "1\n")}, []File{draw})
			})
			if !errors.As(err, &undrawn) || !slices.Equal(undrawn.Names, []string{"a.svg"}) || !strings.Contains(err.Error(), "everything else is written") {
				t.Fatalf("%s: %v", what, err)
			}
			if got := slices.Sorted(maps.Keys(contents(t, m))); !slices.Equal(got, []string{"a.csv", "b.csv", RunFile}) || !head(t, m).Complete {
				t.Errorf("%s: files %q", what, got)
			}
			if checked, err := Check(m, "out", RunFile); err != nil || len(checked.Bad) > 0 || !checked.Complete {
				t.Errorf("%s: check says %+v, %v", what, checked, err)
			}
			if err := study(m, nil); err != nil || contents(t, m)["a.svg"] == "" {
				t.Errorf("%s: again: %v", what, err)
			}
		})
	}
}

// A finished study whose files would be as they are is not written, on a disk that refuses every write
// too.
func TestFinishedIsNotWritten(t *testing.T) {
	m := disktest.NewMemory()
	if err := study(m, nil); err != nil {
		t.Fatal(err)
	}
	system := &disktest.Faulty{Base: m, Fail: func(o disktest.Op) error {
		if slices.Contains([]string{disktest.OpRead, disktest.OpReadDir, disktest.OpStat}, o.Kind) {
			return nil
		}
		return fs.ErrPermission
	}}
	if err := study(system, nil); err != nil {
		t.Error(err)
	}
}

// Files that no run of the program wrote are refused, with and without a record of it, and nothing is
// written.
func TestForeign(t *testing.T) {
	put := func(m *disktest.Memory, name, content string) {
		if err := m.MkdirAll("out", 0o777); err != nil {
			t.Fatal(err)
		}
		f, err := m.CreateTemp("out", "x*")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
		if err := m.Rename(f.Name(), "out/"+name); err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct {
		begun  bool // a run of the program
		name   string
		refuse string
	}{
		"table":             {false, "b.csv", "holds b.csv but no run.json"},
		"picture":           {false, "a.svg", "holds a.svg but no run.json"},
		"table beside ours": {true, "b.csv", "holds b.csv, which run.json does not know"},
		"something else":    {false, "notes.txt", ""},
	} {
		t.Run(what, func(t *testing.T) {
			m := disktest.NewMemory()
			if c.begun {
				if err := study(m, func(*Results) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			put(m, c.name, "mine")
			before := contents(t, m)
			err := study(m, nil)
			var input *bench.InputError
			if c.refuse == "" {
				if err != nil || contents(t, m)[c.name] != "mine" {
					t.Errorf("%s: %v", what, err)
				}
				return
			}
			if !errors.As(err, &input) || !strings.Contains(err.Error(), c.refuse) || !maps.Equal(before, contents(t, m)) {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
	// A run of another program, and other parameters.
	m := disktest.NewMemory()
	if err := study(m, nil); err != nil {
		t.Fatal(err)
	}
	for program, dim := range map[string]int{"kac other": 4, "kac test": 5} {
		t.Run(program, func(t *testing.T) {
			var input *bench.InputError
			if _, err := OpenResults(m, "out", program, map[string]int{"dim": dim}, bench.Session{}, "a.csv"); !errors.As(err, &input) || input.Key != "out" {
				t.Errorf("%s, dim %d: %v", program, dim, err)
			}
		})
	}
}

// A name is a pattern that matches it and nothing else.
func TestLiteral(t *testing.T) {
	for _, name := range []string{"a.html", "a[1].html", `a\b*?.html`, "[", "a-b]"} {
		if ok, err := path.Match(Literal(name), name); !ok || err != nil {
			t.Errorf("%q as %q: %v, %v", name, Literal(name), ok, err)
		}
	}
	if ok, _ := path.Match(Literal("a*"), "ab"); ok {
		t.Error("a* is not literal")
	}
}

// A file that is damaged stays the run's own: it is told of, and the same command ends well, also where a process was
// stopped before it made the file again.
func TestDamagedResults(t *testing.T) {
	for _, name := range []string{"a.csv", Unfinished, "a.svg"} {
		t.Run(name, func(t *testing.T) {
			m := disktest.NewMemory()
			open := func() *Results {
				t.Helper()
				r, err := OpenResults(m, "out", "kac test", 4, bench.Session{}, "a.csv", "a.svg", Unfinished)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			tables, pictures := []File{text("a.csv", "table\n")}, []File{text("a.svg", "<svg/>")}
			first := open()
			if err := first.Save(text(Unfinished, "w1,.5\n")); err != nil {
				t.Fatal(err)
			}
			if name != Unfinished {
				if err := first.Finish(tables, pictures); err != nil {
					t.Fatal(err)
				}
			}
			first.Close()
			if err := atomicfile.WriteOn(m, path.Join("out", name), text(name, "other").Fill); err != nil {
				t.Fatal(err)
			}
			open().Close() // and is stopped
			again := open()
			if told := again.Damaged(); len(told) != 1 || !strings.Contains(told[0], name+" is damaged") || again.Complete() {
				t.Errorf("told %q, complete %v", told, again.Complete())
			}
			if kept, err := again.Kept(name); kept != nil || err != nil {
				t.Errorf("%q is gone on from, %v", kept, err)
			}
			if err := again.Finish(tables, pictures); err != nil {
				t.Fatal(err)
			}
			again.Close()
			if whole := open(); !whole.Complete() || Holds(m, "out", Unfinished) {
				t.Errorf("complete %v, holds cells: %v", whole.Complete(), Holds(m, "out", Unfinished))
			}
		})
	}
}
