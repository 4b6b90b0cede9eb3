package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk/disktest"
	"kac/internal/sealed"
)

// The readers of a study's files that FuzzFiles feeds.
const (
	fuzzCell = iota
	fuzzCheckpoint
	fuzzRecord
	fuzzReference
	fuzzSums
	fuzzKinds
)

// resigned is a study.json with its checksum put right, so that a fuzzer reaches what it guards.
func resigned(data []byte) []byte {
	var r struct{ Checksum string }
	if json.Unmarshal(data, &r) != nil || len(r.Checksum) != len(sealed.NoSum) || !bytes.Contains(data, []byte(r.Checksum)) {
		return data
	}
	return sealed.Sign(bytes.Replace(data, []byte(r.Checksum), []byte(sealed.NoSum), 1))
}

// Bytes behind a checksum that fits are refused as damaged, or read and written again as they were;
// nothing crashes, hangs or takes a study's worth of memory.
func FuzzFiles(f *testing.F) {
	m := disktest.NewMemory()
	if err := whole(f.Context(), parse(f, tiny), "out", on(m)); err != nil {
		f.Fatal(err)
	}
	content := func(name string) []byte {
		data, err := m.ReadFile("out/" + name)
		if err != nil {
			f.Fatal(err)
		}
		return data
	}
	study := parse(f, tiny)
	place := study.cells()[0]
	payload, err := sealed.Open(content(place.base()+cellExt), cellKind, cellVersion)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(fuzzCell), payload)
	f.Add(uint8(fuzzCell), payload[:store.HeadBytes+8])
	saved, err := (&checkpoint{0.5, 1e9, []Session{{}}, []byte("state")}).encode(store.CellHead{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(fuzzCheckpoint), saved)
	f.Add(uint8(fuzzRecord), content(StudyFile))
	record, err := study.record()
	if err != nil {
		f.Fatal(err)
	}
	unfinished, err := record.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(fuzzRecord), unfinished)
	f.Add(uint8(fuzzReference), content(ReferenceFile))
	f.Add(uint8(fuzzSums), content(SumsFile))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		hangs := time.AfterFunc(20*time.Second, func() { panic("a reader hangs") })
		defer hangs.Stop()
		switch kind % fuzzKinds {
		case fuzzCell:
			c, by, err := decodeCell(data, place)
			if err != nil {
				if !errors.Is(err, sealed.ErrDamaged) && !errors.Is(err, errOther) {
					t.Fatalf("a cell is refused with %v", err)
				}
				return
			}
			// JSON has many spellings; the numbers before it have one.
			again, err := encodeCell(place, c, by)
			columns := len(place.group.Facts.Schema.Columns)
			for i := range len(c) / columns { // and times their neighbours, of an earlier version
				at := store.HeadBytes + 8 + 8*columns*i
				data = append(data[:at:at], append(slices.Clone(again[at:at+8]), data[at+8:]...)...)
			}
			if size := store.HeadBytes + 8 + 8*len(c); err != nil || !bytes.Equal(again[:size], data[:size]) {
				t.Fatalf("a cell was read and has another form (%v)", err)
			}
		case fuzzCheckpoint:
			_, c, err := decodeCheckpoint(data)
			if err == nil && (!(c.share >= 0 && c.share <= 1) || c.spent < 0 || len(c.state) > len(data)-store.HeadBytes) {
				t.Fatalf("a checkpoint with share %v after %v", c.share, c.spent)
			}
			if err != nil && !errors.Is(err, sealed.ErrDamaged) {
				t.Fatalf("a checkpoint is refused with %v", err)
			}
		case fuzzRecord:
			readsRecord(t, data)
			readsRecord(t, resigned(data))
		case fuzzReference:
			_, _ = parseReference(data, study.schema()) // it may say no in any words
		case fuzzSums:
			after := copied(m)
			replace(t, after, "out/"+SumsFile, data)
			checked, err := ms.check(after, "out")
			if err != nil {
				t.Fatalf("check ends with %v", err)
			}
			if len(checked.Bad) == 0 && string(data) != string(content(SumsFile)) {
				t.Fatalf("sums that are not those of the study are in order: %q", data)
			}
		}
	})
}

// readsRecord reads a study.json, and looks with it at a directory that has nothing else.
func readsRecord(t *testing.T, data []byte) {
	t.Helper()
	m := disktest.NewMemory()
	if err := m.MkdirAll("out", 0o755); err != nil {
		t.Fatal(err)
	}
	replace(t, m, "out/"+StudyFile, data)
	if _, err := ms.check(m, "out"); err != nil {
		t.Fatalf("check ends with %v", err)
	}
	r, err := decodeRecord(data)
	if err != nil {
		if !isDamage(err) {
			t.Fatalf("a record is refused with %v", err)
		}
		return
	}
	var input *bench.InputError
	if err := parse(t, tiny).adopt("out", r); err != nil && !errors.As(err, &input) {
		t.Fatalf("another study is refused with %v", err)
	}
}

// replace puts bytes into memory without the ceremony of put.
func replace(t *testing.T, m *disktest.Memory, name string, data []byte) {
	t.Helper()
	at := strings.LastIndex(name, "/")
	file, err := m.CreateTemp(name[:at], "*")
	if err == nil {
		_, err = file.Write(data)
		err = errors.Join(err, m.Rename(file.Name(), name))
	}
	if err != nil {
		t.Fatal(err)
	}
}
