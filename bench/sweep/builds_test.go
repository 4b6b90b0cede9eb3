package sweep

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"kac/internal/sealed"
)

// A sweep that goes on from cells of another kernel level says so, and only then.
func TestGoesOnAtAnotherLevel(t *testing.T) {
	for _, other := range []bool{false, true} {
		m, study, changed := stopped(t), parse(t, quick), 0
		for _, place := range study.cells() {
			c, by, err := readCell(m, "out", place)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if other {
				by.Session.KernelLevel = "another"
			}
			payload, err := encodeCell(place, c, by)
			if err == nil {
				err = sealed.Write(m, filepath.Join("out", place.base()+cellExt), cellKind, cellVersion, payload)
			}
			if err != nil {
				t.Fatal(err)
			}
			changed++
		}
		if changed == 0 {
			t.Fatal("no cell was finished")
		}
		var remarks []string
		o := on(m)
		o.Remark = func(line string) { remarks = append(remarks, line) }
		if err := whole(t.Context(), study, "out", o); err != nil {
			t.Fatal(err)
		}
		said := strings.Join(remarks, "\n")
		if strings.Contains(said, "kernel level another, now ") != other {
			t.Errorf("another level: %v; it says %q", other, said)
		}
	}
}
