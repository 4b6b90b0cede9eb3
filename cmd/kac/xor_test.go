package main

import (
	"math"
	"strings"
	"testing"
)

// kac reference --problem xor, with the columns that scripts rely on; kappa = 1 at t is kappa = 2 at t/2.
func TestReferenceXor(t *testing.T) {
	rows := codeRows(t, "reference --problem xor --dim 24 --scale .5 --times 4,8 ")
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	plain := codeRows(t, "reference --problem xor --dim 24 --scale .5 --times 8,16 --kappa 1 --law spherical ")
	for i, margin := range []float64{.0745539393, .9145484699} {
		r := rows[i]
		g := float(t, r["margin"])
		if wrong := float(t, r["error"]); math.Abs(g-margin) > 1e-8 || !(wrong > 0 && wrong < 1e-6) {
			t.Errorf("margin %v +- %v, want %v", g, wrong, margin)
		}
		if math.Abs(float(t, r["loss"])-math.Log1p(math.Exp(-g))) > 1e-12 {
			t.Errorf("loss %v at the margin %v", r["loss"], g)
		}
		for _, column := range []string{"margin", "energy", "share_signal", "share_perpendicular"} {
			if float(t, r[column]) != float(t, plain[i][column]) {
				t.Errorf("%s: %s with kappa 2, %s with kappa 1 at twice the time", column, r[column], plain[i][column])
			}
		}
	}
	if r := codeRows(t, "reference --problem xor --dim 16 --horizon 9 --reach .5"); len(r) != 1 || math.Abs(float(t, r[0]["loss"])-.5) > 1e-9 {
		t.Errorf("where the loss reaches .5: %v", r)
	}
}

// Bad input: one line that names what was typed and what is allowed, exit code 2.
func TestXorBadInput(t *testing.T) {
	for _, c := range []struct{ command, names, says string }{
		{"reference --problem xor --dim 5 --times 1", "--dim 5", "from 6"},
		{"reference --problem xor --dim 0 --times 1", "--dim 0", "from 6"},
		{"reference --problem xor --scale 0 --times 1", "--scale 0", "theta"},
		{"reference --problem xor --kappa -1 --times 1", "--kappa -1", "factor of the loss"},
		{"reference --problem xor --law gaussian --times 1", "--law gaussian", "spherical"},
		{"reference --problem xor --times 2,1", "--times 2,1", "must increase"},
		{"reference --problem xor --rank 1 --times 1", "--rank", "no meaning"},
		{"reference --problem xor --method reduced --times 1", "--method", "no meaning"},
		{"reference --problem xor --times 1 --tolerance 1e-5", "--tolerance", "no meaning"},
		{"reference --problem he4 --scale 1 --times 1", "--scale 1", "--problem xor"},
		{"reference --problem he4 --kappa 1 --times 1", "--kappa 1", "--problem xor"},
	} {
		t.Run(c.command, func(t *testing.T) {
			r := kac(t, "", words(c.command)...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("code %d, %q, %q", r.code, r.stdout, r.stderr)
			}
		})
	}
}
