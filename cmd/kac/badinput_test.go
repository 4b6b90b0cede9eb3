package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Bad input: one line on standard error that names the flag and its value and says what is allowed,
// nothing on standard output, the right exit code, nothing written, and no time spent.
func TestBadInput(t *testing.T) {
	const (
		gap       = "gap --problem he4 --dim 6 --widths 8,16 --horizon 2 "
		reference = "reference --problem he4 --dim 6 --times 0,1 "
	)
	for _, c := range []struct {
		command string
		code    int
		names   string // flag and value
		says    string // what is allowed, or what is wrong
	}{
		{"reference --problem he5 --times 1", 2, "--problem he5", "known are he3, he4, he6"},
		{"reference --problem= --times 1", 2, `--problem ""`, "is empty"},
		{"reference --problem= --times 1", 2, `--problem ""`, "leave the flag out"},
		{"reference --problem he4 --dim 2 --times 1", 2, "--dim 2", "from 3"},
		{"reference --problem he4 --dim 0 --times 1", 2, "--dim 0", "at least rank + 2"},
		{"reference --problem he4 --dim -5 --times 1", 2, "--dim -5", "from 3"},
		{"reference --problem circle --dim 3 --times 1", 2, "--dim 3", "from 4"},
		{"reference --problem he4 --dim 8.5 --times 1", 2, "--dim 8.5", "whole number"},
		{"reference --problem he4 --dim 99999999999999999999 --times 1", 2, "--dim 99999999999999999999", "beyond"},
		{"reference --problem he4 --dim", 2, `--dim ""`, "has no value"},
		{"reference --problem he4", 2, "--times is missing", "at least one time"},
		{"reference --problem he4 --times 2,1", 2, "--times 2,1", "must increase"},
		{"reference --problem he4 --times 1,1", 2, "--times 1,1", "must increase"},
		{"reference --problem he4 --times -1,2", 2, "--times -1,2", "from 0"},
		{"reference --problem he4 --times 0,NaN", 2, "--times 0,NaN", "numbers separated by commas"},
		{"reference --problem he4 --times 0,Inf", 2, "--times 0,Inf", "numbers separated by commas"},
		{"reference --problem he4 --times 0,x", 2, "--times 0,x", "numbers separated by commas"},
		{"reference --problem he4 --times 0,,1", 2, "--times 0,,1", "numbers separated by commas"},
		{"reference --problem he4 --times 0,1e999", 2, "--times 0,1e999", "beyond"},
		{"reference --problem he4 --times 0,1 --horizon 3", 2, "--horizon 3", "not together with --times"},
		{"reference --problem he4 --times 0,1 --points 3", 2, "--points 3", "only together with --horizon"},
		{"reference --problem he4 --times 0,1 --reach .1", 2, "--reach .1", "only together with --horizon"},
		{"reference --problem he4 --horizon 5 --reach -1", 2, "--reach -1", "above 0"},
		{"reference --problem he4 --horizon -5", 2, "--horizon -5", "above 0"},
		{"reference --problem he4 --horizon 5 --points 1", 2, "--points 1", "from 2"},
		{reference + "--tolerance 1e-14", 2, "--tolerance 1e-14", "from 1e-12 to 0.01"},
		{reference + "--tolerance 0.1", 2, "--tolerance 0.1", "from 1e-12 to 0.01"},
		{reference + "--tolerance nan", 2, "--tolerance nan", "a number"},
		{reference + "--tolerance tight", 2, "--tolerance tight", "a number"},
		{reference + "--method wide", 2, "--method wide", "exact and reduced"},
		{reference + "--replicas 4", 2, "--replicas 4", "--method reduced"},
		{reference + "--method reduced --replicas 1", 2, "--replicas 1", "from 2"},
		{reference + "--method reduced --reference-points 100", 2, "--reference-points 100", "powers of two"},
		{reference + "--method reduced --panels", 2, "--panels: it", "--method exact"},
		{reference + "--method reduced --tolerance 1e-6", 2, "--tolerance 1e-6", "--method exact"},
		{"reference --problem xor4 --method reduced --times 1", 2, "--problem xor4", "no infinite-width reference"},
		{reference + "--format xml", 2, "--format xml", "text, csv and json"},
		{reference + "--tolerence 1e-3", 2, "--tolerence", "did you mean"},
		{reference + "extra", 2, "extra", "--help"},
		{"reference --activation 4 --link 3 --dim 6 --times 1", 2, "--link 3", "information exponent is infinite"},
		{"reference --activation 3 --link 3 --rank 2 --dim 6 --times 1", 2, "--link 3", "information exponent is infinite"},
		{"reference --activation 4 --dim 6 --times 1", 2, "--link is missing", "together with activation"},
		{"reference --link 4 --dim 6 --times 1", 2, "--activation is missing", "together with link"},
		{"reference --activation 4 --link 4 --times 1", 2, "--dim is missing", "needs a dimension"},
		{"reference --activation 4:nan --link 4 --dim 6 --times 1", 2, "--activation 4:nan", "finite"},
		{"reference --activation four --link 4 --dim 6 --times 1", 2, "--activation four", "known are relu"},
		{"reference --activation 4 --link 40 --dim 6 --times 1", 2, "--link 40", "between 0 and 32"},
		{"reference --activation 4 --link 4 --rank 3 --dim 6 --times 1", 2, "--rank 3", "allowed are 1"},
		{"reference --activation 4 --link 4 --rank 0 --dim 6 --times 1", 2, "--rank 0", "allowed are 1"},
		{reference + "--activation 4", 2, "--activation 4", "not together with problem"},
		{"gap --problem he4 --horizon 2", 2, "--widths", "missing"},
		{"gap --problem he4 --widths 8", 2, "--horizon", "missing"},
		{"gap --problem he4 --horizon 2 --widths 8,0", 2, "--widths 8,0", "from 1"},
		{"gap --problem he4 --horizon 2 --widths -8", 2, "--widths -8", "from 1"},
		{"gap --problem he4 --horizon 2 --widths 8,1.5", 2, "--widths 8,1.5", "not a whole number"},
		{"gap --problem he4 --horizon 2 --widths 8,8", 2, "--widths 8,8", "twice"},
		{"gap --problem he4 --horizon 2 --widths 99999999", 2, "--widths 99999999", "16777216"},
		{"gap --problem he4 --widths 8 --horizon 0", 2, "--horizon 0", "above 0"},
		{"gap --problem he4 --widths 8 --horizon nan", 2, "--horizon nan", "give a number"},
		{gap + "--seeds 0", 2, "--seeds 0", "from 1"},
		{gap + "--seeds two", 2, "--seeds two", "whole number"},
		{gap + "--seed -1", 2, "--seed -1", "from 0"},
		{gap + "--points 1", 2, "--points 1", "from 2"},
		{gap + "--points 99999999", 2, "--points 99999999", "from 2 to"},
		{gap + "--workers 0", 2, "--workers 0", "from 1"},
		{gap + "--dynamics sgd", 2, "--dynamics sgd", "flow and descent"},
		{gap + "--eta 0.1", 2, "--eta 0.1", "descent only"},
		{gap + "--dynamics descent --eta 0", 2, "--eta 0", "above 0"},
		{gap + "--dynamics descent --eta 0.3", 2, "--eta 0.3", "multiple of eta"},
		{gap + "--dynamics descent --flow-tolerance 1e-6", 2, "--flow-tolerance 1e-6", "flow only"},
		{gap + "--flow-tolerance 1", 2, "--flow-tolerance 1", "from 1e-13"},
		{gap + "--form fast", 2, "--form fast", "auto, pairwise and moment"},
		{gap + "--format xml", 2, "--format xml", "text, csv and json"},
		{gap + "--out file", 1, "--out file", "not a directory"},
		{gap + "--out file/below", 1, "--out file/below", "not a directory"},
		{gap + "--out foreign", 2, "--out foreign", "choose another directory"},
		{gap + "--out study --seeds 1 --horizon 3", 2, "--out study", "go on to 3: its times are then the first ones"},
		{gap + "--out study --seeds 1 --dim 7", 2, "--out study", "dim 6, not 7"},
		{"hessian --dim 6 --width 4 --time 0 --tensor file/below.npy", 1, "--tensor file/below.npy", "not a directory"},
		{"hessian --dim 6 --width 4 --time 0 --tensor foreign", 2, "--tensor foreign", "it is a directory"},
		{"roofline --level sse9", 2, "--level sse9", "allowed are"},
		{"roofline --level=", 2, `--level ""`, "is empty"},
		{"roofline --workers 0", 2, "--workers 0", "from 1"},
		{"roofline --workers -1", 2, "--workers -1", "from 1"},
		{"roofline --workers 999999", 2, "--workers 999999", "one per processor"},
		{"roofline --workers two", 2, "--workers two", "whole number"},
		{"roofline --format xml", 2, "--format xml", "text, csv and json"},
		{"roofline --out file", 1, "--out file", "not a directory"},
		{"roofline --out file/below", 1, "--out file/below", "not a directory"},
		{"roofline extra", 2, "extra", "--help"},
		{"train --problem he4", 2, "train", "--help"},
		{"--frobnicate", 2, "--frobnicate", "--help"},
	} {
		t.Run(c.command, func(t *testing.T) {
			dir := t.TempDir()
			prepare(t, dir, strings.Contains(c.command, "--out study"))
			before := tree(t, dir)
			r := kac(t, dir, once(strings.Fields(c.command))...)
			if r.code != c.code {
				t.Errorf("kac %s: exit code %d, want %d", c.command, r.code, c.code)
			}
			if r.stdout != "" {
				t.Errorf("kac %s: standard output %q", c.command, r.stdout)
			}
			if strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "kac") || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("kac %s: standard error %q; want one line with %q and %q", c.command, r.stderr, c.names, c.says)
			}
			if after := tree(t, dir); after != before {
				t.Errorf("kac %s: files changed from\n%sto\n%s", c.command, before, after)
			}
		})
	}
}

