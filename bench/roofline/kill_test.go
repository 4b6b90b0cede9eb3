package roofline

import (
	"bytes"
	"io"
	"testing"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/bench/store"
	"kac/internal/disk"
)

// The command's files, killed before any operation on the disk and on disks that fail: the same command
// ends with the same files.
func TestKilledAtEveryOperation(t *testing.T) {
	tables, pictures := Files(measured())
	for _, list := range [][]store.File{tables, pictures} { // made once
		for i, f := range list {
			var b bytes.Buffer
			if err := f.Fill(&b); err != nil {
				t.Fatal(err)
			}
			list[i].Fill = func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }
		}
	}
	d := &benchtest.Durable{
		Run: func(on disk.FS) error {
			out, err := store.OpenResults(on, "out", "kac roofline", struct{}{}, bench.Session{}, File, PictureFile)
			if err != nil {
				return err
			}
			defer out.Close()
			return out.Finish(tables, pictures)
		},
		Check: func(on disk.FS) ([]string, error) {
			checked, err := store.Check(on, "out", store.RunFile)
			if err != nil {
				return nil, err
			}
			return checked.Texts(), nil
		},
	}
	if n := d.Killed(t); n < 30 {
		t.Errorf("only %d operations", n)
	}
	if n := d.Failing(t); n < 60 {
		t.Errorf("only %d failures", n)
	}
}
