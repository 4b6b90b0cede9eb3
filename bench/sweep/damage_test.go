package sweep

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk/disktest"
	"kac/internal/sealed"
)

// quick has no C(t), which takes most of the time of tiny.
const quick = "problem='circle'\n" + tiny

// stopped is a study in memory that was stopped when some cells were finished and one had a checkpoint
// and the one before.
func stopped(t *testing.T) *disktest.Memory {
	t.Helper()
	for limit := 80; limit < 400; limit++ {
		m := disktest.NewMemory()
		ctx, cancel := context.WithCancel(t.Context())
		system := &disktest.Faulty{Base: m, Fail: func(op disktest.Op) error {
			if op.N >= limit {
				cancel()
			}
			return nil
		}}
		err := whole(ctx, parse(t, quick), "out", on(system))
		cancel()
		if err == nil {
			break
		}
		files := strings.Join(everything(t, m, "out"), " ")
		if strings.Count(files, cellExt) >= 2 && strings.Contains(files, checkpointExt+".prev") {
			return m
		}
	}
	t.Fatal("no stop left cells and two checkpoints")
	return nil
}

// copied is the file system as it is now.
func copied(m *disktest.Memory) *disktest.Memory {
	return m.PowerLoss(disktest.Loss{Names: true, Data: true})
}

// damages are ways in which the bytes of a file go wrong.
func damages(r *rand.Rand, data []byte) map[string][]byte {
	out := map[string][]byte{}
	for i := range 160 {
		at, bit := r.IntN(len(data)), r.IntN(8)
		bad := slices.Clone(data)
		bad[at] ^= 1 << bit
		out[fmt.Sprintf("flip %d: bit %d of byte %d of %d", i, bit, at, len(data))] = bad
	}
	for i := range 13 {
		n := r.IntN(len(data))
		out[fmt.Sprintf("truncation %d to %d of %d bytes", i, n, len(data))] = slices.Clone(data[:n])
	}
	for i := range 4 {
		at := r.IntN(len(data))
		size := min(1+r.IntN(512), len(data)-at)
		bad := slices.Clone(data)
		clear(bad[at : at+size])
		if !slices.Equal(bad, data) {
			out[fmt.Sprintf("zeros %d: %d bytes at %d", i, size, at)] = bad
		}
	}
	out["empty"] = nil
	out["one byte more"] = append(slices.Clone(data), 0)
	return out
}

// damage holds a file's damaged bytes and what they are for messages.
func eachDamage(t *testing.T, m *disktest.Memory, names []string, do func(name, what string, m *disktest.Memory)) (count map[string]int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	count = map[string]int{}
	for _, name := range names {
		data := []byte(read(t, m, name))
		all := damages(r, data)
		if isState(name) || strings.HasSuffix(name, cellExt) {
			// A whole file of a format of tomorrow.
			kind, version := cellKind, uint32(cellVersion)
			if isState(name) {
				kind, version = checkpointKind, checkpointVersion
			}
			payload, err := sealed.Open(data, kind, version)
			if err != nil {
				t.Fatal(err)
			}
			all["version"] = sealed.Seal(kind, version+1, payload)
			all["kind"] = sealed.Seal("something else", version, payload)
			all["empty payload"] = sealed.Seal(kind, version, nil)
			short := slices.Clone(payload[:len(payload)/2])
			all["half a payload"] = sealed.Seal(kind, version, short)
			if isState(name) {
				delete(all, "half a payload") // only bench can tell; looked at in TestDamagedCheckpointState
			}
		}
		for what, bad := range all {
			after := copied(m)
			put(t, after, name, string(bad))
			do(name, what, after)
			what, _, _ = strings.Cut(what, " ")
			count[what]++
		}
	}
	return count
}

