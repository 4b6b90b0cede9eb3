package sweep

import (
	"path/filepath"
	"strings"
	"testing"

	"kac/internal/sealed"
)

// A whole checkpoint of another cell, seed or study in the place of a cell's is not in order.
func TestCheckStrangeCheckpoints(t *testing.T) {
	m := stopped(t)
	study := parse(t, quick)
	var from *cell
	var payload []byte
	for _, place := range study.cells() {
		if data, err := sealed.Read(m, filepath.Join("out", place.base()+checkpointExt), checkpointKind, checkpointVersion); err == nil {
			from, payload = &place, data
		}
	}
	if from == nil {
		t.Fatal("no cell is under way")
	}
	if checked, err := ms.check(m, "out"); err != nil || len(checked.Bad) > 0 {
		t.Fatalf("before: %+v, %v", checked, err)
	}
	tried := 0
	for _, place := range study.cells() {
		if place.base() == from.base() {
			continue
		}
		name := filepath.Join("out", place.base()+checkpointExt)
		if _, err := sealed.Read(m, filepath.Join("out", place.base()+cellExt), cellKind, cellVersion); err == nil {
			continue // finished: nothing goes on from its checkpoint
		}
		if err := m.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := sealed.Write(m, name, checkpointKind, checkpointVersion, payload); err != nil {
			t.Fatal(err)
		}
		tried++
		checked, err := ms.check(m, "out")
		if err != nil || !strings.Contains(strings.Join(checked.Texts(), "\n"), filepath.ToSlash(place.base())+checkpointExt) {
			t.Errorf("%s: check says %+v, %v", place, checked, err)
		}
		if err := m.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if tried == 0 {
		t.Error("no other cell was left")
	}
}