// once keeps the last of each flag, so that cases change a good command line.
func once(words []string) []string {
	var out []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		hasValue := strings.HasPrefix(w, "--") && !strings.Contains(w, "=") && i+1 < len(words) && !strings.HasPrefix(words[i+1], "--")
		if hasValue && slices.Contains(words[i+1:], w) {
			i++
			continue
		}
		out = append(out, w)
	}
	return out
}

// prepare puts in dir what the cases about --out need.
func prepare(t *testing.T, dir string, study bool) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "foreign"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "foreign", "gap.csv"), []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if study {
		good(t, dir, strings.Fields("gap --problem he4 --dim 6 --widths 8,16 --horizon 2 --seeds 1 --tolerance 1e-10 -q --out study")...)
	}
}

// tree lists every file with its content.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		out.WriteString(path + "\n")
		if !e.IsDir() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			out.Write(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBadLevel(t *testing.T) {
	t.Setenv("KAC_LEVEL", "sse9")
	for _, command := range []string{"version", smallGap, "reference --problem he4 --times 1"} {
		r := kac(t, "", strings.Fields(command)...)
		if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "KAC_LEVEL=sse9") || !strings.Contains(r.stderr, "generic") {
			t.Errorf("kac %s: code %d, %q, %q", command, r.code, r.stdout, r.stderr)
		}
	}
}