// Whatever happens to a file of a study that is under way is found by check and told of by the run,
// which ends with the right bytes all the same.
func TestDamageUnderWay(t *testing.T) {
	m := stopped(t)
	_, want := straight(t, quick)
	var names []string
	for _, name := range everything(t, m, "out") {
		if strings.HasSuffix(name, cellExt) || isCheckpoint(name) || path.Base(name) == StudyFile {
			names = append(names, name)
		}
	}
	// One finished cell is like another.
	cells := slices.DeleteFunc(slices.Clone(names), func(s string) bool { return !strings.HasSuffix(s, cellExt) })
	names = slices.DeleteFunc(names, func(s string) bool { return slices.Contains(cells[1:], s) })
	count := eachDamage(t, m, names, func(name, what string, m *disktest.Memory) {
		checked, err := ms.check(m, "out")
		if err != nil || len(checked.Bad) != 1 || "out/"+checked.Bad[0].Path != name {
			t.Fatalf("%s, %s: check says %+v, %v", name, what, checked, err)
		}
		var notes []string
		o := on(m)
		o.Note = func(line string) { notes = append(notes, line) }
		if err := whole(t.Context(), parse(t, quick), "out", o); err != nil {
			t.Fatalf("%s, %s: %v", name, what, err)
		}
		// A damaged generation before a good one is not needed, and nobody looks at it.
		if said := strings.Join(notes, "\n"); !strings.Contains(said, name) && !strings.HasSuffix(name, ".prev") {
			t.Fatalf("%s, %s: nothing was said: %q", name, what, said)
		}
		same(t, name+", "+what, tables(t, m, "out"), want)
	})
	t.Logf("%d files, %v", len(names), count)
	// Of the two checkpoints alone it is a third of this and more.
	if count["flip"] < 600 || count["truncation"] < 50 || count["zeros"] < 12 || count["version"] < 3 {
		t.Errorf("too few damages: %v", count)
	}
}

// A whole study.json of a format of tomorrow: check names it, a run refuses the directory, and nothing
// in it changes.
func TestStudyOfAnotherFormat(t *testing.T) {
	m, _ := straight(t, quick)
	r, err := readRecord(m, "out")
	if err != nil {
		t.Fatal(err)
	}
	r.Format++
	data, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	put(t, m, "out/"+StudyFile, string(data))
	before := map[string]string{}
	for _, name := range everything(t, m, "out") {
		before[name] = read(t, m, name)
	}
	checked, err := ms.check(m, "out")
	if err != nil || len(checked.Bad) == 0 || !slices.ContainsFunc(checked.Bad, func(b store.Finding) bool {
		return b.Path == StudyFile && strings.Contains(b.Problem, "format 2; this program reads format 1")
	}) {
		t.Errorf("check says %+v, %v", checked, err)
	}
	var input *bench.InputError
	if _, err := Run(t.Context(), parse(t, quick), "out", on(m)); !errors.As(err, &input) || !strings.Contains(err.Error(), "format 2") {
		t.Errorf("a run says %v", err)
	}
	if _, err := ms.results(m, "out"); err == nil {
		t.Error("results were read")
	}
	for name, content := range before {
		t.Run(name, func(t *testing.T) {
			if read(t, m, name) != content {
				t.Errorf("%s changed", name)
			}
		})
	}
}

// Both generations of a checkpoint damaged: the cell starts again.
func TestBothGenerationsDamaged(t *testing.T) {
	m := stopped(t)
	_, want := straight(t, quick)
	for _, name := range everything(t, m, "out") {
		if isCheckpoint(name) {
			data := []byte(read(t, m, name))
			data[len(data)/2] ^= 16
			put(t, m, name, string(data))
		}
	}
	notes := 0
	o := on(m)
	o.Note = func(string) { notes++ }
	if err := whole(t.Context(), parse(t, quick), "out", o); err != nil || notes < 2 {
		t.Fatalf("%d notes, %v", notes, err)
	}
	same(t, "both damaged", tables(t, m, "out"), want)
}

