package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/kernels"
)

// A precision that this machine or level does not have ends a command before any work, in one line, and nothing takes
// its place. What a study in it left is still read.
func TestPrecisionNotAvailable(t *testing.T) {
	dir := t.TempDir()
	study := "problem = \"he4\"\ndim = 6\nwidths = [16]\nseeds = 2\nhorizon = 1\nprecision = \"bf16x3\"\n"
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), []byte(study), 0o644); err != nil {
		t.Fatal(err)
	}
	gap := "gap --problem he4 --dim 6 --widths 16,32 --seeds 2 --horizon 1 --points 3 --precision bf16x6 --out o"
	if _, err := kernels.SplitEngine(); err == nil {
		good(t, dir, words(gap)...)
		if table := string(content(t, dir, "o", "gap.csv")); strings.Count(table, ",bf16x6,") != 12 {
			t.Errorf("gap.csv does not say bf16x6 in every row:\n%s", table)
		}
		if run := string(content(t, dir, "o", "run.json")); !strings.Contains(run, `"bf16_engine": "a`) {
			t.Errorf("run.json names no engine:\n%s", run)
		}
	}
	t.Setenv("KAC_LEVEL", "generic")
	for _, c := range []string{
		strings.Replace(gap, "--out o", "--out p", 1),
		"train --problem he4 --dim 6 --widths 16 --horizon 1 --precision bf16x3 --out p",
		"figure 3 --precision bf16x3 --out p",
		"sweep study.toml --out p",
	} {
		r := kac(t, dir, words(c)...)
		if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "precision bf16x") || !strings.Contains(r.stderr, "AVX512-BF16") {
			t.Errorf("kac %s: exit code %d, %q, %q", c, r.code, r.stdout, r.stderr)
		}
		if _, err := os.Stat(filepath.Join(dir, "p")); !os.IsNotExist(err) {
			t.Errorf("kac %s made its directory", c)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "o")); err == nil {
		good(t, dir, "check", "o")
	}
}
