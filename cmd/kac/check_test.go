package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files of kac gap under their checksums: check names a bad one, the same command makes pictures
// again, refuses damaged cells, runs removed ones again, and then all is in order.
func TestCheckGap(t *testing.T) {
	dir := t.TempDir()
	study := strings.Fields("gap --problem he4 --dim 6 --widths 8,16 --seeds 2 --horizon 1 --points 3 --tolerance 1e-4 --out o -q")
	want := good(t, dir, study...)
	gap := content(t, dir, "o", "gap.csv")
	inOrder := func() {
		t.Helper()
		if r := good(t, dir, "check", "o"); r.stdout != "9 files are in order; the study is finished\n" {
			t.Errorf("check: %q", r.stdout)
		}
	}
	inOrder()
	flip := func(name string) {
		t.Helper()
		data := bytes.Clone(content(t, dir, "o", name))
		data[len(data)/2] ^= 1
		if err := os.WriteFile(filepath.Join(dir, "o", name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		if r := kac(t, dir, "check", "o"); r.code != 1 || !strings.HasPrefix(r.stdout, name+": damaged") || strings.Count(r.stdout, "\n") != 1 {
			t.Errorf("check of a damaged %s: exit code %d, %q", name, r.code, r.stdout)
		}
	}
	particles := content(t, dir, "o", "particles-m16-s2-t1.npy")
	flip("particles-m16-s2-t1.npy")
	if r := good(t, dir, study...); r.stdout != want.stdout || !bytes.Equal(content(t, dir, "o", "particles-m16-s2-t1.npy"), particles) {
		t.Errorf("damaged particles are not made again: %q", r.stderr)
	}
	inOrder()
	for _, name := range []string{"states.bin", "gap.svg", "reference.csv"} {
		flip(name)
		if r := good(t, dir, study...); r.stdout != want.stdout || !strings.Contains(r.stderr, name+" is damaged") {
			t.Errorf("with a damaged %s: %q", name, r.stderr)
		}
		inOrder()
	}
	flip("gap.csv")
	if r := kac(t, dir, study...); r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "gap.csv: damaged") {
		t.Errorf("with a damaged gap.csv: exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if err := os.Remove(filepath.Join(dir, "o", "gap.csv")); err != nil {
		t.Fatal(err)
	}
	if r := good(t, dir, study...); r.stdout != want.stdout || !bytes.Equal(content(t, dir, "o", "gap.csv"), gap) {
		t.Error("removed cells were not run again as they were")
	}
	inOrder()
}

// What kac train and kac theory write is under checksums too.
func TestCheckOthers(t *testing.T) {
	dir := t.TempDir()
	for out, command := range map[string]string{
		"train":  "train --problem he4 --dim 6 --widths 8,16 --samples 64 --batch 32 --horizon 0.2 --points 3 --repeats 2 --out train -q",
		"theory": "theory --problem he4 --dim 6 --times 0,1 --tolerance 1e-4 --out theory -q",
	} {
		t.Run(out, func(t *testing.T) {
			good(t, dir, strings.Fields(command)...)
			if r := good(t, dir, "check", out); !strings.HasSuffix(r.stdout, "files are in order; the study is finished\n") {
				t.Errorf("check of %s: %q", out, r.stdout)
			}
			entries, err := os.ReadDir(filepath.Join(dir, out))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				path := filepath.Join(dir, out, e.Name())
				whole := content(t, path)
				bad := bytes.Clone(whole)
				bad[len(bad)/3] ^= 32
				if err := os.WriteFile(path, bad, 0o644); err != nil {
					t.Fatal(err)
				}
				if r := kac(t, dir, "check", out); r.code != 1 || !strings.HasPrefix(r.stdout, e.Name()+": damaged") {
					t.Errorf("check of %s with a damaged %s: exit code %d, %q", out, e.Name(), r.code, r.stdout)
				}
				if err := os.WriteFile(path, whole, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