// Checkpoints under a good seal whose state is not of this cell: of another cell, cut, or changed in
// a byte that its own structure knows about.
func TestWrongStateUnderGoodSeal(t *testing.T) {
	m := stopped(t)
	_, want := straight(t, quick)
	var name string
	for _, n := range everything(t, m, "out") {
		if strings.HasSuffix(n, checkpointExt) {
			name = n
		}
	}
	payload, err := sealed.Open([]byte(read(t, m, name)), checkpointKind, checkpointVersion)
	if err != nil {
		t.Fatal(err)
	}
	_, from, err := decodeCheckpoint(payload)
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(b []byte) []byte) string {
		return string(sealed.Seal(checkpointKind, checkpointVersion, f(slices.Clone(payload))))
	}
	for what, content := range map[string]string{
		"half":        change(func(b []byte) []byte { return b[:len(b)/2] }),
		"no state":    change(func(b []byte) []byte { return b[:len(b)-len(from.state)] }),
		"other study": change(func(b []byte) []byte { b[8] ^= 1; return b }),
		"share":       change(func(b []byte) []byte { binary.LittleEndian.PutUint64(b[store.HeadBytes:], 1<<62); return b }),
		"seconds":     change(func(b []byte) []byte { b[store.HeadBytes+15] = 0xff; return b }),
	} {
		t.Run(what, func(t *testing.T) {
			after := copied(m)
			put(t, after, name, content)
			said := ""
			o := on(after)
			o.Note = func(line string) { said += line }
			if err := whole(t.Context(), parse(t, quick), "out", o); err != nil || !strings.Contains(said, name) {
				t.Fatalf("%s: %q, %v", what, said, err)
			}
			same(t, what, tables(t, after, "out"), want)
		})
	}
}

// Whatever happens to a file of a finished study is found by check, refused by the reader of results,
// and mended by the same command.
func TestDamagedResults(t *testing.T) {
	m, want := straight(t, quick)
	names := everything(t, m, "out")
	seen := false
	names = slices.DeleteFunc(names, func(s string) bool { // one of each kind
		if strings.HasSuffix(s, cellExt) {
			drop := seen
			seen = true
			return drop
		}
		return strings.HasSuffix(s, ".npy") && !strings.HasSuffix(s, "risk.npy")
	})
	looked := 0
	count := eachDamage(t, m, names, func(name, what string, m *disktest.Memory) {
		checked, err := ms.check(m, "out")
		// Damaged sums may look like a damaged table.
		if err != nil || len(checked.Bad) != 1 || path.Base(name) != SumsFile && "out/"+checked.Bad[0].Path != name {
			t.Fatalf("%s, %s: check says %+v, %v", name, what, checked, err)
		}
		if _, err := ms.results(m, "out"); err == nil {
			t.Fatalf("%s, %s: results were read", name, what)
		}
		if looked++; looked%5 != 0 {
			return
		}
		said := ""
		o := on(m)
		o.Note = func(line string) { said += line }
		if err := whole(t.Context(), parse(t, quick), "out", o); err != nil {
			t.Fatalf("%s, %s: %v", name, what, err)
		}
		if !strings.Contains(said, "out/"+checked.Bad[0].Path) {
			t.Fatalf("%s, %s: nothing was said: %q", name, what, said)
		}
		same(t, name+", "+what, tables(t, m, "out"), want)
		if checked, err := ms.check(m, "out"); err != nil || len(checked.Bad) > 0 || !checked.Complete {
			t.Fatalf("%s, %s: after mending: %+v, %v", name, what, checked, err)
		}
	})
	for _, name := range names {
		if path.Ext(name) == finalExt {
			continue // nothing but a later last time needs it
		}
		after := copied(m)
		if err := after.Remove(name); err != nil {
			t.Fatal(err)
		}
		if checked, err := ms.check(after, "out"); err != nil || !slices.ContainsFunc(checked.Bad, func(b store.Finding) bool { return "out/"+b.Path == name }) {
			t.Errorf("%s removed: check says %+v, %v", name, checked, err)
		}
		if err := whole(t.Context(), parse(t, quick), "out", on(after)); err != nil {
			t.Fatal(err)
		}
		same(t, "without "+name, tables(t, after, "out"), want)
	}
	t.Logf("%d files, %v", len(names), count)
}
